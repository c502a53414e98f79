//! Ground that is not level carries legs, and one starts on top of it.

mod common;

use std::path::Path;

use nalgebra::Vector3;
use neuraxis_core::body::Body as _;
use neuraxis_core::{file, math};
use neuraxis_sim::scene::SceneSpec;

/// Height of the base at the start and after 2 s in its stance, and how far it leans then (rad), for each seed.
fn stands(world: &str, seeds: u64) -> Vec<(f64, f64, f64)> {
    let scene = format!(
        "name: ground\nworld: [{world}]\n\
         robots: [{{ robot: it.yaml, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [3, 0] }} }}]\n"
    );
    (0..seeds)
        .map(|seed| {
            let robot = common::robot("quadruped/quadruped.yaml");
            let stance = robot.spec.stance.clone();
            let mut body = common::place(robot, &scene, seed);
            let start = body.arena().robots()[0].pose().translation.z;
            let mut percepts = body.description().percepts();
            let mut command = body.description().command();
            let names = body.description().joints();
            for (value, name) in command.values.iter_mut().zip(&names) {
                *value = stance.get(name).copied().unwrap_or(0.0);
            }
            for _ in 0..200 {
                body.sense(&mut percepts).expect("it feels");
                command.stamp = percepts.now;
                body.act(&command).expect("it acts");
            }
            let pose = body.arena().robots()[0].pose();
            (start, pose.translation.z, math::acos((pose.rotation * Vector3::z()).z.clamp(-1.0, 1.0)))
        })
        .collect()
}

#[test]
fn legs_stand_on_bumps_wherever_the_seed_puts_them() {
    let level = stands("", 1)[0];
    let bumps = "{ kind: bumps, within: [[-3, -3], [3, 3]], amplitude: 0.03, wavelength: 0.6 }";
    let all = stands(bumps, 4);
    for (start, height, lean) in &all {
        assert!(
            *start > level.0 && *start < level.0 + 0.06 + 1e-3,
            "it starts on the highest bump: {start} m"
        );
        // The mean of the ground is the amplitude above the level.
        assert!((height - level.1 - 0.03).abs() < 0.045, "{height} m instead of {}", level.1 + 0.03);
        assert!(*lean < 0.25, "it leans by {lean} rad");
    }
    assert!(all.iter().any(|(_, _, lean)| *lean > 0.01), "no seed drew a bump");
    assert!(all[0] != all[1], "the seed draws");
}

#[test]
fn legs_stand_on_a_slope() {
    // Ten degrees, from the tail on.
    let slope = "{ kind: ramp, at: [-1, 0], size: [4, 3, 0.705], yaw: 0 }";
    let (_, height, lean) = stands(slope, 1)[0];
    let level = stands("", 1)[0].1;
    assert!((lean - 0.1745).abs() < 0.06, "it leans by {lean} rad");
    assert!((height - level - 0.176).abs() < 0.04, "{} m above the level", height - level);
}

#[test]
fn impossible_bumps_are_refused() {
    let problem = |thing: &str| {
        let text = format!(
            "name: it\nworld: [{thing}]\nrobots: [{{ robot: a.yaml, spawn: {{ at: [0, 0] }}, goal: {{ at: [1, 0] }} }}]\n"
        );
        file::parse::<SceneSpec>(Path::new("it.yaml"), text, &[]).expect_err("a problem").to_string()
    };
    let walls = problem("{ kind: bumps, within: [[0, 0], [1, 1]], amplitude: 0.2, wavelength: 0.5 }");
    assert!(walls.contains("a quarter of the wavelength: 0.125"), "{walls}");
    let many = problem("{ kind: bumps, within: [[0, 0], [100, 100]], amplitude: 0.01, wavelength: 0.1 }");
    assert!(many.contains("too many"), "{many}");
    let upside = problem("{ kind: bumps, within: [[1, 1], [0, 0]], amplitude: 0.01, wavelength: 0.1 }");
    assert!(upside.contains("lowest x and y first"), "{upside}");
}
