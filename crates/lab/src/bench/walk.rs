//! The quadruped's rows of `neuraxis bench motor`: how fast it walks at a command, and whether it falls.
//!
//! Twenty episodes of 15 s a row, each with another friction, another time and side of its push, and another phase of the
//! rhythm when it sets out, all drawn from the seed; training never sees these seeds. A push of 20 N·s takes 0.2 s.
//! The peer's numbers were not published where they could be read.

use std::sync::atomic::AtomicBool;

use super::motor_rows::{Bound, Row};
use crate::motor::{MotorEnv, MotorEnvError, Start, Task, run_episode, task::Ground};
use neuraxis_trial::parallel::map_in_order;
use neuraxis_trial::plan::PlannedRobot;

/// Seeds from here on are for judging.
const FIRST: u64 = 1 << 40;
/// Control steps of an episode: 15 s.
const STEPS: usize = 500;
/// From here on its speed counts: 4 s.
const LATE: usize = 133;
/// Impulse of a push, N·s.
const PUSH: f64 = 20.0;
/// The commands, and the speed that must be reached, m/s.
const COMMANDS: [(f64, f64); 2] = [(0.3, 0.3), (0.5, 0.5)];

/// The part of the table.
pub const PART: &str = "quadruped, flat ground";

/// An episode's end: whether it fell, and how fast it was, m/s.
type Walk = (bool, f64);

/// Walks `robot`; nothing if it was stopped.
///
/// # Errors
/// If its circuit does not fit the body or the task.
pub fn run(
    robot: &PlannedRobot,
    episodes: u64,
    seed: u64,
    jobs: usize,
    stop: &AtomicBool,
) -> Result<Option<Vec<Row>>, MotorEnvError> {
    let mut rows = Vec::new();
    let top = robot.model.description.limits.linear;
    for (command, least) in COMMANDS {
        let Some([free, pushed]) = walks(robot, (command / top).min(1.0), [episodes; 2], seed, jobs, stop)?
        else {
            return Ok(None);
        };
        let command =
            if command > top { format!("{top}, its limit, for {command}") } else { command.to_string() };
        // As many in twenty.
        let most = (2.0 * episodes as f64 / 20.0).floor();
        rows.push(speed(format!("forward speed at command {command}, m/s"), &free, Some(least)));
        rows.push(falls(format!("falls in {episodes} episodes at {command}"), &free, 0.0));
        rows.push(falls(format!("falls in {episodes} at {command}, pushed by {PUSH} N·s"), &pushed, most));
    }
    // Whatever a robot may be asked for, it stands.
    let Some([free, _]) = walks(robot, 1.0, [episodes, 0], seed, jobs, stop)? else { return Ok(None) };
    rows.push(speed(format!("forward speed at its limit, {top}, m/s"), &free, None));
    rows.push(falls(format!("falls in {episodes} episodes at {top}"), &free, 0.0));
    Ok(Some(rows))
}

/// So many episodes without a push, and with one, at a share of the robot's speed; nothing if it was stopped.
fn walks(
    robot: &PlannedRobot,
    share: f64,
    episodes: [u64; 2],
    seed: u64,
    jobs: usize,
    stop: &AtomicBool,
) -> Result<Option<[Vec<Walk>; 2]>, MotorEnvError> {
    let task = Task::Walk { speed: Some(share), push: PUSH, ground: Ground::Flat };
    let subject = MotorEnv::of(robot, task)?;
    // What cannot be built is told before anybody counts falls.
    subject.circuit()?;
    // The lowest bit of an episode's seed says whether it is pushed.
    let orders: Vec<(u64, u64)> = [0, 1]
        .into_iter()
        .flat_map(|is_pushed| (0..episodes[is_pushed]).map(move |i| (i, is_pushed as u64)))
        .collect();
    let walk = |i: usize| {
        let (episode, is_pushed) = orders[i];
        let mut circuit = subject.circuit().ok()?;
        let start = Start::Random(FIRST + 4 * (seed + episode) + is_pushed);
        let walk = run_episode(&subject, &mut *circuit, start, Some(STEPS), true);
        let late = walk.track.as_ref().map_or(&[][..], |track| track.speed.get(LATE..).unwrap_or(&[]));
        Some((walk.fell.is_some(), late.iter().sum::<f64>() / late.len() as f64))
    };
    let Some(walks) = map_in_order(orders.len(), jobs, stop, walk) else { return Ok(None) };
    let of = |is_pushed: u64| {
        orders
            .iter()
            .zip(&walks)
            .filter(|(order, _)| order.1 == is_pushed)
            .filter_map(|(_, walk)| *walk)
            .collect()
    };
    Ok(Some([of(0), of(1)]))
}

/// How fast those were who did not fall.
fn speed(what: String, walks: &[Walk], least: Option<f64>) -> Row {
    let speeds: Vec<f64> = walks.iter().filter(|walk| !walk.0).map(|walk| walk.1).collect();
    let (mean, deviation) = super::motor::mean_and_deviation(&speeds);
    row(what, mean, Some(deviation), 3, least.map(Bound::AtLeast))
}

/// How many fell.
fn falls(what: String, walks: &[Walk], most: f64) -> Row {
    row(what, walks.iter().filter(|walk| walk.0).count() as f64, None, 0, Some(Bound::AtMost(most)))
}

fn row(what: String, measured: f64, deviation: Option<f64>, digits: usize, must: Option<Bound>) -> Row {
    Row {
        part: PART,
        what,
        measured,
        deviation,
        digits,
        must,
        aim: None,
        peer: None,
        ratio: None,
        is_deterministic: true,
    }
}
