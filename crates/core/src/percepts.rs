//! What the body felt: one slot a sense, made at start-up and refilled in place.
//!
//! A slot holds the *latest* reading of its sense. A reading may be late, stale or missing; the slot
//! says so by its stamps and its sequence number, and nobody waits for it.

use nalgebra::{Isometry3, Matrix3, Matrix6, UnitQuaternion, Vector3};

use crate::{Pose2, Stamp, StopReason, Twist2};

/// One planar sweep of a range finder (`sensor_msgs/LaserScan`), in the sensor's frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaserScan {
    /// Angle of the first beam, rad from the sensor's x axis.
    pub angle_min: f64,
    /// Angle from one beam to the next, rad, positive counter-clockwise.
    pub angle_increment: f64,
    /// Nearest distance that the sensor can tell, m.
    pub range_min: f64,
    /// Farthest distance that the sensor can tell, m.
    pub range_max: f64,
    /// One distance a beam, m. `+inf`: nothing within `range_max`; `-inf`: something nearer than
    /// `range_min`; NaN: no return (REP 117).
    pub ranges: Vec<f32>,
}

/// An inertial unit's reading (`sensor_msgs/Imu`), in the sensor's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imu {
    /// rad/s.
    pub angular_velocity: Vector3<f64>,
    /// Specific force, m/s²: at rest it reads +9.81 upwards.
    pub linear_acceleration: Vector3<f64>,
    /// Attitude, if the unit estimates one.
    pub orientation: Option<UnitQuaternion<f64>>,
}

/// How a sensor moves against the still world (`geometry_msgs/TwistStamped`), in the sensor's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// m/s.
    pub linear_velocity: Vector3<f64>,
    /// rad/s.
    pub angular_velocity: Vector3<f64>,
}

/// Where the wheels say the body went (`nav_msgs/Odometry`): pose in `odom`, twist in `base_link`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Odometry {
    /// Pose of `base_link` in `odom`; drifts without bound.
    pub pose: Pose2,
    /// Velocity in `base_link`.
    pub twist: Twist2,
}

/// Positions, velocities and efforts of the joints (`sensor_msgs/JointState`), in the order of the
/// body's description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JointState {
    /// rad, or m for a sliding joint.
    pub position: Vec<f64>,
    /// rad/s or m/s.
    pub velocity: Vec<f64>,
    /// N·m or N, as applied.
    pub effort: Vec<f64>,
}

/// What a bumper or a touch sensor feels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contact {
    /// Whether something touches now.
    pub touching: bool,
    /// Sum of the contact forces, N.
    pub force: f64,
    /// Direction from the sensor's frame towards the thing touched, rad; meaningless if nothing touches.
    pub bearing: f64,
}

/// The battery (`sensor_msgs/BatteryState`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Battery {
    /// Charge left, 0 to 1.
    pub percentage: f64,
    /// V.
    pub voltage: f64,
    /// A, negative while it discharges.
    pub current: f64,
}

/// Where something that knows the map says that the body is (`geometry_msgs/PoseWithCovarianceStamped`):
/// AMCL, motion capture, camera tags, GNSS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbsolutePose {
    /// `base_link` in `map`.
    pub pose: Isometry3<f64>,
    /// Covariance of x, y, z and of the rotations about the map's x, y and z: m², m·rad, rad². An infinite variance: it
    /// does not tell that number.
    pub covariance: Matrix6<f64>,
}

/// Where x, y and yaw stand in a covariance of ROS.
pub const PLANAR: [usize; 3] = [0, 1, 5];

impl AbsolutePose {
    /// The pose of a body on the plane, with the `covariance` of x, y and yaw; it tells neither height nor tilt.
    #[must_use]
    pub fn planar(pose: &Pose2, covariance: &Matrix3<f64>) -> Self {
        let mut spatial = Matrix6::from_diagonal_element(f64::INFINITY);
        for (i, row) in PLANAR.into_iter().enumerate() {
            for (j, column) in PLANAR.into_iter().enumerate() {
                spatial[(row, column)] = covariance[(i, j)];
            }
        }
        Self { pose: pose.to_spatial(0.0), covariance: spatial }
    }

    /// The pose's shadow on the ground.
    #[must_use]
    pub fn shadow(&self) -> Pose2 {
        Pose2::from_spatial(&self.pose)
    }

    /// Covariance of x, y and yaw.
    #[must_use]
    pub fn planar_covariance(&self) -> Matrix3<f64> {
        Matrix3::from_fn(|i, j| self.covariance[(PLANAR[i], PLANAR[j])])
    }
}

impl Default for AbsolutePose {
    fn default() -> Self {
        Self { pose: Isometry3::identity(), covariance: Matrix6::zeros() }
    }
}

/// How strongly a beacon is seen or heard in each direction: the activity of a population of units, each tuned to its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Azimuth {
    /// The first direction, rad from the sensor's x axis.
    pub angle_min: f64,
    /// From one direction to the next, rad, positive counter-clockwise.
    pub angle_increment: f64,
    /// How far a direction's tuning reaches, one standard deviation, rad.
    pub tuning: f64,
    /// One number a direction, in standard deviations of the background, whose mean is 0.
    pub activity: Vec<f32>,
}

/// The reading of one sense.
#[expect(clippy::large_enum_variant, reason = "a slot holds one reading for life, and nobody moves it")]
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A planar range finder.
    Scan(LaserScan),
    /// An inertial unit.
    Imu(Imu),
    /// A velocimeter.
    Motion(Motion),
    /// Wheel odometry.
    Odometry(Odometry),
    /// Joint encoders.
    Joints(JointState),
    /// A bumper or a touch sensor.
    Contact(Contact),
    /// The battery.
    Battery(Battery),
    /// A pose in the map.
    Pose(AbsolutePose),
    /// Where a beacon is seen or heard.
    Azimuth(Azimuth),
}

impl Reading {
    /// The kind's name as the robot file writes it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Scan(_) => "lidar",
            Self::Imu(_) => "imu",
            Self::Motion(_) => "velocimeter",
            Self::Odometry(_) => "wheel_odometry",
            Self::Joints(_) => "joint_state",
            Self::Contact(_) => "contact",
            Self::Battery(_) => "battery",
            Self::Pose(_) => "pose",
            Self::Azimuth(_) => "beacon",
        }
    }

    /// Overwrites this reading with `source` in the buffers that it has; nothing if the kinds differ.
    pub fn copy_from(&mut self, source: &Self) {
        match (self, source) {
            (Self::Scan(to), Self::Scan(from)) => {
                let mut ranges = std::mem::take(&mut to.ranges);
                ranges.clear();
                ranges.extend_from_slice(&from.ranges);
                *to = LaserScan { ranges, ..LaserScan { ranges: Vec::new(), ..*from } };
            }
            (Self::Joints(to), Self::Joints(from)) => {
                to.position.clone_from(&from.position);
                to.velocity.clone_from(&from.velocity);
                to.effort.clone_from(&from.effort);
            }
            (Self::Azimuth(to), Self::Azimuth(from)) => {
                let mut activity = std::mem::take(&mut to.activity);
                activity.clear();
                activity.extend_from_slice(&from.activity);
                *to = Azimuth { activity, ..Azimuth { activity: Vec::new(), ..*from } };
            }
            (Self::Imu(to), Self::Imu(from)) => *to = *from,
            (Self::Motion(to), Self::Motion(from)) => *to = *from,
            (Self::Odometry(to), Self::Odometry(from)) => *to = *from,
            (Self::Contact(to), Self::Contact(from)) => *to = *from,
            (Self::Battery(to), Self::Battery(from)) => *to = *from,
            (Self::Pose(to), Self::Pose(from)) => *to = *from,
            _ => {}
        }
    }

    /// The long list of numbers that a reading has beside its others: ranges of a sweep, activity by direction.
    #[must_use]
    pub fn list(&self) -> &[f32] {
        match self {
            Self::Scan(scan) => &scan.ranges,
            Self::Azimuth(azimuth) => &azimuth.activity,
            _ => &[],
        }
    }

    /// Whether a number in the reading is not one that the sense may report.
    ///
    /// NaN and infinity have a meaning in a scan (REP 117); anywhere else they are a defect.
    #[must_use]
    pub fn is_sane(&self) -> bool {
        match self {
            Self::Scan(scan) => scan.ranges.iter().all(|r| r.is_nan() || r.is_infinite() || *r >= 0.0),
            Self::Imu(imu) => {
                imu.angular_velocity.iter().chain(imu.linear_acceleration.iter()).all(|v| v.is_finite())
            }
            Self::Motion(motion) => {
                motion.linear_velocity.iter().chain(&motion.angular_velocity).all(|v| v.is_finite())
            }
            Self::Odometry(odometry) => odometry.pose.is_finite() && odometry.twist.is_finite(),
            Self::Joints(joints) => {
                joints.position.iter().chain(&joints.velocity).chain(&joints.effort).all(|v| v.is_finite())
            }
            Self::Contact(contact) => contact.force.is_finite(),
            Self::Battery(battery) => battery.percentage.is_finite(),
            Self::Azimuth(azimuth) => azimuth.activity.iter().all(|v| v.is_finite()),
            // What a covariance may be is for the estimator to say: a bad one is refused, and stops nobody.
            Self::Pose(absolute) => {
                let rotation = absolute.pose.rotation.coords;
                absolute.pose.translation.vector.iter().chain(rotation.iter()).all(|v| v.is_finite())
            }
        }
    }
}

/// The place of one sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    name: Box<str>,
    stamp: Option<Stamp>,
    sequence: u64,
    reading: Reading,
}

impl Slot {
    /// An empty slot for the sense `name`; `blank` fixes the kind and the sizes of its buffers.
    #[must_use]
    pub fn new(name: &str, blank: Reading) -> Self {
        Self { name: name.into(), stamp: None, sequence: 0, reading: blank }
    }

    /// The sense's name in the robot file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the latest reading was measured; `None` before the first.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// How many readings have come so far: it changes exactly when there is something new.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The latest reading, or `None` before the first.
    #[must_use]
    pub fn reading(&self) -> Option<&Reading> {
        self.stamp.map(|_| &self.reading)
    }

    /// Seconds since the latest reading was measured, or `None` before the first.
    #[must_use]
    pub fn age(&self, now: Stamp) -> Option<f64> {
        self.stamp.map(|stamp| now.since(stamp))
    }

    /// Puts a new reading, measured at `stamp`, in place: `fill` overwrites the buffers of the last one.
    pub fn put(&mut self, stamp: Stamp, fill: impl FnOnce(&mut Reading)) {
        fill(&mut self.reading);
        self.stamp = Some(stamp);
        self.sequence += 1;
    }

    /// Puts a reading in place that was once the `sequence`th of its slot: what a recording plays back.
    pub fn restore(&mut self, stamp: Stamp, sequence: u64, fill: impl FnOnce(&mut Reading)) {
        fill(&mut self.reading);
        self.stamp = Some(stamp);
        self.sequence = sequence;
    }

    /// Takes over what `source`, a slot of the same sense, holds, sequence number and all, if it is new here.
    pub fn follow(&mut self, source: &Self) {
        if self.sequence != source.sequence {
            self.reading.copy_from(&source.reading);
            self.stamp = source.stamp;
            self.sequence = source.sequence;
        }
    }
}

/// Everything that the body feels now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Percepts {
    /// The body's time now.
    pub now: Stamp,
    /// A stop that was ordered from outside of the brain, as long as it lasts: the emergency stop, or the loop that finds itself
    /// too late. It is an input like any other, so that what follows from it can be replayed.
    pub hold: Option<StopReason>,
    slots: Vec<Slot>,
}

impl Percepts {
    /// The slots, in the order of the body's description.
    #[must_use]
    pub fn new(slots: Vec<Slot>) -> Self {
        Self { now: Stamp::ZERO, hold: None, slots }
    }

    /// All slots, in the order of the body's description.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The slots, to be refilled by a body.
    pub fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots
    }

    /// The index of the sense `name`; look it up once, at start-up.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_tells_missing_from_stale() {
        let mut slot = Slot::new("battery", Reading::Battery(Battery::default()));
        assert_eq!((slot.reading(), slot.age(Stamp(5)), slot.sequence()), (None, None, 0));
        slot.put(Stamp(1_000_000_000), |reading| {
            if let Reading::Battery(battery) = reading {
                battery.percentage = 0.5;
            }
        });
        assert_eq!(slot.age(Stamp(3_000_000_000)), Some(2.0));
        assert_eq!(slot.sequence(), 1);
        assert!(matches!(slot.reading(), Some(Reading::Battery(b)) if b.percentage == 0.5));
    }

    #[test]
    fn a_scan_may_say_infinite_but_odometry_may_not() {
        let scan = LaserScan { ranges: vec![f32::INFINITY, f32::NAN, 1.0], ..Default::default() };
        assert!(Reading::Scan(scan).is_sane());
        let twist = Twist2::new(f64::NAN, 0.0);
        assert!(!Reading::Odometry(Odometry { twist, ..Default::default() }).is_sane());
    }
}
