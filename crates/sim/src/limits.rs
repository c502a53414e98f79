//! Ends of joints that give way, by the constraint model of `MuJoCo`.
//!
//! After the chapter "Computation" of `MuJoCo`'s documentation ("Constraint model", "Solver parameters"). Beyond the end of
//! its range by `r` > 0 and moving on outwards at `v`, a joint should accelerate back by
//! `a_ref = b v + k d(r) r`, with `b = 2 / (d_max τ)` and `k = 1 / (d_max τ ζ)²`; the impedance `d(r)` rises along a
//! sigmoid. The force `f ≥ 0` that does it is that of a constraint with the regularisation
//! `R = (1 − d) / d · A`, where `A` is the joint's inverse inertia with the model as drawn: `R f = a_ref − a`, with `a`
//! the acceleration that comes out.
//!
//! Read the other way round, `f = a_ref / R − a / R` is a torque that is known beforehand, and an inertia `1 / R` more on the
//! joint. So the engine's own solution for all coordinates at once is the solution of the constraint: the torque goes in as a
//! pair, the inertia as armature.
//!
//! Departures: whether `f` is above 0 is told by the acceleration of the step before, because that of this one is
//! not known yet; what the engine does implicitly within a step (Coriolis forces, armature) it does here too.

use neuraxis_core::math;
use neuraxis_core::soft_limit::SoftLimit;

/// The least and the greatest impedance, as in `MuJoCo`.
const IMPEDANCE: [f64; 2] = [1e-4, 0.9999];

/// A joint's range with ends that give way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SoftRange {
    /// rad or m.
    range: [f64; 2],
    /// `b`, 1/s.
    damping: f64,
    /// `k`, 1/s².
    stiffness: f64,
    solimp: [f64; 5],
    /// `A`, 1/(kg·m²) or 1/kg.
    inverse_inertia: f64,
}

/// What an end does to its joint in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Give {
    /// N·m or N.
    pub(crate) effort: f64,
    /// kg·m² or kg.
    pub(crate) inertia: f64,
}

impl SoftRange {
    /// The `range` (rad or m) of a joint with this inverse inertia (1/(kg·m²) or 1/kg); as in `MuJoCo`, the time
    /// constant is at least two steps of `timestep` (s).
    pub(crate) fn new(limit: &SoftLimit, range: [f64; 2], inverse_inertia: f64, timestep: f64) -> Self {
        let [time, ratio] = limit.solref;
        let time = time.max(2.0 * timestep);
        let most = limit.solimp[1].clamp(IMPEDANCE[0], IMPEDANCE[1]);
        Self {
            range,
            damping: 2.0 / (most * time),
            stiffness: 1.0 / (most * most * time * time * ratio * ratio),
            solimp: limit.solimp,
            inverse_inertia,
        }
    }

    /// The share of the way back that is enforced at `depth` (rad or m) beyond the end.
    fn impedance(&self, depth: f64) -> f64 {
        let [first, last, width, middle, power] = self.solimp;
        let x = (depth / width).min(1.0);
        let y = if x <= 0.0 {
            0.0
        } else if x >= 1.0 {
            1.0
        } else if x <= middle {
            middle * math::pow(x / middle, power)
        } else {
            1.0 - (1.0 - middle) * math::pow((1.0 - x) / (1.0 - middle), power)
        };
        (first + y * (last - first)).clamp(IMPEDANCE[0], IMPEDANCE[1])
    }

    /// What the end does to a joint with this position, velocity and acceleration of the step before; `None` within the
    /// range and where the joint comes back by itself faster than the end would bring it.
    pub(crate) fn give(&self, position: f64, velocity: f64, acceleration: f64) -> Option<Give> {
        let [low, high] = self.range;
        // The side on which it is beyond: +1 if the way back is that of growing positions.
        let (depth, back) = if position < low { (low - position, 1.0) } else { (position - high, -1.0) };
        if depth <= 0.0 {
            return None;
        }
        let d = self.impedance(depth);
        let wanted = self.stiffness * d * depth - self.damping * velocity * back;
        if wanted <= acceleration * back {
            return None;
        }
        let inertia = d / ((1.0 - d) * self.inverse_inertia);
        Some(Give { effort: back * wanted * inertia, inertia })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swimmer() -> SoftRange {
        let limit = SoftLimit { joints: None, solref: [0.05, 1.0], solimp: [0.0, 0.8, 0.1, 0.5, 2.0] };
        SoftRange::new(&limit, [-1.0, 1.0], 2.0, 0.002)
    }

    #[test]
    fn the_impedance_is_a_sigmoid() {
        let range = swimmer();
        for (depth, wanted) in [(0.0, 1e-4), (0.05, 0.4), (0.025, 0.1), (0.075, 0.7), (0.1, 0.8), (3.0, 0.8)]
        {
            let d = range.impedance(depth);
            assert!((d - wanted).abs() < 1e-12, "{d} at {depth}");
        }
    }

    /// The closed form for one joint alone: `f = (a_ref − a_0) / (A + R)`.
    #[test]
    fn torque_and_inertia_together_are_the_constraint() {
        let range = swimmer();
        let (inverse, free) = (2.0, 30.0);
        for (depth, velocity) in [(0.02, 0.3), (0.05, 0.0), (0.2, -0.1)] {
            let d = range.impedance(depth);
            let back = range.stiffness * d * depth + range.damping * velocity;
            let force = (back + free) / (inverse + (1.0 - d) / d * inverse);
            let wanted = free - inverse * force;
            for side in [1.0, -1.0] {
                let give = range.give(side * (1.0 + depth), side * velocity, side * free).expect("beyond");
                let torque = side * free / inverse + give.effort;
                let found = torque / (1.0 / inverse + give.inertia);
                assert!((found - side * wanted).abs() < 1e-9, "{found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn an_end_does_not_hold_what_comes_back_and_nothing_within() {
        let range = swimmer();
        assert_eq!(range.give(0.99, 5.0, 100.0), None);
        assert_eq!(range.give(1.05, -20.0, -10.0), None, "it comes back fast");
        assert!(range.give(1.05, 0.0, 0.0).is_some());
    }
}
