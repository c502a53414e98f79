//! Tests of the loop with a body in a line and a clock that a script delays.

use std::sync::atomic::{AtomicU64, Ordering};

use neuraxis_core::body::{Body, BodyDescription};
use neuraxis_core::observer::OnEvent;
use neuraxis_core::robot::Limits;
use neuraxis_core::world::Single;
use neuraxis_core::{Actuator, Belief, Command, Decision, Goal, GoalStatus, Interface, Mobility, Pose2};

use super::*;
use crate::clock::Policy;

/// Each wake is late by the next number of a list, ms.
struct Delayed {
    now: Duration,
    delays: Vec<u64>,
    next: usize,
}

impl Clock for Delayed {
    fn now(&mut self) -> Duration {
        self.now
    }
    fn sleep_until(&mut self, moment: Duration) {
        let delay = self.delays.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        self.now = self.now.max(moment) + Duration::from_millis(delay);
    }
}

/// A body without senses that notes the commands which it is given.
struct Ear {
    description: BodyDescription,
    time: Stamp,
    commands: Vec<Command>,
    ends_after: usize,
}

impl Ear {
    fn new() -> Self {
        let limits =
            Limits { linear: 1.0, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 1.0 };
        let description = BodyDescription {
            name: "ear".to_owned(),
            sensors: Vec::new(),
            actuators: vec![Actuator::new("a", Interface::Effort)],
            mobility: Mobility::default(),
            drive: None,
            ackermann: None,
            other_actuators: 0,
            calibration: None,
            radius: 0.1,
            limits,
        };
        Self { description, time: Stamp::ZERO, commands: Vec::new(), ends_after: usize::MAX }
    }
}

impl Body for Ear {
    fn description(&self) -> &BodyDescription {
        &self.description
    }
    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        if self.commands.len() >= self.ends_after {
            return Err(BodyError::Ended);
        }
        self.time = self.time + 10_000_000;
        percepts.now = self.time;
        Ok(())
    }
    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        self.commands.push(command.clone());
        Ok(())
    }
}

/// A brain that always commands 1, and panics at a given tick.
struct Steady {
    decision: Decision,
    ticks: u64,
    panics_at: u64,
}

impl Steady {
    fn new(panics_at: u64) -> Self {
        let decision = Decision::at_rest(Belief::at(Pose2::default(), Vec::new()));
        Self { decision, ticks: 0, panics_at }
    }
}

impl Brain for Steady {
    fn tick(&mut self, _: &Percepts, command: &mut Command) {
        self.ticks += 1;
        assert!(self.ticks != self.panics_at, "on purpose");
        command.stop = None;
        command.values.fill(1.0);
    }
    fn set_goals(&mut self, _: &[Goal]) {
        self.decision.status = GoalStatus::Active;
    }
    fn decision(&self) -> &Decision {
        &self.decision
    }
}

fn seated<'a>(panics_at: u64) -> Session<'a, Single<Ear>> {
    Session::new(Single(Ear::new())).with_seat(0, Driver::Brain(Box::new(Steady::new(panics_at))), None)
}

fn run_late(delays: &[u64], ticks: u64) -> (Timing, Vec<Option<StopReason>>) {
    let clock = Delayed { now: Duration::ZERO, delays: delays.to_vec(), next: 0 };
    let policy = Policy { period: Duration::from_millis(10), patience: 3 };
    let mut session = seated(0).with_pace(Pace::Wall(policy)).with_clock(clock);
    let timing = session.run_while(|t| t.ticks < ticks).expect("no loss");
    let (Single(ear), ()) = session.into_parts();
    (timing, ear.commands.iter().map(|command| command.stop).collect())
}

#[test]
fn ticks_on_time_are_not_counted_and_the_last_command_is_a_stop() {
    let (timing, stops) = run_late(&[], 5);
    assert_eq!(timing, Timing { ticks: 5, ..Timing::default() });
    assert_eq!(stops[..5], [None; 5]);
    assert_eq!(stops[5..], [Some(StopReason::EmergencyStop)]);
}

#[test]
fn missed_ticks_are_skipped_and_not_caught_up() {
    let (timing, _) = run_late(&[0, 35, 0, 0], 4);
    assert_eq!((timing.ticks, timing.late, timing.missed), (4, 1, 2));
}

#[test]
fn three_late_ticks_stop_the_body_and_three_good_ones_let_it_go() {
    let (timing, stops) = run_late(&[0, 6, 6, 6, 0, 0, 0, 0], 8);
    let late = Some(StopReason::BrainLate);
    assert_eq!(stops[..8], [None, None, None, late, late, late, None, None]);
    assert_eq!((timing.stops, timing.late), (1, 3));
}

#[test]
fn a_brain_that_panics_stops_its_body_and_is_reported() {
    let mut heard = Vec::new();
    let mut session = seated(3).with_observer(OnEvent(|event: &Event<'_>| {
        if let Event::Crashed { seat, message, .. } = event {
            heard.push((*seat, (*message).to_owned()));
            return Flow::End;
        }
        Flow::Continue
    }));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    session.run().expect("the session goes on to its end");
    std::panic::set_hook(hook);
    assert!(session.brain(0).is_none(), "the brain is gone");
    let (Single(ear), _) = session.into_parts();
    assert_eq!(heard, [(0, "on purpose".to_owned())]);
    let last = ear.commands.last().expect("commands");
    assert!(last.stop.is_some() && last.values == [0.0], "{last:?}");
    assert_eq!(ear.commands.len(), 3);
}

/// An arm of which nothing is measured, a wheel and a hip, driven by a script that asks for more with each tick.
fn scripted<'a>() -> Session<'a, Single<Ear>> {
    let mut ear = Ear::new();
    ear.description.actuators = vec![
        Actuator { start: 0.5, ..Actuator::new("elbow", Interface::Position) },
        Actuator::new("wheel", Interface::Velocity),
        Actuator::new("hip", Interface::Effort),
    ];
    let mut asked = 0.0;
    let script = move |_: &Single<Ear>, _: &Percepts, command: &mut Command| {
        asked += 1.0;
        command.values.fill(asked);
    };
    Session::new(Single(ear)).with_seat(0, Driver::Script(Box::new(script)), None)
}

fn sent(session: Session<'_, Single<Ear>>) -> Vec<(Vec<f64>, Option<StopReason>)> {
    let (Single(ear), ()) = session.into_parts();
    ear.commands.into_iter().map(|command| (command.values, command.stop)).collect()
}

#[test]
fn an_emergency_stop_of_a_script_holds_positions_until_it_is_released() {
    let mut session = scripted();
    for step in 0..5 {
        session.seat_mut(0).expect("a seat").set_emergency_stop((2..4).contains(&step));
        session.step().expect("steps");
    }
    let stopped = (vec![2.0, 0.0, 0.0], Some(StopReason::EmergencyStop));
    let driven = |value: f64| (vec![value; 3], None);
    assert_eq!(sent(session), [driven(1.0), driven(2.0), stopped.clone(), stopped, driven(5.0)]);
}

#[test]
fn a_late_script_holds_positions_and_so_does_the_end() {
    let clock = Delayed { now: Duration::ZERO, delays: vec![0, 6, 6, 6], next: 0 };
    let policy = Policy { period: Duration::from_millis(10), patience: 3 };
    let mut session = scripted().with_pace(Pace::Wall(policy)).with_clock(clock);
    session.run_while(|timing| timing.ticks < 4).expect("no loss");
    let commands = sent(session);
    let still = vec![3.0, 0.0, 0.0];
    assert_eq!(commands[3], (still.clone(), Some(StopReason::BrainLate)), "what went out last is held");
    assert_eq!(commands[4], (still, Some(StopReason::BrainLate)), "the last command of a session is a stop");
    let mut session = scripted();
    session.step().expect("steps");
    session.close();
    assert_eq!(sent(session)[1], (vec![1.0, 0.0, 0.0], Some(StopReason::EmergencyStop)));
}

#[test]
fn a_brain_that_crashes_in_its_first_tick_leaves_a_joint_where_it_started() {
    let mut ear = Ear::new();
    ear.description.actuators = vec![Actuator { start: 0.5, ..Actuator::new("elbow", Interface::Position) }];
    let brain = Driver::Brain(Box::new(Steady::new(1)));
    let mut session = Session::new(Single(ear)).with_seat(0, brain, None);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    session.step().expect("the session goes on");
    std::panic::set_hook(hook);
    assert_eq!(sent(session), [(vec![0.5], Some(StopReason::EmergencyStop))]);
}

#[test]
fn a_body_that_ends_is_no_error_and_an_observer_that_ends_keeps_the_command_back() {
    let mut ear = Ear::new();
    ear.ends_after = 4;
    let mut session = Session::new(Single(ear)).with_seat(0, Driver::Brain(Box::new(Steady::new(0))), None);
    assert_eq!(session.run().expect("an end").ticks, 4);

    let mut ticks = 0;
    let mut session = seated(0).with_observer(OnEvent(|event: &Event<'_>| {
        ticks += i32::from(matches!(event, Event::Tick(_)));
        if ticks == 2 { Flow::End } else { Flow::Continue }
    }));
    session.run().expect("runs");
    let (Single(ear), _) = session.into_parts();
    let stops: Vec<bool> = ear.commands.iter().map(|c| c.stop.is_some()).collect();
    assert_eq!(stops, [false, true], "the second command never went out; a stop did");
}

#[test]
fn a_stop_of_a_slow_seat_does_not_wait_for_its_turn() {
    let brain = Driver::Brain(Box::new(Steady::new(0)));
    let mut session = Session::new(Single(Ear::new())).with_seat(0, brain, Some(25.0));
    for step in 0..8 {
        // Pressed for one step of 10 ms, in the middle of a period of 40 ms.
        session.seat_mut(0).expect("a seat").set_emergency_stop(step == 5);
        session.step().expect("steps");
    }
    let stops: Vec<bool> = sent(session).iter().map(|(_, stop)| stop.is_some()).collect();
    // Its turns are at 10, 40 and 80 ms; the stop goes out at 60 ms.
    assert_eq!(stops, [false, false, true, false]);
}

#[test]
fn a_clock_of_the_epoch_and_one_that_jumps_cost_a_slow_seat_nothing() {
    let mut ear = Ear::new();
    ear.time = Stamp(1_790_000_000_000_000_000);
    let brain = Driver::Brain(Box::new(Steady::new(0)));
    let mut session = Session::new(Single(ear)).with_seat(0, brain, Some(1000.0));
    session.step().expect("steps");
    session.world_mut().0.time = Stamp(u64::MAX - 20_000_000);
    session.step().expect("steps");
    assert_eq!(sent(session).len(), 2);
}

#[test]
fn an_emergency_stop_reaches_a_body_with_faults() {
    let body = neuraxis_core::faults::Faulty::new(Ear::new(), &[], 0, 1);
    let mut session = Session::new(Single(body)).with_seat(0, Driver::Brain(Box::new(Steady::new(0))), None);
    session.seat_mut(0).expect("a seat").set_emergency_stop(true);
    session.step().expect("steps");
    assert_eq!(session.seats()[0].command().stop, Some(StopReason::EmergencyStop));
}

#[test]
fn a_session_that_ends_by_itself_or_by_a_panic_leaves_a_stop() {
    let mut session = seated(0).with_observer(OnEvent(|_: &Event<'_>| Flow::End));
    assert_eq!(session.step(), Ok(Flow::End), "nobody calls close");
    let (Single(ear), _) = session.into_parts();
    assert!(ear.commands.last().is_some_and(|command| command.stop.is_some()));

    let mut ear = Ear::new();
    let mut ticks = 0;
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let observer = OnEvent(|event: &Event<'_>| {
            ticks += i32::from(matches!(event, Event::Tick(_)));
            assert!(ticks < 3, "on purpose");
            Flow::Continue
        });
        let driver = Driver::Brain(Box::new(Steady::new(0)));
        let _ = Session::new(Single(&mut ear)).with_seat(0, driver, None).with_observer(observer).run();
    }));
    std::panic::set_hook(hook);
    assert!(panicked.is_err());
    assert!(ear.commands.last().is_some_and(|command| command.stop.is_some()), "{:?}", ear.commands);
}

#[test]
fn a_seat_with_a_rate_decides_that_often() {
    let mut ticks = 0;
    let brain = Driver::Brain(Box::new(Steady::new(0)));
    let mut session = Session::new(Single(Ear::new())).with_seat(0, brain, Some(25.0)).with_observer(
        OnEvent(|event: &Event<'_>| {
            ticks += i32::from(matches!(event, Event::Tick(_)));
            Flow::Continue
        }),
    );
    session.run_while(|timing| timing.ticks < 20).expect("runs");
    drop(session);
    // The steps are at 10 ms, 20 ms and so on to 200 ms; it is due at 10, 40, 80, 120, 160 and 200 ms.
    assert_eq!(ticks, 6);
}

#[test]
fn goals_are_news_once() {
    let mut news = Vec::new();
    let mut session = seated(0).with_observer(OnEvent(|event: &Event<'_>| {
        if let Event::Goal { status, .. } = event {
            news.push(*status);
        }
        Flow::Continue
    }));
    for step in 0..6 {
        if step == 3 {
            session.seat_mut(0).and_then(Seat::brain_mut).expect("brain").set_goals(&[]);
        }
        session.step().expect("steps");
    }
    drop(session);
    assert_eq!(news, [GoalStatus::Idle, GoalStatus::Active]);
}

static LOOKS: AtomicU64 = AtomicU64::new(0);

/// An observer that is ready again only after some looks, or never.
struct Busy(u64);

impl Observer for Busy {
    fn on(&mut self, _: &Event<'_>) -> Flow {
        Flow::Continue
    }
    fn is_ready(&mut self) -> bool {
        LOOKS.fetch_add(1, Ordering::Relaxed) >= self.0
    }
}

#[test]
fn lock_step_waits_for_an_observer_but_not_for_ever() {
    let clock = || Delayed { now: Duration::ZERO, delays: Vec::new(), next: 0 };
    let mut session = seated(0).with_observer(Busy(7)).with_clock(clock());
    session.step().expect("it waited");
    assert_eq!(LOOKS.load(Ordering::Relaxed), 8, "it went on at the first look at which there was room");
    let mut stuck = seated(0).with_observer(Busy(u64::MAX)).with_clock(clock());
    assert_eq!(stuck.step(), Err(SessionError::ObserverBlocked(OBSERVER_PATIENCE)));

    let policy = Policy { period: Duration::from_millis(10), patience: 3 };
    let mut robot = seated(0).with_observer(Busy(u64::MAX)).with_pace(Pace::Wall(policy)).with_clock(clock());
    assert_eq!(robot.step(), Ok(Flow::Continue), "a robot waits for nobody");
}

#[test]
fn times_keeps_the_world_behind_the_clock() {
    let clock = Delayed { now: Duration::ZERO, delays: Vec::new(), next: 0 };
    let mut session = seated(0).with_pace(Pace::Times(2.0)).with_clock(clock);
    session.run_while(|timing| timing.ticks < 101).expect("runs");
    // 100 steps of 10 ms at twice the pace.
    assert_eq!(session.clock.now(), Duration::from_millis(500));
}
