//! The quadruped's rows of `neuraxis bench motor`: how fast it walks at a command, and whether it falls.
//!
//! Twenty episodes of 15 s a row, each with another friction, another time and side of its push, and another phase of the
//! rhythm when it sets out, all drawn from the seed; training never sees these seeds. A push of 20 N·s takes 0.2 s.
//! The peer's numbers were not published where they could be read.

use std::sync::atomic::AtomicBool;

use super::motor::{Bound, Row};
use crate::motor::{Start, Subject, SubjectError, Task, in_parallel, roll, task::Ground};
use crate::plan::PlannedRobot;

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
) -> Result<Option<Vec<Row>>, SubjectError> {
    let mut rows = Vec::new();
    for (command, least) in COMMANDS {
        let task = Task::Walk { speed: Some(command), push: PUSH, ground: Ground::Flat };
        let subject = Subject::of(robot, task)?;
        // The lowest bit of an episode's seed says whether it is pushed.
        let walk = |i: usize| {
            let (episode, is_pushed) = (i as u64 / 2, i as u64 % 2);
            let mut circuit = subject.circuit().ok()?;
            let start = Start::Random(FIRST + 4 * (seed + episode) + is_pushed);
            let walk = roll(&subject, &mut *circuit, start, Some(STEPS), true);
            let late = walk.track.as_ref().map_or(&[][..], |track| track.speed.get(LATE..).unwrap_or(&[]));
            let speed = late.iter().sum::<f64>() / late.len() as f64;
            Some((is_pushed, walk.fell.is_some(), speed))
        };
        let Some(walks) = in_parallel(2 * episodes as usize, jobs, stop, &walk) else { return Ok(None) };
        let walks: Vec<_> = walks.into_iter().flatten().collect();
        let speeds: Vec<f64> =
            walks.iter().filter(|walk| walk.0 == 0 && !walk.1).map(|walk| walk.2).collect();
        let falls = |pushed: u64| walks.iter().filter(|walk| walk.0 == pushed && walk.1).count() as f64;
        let (mean, deviation) = super::motor::mean_and_deviation(&speeds);
        // As many in twenty.
        let most = (2.0 * episodes as f64 / 20.0).floor();
        let row = |what: String, measured, deviation, digits, must| Row {
            part: PART,
            what,
            measured,
            deviation,
            digits,
            must: Some(must),
            aim: None,
            peer: None,
            ratio: None,
            is_deterministic: true,
        };
        rows.push(row(
            format!("forward speed at command {command}, m/s"),
            mean,
            Some(deviation),
            3,
            Bound::AtLeast(least),
        ));
        rows.push(row(
            format!("falls in {episodes} episodes at {command}"),
            falls(0),
            None,
            0,
            Bound::AtMost(0.0),
        ));
        rows.push(row(
            format!("falls in {episodes} at {command}, pushed by {PUSH} N·s"),
            falls(1),
            None,
            0,
            Bound::AtMost(most),
        ));
    }
    Ok(Some(rows))
}
