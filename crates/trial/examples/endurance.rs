//! How long ticks take over an hour of simulated time, as percentiles, and whether memory stays flat: the burger in the default maze,
//! going to and fro between start and goal.
//!
//! `cargo run --release -p neuraxis-trial --example endurance -- [MINUTES]`

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use neuraxis_brain::{Driver, RobotBrain, Session};
use neuraxis_core::{Brain, Command, Decision, Goal, GoalStatus, Landmark, Percepts};
use neuraxis_sim::Arena;
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::Changes;

const SEED: u64 = 3;

/// How long each tick took, µs.
type Times = Arc<Mutex<Vec<f32>>>;

/// A brain whose ticks are timed.
struct Timed {
    brain: RobotBrain,
    times: Times,
}

impl Brain for Timed {
    #[expect(clippy::disallowed_methods, reason = "it measures, and decides nothing by it")]
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        let start = Instant::now();
        self.brain.tick(percepts, command);
        let micros = start.elapsed().as_secs_f32() * 1e6;
        self.times.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
    }
    fn set_goals(&mut self, goals: &[Goal]) {
        self.brain.set_goals(goals);
    }
    fn decision(&self) -> &Decision {
        self.brain.decision()
    }
}

/// Memory of this process that is in use, MiB, where the system tells it.
fn memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

fn report(minute: u64, times: &Times) {
    let mut all = times.lock().unwrap_or_else(PoisonError::into_inner);
    all.sort_unstable_by(f32::total_cmp);
    let at =
        |share: f64| all.get(((all.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "minute {minute}: {} ticks, median {:.0} µs, p99 {:.0} µs, p99.9 {:.0} µs, longest {:.0} µs; {:.1} MiB",
        all.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
        memory().unwrap_or(f64::NAN)
    );
    all.clear();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let minutes: u64 = std::env::args().nth(1).map_or(Ok(60), |text| text.parse())?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/maze.yaml");
    let scene = PlannedScene::load(&path, &Changes::default())
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let (robot, layout) = (&scene.robots[0], scene.layout(SEED)?);
    let (spec, task) = (&robot.file.value.brain, layout.assignments[0].clone());
    let there = Goal::Reach { x: task.goal[0], y: task.goal[1], tolerance: task.tolerance };
    let back = Goal::Return { to: Landmark::Start, tolerance: task.tolerance };
    // As many as there are ticks between two reports, so that measuring takes no memory on the way.
    let times = Times::new(Mutex::new(Vec::with_capacity(200_000)));
    let mut brain = RobotBrain::new(spec, &robot.model.description, task.start)?;
    brain.set_goals(&[there]);
    let arena = Arena::new(SEED, &scene.scene.spec, layout, vec![robot.model.clone()]);
    let driver = Driver::Brain(Box::new(Timed { brain, times: Arc::clone(&times) }));
    let mut session = Session::new(arena).with_seat(0, driver, Some(spec.rate));
    let steps = (60.0 / scene.scene.spec.physics.timestep).round() as u64;
    let mut is_there = false;
    for minute in 1..=minutes {
        for step in 0..steps {
            session.step()?;
            // Once a second: the decision that follows a new goal comes with the next tick.
            if step % (steps / 60) == 0
                && session.brain(0).is_some_and(|brain| brain.decision().status == GoalStatus::Reached)
                && let Some(brain) = session.seat_mut(0).and_then(|seat| seat.brain_mut())
            {
                is_there = !is_there;
                brain.set_goal(Some(if is_there { back } else { there }));
            }
        }
        if minute % 20 == 0 || minute == minutes {
            report(minute, &times);
        }
    }
    Ok(())
}
