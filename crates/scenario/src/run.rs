//! Runs the trials of a plan over arenas.

use neuraxis_core::file::FileError;
use neuraxis_sim::{Arena, Batch};

use crate::{Plan, TrialResult};

/// Arenas that run side by side, for each thread.
const ARENAS_PER_JOB: usize = 4;
/// Steps between two reports of progress.
const STEPS_PER_REPORT: usize = 50;

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Trials that are over.
    pub done: usize,
    /// Of these, those in which every robot succeeded.
    pub succeeded: usize,
    /// All trials.
    pub trials: usize,
    /// Simulated time of all trials so far, s.
    pub simulated: f64,
}

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// How many trials.
    pub trials: usize,
    /// Seed of the first trial; the next ones count up.
    pub seed: u64,
    /// Threads.
    pub jobs: usize,
}

/// A trial that is over.
pub struct Finished<'a> {
    /// The arena as it ended.
    pub arena: &'a Arena,
    /// Its results, one a robot.
    pub results: &'a [TrialResult],
}

/// Runs the trials of `order`. `watch` hears of progress and says whether to go on; `finished` gets each
/// trial as it ends. The results come in the order of the trials, whatever the order of their ends; after
/// a stop they are those of the trials that were over by then.
///
/// # Errors
/// If a scene cannot be set up for one of the seeds.
pub fn run(
    plan: &Plan,
    order: Order,
    mut watch: impl FnMut(&Progress) -> bool,
    mut finished: impl FnMut(&Finished<'_>),
) -> Result<Vec<TrialResult>, FileError> {
    let mut batch = Batch::new(order.jobs);
    let mut progress = Progress { trials: order.trials, ..Progress::default() };
    let mut results: Vec<Vec<TrialResult>> = Vec::new();
    let (mut next, mut running) = (0, 0);
    let mut ended_time = 0.0;
    while progress.done < order.trials {
        while running < order.jobs * ARENAS_PER_JOB && next < order.trials {
            batch.add(plan.scene(next).arena(next, order.seed.wrapping_add(next as u64))?);
            next += 1;
            running += 1;
        }
        for _ in 0..STEPS_PER_REPORT {
            batch.tick();
        }
        for arena in batch.take_finished() {
            running -= 1;
            let rows = TrialResult::of(&arena);
            finished(&Finished { arena: &arena, results: &rows });
            progress.done += 1;
            progress.succeeded += usize::from(rows.iter().all(|r| r.success));
            ended_time += arena.now().seconds();
            results.push(rows);
        }
        progress.simulated = ended_time + batch.simulated();
        if !watch(&progress) {
            break;
        }
    }
    let mut rows: Vec<TrialResult> = results.into_iter().flatten().collect();
    rows.sort_by_key(|row| (row.trial, row.index));
    Ok(rows)
}
