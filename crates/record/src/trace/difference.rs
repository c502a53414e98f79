//! Where two ticks differ, to the bit, in words for a person.

use neuraxis_core::Reading;

use super::TickRecord;

/// Where two ticks differ: the topic, the field, and what each has there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Number of the tick, from 0.
    pub tick: u64,
    /// Its stamp, ns.
    pub stamp: u64,
    /// The name of a sense, `command`, or `tick`.
    pub topic: String,
    /// The field in it.
    pub field: String,
    /// What the first has.
    pub left: String,
    /// What the second has.
    pub right: String,
}

/// The first place in which two ticks differ, as topic, field and both values; NaN equals itself, 0 is not -0.
/// `blanks` are empty readings of the slots, with their names.
pub(crate) fn difference(a: &TickRecord, b: &TickRecord, blanks: &[(&str, Reading)]) -> Option<[String; 4]> {
    let found =
        |topic: &str, field: &str, a: String, b: String| Some([topic.to_owned(), field.to_owned(), a, b]);
    if a.stamp != b.stamp {
        return found("tick", "stamp", a.stamp.to_string(), b.stamp.to_string());
    }
    let name = |slot: u16| blanks.get(usize::from(slot)).map_or("?", |(name, _)| *name);
    for i in 0..a.senses.len().max(b.senses.len()) {
        let (x, y) = match (a.senses.get(i), b.senses.get(i)) {
            (Some(x), Some(y)) => (x, y),
            (Some(x), None) => return found(name(x.slot), "presence", "a reading".into(), "none".into()),
            (_, y) => {
                let slot = y.map_or(0, |y| y.slot);
                return found(name(slot), "presence", "none".into(), "a reading".into());
            }
        };
        if x.slot != y.slot {
            return found(name(x.slot.min(y.slot)), "presence", name(x.slot).into(), name(y.slot).into());
        }
        let topic = name(x.slot);
        if x.stamp != y.stamp {
            return found(topic, "stamp", x.stamp.to_string(), y.stamp.to_string());
        }
        if x.sequence != y.sequence {
            return found(topic, "sequence", x.sequence.to_string(), y.sequence.to_string());
        }
        if let Some(at) = first_difference(&x.values, &y.values, f64::to_bits) {
            let field = blanks.get(usize::from(x.slot)).map_or(String::new(), |(_, r)| r.number_name(at));
            return found(topic, &field, text(x.values.get(at)), text(y.values.get(at)));
        }
        if let Some(at) = first_difference(&x.ranges, &y.ranges, |v| u64::from(v.to_bits())) {
            let list = blanks.get(usize::from(x.slot)).map_or("list", |(_, r)| r.list_name());
            let field = format!("{list}[{at}]");
            return found(topic, &field, text(x.ranges.get(at)), text(y.ranges.get(at)));
        }
    }
    command_difference(a, b)
}

/// The same of the commands alone.
#[must_use]
pub fn command_difference(a: &TickRecord, b: &TickRecord) -> Option<[String; 4]> {
    let found = |field: String, a: String, b: String| Some(["command".to_owned(), field, a, b]);
    if (a.stop, a.stop_slot) != (b.stop, b.stop_slot) {
        return found(
            "stop".into(),
            format!("{}/{}", a.stop, a.stop_slot),
            format!("{}/{}", b.stop, b.stop_slot),
        );
    }
    let at = first_difference(&a.command, &b.command, f64::to_bits)?;
    found(format!("values[{at}]"), text(a.command.get(at)), text(b.command.get(at)))
}

/// The first index at which two lists differ by their bits, or where the shorter one ends.
fn first_difference<T: Copy>(a: &[T], b: &[T], bits: impl Fn(T) -> u64) -> Option<usize> {
    let differs = a.iter().zip(b).position(|(x, y)| bits(*x) != bits(*y));
    differs.or((a.len() != b.len()).then(|| a.len().min(b.len())))
}

fn text<T: std::fmt::Debug>(value: Option<&T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |v| format!("{v:?}"))
}
