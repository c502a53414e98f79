//! What a recording shows of a decision: every status, and the pose in space, of a brain that believes what a test says.

use std::path::{Path, PathBuf};

use nalgebra::{Isometry3, Vector3};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::observer::Moment;
use neuraxis_core::world::Truth;
use neuraxis_core::{
    Belief, Brain, Command, CueReport, Decision, Event, Goal, GoalStatus, Observer, Percepts, Pose2, Stamp,
    Vertical,
};
use neuraxis_messages::{Odometry, PoseWithCovarianceStamped, TFMessage, decode};
use neuraxis_record::{Recorder, Recording, RecordingHeader, RobotHeader};

const FORMAT_1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format-1.mcap");

/// A brain that decides what it was told to.
struct Told(Decision);

impl Brain for Told {
    fn tick(&mut self, _: &Percepts, _: &mut Command) {}
    fn set_goals(&mut self, _: &[Goal]) {}
    fn decision(&self) -> &Decision {
        &self.0
    }
}

/// The body of the fixture, without its actuators, which format 1 gave no limits.
fn body() -> BodyDescription {
    let bytes = std::fs::read(FORMAT_1).expect("the fixture");
    let robots =
        mcap::read::LinearReader::new(&bytes).expect("an MCAP file").find_map(|record| match record {
            Ok(mcap::records::Record::Attachment { header, data, .. })
                if header.name == "neuraxis/robots.json" =>
            {
                Some(data.into_owned())
            }
            _ => None,
        });
    let mut robots: serde_json::Value = serde_json::from_slice(&robots.expect("robots")).expect("JSON");
    robots[0]["body"]["actuators"] = serde_json::json!([]);
    serde_json::from_value(robots[0]["body"].take()).expect("a body")
}

/// Records one decision a second into a file in `folder`; the body is that of the fixture.
fn record(folder: &Path, decisions: &[Decision]) -> PathBuf {
    let body = body();
    let (mut percepts, command) = (body.percepts(), body.command());
    let path = folder.join("it.mcap");
    let recorder = Recorder::start(false).expect("a thread");
    let header = RecordingHeader::of(RobotHeader::new(body, 1.0), Vec::new());
    let mut tap = recorder.open(&path, header).expect("a file");
    for (i, decision) in decisions.iter().enumerate() {
        percepts.now = Stamp(1_000_000_000 * (i as u64 + 1));
        let mut brain = Told(decision.clone());
        brain.0.belief.stamp = percepts.now;
        // In truth it is where it believes to be.
        let pose = brain.0.belief.pose_in_space();
        let truth = Some(Truth { stamp: percepts.now, pose, speed: 0.0, energy: 0.0, timestep: 0.01 });
        let moment = Moment { seat: 0, percepts: &percepts, command: &command, brain: Some(&brain), truth };
        tap.on(&Event::Tick(moment));
        tap.on(&Event::Truth(moment));
    }
    tap.on(&Event::Ended { verdict: "[]", is_failure: false });
    drop(tap);
    assert!(recorder.close().iter().all(|finished| finished.error.is_none()));
    path
}

/// The messages on a topic, decoded.
fn messages<M: serde::de::DeserializeOwned>(path: &Path, topic: &str) -> Vec<M> {
    let bytes = std::fs::read(path).expect("a file");
    mcap::MessageStream::new(&bytes)
        .expect("a recording")
        .map(|message| message.expect("a message"))
        .filter(|message| message.channel.topic == topic)
        .map(|message| decode(&message.data).expect("its type"))
        .collect()
}

/// The pose in space is `wanted`, to rounding.
fn assert_near(found: &Isometry3<f64>, wanted: &Isometry3<f64>) {
    let off = found.inverse() * wanted;
    assert!(off.translation.vector.norm() < 1e-9 && off.rotation.angle() < 1e-9, "{found} is not {wanted}");
}

#[test]
fn every_status_is_recorded_and_read_back() {
    let decisions: Vec<Decision> = GoalStatus::ALL
        .iter()
        .map(|status| Decision {
            status: *status,
            ..Decision::at_rest(Belief::at(Pose2::default(), vec![CueReport::silent("amcl")]))
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::open(&record(folder.path(), &decisions)).expect("it is read");
    assert_eq!(recording.damage, None);
    let read: Vec<GoalStatus> = recording.robots[0].decisions.iter().map(|d| d.status).collect();
    assert_eq!(read, GoalStatus::ALL);
}

#[test]
fn a_body_on_a_slope_is_shown_at_its_height_and_tilt() {
    let mut belief = Belief::at(Pose2::new(2.0, -1.0, 0.8), Vec::new());
    // 0.4 m up, rolled by 0.05 rad, the nose up by 0.2 rad.
    belief.vertical = Vertical { z: 0.4, roll: 0.05, pitch: -0.2 };
    belief.odom = Pose2::new(1.5, 0.5, 0.3);
    belief.covariance = nalgebra::Matrix6::from_diagonal_element(0.25);
    let wanted = belief.pose_in_space();
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), &[Decision::at_rest(belief.clone())]);

    let tree = messages::<TFMessage>(&path, "/tf").remove(0).transforms;
    let [map_to_odom, odom_to_base] = [&tree[0], &tree[1]];
    assert_eq!(map_to_odom.child_frame_id, odom_to_base.header.frame_id);
    let [first, second] =
        [map_to_odom, odom_to_base].map(|link| link.transform.isometry().expect("a transform"));
    assert_near(&(first * second), &wanted);
    let forward = (first * second).rotation * Vector3::x();
    assert!((forward.z - 0.198_669).abs() < 1e-6, "the nose is up: {forward}");

    let shown = messages::<PoseWithCovarianceStamped>(&path, "/pose").remove(0).pose;
    assert_near(&shown.pose.to_spatial().expect("an attitude"), &wanted);
    assert_eq!(shown.covariance[3][3], 0.25, "the variance of roll");

    let truth = messages::<Odometry>(&path, "/ground_truth").remove(0).pose.pose;
    assert_near(&truth.to_spatial().expect("an attitude"), &wanted);

    let read = &Recording::open(&path).expect("it is read").robots[0].decisions[0];
    assert_near(&read.belief.pose_in_space(), &wanted);
}

#[test]
fn a_recording_of_format_1_is_refused_with_what_reads_it() {
    let error = Recording::open(Path::new(FORMAT_1)).expect_err("refused").to_string();
    assert!(error.contains("older Neuraxis (format 1") && error.contains("with that version"), "{error}");
}

#[test]
fn a_recording_of_another_format_is_refused_with_what_reads_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for (format, says) in
        [("0", "older Neuraxis (format 0"), ("900", "newer Neuraxis (format 900"), ("x", "newer")]
    {
        let path = folder.path().join(format!("{format}.mcap"));
        let mut writer = mcap::Writer::new(std::fs::File::create(&path).expect("a file")).expect("a writer");
        let metadata = [("format".to_owned(), format.to_owned())].into();
        writer
            .write_metadata(&mcap::records::Metadata { name: "neuraxis".to_owned(), metadata })
            .expect("metadata");
        writer.finish().expect("a file");
        let error = Recording::open(&path).expect_err("refused").to_string();
        assert!(error.contains(says) && error.contains("version"), "{error}");
    }
}
