//! Those who look on see all that happens in a trial, in its order, as one stream of events.

use std::path::Path;
use std::sync::{Arc, Mutex};

use neuraxis_core::file::Override;
use neuraxis_core::observer::{Event, Flow, OnEvent};
use neuraxis_core::{Brain, Command, Decision, Goal, GoalStatus, Percepts};
use neuraxis_trial::plan::Changes;
use neuraxis_trial::{Outcome, Participant, PlannedScene, Trial};

fn planned(scene: &str, settings: &[&str]) -> PlannedScene {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes").join(scene);
    let scene_overrides: Vec<Override> = settings.iter().map(|s| s.parse().expect("a setting")).collect();
    let changes = Changes { scene_overrides, ..Changes::default() };
    PlannedScene::load(&path, &changes).map_err(|errors| format!("{errors:?}")).expect("it loads")
}

/// What was heard of a trial.
#[derive(Clone, Debug, Default)]
struct Heard {
    ticks: usize,
    truths: usize,
    touches: Vec<(f64, f64)>,
    goals: Vec<(usize, GoalStatus)>,
    faults: Vec<(f64, bool)>,
    crashes: Vec<String>,
}

fn listen(trial: &mut Trial) -> Arc<Mutex<Heard>> {
    let heard = Arc::new(Mutex::new(Heard::default()));
    let into = heard.clone();
    trial.set_observer(Box::new(OnEvent(move |event: &Event<'_>| {
        let mut heard = into.lock().expect("nobody else");
        match *event {
            Event::Tick(_) => heard.ticks += 1,
            Event::Truth(_) => heard.truths += 1,
            Event::Touch { stamp, speed, .. } => heard.touches.push((stamp.seconds(), speed)),
            Event::Goal { index, status, .. } => heard.goals.push((index, status)),
            Event::Fault { stamp, has_begun, .. } => heard.faults.push((stamp.seconds(), has_begun)),
            Event::Crashed { message, .. } => heard.crashes.push(message.to_owned()),
            _ => {}
        }
        Flow::Continue
    })));
    heard
}

#[test]
fn every_tick_goal_touch_and_fault_is_told_once() {
    // The robot that searches by touch, so that there are touches.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../robots/feeler/feeler.yaml");
    let fault = "faults=[{ sensor: bumper, kind: silent, from: 2, until: 2.2 }]";
    let mut planned = planned("umaze.yaml", &[]);
    let changes = Changes {
        robot: Some(path),
        scene_overrides: vec![fault.parse().expect("a setting"), "time_limit=60".parse().expect("a setting")],
        ..Changes::default()
    };
    planned = PlannedScene::load(&planned.file.path, &changes)
        .map_err(|errors| format!("{errors:?}"))
        .expect("it loads");
    let mut trial = planned.trial(0, 2).expect("a trial");
    let heard = listen(&mut trial);
    trial.run();
    let (heard, robot) = (heard.lock().expect("nobody else").clone(), trial.robot(0));
    let seconds = trial.now().seconds();
    let [ticks, steps] = [planned.robots[0].file.value.brain.rate, 1.0 / planned.scene.spec.physics.timestep]
        .map(|rate| (seconds * rate).round() as usize);
    assert!(heard.ticks.abs_diff(ticks) <= 1, "{} ticks in {seconds} s", heard.ticks);
    assert_eq!(heard.truths, steps);
    assert!(!heard.touches.is_empty(), "it feels its way");
    assert_eq!(heard.touches.len(), robot.score.touches);
    let noted: Vec<(f64, f64)> =
        robot.score.collisions.iter().map(|touch| (touch.stamp.seconds(), touch.speed)).collect();
    assert_eq!(heard.touches, noted);
    assert_eq!(heard.goals.first(), Some(&(0, GoalStatus::Active)));
    let told: Vec<bool> = heard.faults.iter().map(|(_, has_begun)| *has_begun).collect();
    assert_eq!(told, [true, false]);
    // A fault is told with the step in which it began.
    assert!((heard.faults[0].0 - 2.0).abs() < 0.011 && (heard.faults[1].0 - 2.2).abs() < 0.011);
    assert!(heard.crashes.is_empty());
}

/// A brain that panics after a second.
struct Fragile<B>(B);

impl<B: Brain> Brain for Fragile<B> {
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        assert!(percepts.now.seconds() < 1.0, "a second is enough");
        self.0.tick(percepts, command);
    }
    fn set_goals(&mut self, goals: &[Goal]) {
        self.0.set_goals(goals);
    }
    fn decision(&self) -> &Decision {
        self.0.decision()
    }
}

#[test]
fn a_brain_that_panics_ends_its_own_robot_and_no_other() {
    let planned = planned("crossing.yaml", &["time_limit=4"]);
    let layout = planned.layout(1).expect("a layout");
    let robots = planned.robots.iter().zip(&layout.assignments).enumerate().map(|(i, (robot, task))| {
        let spec = &robot.file.value.brain;
        let brain =
            neuraxis_brain::RobotBrain::new(spec, &robot.model.description, task.start).expect("it fits");
        let brain: Box<dyn Brain> = if i == 0 { Box::new(Fragile(brain)) } else { Box::new(brain) };
        Participant { robot: robot.model.clone(), brain: Some((brain, spec.rate)) }
    });
    let mut trial = Trial::new(0, 1, &planned.scene.spec, layout.clone(), robots.collect());
    let heard = listen(&mut trial);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    trial.run();
    std::panic::set_hook(hook);
    let heard = heard.lock().expect("nobody else").clone();
    assert_eq!(heard.crashes, ["a second is enough"]);
    assert_eq!(trial.robot(0).score.outcome, Some(Outcome::Crashed("a second is enough".to_owned())));
    assert!(trial.robot(0).brain.is_none());
    assert!(trial.now().seconds() > 2.0, "the other one goes on");
    let [first, second] = [0, 1].map(|i| trial.robot(i).score.path_length);
    assert!(first < second, "the body of the one that crashed stands: {first} m, the other went {second} m");
}
