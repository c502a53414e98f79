//! Quadrupeds that others published: each loads, our circuit for legs fits it with no more than a robot file, and it stands.
//!
//! Needs `scripts/fetch_models.sh`, so that it is not part of the plain test run:
//! `cargo test -p neuraxis-lab --test quadrupeds -- --ignored --nocapture`. Nothing of theirs is kept here: the robot
//! files are made below, from the names that the models give their joints.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nalgebra::Vector3;
use neuraxis_brain::RobotFile;
use neuraxis_core::{Drive, World as _, file, math};
use neuraxis_motor::{MotorCircuit as _, MotorSpec, QuadrupedCircuit};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{Arena, RobotModel, Scene};

/// A published model and how it stands.
struct Published {
    file: &'static str,
    /// Hip, thigh, calf and foot; `*` is the leg's name.
    names: [&'static str; 4],
    /// FL, FR, HL, HR.
    legs: [&'static str; 4],
    /// Thigh and calf as it stands, rad.
    stance: [f64; 2],
    /// Gain of the servos, N·m/rad; their damping is a twentieth of it, N·m·s/rad.
    kp: f64,
    /// Reflected inertia of the motors where the model gives none, kg·m².
    armature: f64,
}

const ROBOTS: &str = "example_robot_data/cmeel.prefix/share/example-robot-data/robots";
const PLAYGROUND: &str = "playground/mujoco_playground/_src/locomotion";
const UNITREE: ([&str; 4], [&str; 4]) =
    (["*_hip_joint", "*_thigh_joint", "*_calf_joint", "*_foot"], ["FL", "FR", "RL", "RR"]);
const ETH: ([&str; 4], [&str; 4]) = (["*_HAA", "*_HFE", "*_KFE", "*_FOOT"], ["LF", "RF", "LH", "RH"]);

fn published() -> Vec<Published> {
    let of = |file, (names, legs): ([&'static str; 4], [&'static str; 4]), stance, kp, armature| Published {
        file,
        names,
        legs,
        stance,
        kp,
        armature,
    };
    // The feet of these models are parts of their calves, or feel nothing of their own.
    let footless = (["*_hip_joint", "*_thigh_joint", "*_calf_joint", "*_calf"], UNITREE.1);
    let solo = (["*_HAA", "*_HFE", "*_KFE", "*_LOWER_LEG"], ["FL", "FR", "HL", "HR"]);
    let spot = (["*_hx", "*_hy", "*_kn", "*_lleg"], ["fl", "fr", "hl", "hr"]);
    vec![
        of("a1_description/urdf/a1.urdf", UNITREE, [0.8, -1.6], 100.0, 0.01),
        of("go1_description/urdf/go1.urdf", UNITREE, [0.8, -1.6], 100.0, 0.01),
        of("go2_description/urdf/go2.urdf", UNITREE, [0.8, -1.6], 100.0, 0.01),
        of("b1_description/urdf/b1.urdf", UNITREE, [0.8, -1.6], 500.0, 0.05),
        of("laikago_description/urdf/laikago.urdf", UNITREE, [0.7, -1.4], 200.0, 0.02),
        of("anymal_b_simple_description/robots/anymal.urdf", ETH, [0.5, -1.0], 250.0, 0.02),
        of("anymal_c_simple_description/urdf/anymal.urdf", ETH, [0.5, -1.0], 400.0, 0.03),
        of("solo_description/robots/solo12.urdf", solo, [0.7, -1.4], 10.0, 0.001),
        of("go1/xmls/go1_mjx_feetonly.xml", footless, [0.8, -1.6], 100.0, 0.0),
        of("go1/xmls/go1_mjx_fullcollisions.xml", footless, [0.8, -1.6], 100.0, 0.0),
        of("spot/xmls/spot_mjx.xml", spot, [1.0, -1.8], 400.0, 0.0),
        of("spot/xmls/spot_mjx_feetonly.xml", spot, [1.0, -1.8], 400.0, 0.0),
    ]
}

fn models() -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    std::env::var_os("NEURAXIS_MODELS").map_or(home.join(".cache/neuraxis/models"), PathBuf::from)
}

/// The robot's file.
fn yaml(robot: &Published, path: &Path) -> String {
    let mut sensors = String::new();
    let (mut legs, mut stance, mut joints) = (String::new(), String::new(), Vec::new());
    for (leg, key) in robot.legs.iter().zip(["FL", "FR", "HL", "HR"]) {
        let [hip, thigh, calf, foot] = robot.names.map(|name| name.replace('*', leg));
        let _ = writeln!(sensors, "  - {{ name: {key}, kind: contact, link: {foot}, rate: 100 }}");
        let _ = writeln!(legs, "      {key}: {{ hip: {hip}, thigh: {thigh}, calf: {calf}, foot: {key} }}");
        let _ = write!(stance, "{thigh}: {}, {calf}: {}, ", robot.stance[0], robot.stance[1]);
        joints.extend([hip, thigh, calf]);
    }
    let around = |middle: f64| format!("[{}, {middle}, {}]", middle - 0.4, middle + 0.4);
    let thigh = around(robot.stance[0]);
    // MJCF has no limits of speed.
    let is_mjcf = path.extension().is_some_and(|e| e == "xml");
    let limits = if is_mjcf { ", limits: { velocity: 20 }" } else { "" };
    format!(
        "name: it\nmodel: {}\narticulation: multibody\nstance: {{ {stance} }}\nsensors:\n  - {{ name: joints, kind: joint_state, \
         rate: 100 }}\n{sensors}actuators: {{ kind: joint_position, joints: [{}], kp: {}, kd: {}, armature: {}{limits} }}\n\
         limits: {{ linear: 1, angular: 1 }}\nbrain:\n  motor:\n    circuit: quadruped\n    legs:\n{legs}    \
         front_thigh: {thigh}\n    hind_thigh: {thigh}\n    calf: {}\n",
        path.display(),
        joints.join(", "),
        robot.kp,
        robot.kp / 20.0,
        robot.armature,
        around(robot.stance[1]),
    )
}

/// What is measured of 2 s of standing, or why it does not.
fn stand(robot: &Published, path: &Path) -> Result<String, String> {
    let text = yaml(robot, path);
    let loaded = file::parse::<RobotFile>(Path::new("it.yaml"), text, &[]).map_err(|e| e.to_string())?;
    let model = RobotModel::new(&loaded).map_err(|e| e.to_string())?;
    let MotorSpec::Quadruped(spec) = &loaded.value.brain.motor else { return Err("no circuit".to_owned()) };
    let mut circuit = QuadrupedCircuit::new(spec, &model.description).map_err(|e| e.to_string())?;
    let scene = "name: floor\nworld: []\nrobots: [{ robot: it.yaml, spawn: { at: [0, 0], yaw: 0 }, goal: { at: [9, 0] } }]\n";
    let scene = file::parse::<SceneSpec>(Path::new("floor.yaml"), scene.to_owned(), &[])
        .map_err(|e| e.to_string())?;
    let scene = Scene::load(&scene).map_err(|e| e.to_string())?;
    let layout = scene.layout(0, &[model.size()]).map_err(|e| e.to_string())?;
    let description = model.description.clone();
    let mass = f64::from(model.model.mass());
    let mut arena = Arena::new(0, &scene.spec, layout, vec![model]);
    let (mut percepts, mut command) = (description.percepts(), description.command());
    let start = arena.robots()[0].pose().translation.z;
    let mut fastest = 0.0_f64;
    for step in 0..400 {
        arena.sense(0, &mut percepts).expect("it senses");
        if step % 2 == 0 {
            circuit.step(&Drive::REST, &percepts, 0.01, &mut command);
            arena.act(0, &command).expect("it acts");
        }
        arena.advance().expect("time goes on");
        let robot = &arena.robots()[0];
        for joint in 0..robot.model.model.joints.len() {
            fastest = fastest.max(robot.joint(joint).map_or(0.0, |(_, velocity)| velocity.abs()));
        }
    }
    let robot = &arena.robots()[0];
    let (pose, (velocity, _)) = (robot.pose(), robot.motion());
    let lean = math::acos((pose.rotation * Vector3::z()).z.clamp(-1.0, 1.0));
    let height = pose.translation.z;
    let felt = percepts.slots().iter().filter_map(|slot| match slot.reading() {
        Some(neuraxis_core::Reading::Contact(contact)) => Some(contact.force),
        _ => None,
    });
    let carried = felt.sum::<f64>() / (mass * 9.81);
    let told = format!(
        "{mass:.1} kg, base {height:.2} m high ({start:.2} m at the start), feet carry {:.0} %",
        carried * 100.0
    );
    let why = if !height.is_finite() || fastest.is_nan() || fastest > 60.0 {
        format!("it flies apart: a joint turns at {fastest:.0} rad/s")
    } else if lean > 0.3 || height < 0.7 * start {
        format!("it falls: it leans by {lean:.2} rad")
    } else if velocity.norm() > 0.05 {
        format!("it does not come to rest: {:.2} m/s", velocity.norm())
    } else if !(0.8..1.2).contains(&carried) {
        "its feet do not carry it".to_owned()
    } else {
        return Ok(told);
    };
    Err(format!("{why} ({told})"))
}

#[test]
#[ignore = "needs the models of scripts/fetch_models.sh"]
fn published_quadrupeds_load_fit_and_stand() {
    let mut failed = Vec::new();
    for robot in published() {
        let folder = if robot.file.starts_with("go1/") || robot.file.starts_with("spot/") {
            PLAYGROUND
        } else {
            ROBOTS
        };
        let path = models().join(folder).join(robot.file);
        assert!(path.is_file(), "{} is not there: run scripts/fetch_models.sh", path.display());
        match stand(&robot, &path) {
            Ok(told) => println!("{}: stands; {told}", robot.file),
            Err(why) => {
                println!("{}: {why}", robot.file);
                failed.push(robot.file);
            }
        }
    }
    assert!(failed.is_empty(), "these do not stand: {failed:?}");
}
