//! Which slots an estimator reads, and which readings it has already taken in.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{Imu, LaserScan, Odometry};
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Percepts, Pose2, Reading, Stamp};

/// A slot, and the sequence number of the last reading that was taken from it.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) slot: usize,
    pub(crate) name: Box<str>,
    /// The sensor's frame in `base_link`, seen from above.
    pub(crate) mount: Pose2,
    /// Beams of a range finder.
    pub(crate) beams: usize,
    /// The tilt of the body from which a beam of a range finder can reach the ground, rad.
    pub(crate) tilt: f64,
    seen: u64,
}

impl Reader {
    /// The reading, if it is new and sane.
    fn fresh<'p>(&mut self, percepts: &'p Percepts) -> Option<(Stamp, &'p Reading)> {
        let slot = percepts.slots().get(self.slot)?;
        if slot.sequence() == self.seen {
            return None;
        }
        self.seen = slot.sequence();
        let (stamp, reading) = (slot.stamp()?, slot.reading()?);
        reading.is_sane().then_some((stamp, reading))
    }

    pub(crate) fn scan<'p>(&mut self, percepts: &'p Percepts) -> Option<(Stamp, &'p LaserScan)> {
        match self.fresh(percepts)? {
            (stamp, Reading::Scan(scan)) => Some((stamp, scan)),
            _ => None,
        }
    }

    pub(crate) fn imu<'p>(&mut self, percepts: &'p Percepts) -> Option<(Stamp, &'p Imu)> {
        match self.fresh(percepts)? {
            (stamp, Reading::Imu(imu)) => Some((stamp, imu)),
            _ => None,
        }
    }

    pub(crate) fn odometry<'p>(&mut self, percepts: &'p Percepts) -> Option<(Stamp, &'p Odometry)> {
        match self.fresh(percepts)? {
            (stamp, Reading::Odometry(odometry)) => Some((stamp, odometry)),
            _ => None,
        }
    }
}

/// The readers of a body's senses that matter for its pose.
#[derive(Clone, Debug)]
pub(crate) struct Senses {
    pub(crate) odometry: Option<Reader>,
    pub(crate) imu: Option<Reader>,
    pub(crate) scans: Vec<Reader>,
}

impl Senses {
    pub(crate) fn of(body: &BodyDescription) -> Self {
        let readers = |wanted: fn(&Sensor) -> bool| {
            body.sensors.iter().enumerate().filter(move |(_, s)| wanted(&s.sensor)).map(|(slot, s)| Reader {
                slot,
                name: s.sensor.name().into(),
                mount: Pose2::from_spatial(&s.mount),
                tilt: match &s.sensor {
                    Sensor::Lidar { range, .. } => s.mount.translation.z / range[1],
                    _ => f64::INFINITY,
                },
                beams: match &s.sensor {
                    Sensor::Lidar { beams, .. } => *beams as usize,
                    _ => 0,
                },
                seen: 0,
            })
        };
        Self {
            odometry: readers(|s| matches!(s, Sensor::WheelOdometry { .. })).next(),
            imu: readers(|s| matches!(s, Sensor::Imu { .. })).next(),
            scans: readers(|s| matches!(s, Sensor::Lidar { .. })).collect(),
        }
    }
}
