//! What `neuraxis check` says of models, robots and scenes that are right.

use std::path::Path;

use neuraxis_core::file::FileError;
use neuraxis_core::robot::Articulation;
use neuraxis_core::senses::{LidarSpec, Sensor};
use neuraxis_core::{Actuator, Interface};
use neuraxis_sim::model::JointKind;
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::{Changes, PlannedRobot};

use crate::files::{Kind, kind};

/// Loads the file, whatever it is, and says what it describes, line by line.
///
/// # Errors
/// Everything that is wrong with it and with what it refers to.
pub(crate) fn look(path: &Path) -> Result<Vec<String>, Vec<FileError>> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if matches!(ending, "urdf" | "xml" | "mjcf") {
        return neuraxis_sim::model::load(path).map(|model| describe_model(&model)).map_err(|e| vec![e]);
    }
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
    lines.extend(robot.file.hints().map(|hint| format!("note: {hint}")));
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
    for actuator in &model.description.actuators {
        lines.push(describe_actuator(actuator, robot.file.value.brain.safety.effort));
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
        if let Sensor::Lidar(LidarSpec { range: [nearest, farthest], beams, .. }) = &sensor.sensor {
            line.push_str(&format!(", {beams} beams from {nearest} to {farthest} m"));
        }
        if let Some(deadline) = sensor.sensor.deadline() {
            line.push_str(&format!(", stops the body after {deadline:.2} s of silence"));
        }
        lines.push(line);
    }
    lines
}

/// What an actuator may be commanded, and how it stops; `effort` (N·m or N) is what no actuator may exceed.
fn describe_actuator(actuator: &Actuator, effort: f64) -> String {
    let limits = &actuator.limits;
    let mut line = format!("actuator {}: {}", actuator.joint, actuator.interface.name());
    if let (Some([low, high]), Interface::Position) = (limits.position, actuator.interface) {
        line.push_str(&format!(" within [{low:.3}, {high:.3}] rad or m"));
    }
    // In single precision, as the model has them.
    match (actuator.interface, limits.velocity, limits.effort) {
        (Interface::Effort, _, Some(own)) => {
            line.push_str(&format!(", at most {} N·m or N", own.min(effort) as f32));
        }
        (Interface::Effort, _, None) => {
            line.push_str(&format!(", at most {effort} N·m or N (`safety.effort`: the model has no limit)"));
        }
        (_, Some(velocity), _) => line.push_str(&format!(", at most {} rad/s or m/s", velocity as f32)),
        (_, None, _) => line.push_str(", as fast as the limits of the body allow"),
    }
    line.push_str(&format!("; when the body stops it does `{}`", actuator.stop.name()));
    line
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
    lines.extend(scene.hints().map(|hint| format!("note: {hint}")));
    for (robot, task) in scene.robots.iter().zip(&layout.assignments) {
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
