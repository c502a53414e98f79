//! One hinge, pushed and held: torque, limits, friction, armature and servos against the textbook.
//!
//! The arm turns about a vertical axis, so that gravity has no say; its inertia about the hinge is
//! 0.1 + 1 kg · (0.5 m)² = 0.35 kg·m².

mod common;

use neuraxis_core::body::Body as _;
use neuraxis_core::{Reading, StopReason};
use neuraxis_sim::SoloBody;

use common::solo_of;

const INERTIA: f64 = 0.35;
const ARTICULATIONS: [&str; 2] = ["impulse", "multibody"];

/// The arm with attributes for its joint, and the actuators of its robot file.
fn arm(articulation: &str, joint: &str, actuators: &str) -> SoloBody {
    let model = format!(
        r#"<mujoco model="arm"><worldbody><body name="arm" pos="0 0 1">
  <joint name="hinge" type="hinge" axis="0 0 1" {joint}/>
  <inertial pos="0.5 0 0" mass="1" diaginertia="0.01 0.1 0.1"/>
  <geom type="box" size="0.4 0.02 0.02" pos="0.5 0 0"/>
</body></worldbody>
<actuator><motor joint="hinge" forcerange="-2 2"/></actuator></mujoco>"#
    );
    let robot = format!(
        "name: arm
model: arm.xml
articulation: {articulation}
radius: 1.0
sensors: [{{ name: joints, kind: joint_state, rate: 200 }}]
actuators: {actuators}
limits: {{ linear: 1, angular: 1 }}
brain: null
"
    );
    solo_of(&robot, ("arm.xml", &model), common::OPEN, 1)
}

/// Position, velocity and effort of the hinge after holding `command` for `seconds`.
fn hold(body: &mut SoloBody, value: f64, stop: Option<StopReason>, seconds: f64) -> [f64; 3] {
    let mut percepts = body.description().percepts();
    let mut command = body.description().command();
    for _ in 0..(seconds * 100.0).round() as usize {
        body.sense(&mut percepts).expect("senses");
        command.values[0] = value;
        command.stop = stop;
        body.act(&command).expect("acts");
    }
    body.sense(&mut percepts).expect("senses");
    let state = match percepts.slots()[0].reading() {
        Some(Reading::Joints(joints)) => Some([joints.position[0], joints.velocity[0], joints.effort[0]]),
        _ => None,
    };
    state.expect("the joints' state")
}

/// A servo on the hinge, which has neither range nor greatest speed in the model.
fn servo(gains: &str) -> String {
    format!(
        "{{ kind: joint_position, joints: [hinge], limits: {{ position: [-4, 4], velocity: 100 }}, {gains} }}"
    )
}

const TORQUE: &str = "{ kind: joint_torque, joints: [hinge] }";

#[track_caller]
fn about(value: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((value - wanted).abs() <= tolerance * wanted.abs(), "{what}: {value}, not {wanted}");
}

#[test]
fn a_torque_is_inertia_times_acceleration() {
    for articulation in ARTICULATIONS {
        let [_, velocity, effort] = hold(&mut arm(articulation, "", TORQUE), 1.0, None, 0.5);
        about(velocity, 0.5 / INERTIA, 0.02, articulation);
        about(effort, 1.0, 1e-6, articulation);
    }
}

/// The engine's own record of a body's velocity is a step old in reduced coordinates.
#[test]
fn a_velocity_is_that_of_now() {
    for articulation in ARTICULATIONS {
        let [_, velocity, _] = hold(&mut arm(articulation, "", TORQUE), 1.0, None, 0.01);
        about(velocity, 0.01 / INERTIA, 0.001, articulation);
    }
}

#[test]
fn a_torque_ends_at_the_effort_limit() {
    for articulation in ARTICULATIONS {
        let [_, velocity, effort] = hold(&mut arm(articulation, "", TORQUE), -50.0, None, 0.5);
        about(velocity, -2.0 * 0.5 / INERTIA, 0.02, articulation);
        about(effort, -2.0, 1e-6, articulation);
    }
}

#[test]
fn viscous_friction_ends_in_a_terminal_velocity() {
    for articulation in ARTICULATIONS {
        let mut body = arm(articulation, "damping=\"0.5\"", TORQUE);
        let [_, velocity, _] = hold(&mut body, 1.0, None, 6.0);
        about(velocity, 1.0 / 0.5, 0.01, articulation);
    }
}

#[test]
fn dry_friction_holds_until_it_breaks_away() {
    for articulation in ARTICULATIONS {
        let mut body = arm(articulation, "frictionloss=\"0.5\"", TORQUE);
        let [position, ..] = hold(&mut body, 0.4, None, 1.0);
        assert!(position.abs() < 0.012, "{articulation}: it moved by {position} rad");
        let [_, before, _] = hold(&mut body, 1.0, None, 0.1);
        let [_, velocity, _] = hold(&mut body, 1.0, None, 0.5);
        about(velocity - before, 0.5 * 0.5 / INERTIA, 0.03, articulation);
    }
}

#[test]
fn nothing_slows_a_free_joint() {
    for articulation in ARTICULATIONS {
        let mut body = arm(articulation, "", TORQUE);
        let [_, velocity, _] = hold(&mut body, 1.0, None, 0.5);
        let [_, later, _] = hold(&mut body, 0.0, None, 5.0);
        about(later, velocity, 0.01, articulation);
    }
}

#[test]
fn armature_adds_to_the_inertia() {
    let mut body = arm("multibody", "armature=\"0.35\"", TORQUE);
    let [_, velocity, _] = hold(&mut body, 1.0, None, 0.5);
    about(velocity, 0.5 * 0.5 / INERTIA, 0.02, "multibody");
}

#[test]
fn a_servo_goes_where_it_is_told_within_its_limit() {
    let servo = servo("kp: 50, kd: 6");
    for articulation in ARTICULATIONS {
        let mut body = arm(articulation, "", &servo);
        // 50 N·m are asked for and 2 N·m are there: the way of 0.1 s is that of the limit.
        let [position, _, effort] = hold(&mut body, 1.0, None, 0.1);
        about(effort, 2.0, 1e-6, articulation);
        about(position, 0.5 * (2.0 / INERTIA) * 0.01, 0.1, articulation);
        let [position, velocity, _] = hold(&mut body, 1.0, None, 4.0);
        about(position, 1.0, 0.005, articulation);
        assert!(velocity.abs() < 0.01, "{articulation}: {velocity}");
    }
}

#[test]
fn a_servo_that_holds_on_a_stop_goes_where_it_was_sent_last() {
    let servo = servo("kp: 50, kd: 6");
    for articulation in ARTICULATIONS {
        let mut body = arm(articulation, "", &servo);
        hold(&mut body, 0.5, None, 2.0);
        let [position, _, _] = hold(&mut body, f64::NAN, Some(StopReason::EmergencyStop), 2.0);
        about(position, 0.5, 0.005, articulation);
    }
}

#[test]
fn a_stopped_servo_that_relaxes_is_a_damper() {
    let servo = servo("kp: 50, kd: 2, stop: relax");
    for articulation in ARTICULATIONS {
        let mut body = arm(articulation, "", &servo);
        let [_, velocity, _] = hold(&mut body, 1.0, None, 0.3);
        assert!(velocity > 0.5, "{articulation}: it has begun to move, {velocity}");
        let [_, velocity, _] = hold(&mut body, 1.0, Some(StopReason::EmergencyStop), 2.0);
        assert!(velocity.abs() < 0.01, "{articulation}: {velocity}");
    }
}
