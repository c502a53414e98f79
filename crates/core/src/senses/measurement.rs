//! What all readings have in common, and the one walk over their named numbers from which it follows.

use std::fmt::Debug;

use super::FaultKind;
use super::{Beams, Reading, Sensor, SensorSpec};
use crate::random::Stream;
use crate::random::happens;

/// Largest magnitude of a number in a reading, in the SI unit of its quantity (m, m/s, m/s², rad, rad/s, N, N·m): farther than the
/// moon, faster than light, and more than a wheel turns in three years at 10 rad/s. What is larger is finite, and no measurement: its
/// square or its cube would leave the range of the numbers that an estimator calculates with.
pub const LARGEST: f64 = 1e9;

/// Whether a sense may report `value`: it is finite, and no larger than [`LARGEST`] either way.
#[must_use]
pub fn is_possible(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Looks at the numbers of a reading, one by one or list by list, each with its name.
pub trait Fields<'a> {
    /// A number that has to be possible ([`is_possible`]), or the reading is not valid.
    fn number(&mut self, name: &'static str, value: f64);

    /// A number that may be anything.
    fn unchecked(&mut self, name: &'static str, value: f64) {
        self.number(name, value);
    }

    /// Numbers of one kind, one a joint; each has to be possible.
    fn numbers(&mut self, name: &'static str, values: &[f64]) {
        for value in values {
            self.number(name, *value);
        }
    }

    /// A truth, 0 or 1.
    fn flag(&mut self, name: &'static str, value: bool) {
        self.number(name, f64::from(u8::from(value)));
    }

    /// The long list; a reading has at most one.
    fn list(&mut self, name: &'static str, values: &'a [f32]);
}

/// The same, to change them.
pub trait FieldsMut {
    /// A number.
    fn number(&mut self, name: &'static str, value: &mut f64);

    /// Numbers of one kind, one a joint.
    fn numbers(&mut self, name: &'static str, values: &mut [f64]) {
        for value in values {
            self.number(name, value);
        }
    }

    /// A truth, 0 or 1.
    fn flag(&mut self, name: &'static str, value: &mut bool) {
        let mut number = f64::from(u8::from(*value));
        self.number(name, &mut number);
        *value = number != 0.0;
    }

    /// The long list.
    fn list(&mut self, name: &'static str, values: &mut [f32]);
}

/// What a [`Reading`] can be looked at as.
pub trait Readable: Sized {
    /// The reading, if it is of this kind.
    fn of(reading: &Reading) -> Option<&Self>;

    /// The reading, if it is of this kind.
    fn of_mut(reading: &mut Reading) -> Option<&mut Self>;

    /// Whether `sensor` reads the like.
    fn is_read_by(sensor: &Sensor) -> bool;

    /// Whether every number is one that the sense may report.
    fn is_valid(&self) -> bool;
}

/// Where a kind of reading stands among all kinds; made by the list of the senses.
pub trait Variant: Readable {
    /// The entry of such a sense in a robot file.
    type Spec: SensorSpec;

    /// The entry, if it is of this kind.
    fn spec(sensor: &Sensor) -> Option<&Self::Spec>;
}

/// The reading of a kind of sense.
pub trait Measurement: Variant + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Names of the numbers that become NaN (or, in a list that may say NaN, another number that cannot be) when the sense reports
    /// nonsense: those that begin so.
    const POISONED: &'static str;

    /// An empty reading with buffers of the right size, for a sense that reads so many joints.
    fn blank(spec: &Self::Spec, joints: usize) -> Self;

    /// Shows `fields` the numbers in the order in which they are recorded. What the robot file says already (angles of beams, greatest
    /// range) is none of them.
    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>);

    /// The same, to change them.
    fn walk_mut(&mut self, fields: &mut impl FieldsMut);

    /// Overwrites this reading with `source`; one with lists does so in the buffers that it has.
    fn copy_from(&mut self, source: &Self) {
        self.clone_from(source);
    }

    /// Whether every number is one that the sense may report: by default, all that have to be possible are.
    fn all_valid(&self) -> bool {
        let mut possible = Possible(true);
        self.walk(&mut possible);
        possible.0
    }

    /// The distances that it tells, if it tells such: what those go by who keep clear of things.
    fn beams(&self) -> Option<Beams<'_>> {
        None
    }

    /// Overwrites the reading with recorded numbers; `false`, and nothing changes, if they do not fit.
    fn restore(&mut self, numbers: &[f64], list: &[f32]) -> bool {
        let mut size = Size::default();
        self.walk(&mut size);
        if (size.numbers, size.list) != (numbers.len(), list.len()) {
            return false;
        }
        self.take(numbers, list);
        true
    }

    /// Overwrites the numbers with those of two lists that are as long as the walk.
    fn take(&mut self, numbers: &[f64], list: &[f32]) {
        self.walk_mut(&mut Restore { numbers, list });
    }

    /// The faults that befall such a sense besides those that befall all: `silent`, `frozen`, `not_a_number`, `dropout`.
    const FAULTS: &'static [FaultKind] = &[];

    /// Loses a `fraction` of it: by default the whole reading, so often; whether it is lost.
    fn drop_out(&mut self, fraction: f64, stream: &mut Stream) -> bool {
        happens(fraction, stream)
    }

    /// Makes a `fraction` of it anything at all.
    fn outlie(&mut self, _fraction: f64, _stream: &mut Stream) {}

    /// Adds `offset`, as the fault `bias` has it.
    fn bias(&mut self, _offset: [f64; 3]) {}

    /// What `noise` and `slip` do to a reading that was measured already. Noise is added until there is `noise` times as much of it
    /// (it cannot be taken away: a factor below 1 does nothing), by what `spec` says of the sense when it is well; wheels are said
    /// to turn `slip` times as far. `before` is the reading before this one, as it was measured and as it was told.
    fn remeasure(&mut self, _spec: &Self::Spec, _by: &Change<'_, Self>, _stream: &mut Stream) {}

    /// Puts numbers into the reading that its sense may never report.
    fn make_not_finite(&mut self) {
        self.walk_mut(&mut Poison(Self::POISONED));
    }
}

/// By what a reading is measured anew.
#[derive(Debug)]
pub struct Change<'a, T> {
    /// There is so many times the noise.
    pub noise: f64,
    /// Wheels turn so many times as far as they roll.
    pub slip: f64,
    /// The reading before, as it was measured and as it was told.
    pub before: Option<(&'a T, &'a T)>,
}

impl<T> Change<'_, T> {
    /// Noise of a standard deviation of 1 becomes `noise` times as much if so much is added.
    #[must_use]
    pub fn added(&self) -> f64 {
        (self.noise * self.noise - 1.0).max(0.0).sqrt()
    }
}

/// Calls a function with every single number.
pub(super) struct Numbers<F>(pub(super) F);

impl<F: FnMut(f64)> Fields<'_> for Numbers<F> {
    fn number(&mut self, _: &'static str, value: f64) {
        (self.0)(value);
    }
    fn list(&mut self, _: &'static str, _: &[f32]) {}
}

/// Finds the list.
pub(super) struct List<'a>(pub(super) &'a [f32]);

impl<'a> Fields<'a> for List<'a> {
    fn number(&mut self, _: &'static str, _: f64) {}
    fn list(&mut self, _: &'static str, values: &'a [f32]) {
        self.0 = values;
    }
}

/// Finds the name of the list.
pub(super) struct ListName(pub(super) &'static str);

impl Fields<'_> for ListName {
    fn number(&mut self, _: &'static str, _: f64) {}
    fn list(&mut self, name: &'static str, _: &[f32]) {
        self.0 = name;
    }
}

/// Finds the name of the single number at a place.
pub(super) struct NumberName {
    left: Option<usize>,
    pub(super) found: Option<String>,
}

impl NumberName {
    pub(super) fn new(index: usize) -> Self {
        Self { left: Some(index), found: None }
    }
}

impl Fields<'_> for NumberName {
    fn number(&mut self, name: &'static str, _: f64) {
        if self.left == Some(0) {
            self.found = Some(name.to_owned());
        }
        self.left = self.left.and_then(|left| left.checked_sub(1));
    }
    fn numbers(&mut self, name: &'static str, values: &[f64]) {
        if let Some(at) = self.left.filter(|left| *left < values.len()) {
            self.found = Some(format!("{name}[{at}]"));
        }
        self.left = self.left.and_then(|left| left.checked_sub(values.len()));
    }
    fn list(&mut self, _: &'static str, _: &[f32]) {}
}

/// Whether all numbers that have to be possible are.
struct Possible(bool);

impl Fields<'_> for Possible {
    fn number(&mut self, _: &'static str, value: f64) {
        self.0 &= is_possible(value);
    }
    fn unchecked(&mut self, _: &'static str, _: f64) {}
    fn list(&mut self, _: &'static str, values: &[f32]) {
        self.0 &= values.iter().all(|value| is_possible(f64::from(*value)));
    }
}

/// How many numbers there are.
#[derive(Default)]
struct Size {
    numbers: usize,
    list: usize,
}

impl Fields<'_> for Size {
    fn number(&mut self, _: &'static str, _: f64) {
        self.numbers += 1;
    }
    fn list(&mut self, _: &'static str, values: &[f32]) {
        self.list += values.len();
    }
}

/// Takes the numbers from a recording; there are as many as the walk asks for.
struct Restore<'a> {
    numbers: &'a [f64],
    list: &'a [f32],
}

impl FieldsMut for Restore<'_> {
    fn number(&mut self, _: &'static str, value: &mut f64) {
        if let Some((first, rest)) = self.numbers.split_first() {
            *value = *first;
            self.numbers = rest;
        }
    }
    fn list(&mut self, _: &'static str, values: &mut [f32]) {
        values.iter_mut().zip(self.list).for_each(|(value, recorded)| *value = *recorded);
    }
}

/// Makes the numbers whose name begins so NaN.
struct Poison(&'static str);

impl FieldsMut for Poison {
    fn number(&mut self, name: &'static str, value: &mut f64) {
        if name.starts_with(self.0) {
            *value = f64::NAN;
        }
    }
    fn list(&mut self, name: &'static str, values: &mut [f32]) {
        if name.starts_with(self.0) {
            values.fill(f32::NAN);
        }
    }
}
