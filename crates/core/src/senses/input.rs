//! An input of a part: the slot of one sense, what of it is new, and what of it is fresh.

use std::marker::PhantomData;

use nalgebra::Isometry3;
use serde::{Deserialize, Serialize};

use super::{Readable, Reading};
use crate::archive::{Damage, Reader, Saved, Writer};
use crate::body::{BodyDescription, SensorDescription};
use crate::reasons::Refusal;
use crate::{Percepts, Stamp, value};

/// The slot of a sense whose readings are of the type `T`; `Input<Reading>` is of any kind.
///
/// Each caller says how old a reading may be: there is no one answer, a posture is stale sooner than a wall.
pub struct Input<T> {
    slot: usize,
    mount: Isometry3<f64>,
    /// Rate of its readings, Hz.
    rate: f64,
    /// Time from measurement to arrival, s.
    delay: f64,
    deadline: Option<f64>,
    /// What has been taken from it.
    pub seen: Seen,
    kind: PhantomData<fn() -> T>,
}

/// What has been taken from an input: all of it that changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Sequence number of the last reading that was taken or refused.
    pub sequence: u64,
    /// The latest stamp of those that were accepted.
    pub newest: Stamp,
}

/// A reading, and when it was measured.
#[derive(Debug, PartialEq)]
pub struct Sample<'p, T> {
    /// When it was measured.
    pub stamp: Stamp,
    /// Which reading of its slot it is.
    pub sequence: u64,
    /// What was measured.
    pub reading: &'p T,
}

impl<T> Clone for Input<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Input<T> {}

impl<T> std::fmt::Debug for Input<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("slot", &self.slot).field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl<T> PartialEq for Input<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.slot, self.seen) == (other.slot, other.seen)
    }
}

impl<T> Clone for Sample<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Sample<'_, T> {}

impl<T: Readable> Input<T> {
    /// The sense in slot `slot` of `body`, if it reads the like.
    #[must_use]
    pub fn at(body: &BodyDescription, slot: usize) -> Option<Self> {
        let SensorDescription { sensor, mount, .. } = body.sensors.get(slot)?;
        T::is_read_by(sensor).then(|| Self {
            slot,
            mount: *mount,
            rate: sensor.rate(),
            delay: sensor.transport().delay,
            deadline: sensor.deadline(),
            seen: Seen::default(),
            kind: PhantomData,
        })
    }

    /// All senses of `body` that read the like, in their order.
    pub fn all(body: &BodyDescription) -> impl Iterator<Item = Self> {
        (0..body.sensors.len()).filter_map(|slot| Self::at(body, slot))
    }

    /// The first of them.
    #[must_use]
    pub fn first(body: &BodyDescription) -> Option<Self> {
        Self::all(body).next()
    }

    /// The one of this name.
    #[must_use]
    pub fn named(body: &BodyDescription, name: &str) -> Option<Self> {
        Self::all(body).find(|input| body.sensors[input.slot].sensor.name() == name)
    }

    /// The slot.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The sensor's frame in `base_link`.
    #[must_use]
    pub fn mount(&self) -> &Isometry3<f64> {
        &self.mount
    }

    /// The longest silence that the body may go on through, s.
    #[must_use]
    pub fn deadline(&self) -> Option<f64> {
        self.deadline
    }

    /// The age that a reading reaches, in the ordinary way of things, after so many periods, s.
    #[must_use]
    pub fn patience(&self, periods: f64) -> f64 {
        periods / self.rate + self.delay
    }

    /// The latest reading, however old it is.
    #[must_use]
    pub fn latest<'p>(&self, percepts: &'p Percepts) -> Option<Sample<'p, T>> {
        let slot = percepts.slots().get(self.slot)?;
        let (stamp, reading) = (slot.stamp()?, T::of(slot.reading()?)?);
        Some(Sample { stamp, sequence: slot.sequence(), reading })
    }

    /// The latest reading, if it is no older than `age` s.
    #[must_use]
    pub fn within<'p>(&self, percepts: &'p Percepts, age: f64) -> Option<&'p T> {
        self.latest(percepts).filter(|sample| percepts.now.since(sample.stamp) <= age).map(|s| s.reading)
    }

    /// The latest reading, if it was not taken yet; it still is not.
    #[must_use]
    pub fn peek<'p>(&self, percepts: &'p Percepts) -> Option<Sample<'p, T>> {
        self.latest(percepts).filter(|sample| sample.sequence != self.seen.sequence)
    }

    /// Takes the latest reading, if it was not taken yet, whatever it is.
    pub fn take<'p>(&mut self, percepts: &'p Percepts) -> Option<Sample<'p, T>> {
        let sample = self.peek(percepts)?;
        self.seen.sequence = sample.sequence;
        Some(sample)
    }

    /// Takes the latest reading, if it was not taken yet: as it is, or why it must not be believed. Its stamp may lie `ahead` s before
    /// the body's time, by which the clocks of real sensors differ, and not before that of the last one that was accepted.
    pub fn accept<'p>(
        &mut self,
        percepts: &'p Percepts,
        ahead: f64,
    ) -> Option<Result<Sample<'p, T>, Refusal>> {
        let sample = self.take(percepts)?;
        if !sample.reading.is_valid() {
            return Some(Err(Refusal::NotFinite));
        }
        if sample.stamp.since(percepts.now) > ahead {
            return Some(Err(Refusal::FromTheFuture));
        }
        if sample.stamp < self.seen.newest {
            return Some(Err(Refusal::Backwards));
        }
        self.seen.newest = sample.stamp;
        Some(Ok(sample))
    }

    /// Notes that `sample` was taken and accepted.
    pub fn note(&mut self, sample: &Sample<'_, T>) {
        self.seen = Seen { sequence: sample.sequence, newest: sample.stamp };
    }
}

/// Any reading is one of any kind.
impl Readable for Reading {
    fn of(reading: &Reading) -> Option<&Self> {
        Some(reading)
    }
    fn of_mut(reading: &mut Reading) -> Option<&mut Self> {
        Some(reading)
    }
    fn is_read_by(_: &super::Sensor) -> bool {
        true
    }
    fn is_valid(&self) -> bool {
        Reading::is_valid(self)
    }
}

value!(struct Seen { sequence, newest });

/// What was taken is state; where the sense stands is the body's.
impl<T> Saved for Input<T> {
    fn write(&self, to: &mut Writer) {
        self.seen.write(to);
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        self.seen.read(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percepts::{Battery, Contact};
    use crate::robot::Limits;

    fn body() -> BodyDescription {
        let sensor = |text: &str| SensorDescription {
            sensor: serde_json::from_str(text).expect("an entry"),
            mount: Isometry3::translation(0.1, 0.0, 0.0),
            joints: Vec::new(),
            limb: None,
        };
        BodyDescription {
            name: "test".to_owned(),
            sensors: vec![
                sensor(r#"{"kind": "contact", "name": "bumper", "link": "l", "rate": 100}"#),
                sensor(
                    r#"{"kind": "battery", "name": "cell", "capacity": 20, "rate": 10, "transport": {"delay": 0.2}, "deadline": 3}"#,
                ),
            ],
            actuators: Vec::new(),
            mobility: crate::Mobility::default(),
            drive: None,
            ackermann: None,
            other_actuators: 0,
            calibration: None,
            radius: 0.1,
            limits: Limits { linear: 1.0, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 1.0 },
        }
    }

    #[test]
    fn an_input_finds_its_sense_by_kind_and_by_name() {
        let body = body();
        let battery = Input::<Battery>::first(&body).expect("a battery");
        assert_eq!((battery.slot(), battery.deadline()), (1, Some(3.0)));
        assert!((battery.patience(5.0) - 0.7).abs() < 1e-12, "five periods and the delay");
        assert!(Input::<Contact>::named(&body, "cell").is_none(), "it is no bumper");
        assert_eq!(Input::<Contact>::named(&body, "bumper").map(|input| input.slot()), Some(0));
        assert_eq!(Input::<Reading>::all(&body).count(), 2);
        assert_eq!(battery.mount().translation.x, 0.1);
    }

    #[test]
    fn a_reading_is_taken_once_and_stays_the_latest() {
        let body = body();
        let mut percepts = body.percepts();
        let mut input = Input::<Battery>::first(&body).expect("a battery");
        assert_eq!(input.latest(&percepts), None);
        percepts.slots_mut()[1].put(Stamp(5), |reading| reading.copy_from(&Battery::default().into()));
        assert!(input.peek(&percepts).is_some() && input.take(&percepts).is_some());
        assert!(input.peek(&percepts).is_none() && input.take(&percepts).is_none());
        assert!(input.latest(&percepts).is_some());
        percepts.now = Stamp(2_000_000_005);
        assert!(input.within(&percepts, 2.0).is_some() && input.within(&percepts, 1.9).is_none());
        // What changes is plain data: restored, it goes on where it was.
        let text = serde_json::to_string(&input.seen).expect("data");
        let mut other = Input::<Battery>::first(&body).expect("a battery");
        other.seen = serde_json::from_str(&text).expect("data");
        assert!(other.take(&percepts).is_none());
    }

    #[test]
    fn a_reading_that_must_not_be_believed_is_refused_with_the_reason() {
        let body = body();
        let mut percepts = body.percepts();
        let mut input = Input::<Battery>::first(&body).expect("a battery");
        let mut tell = |stamp: f64, percentage: f64| {
            percepts.now = Stamp::from_seconds(10.0);
            let battery = Battery { percentage, ..Battery::default() };
            percepts.slots_mut()[1].put(Stamp::from_seconds(stamp), |r| r.copy_from(&battery.into()));
            input.accept(&percepts, 0.02).map(|answer| answer.map(|sample| sample.stamp))
        };
        assert_eq!(tell(9.0, f64::NAN), Some(Err(Refusal::NotFinite)));
        assert_eq!(tell(10.1, 0.5), Some(Err(Refusal::FromTheFuture)));
        assert_eq!(tell(9.5, 0.5), Some(Ok(Stamp::from_seconds(9.5))));
        assert_eq!(tell(9.4, 0.5), Some(Err(Refusal::Backwards)));
        assert_eq!(tell(10.01, 0.5), Some(Ok(Stamp::from_seconds(10.01))));
    }
}
