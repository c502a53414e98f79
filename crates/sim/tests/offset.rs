//! A free body in reduced coordinates moves as mechanics has it, wherever the frame of its root link lies.
//!
//! The engine moves a free root as if the link's frame were in its centre of mass. Files put frames where they like, so the same
//! body is written here with its root's frame at several places, thrown without gravity, and bent by a motor.

mod common;

use nalgebra::{Matrix3, Rotation3, Unit, Vector3};
use neuraxis_core::World as _;
use neuraxis_core::file;
use neuraxis_core::robot::Robot;
use neuraxis_sim::arena::Stance;
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{Arena, RobotModel, Scene};

/// Masses of the trunk and the arm, kg.
const MASSES: [f64; 2] = [2.0, 0.7];
/// Principal inertias of the trunk and the arm about their middles, kg·m².
const INERTIAS: [[f64; 3]; 2] = [[0.010, 0.018, 0.024], [0.003, 0.0035, 0.0012]];
/// Seen from the mark on the trunk, m: its centre of mass, and the hinge.
const TRUNK: Vector3<f64> = Vector3::new(0.10, -0.06, 0.04);
const HINGE: Vector3<f64> = Vector3::new(0.22, 0.05, 0.02);
/// Seen from the hinge, m: the arm's centre of mass.
const ARM: Vector3<f64> = Vector3::new(0.03, 0.02, -0.12);
/// The hinge's axis.
const AXIS: Vector3<f64> = Vector3::new(0.6, 0.0, 0.8);
/// Physics step, s.
const STEP: f64 = 0.001;
const FREE: &str = "articulation: multibody";
const PLANAR: &str = "articulation: multibody\nplanar: true";

/// The body with the frame of its root link at `frame`, seen from the mark, m.
fn urdf(frame: Vector3<f64>) -> String {
    let at = |point: Vector3<f64>| format!("<origin xyz=\"{} {} {}\"/>", point.x, point.y, point.z);
    let inertial = |point: Vector3<f64>, i: usize| {
        let ([ixx, iyy, izz], mass) = (INERTIAS[i], MASSES[i]);
        format!(
            "<inertial>{}<mass value=\"{mass}\"/><inertia ixx=\"{ixx}\" ixy=\"0\" ixz=\"0\" iyy=\"{iyy}\" iyz=\"0\" \
             izz=\"{izz}\"/></inertial>",
            at(point)
        )
    };
    format!(
        "<robot name=\"thrown\">\n<link name=\"trunk\">{}</link>\n<link name=\"mark\"/>\n<link name=\"arm\">{}</link>\n\
         <joint name=\"fixed\" type=\"fixed\"><parent link=\"trunk\"/><child link=\"mark\"/>{}</joint>\n\
         <joint name=\"hinge\" type=\"continuous\"><parent link=\"trunk\"/><child link=\"arm\"/>{}\
         <axis xyz=\"{} {} {}\"/></joint>\n</robot>\n",
        inertial(TRUNK - frame, 0),
        inertial(ARM, 1),
        at(-frame),
        at(HINGE - frame),
        AXIS.x,
        AXIS.y,
        AXIS.z
    )
}

/// The robot of that body, with `more` keys in its file.
fn model(frame: Vector3<f64>, more: &str) -> RobotModel {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("thrown.urdf"), urdf(frame)).expect("it is written");
    let robot = format!(
        "name: thrown\nmodel: thrown.urdf\nbase: mark\n{more}\nradius: 0.3\nsensors: []\n\
         actuators: {{ kind: joint_torque, joints: [hinge] }}\nlimits: {{ linear: 1, angular: 1 }}\nbrain: null\n"
    );
    let loaded = file::parse::<Robot<()>>(&folder.path().join("thrown.yaml"), robot, &[])
        .and_then(|file| RobotModel::new(&file))
        .map_err(|error| error.to_string());
    loaded.expect("it loads")
}

fn arena(frame: Vector3<f64>, more: &str) -> Arena {
    let robot = model(frame, more);
    let scene = format!(
        "name: nowhere\nworld: []\nrobots: [{{ robot: thrown.yaml, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [50, 0] }} }}]\n\
         physics: {{ timestep: {STEP}, gravity: 0 }}\n"
    );
    let scene = file::parse::<SceneSpec>(std::path::Path::new("test.yaml"), scene, &[])
        .and_then(|file| Scene::load(&file))
        .map_err(|error| error.to_string())
        .expect("a scene");
    let layout = scene.layout(1, &[robot.size()]).expect("layout");
    Arena::new(1, &scene.spec, layout, vec![robot])
}

/// What is seen of the body.
#[derive(Clone, Copy, Debug)]
struct Seen {
    mark: Vector3<f64>,
    middle: Vector3<f64>,
    hinge: f64,
    momentum: Vector3<f64>,
    /// About the middle of all mass.
    spin: Vector3<f64>,
}

fn see(arena: &Arena) -> Seen {
    let robot = &arena.robots()[0];
    let (pose, (velocity, rate)) = (robot.pose(), robot.motion());
    let (angle, turning) = robot.joint(0).expect("a hinge");
    let trunk = pose.rotation.to_rotation_matrix();
    let axis = trunk * AXIS;
    let arm = Rotation3::from_axis_angle(&Unit::new_normalize(axis), angle) * trunk;
    let rates = [rate, rate + axis * turning];
    // From the mark.
    let hinge = trunk * HINGE;
    let middles = [trunk * TRUNK, hinge + arm * ARM];
    let at_hinge = velocity + rate.cross(&hinge);
    let velocities = [velocity + rate.cross(&middles[0]), at_hinge + rates[1].cross(&(arm * ARM))];
    let mass: f64 = MASSES.iter().sum();
    let middle = (middles[0] * MASSES[0] + middles[1] * MASSES[1]) / mass;
    let momentum = velocities[0] * MASSES[0] + velocities[1] * MASSES[1];
    let mut spin = Vector3::zeros();
    for (i, turned) in [trunk, arm].into_iter().enumerate() {
        let inertia = turned * Matrix3::from_diagonal(&Vector3::from(INERTIAS[i])) * turned.inverse();
        spin += inertia * rates[i] + (middles[i] - middle).cross(&(velocities[i] * MASSES[i]));
    }
    Seen {
        mark: pose.translation.vector,
        middle: pose.translation.vector + middle,
        hinge: angle,
        momentum,
        spin,
    }
}

/// Throws the body, bends it by a motor for the first of two seconds, and looks at it every 10 ms.
fn thrown(frame: Vector3<f64>, more: &str) -> Vec<Seen> {
    let mut arena = arena(frame, more);
    let mut stance = Stance {
        joints: vec![0.4],
        velocity: Vector3::new(0.3, -0.1, 0.5),
        rate: Vector3::new(1.0, -2.0, 3.0),
    };
    if more == PLANAR {
        (stance.velocity.z, stance.rate) = (0.0, Vector3::z() * 3.0);
    }
    assert!(arena.set_stance(0, &stance));
    let mut seen = vec![see(&arena)];
    let steps = (2.0 / STEP).round() as usize;
    for step in 0..steps {
        let mut command = arena.robots()[0].model.description.command();
        command.values[0] = if step < steps / 2 { 0.05 } else { 0.0 };
        arena.act(0, &command).expect("it acts");
        // A knock that is no internal one, for 20 ms.
        if (100..120).contains(&step) {
            arena.push(0, &Vector3::new(0.0, 3.0, 0.0));
        }
        arena.advance().expect("time goes on");
        if (step + 1) % 10 == 0 {
            seen.push(see(&arena));
        }
    }
    seen
}

/// Frames of the root: in the trunk's centre of mass, near it, and far off.
fn frames() -> [Vector3<f64>; 4] {
    [TRUNK, Vector3::zeros(), TRUNK + Vector3::new(0.0, 0.0, 0.3), Vector3::new(-0.4, 0.3, 0.1)]
}

#[test]
fn momentum_is_kept_wherever_the_roots_frame_lies() {
    let mass: f64 = MASSES.iter().sum();
    for frame in frames() {
        let seen = thrown(frame, FREE);
        // Once the knock is over.
        let start = seen[15];
        for (i, now) in seen.iter().enumerate().skip(15) {
            let time = 0.01 * (i - 15) as f64;
            let off = (now.middle - start.middle - start.momentum / mass * time).norm();
            let lost = (now.momentum - start.momentum).norm() / start.momentum.norm();
            let turned = (now.spin - start.spin).norm() / start.spin.norm();
            assert!(off < 1e-3, "{frame}: after {time:.2} s the middle is {off} m off a straight line");
            assert!(
                lost < 1e-3 && turned < 1e-3,
                "{frame}: after {time:.2} s, {lost} and {turned} of it are lost"
            );
        }
    }
}

#[test]
fn the_same_body_moves_the_same_wherever_its_roots_frame_lies() {
    let [centred, others @ ..] = frames();
    // In a plane frames stay where they are; an origin that goes round in 0.6 m goes there in chords, by the step.
    for (more, way_at_least, most) in [(FREE, 1.0, 1e-4), (PLANAR, 0.5, 1e-2)] {
        let wanted = thrown(centred, more);
        let (start, end) = (wanted[0], wanted[200]);
        let (way, bent) = ((end.mark - start.mark).norm(), (end.hinge - start.hinge).abs());
        assert!(way > way_at_least && bent > 0.5, "{more}: it moves {way} m and bends {bent} rad");
        for frame in others {
            let seen = thrown(frame, more);
            for (i, (got, wanted)) in seen.iter().zip(&wanted).enumerate() {
                // Bodies without shapes begin at a height of the file's.
                let off = ((got.mark - seen[0].mark) - (wanted.mark - start.mark)).norm();
                let middle = ((got.middle - got.mark) - (wanted.middle - wanted.mark)).norm();
                let bent = (got.hinge - wanted.hinge).abs();
                assert!(
                    off < most && middle < most && bent < most,
                    "{more}, {frame}, look {i}: {off} m, {middle} m, {bent} rad off"
                );
            }
        }
    }
}

#[test]
fn only_a_free_root_in_reduced_coordinates_is_put_into_its_middle() {
    let off = |robot: &RobotModel| {
        let link = robot.model.frame(&robot.model.links[0].name).expect("the root's own frame");
        (f64::from(link.pose.translation.length()), f64::from(robot.model.links[0].mass.local_com.length()))
    };
    let far = TRUNK + Vector3::new(0.0, 0.0, 0.3);
    assert_eq!(off(&model(TRUNK, FREE)), (0.0, 0.0));
    let (moved, left) = off(&model(far, FREE));
    assert!((moved - 0.3).abs() < 1e-6 && left == 0.0, "{moved} m moved, {left} m left");
    for other in ["articulation: impulse", PLANAR] {
        let (moved, left) = off(&model(far, other));
        assert!(moved == 0.0 && (left - 0.3).abs() < 1e-6, "{other}: {moved} m moved, {left} m left");
    }
    // What comes with us is written so that it keeps its bits.
    for file in ["car/car.yaml", "quadruped/quadruped.yaml"] {
        assert_eq!(off(&common::robot(file)).0, 0.0, "{file}");
    }
}
