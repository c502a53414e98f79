//! Faults of senses: what can go wrong, when, and what it does to readings; the same for a scene's `faults:`, for a replay's `--fault`
//! and for any body that is wrapped in [`Faulty`].
//!
//! A fault acts on a reading by the time at which it was measured, and draws from a random stream of its own, `fault/{robot}/{sense}`,
//! so that a sense that is well measures the same with and without the faults of others. One engine ([`SenseFaults`]) has two
//! callers. [`Faulty`] applies it to what arrives from any body. The simulator asks it where it measures, because two faults begin there:
//! `noise` makes the noise of the measurement itself larger, and `slip` turns the wheels further than they roll, before they are
//! integrated; and a sense that is `frozen` does not measure. [`Faulty`] can only add to what was measured: see
//! [`Measurement::remeasure`](crate::senses::Measurement::remeasure). The other faults are the same in both, to the bit, of a sense
//! that is no faster than its body is sensed: of a faster one not every reading arrives, and what never arrives draws no number.

mod spec;

pub use spec::Fault;

pub use crate::senses::FaultKind;

use crate::body::{Body, BodyDescription, BodyError};
use crate::random::{self, Stream};
use crate::{Command, Percepts, Reading, Stamp};

/// What a fault does, without its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// What happens.
    pub kind: FaultKind,
    factor: f64,
    fraction: f64,
    offset: [f64; 3],
}

impl Effect {
    /// The factor of a fault of this kind; 1 for any other, and for none.
    #[must_use]
    pub fn factor(effect: Option<&Self>, kind: FaultKind) -> f64 {
        effect.filter(|effect| effect.kind == kind).map_or(1.0, |effect| effect.factor)
    }
}

/// The faults of one sense.
#[derive(Clone, Debug)]
pub struct SenseFaults {
    /// From when, until when, and what then.
    windows: Vec<(Stamp, Option<Stamp>, Effect)>,
    /// What faults draw, so that a sense that is well measures the same with and without them.
    stream: Stream,
}

impl SenseFaults {
    /// Those of `faults` that befall the sense `name` of robot `robot`; random numbers come from the stream
    /// `fault/{robot}/{name}` of `seed`.
    #[must_use]
    pub fn of(faults: &[Fault], robot: usize, name: &str, seed: u64) -> Self {
        let own = faults.iter().filter(|fault| fault.robot == robot && fault.sensor == name);
        let window = |fault: &Fault| {
            let effect = Effect {
                kind: fault.kind,
                factor: fault.factor.unwrap_or(1.0),
                fraction: fault.fraction.unwrap_or(0.0),
                offset: fault.offset.unwrap_or_default(),
            };
            (Stamp::from_seconds(fault.from), fault.until.map(Stamp::from_seconds), effect)
        };
        let stream = random::stream(seed, &format!("fault/{robot}/{name}"));
        Self { windows: own.map(window).collect(), stream }
    }

    /// What befalls a reading that is measured at `stamp`: of several faults at once, the one that the list names last.
    #[must_use]
    pub fn at(&self, stamp: Stamp) -> Option<Effect> {
        let is_on = |(from, until, _): &&(Stamp, Option<Stamp>, Effect)| {
            stamp >= *from && until.is_none_or(|until| stamp < until)
        };
        self.windows.iter().rfind(is_on).map(|(.., effect)| *effect)
    }

    /// Does to a reading that was measured at `stamp` what befalls it; whether it is lost.
    ///
    /// `noise`, `slip` and `frozen` do nothing here: they are a matter of measuring.
    pub fn distort(&mut self, stamp: Stamp, reading: &mut Reading) -> bool {
        let Some(Effect { kind, fraction, offset, .. }) = self.at(stamp) else { return false };
        match kind {
            FaultKind::Silent => return true,
            FaultKind::Dropout => return reading.drop_out(fraction, &mut self.stream),
            FaultKind::NotANumber => reading.make_not_finite(),
            FaultKind::Outliers => reading.outlie(fraction, &mut self.stream),
            FaultKind::Bias => reading.bias(offset),
            FaultKind::Frozen | FaultKind::Noise | FaultKind::Slip => {}
        }
        false
    }
}

/// Any body, with faults of its senses: they befall the readings that arrive from it.
#[derive(Clone, Debug)]
pub struct Faulty<B> {
    inner: B,
    /// What the body itself says.
    said: Percepts,
    slots: Vec<FaultySlot>,
}

/// A slot of a body with faults.
#[derive(Clone, Debug)]
struct FaultySlot {
    faults: SenseFaults,
    sequence: u64,
    /// The last reading as the body said it, if there are faults to compare it with.
    before: Option<Reading>,
    reading: Reading,
}

impl<B: Body> Faulty<B> {
    /// `inner` with those of `faults` that befall robot number `robot`; random numbers come from streams of `seed`.
    #[must_use]
    pub fn new(inner: B, faults: &[Fault], robot: usize, seed: u64) -> Self {
        let description = inner.description();
        let slot = |sensor: &crate::body::SensorDescription| FaultySlot {
            faults: SenseFaults::of(faults, robot, sensor.sensor.name(), seed),
            sequence: 0,
            before: None,
            reading: sensor.blank(),
        };
        let (said, slots) = (description.percepts(), description.sensors.iter().map(slot).collect());
        Self { inner, said, slots }
    }

    /// The body itself.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// The body itself.
    pub fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }
}

impl<B: Body> Body for Faulty<B> {
    fn description(&self) -> &BodyDescription {
        self.inner.description()
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        self.inner.sense(&mut self.said)?;
        percepts.now = self.said.now;
        percepts.stop_request = self.said.stop_request;
        let sensors = &self.inner.description().sensors;
        let told = percepts.slots_mut().iter_mut();
        for (((said, told), slot), sensor) in
            self.said.slots().iter().zip(told).zip(&mut self.slots).zip(sensors)
        {
            if slot.faults.windows.is_empty() {
                told.follow(said);
                continue;
            }
            let (Some(stamp), Some(reading)) = (said.stamp(), said.reading()) else { continue };
            if said.sequence() == slot.sequence {
                continue;
            }
            slot.sequence = said.sequence();
            let effect = slot.faults.at(stamp);
            let is_frozen = effect.is_some_and(|effect| effect.kind == FaultKind::Frozen);
            slot.reading.copy_from(reading);
            let before = slot.before.as_ref().zip(told.reading());
            let factors =
                [FaultKind::Noise, FaultKind::Slip].map(|kind| Effect::factor(effect.as_ref(), kind));
            slot.reading.remeasure(&sensor.sensor, factors, before, &mut slot.faults.stream);
            let is_lost = slot.faults.distort(stamp, &mut slot.reading);
            if !is_lost {
                told.restore(stamp, said.sequence(), |to| {
                    if !is_frozen {
                        to.copy_from(&slot.reading);
                    }
                });
                match &mut slot.before {
                    // What comes after a frozen reading goes on from the one before it.
                    _ if is_frozen => {}
                    Some(before) => before.copy_from(reading),
                    None => slot.before = Some(reading.clone()),
                }
            }
        }
        Ok(())
    }

    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        self.inner.act(command)
    }
}
