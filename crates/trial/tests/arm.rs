//! A wheeled base with an arm on it, from one robot file: the wheels drive, the arm stays where it is, and a stop holds it.

use std::fs;
use std::path::{Path, PathBuf};

use neuraxis_brain::RobotBrain;
use neuraxis_core::{Command, Interface, StopReason};
use neuraxis_trial::plan::{Changes, PlannedRobot};
use neuraxis_trial::{OutcomeKind, PlannedScene, TrialResult};
use tempfile::TempDir;

const ARM: &str = r#"
  <link name="upper_arm">
    <inertial><origin xyz="0.05 0 0"/><mass value="0.05"/><inertia ixx="2e-5" iyy="5e-5" izz="5e-5" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin xyz="0.05 0 0"/><geometry><box size="0.1 0.02 0.02"/></geometry></collision>
  </link>
  <joint name="shoulder" type="revolute">
    <parent link="base_link"/><child link="upper_arm"/><origin xyz="0 0 0.2"/><axis xyz="0 1 0"/>
    <limit lower="-1.5" upper="1.5" effort="2" velocity="3"/>
  </joint>
  <link name="hand">
    <inertial><mass value="0.02"/><inertia ixx="5e-6" iyy="5e-6" izz="5e-6" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><geometry><sphere radius="0.01"/></geometry></collision>
  </link>
  <joint name="wrist" type="revolute">
    <parent link="upper_arm"/><child link="hand"/><origin xyz="0.1 0 0"/><axis xyz="1 0 0"/>
    <limit lower="-3" upper="3" effort="0.5" velocity="3"/>
  </joint>
</robot>"#;
const JOINTS: &str = "other_actuators:\n- { kind: joint_position, joints: [shoulder], kp: 5, kd: 0.1, armature: 0.002 }\n\
     - { kind: joint_torque, joints: [wrist] }\n";

/// The burger with an arm; `actuators` are the lines of its other actuators.
fn robot(folder: &TempDir, actuators: &str) -> PathBuf {
    let burger = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../robots/burger");
    let model = fs::read_to_string(burger.join("burger.urdf")).expect("a model");
    fs::write(folder.path().join("arm.urdf"), model.replace("</robot>", ARM)).expect("a model");
    let file = fs::read_to_string(burger.join("burger.yaml")).expect("a robot");
    let file = file
        .replace("model: burger.urdf", "model: arm.urdf\narticulation: multibody\nstance: { shoulder: -0.6 }")
        .replace("limits: {", &format!("{actuators}limits: {{"));
    let path = folder.path().join("arm.yaml");
    fs::write(&path, file).expect("a robot");
    path
}

fn refusal(actuators: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    PlannedRobot::load(&robot(&folder, actuators), &[]).expect_err("refused").to_string()
}

#[test]
fn a_base_with_an_arm_drives_to_its_goal_and_the_arm_keeps_its_stance() {
    let folder = tempfile::tempdir().expect("a folder");
    let robot = robot(&folder, JOINTS);
    let scene = format!(
        "name: plain\ndescription: Nothing.\nworld: []\nrobots:\n- {{ robot: {}, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [1, 0.5] }} }}\n\
         time_limit: 60\n",
        robot.display()
    );
    let path = folder.path().join("plain.yaml");
    fs::write(&path, scene).expect("a scene");
    let planned =
        PlannedScene::load(&path, &Changes::default()).map_err(|e| format!("{e:?}")).expect("it loads");
    let body = &planned.robots[0].model.description;
    let said: Vec<(&str, Interface)> =
        body.actuators.iter().map(|a| (a.joint.as_str(), a.interface)).collect();
    assert_eq!(
        said,
        [
            ("wheel_left_joint", Interface::Velocity),
            ("wheel_right_joint", Interface::Velocity),
            ("shoulder", Interface::Position),
            ("wrist", Interface::Effort)
        ]
    );
    let mut trial = planned.trial(0, 1).expect("a trial");
    let shoulder = planned.robots[0].model.model.joint("shoulder").expect("a joint");
    let mut worst: f64 = 0.0;
    while !trial.is_over() {
        trial.step();
        let at = trial.robot(0).sim.joint(shoulder).expect("its state").0;
        worst = worst.max((at + 0.6).abs());
    }
    let result = TrialResult::of(&trial).remove(0);
    assert_eq!(result.outcome, OutcomeKind::Reached, "{result:?}");
    assert!(worst < 0.05, "the arm was {worst} rad off its stance");
}

#[test]
fn a_stop_of_a_base_with_an_arm_holds_each_actuator_in_its_own_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let robot =
        PlannedRobot::load(&robot(&folder, JOINTS), &[]).map_err(|e| e.to_string()).expect("it loads");
    let body = &robot.model.description;
    let mut brain =
        RobotBrain::new(&robot.file.value.brain, body, neuraxis_core::Pose2::default()).expect("it fits");
    let (mut percepts, mut command): (_, Command) = (body.percepts(), body.command());
    assert_eq!(command.values, [0.0, 0.0, -0.6, 0.0], "the first command moves nothing");
    percepts.stop_request = Some(StopReason::EmergencyStop);
    neuraxis_core::Brain::tick(&mut brain, &percepts, &mut command);
    assert_eq!(command.stop, Some(StopReason::EmergencyStop));
    assert_eq!(
        command.values,
        [0.0, 0.0, -0.6, 0.0],
        "wheels stand, the shoulder stays, the wrist is let go"
    );
}

#[test]
fn an_arm_that_sags_under_its_load_goes_back_to_its_stance_after_each_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let robot =
        PlannedRobot::load(&robot(&folder, JOINTS), &[]).map_err(|e| e.to_string()).expect("it loads");
    let body = &robot.model.description;
    let mut brain =
        RobotBrain::new(&robot.file.value.brain, body, neuraxis_core::Pose2::default()).expect("it fits");
    let mut rig = neuraxis_testing::Rig::new(body, 1);
    let mut command = body.command();
    for tick in 0..60 {
        rig.step(&command);
        let mut percepts = rig.percepts().clone();
        for slot in percepts.slots_mut() {
            if let (Some(stamp), Some(neuraxis_core::Reading::Joints(_))) = (slot.stamp(), slot.reading()) {
                slot.put(stamp, |reading| {
                    if let neuraxis_core::Reading::Joints(joints) = reading {
                        // By its weight 0.1 rad below what it is commanded.
                        joints.position[2] = command.values[2] + 0.1;
                    }
                });
            }
        }
        percepts.stop_request = (tick % 6 < 2).then_some(StopReason::EmergencyStop);
        neuraxis_core::Brain::tick(&mut brain, &percepts, &mut command);
        assert_eq!(command.stop.is_some(), tick % 6 < 2, "tick {tick}: {:?}", command.stop);
    }
    assert!((command.values[2] + 0.6).abs() < 1e-9, "{:?}", command.values);
}

#[test]
fn other_actuators_that_cannot_be_are_refused_at_their_place() {
    let wheels = "other_actuators:\n- { kind: differential_drive, left: shoulder, right: wrist }\n";
    assert!(refusal(wheels).contains("wheels that drive the body are its first actuators"));
    let twice = "other_actuators:\n- { kind: joint_torque, joints: [wheel_left_joint] }\n";
    assert!(refusal(twice).contains("the joint `wheel_left_joint` is moved twice"));
    let unknown = "other_actuators:\n- { kind: joint_torque, joints: [sholder] }\n";
    let why = refusal(unknown);
    assert!(why.contains("there is no joint `sholder`") && why.contains("did you mean `shoulder`?"), "{why}");
    let stop = "other_actuators:\n- { kind: joint_torque, joints: [shoulder], stop: hold }\n";
    assert!(refusal(stop).contains("can only let go"));
}
