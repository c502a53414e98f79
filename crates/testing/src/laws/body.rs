//! What every [`Body`] keeps to.

use neuraxis_core::{Body, Command, Percepts, Slot, Stamp, StopReason};

/// Ticks of each part of the check.
const TICKS: usize = 50;

/// Drives fresh bodies from `make` through what the trait asks; the sentences say what did not hold.
///
/// The check moves the body gently and stops it; it takes some hundred ticks of the body's time.
pub fn check<B: Body>(mut make: impl FnMut() -> B) -> Vec<String> {
    let mut faults = Vec::new();
    let first = drive(&mut make(), &mut faults);
    let second = drive(&mut make(), &mut Vec::new());
    if let Some(tick) = first.iter().zip(&second).position(|(a, b)| !same(a, b)) {
        faults.push(format!("two bodies of the same make feel different things from tick {tick} on"));
    }
    faults.dedup();
    faults
}

/// The percepts of each tick while the body is driven, stopped, and fed nonsense.
fn drive<B: Body>(body: &mut B, faults: &mut Vec<String>) -> Vec<Percepts> {
    let description = body.description().clone();
    let mut percepts = description.percepts();
    let mut command = description.command();
    if command.values.len() != description.actuators.len() {
        faults.push("the command has another length than the list of actuators".to_owned());
    }
    let mut seen: Vec<Percepts> = Vec::new();
    for tick in 0..4 * TICKS {
        let before = percepts.clone();
        if body.sense(&mut percepts).is_err() {
            faults.push(format!("the body ended at tick {tick}, before the check did"));
            return seen;
        }
        look(&before, &percepts, tick, faults);
        if body.description() != &description {
            faults.push(format!("the description changed at tick {tick}"));
        }
        seen.push(percepts.clone());
        fill(&mut command, tick / TICKS, percepts.now);
        if body.act(&command).is_err() {
            faults.push(format!("the body ended at tick {tick}, before the check did"));
            return seen;
        }
    }
    if seen.last().is_some_and(|last| last.now == Stamp::ZERO) {
        faults.push("the body's time stands still".to_owned());
    }
    if description.sensors.iter().zip(percepts.slots()).any(|(_, slot)| slot.reading().is_none()) {
        faults.push("a sense never spoke".to_owned());
    }
    seen
}

/// What the body is told in each part: rest, gentle motion, a stop, nonsense.
fn fill(command: &mut Command, part: usize, now: Stamp) {
    command.stamp = now;
    command.stop = (part == 2).then_some(StopReason::EmergencyStop);
    command.values.fill(match part {
        1 => 0.5,
        3 => f64::NAN,
        _ => 0.0,
    });
}

fn look(before: &Percepts, after: &Percepts, tick: usize, faults: &mut Vec<String>) {
    if after.now < before.now || (tick > 0 && after.now == before.now) {
        faults.push("time does not go on".to_owned());
    }
    if after.slots().len() != before.slots().len() {
        faults.push("slots came or went".to_owned());
    }
    for (old, new) in before.slots().iter().zip(after.slots()) {
        let name = new.name();
        if old.name() != name {
            faults.push(format!("the slot `{}` became `{name}`", old.name()));
        }
        if new.sequence() < old.sequence() {
            faults.push(format!("`{name}`: the sequence number went back"));
        }
        if new.sequence() == old.sequence() && !same_reading(old, new) {
            faults.push(format!("`{name}`: the reading changed without a new sequence number"));
        }
        if new.stamp().is_some_and(|stamp| stamp > after.now) {
            faults.push(format!("`{name}`: a reading from the future"));
        }
        if new.stamp() < old.stamp() {
            faults.push(format!("`{name}`: an older reading took the place of a newer one"));
        }
        if let (Some(a), Some(b)) = (old.reading(), new.reading())
            && a.kind() != b.kind()
        {
            faults.push(format!("`{name}`: the kind changed from {} to {}", a.kind(), b.kind()));
        }
    }
}

fn same(a: &Percepts, b: &Percepts) -> bool {
    a.now == b.now && a.slots().iter().zip(b.slots()).all(|(a, b)| same_reading(a, b))
}

/// Equality in which a NaN equals itself: by the text of every number.
fn same_reading(a: &Slot, b: &Slot) -> bool {
    a.stamp() == b.stamp()
        && (a.reading() == b.reading() || format!("{:?}", a.reading()) == format!("{:?}", b.reading()))
}

/// It keeps to the contract of [`Body`] while it is moved, stopped and told nonsense, and two of a make feel the same.
pub fn it_keeps_the_contract<B: Body>(make: &dyn Fn() -> B) {
    assert_eq!(check(make), Vec::<String>::new());
}

/// The tests of the laws for one body: `body_laws!(name, || body)`.
#[macro_export]
macro_rules! body_laws {
    ($name:ident, $make:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "what makes it may need nothing")]
            use super::*;
            $crate::laws!(body, $make; it_keeps_the_contract);
        }
    };
}
