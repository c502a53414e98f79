//! A stop from outside, by a person or by the loop that is too late, is an input of the brain: recorded, and replayed to the bit.

use std::path::Path;

use neuraxis_brain::clock::Clock;
use neuraxis_brain::{Driver, Pace, Policy, RobotBrain, Session};
use neuraxis_core::{Brain as _, Goal, StopReason};
use neuraxis_record::{Recorder, Recording};
use neuraxis_sim::Arena;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::{PlannedScene, replay};
use std::time::Duration;

/// A clock on which some wakes are late.
struct Busy {
    now: Duration,
    wakes: u32,
}

impl Clock for Busy {
    fn now(&mut self) -> Duration {
        self.now
    }
    fn sleep_until(&mut self, moment: Duration) {
        self.wakes += 1;
        // For a tenth of a second the computer does something else.
        let delay = if (300..320).contains(&self.wakes) { 4 } else { 0 };
        self.now = self.now.max(moment) + Duration::from_millis(delay);
    }
}

#[test]
fn emergency_stops_and_late_ticks_are_recorded_and_replayed_to_the_bit() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/maze.yaml");
    let scene = PlannedScene::load(&path, &Changes::default())
        .map_err(|errors| format!("{errors:?}"))
        .expect("it loads");
    let (robot, layout) = (&scene.robots[0], scene.layout(4).expect("a layout"));
    let (spec, task) = (&robot.file.value.brain, layout.assignments[0].clone());
    let mut brain = RobotBrain::new(spec, &robot.model.description, task.start).expect("it fits");
    brain.set_goal(Some(Goal::Reach { x: task.goal[0], y: task.goal[1], tolerance: task.tolerance }));
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("held.mcap");
    let recorder = Recorder::start(false).expect("a recorder");
    let trial = scene.trial(0, 4).expect("a trial");
    let session = SessionFiles::of(&scene).expect("files").session(&scene, &trial, "a test");
    let tap = recorder.open(&target, session).expect("a tap");

    let arena = Arena::new(4, &scene.scene.spec, layout, vec![robot.model.clone()]);
    let step = scene.scene.spec.physics.timestep;
    let policy = Policy { period: Duration::from_secs_f64(step), patience: 3 };
    let mut session = Session::new(arena)
        .with_seat(0, Driver::Brain(Box::new(brain)), Some(spec.rate))
        .with_observer(tap)
        .with_pace(Pace::Wall(policy))
        .with_clock(Busy { now: Duration::ZERO, wakes: 0 });
    let mut stops = Vec::new();
    for step in 0..1200 {
        if let Some(seat) = session.seat_mut(0) {
            seat.set_emergency_stop((700..800).contains(&step));
        }
        session.step().expect("it steps");
        stops.push(session.seats()[0].command().stop);
    }
    let timing = session.timing();
    drop(session);
    assert!(timing.late >= 10 && timing.stops == 1, "{timing:?}");
    assert!(stops.contains(&Some(StopReason::BrainLate)));
    assert_eq!(stops[750], Some(StopReason::EmergencyStop));
    assert_eq!((stops[650], stops[900]), (None, None), "it goes on when the reason is gone");
    assert_eq!(recorder.close()[0].error, None);

    let recording = Recording::open(&target).expect("it opens");
    let verified = replay::verify(&recording, &recording.robots[0], |_, _| true).expect("it replays");
    assert!(verified.difference.is_none(), "{:?}", verified.difference);
    // 6 s at 100 Hz, and the tick in which the late stop began: it did not wait for its turn.
    assert_eq!(verified.ticks, 601);
}
