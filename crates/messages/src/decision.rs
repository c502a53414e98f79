//! What a tick decided (`neuraxis_msgs/Decision` and its parts): the brain's [`Decision`](core::Decision) by ROS's means.
//!
//! ROS has neither options nor enums: a name in a text stands for them, and an empty text for none. Both conversions take
//! the record apart field by field, so that whoever adds one is led here by the compiler.

use neuraxis_core::reasons::{self, MAX_CHOICES, Verdict};
use neuraxis_core::{self as core, Belief, CueReport, Landmark, Reasons, SafetyState, StopReason};

use crate::message::messages;
use crate::trace::{stop_code, stop_reason, stop_words};
use crate::{Header, Pose, PoseWithCovariance, Twist, Unusable};

messages! {
    /// What the estimator thinks of one of its cues.
    "neuraxis_msgs/Cue" Cue {
        /// The sense's name in the robot file, or of the mechanism that made the cue.
        name: String,
        /// 0 (ignored) to 1 (as good as its nominal noise says).
        reliability: f64,
        /// Age of the latest measurement, s; infinite before the first.
        age: f64,
        /// Normalised innovation squared over its degrees of freedom; about 1 if all is well.
        surprise: f64,
        /// Share of the latest innovation that went into the estimate, 0 to 1.
        gain: f64,
        /// Why the latest measurement was left out: `tilt`, `no_overlap`, `misfit`, `gate`, `biased`, `stuck`, `not_finite`,
        /// `from_the_future`, `backwards`, `shape` or `covariance`; `none` if it was not.
        refusal: String,
        /// How many measurements were left out so far.
        refusals: u32,
    }
    /// What just happens to the body, as probabilities, 0 to 1.
    "neuraxis_msgs/Events" Events {
        /// Something lies nearer ahead than it takes to stop.
        obstacle: f64,
        /// Something is touched.
        contact: f64,
        /// The wheels do not roll as they turn.
        slip: f64,
        /// A beacon is seen or heard.
        beacon: f64,
        /// Where it is, as a direction in `base_link`, rad.
        beacon_bearing: f64,
    }
    /// How well each need is met, 0 (starved) to 1 (at its set point), as far as it is measured.
    "neuraxis_msgs/Needs" Needs {
        /// Charge left.
        energy: f64,
        /// Free of collisions and strain.
        integrity: f64,
        /// How sure the body is of where it is.
        certainty: f64,
    }
    /// How the needs tune the brain.
    "neuraxis_msgs/Modulation" Modulation {
        /// Factor on every learning rate; 1 is nominal.
        plasticity: f64,
        /// 0 (bold) to 1 (creep): lowers the speed.
        caution: f64,
        /// 0 (exploit) to 1 (explore).
        curiosity: f64,
    }
    /// What the brain is asked for.
    "neuraxis_msgs/Goal" Goal {
        /// `reach`, `explore` or `return`; empty if there is no goal.
        kind: String,
        /// Of `reach`: the point in the map, m.
        x: f64,
        /// The same, along y.
        y: f64,
        /// How near it has to come, m; of `explore`, to every place.
        tolerance: f64,
        /// Of `return`: `start` or `previous`.
        landmark: String,
    }
    /// The descending command.
    "neuraxis_msgs/Drive" Drive {
        /// -1 (backwards) to 1, as a share of the body's limit.
        speed: f64,
        /// -1 (right) to 1 (left), as a share of the body's limit.
        turn: f64,
        /// For legs: `auto`, `walk`, `trot` or `bound`.
        gait: String,
    }
    /// What the planner chose, and from what.
    "neuraxis_msgs/PlanReason" PlanReason {
        /// Whether the search has come to its end.
        is_complete: bool,
        /// Whether there is a way.
        has_way: bool,
        /// What the way costs, as m of free ground.
        cost: f64,
        /// The directions in the map of the first steps that the search knows, the chosen one first, rad.
        choice_headings: Vec<f64>,
        /// What the ways cost that begin with them, as m of free ground.
        choice_costs: Vec<f64>,
    }
    /// A pair of speed and turning rate, and how good it looked.
    "neuraxis_msgs/Candidate" Candidate {
        /// m/s.
        speed: f64,
        /// rad/s.
        turn: f64,
        /// Higher is better; minus infinity for none.
        score: f64,
    }
    /// Why the local control drives as it drives.
    "neuraxis_msgs/MotionReason" MotionReason {
        /// What it is busy with: `idle`, `settle`, `arrived`, `search`, `look_around`, `follow`, `turn`, `blocked`, `escape` or
        /// `withdraw`.
        mode: String,
        /// The point that it aims at, in the map, m.
        carrot: [f64; 2],
        /// Room between the body and the nearest thing in sight, m; infinite if there is none.
        gap: f64,
        /// What keeps it from its full speed: `cruise` (nothing), `room`, `sight`, `reflex`, `caution` or `braking`.
        limit: String,
        /// The speed that this leaves, m/s.
        top: f64,
        /// Pairs of speed and turning rate that were weighed.
        tried: u32,
        /// Of these, those that would have come too near to something.
        refused: u32,
        /// The best one.
        chosen: Candidate,
        /// The best one with a clearly different turning rate.
        rival: Candidate,
    }
    /// What a tick decided.
    "neuraxis_msgs/Decision" Decision {
        /// When, and the frame of the pose.
        header: Header,
        /// Version of what this message says: that of the brain's record.
        version: u32,
        /// `base_link` in `map`.
        pose: PoseWithCovariance,
        /// `base_link` in `odom`, on the plane.
        odom: Pose,
        /// Velocity in `base_link`.
        twist: Twist,
        /// The estimator's cues.
        cues: Vec<Cue>,
        /// What just happens to the body.
        events: Events,
        /// How well each need is met.
        needs: Needs,
        /// How the needs tune the brain.
        modulation: Modulation,
        /// The present goal.
        goal: Goal,
        /// Which of its goals this is, from 0.
        goal_index: u64,
        /// How the goal stands: `idle`, `active`, `reached`, `unreachable` or `exhausted`.
        status: String,
        /// What descended to the motor circuits.
        drive: Drive,
        /// Why the body is held, in words; empty if it is not.
        stop: String,
        /// The same as the code of `neuraxis_msgs/Trace`; 0 if it is not held.
        stop_code: u8,
        /// The slot that the code is about.
        stop_slot: u16,
        /// Whether a limit of the robot's file clipped the command.
        clipped: bool,
        /// The limit that did: `speed`, `acceleration`, `effort` or `range` (of a joint); empty if none.
        limit: String,
        /// Why this way.
        plan: PlanReason,
        /// Why this drive.
        motion: MotionReason,
        /// What a goal was given up on: `outside`, `enclosed`, `memory_full` or `unable`; empty if none was.
        verdict: String,
        /// Of `enclosed`: things that were touched or seen.
        verdict_obstacles: u32,
        /// Of `enclosed`: places that were searched.
        verdict_places: u32,
        /// Numbers of the senses that the motor circuit has to do without now.
        motor_missing: u64,
        /// Reflexes of the motor circuit that began so far.
        motor_reflexes: u64,
    }
}

impl From<&CueReport> for Cue {
    fn from(cue: &CueReport) -> Self {
        let CueReport { name, reliability, age, surprise, gain, refusal, refusals } = cue;
        Self {
            name: name.to_string(),
            reliability: *reliability,
            age: *age,
            surprise: *surprise,
            gain: *gain,
            refusal: refusal.to_string(),
            refusals: *refusals,
        }
    }
}

impl Cue {
    fn to_report(&self) -> Result<CueReport, Unusable> {
        let Self { name, reliability, age, surprise, gain, refusal, refusals } = self;
        Ok(CueReport {
            name: name.as_str().into(),
            reliability: *reliability,
            age: *age,
            surprise: *surprise,
            gain: *gain,
            refusal: named(refusal)?,
            refusals: *refusals,
        })
    }
}

/// The value that a name stands for.
fn named<T: std::str::FromStr<Err = core::named::UnknownName>>(name: &str) -> Result<T, Unusable> {
    name.parse().map_err(|error: core::named::UnknownName| Unusable::Unknown(error.to_string()))
}

fn landmark(to: Landmark) -> &'static str {
    match to {
        Landmark::Start => "start",
        Landmark::Previous => "previous",
    }
}

impl From<Option<core::Goal>> for Goal {
    fn from(goal: Option<core::Goal>) -> Self {
        let none = Self::default();
        match goal {
            None => none,
            Some(core::Goal::Reach { x, y, tolerance }) => {
                Self { kind: "reach".to_owned(), x, y, tolerance, ..none }
            }
            Some(core::Goal::Explore { radius }) => {
                Self { kind: "explore".to_owned(), tolerance: radius, ..none }
            }
            Some(core::Goal::Return { to, tolerance }) => {
                Self { kind: "return".to_owned(), tolerance, landmark: landmark(to).to_owned(), ..none }
            }
            // A goal of a kind that this message has no name for yet is a goal all the same.
            Some(_) => Self { kind: "other".to_owned(), ..none },
        }
    }
}

impl Goal {
    fn to_goal(&self) -> Result<Option<core::Goal>, Unusable> {
        let Self { kind, x, y, tolerance, landmark: to } = self;
        let (x, y, tolerance) = (*x, *y, *tolerance);
        Ok(match kind.as_str() {
            "" => None,
            "reach" => Some(core::Goal::Reach { x, y, tolerance }),
            "explore" => Some(core::Goal::Explore { radius: tolerance }),
            "return" => {
                let known = [Landmark::Start, Landmark::Previous];
                let found = known.into_iter().find(|known| landmark(*known) == to);
                let to = found.ok_or_else(|| Unusable::Unknown(format!("`{to}` is no landmark")))?;
                Some(core::Goal::Return { to, tolerance })
            }
            other => return Err(Unusable::Unknown(format!("`{other}` is no kind of goal"))),
        })
    }
}

impl From<reasons::PlanReason> for PlanReason {
    fn from(plan: reasons::PlanReason) -> Self {
        let reasons::PlanReason { is_complete, has_way, cost, choices, count } = plan;
        let known = &choices[..count.min(MAX_CHOICES)];
        Self {
            is_complete,
            has_way,
            cost,
            choice_headings: known.iter().map(|choice| choice.heading).collect(),
            choice_costs: known.iter().map(|choice| choice.cost).collect(),
        }
    }
}

impl PlanReason {
    fn to_reason(&self) -> Result<reasons::PlanReason, Unusable> {
        let Self { is_complete, has_way, cost, choice_headings, choice_costs } = self;
        let count = choice_headings.len();
        if count != choice_costs.len() {
            return Err(Unusable::Uneven("choice_headings", "choice_costs"));
        }
        if count > MAX_CHOICES {
            return Err(Unusable::Count { what: "choices", found: count, wanted: MAX_CHOICES });
        }
        let mut reason = reasons::PlanReason {
            is_complete: *is_complete,
            has_way: *has_way,
            cost: *cost,
            count,
            ..reasons::PlanReason::default()
        };
        for (choice, (heading, cost)) in
            reason.choices.iter_mut().zip(choice_headings.iter().zip(choice_costs))
        {
            *choice = reasons::Choice { heading: *heading, cost: *cost };
        }
        Ok(reason)
    }
}

impl From<reasons::Candidate> for Candidate {
    fn from(candidate: reasons::Candidate) -> Self {
        let reasons::Candidate { speed, turn, score } = candidate;
        Self { speed, turn, score }
    }
}

impl From<&Candidate> for reasons::Candidate {
    fn from(candidate: &Candidate) -> Self {
        let Candidate { speed, turn, score } = *candidate;
        Self { speed, turn, score }
    }
}

impl From<reasons::MotionReason> for MotionReason {
    fn from(motion: reasons::MotionReason) -> Self {
        let reasons::MotionReason { mode, carrot, gap, limit, top, tried, refused, chosen, rival } = motion;
        Self {
            mode: mode.to_string(),
            carrot,
            gap,
            limit: limit.to_string(),
            top,
            tried,
            refused,
            chosen: chosen.into(),
            rival: rival.into(),
        }
    }
}

impl MotionReason {
    fn to_reason(&self) -> Result<reasons::MotionReason, Unusable> {
        let Self { mode, carrot, gap, limit, top, tried, refused, chosen, rival } = self;
        Ok(reasons::MotionReason {
            mode: named(mode)?,
            carrot: *carrot,
            gap: *gap,
            limit: named(limit)?,
            top: *top,
            tried: *tried,
            refused: *refused,
            chosen: chosen.into(),
            rival: rival.into(),
        })
    }
}

/// What a goal was given up on: the name, obstacles and places.
fn tell_verdict(verdict: Option<Verdict>) -> (&'static str, u32, u32) {
    match verdict {
        None => ("", 0, 0),
        Some(Verdict::Outside) => ("outside", 0, 0),
        Some(Verdict::Enclosed { obstacles, places }) => ("enclosed", obstacles, places),
        Some(Verdict::MemoryFull) => ("memory_full", 0, 0),
        Some(Verdict::Unable) => ("unable", 0, 0),
    }
}

fn read_verdict(name: &str, obstacles: u32, places: u32) -> Result<Option<Verdict>, Unusable> {
    Ok(match name {
        "" => None,
        "outside" => Some(Verdict::Outside),
        "enclosed" => Some(Verdict::Enclosed { obstacles, places }),
        "memory_full" => Some(Verdict::MemoryFull),
        "unable" => Some(Verdict::Unable),
        other => return Err(Unusable::Unknown(format!("`{other}` is no verdict"))),
    })
}

impl Decision {
    /// The message of `decision`, whose belief is given in the frame `map`; `senses` are the names of the slots.
    #[must_use]
    pub fn new(decision: &core::Decision, map: &str, senses: &[&str]) -> Self {
        let core::Decision { belief, needs, modulation, goal, goal_index, status, drive, safety, reasons } =
            decision;
        let Belief { stamp, pose: _, vertical: _, odom, twist, covariance, cues, events } = belief;
        let core::Events { obstacle, contact, slip, beacon, beacon_bearing } = *events;
        let core::Needs { energy, integrity, certainty } = *needs;
        let core::Modulation { plasticity, caution, curiosity } = *modulation;
        let core::Drive { speed, turn, gait } = *drive;
        let SafetyState { stop, clipped, limit } = *safety;
        let Reasons { plan, motion, verdict, motor } = *reasons;
        let (code, slot) = stop_code(stop);
        let (verdict, verdict_obstacles, verdict_places) = tell_verdict(verdict);
        Self {
            header: Header::new(*stamp, map),
            version: core::Decision::VERSION,
            pose: PoseWithCovariance::new((&belief.pose_in_space()).into(), covariance),
            odom: odom.into(),
            twist: twist.into(),
            cues: cues.iter().map(Cue::from).collect(),
            events: Events { obstacle, contact, slip, beacon, beacon_bearing },
            needs: Needs { energy, integrity, certainty },
            modulation: Modulation { plasticity, caution, curiosity },
            goal: (*goal).into(),
            goal_index: *goal_index as u64,
            status: status.to_string(),
            drive: Drive { speed, turn, gait: gait.to_string() },
            stop: stop_words(code, slot, senses),
            stop_code: code,
            stop_slot: slot,
            clipped,
            limit: limit.map_or_else(String::new, |limit| limit.to_string()),
            plan: plan.into(),
            motion: motion.into(),
            verdict: verdict.to_owned(),
            verdict_obstacles,
            verdict_places,
            motor_missing: motor.missing as u64,
            motor_reflexes: motor.reflexes,
        }
    }

    /// The decision that it tells of.
    ///
    /// # Errors
    /// If a name in it stands for nothing that this version knows, or its pose has no attitude.
    pub fn to_decision(&self) -> Result<core::Decision, Unusable> {
        if self.version > core::Decision::VERSION {
            let known = core::Decision::VERSION;
            return Err(Unusable::Unknown(format!(
                "it is of version {} of the decision, and this program knows {known}",
                self.version
            )));
        }
        let mut belief = Belief::at(
            core::Pose2::default(),
            self.cues.iter().map(Cue::to_report).collect::<Result<_, _>>()?,
        );
        belief.stamp = self.header.stamp.stamp();
        belief.set_pose_in_space(&self.pose.pose.to_spatial()?);
        belief.odom = self.odom.to_planar().map_err(|_| Unusable::NoAttitude)?;
        belief.twist = self.twist.to_planar();
        belief.covariance = nalgebra::Matrix6::from_fn(|r, c| self.pose.covariance[r][c]);
        let Events { obstacle, contact, slip, beacon, beacon_bearing } = self.events;
        belief.events = core::Events { obstacle, contact, slip, beacon, beacon_bearing };
        let Needs { energy, integrity, certainty } = self.needs;
        let Modulation { plasticity, caution, curiosity } = self.modulation;
        let stop: Option<StopReason> = stop_reason(self.stop_code, self.stop_slot)
            .ok_or_else(|| Unusable::Unknown(format!("{} is no code of a reason to stop", self.stop_code)))?;
        let limit = if self.limit.is_empty() { None } else { Some(named(&self.limit)?) };
        Ok(core::Decision {
            belief,
            needs: core::Needs { energy, integrity, certainty },
            modulation: core::Modulation { plasticity, caution, curiosity },
            goal: self.goal.to_goal()?,
            goal_index: self.goal_index as usize,
            status: named(&self.status)?,
            drive: core::Drive {
                speed: self.drive.speed,
                turn: self.drive.turn,
                gait: named(&self.drive.gait)?,
            },
            safety: SafetyState { stop, clipped: self.clipped, limit },
            reasons: Reasons {
                plan: self.plan.to_reason()?,
                motion: self.motion.to_reason()?,
                verdict: read_verdict(&self.verdict, self.verdict_obstacles, self.verdict_places)?,
                motor: reasons::MotorReason {
                    missing: self.motor_missing as usize,
                    reflexes: self.motor_reflexes,
                },
            },
        })
    }
}
