//! `neuraxis bench motor --peer`: a stand-in for the Python that measures the peer, and what is said if it will not do.
#![cfg(all(unix, feature = "lab"))]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Only what the peer is beside of.
const ONLY: [&str; 4] = ["bench", "motor", "--only", "not deterministic"];
/// A peer that is ready.
const READY: &str = "echo '{\"mujoco\": \"9.9.9\", \"substeps\": 15, \"timestep\": 0.002}'\n";

/// A folder with a shell script `python` that stands in for a Python.
fn stand_in(script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("python");
    fs::write(&path, format!("#!/bin/sh\n{script}")).expect("write");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuraxis"));
    command.args(ONLY).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is complained about a stand-in, with the exit code that wrong usage has.
fn complaint(script: &str) -> String {
    let folder = stand_in(script);
    let output = command(folder.path()).args(["--peer", "./python"]).output().expect("it starts");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty() && said.contains("help: "), "{said}");
    said
}

#[test]
fn the_peers_pace_of_the_same_run_stands_beside_ours() {
    // Slower with each round: the first is its best.
    let script = format!(
        "{READY}pace=900\nwhile read -r line; do\n  pace=$((pace - 100))\n  \
         echo \"{{\\\"mj_step\\\": 1600.5, \\\"circuit\\\": 400, \\\"dm_control\\\": $pace}}\"\ndone\n"
    );
    let folder = stand_in(&script);
    let run = |more: &[&str]| -> Output {
        command(folder.path()).args(["--json", "--peer", "./python"]).args(more).output().expect("it starts")
    };
    let output = run(&["--out", "out"]);
    let rows: Vec<serde_json::Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let find = |what: &str| {
        let found = rows.iter().find(|row| row["what"].as_str().is_some_and(|text| text.contains(what)));
        found.unwrap_or_else(|| panic!("no row `{what}`")).clone()
    };
    let published = find("closed loop, best of 5");
    assert_eq!(published["peer"], 3404.0);
    assert_eq!(published["must"]["at_least"], 6808.0);
    assert!(published["ratio"].is_null(), "the published number is not of this run");
    let own = published["measured"].as_f64().expect("a number");
    for (what, peer) in
        [("MuJoCo 9.9.9 (mj_step)", 1600.5), ("circuit in Python", 400.0), ("dm_control", 800.0)]
    {
        let row = find(what);
        assert_eq!((row["peer"].as_f64(), row["measured"].as_f64()), (Some(peer), Some(own)), "{what}");
        let ratio = row["ratio"].as_f64().expect("a ratio");
        assert!((ratio - own / peer).abs() < 1e-9, "{what}: {ratio}");
        assert!(
            row["must"].is_null() && row["holds"].is_null(),
            "{what}: only the published number must be beaten"
        );
        assert!(what == "dm_control" || row["aim"].is_null());
    }
    assert_eq!(find("dm_control")["aim"]["at_least"], 1600.0);
    assert_eq!(find("dm_control")["is_aim_reached"], own >= 1600.0);
    let page = fs::read_to_string(folder.path().join("out/motor.html")).expect("the page");
    assert!(page.contains(&format!("<td>800 ({:.2} ×)</td>", own / 800.0)), "{page}");
}

#[test]
fn an_unusable_python_is_reported_before_anything_runs() {
    let missing = complaint("echo \"ModuleNotFoundError: No module named 'mujoco'\" >&2\nexit 1\n");
    assert!(missing.contains("the Python ./python has no module `mujoco`"), "{missing}");
    assert!(missing.contains("./python\" -m pip install mujoco=="), "{missing}");
    let nonsense = complaint("echo hello\nsleep 60\n");
    assert!(nonsense.contains("said what is no answer: hello"), "{nonsense}");
    let silent = complaint("exit 0\n");
    assert!(silent.contains("ended without an answer: it said nothing"), "{silent}");
    let broken = complaint("echo 'ImportError: libGL.so.1' >&2\nexit 1\n");
    assert!(broken.contains("ended without an answer: ImportError: libGL.so.1"), "{broken}");

    let folder = tempfile::tempdir().expect("a folder");
    let output = command(folder.path()).args(["--peer", "./nowhere"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot start the Python ./nowhere"), "{}", text(&output.stderr));

    let folder = stand_in(READY);
    let arguments = ["bench", "motor", "--only", "golden", "--peer", "./python"];
    let output = Command::new(env!("CARGO_BIN_EXE_neuraxis"))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--only leaves them out"), "{}", text(&output.stderr));
}

#[test]
fn a_peer_that_fails_midway_is_reported() {
    let gone = complaint(&format!("{READY}read -r line\necho 'MemoryError' >&2\nexit 1\n"));
    assert!(gone.contains("ended without an answer: MemoryError"), "{gone}");
    let nonsense = complaint(&format!("{READY}read -r line\necho '{{\"mj_step\": 1'\nsleep 60\n"));
    assert!(nonsense.contains("said what is no answer: {\"mj_step\": 1"), "{nonsense}");
    let impossible = complaint(&format!(
        "{READY}read -r line\necho '{{\"mj_step\": -3, \"circuit\": 1, \"dm_control\": 1}}'\nsleep 60\n"
    ));
    assert!(impossible.contains("a pace that cannot be"), "{impossible}");
}

#[test]
fn an_interrupt_while_the_peer_says_nothing_ends_it_too() {
    let folder = stand_in("echo $$ > pid\nexec sleep 600\n");
    let mut child = command(folder.path())
        .args(["--peer", "./python"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let pid = loop {
        let written = fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
        if written.ends_with('\n') {
            break written.trim().to_owned();
        }
        assert_eq!(child.try_wait().expect("alive"), None, "it ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let signal =
        |name: &str, pid: &str| Command::new("kill").args([name, pid]).output().expect("kill").status;
    assert!(signal("-INT", &child.id().to_string()).success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
    assert!(!signal("-0", &pid).success(), "the peer is left behind");
}
