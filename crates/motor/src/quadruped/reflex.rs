//! Reflexes of a leg in the air: one that stumbles lifts its foot, one that is loaded late puts it down.
//!
//! Source: the stumbling corrective reaction of cats (a touch early in the swing bends the leg further) and the
//! loading response (load on the extensors ends the swing). Both are reduced here to the time of a touch within the swing.

use neuraxis_core::value;
use neuraxis_neural::{CircuitSpec, Sign};

use super::rhythm::LEGS;

/// What a stumbling leg adds to its thigh, its calf (-1: all the way bent) and its flexor.
const STUMBLE: [f64; 3] = [-0.3, -0.8, 0.5];
/// What a loaded leg adds to its flexor and its extensor.
const LOAD: [f64; 2] = [-1.0, 0.5];

/// What a reflex is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Touch {
    /// Nothing, or a touch that a standing leg expects.
    #[default]
    None,
    /// A touch early in the swing.
    Stumble,
    /// A touch later in the swing.
    Load,
}

/// The reflexes of one leg.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reflex {
    /// Steps since the swing began.
    swing: u32,
    /// Steps for which a stumble still bends the leg.
    lift: u32,
}

/// When reflexes take a touch for what, in steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timing {
    pub(super) stumbling: bool,
    pub(super) loading: bool,
    /// A foot that has just been lifted still touches: not a stumble.
    pub(super) lift_off: u32,
    /// A touch up to here is a stumble.
    pub(super) early: u32,
    /// For how long a stumbling leg is bent further.
    pub(super) hold: u32,
}

impl Reflex {
    /// What the foot feels, given the flexor's activity; and whether a reflex began.
    pub(super) fn feel(&mut self, flexor: f64, is_touching: bool, timing: &Timing) -> (Touch, bool) {
        if flexor <= 0.0 {
            *self = Self::default();
            return (Touch::None, false);
        }
        self.swing += 1;
        if self.lift > 0 {
            self.lift -= 1;
            return (Touch::Stumble, false);
        }
        if !is_touching || self.swing <= timing.lift_off {
            return (Touch::None, false);
        }
        if timing.stumbling && self.swing <= timing.early {
            self.lift = timing.hold.saturating_sub(1);
            return (Touch::Stumble, true);
        }
        if timing.loading && self.swing > timing.early {
            return (Touch::Load, self.swing == timing.early + 1);
        }
        (Touch::None, false)
    }
}

/// Adds the reflexes' inputs and synapses to `wiring`, behind pattern formation and afferents.
pub(super) fn wire(wiring: &mut CircuitSpec, stumbling: bool, loading: bool) {
    for leg in LEGS {
        let mut join = |from: &str, to: &str, weight: f64| {
            wiring.synapse(format!("{from}_{leg}"), format!("{to}_{leg}"), weight, Sign::of(weight));
        };
        if stumbling {
            join("stumble", "thigh", STUMBLE[0]);
            join("stumble", "calf", STUMBLE[1]);
            join("stumble", "aff_flx", STUMBLE[2]);
        }
        if loading {
            join("load", "aff_flx", LOAD[0]);
            join("load", "aff_ext", LOAD[1]);
        }
    }
}

value!(struct Reflex { swing, lift });
