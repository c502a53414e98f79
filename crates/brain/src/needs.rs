//! How well the body's needs are met, and the plain baseline of what to make of that: nothing.
//!
//! Energy is the battery's charge; certainty falls to one half where the position's standard
//! deviation reaches 0.25 m; integrity falls while something is touched. The modulation stays nominal: it
//! is the control that a homeostatic rule has to beat.

use neuraxis_core::percepts::{Battery, Contact};
use neuraxis_core::{Belief, Modulation, Needs, Part, Percepts, saved};

/// Feels how well the needs of the body are met, and tunes the parts of the brain by that, once a tick.
pub trait Homeostat: Part {
    /// How the parts are to be tuned in this tick; it does not allocate, block or panic.
    fn feel(&mut self, percepts: &Percepts, belief: &Belief) -> Modulation;

    /// How well the needs are met, as it felt last.
    fn needs(&self) -> &Needs;
}

/// The baseline: it measures the needs and changes nothing.
#[derive(Clone, Debug, Default)]
pub struct NominalHomeostat {
    needs: Needs,
}

impl Part for NominalHomeostat {
    fn name(&self) -> &'static str {
        "nominal_homeostat"
    }
}

impl Homeostat for NominalHomeostat {
    fn feel(&mut self, percepts: &Percepts, belief: &Belief) -> Modulation {
        self.needs = measure(percepts, belief);
        nominal()
    }

    fn needs(&self) -> &Needs {
        &self.needs
    }
}

/// Standard deviation of the position at which certainty is one half, m.
const HALF_CERTAIN: f64 = 0.25;

/// The needs as the percepts and the belief tell them.
#[must_use]
pub fn measure(percepts: &Percepts, belief: &Belief) -> Needs {
    let mut needs = Needs::default();
    for slot in percepts.slots() {
        if let Some(battery) = slot.get::<Battery>() {
            needs.energy = battery.percentage.clamp(0.0, 1.0);
        }
        if slot.get::<Contact>().is_some_and(|contact| contact.touching) {
            needs.integrity = 0.0;
        }
    }
    let doubt = belief.position_std() / HALF_CERTAIN;
    needs.certainty = 1.0 / (1.0 + doubt * doubt);
    needs
}

/// The modulation of a brain without homeostasis.
#[must_use]
pub fn nominal() -> Modulation {
    Modulation::default()
}

saved!(NominalHomeostat { needs });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::{Pose2, Reading, Slot, Stamp};

    #[test]
    fn needs_follow_their_senses() {
        let mut percepts = Percepts::new(vec![
            Slot::new("battery", Reading::Battery(Battery::default())),
            Slot::new("bumper", Reading::Contact(Contact::default())),
        ]);
        let mut belief = Belief::at(Pose2::default(), Vec::new());
        assert_eq!(measure(&percepts, &belief), Needs::default(), "what was never felt is not missed");
        percepts.slots_mut()[0]
            .put(Stamp(1), |r| *r = Reading::Battery(Battery { percentage: 0.3, ..Battery::default() }));
        percepts.slots_mut()[1]
            .put(Stamp(1), |r| *r = Reading::Contact(Contact { touching: true, force: 3.0, bearing: 0.0 }));
        belief.covariance[(0, 0)] = HALF_CERTAIN * HALF_CERTAIN;
        let needs = measure(&percepts, &belief);
        assert_eq!((needs.energy, needs.integrity), (0.3, 0.0));
        assert!((needs.certainty - 0.5).abs() < 1e-12);
    }
}
