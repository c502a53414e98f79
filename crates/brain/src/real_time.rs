//! The loop for bodies whose time does not wait.
//!
//! Policy for late ticks, in three sentences. A tick that starts more than half a period after it was
//! due is late, and is counted. Ticks that were missed altogether are skipped and never caught up: the
//! next one is due at the next whole period. After [`Policy::patience`] late ticks in a row the body is
//! stopped ([`StopReason::BrainLate`]) until as many ticks in a row were on time.

use std::time::Duration;

use neuraxis_core::body::{Body, BodyError};
use neuraxis_core::{Brain, StopReason};

/// The time that the loop runs by; a test brings its own.
pub trait Clock {
    /// Time since some fixed moment; never goes back.
    fn now(&mut self) -> Duration;
    /// Waits until `moment`; may wake a little late.
    fn sleep_until(&mut self, moment: Duration);
}

/// How late is too late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// The length of a tick.
    pub period: Duration,
    /// So many late ticks in a row stop the body, and so many on time let it go again.
    pub patience: u32,
}

/// How the loop kept time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Ticks that ran.
    pub ticks: u64,
    /// Of these, those that started late.
    pub late: u64,
    /// Ticks that were skipped.
    pub missed: u64,
    /// How often the body was stopped for it.
    pub stops: u64,
    /// The latest start of a tick.
    pub worst: Duration,
}

/// Drives `body` with `brain` until the body ends or `go_on`, asked once a tick, says no.
///
/// The last command that goes out is a stop, whatever ended the loop.
///
/// # Errors
/// If the body is lost.
pub fn run(
    body: &mut dyn Body,
    brain: &mut dyn Brain,
    clock: &mut dyn Clock,
    policy: Policy,
    mut go_on: impl FnMut(&Timing) -> bool,
) -> Result<Timing, BodyError> {
    let mut percepts = body.description().percepts();
    let mut command = body.description().command();
    let mut timing = Timing::default();
    let (mut late_in_row, mut good_in_row) = (0, 0);
    let mut is_held = false;
    let period = policy.period.max(Duration::from_micros(1));
    let mut due = clock.now();
    let result = loop {
        clock.sleep_until(due);
        let lateness = clock.now().saturating_sub(due);
        timing.worst = timing.worst.max(lateness);
        if lateness > period / 2 {
            timing.late += 1;
            late_in_row += 1;
            good_in_row = 0;
        } else {
            late_in_row = 0;
            good_in_row += 1;
        }
        if !is_held && late_in_row >= policy.patience {
            is_held = true;
            timing.stops += 1;
        } else if is_held && good_in_row >= policy.patience {
            is_held = false;
        }
        match body.sense(&mut percepts) {
            Ok(()) => {}
            Err(error) => break Err(error),
        }
        brain.tick(&percepts, &mut command);
        timing.ticks += 1;
        if is_held && command.stop.is_none() {
            command.values.fill(0.0);
            command.stop = Some(StopReason::BrainLate);
        }
        if let Err(error) = body.act(&command) {
            break Err(error);
        }
        if !go_on(&timing) {
            break Ok(());
        }
        due += period;
        let behind = clock.now().saturating_sub(due);
        if behind >= period {
            let skipped = (behind.as_nanos() / period.as_nanos()) as u32;
            timing.missed += u64::from(skipped);
            due += period * skipped;
        }
    };
    command.values.fill(0.0);
    command.stop = Some(command.stop.unwrap_or(StopReason::EmergencyStop));
    // The body may be gone already; then there is nothing left to stop.
    let _ = body.act(&command);
    match result {
        Ok(()) | Err(BodyError::Ended) => Ok(timing),
        Err(error) => Err(error),
    }
}

/// The computer's monotonic clock. It sleeps for most of the wait and spins for the rest.
#[derive(Debug)]
pub struct WallClock {
    start: std::time::Instant,
}

impl WallClock {
    /// A clock that starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place where a brain meets real time")]
    pub fn new() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new()
    }
}

/// The last stretch of a wait is spun, because a sleep wakes about this late.
const SPIN: Duration = Duration::from_micros(150);

impl Clock for WallClock {
    fn now(&mut self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&mut self, moment: Duration) {
        let wait = moment.saturating_sub(self.start.elapsed());
        std::thread::sleep(wait.saturating_sub(SPIN));
        while self.start.elapsed() < moment {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::body::BodyDescription;
    use neuraxis_core::brain::SafetyState;
    use neuraxis_core::robot::Limits;
    use neuraxis_core::{
        Belief, Command, Decision, Drive, Goal, GoalStatus, Interface, Modulation, Needs, Percepts, Pose2,
    };

    /// Each wake is late by the next number of a list.
    struct Script {
        now: Duration,
        delays: Vec<u64>,
        next: usize,
    }

    impl Clock for Script {
        fn now(&mut self) -> Duration {
            self.now
        }
        fn sleep_until(&mut self, moment: Duration) {
            let delay = self.delays.get(self.next).copied().unwrap_or(0);
            self.next += 1;
            self.now = self.now.max(moment) + Duration::from_millis(delay);
        }
    }

    struct Ear {
        description: BodyDescription,
        stops: Vec<Option<StopReason>>,
    }

    impl Body for Ear {
        fn description(&self) -> &BodyDescription {
            &self.description
        }
        fn sense(&mut self, _: &mut Percepts) -> Result<(), BodyError> {
            Ok(())
        }
        fn act(&mut self, command: &Command) -> Result<(), BodyError> {
            self.stops.push(command.stop);
            Ok(())
        }
    }

    struct Idle(Decision);

    impl Brain for Idle {
        fn tick(&mut self, _: &Percepts, command: &mut Command) {
            command.stop = None;
        }
        fn set_goals(&mut self, _: &[Goal]) {}
        fn set_emergency_stop(&mut self, _: bool) {}
        fn decision(&self) -> &Decision {
            &self.0
        }
    }

    fn run_with(delays: &[u64], ticks: u64) -> (Timing, Vec<Option<StopReason>>) {
        let limits =
            Limits { linear: 1.0, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 1.0 };
        let description = BodyDescription {
            name: "ear".to_owned(),
            sensors: Vec::new(),
            actuators: vec![Actuator::new("a", Interface::Effort)],
            mobility: Mobility::default(),
            drive: None,
            ackermann: None,
            calibration: None,
            radius: 0.1,
            limits,
        };
        let mut body = Ear { description, stops: Vec::new() };
        let mut brain = Idle(Decision {
            belief: Belief::at(Pose2::default(), Vec::new()),
            needs: Needs::default(),
            modulation: Modulation::default(),
            goal: None,
            errand: 0,
            status: GoalStatus::Idle,
            drive: Drive::REST,
            safety: SafetyState::default(),
            reasons: neuraxis_core::Reasons::default(),
        });
        let mut clock = Script { now: Duration::ZERO, delays: delays.to_vec(), next: 0 };
        let policy = Policy { period: Duration::from_millis(10), patience: 3 };
        let timing = run(&mut body, &mut brain, &mut clock, policy, |t| t.ticks < ticks).expect("no loss");
        (timing, body.stops)
    }

    #[test]
    fn on_time_nothing_is_counted_and_the_end_is_a_stop() {
        let (timing, stops) = run_with(&[], 5);
        assert_eq!(timing, Timing { ticks: 5, ..Timing::default() });
        assert_eq!(stops[..5], [None; 5]);
        assert!(stops[5].is_some(), "the last word is a stop");
    }

    #[test]
    fn missed_ticks_are_skipped_and_not_caught_up() {
        let (timing, _) = run_with(&[0, 35, 0, 0], 4);
        assert_eq!((timing.ticks, timing.late, timing.missed), (4, 1, 2));
    }

    #[test]
    fn three_late_ticks_stop_the_body_and_three_good_ones_let_it_go() {
        let (timing, stops) = run_with(&[0, 6, 6, 6, 0, 0, 0, 0], 8);
        let late = Some(StopReason::BrainLate);
        assert_eq!(stops[..8], [None, None, None, late, late, late, None, None]);
        assert_eq!((timing.stops, timing.late), (1, 3));
    }
}
