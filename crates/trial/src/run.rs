//! Runs the trials of a plan, many at once.

use neuraxis_core::file::FileError;
use neuraxis_sim::Batch;

use crate::plan::PlannedScene;
use crate::trial::Trial;
use crate::{Plan, TrialResult};

/// Steps that a trial takes by itself between two looks at it.
const STEPS_PER_LOOK: usize = 50;

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
pub struct RunConfig {
    /// Number of trials.
    pub trials: usize,
    /// Seed of the first trial; the next ones count up.
    pub seed: u64,
    /// Threads.
    pub jobs: usize,
    /// Trials that are under way at the same time, at least 1; some more than threads keep all threads busy.
    pub at_once: usize,
}

/// Who follows a run from outside; each of these may be left as it is.
pub trait Hooks {
    /// A trial is about to begin.
    ///
    /// # Errors
    /// What keeps it from beginning; the run ends.
    fn begin(&mut self, scene: &PlannedScene, trial: &mut Trial) -> Result<(), FileError> {
        let _ = (scene, trial);
        Ok(())
    }

    /// The run has come so far; whether it should go on.
    fn go_on(&mut self, progress: &Progress) -> bool {
        let _ = progress;
        true
    }

    /// A trial is over.
    fn end(&mut self, trial: &mut Trial, results: &[TrialResult]) {
        let _ = (trial, results);
    }
}

/// Nobody follows.
impl Hooks for () {}

/// Runs the trials of `config`. The results come in the order of the trials, whatever the order of their ends; after
/// a stop they are those of the trials that were over by then.
///
/// # Errors
/// If a scene cannot be set up for one of the seeds.
pub fn run(plan: &Plan, config: RunConfig, hooks: &mut dyn Hooks) -> Result<Vec<TrialResult>, FileError> {
    let mut batch = Batch::new(config.jobs, STEPS_PER_LOOK);
    let mut progress = Progress { trials: config.trials, ..Progress::default() };
    let mut results: Vec<Vec<TrialResult>> = Vec::new();
    let (mut next, mut running) = (0, 0);
    let mut ended_time = 0.0;
    while progress.done < config.trials {
        while running < config.at_once.max(1) && next < config.trials {
            let scene = plan.scene(next);
            let mut trial = scene.trial(next, config.seed.wrapping_add(next as u64))?;
            hooks.begin(scene, &mut trial)?;
            batch.add(trial);
            next += 1;
            running += 1;
        }
        batch.update();
        let mut finished = batch.take_finished();
        finished.sort_by_key(|trial| trial.number);
        for mut trial in finished {
            running -= 1;
            let rows = TrialResult::of(&trial);
            hooks.end(&mut trial, &rows);
            progress.done += 1;
            progress.succeeded += usize::from(rows.iter().all(|r| r.success));
            ended_time += trial.now().seconds();
            results.push(rows);
        }
        progress.simulated = ended_time;
        batch.each(|trial| progress.simulated += trial.now().seconds());
        if !hooks.go_on(&progress) {
            break;
        }
    }
    let mut rows: Vec<TrialResult> = results.into_iter().flatten().collect();
    rows.sort_by_key(|row| (row.trial, row.index));
    Ok(rows)
}
