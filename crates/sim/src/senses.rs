//! The simulated senses: each measures at its own rate, with its own noise and its own random stream (`kind`), may be out of order
//! (`defect`), and its messages arrive late or not at all, as the robot file says.

mod defect;
mod kind;

use std::collections::VecDeque;

use nalgebra::{UnitQuaternion, Vector3};
use neuraxis_core::random::{self, Stream};
use neuraxis_core::robot::{Sensor, Transport};
use neuraxis_core::{Reading, Slot, Stamp, kinematics::DifferentialDrive, time};
use rand::RngExt as _;
use rapier3d::prelude::{ColliderHandle, PhysicsWorld, Pose, Vector};

use crate::scene::spec::{Beacon, FaultKind};
pub(crate) use defect::Defect;
use kind::Kind;

/// What a sense may look at when it measures: the truth, before noise.
pub(crate) struct Truth<'a> {
    pub(crate) world: &'a PhysicsWorld,
    pub(crate) robot: &'a Mechanics,
    pub(crate) beacons: &'a [Beacon],
    pub(crate) now: Stamp,
}

/// The robot's true mechanical state, kept up to date by the physics stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mechanics {
    /// Marks the robot's own colliders.
    pub(crate) user_data: u128,
    /// Poses of the links.
    pub(crate) links: Vec<Pose>,
    /// Velocity of each link's origin, m/s, and its turning rate, rad/s, in the world.
    pub(crate) velocities: Vec<(Vector, Vector)>,
    /// The same before the last step, for accelerations and impacts.
    pub(crate) last_velocities: Vec<(Vector, Vector)>,
    /// Joint positions (rad, unwrapped, or m), velocities and efforts.
    pub(crate) joints: Vec<JointTruth>,
    /// Colliders of each link.
    pub(crate) colliders: Vec<Vec<ColliderHandle>>,
    /// Charge drawn so far, J.
    pub(crate) energy: f64,
    /// Power drawn now, W.
    pub(crate) power: f64,
    /// Length of a physics step, s.
    pub(crate) timestep: f64,
    /// Downwards, m/s².
    pub(crate) gravity: f32,
}

/// A joint's true state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JointTruth {
    /// Its free axis in the world.
    pub(crate) axis: Vector,
    pub(crate) position: f64,
    pub(crate) velocity: f64,
    pub(crate) effort: f64,
}

/// A message on its way.
struct Message {
    stamp: Stamp,
    reading: Reading,
    /// Whether it only repeats the last one.
    is_frozen: bool,
}

/// One simulated sense.
pub(crate) struct Sense {
    kind: Kind,
    period: u64,
    next: Stamp,
    delay: u64,
    loss: f64,
    stream: Stream,
    /// What faults draw, so that a sense that is well measures the same with and without them.
    fault_stream: Stream,
    /// Messages on their way, oldest first; `spare` are empty ones.
    under_way: VecDeque<Message>,
    spare: Vec<Reading>,
    pub(crate) defect: Option<Defect>,
}

/// Where the parts that a sense reads are found in the robot.
pub(crate) struct Wiring<'a> {
    /// Link index and pose of the sensor's frame.
    pub(crate) frame: Option<(usize, Pose)>,
    /// Indices of the joints that it reads.
    pub(crate) joints: &'a [usize],
    /// Wheels, for odometry, and which way each turns.
    pub(crate) drive: Option<(DifferentialDrive, [f64; 2])>,
    /// The shapes that a touch sensor feels with.
    pub(crate) touch: Vec<ColliderHandle>,
}

impl Sense {
    /// The sense that `sensor` describes; `blank` has buffers of the right size. Random numbers come
    /// from the stream `robot/name` of `seed`.
    pub(crate) fn new(
        sensor: &Sensor,
        blank: &Reading,
        wiring: &Wiring<'_>,
        seed: u64,
        robot: usize,
    ) -> Self {
        let mut stream = random::stream(seed, &format!("sense/{robot}/{}", sensor.name()));
        let kind = Kind::of(sensor, blank, wiring, &mut stream);
        let period = time::period(sensor.rate());
        let Transport { delay, loss } = sensor.transport();
        let delay = (delay * 1e9).round() as u64;
        let capacity = (delay / period) as usize + 2;
        Self {
            kind,
            period,
            next: Stamp::ZERO,
            delay,
            loss,
            stream,
            fault_stream: random::stream(seed, &format!("fault/{robot}/{}", sensor.name())),
            under_way: VecDeque::with_capacity(capacity),
            spare: vec![blank.clone(); capacity],
            defect: None,
        }
    }

    /// Measures if it is time to.
    pub(crate) fn measure(&mut self, now: Stamp, truth: &Truth<'_>) {
        self.kind.step(truth.robot);
        if now < self.next {
            return;
        }
        while self.next <= now {
            self.next = self.next + self.period;
        }
        let Some(mut reading) = self.spare.pop() else { return };
        let defect = self.defect;
        let is = |kind: FaultKind| defect.is_some_and(|defect| defect.is(kind));
        let is_frozen = is(FaultKind::Frozen);
        if !is_frozen {
            self.kind.fill(&mut self.stream, defect.as_ref(), &mut reading, self.period, truth);
        }
        let mut lost = self.loss > 0.0 && self.stream.random_bool(self.loss);
        lost |= is(FaultKind::Silent);
        if let Some(defect) = defect {
            lost |= defect.distort(&mut self.fault_stream, &mut reading);
        }
        if lost {
            self.spare.push(reading);
        } else {
            self.under_way.push_back(Message { stamp: now, reading, is_frozen });
        }
    }

    /// Puts what has arrived into the slot.
    pub(crate) fn deliver(&mut self, now: Stamp, slot: &mut Slot) {
        while self.under_way.front().is_some_and(|message| message.stamp + self.delay <= now) {
            let Some(mut message) = self.under_way.pop_front() else { return };
            slot.put(message.stamp, |reading| {
                if !message.is_frozen {
                    std::mem::swap(reading, &mut message.reading);
                }
            });
            self.spare.push(message.reading);
        }
    }
}

/// A turn by `yaw` rad about z.
fn heading(yaw: f64) -> UnitQuaternion<f64> {
    UnitQuaternion::from_axis_angle(&Vector3::z_axis(), yaw)
}
