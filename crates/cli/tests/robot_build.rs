//! The build without simulator and laboratory, which is what a robot carries: what is there works, what is not says so.
#![cfg(not(feature = "sim"))]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn neuraxis(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_neuraxis"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn a_verb_that_needs_the_simulator_says_that_there_is_none_and_how_to_get_it() {
    for arguments in [
        &["run"][..],
        &["run", "--help"],
        &["run", "scenes/maze.yaml", "--trials", "3", "--set", "fusion.rule=ekf"],
        &["new", "robot", "scout"],
        &["circuit", "show", "robot.yaml"],
    ] {
        let (code, out, error) = neuraxis(&root(), arguments);
        assert!(code == Some(2) && out.is_empty(), "{arguments:?}: {out}");
        assert!(error.contains("this build has no simulator"), "{arguments:?}: {error}");
        assert!(error.contains("cargo build --release"), "{arguments:?}: {error}");
    }
}

#[test]
fn a_verb_of_the_laboratory_says_that_there_is_none() {
    for arguments in
        [&["bench", "fusion"][..], &["train", "x.yaml", "--task", "walk"], &["calibrate", "x.yaml"]]
    {
        let (code, _, error) = neuraxis(&root(), arguments);
        assert!(code == Some(2) && error.contains("this build has no laboratory"), "{arguments:?}: {error}");
    }
    let (code, _, error) = neuraxis(&root(), &["replay", "--fusion", "log.mcap"]);
    assert!(code == Some(2) && error.contains("this build has no laboratory"), "{error}");
}

#[test]
fn help_names_only_the_verbs_that_are_there() {
    let (code, out, _) = neuraxis(&root(), &["--help"]);
    assert_eq!(code, Some(0));
    for verb in ["replay", "diff", "why", "check", "doctor", "schemas"] {
        assert!(out.contains(&format!("\n  {verb} ")), "{verb}: {out}");
    }
    for verb in ["run", "bench", "train", "calibrate", "circuit", "new"] {
        assert!(!out.contains(&format!("\n  {verb} ")), "{verb}: {out}");
    }
}

#[test]
fn check_of_a_robot_file_without_a_simulator_finds_what_is_wrong_in_it() {
    let (code, out, error) = neuraxis(&root(), &["check", "robots/burger/burger.yaml"]);
    assert!(code == Some(0) && out.contains("burger.yaml: good"), "{out}{error}");
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = include_str!("../../../robots/burger/burger.yaml").replace("limits:", "limit:");
    fs::write(folder.path().join("burger.yaml"), wrong).expect("written");
    let (code, _, error) = neuraxis(folder.path(), &["check", "burger.yaml"]);
    assert!(code == Some(2) && error.contains("limit"), "{error}");
    let (code, _, error) = neuraxis(&root(), &["check", "scenes/maze.yaml"]);
    assert!(code == Some(2) && error.contains("this build has no simulator"), "{error}");
}

#[test]
fn a_file_that_is_no_recording_is_refused_without_a_simulator_too() {
    for verb in ["replay", "why"] {
        let (code, _, error) = neuraxis(&root(), &[verb, "robots/burger/burger.yaml"]);
        assert!(code == Some(2) && error.contains("no recording"), "{verb}: {error}");
    }
}
