//! An hour of one robot's life, there and back through the large maze: how long each tick takes, and
//! whether memory stays flat.
//!
//! `cargo run --release -p neuraxis-scenario --example endurance [simulated seconds]`

use std::path::Path;
use std::time::{Duration, Instant};

use neuraxis_brain::{RobotBrain, lock_step};
use neuraxis_core::{Brain, Command, Decision, Goal, GoalStatus, Percepts};
use neuraxis_scenario::PlannedScene;
use neuraxis_scenario::plan::Changes;
use neuraxis_sim::{Arena, Setup, SoloBody};

/// A brain whose ticks are timed.
struct Timed {
    brain: RobotBrain,
    times: Vec<Duration>,
}

impl Brain for Timed {
    #[expect(
        clippy::disallowed_methods,
        reason = "it measures; what the trial computes does not depend on it"
    )]
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        let start = Instant::now();
        self.brain.tick(percepts, command);
        self.times.push(start.elapsed());
    }
    fn set_goals(&mut self, goals: &[Goal]) {
        self.brain.set_goals(goals);
    }
    fn set_emergency_stop(&mut self, pressed: bool) {
        self.brain.set_emergency_stop(pressed);
    }
    fn decision(&self) -> &Decision {
        self.brain.decision()
    }
}

fn main() -> Result<(), String> {
    let seconds: f64 = match std::env::args().nth(1) {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?,
        None => 3600.0,
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/large_maze.yaml");
    let limit = "time_limit=86400".parse()?;
    let changes = Changes { scene_overrides: vec![limit], ..Changes::default() };
    let scene = PlannedScene::load(&path, &changes)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let robot = &scene.robots[0];
    let layout = scene.layout(1).map_err(|error| error.to_string())?;
    let task = layout.tasks[0].clone();
    let description = &robot.model.description;
    let brain = RobotBrain::new(&robot.file.value.brain, description, task.start)
        .map_err(|error| error.to_string())?;
    let setup = Setup { robot: robot.model.clone(), brain: None };
    let arena = Arena::new(0, 1, &scene.scene.spec, layout, vec![setup]);
    let mut body = SoloBody::new(arena, robot.file.value.brain.rate).ok_or("the scene has no robot")?;
    let ticks = (seconds * robot.file.value.brain.rate) as usize;
    let mut timed = Timed { brain, times: vec![Duration::ZERO; ticks + 1] };
    // Its pages are touched now, so that they do not look like growth later.
    timed.times.clear();

    let ends = [task.goal, [task.start.x, task.start.y]];
    let goal = |end: [f64; 2]| Some(Goal::Reach { x: end[0], y: end[1], tolerance: task.tolerance });
    timed.set_goal(goal(ends[0]));
    let (mut legs, mut done) = (0_usize, 0);
    let minutes = |ticks: usize| ticks as f64 / robot.file.value.brain.rate / 60.0;
    while done < ticks {
        let part = (ticks / 6).max(1).min(ticks - done);
        let end = done + part;
        while done < end {
            // A leg ends when the brain says that it is there; then the way back is the goal.
            done += lock_step::run(&mut body, &mut timed, {
                let mut left = (end - done).min(100);
                move |_, _| {
                    left -= 1;
                    left > 0
                }
            })
            .map_err(|error| error.to_string())? as usize;
            if matches!(timed.decision().status, GoalStatus::Reached) {
                legs += 1;
                timed.set_goal(goal(ends[legs % 2]));
            }
            if body.arena().is_over() {
                return Err(format!(
                    "the trial ended after {:.0} min: {:?}",
                    minutes(done),
                    body.arena().robots()[0].score.outcome
                ));
            }
        }
        let kib = resident().map_or("unknown".to_owned(), |kib| format!("{:.1} MiB", kib as f64 / 1024.0));
        let driven = body.arena().robots()[0].score.path_length;
        println!("{:5.0} min simulated, {legs} legs, {driven:.0} m driven, memory {kib}", minutes(done));
    }
    timed.times.sort_unstable();
    let at = |share: f64| {
        let index = ((timed.times.len() - 1) as f64 * share) as usize;
        timed.times[index].as_secs_f64() * 1e6
    };
    println!(
        "tick: median {:.1} µs, p99 {:.1} µs, p99.9 {:.1} µs, worst {:.1} µs, over {} ticks",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
        timed.times.len()
    );
    Ok(())
}

/// Memory that the process holds, KiB, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .trim()
        .trim_end_matches("kB")
        .trim()
        .parse()
        .ok()
}
