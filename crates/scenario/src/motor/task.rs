//! What a motor circuit is asked to do: the drive that it gets, the world that it is in, and what a step is worth.
//!
//! A task knows bodies only by how they move. A new one is a variant here and an arm in each `match`.

use nalgebra::Vector3;
use neuraxis_core::file::problem::did_you_mean;
use neuraxis_core::{Drive, ops};
use neuraxis_sim::arena::SimRobot;
use serde::{Deserialize, Serialize};

/// What a motor circuit is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// Swim straight on, as fast as it can.
    ///
    /// The reward of `dm_control`'s `swimmer` as Bhattasali et al. (2022) use it: a step is worth `clamp(v / 0.1, 0, 1)`, where v
    /// (m/s) is the velocity of the head's origin along the head's own axis after the step.
    Swim,
    /// Swim to a place.
    ///
    /// The reward of `dm_control`'s `swimmer`: 1 within 0.05 m of it, and less the farther the head is (0.1 at 0.3 m).
    SwimTo {
        /// The place, seen from the start, m.
        target: [f64; 2],
    },
}

/// Speed that is worth a full reward, m/s.
const FULL_SPEED: f64 = 0.1;
/// Radius of the target and how far around it a reward can still be felt, m.
const TARGET: (f64, f64) = (0.05, 0.25);

impl Task {
    /// The names of all tasks.
    pub const NAMES: [&str; 2] = ["swim", "swim_to"];

    /// The task of this name.
    ///
    /// # Errors
    /// If there is none, or it needs a target and has none: what to do.
    pub fn named(name: &str, target: Option<[f64; 2]>) -> Result<Self, String> {
        match (name, target) {
            ("swim", _) => Ok(Self::Swim),
            ("swim_to", Some(target)) if target.iter().all(|v| v.is_finite()) => Ok(Self::SwimTo { target }),
            ("swim_to", _) => Err("give it a place: --target X,Y".to_owned()),
            _ => Err(did_you_mean(name, &Self::NAMES)),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Swim => "swim",
            Self::SwimTo { .. } => "swim_to",
        }
    }

    /// Control steps of an episode.
    #[must_use]
    pub fn steps(&self) -> usize {
        match self {
            Self::Swim | Self::SwimTo { .. } => 1000,
        }
    }

    /// Length of a control step, s: a step is judged at its end.
    #[must_use]
    pub fn control(&self) -> f64 {
        match self {
            Self::Swim | Self::SwimTo { .. } => 0.03,
        }
    }

    /// The world, from the scene file's key `physics` on; a control step is a whole number of physics steps.
    pub(super) fn world(&self) -> &'static str {
        match self {
            // How the step was chosen stands in docs/swimmer_physics.md.
            Self::Swim | Self::SwimTo { .. } => {
                "physics: { timestep: 0.005, iterations: 1 }\nmedium: { density: 3000 }\n"
            }
        }
    }

    /// Whether an episode may begin with bent joints.
    pub(super) fn bends(&self) -> bool {
        match self {
            Self::Swim | Self::SwimTo { .. } => true,
        }
    }

    /// What is asked of the circuit now.
    #[must_use]
    pub fn drive(&self, robot: &SimRobot) -> Drive {
        match self {
            Self::Swim => Drive::new(1.0, 0.0),
            Self::SwimTo { target } => {
                // From the middle of the body to its head is the way that it goes; the head itself swings.
                let (head, middle) = (robot.pose().translation.vector, robot.center_of_mass());
                let heading = ops::atan2(head.y - middle.y, head.x - middle.x);
                let wanted = ops::atan2(target[1] - head.y, target[0] - head.x);
                Drive::new(1.0, 2.0 * ops::wrap(wanted - heading) / ops::PI)
            }
        }
    }

    /// What the step that has just ended is worth, 0 to 1.
    #[must_use]
    pub fn reward(&self, robot: &SimRobot) -> f64 {
        match self {
            Self::Swim => (robot.forward_speed() / FULL_SPEED).clamp(0.0, 1.0),
            Self::SwimTo { target } => {
                let head = robot.pose().translation.vector;
                let away = (head - Vector3::new(target[0], target[1], head.z)).norm() - TARGET.0;
                // The long tail of dm_control's `tolerance`: 0.1 at the margin.
                let share = 3.0 * (away / TARGET.1).max(0.0);
                1.0 / (1.0 + share * share)
            }
        }
    }

    /// Whether the parameter `name` cannot matter, because the task's drive never uses what it weighs.
    #[must_use]
    pub fn is_idle(&self, name: &str) -> bool {
        let weighs = |what: &str| name.split('_').any(|part| part == what);
        match self {
            Self::Swim => weighs("speed") || weighs("turn"),
            Self::SwimTo { .. } => weighs("speed"),
        }
    }
}
