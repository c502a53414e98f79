//! The recorded body: shows a brain the senses of a recording, tick by tick, and lets it act on nothing.

use std::sync::Arc;

use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::{Command, Percepts, Reading, Stamp};

use crate::recording::RecordedRobot;
use crate::trace::{self, Tick};

/// What is done to a sense on its way from the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distortion {
    /// It says nothing.
    Silent,
    /// It says the same again and again, with fresh stamps.
    Frozen,
    /// It reports numbers that are none.
    NotANumber,
}

/// A sense that the replay distorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The slot.
    pub slot: usize,
    /// What is done to it.
    pub distortion: Distortion,
    /// From this time on.
    pub from: Stamp,
    /// Until then; to the end if not given.
    pub until: Option<Stamp>,
}

/// A body out of a recording. Time is the recording's; what it is told changes nothing.
#[derive(Clone, Debug)]
pub struct ReplayBody {
    description: BodyDescription,
    ticks: Arc<Vec<Tick>>,
    faults: Vec<Fault>,
    next: usize,
}

impl ReplayBody {
    /// The body of `robot`, at its first tick.
    #[must_use]
    pub fn new(robot: &RecordedRobot) -> Self {
        Self::shared(robot.header.body.clone(), Arc::new(robot.ticks.clone()))
    }

    /// A body with this description that feels `ticks`; for several bodies out of one recording.
    #[must_use]
    pub fn shared(description: BodyDescription, ticks: Arc<Vec<Tick>>) -> Self {
        Self { description, ticks, faults: Vec::new(), next: 0 }
    }

    /// The same body with senses that are distorted.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// The number of the tick that comes next, from 0.
    #[must_use]
    pub fn position(&self) -> usize {
        self.next
    }

    fn distortion(&self, slot: usize, now: Stamp) -> Option<Distortion> {
        let is_on = |fault: &&Fault| {
            fault.slot == slot && now >= fault.from && fault.until.is_none_or(|until| now < until)
        };
        self.faults.iter().find(is_on).map(|fault| fault.distortion)
    }
}

impl Body for ReplayBody {
    fn description(&self) -> &BodyDescription {
        &self.description
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        let Some(tick) = self.ticks.get(self.next) else { return Err(BodyError::Ended) };
        let now = Stamp(tick.stamp);
        percepts.now = now;
        percepts.hold = trace::hold_of(tick.stop);
        for sense in &tick.senses {
            let index = usize::from(sense.slot);
            let distortion = self.distortion(index, now);
            if distortion == Some(Distortion::Silent) {
                continue;
            }
            let misfit =
                || BodyError::Lost(format!("tick {}: slot {index} does not fit the body", self.next));
            let slot = percepts.slots_mut().get_mut(index).ok_or_else(misfit)?;
            let mut fits = true;
            slot.restore(Stamp(sense.stamp), sense.sequence, |reading| {
                if distortion != Some(Distortion::Frozen) {
                    fits = trace::restore(sense, reading);
                }
                if distortion == Some(Distortion::NotANumber) {
                    spoil(reading);
                }
            });
            if !fits {
                return Err(misfit());
            }
        }
        Ok(())
    }

    fn act(&mut self, _: &Command) -> Result<(), BodyError> {
        self.next += 1;
        Ok(())
    }
}

/// Puts a number that is none into a reading.
fn spoil(reading: &mut Reading) {
    match reading {
        // NaN has a meaning in a scan; a distance below zero has none.
        Reading::Scan(scan) => scan.ranges.fill(-1.0),
        Reading::Imu(imu) => imu.angular_velocity.fill(f64::NAN),
        Reading::Motion(motion) => motion.linear_velocity.fill(f64::NAN),
        Reading::Odometry(odometry) => odometry.twist.linear = f64::NAN,
        Reading::Joints(joints) => joints.position.fill(f64::NAN),
        Reading::Contact(contact) => contact.force = f64::NAN,
        Reading::Battery(battery) => battery.percentage = f64::NAN,
        Reading::Pose(absolute) => absolute.pose.translation.x = f64::NAN,
        Reading::Azimuth(azimuth) => azimuth.activity.fill(f32::NAN),
    }
}
