//! Every circuit keeps the laws of circuits.

use neuraxis_core::body::BodyDescription;
use neuraxis_motor::{MotorCircuit, MotorSpec, build};
use neuraxis_testing::{bodies, circuit_laws};

fn made(json: &str, body: BodyDescription) -> (BodyDescription, Box<dyn MotorCircuit>) {
    let spec: MotorSpec = serde_json::from_str(json).expect("a motor block");
    let circuit = build(&spec, &body).expect("they fit");
    (body, circuit)
}

const WIRED: &str = r#"{"circuit": "wired", "wiring": {
    "name": "held",
    "step": 0.02,
    "inputs": [{"name": "speed", "range": [-1, 1]}, {"name": "position_joint_1", "range": [-2, 2]}],
    "units": [{"kind": "leaky", "name": "want", "time": 0.2}],
    "synapses": [
        {"from": "speed", "to": "want", "weight": 1}, {"from": "position_joint_1", "to": "want", "weight": -0.3, "delay": 0.1}
    ],
    "outputs": [{"name": "joint_2", "from": [{"unit": "want"}]}]
}}"#;

circuit_laws!(differential_drive, || made(r#"{"circuit": "differential_drive"}"#, bodies::wheeled()));
circuit_laws!(ackermann, || made(r#"{"circuit": "ackermann"}"#, bodies::car()));
circuit_laws!(swimmer, || made(r#"{"circuit": "swimmer"}"#, bodies::chain(6)));
circuit_laws!(mlp, || made(
    r#"{"circuit": "mlp", "inputs": ["positions", "drive"], "hidden": [8]}"#,
    bodies::chain(4)
));
circuit_laws!(wired, || made(WIRED, bodies::chain(5)));
circuit_laws!(quadruped, || made(r#"{"circuit": "quadruped", "balance": false}"#, bodies::dog()));
circuit_laws!(balanced_quadruped, || made(r#"{"circuit": "quadruped", "balance": true}"#, bodies::dog()));
