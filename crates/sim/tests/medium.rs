//! A medium in a scene file: wheels in it, and files that are wrong.

mod common;

use std::path::Path;

use neuraxis_core::body::Body as _;
use neuraxis_core::file;
use neuraxis_core::robot::Robot;
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{RobotModel, SoloBody, swimmer};

/// Where the burger is after driving ahead for 3 s, m, and the digest of its trial.
fn drive(medium: &str) -> (f64, u64) {
    let mut body: SoloBody = common::solo(&format!("{}{medium}\n", common::OPEN), 1);
    let mut command = body.description().command();
    let mut percepts = body.description().percepts();
    for _ in 0..300 {
        body.sense(&mut percepts).expect("senses");
        command.values.fill(5.0);
        body.act(&command).expect("acts");
    }
    (body.arena().robots()[0].pose().translation.x, body.arena().digest())
}

#[test]
fn wheels_drive_in_any_medium() {
    let (dry, _) = drive("");
    assert!(dry > 0.4, "{dry} m");
    let (way, _) = drive("medium: { density: 1.2, viscosity: 1.8e-5 }");
    assert!((way - dry).abs() < 0.005, "air: {way} m beside {dry} m");
    let (way, _) = drive("medium: { density: 1000, viscosity: 0.001 }");
    assert!(way < dry && way > 0.9 * dry, "water: {way} m beside {dry} m");
    let (way, _) = drive("medium: { density: 20000 }");
    assert!(way < 0.9 * dry && way > 0.5 * dry, "mercury and more: {way} m beside {dry} m");
    // Honey up to the knee: the wheels are in it, the rest is not.
    let (way, _) = drive("medium: { density: 1400, viscosity: 10, surface: 0.04 }");
    assert!(way < dry && way > 0.8 * dry, "honey: {way} m beside {dry} m");
    let (way, _) = drive("medium: { density: 1000, flow: [-2, 0, 0] }");
    assert!(way < 0.0, "a torrent: {way} m");
}

#[test]
fn a_medium_that_lies_below_changes_nothing() {
    assert_eq!(drive("medium: { density: 1000, surface: -1 }"), drive(""));
}

fn refused(medium: &str) -> String {
    let text = format!("{}{medium}\n", common::OPEN);
    let error = file::parse::<SceneSpec>(Path::new("pool.yaml"), text, &[]).expect_err("refused");
    error.to_string()
}

#[test]
fn a_medium_that_cannot_be_is_refused_with_its_place() {
    insta::assert_snapshot!(
        [
            "medium: { density: -1 }",
            "medium: { density: .nan }",
            "medium: { density: 1000, viscosity: .inf }",
            "medium: { density: 1000, flow: [0, 200, 0] }",
            "medium: { density: 1000, flow: [0, 1] }",
            "medium: { densty: 1000 }",
            "medium: water",
        ]
        .map(refused)
        .join("\n")
    );
}

fn misfit(change: impl Fn(String) -> String) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let root = "<freejoint name=\"root\"/>";
    let model = swimmer::model(3);
    std::fs::write(folder.path().join("it.xml"), &model).expect("it is written");
    std::fs::write(folder.path().join("bolted.xml"), model.replace(root, "")).expect("it is written");
    let text = change(swimmer::robot(3, "it.xml")) + "brain: null\n";
    let path = folder.path().join("it.yaml");
    let error = match file::parse::<Robot<()>>(&path, text, &[]) {
        Ok(loaded) => RobotModel::new(&loaded).expect_err("refused"),
        Err(error) => error,
    };
    error.to_string().replace(&*folder.path().to_string_lossy(), "FOLDER")
}

#[test]
fn a_robot_that_cannot_swim_so_is_refused_with_its_place() {
    let soft = "solref: [0.05, 1]";
    insta::assert_snapshot!(
        [
            misfit(|text| text.replace("multibody", "impulse")),
            misfit(|text| text.replace("it.xml", "bolted.xml")),
            misfit(|text| text.replace(soft, "solref: [0.05, -1]")),
            misfit(|text| text.replace(soft, "solref: [.nan, 1]")),
            misfit(|text| text.replace("0.8, 0.1", "1.8, 0.1")),
            misfit(|text| text.replace(soft, "joints: [joint_0, joint_O], solref: [0.05, 1]")),
        ]
        .join("\n")
    );
}
