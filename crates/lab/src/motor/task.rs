//! What a motor circuit is asked to do: the drive that it gets, the world that it is in, and what a step is worth.
//!
//! A task knows bodies only by how they move. A new one is a variant here and an arm in each `match`.

use nalgebra::Vector3;
use neuraxis_core::file::problem::did_you_mean;
use neuraxis_core::{Drive, math};
use neuraxis_sim::SimRobot;
use serde::{Deserialize, Serialize};

use super::EpisodeConditions;
use super::figure::{FigureEight, Progress};

/// What a motor circuit is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// Swim straight on, at a speed that is wanted or faster.
    ///
    /// The reward of Bhattasali et al. (2022), `dm_control`'s `tolerance(v, bounds=(speed, inf), margin=speed,
    /// value_at_margin=0, sigmoid="linear")`: a step is worth `clamp(v / speed, 0, 1)`, where v (m/s) is the velocity of the
    /// head's origin along the head's own axis after the step.
    Swim {
        /// The speed that is worth a full reward, m/s; as published, 0.1, if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        speed: Option<f64>,
    },
    /// Swim to a place.
    ///
    /// The reward of `dm_control`'s `swimmer`: 1 within 0.05 m of it, and less the farther the head is (0.1 at 0.3 m).
    SwimTo {
        /// The place, seen from the start, m.
        target: [f64; 2],
    },
    /// Walk straight on at a commanded speed, on legs.
    ///
    /// Each episode begins at rest and draws the ground's friction (0.5 to 1.25), when the drive is given, the speed (0.2 to 1
    /// of the robot's limit if none is commanded), and every second one a push from any side. A step is worth 1 from the commanded
    /// speed to 1.3 of it, and less by the share that it is off (down to 0), less 0.1 for each rad/s of turning, as in arXiv 2410.07174 (whose
    /// tolerance, unlike this, rewards standing still); -1 once the body has fallen.
    Walk {
        /// The drive's speed; the robot's limit is 1.
        #[serde(default)]
        speed: Option<f64>,
        /// Impulse of a push, N·s.
        push: f64,
        /// What it walks on.
        ground: Ground,
    },
    /// Follow a figure of eight, whatever the body: it begins in the middle of the figure.
    ///
    /// A step is worth the way along the path that was made in it, over the way that the drive asks for (1 at most), less the
    /// farther the body is from the path: nothing at a quarter of the radius.
    Follow {
        /// Half the length of the figure, m.
        radius: f64,
        /// The drive's speed; the robot's limit is 1.
        #[serde(default)]
        speed: Option<f64>,
    },
}

/// What is walked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A level floor.
    #[default]
    Flat,
    /// Bumps of 2 cm, 0.8 m from one to the next.
    Bumps,
    /// Up a slope of five degrees.
    Slope,
}

/// A body that leans further than this has fallen, rad: as in arXiv 2410.07174.
const TIPPED: f64 = math::PI / 4.0;

/// How a body goes, with the sway of its strides averaged out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpeedFilter {
    /// Forward, m/s.
    pub speed: f64,
    /// About the vertical, rad/s.
    pub turning: f64,
    /// On the path, if there is one.
    pub progress: Progress,
}

impl SpeedFilter {
    /// Time over which it averages, s.
    const TIME: f64 = 0.5;

    /// After another `dt` s.
    pub fn take(&mut self, task: &Task, robot: &SimRobot, dt: f64) {
        if let Task::Follow { radius, .. } = task {
            FigureEight { radius: *radius }.go(&mut self.progress, robot.center_of_mass().xy());
        }
        let share = dt / Self::TIME;
        let ahead = robot.pose().rotation * Vector3::x();
        let level = Vector3::new(ahead.x, ahead.y, 0.0).try_normalize(1e-6).unwrap_or_else(Vector3::x);
        let (velocity, rate) = robot.motion();
        self.speed += (velocity.dot(&level) - self.speed) * share;
        self.turning += (rate.z - self.turning) * share;
    }
}

/// How the step was chosen stands in `docs/swimmer_physics.md`.
const WATER: &str = "world: []\nphysics: { timestep: 0.005, iterations: 1 }\nmedium: { density: 3000 }\n";
/// Speed that is worth a full reward if no other is wanted, m/s.
const FULL_SPEED: f64 = 0.1;
/// Radius of the target and how far around it a reward can still be felt, m.
const TARGET: (f64, f64) = (0.05, 0.25);

impl Task {
    /// The names of all tasks.
    pub const NAMES: [&str; 4] = ["swim", "swim_to", "walk", "follow"];

    /// The task of this name.
    ///
    /// # Errors
    /// If there is none, or it needs a target and has none: what to do.
    pub fn named(name: &str, target: Option<[f64; 2]>) -> Result<Self, String> {
        match (name, target) {
            ("swim", _) => Ok(Self::Swim { speed: None }),
            ("swim_to", Some(target)) if target.iter().all(|v| v.is_finite()) => Ok(Self::SwimTo { target }),
            ("walk", _) => Ok(Self::Walk { speed: None, push: 20.0, ground: Ground::Flat }),
            ("follow", _) => Ok(Self::Follow { radius: 2.0, speed: None }),
            ("swim_to", _) => Err("give it a place: --target X,Y".to_owned()),
            _ => Err(did_you_mean(name, &Self::NAMES)),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Swim { .. } => "swim",
            Self::SwimTo { .. } => "swim_to",
            Self::Walk { .. } => "walk",
            Self::Follow { .. } => "follow",
        }
    }

    /// Its name, with the speed that is wanted of a swimmer.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Swim { speed: Some(speed) } => format!("swim at {speed} m/s"),
            _ => self.name().to_owned(),
        }
    }

    /// Control steps of an episode.
    #[must_use]
    pub fn steps(&self) -> usize {
        match self {
            Self::Swim { .. } | Self::SwimTo { .. } | Self::Follow { .. } => 1000,
            Self::Walk { .. } => 400,
        }
    }

    /// Length of a control step, s: a step is judged at its end.
    #[must_use]
    pub fn control(&self) -> f64 {
        match self {
            Self::Swim { .. } | Self::SwimTo { .. } | Self::Walk { .. } | Self::Follow { .. } => 0.03,
        }
    }

    /// The world, as keys of a scene file; a control step is a whole number of physics steps.
    pub(super) fn world(&self, swims: bool) -> &'static str {
        match self {
            Self::Swim { .. } | Self::SwimTo { .. } => WATER,
            Self::Follow { .. } if swims => WATER,
            Self::Follow { .. } | Self::Walk { ground: Ground::Flat, .. } => {
                "world: []\nphysics: { timestep: 0.005 }\n"
            }
            Self::Walk { ground: Ground::Bumps, .. } => {
                "world:\n  - { kind: bumps, within: [[-9, -9], [9, 9]], amplitude: 0.02, wavelength: 0.8 }\n\
                 physics: { timestep: 0.005 }\n"
            }
            Self::Walk { ground: Ground::Slope, .. } => {
                "world:\n  - { kind: ramp, at: [0.6, 0], size: [14, 8, 1.225], yaw: 0 }\nphysics: { timestep: 0.005 }\n"
            }
        }
    }

    /// Whether an episode may begin with bent joints.
    pub(super) fn bends(&self) -> bool {
        match self {
            Self::Swim { .. } | Self::SwimTo { .. } => true,
            Self::Walk { .. } | Self::Follow { .. } => false,
        }
    }

    /// What is asked of the circuit now.
    #[must_use]
    pub fn drive(
        &self,
        robot: &SimRobot,
        speed_filter: &SpeedFilter,
        conditions: &EpisodeConditions,
    ) -> Drive {
        match self {
            Self::Follow { radius, speed } => {
                let at = robot.center_of_mass().xy();
                let wanted = FigureEight { radius: *radius }.aim(&speed_filter.progress, at, 0.25 * radius);
                Drive::new(speed.unwrap_or(0.5), 1.5 * math::wrap(wanted - heading(robot)))
            }
            Self::Walk { speed, .. } => Drive::new(speed.unwrap_or(conditions.speed), 0.0),
            Self::Swim { .. } => Drive::new(1.0, 0.0),
            Self::SwimTo { target } => {
                let head = robot.pose().translation.vector;
                let wanted = math::atan2(target[1] - head.y, target[0] - head.x);
                Drive::new(1.0, 2.0 * math::wrap(wanted - heading(robot)) / math::PI)
            }
        }
    }

    /// What the step that has just ended is worth, 0 to 1.
    #[must_use]
    pub fn reward(&self, robot: &SimRobot, speed_filter: &SpeedFilter, drive: &Drive) -> f64 {
        let asked = (drive.speed * robot.model.description.limits.linear).abs();
        match self {
            Self::Follow { radius, .. } => {
                let way = speed_filter.progress.step / (asked * self.control()).max(1e-6);
                way.min(1.0) * (1.0 - speed_filter.progress.off / (0.25 * radius)).max(0.0)
            }
            Self::Walk { .. } => {
                // At rest there is no share of the speed to be off by.
                let over = (speed_filter.speed - asked) / asked.max(0.1);
                let off = (-over).max(over - 0.3).max(0.0);
                (1.0 - off).max(0.0) - 0.1 * speed_filter.turning.abs()
            }
            Self::Swim { speed } => swim(robot.forward_speed(), *speed),
            Self::SwimTo { target } => {
                let head = robot.pose().translation.vector;
                let away = (head - Vector3::new(target[0], target[1], head.z)).norm() - TARGET.0;
                // The long tail of dm_control's `tolerance`: 0.1 at the margin.
                let share = 3.0 * (away / TARGET.1).max(0.0);
                1.0 / (1.0 + share * share)
            }
        }
    }

    /// Episodes that make one score; the lowest bits of their seeds say what each is about.
    #[must_use]
    pub fn episodes(&self) -> usize {
        match self {
            Self::Swim { .. } | Self::SwimTo { .. } | Self::Follow { .. } => 1,
            Self::Walk { .. } => 4,
        }
    }

    /// How the episode of `seed` is; without one all is as usual.
    #[must_use]
    pub fn conditions(&self, seed: Option<u64>) -> EpisodeConditions {
        match (self, seed) {
            (Self::Follow { .. }, None) => {
                EpisodeConditions { yaw: FigureEight::HEADING, ..EpisodeConditions::USUAL }
            }
            (_, None) => EpisodeConditions::USUAL,
            (Self::Swim { .. } | Self::SwimTo { .. }, Some(seed)) => EpisodeConditions::heading(seed),
            (Self::Walk { push, ground, .. }, Some(seed)) => {
                let drawn = EpisodeConditions::walk(seed, *push);
                // A slope has a direction.
                if *ground == Ground::Slope { EpisodeConditions { yaw: 0.0, ..drawn } } else { drawn }
            }
            (Self::Follow { .. }, Some(seed)) => EpisodeConditions::along(seed, FigureEight::HEADING),
        }
    }

    /// Whether the body has fallen, if it can.
    #[must_use]
    pub fn has_fallen(&self, robot: &SimRobot) -> bool {
        if robot.model.spec.planar || !matches!(self, Self::Walk { .. } | Self::Follow { .. }) {
            return false;
        }
        let pose = robot.pose();
        let up = pose.rotation * Vector3::z();
        // Not a number is a fall as well.
        let is_up = up.z > math::cos(TIPPED);
        !is_up
    }

    /// Whether the parameter `name` cannot matter, because the task's drive never uses what it weighs.
    #[must_use]
    pub fn is_idle(&self, name: &str) -> bool {
        let weighs = |what: &str| name.split('_').any(|part| part == what);
        match self {
            Self::Swim { .. } => weighs("speed") || weighs("turn"),
            Self::SwimTo { .. } => weighs("speed"),
            Self::Walk { .. } | Self::Follow { .. } => false,
        }
    }
}

/// What it is worth to swim at `velocity` where `speed` is wanted, m/s.
fn swim(velocity: f64, speed: Option<f64>) -> f64 {
    (velocity / speed.unwrap_or(FULL_SPEED)).clamp(0.0, 1.0)
}

/// The way that a body goes, rad: from its middle to its head, if its head swings; else where it looks.
fn heading(robot: &SimRobot) -> f64 {
    let head = robot.pose();
    let ahead = if robot.model.spec.planar {
        head.translation.vector - robot.center_of_mass()
    } else {
        head.rotation * Vector3::x()
    };
    math::atan2(ahead.y, ahead.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swimming_is_worth_the_share_of_the_speed_that_is_wanted() {
        // By hand, of dm_control's linear tolerance: 1 - (wanted - v) / wanted within the margin, 0 beyond it, 1 above.
        for (velocity, wanted, worth) in [
            (0.025, None, 0.25),
            (0.1, None, 1.0),
            (0.3, None, 1.0),
            (-0.02, None, 0.0),
            (0.025, Some(0.05), 0.5),
            (0.05, Some(0.05), 1.0),
            (0.09, Some(0.05), 1.0),
            (0.05, Some(0.2), 0.25),
            (-1.0, Some(0.2), 0.0),
        ] {
            let got = swim(velocity, wanted);
            assert!((got - worth).abs() < 1e-12, "{velocity} m/s of {wanted:?}: {got}, not {worth}");
        }
        // To the bit what it was without a speed.
        assert_eq!(swim(0.0371, None).to_bits(), (0.0371_f64 / 0.1).to_bits());
        assert_eq!(swim(0.0371, Some(0.1)).to_bits(), swim(0.0371, None).to_bits());
    }

    #[test]
    fn a_task_without_a_speed_is_written_and_read_as_before() {
        let before = r#"{"task":"swim"}"#;
        let plain: Task = serde_json::from_str(before).expect("a task of before");
        assert_eq!(plain, Task::Swim { speed: None });
        assert_eq!(serde_json::to_string(&plain).expect("JSON"), before);
        let slow = Task::Swim { speed: Some(0.05) };
        let text = serde_json::to_string(&slow).expect("JSON");
        assert_eq!(serde_json::from_str::<Task>(&text).expect("a task"), slow);
        assert_ne!(slow, plain, "a checkpoint of one is none of the other");
        assert_eq!((slow.title(), plain.title()), ("swim at 0.05 m/s".to_owned(), "swim".to_owned()));
    }
}
