//! The example of a body of one's own: driven by the wall clock, recorded, and replayed to the bit, late ticks and all.

use std::path::PathBuf;
use std::process::Command;

use neuraxis_core::Stamp;
use neuraxis_record::Recording;
use neuraxis_trial::{replay, why};

/// The example's program, which is built with the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let folder = test.ancestors().nth(2).expect("deps lies beside examples");
    let program = folder.join("examples").join(format!("own_body{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "build it first: cargo build --example own_body");
    program
}

#[test]
fn a_body_of_ones_own_over_the_wall_clock_is_recorded_and_replayed_to_the_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("cart.mcap");
    let done = Command::new(program()).arg("3").arg(&target).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(said.contains("ticks: 600") && said.contains("late: "), "{said}");

    let recording = Recording::open(&target).expect("it opens");
    assert!(recording.verdict.is_some(), "it was not cut short");
    let robot = &recording.robots[0];
    let verified = replay::verify(&recording, robot, |_, _| true).expect("it replays");
    assert!(verified.difference.is_none(), "{:?}", verified.difference);
    assert_eq!(verified.ticks, 600);
    let seconds = Stamp(robot.ticks.last().expect("ticks").stamp).seconds();
    assert!(
        (2.9..10.0).contains(&seconds),
        "600 ticks at 200 Hz of a clock that does not hurry: {seconds} s"
    );
    let told = why::explain(&recording, robot, Some(2.0)).expect("it tells why");
    assert!(told.difference.is_none() && told.goal.is_some(), "{told:?}");
}
