//! What came out of a trial, and of many.

#[cfg(feature = "sim")]
use neuraxis_sim::scene::coverage::Coverage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "sim")]
use crate::judge::Outcome;
use crate::statistics::{Interval, mean_interval, wilson};
#[cfg(feature = "sim")]
use crate::trial::{Trial, TrialRobot};

/// A touch harder than this counts as a collision, m/s.
pub const HARD: f64 = 0.1;

/// How a robot's trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// It said that it was there, and it was.
    Reached,
    /// It said that it was there, and it was not.
    Mistaken,
    /// It said that there is no way.
    GaveUp,
    /// The time was over.
    TimedOut,
    /// It fell out of the world, or the physics broke down.
    Lost,
    /// It tipped over.
    Fallen,
    /// Its brain panicked.
    Crashed,
    /// It has not ended.
    Running,
}

neuraxis_core::named!(OutcomeKind, "outcome" {
    Reached => "reached",
    Mistaken => "mistaken",
    GaveUp => "gave_up",
    TimedOut => "timed_out",
    Lost => "lost",
    Fallen => "fallen",
    Crashed => "crashed",
    Running => "running",
});

#[cfg(feature = "sim")]
impl From<Option<&Outcome>> for OutcomeKind {
    fn from(outcome: Option<&Outcome>) -> Self {
        match outcome {
            Some(Outcome::Reached) => Self::Reached,
            Some(Outcome::Mistaken) => Self::Mistaken,
            Some(Outcome::GaveUp) => Self::GaveUp,
            Some(Outcome::TimedOut) => Self::TimedOut,
            Some(Outcome::Lost) => Self::Lost,
            Some(Outcome::Fallen) => Self::Fallen,
            Some(Outcome::Crashed(_)) => Self::Crashed,
            None => Self::Running,
        }
    }
}

/// One robot's trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrialResult {
    /// Number of the trial, from 0.
    pub trial: usize,
    /// Seed of the trial.
    pub seed: u64,
    /// The scene's name.
    pub scene: String,
    /// The robot's name.
    pub robot: String,
    /// Which robot of the scene, from 0.
    pub index: usize,
    /// Outcome of the trial.
    pub outcome: OutcomeKind,
    /// Why, if it crashed or gave up.
    pub message: Option<String>,
    /// Whether it got to its goal and knew it.
    pub success: bool,
    /// Simulated time, s.
    pub time: f64,
    /// Length of the path that it took, m.
    pub path_length: f64,
    /// Length of the shortest way that its radius allows, m.
    pub shortest: f64,
    /// Success weighted by path length (Anderson et al. 2018): shortest / max(way, shortest), or 0; where nothing is known of the
    /// shortest way (exploring), success alone.
    pub spl: f64,
    /// Share of what can be got to that it has been near, if it has to explore.
    pub explored: Option<f64>,
    /// Touches of anything but the ground.
    pub touches: usize,
    /// Speed of the hardest touch, m/s.
    pub hardest_touch: f64,
    /// Energy drawn, J.
    pub energy: f64,
    /// Greatest distance between truth and belief, m.
    pub worst_error: f64,
    /// Digest of everything that moved and was commanded, hexadecimal.
    pub digest: String,
}

impl TrialResult {
    /// The results of a finished trial, one a robot.
    #[must_use]
    #[cfg(feature = "sim")]
    pub fn of(trial: &Trial) -> Vec<Self> {
        trial.robots().enumerate().map(|(index, robot)| Self::of_robot(trial, index, robot)).collect()
    }

    #[cfg(feature = "sim")]
    fn of_robot(trial: &Trial, index: usize, robot: TrialRobot<'_>) -> Self {
        let score = robot.score;
        let message = match &score.outcome {
            Some(Outcome::GaveUp) => verdict(&robot),
            Some(Outcome::Crashed(message)) => Some(message.clone()),
            _ => None,
        };
        let success = score.outcome == Some(Outcome::Reached);
        let shortest = robot.task.shortest_length();
        // Who has to explore has no shortest way.
        let efficiency = if robot.task.shortest.is_empty() {
            1.0
        } else {
            shortest / score.path_length.max(shortest).max(1e-9)
        };
        let spl = if success { efficiency } else { 0.0 };
        Self {
            trial: trial.number,
            seed: trial.seed,
            scene: trial.scene.clone(),
            robot: robot.model.spec.name.clone(),
            index,
            outcome: score.outcome.as_ref().into(),
            message,
            success,
            time: score.finished.seconds(),
            path_length: score.path_length,
            shortest,
            spl,
            explored: robot.task.coverage.as_ref().map(Coverage::share),
            touches: score.touches,
            hardest_touch: score.hardest_touch,
            energy: score.energy,
            worst_error: score.worst_error,
            digest: format!("{:016x}", trial.digest()),
        }
    }

    /// Whether it touched nothing harder than [`HARD`].
    #[must_use]
    pub fn is_gentle(&self) -> bool {
        self.hardest_touch <= HARD
    }
}

/// On what a robot gave its goal up.
#[cfg(feature = "sim")]
fn verdict(robot: &TrialRobot<'_>) -> Option<String> {
    robot.brain.as_ref()?.decision().reasons.verdict.map(|verdict| verdict.to_string())
}

/// The trials of one scene (or of all), summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SceneSummary {
    /// The scene's name.
    pub scene: String,
    /// Number of trials.
    pub trials: usize,
    /// Share that succeeded, with its 95 % interval (Wilson).
    pub success: Interval,
    /// Share without a collision harder than 0.1 m/s, with its 95 % interval (Wilson).
    pub gentle: Interval,
    /// Success weighted by path length, mean with its 95 % interval (bootstrap).
    pub spl: Interval,
    /// Simulated time of the successful ones, s, mean with its 95 % interval (bootstrap).
    pub time: Interval,
    /// Energy, J, mean with its 95 % interval (bootstrap).
    pub energy: Interval,
    /// Greatest distance between truth and belief, m, mean with its 95 % interval (bootstrap).
    pub worst_error: Interval,
}

impl SceneSummary {
    /// Sums up `results` under the name `scene`.
    #[must_use]
    pub fn of(scene: &str, results: &[&TrialResult]) -> Self {
        let count = |wanted: fn(&TrialResult) -> bool| results.iter().filter(|r| wanted(r)).count();
        let mean = |value: fn(&TrialResult) -> f64| {
            mean_interval(&results.iter().map(|r| value(r)).collect::<Vec<_>>())
        };
        let times: Vec<f64> = results.iter().filter(|r| r.success).map(|r| r.time).collect();
        Self {
            scene: scene.to_owned(),
            trials: results.len(),
            success: wilson(count(|r| r.success), results.len()),
            gentle: wilson(count(TrialResult::is_gentle), results.len()),
            spl: mean(|r| r.spl),
            time: mean_interval(&times),
            energy: mean(|r| r.energy),
            worst_error: mean(|r| r.worst_error),
        }
    }

    /// One summary a scene, in the order in which they first appear, and one of all if there are several.
    #[must_use]
    pub fn all(results: &[TrialResult]) -> Vec<Self> {
        let mut scenes: Vec<&str> = Vec::new();
        for result in results {
            if !scenes.contains(&result.scene.as_str()) {
                scenes.push(&result.scene);
            }
        }
        let of = |scene: &str| {
            let rows: Vec<&TrialResult> = results.iter().filter(|r| r.scene == scene).collect();
            Self::of(scene, &rows)
        };
        let mut summaries: Vec<Self> = scenes.iter().map(|scene| of(scene)).collect();
        if summaries.len() > 1 {
            summaries.push(Self::of("all", &results.iter().collect::<Vec<_>>()));
        }
        summaries
    }
}

/// The whole of a run, as `results.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Results {
    /// Version of the program.
    pub version: String,
    /// Sums and means, one row a scene.
    pub summaries: Vec<SceneSummary>,
    /// One row for each robot of each trial.
    pub trials: Vec<TrialResult>,
}
