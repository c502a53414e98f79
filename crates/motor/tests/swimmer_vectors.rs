//! The swimmer's circuit against reference vectors: every flag, wrong signs, and chains of 3 to 12 links.

use std::collections::BTreeMap;

use neuraxis_motor::{Swimmer, SwimmerSpec};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    sweep: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    joints: usize,
    period: u32,
    turn_joints: u32,
    sharing: bool,
    constrained: bool,
    proprioception: bool,
    oscillator: bool,
    speed: bool,
    turn: bool,
    parameters: BTreeMap<String, f64>,
    vectors: Vec<Vector>,
}

/// Time in steps, joints, controls (speed, right, left), activations.
type Vector = (u64, Vec<f64>, Vec<f64>, Vec<f64>);

fn reference() -> Reference {
    serde_json::from_str(include_str!("data/swimmer.json")).expect("reference data")
}

fn swimmer(case: &Case) -> Swimmer {
    let spec = SwimmerSpec {
        period: f64::from(case.period) * 0.03,
        turn_joints: case.turn_joints,
        weight_sharing: case.sharing,
        constrained: case.constrained,
        proprioception: case.proprioception,
        oscillator: case.oscillator,
        speed: case.speed,
        turn: case.turn,
        ..SwimmerSpec::default()
    };
    let mut swimmer = Swimmer::new(&spec, case.joints).expect("a swimmer");
    let names: Vec<&String> = case.parameters.keys().collect();
    assert_eq!(swimmer.circuit().parameter_names().iter().collect::<Vec<_>>(), names, "{}", case.kind);
    let values: Vec<f64> = case.parameters.values().copied().collect();
    swimmer.circuit_mut().set_parameters(&values).expect("as many");
    swimmer
}

#[test]
fn the_swimmer_does_what_the_reference_does() {
    let mut count = 0;
    let mut worst: f64 = 0.0;
    for case in reference().cases {
        let mut swimmer = swimmer(&case);
        let mut found = vec![f64::NAN; case.joints];
        for (t, q, controls, expected) in &case.vectors {
            let [speed, right, left] = controls[..] else {
                assert!(controls.is_empty());
                swimmer.circuit_mut().set_clock(*t);
                swimmer.activate(q, f64::NAN, f64::NAN, f64::NAN, &mut found);
                worst = worst.max(error(&found, expected));
                count += 1;
                continue;
            };
            swimmer.circuit_mut().set_clock(*t);
            swimmer.activate(q, speed, right, left, &mut found);
            worst = worst.max(error(&found, expected));
            count += 1;
            assert!(worst <= 1e-6, "{} at {t}: {found:?}, not {expected:?}", case.kind);
        }
        assert!(worst <= 1e-6, "{}: off by {worst}", case.kind);
    }
    assert_eq!(count, 690);
    println!("{count} vectors, the greatest error is {worst:.1e}");
}

fn error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_oscillator_is_on_for_the_first_half_of_its_period() {
    let sweep = reference().sweep;
    assert_eq!(sweep.len(), 121);
    let spec = SwimmerSpec { speed: false, turn: false, ..SwimmerSpec::default() };
    let mut swimmer = Swimmer::new(&spec, 5).expect("a swimmer");
    let mut found = [0.0; 5];
    for (t, expected) in sweep.iter().enumerate() {
        swimmer.activate(&[0.0; 5], 1.0, 0.0, 0.0, &mut found);
        assert_eq!(found[0], *expected, "step {t}");
    }
}

#[test]
fn swimmer_parameters_are_as_many_as_the_papers() {
    let count = |spec: &SwimmerSpec, joints| {
        Swimmer::new(spec, joints).expect("a swimmer").circuit().parameter_count()
    };
    let full = SwimmerSpec::default();
    let bare = SwimmerSpec { speed: false, turn: false, ..full.clone() };
    assert_eq!((count(&bare, 5), count(&full, 5), count(&full, 14)), (4, 6, 6));
    let own = SwimmerSpec { weight_sharing: false, ..full };
    assert_eq!(count(&SwimmerSpec { weight_sharing: false, ..bare }, 5), 30);
    assert_eq!(count(&own, 5), 42);
}
