//! What every part of a brain can be asked, whatever it does: to be regulated, to learn, to be saved and loaded, to say why, to be
//! trained.

use crate::archive::Saved;
use crate::running_stats::RunningStats;
use crate::{Archive, ArchiveError, Belief, Command, Drive, Modulation, Needs, Origin, Percepts, Reasons};

/// A part of a brain: an estimator, a navigator, a motor circuit, a homeostat, a reflex, a model of the body.
///
/// What it does is told by a trait of its own, of which this one is the supertrait. The safety supervisor is no part: nothing
/// that regulates or teaches parts can reach it.
pub trait Part: Saved + Send + Sync {
    /// Its kind, as in `planar_estimator`: lower case, the same in every build.
    fn name(&self) -> &'static str;

    /// Turns it up or down for the coming tick. It does not allocate.
    fn regulate(&mut self, _by: &Modulation) {}

    /// Shows it what came of the last tick, once a tick from the second on. It does not allocate.
    fn learn(&mut self, _from: &Outcome<'_>) {}

    /// Adds all that it remembers to an archive, under its name. Between two ticks, not in one.
    fn save(&self, to: &mut Archive, origin: Origin) {
        to.put(self.name(), origin, self);
    }

    /// Remembers what an archive holds under its name, in the place of all that it remembered: from then on it does to the bit
    /// what the one did that was saved.
    ///
    /// # Errors
    /// If the archive holds nothing of a part of this name, this `origin` and these fields; then nothing is changed.
    fn load(&mut self, from: &Archive, origin: Origin) -> Result<(), ArchiveError> {
        from.get(self.name(), origin, self)
    }

    /// Writes down why it did what it did in the last tick, and leaves what others wrote. It does not allocate.
    fn explain(&self, _to: &mut Reasons) {}

    /// What a trainer may change of it, if anything.
    fn trainable(&self) -> Option<&dyn Trainable> {
        None
    }

    /// The same, to be changed.
    fn trainable_mut(&mut self) -> Option<&mut dyn Trainable> {
        None
    }
}

/// What came of the last tick, for the parts to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Time since that tick, s.
    pub dt: f64,
    /// What the motor circuit was asked for then.
    pub drive: Drive,
    /// The command that went out then, as the safety supervisor left it.
    pub command: &'a Command,
    /// What is sensed now.
    pub percepts: &'a Percepts,
    /// What is believed now.
    pub belief: &'a Belief,
    /// How well the needs are met now.
    pub needs: &'a Needs,
    /// How they tune the parts now; its plasticity is a factor on every learning rate.
    pub modulation: &'a Modulation,
}

/// What a trainer may change of a part, between ticks.
pub trait Trainable: Part {
    /// What can be trained, in the order of [`Trainable::parameter_names`].
    fn parameters(&self) -> &[f64];

    /// The names of the parameters; empty if they have none.
    fn parameter_names(&self) -> &[String] {
        &[]
    }

    /// Sets all parameters.
    ///
    /// # Errors
    /// If there are not as many, or one may not have that value; then nothing is changed.
    fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError>;

    /// The nearest parameters that all signs allow, in place; those of the part are untouched.
    fn project(&self, _values: &mut [f64]) {}

    /// By what it normalises what it sees, if it does; from then on it gathers what it saw before that.
    ///
    /// # Errors
    /// If there are not as many numbers as it sees, or one is not finite; then nothing is changed.
    fn set_normalisation(&mut self, _by: &RunningStats) -> Result<(), ParameterError> {
        Ok(())
    }

    /// By what it normalises what it sees; none if it never does.
    fn normalisation(&self) -> Option<&RunningStats> {
        None
    }

    /// What it saw since the last reset, before it was normalised; none if it gathers nothing.
    fn gathered(&self) -> Option<&RunningStats> {
        None
    }
}

/// Why parameters cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Too many or too few.
    #[error("the circuit has {expected} parameters, not {found}")]
    Count {
        /// As many as it has.
        expected: usize,
        /// As many as were given.
        found: usize,
    },
    /// One is not a number.
    #[error("the parameter `{name}` would be {value}, which is not a number")]
    NotANumber {
        /// The first such.
        name: String,
        /// What it would be.
        value: String,
    },
    /// A weight that must not be negative.
    #[error("the weight `{name}` is {value}, but it must be at least 0")]
    Negative {
        /// The first such.
        name: String,
        /// What it would be.
        value: String,
    },
    /// A normalisation of something else.
    #[error("`normalisation` has {found} numbers, and the circuit sees {expected} on this body")]
    Normalisation {
        /// As many as the part sees.
        expected: usize,
        /// As many as were given.
        found: usize,
    },
}
