//! The `motor:` block: what it may say, and what it is told when it says something else or does not fit the body.

mod bodies;

use std::path::Path;

use bodies::{chain, dog};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Interface, file};
use neuraxis_motor::{LegsSpec, MotorSpec, build};
use schemars::JsonSchema;
use serde::Deserialize;

/// A file with a `motor:` block.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Brain {
    #[serde(default)]
    motor: MotorSpec,
}

impl file::Validate for Brain {
    fn validate(&self, problems: &mut file::Problems<'_>) {
        problems.inside("/motor", |problems| self.motor.validate(problems));
    }
}

fn load(text: &str) -> Result<MotorSpec, String> {
    file::parse::<Brain>(Path::new("brain.yaml"), text.to_owned(), &[])
        .map(|loaded| loaded.value.motor)
        .map_err(|error| error.to_string())
}

fn refusal(text: &str, body: &BodyDescription) -> String {
    match build(&load(text).expect("the file is right"), body) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_robot_names_its_circuit() {
    assert_eq!(load("{}"), Ok(MotorSpec::DifferentialDrive {}));
    assert_eq!(load("motor: { circuit: differential_drive }"), Ok(MotorSpec::DifferentialDrive {}));
    let swimmer =
        "motor: { circuit: swimmer, torque: 1e-3, speed: false, parameters: { bneuron_prop: 1.6 } }";
    let Ok(MotorSpec::Swimmer(spec)) = load(swimmer) else { panic!("a swimmer") };
    assert_eq!((spec.torque, spec.speed, spec.period), (1e-3, false, 1.8));
    let mut circuit = build(&MotorSpec::Swimmer(spec), &chain(6)).expect("they fit");
    let index = circuit
        .trainable()
        .expect("parameters")
        .parameter_names()
        .iter()
        .position(|name| name == "bneuron_prop")
        .expect("a name");
    assert_eq!(circuit.trainable().expect("parameters").parameters()[index], 1.6);
    assert!(circuit.trainable_mut().expect("parameters").set_parameters(&[f64::NAN; 5]).is_err());

    let quadruped = "motor:\n  circuit: quadruped\n  gaits: { walk: 0.25 }\n  legs:\n    FL: { thigh: a, calf: b, foot: c }\n";
    let Ok(MotorSpec::Quadruped(spec)) = load(quadruped) else { panic!("a quadruped") };
    assert_eq!((spec.gaits.walk, spec.gaits.trot), (0.25, 0.5));
    assert!(spec.legs != LegsSpec::default());
    assert!(matches!(load("motor: { circuit: mlp, hidden: [8] }"), Ok(MotorSpec::Mlp(_))));
}

#[test]
fn what_is_wrong_with_the_block_is_told_with_its_place() {
    for (text, message) in [
        (
            "motor: { circuit: swimer }",
            "brain.yaml:1:19: `swimer` is not one of the choices here (did you mean `swimmer`?)",
        ),
        ("motor: {}", "the key `circuit` is missing"),
        ("motor: { circuit: swimmer, torqe: 1 }", "1:28: unknown key `torqe` (did you mean `torque`?)"),
        ("motor: { circuit: differential_drive, torque: 1 }", "1:39: unknown key `torque`"),
        ("motor: { circuit: swimmer, torque: .nan }", "1:36: NaN is not a number that can be used here"),
        ("motor: { circuit: swimmer, turn_limit: 2 }", "1:40: 2 is out of range: expected from 0 to 1"),
        (
            "motor: { circuit: swimmer, period: 1.81 }",
            "1:36: the period 1.81 s is not a whole number of steps of 0.03 s (give 1.8 or another multiple of the step)",
        ),
        ("motor: { circuit: swimmer, parameters: { a: .inf } }", "1:45: inf is not a number"),
        (
            "motor: { circuit: quadruped, calf: [0, -1, -2] }",
            "1:36: the angles [0, -1, -2] rad are not possible (give [flexed, standing, extended]",
        ),
        ("motor: { circuit: quadruped, start: [0, 0, 0, 2] }", "1:37: a slow variable is from 0 to 1"),
        ("motor: { circuit: quadruped, legs: { XL: { thigh: a, calf: b } } }", "unknown key `XL`"),
        ("motor: { circuit: quadruped, legs: { FL: { thigh: a } } }", "the key `calf` is missing"),
        (
            "motor: { circuit: quadruped, parameters: { pattern_front_thigh_flex: 1 } }",
            "1:70: the quadruped has no parameter `pattern_front_thigh_flex` (did you mean `pattern_front_thigh_flx`?)",
        ),
        (
            "motor: { circuit: quadruped, parameters: { balanse_roll: 1 } }",
            "1:58: the quadruped has no parameter `balanse_roll` (did you mean `balance_roll`?)",
        ),
        (
            "motor: { circuit: quadruped, parameters: { brace_from: -1 } }",
            "1:56: the weight is -1, but it must be at least 0",
        ),
        ("motor: { circuit: mlp, hidden: [0] }", "1:33: a layer of 0 units is not possible"),
    ] {
        let error = load(text).expect_err(text);
        assert!(error.contains(message), "{text} gives\n{error}\nand not\n{message}");
    }
}

#[test]
fn a_circuit_that_does_not_fit_the_body_is_refused_with_the_reason() {
    let worm = chain(6);
    let dog = dog();
    let mut numb = chain(6);
    numb.sensors.clear();
    let mut short = chain(2);
    let mut clawless = dog.clone();
    clawless.actuators[4].joint = "FL_thihg_joint".to_owned();
    for (text, body, message) in [
        ("{}", &worm, "the circuit `differential_drive` needs actuators of the kind `differential_drive`"),
        (
            "motor: { circuit: swimmer }",
            &dog,
            "the circuit `swimmer` needs actuators of the kind `joint_torque`: it commands `effort`, and this body takes `position`",
        ),
        (
            "motor: { circuit: quadruped }",
            &worm,
            "the circuit `quadruped` needs actuators of the kind `joint_position`",
        ),
        (
            "motor: { circuit: swimmer, joints: [joint_0, joint_1, joint_z] }",
            &worm,
            "the robot moves no joint `joint_z` (did you mean `joint_0`?)",
        ),
        (
            "motor: { circuit: swimmer, joints: [joint_0, joint_0] }",
            &worm,
            "the joint `joint_0` stands twice",
        ),
        (
            "motor: { circuit: swimmer }",
            &numb,
            "the circuit `swimmer` feels the joint `joint_0`, but no sense of the kind `joint_state` reads it (add one to `sensors:`, or set `proprioception: false`)",
        ),
        ("motor: { circuit: swimmer }", &short, "a swimmer has 2 to 14 joints (3 to 15 links), not 1"),
        (
            "motor: { circuit: swimmer, parameters: { bneuron_porp: 1 } }",
            &worm,
            "the circuit `swimmer` has no parameter `bneuron_porp` (did you mean `bneuron_prop`?)",
        ),
        (
            "motor: { circuit: swimmer, parameters: { muscle_contra: 1 } }",
            &worm,
            "the parameter `muscle_contra` is 1, but its synapses are inhibitory",
        ),
        (
            "motor: { circuit: quadruped }",
            &clawless,
            "the robot moves no joint `FL_thigh_joint` (did you mean `FL_thihg_joint`?)",
        ),
        (
            "motor: { circuit: quadruped, legs: { FL: { thigh: FL_thigh_joint, calf: FL_calf_joint, foot: FL_foof } } }",
            &dog,
            "the robot has no sense `FL_foof` of the kind `contact` (did you mean `FL_foot`?)",
        ),
        (
            "motor: { circuit: quadruped, legs: { FL: { thigh: FR_thigh_joint, calf: FL_calf_joint } } }",
            &dog,
            "the joint `FR_thigh_joint` stands twice",
        ),
        ("motor: { circuit: mlp, parameters: [1, 2] }", &worm, "parameters, not 2"),
        ("motor: { circuit: mlp, offset: [1, 2] }", &worm, "`offset` has 2 numbers for 5 joints"),
        ("motor: { circuit: mlp }", &numb, "the circuit `mlp` feels the joint `joint_0`"),
    ] {
        let error = refusal(text, body);
        assert!(error.contains(message), "{text} gives\n{error}\nand not\n{message}");
    }
    short.actuators[0].interface = Interface::Position;
    assert!(!refusal("motor: { circuit: swimmer }", &short).is_empty());
}
