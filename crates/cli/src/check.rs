//! `neuraxis check`: everything that is wrong with files, before anything runs.

use std::path::PathBuf;

use clap::Args;
use neuraxis_core::robot::{Articulation, Sensor};
use neuraxis_sim::model::JointKind;
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::{Changes, PlannedRobot};

use crate::exit::Exit;
use crate::files::{Kind, kind, yaml_files};
use crate::output;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis check robots scenes\n  neuraxis check robots/burger/burger.yaml\n  neuraxis check my_robot.urdf"
)]
pub(crate) struct CheckArgs {
    /// Robot files, scene files, models (`.urdf`, `.xml`), or folders of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Say nothing of files that are right.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn check(args: &CheckArgs) -> Exit {
    let mut files = Vec::new();
    for path in &args.files {
        if path.is_dir() {
            files.extend(yaml_files(path));
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        return output::usage(
            "there is nothing to check",
            "name a file, or a folder that holds `.yaml` files",
        );
    }
    let mut errors = Vec::new();
    for path in &files {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let report = if matches!(ending, "urdf" | "xml" | "mjcf") {
            neuraxis_sim::model::load(path).map(|model| describe_model(&model)).map_err(|e| vec![e])
        } else {
            match kind(path) {
                Some(Kind::Scene) => {
                    PlannedScene::load(path, &Changes::default()).map(|scene| describe_scene(&scene))
                }
                // A map is checked with the scene that uses it.
                Some(Kind::Map) => Ok(Vec::new()),
                // What cannot be told is held against the robot's schema; a missing file says so itself.
                Some(Kind::Robot) | None => {
                    PlannedRobot::load(path, &[]).map(|robot| describe_robot(&robot)).map_err(|e| vec![e])
                }
            }
        };
        match report {
            Ok(lines) if !args.quiet => {
                output::say(&format!("{}: good", path.display()));
                for line in lines {
                    output::say(&format!("  {line}"));
                }
            }
            Ok(_) => {}
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() {
        Exit::Good
    } else {
        output::complain(&errors);
        Exit::Usage
    }
}

fn describe_model(model: &neuraxis_sim::model::Model) -> Vec<String> {
    let mut lines = vec![format!(
        "model `{}`: {} links, {} joints, {:.3} kg",
        model.name,
        model.links.len(),
        model.joints.len(),
        model.mass()
    )];
    for link in &model.links {
        let i = link.mass.principal_inertia();
        lines.push(format!(
            "link {}: {:.4} kg, principal inertias [{:.2e}, {:.2e}, {:.2e}] kg·m², {} shapes",
            link.name,
            link.mass.mass(),
            i.x,
            i.y,
            i.z,
            link.colliders.len()
        ));
    }
    for joint in &model.joints {
        let kind = match joint.kind {
            JointKind::Revolute => "revolute",
            JointKind::Prismatic => "prismatic",
            JointKind::Other => "several axes",
            JointKind::Fixed => "fixed",
        };
        let limit =
            |value: Option<f32>, unit: &str| value.map_or("none".to_owned(), |v| format!("{v} {unit}"));
        let mut line = format!(
            "joint {}: {kind}, effort limit {}, velocity limit {}",
            joint.name,
            limit(joint.effort, "N·m or N"),
            limit(joint.velocity, "rad/s or m/s")
        );
        for (name, value) in
            [("damping", joint.damping), ("dry friction", joint.friction), ("armature", joint.armature)]
        {
            if value > 0.0 {
                line.push_str(&format!(", {name} {value}"));
            }
        }
        if let Some(limit) = &joint.soft_limit {
            line.push_str(&format!(", soft ends: solref {:?}, solimp {:?}", limit.solref, limit.solimp));
        }
        lines.push(line);
    }
    lines.extend(model.notes.iter().map(|note| format!("note: {note}")));
    lines
}

fn describe_robot(robot: &PlannedRobot) -> Vec<String> {
    let model = &robot.model;
    let mut lines = describe_model(&model.model);
    let rotors = model.model.joints.iter().any(|joint| joint.armature > 0.0);
    if rotors && model.spec.articulation == Articulation::Impulse {
        lines.push("note: `armature` is honoured only with `articulation: multibody`".to_owned());
    }
    if model.spec.planar {
        lines.push("planar: held in a level plane, which carries its weight".to_owned());
    }
    lines.push(format!("radius {:.3} m about {}", model.description.radius, model.base.name));
    if let Some(drive) = model.description.drive {
        lines.push(format!("wheels of radius {:.4} m, track {:.4} m", drive.wheel_radius, drive.track));
    }
    if let Some(steering) = &model.description.ackermann {
        lines.push(format!(
            "steered {:.4} m before them, up to {:.2} rad: it turns about a point no nearer than {:.2} m",
            steering.wheelbase,
            steering.angle,
            1.0 / steering.curvature()
        ));
    }
    if let Some(map) = &model.description.calibration {
        lines.push(format!("calibrated for {} speeds and {} turns", map.speed.len(), map.turn.len()));
    }
    for sensor in &model.description.sensors {
        let at = sensor.mount.translation.vector;
        let mut line = format!(
            "sensor {}: {} Hz at ({:.3}, {:.3}, {:.3}) m",
            sensor.sensor.name(),
            sensor.sensor.rate(),
            at.x,
            at.y,
            at.z
        );
        if let Sensor::Lidar { range: [nearest, farthest], beams, .. } = &sensor.sensor {
            line.push_str(&format!(", {beams} beams from {nearest} to {farthest} m"));
        }
        if let Some(deadline) = sensor.sensor.deadline() {
            line.push_str(&format!(", stops the body after {deadline:.2} s of silence"));
        }
        lines.push(line);
    }
    lines
}

fn describe_scene(scene: &PlannedScene) -> Vec<String> {
    let Ok(layout) = scene.layout(0) else { return Vec::new() };
    let [low, high] = layout.bounds;
    let mut lines = vec![format!(
        "{} solids within ({:.1}, {:.1}) to ({:.1}, {:.1}) m, for seed 0",
        layout.solids.len(),
        low[0],
        low[1],
        high[0],
        high[1]
    )];
    for (robot, task) in scene.robots.iter().zip(&layout.tasks) {
        lines.push(format!(
            "{}: from ({:.2}, {:.2}) to ({:.2}, {:.2}) m, shortest way {:.2} m",
            robot.model.spec.name,
            task.start.x,
            task.start.y,
            task.goal[0],
            task.goal[1],
            task.shortest_length()
        ));
    }
    lines
}
