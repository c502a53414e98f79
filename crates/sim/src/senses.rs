//! The simulated senses: each measures at its own rate, with its own noise and its own random stream (one file a sense), may be out of order
//! ([`neuraxis_core::faults`]), and its messages arrive late or not at all, as the robot file says.

use std::collections::VecDeque;

use nalgebra::{UnitQuaternion, Vector3};
use neuraxis_core::faults::{Effect, Fault, FaultKind, SenseFaults};
use neuraxis_core::random::{self, Stream};
use neuraxis_core::senses::{Measurement, Readable, Sensor, Transport, Variant};
use neuraxis_core::{Reading, Slot, Stamp, kinematics::DifferentialDrive, time};
use rand::RngExt as _;
use rapier3d::prelude::{ColliderHandle, PhysicsWorld, Pose};

use crate::scene::spec::Beacon;
use crate::state::RobotState;

/// What a sense may look at when it measures: the truth, before noise.
pub(crate) struct Truth<'a> {
    pub(crate) world: &'a PhysicsWorld,
    pub(crate) robot: &'a RobotState,
    pub(crate) beacons: &'a [Beacon],
    pub(crate) now: Stamp,
}

/// Makes everything that has one arm a simulated sense. A line: the file, and the sense's name in [`Sensor`], which is the name of
/// its type in the file too.
macro_rules! simulated {
    ($($file:ident: $sensor:ident;)*) => {
        $(mod $file;)*

        /// How a sense measures, with what it has to remember.
        enum Kind {
            $($sensor($file::$sensor),)*
        }

        impl Kind {
            /// The kind that `sensor` describes, with its constant errors drawn from `stream`.
            fn of(sensor: &Sensor, wiring: &Wiring<'_>, stream: &mut Stream) -> Self {
                match sensor {
                    $(Sensor::$sensor(spec) => Self::$sensor($file::$sensor::new(spec, wiring, stream)),)*
                }
            }

            /// Takes in a step of physics, whether it is time to measure or not.
            fn step(&mut self, robot: &RobotState) {
                match self { $(Self::$sensor(sense) => sense.step(robot),)* }
            }

            /// Overwrites `reading` with what the sense measures now.
            fn measure(&mut self, now: Measuring<'_>, reading: &mut Reading) {
                match self {
                    // A slot keeps its kind for life.
                    $(Self::$sensor(sense) => if let Some(reading) = Readable::of_mut(reading) {
                        sense.measure(now, reading);
                    },)*
                }
            }
        }
    };
}

simulated! {
    lidar: Lidar;
    imu: Imu;
    velocimeter: Velocimeter;
    wheel_odometry: WheelOdometry;
    joint_state: JointState;
    contact: Contact;
    battery: Battery;
    pose: Pose;
    beacon: Beacon;
    range: Range;
}

/// How one kind of sense measures.
trait Simulated: Sized {
    /// What it reads.
    type Reading: Measurement;

    /// The sense of a robot's file, with its constant errors drawn from `stream`.
    fn new(spec: &<Self::Reading as Variant>::Spec, wiring: &Wiring<'_>, stream: &mut Stream) -> Self;

    /// Takes in a step of physics, whether it is time to measure or not.
    fn step(&mut self, _robot: &RobotState) {}

    /// Overwrites `reading` with what it measures now.
    fn measure(&mut self, now: Measuring<'_>, reading: &mut Self::Reading);
}

/// What a sense measures by.
struct Measuring<'a> {
    truth: &'a Truth<'a>,
    /// Where its noise comes from.
    stream: &'a mut Stream,
    /// Its noise is so many times the robot file's.
    louder: f64,
    /// Its wheels turn so many times as far as they roll.
    slip: f64,
    /// From one measurement to the next, ns.
    period: u64,
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
    faults: SenseFaults,
    /// Messages on their way, oldest first; `spare` are empty ones.
    under_way: VecDeque<Message>,
    spare: Vec<Reading>,
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

impl Wiring<'_> {
    /// Link index and pose of the sensor's frame; the root's for one that has none.
    fn frame(&self) -> (usize, Pose) {
        self.frame.unwrap_or((0, Pose::IDENTITY))
    }
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
        faults: &[Fault],
    ) -> Self {
        let mut stream = random::stream(seed, &format!("sense/{robot}/{}", sensor.name()));
        let kind = Kind::of(sensor, wiring, &mut stream);
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
            faults: SenseFaults::of(faults, robot, sensor.name(), seed),
            under_way: VecDeque::with_capacity(capacity),
            spare: vec![blank.clone(); capacity],
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
        let effect = self.faults.at(now);
        let is_frozen = effect.is_some_and(|effect| effect.kind == FaultKind::Frozen);
        if !is_frozen {
            let now = Measuring {
                truth,
                stream: &mut self.stream,
                louder: Effect::factor(effect.as_ref(), FaultKind::Noise),
                slip: Effect::factor(effect.as_ref(), FaultKind::Slip),
                period: self.period,
            };
            self.kind.measure(now, &mut reading);
        }
        let mut lost = self.loss > 0.0 && self.stream.random_bool(self.loss);
        lost |= self.faults.distort(now, &mut reading);
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

/// The value to the nearest step of a sensor's resolution; 0 for none.
fn stepped(value: f64, step: f64) -> f64 {
    if step > 0.0 { (value / step).round() * step } else { value }
}
