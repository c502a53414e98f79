//! What lies between the rhythm and the legs: pattern formation on the way out, afferents on the way in.
//!
//! Source: arXiv 2410.07174, one linear map a girdle for each, shared by left and right. Each joint's target is
//! `tanh(W_flx·flx + W_ext·ext + b)`; what the legs feel (each joint's position, torque and velocity, and the foot's load, each
//! split into its negative and its positive part) goes to flexor and extensor. Weights that begin with a sign
//! keep it; those that begin with 0 are free: 12 + 80 parameters. The source has each weight eight times over, which helps
//! its trainer; here it stands once.

use neuraxis_neural::{CircuitSpec, Part, Sign, UnitSpec};

use super::rhythm::LEGS;

/// The joints of a leg that are felt.
pub(super) const JOINTS: [&str; 3] = ["hip", "thigh", "calf"];
/// What is felt of each.
pub(super) const FEELINGS: [&str; 3] = ["position", "effort", "velocity"];
/// Inputs a leg: three of each joint, and the foot.
pub(super) const INPUTS: usize = 10;

/// Innate weights of pattern formation: joint, from the flexor, from the extensor.
const PATTERN: [(&str, f64, f64); 2] = [("thigh", -0.5, 0.3), ("calf", -0.2, 0.8)];

/// Innate weights of the afferents that are not 0: to the flexor, or to the extensor, from this part of this feeling.
const AFFERENTS: [(&str, &str, Part, f64); 10] = [
    ("flx", "thigh_position", Part::Positive, 1.0),
    ("flx", "calf_effort", Part::Negative, -1.0),
    ("flx", "hip_effort", Part::Positive, -1.0),
    ("flx", "thigh_effort", Part::Positive, -1.0),
    ("flx", "foot", Part::Positive, -1.0),
    ("ext", "thigh_position", Part::Negative, 1.0),
    ("ext", "calf_effort", Part::Negative, 1.0),
    ("ext", "hip_effort", Part::Positive, 1.0),
    ("ext", "thigh_effort", Part::Positive, 1.0),
    ("ext", "foot", Part::Positive, 1.0),
];

fn girdle(leg: usize) -> &'static str {
    if leg < 2 { "front" } else { "hind" }
}

/// The names of what leg `leg` feels, in the order of the inputs.
pub(super) fn feelings(leg: &str) -> impl Iterator<Item = (String, String)> {
    let joints = JOINTS.iter().flat_map(|joint| FEELINGS.iter().map(move |f| format!("{joint}_{f}")));
    let leg = leg.to_owned();
    joints.chain(["foot".to_owned()]).map(move |feeling| (format!("{feeling}_{leg}"), feeling))
}

/// Adds the afferents of all legs to `wiring`, which must have the inputs of [`feelings`] if `is_felt`; without, they are silent.
pub(super) fn wire_afferents(wiring: &mut CircuitSpec, is_felt: bool) {
    for (i, leg) in LEGS.iter().enumerate() {
        for target in ["flx", "ext"] {
            let unit = format!("aff_{target}_{leg}");
            wiring.units.push(UnitSpec::Linear { name: unit.clone(), bias: 0.0.into() });
            if !is_felt {
                continue;
            }
            for (input, feeling) in feelings(leg) {
                for (part, word) in [(Part::Negative, "neg"), (Part::Positive, "pos")] {
                    let innate = AFFERENTS
                        .iter()
                        .find(|(t, f, p, _)| (*t, *f, *p) == (target, feeling.as_str(), part))
                        .map_or(0.0, |(.., weight)| *weight);
                    let parameter = format!("afferent_{}_{target}_{feeling}_{word}", girdle(i));
                    wiring.parameters.insert(parameter.clone(), innate);
                    wiring.synapse(input.as_str(), unit.as_str(), parameter, Sign::of(innate)).part = part;
                }
            }
        }
    }
}

/// Adds pattern formation to `wiring`, and its outputs: thigh and calf of each leg, -1 to 1.
pub(super) fn wire_pattern(wiring: &mut CircuitSpec) {
    for (i, leg) in LEGS.iter().enumerate() {
        for (joint, flexor, extensor) in PATTERN {
            let unit = format!("{joint}_{leg}");
            let name = |what: &str| format!("pattern_{}_{joint}_{what}", girdle(i));
            for (what, innate) in [("flx", flexor), ("ext", extensor), ("bias", 0.0)] {
                wiring.parameters.insert(name(what), innate);
            }
            wiring.units.push(UnitSpec::Tanh { name: unit.clone(), bias: name("bias").into() });
            wiring.synapse(format!("flx_{leg}"), unit.as_str(), name("flx"), Sign::of(flexor));
            wiring.synapse(format!("ext_{leg}"), unit.as_str(), name("ext"), Sign::of(extensor));
            wiring.output(&unit, &[(&unit, 1.0)]);
        }
    }
}
