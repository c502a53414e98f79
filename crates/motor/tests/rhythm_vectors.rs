//! The quadruped's rhythm generator against its reference: the wiring, synapse by synapse, and 200 steps at three commands.

use std::collections::BTreeMap;

use neuraxis_motor::quadruped::rhythm;
use neuraxis_motor::{Quadruped, QuadrupedSpec};
use neuraxis_neural::{UnitSpec, Weight};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    a0: BTreeMap<String, f64>,
    columns: Vec<String>,
    units: Vec<Unit>,
    traces: BTreeMap<String, Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Unit {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    bias: f64,
    synapses: Vec<(String, f64)>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("data/rhythm.json")).expect("reference data")
}

#[test]
fn units_and_synapses_are_those_of_the_reference() {
    let wiring = rhythm::wiring(0.03, rhythm::START);
    let reference = reference();
    assert_eq!((wiring.units.len(), wiring.synapses.len()), (28, 82));
    assert_eq!(reference.units.len(), 28);
    for unit in &reference.units {
        let own = wiring.units.iter().find(|u| u.name() == unit.name).expect("the unit");
        let kind = if unit.kind == "Oscillator" { "half_centre" } else { "leaky" };
        assert_eq!((own.kind(), own.bias()), (kind, Some(&Weight::Number(unit.bias))), "{}", unit.name);
        let found: Vec<(String, f64)> = wiring
            .synapses
            .iter()
            .filter(|s| s.to == unit.name)
            .map(|s| match s.weight {
                Weight::Number(weight) => (s.from.clone(), weight),
                Weight::Parameter(_) => panic!("the generator is not trained"),
            })
            .collect();
        assert_eq!(found, unit.synapses, "{}", unit.name);
        if let UnitSpec::HalfCentre { start, name, .. } = own {
            assert_eq!(*start, reference.a0.get(name.trim_start_matches("flx_")).copied());
        }
    }
}

#[test]
fn the_rhythm_is_that_of_the_reference() {
    let reference = reference();
    let wiring = rhythm::wiring(0.03, rhythm::START);
    let names: Vec<&String> = wiring.outputs.iter().map(|output| &output.name).collect();
    assert_eq!(names, reference.columns.iter().collect::<Vec<_>>());
    assert_eq!(reference.traces.len(), 3);
    let mut circuit = wiring.compile().expect("a circuit");
    for (command, trace) in &reference.traces {
        let command: f64 = command.parse().expect("a number");
        let mut inputs = [0.0; 12];
        inputs[..4].fill(command);
        circuit.reset();
        let mut found = [0.0; 8];
        let mut worst: f64 = 0.0;
        assert_eq!(trace.len(), 200);
        for (step, expected) in trace.iter().enumerate() {
            circuit.step(&inputs, &mut found);
            for (a, b) in found.iter().zip(expected) {
                worst = worst.max((a - b).abs());
            }
            assert!(worst <= 1e-5, "command {command}, step {step}: {found:?}, not {expected:?}");
        }
        println!("command {command}: the greatest error over 200 steps is {worst:.1e}");
    }
}

#[test]
fn quadruped_parameters_are_as_many_as_the_papers() {
    let quadruped = Quadruped::new(&QuadrupedSpec::default()).expect("a quadruped");
    let names = quadruped.circuit().parameter_names();
    let pattern = names.iter().filter(|name| name.starts_with("pattern_")).count();
    assert_eq!((names.len(), pattern), (92, 12));
    let of = |name: &str| {
        let index = names.iter().position(|own| own == name).expect("a parameter");
        quadruped.circuit().parameters()[index]
    };
    for girdle in ["front", "hind"] {
        for (name, innate) in [
            ("pattern_G_thigh_flx", -0.5),
            ("pattern_G_thigh_ext", 0.3),
            ("pattern_G_calf_flx", -0.2),
            ("pattern_G_calf_ext", 0.8),
            ("pattern_G_calf_bias", 0.0),
            ("afferent_G_flx_thigh_position_pos", 1.0),
            ("afferent_G_flx_calf_effort_neg", -1.0),
            ("afferent_G_flx_hip_effort_pos", -1.0),
            ("afferent_G_flx_thigh_effort_pos", -1.0),
            ("afferent_G_flx_foot_pos", -1.0),
            ("afferent_G_ext_thigh_position_neg", 1.0),
            ("afferent_G_ext_calf_effort_neg", 1.0),
            ("afferent_G_ext_hip_effort_pos", 1.0),
            ("afferent_G_ext_thigh_effort_pos", 1.0),
            ("afferent_G_ext_foot_pos", 1.0),
        ] {
            assert_eq!(of(&name.replace('G', girdle)), innate, "{girdle} {name}");
        }
    }
    assert_eq!(quadruped.circuit().parameters().iter().filter(|w| **w != 0.0).count(), 8 + 20);
    let deaf = QuadrupedSpec { afferents: false, ..QuadrupedSpec::default() };
    assert_eq!(Quadruped::new(&deaf).expect("a quadruped").circuit().parameter_count(), 12);
}
