//! The command as a person meets it: help, errors, exit codes, and what is left on the disk.
#![cfg(all(feature = "sim", feature = "lab"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

const BURGER: &str = include_str!("../../../robots/burger/burger.yaml");
const URDF: &str = include_str!("../../../robots/burger/burger.urdf");
const SCENE: &str = "name: hall
world:
  - { kind: box, at: [2, 0], size: [0.4, 0.8, 0.5] }
robots:
  - { robot: burger.yaml, spawn: { at: [0, 0] }, goal: { at: [3.4, 0] } }
time_limit: 20
";

/// A folder of one's own with a robot and a scene that are right.
fn workshop() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    furnish(folder.path());
    folder
}

fn furnish(folder: &Path) {
    fs::write(folder.join("burger.yaml"), BURGER).expect("write");
    fs::write(folder.join("burger.urdf"), URDF).expect("write");
    fs::write(folder.join("hall.yaml"), SCENE).expect("write");
}

fn neuraxis(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_neuraxis"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The complaint about a workshop in which `file` has `from` replaced by `to`.
fn complaint(file: &str, from: &str, to: &str) -> String {
    let folder = workshop();
    let path = folder.path().join(file);
    let before = fs::read_to_string(&path).expect("read");
    assert!(before.contains(from), "{file} does not contain {from}");
    fs::write(&path, before.replacen(from, to, 1)).expect("write");
    let output = neuraxis(folder.path(), &["run", "hall.yaml", "--out", "results"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    assert!(!folder.path().join("results").exists(), "something was written");
    text(&output.stderr)
}

#[test]
fn help_of_every_verb() {
    let folder = workshop();
    let verbs: [&[&str]; 18] = [
        &["--help"],
        &["run", "--help"],
        &["replay", "--help"],
        &["diff", "--help"],
        &["why", "--help"],
        &["bench", "fusion", "--help"],
        &["bench", "navigation", "--help"],
        &["bench", "motor", "--help"],
        &["train", "--help"],
        &["calibrate", "--help"],
        &["check", "--help"],
        &["circuit", "show", "--help"],
        &["new", "--help"],
        &["new", "robot", "--help"],
        &["new", "scene", "--help"],
        &["doctor", "--help"],
        &["completions", "--help"],
        &["schemas", "--help"],
    ];
    for verb in verbs {
        let output = neuraxis(folder.path(), verb);
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!(format!("help_{}", verb.join("_").replace('-', "")), text(&output.stdout));
    }
}

#[test]
fn errors_say_where_and_what_to_do() {
    let say = |name: &str, file: &str, from: &str, to: &str| {
        insta::assert_snapshot!(format!("error_{name}"), complaint(file, from, to));
    };
    say(
        "a_fault_without_a_size",
        "hall.yaml",
        "time_limit: 20",
        "time_limit: 20\nfaults: [{ sensor: scan, kind: noise, from: 1 }, { sensor: scan, kind: slip, factor: 2, from: 1 }]",
    );
    say("missing_robot", "hall.yaml", "robot: burger.yaml", "robot: burgr.yaml");
    say("not_yaml", "hall.yaml", "size: [0.4, 0.8, 0.5] }", "size: [0.4, 0.8, 0.5 }");
    say("unknown_key", "burger.yaml", "limits:", "limit:");
    say("unknown_kind", "burger.yaml", "kind: lidar", "kind: lider");
    say("out_of_range", "burger.yaml", "range: [0.12, 3.5], rate: 10", "range: [3.5, 0.12], rate: -10");
    say("a_unit", "burger.yaml", "rate: 200", "rate: 200 Hz");
    say("unknown_link", "burger.yaml", "link: base_scan", "link: base_scam");
    say("unknown_joint", "burger.yaml", "left: wheel_left_joint", "left: wheel_left");
    say("missing_model", "burger.yaml", "model: burger.urdf", "model: burger.udrf");
    say("bad_inertia", "burger.urdf", "ixx=\"", "ixx=\"9");
    say("no_actuators", "burger.yaml", "actuators:", "# actuators:");
    say("goal_in_a_box", "hall.yaml", "at: [3.4, 0]", "at: [2, 0]");
    say(
        "missing_mesh",
        "hall.yaml",
        "kind: box, at: [2, 0], size: [0.4, 0.8, 0.5]",
        "kind: mesh, file: rock.obj, at: [2, 0, 0]",
    );
    say(
        "missing_map",
        "hall.yaml",
        "kind: box, at: [2, 0], size: [0.4, 0.8, 0.5]",
        "kind: map, file: office.yaml",
    );
    say("too_long_a_limit", "hall.yaml", "time_limit: 20", "time_limit: .inf");
}

#[test]
fn a_map_of_the_wrong_size_is_refused() {
    let folder = workshop();
    let map = "image: office.pgm\nresolution: 0.05\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.25\n";
    fs::write(folder.path().join("office.yaml"), map).expect("write");
    let mut image = b"P5\n40 30\n255\n".to_vec();
    image.extend([255_u8; 40 * 10]);
    fs::write(folder.path().join("office.pgm"), image).expect("write");
    let scene = SCENE
        .replace("kind: box, at: [2, 0], size: [0.4, 0.8, 0.5]", "kind: map, file: office.yaml, height: 0.4");
    fs::write(folder.path().join("hall.yaml"), scene).expect("write");
    let output = neuraxis(folder.path(), &["run", "hall.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("error_map_of_the_wrong_size", text(&output.stderr));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let folder = workshop();
    let wrong =
        BURGER.replace("rate: 10,", "rate: -1,").replace("limits:", "limit:").replace("beams", "beam");
    fs::write(folder.path().join("burger.yaml"), wrong).expect("write");
    let output = neuraxis(folder.path(), &["check", "burger.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let text = text(&output.stderr);
    for part in ["limit", "beam", "rate", "burger.yaml:"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn wrong_usage_is_code_2() {
    let folder = workshop();
    for arguments in [
        &["run", "--trials", "0"][..],
        &["run", "nowhere.yaml"],
        &["run", "--jobs", "many"],
        &["run", "hall.yaml", "--set", "fusion.rule"],
        &["run", "hall.yaml", "--set", "fusion.rool=ekf"],
        &["run", "hall.yaml", "--set", "fusion.rule=magic"],
        &["run", "hall.yaml", "--out", "burger.yaml"],
        &["check"],
        &["fly"],
        &["new", "robot", "../up"],
    ] {
        let output = neuraxis(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_speed_that_cannot_be_swum_is_refused_with_its_unit() {
    let folder = workshop();
    let complain = |task: &str, speed: &str| {
        let output = neuraxis(folder.path(), &["train", "burger.yaml", "--task", task, "--speed", speed]);
        assert_eq!(output.status.code(), Some(2), "{task} {speed}: {}", text(&output.stdout));
        text(&output.stderr)
    };
    for speed in ["0", "-0.1", "NaN", "inf", "11"] {
        let said = complain("swim", speed);
        assert!(said.contains("--speed is not possible"), "{speed}: {said}");
        assert!(said.contains("from 0.001 to 10, m/s"), "{speed}: {said}");
    }
    let said = complain("walk", "1.5");
    assert!(said.contains("from 0.01 to 1, a share of the robot's limit"), "{said}");
    let said = complain("swim_to", "0.1");
    assert!(said.contains("needs more than its name"), "{said}");
}

#[test]
fn a_score_that_would_leave_out_kinds_of_episodes_is_refused() {
    let folder = workshop();
    let output = neuraxis(folder.path(), &["train", "burger.yaml", "--task", "walk", "--episodes", "6"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("4 kinds of episodes") && said.contains("a multiple of 4"), "{said}");
}

#[test]
fn a_run_leaves_its_results_and_says_by_its_code_how_it_went() {
    let folder = workshop();
    let output = neuraxis(folder.path(), &["run", "hall.yaml", "-n", "2", "--out", "a/b"]);
    assert_eq!(output.status.code(), Some(1), "20 s are too short for this way");
    let output = neuraxis(
        folder.path(),
        &["run", "hall.yaml", "-n", "2", "--out", "a/b", "--set", "scene.time_limit=90"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let read = |name: &str| fs::read_to_string(folder.path().join("a/b").join(name)).expect(name);
    let json: serde_json::Value = serde_json::from_str(&read("results.json")).expect("JSON");
    assert_eq!(json["trials"].as_array().map(Vec::len), Some(2));
    assert_eq!(read("results.csv").lines().count(), 3);
    assert!(read("trial-00001.svg").starts_with("<svg"));
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder.path().join("a/b")).expect("folder").map(|e| e.expect("entry").path()).collect();
    names.sort();
    let names: Vec<&str> = names.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let expected = [
        "report.html",
        "results.csv",
        "results.json",
        "results.parquet",
        "trial-00000.svg",
        "trial-00001.svg",
    ];
    assert_eq!(names, expected, "this and nothing else is left behind");
}

/// A disk that is full, for as much as a test can have one: a device that takes no byte.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_goes_away_and_a_full_output_are_no_panic() {
    let folder = workshop();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let status = Command::new(env!("CARGO_BIN_EXE_neuraxis"))
        .args(["check", "burger.yaml"])
        .current_dir(folder.path())
        .stdout(full)
        .status()
        .expect("it starts");
    assert_eq!(status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_in_order_and_keeps_what_was_done() {
    let folder = workshop();
    let mut child = Command::new(env!("CARGO_BIN_EXE_neuraxis"))
        .args(["run", "hall.yaml", "-n", "100000", "--out", "kept", "--set", "scene.time_limit=2"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let first = folder.path().join("kept/trial-00000.svg");
    while !first.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(child.try_wait().expect("alive"), None, "it ended before it was interrupted");
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(kill.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
    let json = fs::read_to_string(folder.path().join("kept/results.json")).expect("results");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(json["trials"].as_array().is_some_and(|rows| !rows.is_empty()));
}

#[test]
fn the_maze_runs_in_an_empty_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = neuraxis(folder.path(), &["run", "--trials", "1", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["trials"][0]["outcome"], "reached");
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 0, "it leaves nothing behind");
}

#[test]
fn a_file_written_by_new_passes_check() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("scout.urdf"), URDF).expect("write");
    for arguments in [
        &["new", "scene", "hall"][..],
        &["new", "robot", "second"],
        &["new", "robot", "scout", "--from", "scout.urdf"],
        &["check", "robots", "scenes"],
        &["run", "scenes/hall.yaml", "--robot", "robots/scout/scout.yaml", "-n", "1"],
    ] {
        let output = neuraxis(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    }
    let again = neuraxis(folder.path(), &["new", "scene", "hall"]);
    assert_eq!(again.status.code(), Some(2), "it does not overwrite");
}

#[test]
fn the_readmes_files_are_right() {
    let readme = include_str!("../../../README.md");
    let folder = tempfile::tempdir().expect("a folder");
    let robot = folder.path().join("robots/burger");
    let scenes = folder.path().join("scenes");
    fs::create_dir_all(&robot).expect("a folder");
    fs::create_dir_all(&scenes).expect("a folder");
    fs::write(robot.join("burger.urdf"), URDF).expect("written");
    let blocks: Vec<&str> = readme.split("```yaml\n").skip(1).filter_map(|b| b.split("```").next()).collect();
    assert_eq!(blocks.len(), 2, "a robot and a scene");
    fs::write(robot.join("burger.yaml"), blocks[0]).expect("written");
    fs::write(scenes.join("pillars.yaml"), blocks[1]).expect("written");
    let output = neuraxis(folder.path(), &["check", "robots/burger/burger.yaml", "scenes/pillars.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// A place that was seen once is known again: the map is a ROS map, and the recording of a run in it holds it.
#[test]
fn a_saved_map_is_known_again() {
    let folder = workshop();
    let code = |arguments: &[&str]| {
        let output = neuraxis(folder.path(), arguments);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let short = "scene.time_limit=6";
    code(&["run", "hall.yaml", "-n", "1", "--out", "a", "--save-maps", "--set", short]);
    let (exit, said) = code(&["check", "a/trial-00000.map.yaml"]);
    assert_eq!(exit, Some(0), "{said}");
    let map = format!("fusion.map.file={}", folder.path().join("a/trial-00000.map.yaml").display());
    let again =
        ["run", "hall.yaml", "-n", "1", "--out", "b", "--record", "all", "--set", short, "--set", &map];
    code(&again);
    for verb in [&["replay", "b/trial-00000.mcap"][..], &["replay", "--reproduce", "b/trial-00000.mcap"]] {
        let (exit, said) = code(verb);
        assert_eq!(exit, Some(0), "{said}");
    }
    let (exit, said) = code(&["run", "hall.yaml", "--set", "fusion.map.file=nowhere.yaml"]);
    assert!(exit == Some(2) && said.contains("nowhere.yaml"), "{said}");
}

#[test]
fn estimators_are_held_against_the_truth_of_a_recording() {
    let folder = workshop();
    let arguments = ["run", "hall.yaml", "-n", "1", "--out", "a", "--record", "all"];
    neuraxis(folder.path(), &arguments);
    let output = neuraxis(folder.path(), &["replay", "--fusion", "--json", "a/trial-00000.mcap"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = json[0]["rules"].as_array().expect("rules");
    let rmse = |i: usize| rows[i]["rmse"].as_f64().expect("a number");
    assert_eq!((rows.len(), rows[0]["rule"].as_str()), (4, Some("inverse_effectiveness")));
    assert!(rows[0]["compared"].as_u64() > Some(20) && rmse(0) < 0.1, "{rows:?}");
    let output = neuraxis(folder.path(), &["replay", "--fusion", "hall.yaml"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn a_bench_says_what_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let few = ["bench", "fusion", "--seeds", "1", "--seconds", "16", "--from", "6", "--until", "12"];
    let output =
        neuraxis(folder.path(), &[&few[..], &["--only", "frozen", "--out", "out", "--json"]].concat());
    // Which of its demands hold in so short a time is not the matter here.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let row = &json[0]["rows"][0];
    let error = |i: usize| row["rmse"][i].as_f64().expect("a number");
    assert_eq!(row["scenario"].as_str(), Some("lidar frozen"));
    assert!(error(0) < 0.5 * error(1), "ours {} m, the plain filter's {} m", error(0), error(1));
    let page = fs::read_to_string(folder.path().join("out/fusion.html")).expect("the page");
    assert!(page.contains("<svg") && !page.contains("http-equiv"));
    for wrong in [&["--from", "90", "--until", "80"][..], &["--severity", "0"], &["--robot", "none.yaml"]] {
        let output = neuraxis(folder.path(), &[&["bench", "fusion", "--seeds", "1"][..], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", text(&output.stderr));
    }
}

/// Two recorded trials of one scene, seeds 1 and 2, made once for all tests about recordings.
struct Recorded {
    folder: PathBuf,
}

const A: &str = "a/trial-00000.mcap";
const B: &str = "b/trial-00000.mcap";

impl Recorded {
    fn get() -> &'static Self {
        static RECORDED: OnceLock<Recorded> = OnceLock::new();
        RECORDED.get_or_init(|| {
            // No destructor ends a static: it lies where the next run finds it and cleans up.
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded");
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).expect("a folder");
            furnish(&folder);
            for (seed, out) in [("1", "a"), ("2", "b")] {
                let settings = ["--trials", "1", "--seed", seed, "--out", out, "--record", "all"];
                let output = neuraxis(&folder, &[&["run", "hall.yaml"][..], &settings].concat());
                // Whether the robot is there in time is not the matter here.
                assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
            }
            Self { folder }
        })
    }

    /// Exit code, and what was said on both outputs.
    fn say(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = neuraxis(&self.folder, arguments);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }
}

#[test]
fn replay_of_unchanged_recordings_is_identical() {
    let (exit, said) = Recorded::get().say(&["replay", A, B]);
    assert!(exit == Some(0) && said.contains("2 of 2 identical"), "{said}");
}

#[test]
fn replay_reproduce_makes_the_same_recording_again() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--reproduce"]);
    assert!(exit == Some(0) && said.contains("reproduced"), "{said}");
}

#[test]
fn diff_of_two_seeds_names_the_first_tick_that_differs() {
    let (exit, said) = Recorded::get().say(&["diff", A, B]);
    assert!(exit == Some(5) && said.contains("differs first at tick 0"), "{said}");
}

#[test]
fn diff_of_a_recording_with_itself_finds_nothing() {
    assert_eq!(Recorded::get().say(&["diff", A, A]).0, Some(0));
}

#[test]
fn replay_with_a_muted_sense_says_how_long_the_body_was_held() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--mute", "odom@2s..3s"]);
    assert!(exit == Some(0) && said.contains("the changed one alone in"), "{said}");
}

#[test]
fn replay_that_mutes_an_unknown_sense_names_those_that_there_are() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--mute", "radar"]);
    assert!(exit == Some(2) && said.contains("`radar`") && said.contains("odom"), "{said}");
}

#[test]
fn replay_with_an_unknown_fault_names_those_that_there_are() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--fault", "odom:melt"]);
    assert!(exit == Some(2) && said.contains("freeze"), "{said}");
}

#[test]
fn replay_with_a_fault_that_cannot_be_is_refused() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--fault", "odom:slip"]);
    assert!(exit == Some(2) && said.contains("factor"), "{said}");
    let (exit, said) = Recorded::get().say(&["replay", A, "--fault", "imu:slip=2"]);
    assert!(exit == Some(2) && said.contains("cannot happen"), "{said}");
}

#[test]
fn replay_with_slipping_wheels_parts_the_beliefs() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--fault", "odom:slip=2@1s.."]);
    assert!(exit == Some(0) && said.contains("beliefs part"), "{said}");
}

#[test]
fn replay_with_a_setting_that_cannot_be_is_refused() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--set", "fusion.rule=magic"]);
    assert!(exit == Some(2) && said.contains("magic"), "{said}");
}

#[test]
fn replay_with_a_lower_limit_of_speed_says_where_commands_part() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--set", "limits.linear=0.1"]);
    assert!(exit == Some(0) && said.contains("commands part"), "{said}");
}

#[test]
fn replay_with_other_senses_points_to_reproduce() {
    let (exit, said) = Recorded::get().say(&["replay", A, "--set", "sensors.scan.beams=90"]);
    assert!(exit == Some(2) && said.contains("--reproduce"), "{said}");
}

#[test]
fn replay_of_files_that_are_no_recordings_names_each() {
    let (exit, said) = Recorded::get().say(&["replay", "hall.yaml", "missing.mcap"]);
    assert!(exit == Some(2) && said.contains("no recording") && said.contains("cannot read"), "{said}");
}

/// Cut short, a recording still says what it holds.
#[test]
fn replay_of_a_recording_that_was_cut_short_compares_what_is_left() {
    let recorded = Recorded::get();
    let bytes = fs::read(recorded.folder.join(A)).expect("the file");
    fs::write(recorded.folder.join("cut.mcap"), &bytes[..bytes.len() * 3 / 4]).expect("written");
    let (exit, said) = recorded.say(&["replay", "cut.mcap"]);
    assert!(exit == Some(0) && said.contains("cut short") && said.contains("identical"), "{said}");
}

#[test]
fn why_at_a_moment_tells_the_tick_and_its_cues() {
    let (exit, said) = Recorded::get().say(&["why", A, "--at", "2.5s"]);
    assert!(exit == Some(0) && said.contains("tick 250") && said.contains("scan_matching"), "{said}");
}

#[test]
fn why_as_json_tells_the_tick_and_that_nothing_stopped_it() {
    let (exit, said) = Recorded::get().say(&["why", A, "--at", "1s", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(exit == Some(0) && json["tick"] == 100 && json["stop"].is_null(), "{said}");
}

#[test]
fn why_beyond_the_end_of_a_recording_is_refused() {
    let (exit, said) = Recorded::get().say(&["why", A, "--at", "900s"]);
    assert!(exit == Some(2) && said.contains("lies outside"), "{said}");
}

#[test]
fn why_of_a_robot_that_is_not_there_is_refused() {
    assert_eq!(Recorded::get().say(&["why", A, "--robot", "3"]).0, Some(2));
}

/// `kill -9` in the middle of a run: what was flushed can be read, whole files and parts alike.
#[cfg(unix)]
#[test]
fn a_killed_run_leaves_readable_recordings() {
    let folder = workshop();
    let long = SCENE.replace("name: hall", "name: long").replace("time_limit: 20", "time_limit: 2000");
    fs::write(folder.path().join("long.yaml"), long).expect("write");
    let slowly = "cognition.local.cruise=0.05";
    let mut run = Command::new(env!("CARGO_BIN_EXE_neuraxis"))
        .args(["run", "hall.yaml", "long.yaml", "--trials", "4", "--out", "out", "--record", "all"])
        .args(["--set", slowly])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    // Until a minute of recorded time is on the disk.
    let part = folder.path().join("out/trial-00001.mcap.part");
    let is_long = || fs::metadata(&part).is_ok_and(|file| file.len() > 200_000);
    let mut waited = 0;
    while !is_long() && waited < 3000 {
        assert_eq!(run.try_wait().expect("alive"), None, "it ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(100));
        waited += 1;
    }
    assert!(is_long(), "after five minutes there is too little on the disk");
    run.kill().expect("SIGKILL");
    run.wait().expect("it is gone");
    let output = neuraxis(folder.path(), &["replay", "out/trial-00000.mcap", "out/trial-00001.mcap.part"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("cut short") && said.contains("2 of 2 identical"), "{said}");
    assert!(!said.contains(" 0 ticks"), "{said}");
}

#[test]
fn check_tells_soft_ends_and_a_plane() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = neuraxis(&root, &["check", "robots/swimmer/eel.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("soft ends: solref [0.05, 1.0], solimp [0.0, 0.8, 0.1, 0.5, 2.0]"), "{said}");
    assert!(said.contains("planar: held in a level plane"), "{said}");
    let output = neuraxis(&root, &["check", "robots/burger/burger.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("soft ends") && !said.contains("planar"), "{said}");
}
