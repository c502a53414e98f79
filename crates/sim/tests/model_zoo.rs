//! Models that others published: which of them load, fall to the ground and stay finite, and what each lacks.
//!
//! Needs `scripts/fetch_models.sh`, so that it is not part of the plain test run:
//! `cargo test -p neuraxis-sim --test model_zoo -- --ignored`. What it finds is held against
//! `docs/model_zoo.md`; with `NEURAXIS_UPDATE=1` it writes that file anew.

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use neuraxis_core::body::Body as _;
use neuraxis_core::file;
use neuraxis_core::robot::Robot;
use neuraxis_sim::model::{self, JointKind, Model};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{Arena, RobotModel, Scene, SoloBody};

const PACKAGES: [(&str, &str, &str); 3] = [
    ("example-robot-data 6.0.0", "example_robot_data/cmeel.prefix/share/example-robot-data/robots", "urdf"),
    ("gymnasium 1.4.0", "gymnasium/gymnasium/envs/mujoco/assets", "xml"),
    ("playground 0.2.0", "playground/mujoco_playground/_src", "xml"),
];

fn models() -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    std::env::var_os("NEURAXIS_MODELS").map_or(home.join(".cache/neuraxis/models"), PathBuf::from)
}

fn find(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            find(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// Scenes, parts that are included by others, and lists of sensors are no robots.
fn is_robot(path: &Path) -> bool {
    let text = path.to_string_lossy();
    !["scene", "sensor", "common", "joint_position_actuators"].iter().any(|part| text.contains(part))
}

/// Two seconds of the model, limp, above level ground; what went wrong, if something did.
fn fall(path: &Path, model: &Model) -> Result<(), String> {
    let turning: Vec<&str> = model
        .joints
        .iter()
        .filter(|joint| matches!(joint.kind, JointKind::Revolute | JointKind::Prismatic))
        .map(|joint| joint.name.as_str())
        .collect();
    if turning.is_empty() {
        return Ok(());
    }
    let names = serde_json::to_string(&turning).map_err(|error| error.to_string())?;
    let text = format!(
        "name: it\nmodel: {}\narticulation: multibody\nsensors: [{{ name: joints, kind: joint_state, rate: 100 }}]\n\
         actuators: {{ kind: joint_torque, joints: {names} }}\nlimits: {{ linear: 1, angular: 1 }}\nbrain: null\n",
        path.display()
    );
    let robot = file::parse::<Robot<()>>(Path::new("it.yaml"), text, &[]).map_err(|e| e.to_string())?;
    let robot = RobotModel::new(&robot).map_err(|e| e.to_string())?;
    let scene = file::parse::<SceneSpec>(Path::new("scene.yaml"), common::OPEN.to_owned(), &[])
        .map_err(|e| e.to_string())?;
    let scene = Scene::load(&scene).map_err(|e| e.to_string())?;
    let layout = scene.layout(0, &[robot.size()]).map_err(|e| e.to_string())?;
    let arena = Arena::new(0, &scene.spec, layout, vec![robot]);
    let mut body = SoloBody::new(arena, 100.0).ok_or("no robot")?;
    let mut percepts = body.description().percepts();
    let mut command = body.description().command();
    for _ in 0..200 {
        // Who has shapes at the feet alone hangs by them, a body's length below the ground: lost to a scene, but whole.
        let robot = &body.arena().robots()[0];
        let is_slow = |joint: usize| robot.joint(joint).is_some_and(|(_, speed)| speed.abs() < 100.0);
        let is_whole = (0..robot.model.model.joints.len()).all(is_slow);
        if body.is_lost() && robot.center_of_mass().norm() < 3.0 && is_whole {
            return Ok(());
        }
        body.sense(&mut percepts).map_err(|e| e.to_string())?;
        command.stamp = percepts.now;
        body.act(&command).map_err(|e| e.to_string())?;
    }
    match percepts.slots()[0].reading() {
        Some(reading) if reading.is_sane() => Ok(()),
        _ => Err("its joints are nowhere after 2 s".to_owned()),
    }
}

fn row(folder: &Path, path: &Path) -> (String, bool) {
    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let plain = |text: &str| {
        let text = text.replace(&*path.to_string_lossy(), "").replace(&*folder.to_string_lossy(), "");
        text.trim_start_matches(": ").replace('|', "\\|").replace('\n', " ")
    };
    match model::load(path) {
        Err(error) => (format!("| {name} | no | | {} |", plain(&error.problems[0].problem.message)), false),
        Ok(model) => {
            let (verdict, good) = match fall(path, &model) {
                Ok(()) => ("yes".to_owned(), true),
                Err(why) => (format!("no: {}", plain(&why)), false),
            };
            let mut notes: Vec<String> = model.notes.iter().map(|note| plain(note)).collect();
            let count = notes.len();
            notes.truncate(3);
            if count > 3 {
                notes.push(format!("and {} more", count - 3));
            }
            let measures = format!("{} joints, {:.1} kg", model.joints.len(), model.mass());
            (format!("| {name} | {verdict} | {measures} | {} |", notes.join("; ")), good)
        }
    }
}

#[test]
#[ignore = "needs the models of scripts/fetch_models.sh"]
fn published_models_load_and_stay_finite() {
    let mut text = String::from(
        "# Robot models of others\n\n\
         Which published models load, and what each lacks: written by\n\
         `NEURAXIS_UPDATE=1 cargo test -p neuraxis-sim --test model_zoo -- --ignored` after `scripts/fetch_models.sh`,\n\
         held by the same test. \"Loads\" means: read, checked, put into a world as a multibody, fallen limp onto level\n\
         ground for 2 s (or through it, where a model is not solid), every joint still finite. What a model lacks is what\n\
         `neuraxis check` says of it.\n\n\
         The package `mujoco-menagerie` holds no models (it fetches them from elsewhere when it runs); the copies of\n\
         Menagerie's robots that `playground` carries take its place.\n",
    );
    let (mut good, mut all) = (0, 0);
    for (package, folder, ending) in PACKAGES {
        let folder = models().join(folder);
        let mut paths = Vec::new();
        find(&folder, ending, &mut paths);
        paths.retain(|path| is_robot(path));
        paths.sort();
        assert!(paths.len() > 5, "{package} is not in {}: run scripts/fetch_models.sh", folder.display());
        let _ = write!(
            text,
            "\n## {package}\n\n| model | loads | size | what it lacks |\n| --- | --- | --- | --- |\n"
        );
        for path in paths {
            let (row, loads) = row(&folder, &path);
            let _ = writeln!(text, "{row}");
            all += 1;
            good += usize::from(loads);
        }
    }
    let _ = write!(text, "\n{good} of {all} load.\n");
    let page = common::root().join("docs/model_zoo.md");
    if std::env::var_os("NEURAXIS_UPDATE").is_some() {
        std::fs::write(&page, &text).expect("docs/model_zoo.md");
    }
    assert!(good >= 20, "{text}");
    let published = std::fs::read_to_string(page).unwrap_or_default();
    assert!(published == text, "docs/model_zoo.md is out of date; it should be\n{text}");
}
