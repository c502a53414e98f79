//! Pace and lateness: by which clock a session goes, and what happens to who is late.
//!
//! Policy for late ticks, in three sentences. A tick that starts more than half a period after it was
//! due is late, and is counted. Ticks that were missed altogether are skipped and never caught up: the
//! next one is due at the next whole period. After [`Policy::patience`] late ticks in a row the body is
//! stopped ([`neuraxis_core::StopReason::BrainLate`]) until as many ticks in a row were on time.

use std::time::Duration;

use neuraxis_core::Stamp;

/// The time that a session goes by; a test brings its own.
pub trait Clock: Send {
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

impl Policy {
    /// Ticks at `rate` a second, Hz; three late ones in a row stop the body.
    #[must_use]
    pub fn at(rate: f64) -> Self {
        Self { period: Duration::from_nanos(neuraxis_core::time::period(rate)), patience: 3 }
    }
}

/// How the world's time and the clock's go together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// The world's time stands still while brains think and observers are not ready; as fast as the computer can.
    #[default]
    LockStep,
    /// The same, but never faster than so many times the clock: for people who look on.
    Times(f64),
    /// The world's time goes on by itself: a robot. A step is a tick, and nobody is waited for.
    Wall(Policy),
}

/// How a session kept time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Steps that ran.
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

/// Keeps a session to its pace.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    timing: Timing,
    /// The clock and the world's time when the session began.
    start: Option<(Duration, Stamp)>,
    /// When the next tick is due.
    due: Duration,
    late_in_row: u32,
    good_in_row: u32,
    is_held: bool,
}

impl Pacer {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            timing: Timing::default(),
            start: None,
            due: Duration::ZERO,
            late_in_row: 0,
            good_in_row: 0,
            is_held: false,
        }
    }

    pub(crate) fn timing(&self) -> Timing {
        self.timing
    }

    /// Whether the world's time goes on by itself.
    pub(crate) fn is_wall(&self) -> bool {
        matches!(self.pace, Pace::Wall(_))
    }

    /// Whether late ticks hold the body.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Waits until the next step is due; `now` is the world's time.
    pub(crate) fn wait(&mut self, clock: &mut dyn Clock, now: Stamp) {
        match self.pace {
            Pace::LockStep => {}
            Pace::Times(factor) => {
                let (began, from) = *self.start.get_or_insert_with(|| (clock.now(), now));
                let ahead = now.since(from) / factor;
                // What is no number or will never be, is not waited for.
                clock.sleep_until(began + Duration::try_from_secs_f64(ahead).unwrap_or_default());
            }
            Pace::Wall(policy) => {
                if self.start.is_none() {
                    let began = clock.now();
                    self.start = Some((began, now));
                    self.due = began;
                }
                clock.sleep_until(self.due);
                let lateness = clock.now().saturating_sub(self.due);
                self.judge(lateness, policy);
            }
        }
    }

    fn judge(&mut self, lateness: Duration, policy: Policy) {
        self.timing.worst = self.timing.worst.max(lateness);
        if lateness > period(policy) / 2 {
            self.timing.late += 1;
            self.late_in_row += 1;
            self.good_in_row = 0;
        } else {
            self.late_in_row = 0;
            self.good_in_row += 1;
        }
        if !self.is_held && self.late_in_row >= policy.patience {
            self.is_held = true;
            self.timing.stops += 1;
        } else if self.is_held && self.good_in_row >= policy.patience {
            self.is_held = false;
        }
    }

    /// A step is done: when the next one is due.
    pub(crate) fn next(&mut self, clock: &mut dyn Clock) {
        self.timing.ticks += 1;
        let Pace::Wall(policy) = self.pace else { return };
        let period = period(policy);
        self.due += period;
        let behind = clock.now().saturating_sub(self.due);
        if behind >= period {
            let skipped = (behind.as_nanos() / period.as_nanos()) as u32;
            self.timing.missed += u64::from(skipped);
            self.due += period * skipped;
        }
    }
}

fn period(policy: Policy) -> Duration {
    policy.period.max(Duration::from_micros(1))
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
