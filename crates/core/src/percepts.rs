//! What the body felt: one slot a sense, made at start-up and refilled in place.
//!
//! A slot holds the *latest* reading of its sense. A reading may be late, stale or missing; the slot
//! says so by its stamps and its sequence number, and nobody waits for it.

use crate::senses::Readable;
pub use crate::senses::{
    AbsolutePose, Battery, BearingActivity, BodyTwist, Contact, Imu, JointState, LaserScan, Odometry, PLANAR,
    Reading,
};
use crate::{Stamp, StopReason};

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

    /// The latest reading as one of the kind `T`, if it is one.
    #[must_use]
    pub fn get<T: Readable>(&self) -> Option<&T> {
        self.reading().and_then(T::of)
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
    pub stop_request: Option<StopReason>,
    slots: Vec<Slot>,
}

impl Percepts {
    /// The slots, in the order of the body's description.
    #[must_use]
    pub fn new(slots: Vec<Slot>) -> Self {
        Self { now: Stamp::ZERO, stop_request: None, slots }
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
}
