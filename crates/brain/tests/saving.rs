//! Saved at any tick and loaded into a new brain, a brain's next decisions are the same to the bit; what does not fit is refused whole.

use neuraxis_brain::{BrainSpec, RobotBrain};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Archive, ArchiveError, Brain, Command, Goal, Landmark, Modulation, Pose2, random};
use neuraxis_testing::{Rig, bodies};
use proptest::prelude::*;

/// Blocks of `brain.fusion`, of `brain.cognition`, and of `brain.motor` with a body each.
const FUSION: [&str; 5] = [
    r#"{"rule": "inverse_effectiveness", "space": "se2", "map": {"size": [12, 12]}}"#,
    r#"{"rule": "ekf", "space": "se2", "map": {"size": [12, 12]}}"#,
    r#"{"rule": "ekf_gated", "space": "se2", "map": {"size": [12, 12]}}"#,
    r#"{"rule": "odometry", "map": {"size": [12, 12]}}"#,
    r#"{"rule": "inverse_effectiveness", "space": "se3", "map": {"size": [12, 12]}}"#,
];
const COGNITION: [&str; 7] = [
    r#"{"search": "d_star_lite"}"#,
    r#"{"search": "a_star"}"#,
    r#"{"search": "cognitive_graph"}"#,
    r#"{"search": "cognitive_graph", "graph": {"memory": "superposed", "capacity": 1000}}"#,
    r#"{"search": "grid_d_star_lite"}"#,
    r#"{"search": "lrta_star"}"#,
    r#"{"search": "random_walk"}"#,
];
const WIRING: &str = r#"{"circuit": "wired", "wiring": {
    "name": "held",
    "step": 0.02,
    "inputs": [{"name": "speed", "range": [-1, 1]}, {"name": "position_joint_1", "range": [-2, 2]}],
    "units": [{"kind": "leaky", "name": "want", "time": 0.2}, {"kind": "square", "name": "beat", "period": 0.5}],
    "synapses": [
        {"from": "speed", "to": "want", "weight": 1}, {"from": "position_joint_1", "to": "want", "weight": -0.3},
        {"from": "beat", "to": "want", "weight": 0.4, "delay": 0.1}
    ],
    "outputs": [{"name": "joint_2", "from": [{"unit": "want"}]}]
}}"#;

fn motors() -> Vec<(&'static str, BodyDescription)> {
    vec![
        (r#"{"circuit": "differential_drive"}"#, bodies::wheeled()),
        (r#"{"circuit": "differential_drive"}"#, bodies::feeling()),
        (r#"{"circuit": "ackermann"}"#, bodies::car()),
        (r#"{"circuit": "swimmer"}"#, bodies::chain(6)),
        (
            r#"{"circuit": "mlp", "inputs": ["positions", "drive"], "hidden": [8], "clock": 0.7}"#,
            bodies::chain(4),
        ),
        (WIRING, bodies::chain(5)),
        (r#"{"circuit": "quadruped", "balance": true}"#, bodies::dog()),
        (r#"{"circuit": "quadruped", "balance": false}"#, bodies::dog()),
    ]
}

fn spec(fusion: &str, cognition: &str, motor: &str) -> BrainSpec {
    let text = format!(
        r#"{{"rate": 100, "settle": 0.2, "orienting": true, "fusion": {fusion}, "cognition": {cognition}, "motor": {motor}}}"#
    );
    serde_json::from_str(&text).expect("a brain's block")
}

/// All that a tick decides, to the last bit.
fn decided(brain: &RobotBrain, command: &Command) -> String {
    format!("{:?} {command:?} {:?}", brain.decision(), brain.path().last())
}

/// Ticks of a brain whose body does what it says.
fn go_on(brain: &mut RobotBrain, rig: &mut Rig, command: &mut Command, ticks: u64) -> Vec<String> {
    (0..ticks)
        .map(|_| {
            rig.step(command);
            brain.tick(rig.percepts(), command);
            decided(brain, command)
        })
        .collect()
}

const GOALS: [Goal; 3] = [
    Goal::Reach { x: 0.4, y: 0.1, tolerance: 0.3 },
    Goal::Reach { x: 3.0, y: 1.0, tolerance: 0.3 },
    Goal::Return { to: Landmark::Start, tolerance: 0.3 },
];

/// Saved at the tick `at`: where the decisions of the two brains part, if they do.
fn parting(case: u64, at: u64) -> Option<String> {
    let motors = motors();
    let (motor, body) = &motors[(case % 8) as usize];
    let (fusion, cognition) = (FUSION[(case % 5) as usize], COGNITION[(case % 7) as usize]);
    let spec = spec(fusion, cognition, motor);
    let told = || format!("case {case}, saved at tick {at}: {fusion} {cognition} {motor}");
    let new = || RobotBrain::new(&spec, body, Pose2::default()).expect("they fit");
    let mut brain = new();
    brain.set_goals(&GOALS);
    let (mut rig, mut command) = (Rig::new(body, case), body.command());
    if case.is_multiple_of(3) {
        rig = rig.with_nonsense(0.02);
    }
    go_on(&mut brain, &mut rig, &mut command, at);
    let bytes = brain.save().to_bytes();
    let mut other = new();
    other.load(&Archive::from_bytes(&bytes).expect("what was saved")).expect("built from the same files");
    assert!(decided(&other, &command) == decided(&brain, &command), "{}", told());
    assert!(other.save().to_bytes() == bytes, "what was loaded is saved as it was: {}", told());
    let [a, b] =
        [&mut brain, &mut other].map(|brain| go_on(brain, &mut rig.clone(), &mut command.clone(), 120));
    let place = a.iter().zip(&b).position(|(a, b)| a != b)?;
    Some(format!("{}, {place} ticks later:\n{}\n{}", told(), a[place], b[place]))
}

#[test]
fn a_brain_saved_at_any_tick_and_loaded_into_a_new_one_decides_the_same() {
    let mut stream = random::stream(1, "saved at");
    for case in 0..100 {
        let parting = parting(case, stream.random_range(0..300));
        assert!(parting.is_none(), "{}", parting.unwrap_or_default());
    }
}

fn wheeled() -> (BrainSpec, BodyDescription) {
    (spec(FUSION[0], COGNITION[0], r#"{"circuit": "differential_drive"}"#), bodies::wheeled())
}

/// A brain that has been somewhere, and its archive.
fn travelled() -> (RobotBrain, Archive) {
    let (spec, body) = wheeled();
    let mut brain = RobotBrain::new(&spec, &body, Pose2::default()).expect("they fit");
    brain.set_goals(&GOALS);
    go_on(&mut brain, &mut Rig::new(&body, 1), &mut body.command(), 150);
    let archive = brain.save();
    (brain, archive)
}

#[test]
fn an_archive_of_another_brain_is_refused_with_a_sentence_and_changes_nothing() {
    let (_, archive) = travelled();
    let (spec, body) = wheeled();
    let refused = |spec: &BrainSpec, body: &BodyDescription| {
        let mut brain = RobotBrain::new(spec, body, Pose2::default()).expect("they fit");
        brain.set_goals(&GOALS[1..]);
        go_on(&mut brain, &mut Rig::new(body, 9), &mut body.command(), 40);
        let before = brain.save();
        let error = brain.load(&archive).expect_err("it is of another brain");
        assert!(brain.save() == before, "something was changed: {error}");
        error
    };
    let mut wider = body.clone();
    wider.radius = 0.3;
    assert!(matches!(refused(&spec, &wider), ArchiveError::Body { .. }));
    let mut other = spec.clone();
    other.cognition.clearance += 0.01;
    let error = refused(&other, &body);
    assert_eq!(error, ArchiveError::Settings { part: "planned_navigator".to_owned() });
    assert!(
        error.to_string().contains("give the robot's file the settings that it was saved with"),
        "{error}"
    );
    let mut searching = spec.clone();
    searching.cognition.search = neuraxis_cognition::Search::CognitiveGraph;
    let error = refused(&searching, &body).to_string();
    assert!(
        error.contains("no state of `graph_navigator`") && error.contains("`planned_navigator`"),
        "{error}"
    );
}

#[test]
fn an_archive_that_is_damaged_cut_short_or_foreign_is_refused() {
    let (_, archive) = travelled();
    let bytes = archive.to_bytes();
    assert_eq!(Archive::from_bytes(&bytes), Ok(archive));
    assert_eq!(Archive::from_bytes(b"PK and something else"), Err(ArchiveError::NotAnArchive));
    assert_eq!(Archive::from_bytes(&bytes[..bytes.len() - 1]), Err(ArchiveError::Damaged));
    let mut later = bytes.clone();
    later[8] = 9;
    assert_eq!(Archive::from_bytes(&later), Err(ArchiveError::Format { found: 9 }));
    let mut flipped = bytes;
    flipped[200] ^= 4;
    assert_eq!(Archive::from_bytes(&flipped), Err(ArchiveError::Damaged));
}

#[test]
fn what_regulates_and_teaches_the_parts_does_not_reach_the_supervisor() {
    let (brain, _) = travelled();
    let names: Vec<&str> = brain.parts().map(neuraxis_core::Part::name).collect();
    assert_eq!(
        names,
        [
            "planar_estimator",
            "nominal_homeostat",
            "planned_navigator",
            "withdrawal",
            "orienting",
            "differential_drive"
        ]
    );
    assert_eq!(brain.decision().modulation, Modulation::default(), "the baseline changes nothing");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Bytes that were changed and sealed anew, so that the checksum fits: they are refused, or loaded as something that can go
    /// on; they never make it panic, and never take more memory than they have.
    #[test]
    fn an_archive_with_changed_bytes_never_makes_it_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
        is_sealed in any::<bool>(),
    ) {
        let (mut brain, archive) = travelled();
        let mut bytes = archive.to_bytes();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if is_sealed && bytes.len() > 8 {
            let end = bytes.len() - 8;
            let sum = xxhash_rust::xxh3::xxh3_64(&bytes[..end]);
            bytes[end..].copy_from_slice(&sum.to_le_bytes());
        }
        if let Ok(changed) = Archive::from_bytes(&bytes) {
            let before = brain.save();
            if brain.load(&changed).is_err() {
                prop_assert!(brain.save() == before, "half of it was loaded");
            }
        }
    }
}
