//! A recording is the run: replayed bit by bit, simulated again from its own files, honest about damage.

use std::path::{Path, PathBuf};

use neuraxis_core::faults::{Fault, FaultKind};
use neuraxis_core::file::Override;
use neuraxis_core::observer::{Event, Observer as _};
use neuraxis_record::trace::TickRecord;
use neuraxis_record::{ReadError, Recorder, Recording, ReplayBody};
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::replay::{self, Counterfactual};
use neuraxis_trial::{PlannedScene, TrialResult};
use tempfile::TempDir;

/// Records some seconds of a scene of ours.
fn record(folder: &Path, scene: &str, seed: u64, seconds: f64) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes").join(scene);
    let limit: Override = format!("time_limit={seconds}").parse().expect("a setting");
    let changes = Changes { scene_overrides: vec![limit], ..Changes::default() };
    let planned =
        PlannedScene::load(&path, &changes).map_err(|errors| format!("{errors:?}")).expect("it loads");
    let mut trial = planned.trial(0, seed).expect("a trial");
    let recorder = Recorder::start(false).expect("a recorder");
    let target = folder.join(format!("{scene}.mcap"));
    let session = SessionFiles::of(&planned).expect("its files").session(&planned, &trial, "a test");
    trial.set_observer(Box::new(recorder.open(&target, session).expect("a tap")));
    trial.run();
    let mut observer = trial.take_observer().expect("the observer");
    let verdict = replay::verdict(&TrialResult::of(&trial));
    observer.on(&Event::Ended { verdict: &verdict, is_failure: false });
    drop(observer);
    let finished = recorder.close();
    assert_eq!(finished.len(), 1);
    assert_eq!(finished[0].error, None);
    target
}

fn maze() -> (TempDir, Recording) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), "umaze.yaml", 3, 8.0);
    let recording = Recording::open(&path).expect("it opens");
    (folder, recording)
}

#[test]
fn a_recording_replays_and_reproduces_to_the_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    // One robot; two robots; another model format and 40 kg; files beside the scene.
    for scene in ["maze.yaml", "crossing.yaml", "warehouse.yaml", "office.yaml"] {
        let path = record(folder.path(), scene, 11, 6.0);
        let recording = Recording::open(&path).expect("it opens");
        assert_eq!(recording.damage, None);
        let again = replay::reproduce(&recording, &Changes::default()).expect("it runs again");
        assert_eq!(recording.verdict, again.verdict, "{scene}");
        for (robot, other) in recording.robots.iter().zip(&again.robots) {
            assert_eq!(robot.ticks.len(), 600, "{scene}");
            assert_eq!(robot.forged(), None, "{scene}");
            let verified = replay::verify(&recording, robot, |_, _| true).expect("it replays");
            assert_eq!((verified.ticks, verified.difference), (600, None), "{scene}");
            assert_eq!(robot.difference(other), None, "{scene}");
        }
    }
}

neuraxis_testing::body_laws!(recorded, || {
    let (_folder, recording) = maze();
    ReplayBody::new(&recording.robots[0])
});

#[test]
fn a_flipped_bit_is_found_at_its_tick_and_field() {
    let (_folder, recording) = maze();
    let original = &recording.robots[0];
    for (tick, slot) in [(500, "scan"), (501, "imu"), (502, "odom")] {
        let at = original.header.body.sensors.iter().position(|s| s.sensor.name() == slot).expect("a slot");
        let mut forged = recording.clone();
        let sense = forged.robots[0].ticks[tick].senses.iter_mut().find(|s| usize::from(s.slot) == at);
        let sense = sense.expect("the sense was new at that tick");
        match slot {
            "scan" => sense.ranges[17] = f32::from_bits(sense.ranges[17].to_bits() ^ 1),
            _ => sense.values[2] = f64::from_bits(sense.values[2].to_bits() ^ 1),
        }
        let robot = &forged.robots[0];
        assert_eq!(robot.forged(), Some(tick as u64), "{slot}");
        let found = replay::verify(&forged, robot, |_, _| true).expect("it replays").difference;
        assert_eq!(found.map(|d| d.tick), Some(tick as u64), "{slot}");
        let named = original.difference(robot).expect("a difference");
        let field = if slot == "scan" {
            "ranges[17]"
        } else if slot == "imu" {
            "angular_velocity.z"
        } else {
            "pose.yaw"
        };
        assert_eq!((named.tick, &named.topic[..], &named.field[..]), (tick as u64, slot, field));
    }
}

#[test]
fn a_reordered_sensor_is_found() {
    let (_folder, recording) = maze();
    let mut other = recording.robots[0].clone();
    let tick =
        other.ticks.iter().position(|t| t.stamp > 3_000_000_000 && t.senses.len() > 2).expect("a tick");
    other.ticks[tick].senses.swap(0, 1);
    let found = recording.robots[0].difference(&other).expect("a difference");
    assert_eq!((found.tick, &found.field[..]), (tick as u64, "presence"));
    assert_eq!(other.forged(), Some(tick as u64));
}

#[test]
fn a_changed_gain_parts_the_commands_and_nothing_else_does() {
    let (_folder, recording) = maze();
    let robot = &recording.robots[0];
    let same = replay::compare(&recording, robot, &Counterfactual::default()).expect("it compares");
    assert_eq!((same.command, same.belief, same.ticks), (None, None, robot.ticks.len()));
    let gain: Override = "brain.cognition.local.cruise=0.9".parse().expect("a setting");
    let change = Counterfactual { settings: vec![gain], ..Counterfactual::default() };
    let parting = replay::compare(&recording, robot, &change).expect("it compares");
    let command = parting.command.clone().expect("the commands part");
    // The body stands for a second; from then on the gain counts.
    assert!(command.stamp >= 1_000_000_000 && command.topic == "command", "{command:?}");
    assert!(parting.worst_command.0 > 0.1, "{parting:?}");
    assert_eq!(parting.belief, None, "the senses are the same, and so is what they say");
}

#[test]
fn a_muted_sense_stops_the_body_after_its_deadline() {
    let (_folder, recording) = maze();
    let robot = &recording.robots[0];
    let fault = Fault {
        robot: 0,
        sensor: robot.header.body.sensors[0].sensor.name().to_owned(),
        kind: FaultKind::Silent,
        from: 4.0,
        until: Some(6.0),
        factor: None,
        fraction: None,
        offset: None,
    };
    let change = Counterfactual { faults: vec![fault], ..Counterfactual::default() };
    let parting = replay::compare(&recording, robot, &change).expect("it compares");
    // Two seconds of silence, of which half a second is forgiven.
    assert!((145..=165).contains(&parting.stops[1]), "{parting:?}");
    assert_eq!(parting.stops[0], 0);
}

#[test]
fn a_cut_file_gives_what_came_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), "crossing.yaml", 3, 70.0);
    let bytes = std::fs::read(&path).expect("the file");
    let whole = Recording::read(&path, &bytes[..]).expect("it opens");
    let mut readable = 0;
    for share in 1..40 {
        let cut = bytes.len() * share / 40;
        match Recording::read(&path, &bytes[..cut]) {
            Ok(part) => {
                readable += 1;
                assert!(part.damage.is_some(), "a cut at {cut} goes unnoticed");
                for (a, b) in part.robots.iter().zip(&whole.robots) {
                    // The checks run over all that came before, so that they stand for the ticks.
                    let checks =
                        |ticks: &[TickRecord]| ticks.iter().map(|t| t.digest16).collect::<Vec<u16>>();
                    assert!(checks(&a.ticks) == checks(&b.ticks[..a.ticks.len()]), "a cut at {cut}");
                    assert_eq!(a.forged(), None, "a cut at {cut}");
                }
            }
            Err(ReadError::Foreign { .. }) => {}
            Err(error) => panic!("a cut at {cut}: {error}"),
        }
    }
    assert!(readable > 30, "only {readable} of 39 can be read");
    assert!(matches!(Recording::read(&path, &b"no recording"[..]), Err(ReadError::Foreign { .. })));
    assert!(matches!(Recording::read(&path, &b""[..]), Err(ReadError::Foreign { .. })));
}

#[test]
fn a_damaged_file_is_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), "umaze.yaml", 3, 3.0);
    let bytes = std::fs::read(&path).expect("the file");
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..400 {
        let mut damaged = bytes.clone();
        for _ in 0..=random() % 4 {
            let at = random() % damaged.len();
            damaged[at] ^= 1 << (random() % 8);
        }
        if let Ok(recording) = Recording::read(&path, &damaged[..]) {
            for robot in &recording.robots {
                let _ = replay::verify(&recording, robot, |_, _| true);
            }
        }
    }
}

/// Lengths that the library for MCAP trusts: a short attachment, and a record that is longer than its chunk.
#[test]
fn a_record_that_is_shorter_than_it_says_is_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), "umaze.yaml", 3, 1.0);
    let bytes = std::fs::read(&path).expect("the file");
    let record = |opcode: u8, data: &[u8]| {
        let mut record = vec![opcode];
        record.extend_from_slice(&(data.len() as u64).to_le_bytes());
        record.extend_from_slice(data);
        record
    };
    let mut chunk = vec![0; 28];
    chunk.extend_from_slice(&[0; 4]);
    chunk.extend_from_slice(&12_u64.to_le_bytes());
    chunk.extend_from_slice(&[5, 255, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    // Behind the magic and the header record, which says its own length.
    let header = 17 + u64::from_le_bytes(bytes[9..17].try_into().expect("8 bytes")) as usize;
    for hostile in [record(9, &[0; 32]), record(6, &chunk)] {
        let file = [&bytes[..header], &hostile, &bytes[header..]].concat();
        match Recording::read(&path, &file[..]) {
            Ok(recording) => assert!(recording.damage.is_some()),
            Err(error) => assert!(matches!(error, ReadError::Foreign { .. }), "{error}"),
        }
    }
}

#[test]
fn a_recording_without_its_robot_file_says_so() {
    let (_folder, mut recording) = maze();
    let robot = recording.robots[0].clone();
    recording.attachments.retain(|(name, _)| !name.ends_with("burger.yaml"));
    let error = replay::verify(&recording, &robot, |_, _| true).expect_err("no robot file");
    assert!(error.to_string().contains("burger.yaml"), "{error}");
}

#[test]
fn an_attachment_does_not_lead_out_of_its_folder() {
    let (folder, mut recording) = maze();
    recording.attachments.push(("../outside.txt".to_owned(), b"x".to_vec()));
    let inside = folder.path().join("inside");
    assert!(recording.unpack(&inside).is_err());
    assert!(!folder.path().join("outside.txt").exists());
}
