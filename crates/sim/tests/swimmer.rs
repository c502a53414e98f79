//! The swimmer: it coasts, bends and swims as in the physics that its published numbers come from.
//!
//! The golden trace is that of `dm_control`'s swimmer of six links in `MuJoCo`, swum by the untrained circuit of
//! Bhattasali et al. (2022), from a straight start at rest: 1000 control steps of 0.03 s.

mod common;
#[path = "common/swim.rs"]
mod swim;

use nalgebra::Vector3;
use neuraxis_core::World as _;
use neuraxis_core::math;
use neuraxis_sim::arena::Stance;
use neuraxis_sim::{Arena, swimmer};

use swim::{CHOSEN, Circuit, Settings, Swim, WATER};

/// Steps of 0.002 s, as in the physics of the published numbers.
const FINE: Settings = Settings { steps: 15, iterations: 1 };

/// A straight swimmer of `links` links that moves at `velocity` along and across itself.
fn coasting(links: usize, velocity: [f64; 2], yaw: f64, robot: impl Fn(String) -> String) -> Arena {
    let water = "medium: { density: 3000, buoyancy: true }";
    let mut arena = swim::pool(swim::body_with(links, |text| text, robot), FINE, water, yaw);
    let velocity = nalgebra::Rotation3::from_axis_angle(&Vector3::z_axis(), yaw)
        * Vector3::new(velocity[0], velocity[1], 0.0);
    assert!(arena.set_stance(0, &Stance { velocity, ..Stance::default() }));
    arena
}

fn speed(arena: &Arena) -> f64 {
    arena.robots()[0].motion().0.norm()
}

fn drift(arena: &mut Arena, seconds: f64) {
    for _ in 0..(seconds / swim::CONTROL * FINE.steps as f64).round() as usize {
        arena.advance_physics();
    }
}

#[track_caller]
fn about(value: f64, wanted: f64, tolerance: f64) {
    assert!((value - wanted).abs() <= tolerance * wanted.abs(), "{value} instead of {wanted}");
}

#[test]
fn a_straight_body_coasts_as_its_drag_says() {
    let soft = swimmer::robot(2, "")
        .split_once("soft")
        .map(|(_, rest)| format!("soft{}", &rest[..rest.find("radius").expect("it")]));
    let soft = soft.expect("soft limits");
    for yaw in [0.0, 2.0] {
        for (articulation, root) in
            [("multibody", "planar: true"), ("multibody", "planar: false"), ("impulse", "planar: false")]
        {
            let change = |text: String| {
                let text = if articulation == "impulse" { text.replace(&soft, "") } else { text };
                text.replace("multibody", articulation).replace("planar: true", root)
            };
            let mut arena = coasting(6, [0.1, 0.0], yaw, change);
            about(speed(&arena), 0.1, 1e-5);
            drift(&mut arena, 6.0);
            about(speed(&arena), 0.1 / (1.0 + 6.0 * 0.1 * 6.0), 0.01);
            // Aside nothing but one link after the other.
            let mut arena = coasting(2, [0.0, 0.05], yaw, change);
            drift(&mut arena, 3.0);
            about(speed(&arena), 0.05 / (1.0 + 300.0 * 0.05 * 3.0), 0.01);
        }
    }
}

#[test]
fn velocimeters_read_each_link_in_its_own_frame() {
    let mut arena = coasting(6, [0.1, 0.02], 2.0, |text| text);
    let joints = vec![0.5, 0.0, -0.3, 0.0, 0.0];
    let velocity = Vector3::new(0.03, -0.04, 0.0);
    assert!(arena.set_stance(0, &Stance { joints, velocity, rate: Vector3::new(0.0, 0.0, 0.7) }));
    let moved = |arena: &mut Arena| -> Vec<_> {
        let mut percepts = arena.robots()[0].model.description.percepts();
        arena.sense(0, &mut percepts).expect("it senses");
        let slots = percepts.slots().iter();
        slots
            .filter_map(|slot| match slot.reading() {
                Some(neuraxis_core::Reading::Twist(motion)) => Some(*motion),
                _ => None,
            })
            .collect()
    };
    let moved = moved(&mut arena);
    assert_eq!(moved.len(), 6);
    // Joints at rest: one rigid body. From one link's origin to the next lead half a link, a bend and half a link.
    let bends = [0.5, 0.0, -0.3, 0.0, 0.0];
    for (i, bend) in bends.into_iter().enumerate() {
        let (front, back) = (&moved[i], &moved[i + 1]);
        about(front.angular_velocity.z, 0.7, 1e-4);
        let half = Vector3::new(-0.05, 0.0, 0.0);
        let rate = Vector3::new(0.0, 0.0, 0.7);
        let turned = nalgebra::Rotation3::from_axis_angle(&Vector3::z_axis(), bend);
        let hinge = front.linear_velocity + rate.cross(&half);
        let wanted = turned.inverse() * hinge + rate.cross(&half);
        assert!((back.linear_velocity - wanted).norm() < 1e-5, "link {i}: {moved:?}");
    }
    let speed = arena.robots()[0].forward_speed();
    assert!((moved[0].linear_velocity.x - speed).abs() < 1e-6, "{speed}");
}

#[test]
fn a_swimmer_without_water_keeps_its_way() {
    for yaw in [0.0, 2.0] {
        let mut arena = swim::pool(swim::body(6), FINE, "", yaw);
        let velocity = Vector3::new(0.03, 0.04, 0.0);
        let joints = vec![0.3, -0.2, 0.1, 0.4, -0.3];
        assert!(arena.set_stance(0, &Stance { joints: joints.clone(), velocity, rate: Vector3::zeros() }));
        for (i, joint) in joints.iter().enumerate() {
            about(arena.robots()[0].joint(i).expect("a joint").0, *joint, 1e-5);
        }
        let start = arena.robots()[0].center_of_mass();
        drift(&mut arena, 3.0);
        let way = arena.robots()[0].center_of_mass() - start;
        assert!((way - velocity * 3.0).norm() < 1e-3, "{way:?}");
    }
}

/// The rows of the golden trace: the joints' positions as shares of their range, and the head's forward speed.
fn golden() -> Vec<Vec<f64>> {
    let number = |v: &str| v.parse().expect("a number");
    let text = include_str!("data/swimmer6.csv");
    text.lines().skip(1).map(|line| line.split(',').map(number).collect()).collect()
}

/// Root mean square of the difference of all joints' positions, as shares of their range.
fn apart(swim: &Swim, golden: &[Vec<f64>]) -> f64 {
    let squares =
        swim.q.iter().zip(golden).flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)));
    let count = swim.q.len() * swim.q[0].len();
    (squares.sum::<f64>() / count as f64).sqrt()
}

/// Swims the golden trace with another model or robot file.
fn swum(
    model: impl Fn(String) -> String,
    robot: impl Fn(String) -> String,
    settings: Settings,
    medium: &str,
    strength: f64,
) -> Swim {
    let mut arena = swim::pool(swim::body_with(6, model, robot), settings, medium, 0.0);
    swim::swim(&mut arena, &Circuit { strength, ..Circuit::default() }, settings, 1000)
}

fn same(text: String) -> String {
    text
}

#[test]
fn the_swimmer_follows_the_golden_trace() {
    let golden = golden();
    let swim = swum(same, same, CHOSEN, WATER, 1.0);
    let (apart, reward, wave) = (apart(&swim, &golden), swim.reward(), swim.wave(60));
    let told: f64 = golden.iter().map(|row| (row[5] / 0.1).clamp(0.0, 1.0)).sum();
    about(told, 794.953, 1e-4);
    assert!(apart <= 0.05, "rms {apart}");
    about(reward, 795.0, 20.0 / 795.0);
    let lag = wave[4].lag / 4.0;
    assert!((100.0..=104.0).contains(&lag), "{wave:?}");
    for (swing, wanted) in wave.iter().zip([1.128, 1.080, 1.033, 1.064, 1.199]) {
        about(swing.amplitude, wanted, 0.03);
    }
    let ([x, y], end) = (swim.way[999], &golden[999]);
    assert!(math::hypot(x - end[6], y - end[7]) < 0.15, "({x}, {y}) instead of ({}, {})", end[6], end[7]);
}

/// With short steps what is left is the difference of the engines, not of the steps.
#[test]
fn with_short_steps_it_is_the_golden_trace() {
    let swim = swum(same, same, Settings { steps: 15, iterations: 2 }, WATER, 1.0);
    let apart = apart(&swim, &golden());
    assert!(apart <= 0.01, "rms {apart}");
    about(swim.reward(), 795.0, 0.01);
}

/// What goes wrong when a part of the physics is left out is what goes wrong there.
#[test]
fn each_part_of_the_physics_shows_as_published() {
    let rows: [(&str, f64, f64); 7] = [
        ("hard limits", 803.0, 0.096),
        ("no armature", 801.7, 0.031),
        ("joint damping 1e-4", 496.4, 0.601),
        ("joint damping 1e-5", 749.8, 0.093),
        ("density 1000", 887.2, 0.63),
        ("density 4000", 672.9, 0.25),
        ("half the torque", 471.4, 0.81),
    ];
    let golden = golden();
    for (what, reward, rms) in rows {
        let model = |text: String| match what {
            "no armature" => text.replace(" armature=\"1e-6\"", ""),
            "joint damping 1e-5" => text.replace("armature=\"1e-6\"", "armature=\"1e-6\" damping=\"1e-5\""),
            "joint damping 1e-4" => text.replace("armature=\"1e-6\"", "armature=\"1e-6\" damping=\"1e-4\""),
            _ => text,
        };
        let robot = |text: String| match what {
            "hard limits" => text.replace("soft_limits:\n  - {", "# {"),
            _ => text,
        };
        let medium = match what {
            "density 1000" => "medium: { density: 1000 }",
            "density 4000" => "medium: { density: 4000 }",
            _ => WATER,
        };
        let strength = if what == "half the torque" { 0.5 } else { 1.0 };
        let swim = swum(model, robot, FINE, medium, strength);
        let (found, apart) = (swim.reward(), apart(&swim, &golden));
        println!("{what}: {found:.1} ({reward}), rms {apart:.3} ({rms})");
        assert!((found - reward).abs() < 40.0, "{what}: {found} instead of {reward}");
        assert!((apart - rms).abs() < 0.06 + 0.1 * rms, "{what}: rms {apart} instead of {rms}");
    }
}

#[test]
fn swimming_is_reproducible_to_the_bit() {
    let digest = || {
        let mut arena = swim::pool(swim::body(6), CHOSEN, WATER, 0.3);
        let joints = vec![1.2, -0.5, 0.3, -1.3, 0.8];
        assert!(arena.set_stance(0, &Stance { joints, ..Stance::default() }));
        (0..500).for_each(|_| arena.advance().expect("time goes on"));
        arena.digest()
    };
    assert_eq!(digest(), digest());
}

#[test]
fn the_published_files_are_the_generators() {
    let folder = common::root().join("robots/swimmer");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    assert_eq!(read("swimmer6.xml"), swimmer::model(6));
    let robot = read("swimmer6.yaml");
    let body: Vec<&str> = robot.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(body.join("\n").starts_with(&swimmer::robot(6, "swimmer6.xml")), "{robot}");
}
