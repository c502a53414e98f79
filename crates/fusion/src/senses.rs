//! Which slots an estimator reads, which readings it has already taken in, and which it must not.
//!
//! What is refused here never reaches a state: numbers that are none, stamps from the future or from before the last
//! one, scans of another length, covariances that are none.

use nalgebra::{Isometry3, Matrix3};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{AbsolutePose, Imu, LaserScan, Odometry};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Percepts, Pose2, Reading, Stamp, saved};

use crate::gaussian::information;

/// Clocks of real sensors differ by so much, s; a stamp that is farther ahead is from the future.
const AHEAD: f64 = 0.02;

/// A slot, and the sequence number of the last reading that was taken from it.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) slot: usize,
    pub(crate) name: Box<str>,
    /// The sensor's frame in `base_link`, seen from above.
    pub(crate) mount: Pose2,
    /// The same in space.
    pub(crate) frame: Isometry3<f64>,
    /// Beams of a range finder.
    pub(crate) beams: usize,
    /// The tilt of the body from which a beam of a range finder can reach the ground, rad.
    pub(crate) tilt: f64,
    /// Places of the left and the right wheel among the joints that it reads.
    wheels: Option<[usize; 2]>,
    seen: u64,
    newest: Stamp,
}

impl Reader {
    /// The reading, if it is new: as it is, or why it is refused.
    fn fresh<'p>(&mut self, percepts: &'p Percepts) -> Option<Result<(Stamp, &'p Reading), Refusal>> {
        let slot = percepts.slots().get(self.slot)?;
        if slot.sequence() == self.seen {
            return None;
        }
        self.seen = slot.sequence();
        let (stamp, reading) = (slot.stamp()?, slot.reading()?);
        if !reading.is_sane() {
            return Some(Err(Refusal::NotFinite));
        }
        if stamp.since(percepts.now) > AHEAD {
            return Some(Err(Refusal::FromTheFuture));
        }
        if stamp < self.newest {
            return Some(Err(Refusal::Backwards));
        }
        self.newest = stamp;
        Some(Ok((stamp, reading)))
    }

    /// A new sweep.
    pub(crate) fn scan<'p>(
        &mut self,
        percepts: &'p Percepts,
    ) -> Option<Result<(Stamp, &'p LaserScan), Refusal>> {
        let beams = self.beams;
        Some(self.fresh(percepts)?.and_then(|(stamp, reading)| match reading {
            Reading::Scan(scan) if scan.ranges.len() == beams && scan.angle_increment.is_finite() => {
                Ok((stamp, scan))
            }
            _ => Err(Refusal::Shape),
        }))
    }

    /// A new reading of an inertial unit.
    pub(crate) fn imu<'p>(&mut self, percepts: &'p Percepts) -> Option<Result<(Stamp, &'p Imu), Refusal>> {
        Some(self.fresh(percepts)?.and_then(|(stamp, reading)| match reading {
            Reading::Imu(imu) => Ok((stamp, imu)),
            _ => Err(Refusal::Shape),
        }))
    }

    /// A new reading of the wheels' way, from odometry or from the wheels' joints.
    pub(crate) fn way<'p>(&mut self, percepts: &'p Percepts) -> Option<Result<(Stamp, Way<'p>), Refusal>> {
        let wheels = self.wheels;
        Some(self.fresh(percepts)?.and_then(|(stamp, reading)| match (reading, wheels) {
            (Reading::Odometry(odometry), _) => Ok((stamp, Way::Odometry(odometry))),
            (Reading::Joints(joints), Some([left, right])) => {
                let of = |values: &[f64]| Some([*values.get(left)?, *values.get(right)?]);
                match (of(&joints.position), of(&joints.velocity)) {
                    (Some(angles), Some(rates)) => Ok((stamp, Way::Wheels { angles, rates })),
                    _ => Err(Refusal::Shape),
                }
            }
            _ => Err(Refusal::Shape),
        }))
    }

    /// A new absolute pose, and its information about x, y and yaw.
    pub(crate) fn pose(&mut self, percepts: &Percepts) -> Option<Result<Located, Refusal>> {
        Some(self.absolute(percepts)?.and_then(|(stamp, absolute)| {
            let told = information(&absolute.planar_covariance()).ok_or(Refusal::Covariance)?;
            Ok((stamp, absolute.shadow(), told))
        }))
    }

    /// A new absolute pose.
    pub(crate) fn absolute<'p>(
        &mut self,
        percepts: &'p Percepts,
    ) -> Option<Result<(Stamp, &'p AbsolutePose), Refusal>> {
        Some(self.fresh(percepts)?.and_then(|(stamp, reading)| match reading {
            Reading::Pose(absolute) => Ok((stamp, absolute)),
            _ => Err(Refusal::Shape),
        }))
    }
}

/// When, where, and how surely.
pub(crate) type Located = (Stamp, Pose2, Matrix3<f64>);

/// How far the wheels say that the body went.
pub(crate) enum Way<'a> {
    /// As a pose and a twist.
    Odometry(&'a Odometry),
    /// As angles (rad) and rates (rad/s) of the left and the right wheel.
    Wheels { angles: [f64; 2], rates: [f64; 2] },
}

/// The readers of a body's senses that matter for its pose.
#[derive(Clone, Debug)]
pub(crate) struct Senses {
    /// Wheel odometry, or the wheels' joints where there is none.
    pub(crate) odometry: Option<Reader>,
    pub(crate) imu: Option<Reader>,
    pub(crate) scans: Vec<Reader>,
    pub(crate) poses: Vec<Reader>,
    /// Bumpers: slots. A foot is none, it is there to touch.
    pub(crate) contacts: Vec<usize>,
}

impl Senses {
    /// Whether a bumper feels something.
    pub(crate) fn touches(&self, percepts: &Percepts) -> bool {
        self.contacts.iter().any(|slot| {
            let reading = percepts.slots().get(*slot).and_then(|slot| slot.reading());
            matches!(reading, Some(Reading::Contact(contact)) if contact.touching)
        })
    }

    pub(crate) fn of(body: &BodyDescription) -> Self {
        let readers = |wanted: fn(&Sensor) -> bool| {
            body.sensors.iter().enumerate().filter(move |(_, s)| wanted(&s.sensor)).map(|(slot, s)| Reader {
                slot,
                name: s.sensor.name().into(),
                mount: Pose2::from_spatial(&s.mount),
                frame: s.mount,
                tilt: match &s.sensor {
                    Sensor::Lidar { range, .. } => s.mount.translation.z / range[1],
                    _ => f64::INFINITY,
                },
                beams: match &s.sensor {
                    Sensor::Lidar { beams, .. } => *beams as usize,
                    _ => 0,
                },
                wheels: wheels(body, &s.joints),
                seen: 0,
                newest: Stamp::ZERO,
            })
        };
        let odometry = readers(|s| matches!(s, Sensor::WheelOdometry { .. })).next();
        let joints = || readers(|s| matches!(s, Sensor::JointState { .. })).find(|r| r.wheels.is_some());
        Self {
            odometry: odometry.or_else(joints),
            imu: readers(|s| matches!(s, Sensor::Imu { .. })).next(),
            scans: readers(|s| matches!(s, Sensor::Lidar { .. })).collect(),
            poses: readers(|s| matches!(s, Sensor::Pose { .. })).collect(),
            contacts: (0..body.sensors.len())
                .filter(|slot| {
                    let sense = &body.sensors[*slot];
                    matches!(sense.sensor, Sensor::Contact { .. }) && sense.limb.is_none()
                })
                .collect(),
        }
    }
}

/// Where the driven wheels stand among `joints`, if both do.
fn wheels(body: &BodyDescription, joints: &[String]) -> Option<[usize; 2]> {
    body.drive?;
    let find =
        |i: usize| joints.iter().position(|name| body.actuators.get(i).is_some_and(|a| a.joint == *name));
    Some([find(0)?, find(1)?])
}

saved!(Reader { seen, newest; slot, name, mount, frame, beams, tilt, wheels });
saved!(Senses { odometry: each, imu: each, scans, poses; contacts });
