//! A seat: one body of a session and what drives it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use neuraxis_core::body::BodyDescription;
use neuraxis_core::joint_stop::JointStop;
use neuraxis_core::observer::Moment;
use neuraxis_core::world::Truth;
use neuraxis_core::{Brain, Command, Drive, GoalStatus, Percepts, Stamp, StopReason, time};
use neuraxis_motor::MotorCircuit;

/// A function that drives: it may look at the world, which a brain may not.
pub type Script<'a, W> = dyn FnMut(&W, &Percepts, &mut Command) + Send + 'a;

/// What drives a body.
pub enum Driver<'a, W> {
    /// Nothing: the body is sensed and left alone.
    None,
    /// A brain.
    Brain(Box<dyn Brain + 'a>),
    /// A motor circuit under a drive that is set from outside ([`Seat::set_drive`]).
    Circuit {
        /// The circuit.
        circuit: &'a mut dyn MotorCircuit,
        /// The drive.
        drive: Drive,
    },
    /// A script. It is no part of what a robot runs: it drives trainers' and benches' bodies, and watches recorded ones.
    Script(Box<Script<'a, W>>),
}

/// One body and what drives it.
pub struct Seat<'a, W> {
    driver: Driver<'a, W>,
    /// From one decision to the next, ns; at each step if not given.
    pub(super) period: Option<u64>,
    next: Stamp,
    pub(super) percepts: Percepts,
    pub(super) command: Command,
    /// Whether it decided in this step.
    pub(super) has_command: bool,
    pub(super) is_over: bool,
    /// Whether somebody has pressed the emergency stop.
    pub(super) emergency_stop: bool,
    /// The stops of the body's actuators.
    stops: Vec<JointStop>,
    /// How the brain's goals stood last: which one, and how.
    goal: Option<(usize, GoalStatus)>,
}

impl<'a, W> Seat<'a, W> {
    pub(super) fn empty(body: &BodyDescription) -> Self {
        Self {
            driver: Driver::None,
            period: None,
            next: Stamp::ZERO,
            percepts: body.percepts(),
            command: body.command(),
            has_command: false,
            is_over: false,
            emergency_stop: false,
            stops: JointStop::all(body).collect(),
            goal: None,
        }
    }

    /// Puts `driver` into the seat. It decides `rate` times a second; at each step if no rate is given.
    pub fn seat(&mut self, driver: Driver<'a, W>, rate: Option<f64>) {
        self.driver = driver;
        self.period = rate.map(time::period);
    }

    /// What its body sensed last.
    #[must_use]
    pub fn percepts(&self) -> &Percepts {
        &self.percepts
    }

    /// What it was commanded last.
    #[must_use]
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// Whether it is over: its body is held.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Its brain, if one drives it and has not crashed.
    #[must_use]
    pub fn brain(&self) -> Option<&dyn Brain> {
        match &self.driver {
            Driver::Brain(brain) => Some(&**brain),
            _ => None,
        }
    }

    /// The same, to be given goals or an emergency stop.
    pub fn brain_mut(&mut self) -> Option<&mut (dyn Brain + 'a)> {
        match &mut self.driver {
            Driver::Brain(brain) => Some(&mut **brain),
            _ => None,
        }
    }

    /// Presses (`true`) or releases the emergency stop: the brain is told with what it senses, so that a recording holds it.
    pub fn set_emergency_stop(&mut self, pressed: bool) {
        self.emergency_stop = pressed;
    }

    /// The drive of a circuit from now on; any other driver ignores it.
    pub fn set_drive(&mut self, wanted: Drive) {
        if let Driver::Circuit { drive, .. } = &mut self.driver {
            *drive = wanted;
        }
    }

    /// Decides, if it is time to.
    ///
    /// # Errors
    /// What a brain said as it panicked; it is gone then, and no other seat is harmed.
    pub(super) fn decide(&mut self, world: &W) -> Result<(), String> {
        self.has_command = false;
        let now = self.percepts.now;
        // A stop that begins does not wait for the seat's next turn.
        let begins_to_stop = self.percepts.stop_request.is_some() && self.command.stop.is_none();
        if self.is_over || (now < self.next && !begins_to_stop) {
            return Ok(());
        }
        if let Some(period) = self.period.filter(|_| now >= self.next) {
            // Whatever the clock did: the first of its turns that lies ahead.
            let turns = now.0.saturating_sub(self.next.0) / period.max(1) + 1;
            self.next = Stamp(self.next.0.saturating_add(turns.saturating_mul(period.max(1))));
        }
        let (percepts, command) = (&self.percepts, &mut self.command);
        match &mut self.driver {
            Driver::None => return Ok(()),
            Driver::Brain(brain) => {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| brain.tick(percepts, command))) {
                    self.driver = Driver::None;
                    // What it left is half a command.
                    self.command.stop = None;
                    return Err(panic
                        .downcast_ref::<&str>()
                        .map(ToString::to_string)
                        .or_else(|| panic.downcast_ref::<String>().cloned())
                        .unwrap_or_else(|| "a panic without a message".to_owned()));
                }
            }
            Driver::Circuit { circuit, drive } => {
                (command.stamp, command.stop) = (now, None);
                circuit.step(drive, percepts, self.period.unwrap_or_default() as f64 * 1e-9, command);
            }
            Driver::Script(script) => {
                (command.stamp, command.stop) = (now, None);
                script(world, percepts, command);
            }
        }
        self.has_command = true;
        Ok(())
    }

    /// Makes its command a stop, for `reason` unless it says one itself. What a supervisor stopped stays as it is.
    pub(super) fn stop(&mut self, reason: StopReason) {
        if self.command.stop.is_some() && matches!(self.driver, Driver::Brain(_)) {
            return;
        }
        self.command.stop = Some(self.command.stop.unwrap_or(reason));
        self.command.values.clear();
        self.command.values.extend(self.stops.iter_mut().map(|stop| stop.stop(&self.percepts)));
    }

    /// Its command has gone out.
    pub(super) fn note_sent(&mut self) {
        for (stop, value) in self.stops.iter_mut().zip(&self.command.values) {
            stop.note(self.percepts.now, *value);
        }
    }

    pub(super) fn moment(&self, seat: usize, truth: Option<Truth>) -> Moment<'_> {
        Moment { seat, percepts: &self.percepts, command: &self.command, brain: self.brain(), truth }
    }

    /// How the brain's goals stand, if that is new.
    pub(super) fn news(&mut self) -> Option<(usize, GoalStatus)> {
        let decision = self.brain()?.decision();
        let now = Some((decision.goal_index, decision.status));
        let is_new = now != self.goal;
        self.goal = now;
        now.filter(|_| is_new)
    }
}
