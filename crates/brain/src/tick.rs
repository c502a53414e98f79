//! The tick: the parts in their order, with buffers made at start-up.

use std::sync::Arc;

use neuraxis_cognition::{Navigator, Situation};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::MotionMode;
use neuraxis_core::robot::Limits;
use neuraxis_core::{
    Brain, Command, Decision, Drive, Goal, GoalStatus, GraphSnapshot, OccupancyGrid, Outcome, Part, Percepts,
    Pose2, Reasons, Stamp, Twist2,
};
use neuraxis_motor::MotorError;

use crate::landmarks::Landmarks;
use crate::parts::Parts;
use crate::safety::SupervisorError;
use crate::{BrainSpec, Supervisor};

/// A brain that is composed of parts.
pub struct RobotBrain {
    pub(crate) parts: Parts,
    pub(crate) supervisor: Supervisor,
    pub(crate) decision: Decision,
    /// All goals that it was given, the present one among them.
    pub(crate) goals: Vec<Goal>,
    pub(crate) landmarks: Landmarks,
    pub(crate) last_tick: Option<Stamp>,
    pub(crate) first_tick: Option<Stamp>,
    pub(crate) settle: f64,
    pub(crate) limits: Limits,
    /// What the motor circuit was asked for in the last tick, and the command that went out.
    pub(crate) asked: Drive,
    pub(crate) sent: Command,
    /// What the actuators are commanded that no motor circuit moves, the last of the command.
    pub(crate) rest: Vec<f64>,
    /// Its files: what was saved fits only a brain that was built from the same.
    pub(crate) built_from: Arc<(BrainSpec, BodyDescription)>,
}

/// Why a brain does not fit a body.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BrainError {
    /// The motor level does not.
    #[error("/brain/motor/circuit: {0}")]
    Motor(#[from] MotorError),
    /// An actuator has no limits, or cannot stop as it is to.
    #[error("/actuators: {0}")]
    Supervisor(#[from] SupervisorError),
}

impl RobotBrain {
    /// The brain that `spec` describes, for `body`, which stands at `start` in the map.
    ///
    /// # Errors
    /// If a part does not fit the body.
    pub fn new(spec: &BrainSpec, body: &BodyDescription, start: Pose2) -> Result<Self, BrainError> {
        Self::with_map(spec, body, start, None)
    }

    /// The same, in a place of which it knows the map.
    ///
    /// # Errors
    /// If a part does not fit the body.
    pub fn with_map(
        spec: &BrainSpec,
        body: &BodyDescription,
        start: Pose2,
        known: Option<&OccupancyGrid>,
    ) -> Result<Self, BrainError> {
        let parts = Parts::build(spec, body, start, known)?;
        let decision = Decision::at_rest(parts.estimator.belief().clone());
        Ok(Self {
            parts,
            supervisor: Supervisor::new(&spec.safety, body)?,
            decision,
            goals: Vec::new(),
            landmarks: Landmarks::default(),
            last_tick: None,
            first_tick: None,
            settle: spec.settle,
            limits: body.limits.clone(),
            asked: Drive::REST,
            sent: body.command(),
            rest: body.command().values.split_off(body.main_actuators().len()),
            built_from: Arc::new((spec.clone(), body.clone())),
        })
    }

    /// The same brain with a navigator that has been somewhere already: what it learned there it knows here.
    #[must_use]
    pub fn with_navigator(mut self, navigator: Box<dyn Navigator>) -> Self {
        self.parts.navigator = navigator;
        self.parts.navigator.follow_another_map();
        self
    }

    /// The navigator, with all that it has learned.
    #[must_use]
    pub fn into_navigator(self) -> Box<dyn Navigator> {
        self.parts.navigator
    }

    /// Its parts, in the order of the tick: what can be regulated, and what learns. The safety supervisor is none.
    pub fn parts(&self) -> impl Iterator<Item = &dyn Part> {
        self.parts.each()
    }
}

impl Brain for RobotBrain {
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        let dt = self.last_tick.map_or(0.0, |last| percepts.now.since(last)).clamp(0.0, 0.1);
        let is_first = self.last_tick.replace(percepts.now).is_none();
        let first = *self.first_tick.get_or_insert(percepts.now);
        let decision = &mut self.decision;

        self.parts.estimator.update(percepts);
        decision.belief.copy_from(self.parts.estimator.belief());
        decision.modulation = self.parts.homeostat.feel(percepts, &decision.belief);
        decision.needs = *self.parts.homeostat.needs();
        self.parts.regulate(&decision.modulation);
        if !is_first {
            self.parts.learn(&Outcome {
                dt,
                drive: self.asked,
                command: &self.sent,
                percepts,
                belief: &decision.belief,
                needs: &decision.needs,
                modulation: &decision.modulation,
            });
        }

        let Parts { estimator, navigator, reflexes, body_model, circuit, .. } = &mut self.parts;
        self.landmarks.update(&decision.belief);
        if let Some(goal) = self.landmarks.take_waiting() {
            navigator.set_goal(Some(goal));
        }
        let situation = Situation { belief: &decision.belief, percepts, map: estimator.map() };
        decision.drive = navigator.step(&situation);
        decision.status = navigator.status();
        decision.reasons = Reasons::default();
        navigator.explain(&mut decision.reasons);
        if decision.status == GoalStatus::Reached && decision.goal_index + 1 < self.goals.len() {
            decision.goal_index += 1;
            decision.status = GoalStatus::Active;
            decision.goal = self.goals.get(decision.goal_index).copied();
            self.landmarks.arrive(&decision.belief);
            navigator.set_goal(decision.goal.map(|goal| self.landmarks.resolve(goal)));
        }
        for reflex in reflexes {
            decision.drive = reflex.react(decision.drive, &decision.belief.events);
            reflex.explain(&mut decision.reasons);
        }
        if percepts.now.since(first) < self.settle {
            decision.drive = Drive::REST;
            decision.reasons.motion.mode = MotionMode::Settle;
        }

        command.stamp = percepts.now;
        let drive = decision.drive;
        // What the circuit is asked for so that the body moves as is wanted.
        self.asked = body_model.as_ref().map_or(drive, |model| {
            let wanted = Twist2::new(drive.speed * self.limits.linear, drive.turn * self.limits.angular);
            Drive { gait: drive.gait, ..model.invert(&wanted) }
        });
        // What no circuit moves stays as it stood at the start.
        let others = self.rest.len().min(command.values.len());
        let from = command.values.len() - others;
        command.values[from..].copy_from_slice(&self.rest[..others]);
        circuit.step(&self.asked, percepts, dt, command);
        circuit.explain(&mut decision.reasons);
        self.supervisor.supervise(percepts, &decision.belief, command);
        decision.safety = self.supervisor.state();
        self.sent.copy_from(command);
    }

    fn set_goals(&mut self, goals: &[Goal]) {
        if self.decision.status == GoalStatus::Reached {
            self.landmarks.arrive(&self.decision.belief);
        }
        self.goals.clear();
        self.goals.extend_from_slice(goals);
        let goal = goals.first().copied();
        (self.decision.goal_index, self.decision.goal) = (0, goal);
        self.parts.navigator.set_goal(goal.and_then(|goal| self.landmarks.wait_for(goal)));
    }

    fn decision(&self) -> &Decision {
        &self.decision
    }

    fn path(&self) -> &[nalgebra::Point2<f64>] {
        self.parts.navigator.path()
    }

    fn map(&self) -> Option<&OccupancyGrid> {
        Some(self.parts.estimator.map())
    }

    fn graph_snapshot(&self) -> Option<GraphSnapshot> {
        self.parts.navigator.graph_snapshot()
    }
}
