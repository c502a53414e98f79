//! A circuit that is written in YAML: its names find senses and joints, from a file or in place, and wrong ones are told.

mod bodies;

use std::path::Path;

use bodies::{MS, chain, dog, feel, touch};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Actuator, Drive, Interface, file};
use neuraxis_motor::{MotorSpec, build};
use neuraxis_neural::CircuitSpec;

/// A joint that follows the drive, holds back where it is bent, and lets go when it is touched.
const CIRCUIT: &str = "\
name: knee
step: 0.02
parameters: { hold: -0.5 }
inputs:
  - { name: speed }
  - { name: right, range: [0, 1] }
  - { name: position_joint_1, range: [-2, 2] }
units:
  - { kind: linear, name: want }
synapses:
  - { from: speed, to: want, weight: 1 }
  - { from: right, to: want, weight: 0.25 }
  - { from: position_joint_1, to: want, weight: hold, sign: inhibitory }
outputs:
  - { name: joint_2, from: [{ unit: want }] }
";

fn motor(text: &str) -> Result<MotorSpec, String> {
    file::parse::<MotorSpec>(Path::new("motor.yaml"), text.to_owned(), &[])
        .map(|loaded| loaded.value)
        .map_err(|error| error.to_string())
}

fn in_place(circuit: &str) -> String {
    let indented = circuit.trim_end().replace('\n', "\n  ");
    format!("circuit: wired\nscale: 2\nwiring:\n  {indented}\n")
}

fn refusal(circuit: &str, body: &BodyDescription) -> String {
    match build(&motor(&in_place(circuit)).expect("the file is right"), body) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn names_find_senses_and_joints() {
    let body = chain(5);
    let mut circuit = build(&motor(&in_place(CIRCUIT)).expect("a circuit"), &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    feel(&mut percepts, 0, &[9.0, 1.5, 9.0, 9.0]);
    circuit.step(&Drive::new(0.5, -0.4), &percepts, 0.01, &mut command);
    let expected = 2.0 * (0.5 + 0.25 * 0.4 - 0.5 * 1.5);
    assert!((command.values[2] - expected).abs() < 1e-12, "{:?}", command.values);
    assert!([0, 1, 3].iter().all(|other: &usize| command.values[*other] == 0.0));
    assert_eq!(circuit.trainable().expect("parameters").parameter_names(), ["hold"]);
    circuit.trainable_mut().expect("parameters").set_parameters(&[1.0]).expect("one");
    feel(&mut percepts, 10 * MS, &[9.0, 1.0, 9.0, 9.0]);
    circuit.step(&Drive::new(0.5, -0.4), &percepts, 0.01, &mut command);
    assert!((command.values[2] - expected).abs() < 1e-12, "between its steps it holds");
    feel(&mut percepts, 20 * MS, &[9.0, f64::NAN, 9.0, 9.0]);
    circuit.step(&Drive::new(0.5, -0.4), &percepts, 0.01, &mut command);
    assert!((command.values[2] - 1.2).abs() < 1e-12);
    assert_eq!(circuit.diagnostics().missing, 1);
}

#[test]
fn circuits_fit_a_body_with_another_actuator_and_leave_it_alone() {
    let mut body = chain(5);
    // A head that looks up, commanded by position: of no interest to what swims.
    body.actuators.push(Actuator { start: 0.3, ..Actuator::new("head", Interface::Position) });
    body.other_actuators = 1;
    for block in [in_place(CIRCUIT), "circuit: swimmer\n".to_owned(), "circuit: mlp\n".to_owned()] {
        let mut circuit = build(&motor(&block).expect("a circuit"), &body).expect("they fit");
        let (mut percepts, mut command) = (body.percepts(), body.command());
        for tick in 0..50 {
            feel(&mut percepts, tick * 10 * MS, &[0.1, -0.2, 0.3, 0.1]);
            circuit.step(&Drive::new(1.0, 0.3), &percepts, 0.01, &mut command);
        }
        assert_eq!(command.values[4], 0.3, "{block}");
        assert!(command.values[..4].iter().any(|value| *value != 0.0), "{block}: {:?}", command.values);
    }
}

#[test]
fn feet_can_be_inputs() {
    let body = dog();
    let text = CIRCUIT
        .replace("speed", "touch_FL_foot")
        .replace("{ name: right, range: [0, 1] }", "{ name: force_RR_foot, range: [0, 100] }")
        .replace("from: right", "from: force_RR_foot")
        .replace("joint_1", "FL_calf_joint")
        .replace("joint_2", "FR_hip_joint");
    let mut circuit = build(&motor(&in_place(&text)).expect("a circuit"), &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    feel(&mut percepts, 0, &[0.0; 12]);
    for (foot, force) in [(0, 1.0), (1, 3.0), (2, 8.0), (3, 5.0)] {
        touch(&mut percepts, 0, foot, force);
    }
    circuit.step(&Drive::REST, &percepts, 0.01, &mut command);
    assert_eq!(command.values[0], 2.0 * (1.0 + 0.25 * 8.0));
}

#[test]
fn a_wired_circuit_may_stand_in_its_own_file() {
    let mut spec = motor("circuit: wired\nfile: circuits/knee.yaml\nscale: 2").expect("a name");
    assert_eq!(spec.file(), Some("circuits/knee.yaml"));
    let body = chain(5);
    let error = build(&spec, &body).map(|_| ()).expect_err("nobody loaded it").to_string();
    assert_eq!(error, "the circuit's file `circuits/knee.yaml` was not loaded");
    let loaded = file::parse::<CircuitSpec>(Path::new("circuits/knee.yaml"), CIRCUIT.to_owned(), &[]);
    spec.set_wiring(loaded.expect("a circuit").value);
    assert_eq!(spec.file(), None);
    assert!(build(&spec, &body).is_ok());
}

#[test]
fn problems_of_a_wired_circuit_are_reported() {
    let body = chain(5);
    for (from, to, message) in [
        (
            "name: position_joint_1,",
            "name: position_joint_7,",
            "the body gives no input `position_joint_7` (did you mean `position_joint_",
        ),
        ("name: joint_2", "name: joint_9", "the robot moves no joint `joint_9` (did you mean `joint_0`?)"),
    ] {
        let text = CIRCUIT.replace(from, to).replace(
            "from: position_joint_1",
            if to.contains('7') { "from: position_joint_7" } else { "from: position_joint_1" },
        );
        let error = refusal(&text, &body);
        assert!(error.contains(message), "{error}");
    }
    let error = motor(&in_place(&CIRCUIT.replace("to: want, weight: 1 ", "to: wnat, weight: 1 ")))
        .expect_err("no unit");
    assert!(error.contains("motor.yaml:14:26: there is no unit `wnat` (did you mean `want`?)"), "{error}");
    let error = motor("circuit: wired").expect_err("nothing");
    assert!(error.contains("there is no circuit (give the name of a `file`, or a `wiring`)"), "{error}");
    let error = motor(&in_place(CIRCUIT).replace("scale: 2", "file: a.yaml")).expect_err("two");
    assert!(error.contains("there are two circuits"), "{error}");
}
