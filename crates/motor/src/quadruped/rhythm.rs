//! The rhythm generator: four half-centres and the interneurons between them, 28 units and 82 synapses.
//!
//! Source: arXiv 2410.07174, whose hand-set weights these are; V0D, V0V and V3 are the commissural neurons of the spinal
//! cord, which hold legs apart (V0) or together (V3). Every synapse takes one step.

use neuraxis_neural::{CircuitSpec, HalfCentreSpec, Sign, UnitSpec};

/// The legs in the order of all lists: front left, front right, hind left, hind right. The other side is `leg ^ 1`, the other
/// girdle `leg ^ 2`, the diagonal one `leg ^ 3`.
pub const LEGS: [&str; 4] = ["FL", "FR", "HL", "HR"];

/// Where the flexors' slow variables begin: apart from each other, or all legs would do the same.
pub const START: [f64; 4] = [0.599_499_12, 0.814_010_165, 0.899_814_583, 0.685_303_538];

/// Settling time of the leaky units, s.
const SETTLING: f64 = 0.03;

/// What comes into the generator from above and, a leg, from its senses.
pub const COMMANDS: [&str; 4] = ["freq_L", "sync_L", "freq_R", "sync_R"];

/// The generator alone, stepped every `step` s: inputs are [`COMMANDS`], then for each leg what its senses bring to its
/// flexor and to its extensor; outputs are flexor and extensor of each leg, 0 to 1.
#[must_use]
pub fn wiring(step: f64, start: [f64; 4]) -> CircuitSpec {
    let mut wiring = CircuitSpec::new("rhythm", step);
    for command in COMMANDS {
        wiring.input(command, [0.0, 1.0]);
    }
    for leg in LEGS {
        wiring.input(format!("aff_flx_{leg}"), [-100.0, 100.0]);
        wiring.input(format!("aff_ext_{leg}"), [-100.0, 100.0]);
    }
    wire(&mut wiring, start);
    for leg in LEGS {
        for unit in ["flx", "ext"] {
            let name = format!("{unit}_{leg}");
            wiring.output(&name, &[(&name, 1.0)]);
        }
    }
    wiring
}

/// Adds the generator to `wiring`, which must have the sources of [`COMMANDS`] and `aff_flx_`, `aff_ext_` of each leg.
pub(super) fn wire(wiring: &mut CircuitSpec, start: [f64; 4]) {
    let delay = wiring.step;
    let join = |wiring: &mut CircuitSpec, from: String, to: &str, weight: f64| {
        wiring.synapse(from, to, weight, Sign::of(weight)).delay = delay;
    };
    let leaky = |wiring: &mut CircuitSpec, name: &str, bias: f64| {
        wiring.units.push(UnitSpec::leaky(name, bias, SETTLING));
    };
    for (i, leg) in LEGS.iter().enumerate() {
        let (across, along, diagonal) = (LEGS[i ^ 1], LEGS[i ^ 2], LEGS[i ^ 3]);
        let side = leg.chars().last().unwrap_or('L');
        let is_front = i < 2;

        let flexor = format!("flx_{leg}");
        wiring.units.push(UnitSpec::HalfCentre {
            name: flexor.clone(),
            bias: 0.1.into(),
            burst: HalfCentreSpec::default(),
            start: Some(start[i]),
        });
        join(wiring, format!("ext_{leg}"), &flexor, -0.1);
        join(wiring, format!("cross_v0d_{across}"), &flexor, -1.5);
        join(wiring, format!("cross_v3f_{across}"), &flexor, 0.3);
        join(wiring, format!("ext_{along}"), &flexor, 0.1);
        if is_front {
            join(wiring, format!("diaga_v3a_{diagonal}"), &flexor, 0.2);
        } else {
            join(wiring, format!("flx_{along}"), &flexor, -0.1);
            join(wiring, format!("diagd_v0d_{diagonal}"), &flexor, -0.8);
            join(wiring, format!("diagd_v0v_{diagonal}"), &flexor, 0.2);
        }
        join(wiring, format!("aff_flx_{leg}"), &flexor, 1.0);
        join(wiring, format!("freq_{side}"), &flexor, 1.0);

        let extensor = format!("ext_{leg}");
        leaky(wiring, &extensor, 0.8);
        join(wiring, flexor.clone(), &extensor, -1.0);
        join(wiring, format!("cross_v3e_{across}"), &extensor, 0.05);
        join(wiring, format!("aff_ext_{leg}"), &extensor, 1.0);

        let v0d = format!("cross_v0d_{leg}");
        leaky(wiring, &v0d, -0.1);
        join(wiring, flexor.clone(), &v0d, 1.0);
        join(wiring, format!("sync_{side}"), &v0d, -0.8);
        let v3f = format!("cross_v3f_{leg}");
        leaky(wiring, &v3f, -0.4);
        join(wiring, flexor.clone(), &v3f, 1.0);
        join(wiring, format!("freq_{side}"), &v3f, 1.0);
        let v3e = format!("cross_v3e_{leg}");
        leaky(wiring, &v3e, 0.0);
        join(wiring, extensor, &v3e, 1.0);

        if is_front {
            let v0d = format!("diagd_v0d_{leg}");
            leaky(wiring, &v0d, -0.1);
            join(wiring, flexor.clone(), &v0d, 1.0);
            join(wiring, format!("diagd_in2_{leg}"), &v0d, -0.2);
            join(wiring, format!("sync_{side}"), &v0d, -0.5);
            let v0v = format!("diagd_v0v_{leg}");
            leaky(wiring, &v0v, -0.1);
            join(wiring, flexor, &v0v, 1.0);
            join(wiring, format!("sync_{side}"), &v0v, -0.5);
            let in2 = format!("diagd_in2_{leg}");
            leaky(wiring, &in2, -0.1);
            join(wiring, v3f, &in2, 1.0);
            join(wiring, format!("diaga_v3a_{diagonal}"), &in2, 0.8);
        } else {
            let v3a = format!("diaga_v3a_{leg}");
            leaky(wiring, &v3a, -0.4);
            join(wiring, flexor, &v3a, 1.0);
            join(wiring, format!("freq_{side}"), &v3a, 0.8);
        }
    }
}
