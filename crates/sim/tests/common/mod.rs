//! What the tests of this crate share: the burger in a small world.

use std::path::{Path, PathBuf};

use neuraxis_core::file;
use neuraxis_core::robot::Robot;
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{Arena, RobotModel, Scene, SoloBody};

#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The burger's body, whatever its brain's block says.
#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) fn burger() -> RobotModel {
    robot("burger/burger.yaml")
}

/// The body of a robot file of ours, whatever its brain's block says.
#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) fn robot(file: &str) -> RobotModel {
    let path = root().join("robots").join(file);
    let text = file::read(&path).expect("a robot");
    let body = text.split("\nbrain:").next().expect("body").to_owned() + "\nbrain: null\n";
    let loaded = file::parse::<Robot<()>>(&path, body, &[]).map_err(|e| e.to_string()).expect("it loads");
    RobotModel::new(&loaded).map_err(|e| e.to_string()).expect("it loads")
}

#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) fn solo(scene: &str, seed: u64) -> SoloBody {
    place(burger(), scene, seed)
}

#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) fn place(robot: RobotModel, scene: &str, seed: u64) -> SoloBody {
    let loaded = file::parse::<SceneSpec>(Path::new("test.yaml"), scene.to_owned(), &[])
        .map_err(|e| e.to_string())
        .expect("it loads");
    let scene = Scene::load(&loaded).expect("scene");
    let layout = scene.layout(seed, &[robot.size()]).expect("layout");
    let arena = Arena::new(seed, &scene.spec, layout, vec![robot]);
    SoloBody::new(arena, 100.0).expect("robot")
}

/// Any robot in any scene: its file, its model (name and text), the scene.
#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) fn solo_of(robot: &str, model: (&str, &str), scene: &str, seed: u64) -> SoloBody {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(model.0), model.1).expect("it is written");
    let path = folder.path().join("robot.yaml");
    let loaded = file::parse::<Robot<()>>(&path, robot.to_owned(), &[]).map_err(|e| e.to_string());
    let robot = RobotModel::new(&loaded.expect("it loads")).map_err(|e| e.to_string()).expect("it loads");
    place(robot, scene, seed)
}

/// Nothing but ground.
#[allow(dead_code, reason = "not every test binary needs every helper")]
pub(crate) const OPEN: &str = "
name: open
world: []
robots: [{ robot: burger.yaml, spawn: { at: [0, 0], yaw: 0 }, goal: { at: [50, 0] } }]
";
