//! The tick: the parts in their order, with buffers made at start-up.

use neuraxis_cognition::{Navigator, Situation};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::calibration::Inverse;
use neuraxis_core::reasons::{MotionMode, MotorReason, SpeedLimit};
use neuraxis_core::robot::Limits;
use neuraxis_core::{
    Brain, Command, Decision, Drive, Goal, GoalStatus, OccupancyGrid, Percepts, Pose2, Sketch, Stamp, Twist2,
};
use neuraxis_fusion::Estimator;
use neuraxis_motor::{MotorCircuit, MotorError};

use crate::landmarks::Landmarks;
use crate::safety::SupervisorError;
use crate::{BrainSpec, Supervisor, needs, reflex};

/// A brain that is composed of parts.
pub struct RobotBrain {
    estimator: Box<dyn Estimator>,
    navigator: Box<dyn Navigator>,
    circuit: Box<dyn MotorCircuit>,
    supervisor: Supervisor,
    decision: Decision,
    /// All goals that it was given, the present one among them.
    goals: Vec<Goal>,
    landmarks: Landmarks,
    last_tick: Option<Stamp>,
    first_tick: Option<Stamp>,
    settle: f64,
    reflexes: bool,
    orienting: bool,
    turns_on_the_spot: bool,
    calibration: Option<Inverse>,
    limits: Limits,
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
        let estimator = neuraxis_fusion::build(&spec.fusion, body, start, known);
        let navigator = neuraxis_cognition::build(&spec.cognition, body, estimator.map());
        let circuit = neuraxis_motor::build(&spec.motor, body)?;
        let decision = Decision::at_rest(estimator.belief().clone());
        Ok(Self {
            estimator,
            navigator,
            circuit,
            supervisor: Supervisor::new(&spec.safety, body)?,
            decision,
            goals: Vec::new(),
            landmarks: Landmarks::default(),
            last_tick: None,
            first_tick: None,
            settle: spec.settle,
            reflexes: spec.reflexes,
            orienting: spec.orienting,
            turns_on_the_spot: body.mobility.turns_on_spot,
            calibration: body.calibration.as_ref().map(Inverse::new),
            limits: body.limits.clone(),
        })
    }

    /// The same brain with a navigator that has been somewhere already: what it learned there it knows here.
    #[must_use]
    pub fn with_navigator(mut self, navigator: Box<dyn Navigator>) -> Self {
        self.navigator = navigator;
        self
    }

    /// The navigator, with all that it has learned.
    #[must_use]
    pub fn into_navigator(self) -> Box<dyn Navigator> {
        self.navigator
    }
}

impl Brain for RobotBrain {
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        let dt = self.last_tick.map_or(0.0, |last| percepts.now.since(last)).clamp(0.0, 0.1);
        self.last_tick = Some(percepts.now);
        let first = *self.first_tick.get_or_insert(percepts.now);

        self.estimator.update(percepts);
        let belief = self.estimator.belief();
        let decision = &mut self.decision;
        decision.belief.copy_from(belief);
        decision.needs = needs::measure(percepts, belief);
        decision.modulation = needs::nominal();

        self.landmarks.stand(&decision.belief);
        if let Some(goal) = self.landmarks.take_waiting() {
            self.navigator.set_goal(Some(goal));
        }
        let situation =
            Situation { belief, modulation: &decision.modulation, percepts, map: self.estimator.map() };
        decision.drive = self.navigator.step(&situation);
        decision.status = self.navigator.status();
        decision.reasons = *self.navigator.reasons();
        if decision.status == GoalStatus::Reached && decision.errand + 1 < self.goals.len() {
            decision.errand += 1;
            decision.status = GoalStatus::Active;
            decision.goal = self.goals.get(decision.errand).copied();
            self.landmarks.arrive(&decision.belief);
            self.navigator.set_goal(decision.goal.map(|goal| self.landmarks.resolve(goal)));
        }
        if self.reflexes {
            let (drive, took) =
                reflex::withdraw(decision.drive, &decision.belief.events, self.turns_on_the_spot);
            decision.drive = drive;
            if took {
                decision.reasons.motion.limit = SpeedLimit::Reflex;
            }
        }
        if self.orienting {
            decision.drive = reflex::orient(decision.drive, &decision.belief.events);
        }
        if percepts.now.since(first) < self.settle {
            decision.drive = Drive::REST;
            decision.reasons.motion.mode = MotionMode::Settle;
        }
        self.estimator.map_mut().clear_changed();

        command.stamp = percepts.now;
        let drive = decision.drive;
        // What the circuit is asked for so that the body moves as is wanted.
        let asked = self.calibration.as_ref().map_or(drive, |inverse| {
            let wanted = Twist2::new(drive.speed * self.limits.linear, drive.turn * self.limits.angular);
            Drive { gait: drive.gait, ..inverse.drive(&wanted) }
        });
        self.circuit.step(&asked, percepts, dt, command);
        let told = self.circuit.diagnostics();
        decision.reasons.motor = MotorReason { missing: told.missing_now, reflexes: told.reflexes };
        self.supervisor.supervise(percepts, &decision.belief, command);
        decision.safety = self.supervisor.state();
    }

    fn set_goals(&mut self, goals: &[Goal]) {
        if self.decision.status == GoalStatus::Reached {
            self.landmarks.arrive(&self.decision.belief);
        }
        self.goals.clear();
        self.goals.extend_from_slice(goals);
        let goal = goals.first().copied();
        (self.decision.errand, self.decision.goal) = (0, goal);
        self.navigator.set_goal(goal.and_then(|goal| self.landmarks.wait_for(goal)));
    }

    fn set_emergency_stop(&mut self, pressed: bool) {
        self.supervisor.set_emergency_stop(pressed);
    }

    fn decision(&self) -> &Decision {
        &self.decision
    }

    fn path(&self) -> &[nalgebra::Point2<f64>] {
        self.navigator.path()
    }

    fn map(&self) -> Option<&OccupancyGrid> {
        Some(self.estimator.map())
    }

    fn sketch(&self) -> Option<Sketch> {
        self.navigator.sketch()
    }
}
