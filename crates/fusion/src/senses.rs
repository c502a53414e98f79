//! Which senses an estimator reads, and which of their readings it must not take in.
//!
//! What is refused here never reaches a state: numbers that are none, stamps from the future or from before the last
//! one, scans of another length, covariances that are none.

use nalgebra::Matrix3;
use neuraxis_core::archive::{Damage, Reader, Saved, Writer};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{AbsolutePose, Contact, Imu, JointState, LaserScan, Odometry};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::senses::{Readable, Sensor};
use neuraxis_core::{Input, Percepts, Pose2, Stamp, saved};

use crate::gaussian::information;

/// Clocks of real sensors differ by so much, s; a stamp that is farther ahead is from the future.
const AHEAD: f64 = 0.02;

/// When something was measured and what, or why it is refused; nothing if nothing is new.
pub(crate) type Answer<T> = Option<Result<(Stamp, T), Refusal>>;

/// A sense that an estimator reads.
#[derive(Clone, Debug)]
pub(crate) struct Source<T> {
    pub(crate) input: Input<T>,
    pub(crate) name: Box<str>,
    /// The sensor's frame in `base_link`, seen from above.
    pub(crate) mount: Pose2,
}

impl<T: Readable> Source<T> {
    fn all(body: &BodyDescription) -> impl Iterator<Item = Self> {
        Input::all(body).map(|input: Input<T>| Self {
            input,
            name: body.sensors[input.slot()].sensor.name().into(),
            mount: Pose2::from_spatial(input.mount()),
        })
    }

    /// What is new.
    pub(crate) fn read<'p>(&mut self, percepts: &'p Percepts) -> Answer<&'p T> {
        Some(self.input.accept(percepts, AHEAD)?.map(|sample| (sample.stamp, sample.reading)))
    }
}

/// A range finder.
#[derive(Clone, Debug)]
pub(crate) struct ScanSource {
    pub(crate) source: Source<LaserScan>,
    /// Its beams.
    pub(crate) beams: usize,
    /// The tilt of the body from which a beam can reach the ground, rad.
    pub(crate) tilt: f64,
}

impl ScanSource {
    /// A new sweep.
    pub(crate) fn read<'p>(&mut self, percepts: &'p Percepts) -> Answer<&'p LaserScan> {
        let beams = self.beams;
        Some(self.source.read(percepts)?.and_then(|(stamp, scan)| {
            let fits = scan.ranges.len() == beams && scan.angle_increment.is_finite();
            if fits { Ok((stamp, scan)) } else { Err(Refusal::Shape) }
        }))
    }
}

/// Where the way of the wheels comes from.
#[derive(Clone, Debug)]
pub(crate) enum WheelSource {
    Odometry(Source<Odometry>),
    /// The joints, and the places of the left and the right wheel among them.
    Joints(Source<JointState>, [usize; 2]),
}

impl WheelSource {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Odometry(source) => &source.name,
            Self::Joints(source, _) => &source.name,
        }
    }

    /// A new reading of the wheels' way.
    pub(crate) fn read<'p>(&mut self, percepts: &'p Percepts) -> Answer<WheelMotion<'p>> {
        match self {
            Self::Odometry(source) => {
                Some(source.read(percepts)?.map(|(stamp, odometry)| (stamp, WheelMotion::Odometry(odometry))))
            }
            Self::Joints(source, [left, right]) => {
                let of = |values: &[f64]| Some([*values.get(*left)?, *values.get(*right)?]);
                Some(source.read(percepts)?.and_then(|(stamp, joints)| {
                    match (of(&joints.position), of(&joints.velocity)) {
                        (Some(angles), Some(rates)) => Ok((stamp, WheelMotion::Wheels { angles, rates })),
                        _ => Err(Refusal::Shape),
                    }
                }))
            }
        }
    }
}

impl Source<AbsolutePose> {
    /// A new pose on the plane, and its information about x, y and yaw.
    pub(crate) fn read_planar(&mut self, percepts: &Percepts) -> Option<Result<Located, Refusal>> {
        Some(self.read(percepts)?.and_then(|(stamp, absolute)| {
            let told = information(&absolute.planar_covariance()).ok_or(Refusal::Covariance)?;
            Ok((stamp, absolute.to_planar(), told))
        }))
    }
}

/// When, where, and how surely.
pub(crate) type Located = (Stamp, Pose2, Matrix3<f64>);

/// How far the wheels say that the body went.
pub(crate) enum WheelMotion<'a> {
    /// As a pose and a twist.
    Odometry(&'a Odometry),
    /// As angles (rad) and rates (rad/s) of the left and the right wheel.
    Wheels { angles: [f64; 2], rates: [f64; 2] },
}

/// The senses of a body that matter for its pose.
#[derive(Clone, Debug)]
pub(crate) struct Senses {
    /// Wheel odometry, or the wheels' joints where there is none.
    pub(crate) odometry: Option<WheelSource>,
    pub(crate) imu: Option<Source<Imu>>,
    pub(crate) scans: Vec<ScanSource>,
    pub(crate) poses: Vec<Source<AbsolutePose>>,
    /// Bumpers. A foot is none, it is there to touch.
    pub(crate) contacts: Vec<Input<Contact>>,
}

impl Senses {
    /// Whether a bumper feels something.
    pub(crate) fn touches(&self, percepts: &Percepts) -> bool {
        self.contacts
            .iter()
            .any(|bumper| bumper.latest(percepts).is_some_and(|sample| sample.reading.touching))
    }

    pub(crate) fn of(body: &BodyDescription) -> Self {
        let joints = || {
            Source::all(body).find_map(|source| {
                let wheels = wheels(body, &body.sensors[source.input.slot()].joints)?;
                Some(WheelSource::Joints(source, wheels))
            })
        };
        let scan = |source: Source<LaserScan>| {
            let Sensor::Lidar(spec) = &body.sensors[source.input.slot()].sensor else { return None };
            let tilt = source.input.mount().translation.z / spec.range[1];
            Some(ScanSource { source, beams: spec.beams as usize, tilt })
        };
        Self {
            odometry: Source::all(body).next().map(WheelSource::Odometry).or_else(joints),
            imu: Source::all(body).next(),
            scans: Source::all(body).filter_map(scan).collect(),
            poses: Source::all(body).collect(),
            contacts: Input::all(body)
                .filter(|bumper: &Input<Contact>| body.sensors[bumper.slot()].limb.is_none())
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

impl<T> Saved for Source<T> {
    fn write(&self, to: &mut Writer) {
        let Self { input, name: _, mount: _ } = self;
        input.write(to);
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        let Self { input, name: _, mount: _ } = self;
        Saved::read(input, from)
    }
}

impl Saved for WheelSource {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Odometry(source) => source.write(to),
            Self::Joints(source, _) => source.write(to),
        }
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        match self {
            Self::Odometry(source) => Saved::read(source, from),
            Self::Joints(source, _) => Saved::read(source, from),
        }
    }
}

saved!(ScanSource { source; beams, tilt });
saved!(Senses { odometry: each, imu: each, scans, poses; contacts });
