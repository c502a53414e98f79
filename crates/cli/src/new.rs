//! `neuraxis new`: a robot or scene file to start from.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use neuraxis_sim::model::{self, JointKind, Model};

use crate::exit::Exit;
use crate::{embedded, output};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  neuraxis new robot scout --from scout.urdf\n  neuraxis new scene hall")]
pub(crate) struct NewArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// robots/NAME/NAME.yaml, from a URDF or MJCF model or as a copy of the burger.
    Robot {
        /// The robot's name.
        name: String,
        /// Its model.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// scenes/NAME.yaml, a small world to change.
    Scene {
        /// The scene's name.
        name: String,
    },
}

pub(crate) fn create(args: &NewArgs) -> Exit {
    let name = match &args.what {
        What::Robot { name, .. } | What::Scene { name } => name,
    };
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if !plain {
        let help = "a name consists of letters, digits, `_` and `-`: it becomes a file's name";
        return output::usage_error(&format!("`{name}` cannot be a name"), help);
    }
    match &args.what {
        What::Robot { name, from } => robot(name, from.as_deref()),
        What::Scene { name } => scene(name),
    }
}

fn robot(name: &str, from: Option<&Path>) -> Exit {
    let folder = PathBuf::from("robots").join(name);
    let path = folder.join(format!("{name}.yaml"));
    if path.exists() {
        return output::usage_error(
            &format!("{} is there already", path.display()),
            "choose another name, or remove it",
        );
    }
    let (text, model_name, model_text) = match from {
        None => (
            embedded::BURGER.replace("burger", name),
            format!("{name}.urdf"),
            embedded::BURGER_URDF.to_owned(),
        ),
        Some(from) => {
            let model = match model::load(from) {
                Ok(model) => model,
                Err(error) => {
                    output::print_errors(&[error]);
                    return Exit::Usage;
                }
            };
            let file_name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Meshes lie beside the model, so the file refers to it where it is.
            let there = from.canonicalize().unwrap_or_else(|_| from.to_owned());
            (guess(name, &there.to_string_lossy(), &model), file_name, String::new())
        }
    };
    let written = output::prepare_folder(&folder).and_then(|()| {
        if !model_text.is_empty() {
            output::write(&folder.join(&model_name), &model_text)?;
        }
        output::write(&path, &text)
    });
    if let Err(error) = written {
        return output::usage_error(
            &format!("cannot write {}: {error}", path.display()),
            "choose a folder that you may write to",
        );
    }
    output::print(&format!("wrote {}\nnext: neuraxis check {}", path.display(), path.display()));
    Exit::Success
}

/// A robot file for a model: its two likeliest wheels, or all of its joints.
fn guess(name: &str, model_path: &str, model: &Model) -> String {
    let turning: Vec<&str> =
        model.joints.iter().filter(|j| j.kind == JointKind::Revolute).map(|j| j.name.as_str()).collect();
    let side = |side: &str| turning.iter().find(|j| j.contains("wheel") && j.contains(side)).copied();
    let frame = |words: &[&str], fallback: &str| {
        let found = model.frames.iter().find(|f| words.iter().any(|w| f.name.contains(w)));
        found.map_or(fallback.to_owned(), |f| f.name.clone())
    };
    let root = model.frames.first().map_or("base_link", |f| f.name.as_str());
    let mut text =
        format!("# Written by `neuraxis new robot`: check every line.\nname: {name}\nmodel: {model_path}\n");
    if let (Some(left), Some(right)) = (side("left"), side("right")) {
        let scan = frame(&["scan", "laser", "lidar"], root);
        let imu = frame(&["imu", "gyro"], root);
        text.push_str(&format!(
                "sensors:\n  - {{ name: scan, kind: lidar, link: {scan}, beams: 360, range: [0.1, 8.0], rate: 10, noise: {{ std: 0.01 }} }}\n  \
                 - {{ name: imu, kind: imu, link: {imu}, rate: 200, noise: {{ gyro: 0.005 }} }}\n  \
                 - {{ name: odom, kind: wheel_odometry, left: {left}, right: {right}, rate: 50, noise: {{ proportional: 0.02 }} }}\n\
                 actuators: {{ kind: differential_drive, left: {left}, right: {right} }}\n"
            ));
    } else {
        // What is commanded by position has a range and a greatest speed.
        let ranged = model.joints.iter().filter(|j| j.kind == JointKind::Revolute && j.range().is_some());
        let is_slow = ranged.clone().all(|joint| joint.velocity.is_some());
        let joints: Vec<&str> = ranged.map(|joint| joint.name.as_str()).collect();
        let slowest = model.joints.iter().filter_map(|joint| joint.velocity).fold(5.0, f32::min);
        let (note, limits) = if is_slow {
            ("", String::new())
        } else {
            let note = "# The model does not say how fast all its joints may go: say it here.\n";
            (note, format!(", limits: {{ velocity: {slowest:.2} }}"))
        };
        text.push_str(&format!(
            "articulation: multibody\nsensors:\n  - {{ name: joints, kind: joint_state, rate: 100 }}\n{note}\
                 actuators: {{ kind: joint_position, kp: 50.0, kd: 1.0, joints: [{}]{limits} }}\n",
            joints.join(", ")
        ));
    }
    text.push_str("limits: { linear: 0.5, angular: 1.5 }\nbrain:\n  rate: 100\n");
    text
}

fn scene(name: &str) -> Exit {
    let path = PathBuf::from("scenes").join(format!("{name}.yaml"));
    if path.exists() {
        return output::usage_error(
            &format!("{} is there already", path.display()),
            "choose another name, or remove it",
        );
    }
    let text = format!(
        "name: {name}\ndescription: a room with a box in the way\nworld:\n  \
         - {{ kind: wall, from: [0, 0], to: [4, 0] }}\n  - {{ kind: wall, from: [4, 0], to: [4, 3] }}\n  \
         - {{ kind: wall, from: [4, 3], to: [0, 3] }}\n  - {{ kind: wall, from: [0, 3], to: [0, 0] }}\n  \
         - {{ kind: box, at: [2, 1.5], size: [0.4, 0.8, 0.5] }}\nrobots:\n  \
         - {{ robot: ../robots/burger/burger.yaml, spawn: {{ at: [0.6, 1.5], yaw: 0 }}, goal: {{ at: [3.4, 1.5] }} }}\ntime_limit: 120\n"
    );
    let written = fs::create_dir_all("scenes")
        .and_then(|()| embedded::burger_if_missing())
        .and_then(|()| output::write(&path, &text));
    if let Err(error) = written {
        return output::usage_error(
            &format!("cannot write {}: {error}", path.display()),
            "choose a folder that you may write to",
        );
    }
    output::print(&format!("wrote {}\nnext: neuraxis run {}", path.display(), path.display()));
    Exit::Success
}
