//! What is measured of a robot's trial: its way, its touches, how it ended. No brain sees it.

mod motion;

use nalgebra::Vector3;
use neuraxis_core::observer::{Event, Flow, Moment, Observer};
use neuraxis_core::reasons::MotionMode;
use neuraxis_core::world::Truth;
use neuraxis_core::{Pose2, Stamp};
use neuraxis_sim::RobotModel;
use neuraxis_sim::scene::world::Assignment;

pub use self::motion::{FEET_PERIOD, Foot, JOINTS_EVERY, MAX_STRETCHES, Motion, STRETCH, Stretch};
use crate::judge::{Judge, Outcome};

/// A body has fallen when the cosine of its lean is less than this: 75 degrees, from where none comes back by itself.
const FALLEN: f64 = 0.26;
/// The lowest that a body can be and still be in the world, m.
const BOTTOM: f64 = -1.0;
/// How often the paths are noted at first, ns.
const TRACE_PERIOD: u64 = 100_000_000;
/// So many points of a path are kept; a longer one is thinned out, so that memory stays flat.
const MAX_TRACE: usize = 8192;
/// So many touches are kept with their places; the others are only counted.
const MAX_COLLISIONS: usize = 1024;

/// Cues whose reliability is noted along the way.
pub const TRACED_CUES: usize = 6;

/// A touch of something that is not ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collision {
    /// When.
    pub stamp: Stamp,
    /// Speed at which the surfaces met, along the contact's normal, m/s.
    pub speed: f64,
    /// Where the robot was, m.
    pub at: [f64; 2],
}

/// Where a robot was and where it believed to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePoint {
    /// When.
    pub stamp: Stamp,
    /// The truth.
    pub truth: Pose2,
    /// The belief.
    pub belief: Pose2,
    /// True speed over the ground, m/s.
    pub speed: f32,
    /// Room to the nearest thing that the brain sees, m; infinite if it sees none.
    pub gap: f32,
    /// Whether the brain held the body.
    pub is_held: bool,
    /// What the brain made of its first cues, 0 to 1.
    pub reliability: [f32; TRACED_CUES],
}

/// What was measured of a robot's trial; the truth, which no brain sees.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub finished: Stamp,
    /// Length of the path that it took, m.
    pub path_length: f64,
    /// How often it began to touch something.
    pub touches: usize,
    /// Greatest speed at which it did, m/s.
    pub hardest_touch: f64,
    /// The first touches, in the order of time.
    pub collisions: Vec<Collision>,
    /// Energy drawn, J.
    pub energy: f64,
    /// Greatest distance between truth and belief, m.
    pub worst_error: f64,
    /// Its way, ten times a second; more seldom where it is long.
    pub trace: Vec<TracePoint>,
    /// How it moves itself.
    pub motion: Motion,
}

/// Measures the robots of a trial and says when each is over: the observer that holds what brains claim against the truth.
pub struct Scorer {
    robots: Vec<Scored>,
    time_limit: Stamp,
}

/// What is kept of one robot.
struct Scored {
    task: Assignment,
    score: Score,
    judge: Judge,
    next_trace: Stamp,
    trace_period: u64,
}

impl Scorer {
    /// For robots with these models and tasks, in the order of their seats.
    #[must_use]
    pub fn new<'a>(
        robots: impl IntoIterator<Item = (&'a RobotModel, Assignment)>,
        time_limit: Stamp,
    ) -> Self {
        let robots = robots.into_iter().map(|(model, task)| Scored {
            judge: Judge::new(&task),
            score: Score { motion: Motion::of(&model.description, &model.model.joints), ..Score::default() },
            task,
            next_trace: Stamp::ZERO,
            trace_period: TRACE_PERIOD,
        });
        Self { robots: robots.collect(), time_limit }
    }

    /// The session broke off: nobody who was not done yet will be.
    pub(crate) fn break_off(&mut self, why: &str, now: Stamp) {
        for robot in self.robots.iter_mut().filter(|robot| robot.score.outcome.is_none()) {
            robot.finish(Outcome::Crashed(why.to_owned()), now);
        }
    }

    /// What was measured of the robot `index`.
    #[must_use]
    pub fn score(&self, index: usize) -> &Score {
        &self.robots[index].score
    }

    /// What the robot `index` has to do.
    #[must_use]
    pub fn task(&self, index: usize) -> &Assignment {
        &self.robots[index].task
    }

    /// The same, for tests that move goals.
    pub fn task_mut(&mut self, index: usize) -> &mut Assignment {
        &mut self.robots[index].task
    }
}

impl Observer for Scorer {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        match *event {
            Event::Touch { seat, stamp, speed, at } => {
                if let Some(robot) = self.robots.get_mut(seat).filter(|robot| robot.score.outcome.is_none()) {
                    robot.note_touch(stamp, speed, at);
                }
            }
            Event::Crashed { seat, stamp, message } => {
                if let Some(robot) = self.robots.get_mut(seat) {
                    robot.finish(Outcome::Crashed(message.to_owned()), stamp);
                    return Flow::Release(seat);
                }
            }
            Event::Truth(moment) => {
                let (Some(robot), Some(truth)) = (self.robots.get_mut(moment.seat), moment.truth) else {
                    return Flow::Continue;
                };
                if robot.score.outcome.is_some() {
                    return Flow::Continue;
                }
                robot.keep(&moment, &truth);
                if truth.stamp >= self.time_limit && robot.score.outcome.is_none() {
                    robot.finish(Outcome::TimedOut, truth.stamp);
                }
                if robot.score.outcome.is_some() {
                    return Flow::Release(moment.seat);
                }
            }
            _ => {}
        }
        Flow::Continue
    }
}

impl Scored {
    fn keep(&mut self, moment: &Moment<'_>, truth: &Truth) {
        let now = truth.stamp;
        self.score.motion.look(now, moment.percepts);
        let spatial = truth.pose;
        let pose = Pose2::from_spatial(&spatial);
        self.score.path_length += truth.speed * truth.timestep;
        self.score.energy = truth.energy;
        let belief = moment.brain.map_or(pose, |brain| brain.decision().belief.pose);
        let error = pose.distance(&belief);
        if error.is_finite() {
            self.score.worst_error = self.score.worst_error.max(error);
        }
        if now >= self.next_trace {
            self.trace(moment, truth, pose, belief);
        }
        if !pose.is_finite() || spatial.translation.z < BOTTOM {
            return self.finish(Outcome::Lost, now);
        }
        // A body without a brain has nothing to keep upright with.
        if moment.brain.is_some() && (spatial.rotation * Vector3::z()).z < FALLEN {
            return self.finish(Outcome::Fallen, now);
        }
        let claim = moment.brain.map(|brain| (brain.decision().goal_index, brain.decision().status));
        if let Some((goal, status)) = claim
            && let Some(outcome) = self.judge.look(&mut self.task, &pose, goal, status)
        {
            self.finish(outcome, now);
        }
    }

    /// Notes a point of the way.
    fn trace(&mut self, moment: &Moment<'_>, truth: &Truth, pose: Pose2, belief: Pose2) {
        if self.score.trace.len() >= MAX_TRACE {
            let mut keep = false;
            self.score.trace.retain(|_| {
                keep = !keep;
                keep
            });
            self.trace_period *= 2;
        }
        self.next_trace = truth.stamp + self.trace_period;
        let mut point = TracePoint {
            stamp: truth.stamp,
            truth: pose,
            belief,
            speed: truth.speed as f32,
            gap: f32::INFINITY,
            is_held: moment.command.stop.is_some(),
            reliability: [0.0; TRACED_CUES],
        };
        if let Some(decision) = moment.brain.map(neuraxis_core::Brain::decision) {
            let motion = &decision.reasons.motion;
            // Only who drives looks for room.
            if matches!(
                motion.mode,
                MotionMode::Follow | MotionMode::Turn | MotionMode::Escape | MotionMode::Blocked
            ) {
                point.gap = motion.gap as f32;
            }
            for (noted, cue) in point.reliability.iter_mut().zip(&decision.belief.cues) {
                *noted = cue.reliability as f32;
            }
        }
        self.score.trace.push(point);
    }

    fn note_touch(&mut self, stamp: Stamp, speed: f64, at: [f64; 2]) {
        self.score.touches += 1;
        self.score.hardest_touch = self.score.hardest_touch.max(speed);
        if self.score.collisions.len() < MAX_COLLISIONS {
            self.score.collisions.push(Collision { stamp, speed, at });
        }
    }

    fn finish(&mut self, outcome: Outcome, now: Stamp) {
        self.score.outcome = Some(outcome);
        self.score.finished = now;
    }
}
