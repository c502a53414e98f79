//! The one loop that drives bodies: worlds, seats, a pace, observers.
//!
//! A step is: every body senses, the seats whose time it is decide, their commands go out, the world goes on. Trials, robots,
//! replays, rollouts and benches are all sessions; what an observer can see of one, it can see of all.
//!
//! What happens when somebody is slow is the business of [`Pace`] alone: where the world's time can stand still, it waits for
//! brains and observers; where it goes on by itself, nobody is waited for, late ticks are counted, and too many stop the body.

mod seat;

use std::time::Duration;

use neuraxis_core::body::BodyError;
use neuraxis_core::observer::{Event, Flow, Observer};
use neuraxis_core::world::Incident;
use neuraxis_core::{Brain, Percepts, Stamp, StopReason, World};

pub use self::seat::{Driver, Script, Seat};
use crate::clock::{Clock, Pace, Pacer, Timing, WallClock};

/// An observer that is not ready for so long never will be.
const OBSERVER_PATIENCE: Duration = Duration::from_mins(1);
/// From one look at an observer that is not ready to the next.
const OBSERVER_LOOK: Duration = Duration::from_micros(100);

/// Why a session broke off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A body is gone.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// An observer took nothing in.
    #[error(
        "an observer (a recorder, a live view) has taken nothing in for {} s: look whether the disk is full or hangs",
        .0.as_secs()
    )]
    ObserverBlocked(Duration),
}

/// Bodies of one world, each with its seat, and those who look on.
pub struct Session<'a, W, O = ()> {
    world: W,
    seats: Vec<Seat<'a, W>>,
    observer: O,
    clock: Box<dyn Clock + 'a>,
    pacer: Pacer,
    is_over: bool,
}

impl<W: World> Session<'_, W> {
    /// A session over `world` in lock step, its seats empty, with nobody looking on.
    #[must_use]
    pub fn new(world: W) -> Self {
        let seats = (0..world.bodies()).map(|body| Seat::empty(world.description(body))).collect();
        let pacer = Pacer::new(Pace::LockStep);
        Self { world, seats, observer: (), clock: Box::new(WallClock::new()), pacer, is_over: false }
    }
}

impl<'a, W: World, O: Observer> Session<'a, W, O> {
    /// The same with `driver` in the seat `seat`. It decides `rate` times a second; at each step if no rate is given.
    #[must_use]
    pub fn with_seat(mut self, seat: usize, driver: Driver<'a, W>, rate: Option<f64>) -> Self {
        if let Some(seat) = self.seats.get_mut(seat) {
            seat.seat(driver, rate);
        }
        self
    }

    /// The same with `observer` looking on beside those who do.
    #[must_use]
    pub fn with_observer<P: Observer>(self, observer: P) -> Session<'a, W, (O, P)> {
        let Self { world, seats, observer: before, clock, pacer, is_over } = self;
        Session { world, seats, observer: (before, observer), clock, pacer, is_over }
    }

    /// The same at another pace.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pacer = Pacer::new(pace);
        self
    }

    /// The same by another clock than the computer's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'a) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Sets the pace from now on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pacer = Pacer::new(pace);
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &W {
        &self.world
    }

    /// The world, for one who acts on it from outside between two steps.
    pub fn world_mut(&mut self) -> &mut W {
        &mut self.world
    }

    /// The seats, in the order of the world's bodies.
    #[must_use]
    pub fn seats(&self) -> &[Seat<'a, W>] {
        &self.seats
    }

    /// A seat, to be told something between two steps.
    pub fn seat_mut(&mut self, seat: usize) -> Option<&mut Seat<'a, W>> {
        self.seats.get_mut(seat)
    }

    /// The brain in a seat, if one sits there and has not crashed.
    #[must_use]
    pub fn brain(&self, seat: usize) -> Option<&dyn Brain> {
        self.seats.get(seat)?.brain()
    }

    /// Who looks on.
    #[must_use]
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Who looks on.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// How time was kept.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.pacer.timing()
    }

    /// Whether there are no more steps.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// One step. A session that is over stays as it is; as it ends, every body that is still there is told to stop. Who ends it before
    /// that calls [`Session::close`].
    ///
    /// # Errors
    /// If a body is gone, or an observer is not ready for a minute. That a body comes to its end is no error.
    pub fn step(&mut self) -> Result<Flow, SessionError> {
        if self.is_over {
            return Ok(Flow::End);
        }
        let result = self.step_once();
        if self.is_over || result.is_err() {
            self.close();
        }
        result
    }

    fn step_once(&mut self) -> Result<Flow, SessionError> {
        let now = self.seats.first().map_or(Stamp::ZERO, |seat| seat.percepts.now);
        self.pacer.wait(&mut *self.clock, now);
        if !self.pacer.is_wall() {
            self.wait_for_observers()?;
        }
        match self.sense() {
            Err(BodyError::Ended) => {
                self.is_over = true;
                return Ok(Flow::End);
            }
            other => other?,
        }
        self.decide();
        if self.is_over {
            return Ok(Flow::End);
        }
        match self.act() {
            Err(BodyError::Ended) => self.is_over = true,
            other => other?,
        }
        self.pacer.next(&mut *self.clock);
        self.is_over |= self.seats.iter().all(|seat| seat.is_over);
        if self.is_over { Ok(Flow::End) } else { Ok(Flow::Continue) }
    }

    /// Steps until the session is over, then [`Session::close`]s it.
    ///
    /// # Errors
    /// As [`Session::step`]; the bodies are told to stop all the same.
    pub fn run(&mut self) -> Result<Timing, SessionError> {
        self.run_while(|_| true)
    }

    /// The same, as long as `go_on`, asked after each step, says so.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn run_while(&mut self, mut go_on: impl FnMut(&Timing) -> bool) -> Result<Timing, SessionError> {
        let running = Running(self);
        loop {
            match running.0.step()? {
                Flow::End => break,
                _ if go_on(&running.0.timing()) => {}
                _ => break,
            }
        }
        Ok(running.0.timing())
    }

    /// Ends the session: the last command of every body that is still there is a stop.
    pub fn close(&mut self) {
        self.is_over = true;
        for body in 0..self.seats.len() {
            self.release(body);
        }
    }

    /// Tells the observers how the session was judged.
    pub fn judged(&mut self, verdict: &str, is_failure: bool) {
        self.observer.on(&Event::Ended { verdict, is_failure });
    }

    /// The world and those who looked on.
    pub fn into_parts(self) -> (W, O) {
        (self.world, self.observer)
    }

    fn wait_for_observers(&mut self) -> Result<(), SessionError> {
        if self.observer.is_ready() {
            return Ok(());
        }
        let since = self.clock.now();
        while !self.observer.is_ready() {
            let now = self.clock.now();
            if now.saturating_sub(since) > OBSERVER_PATIENCE {
                return Err(SessionError::ObserverBlocked(OBSERVER_PATIENCE));
            }
            self.clock.sleep_until(now + OBSERVER_LOOK);
        }
        Ok(())
    }

    fn sense(&mut self) -> Result<(), BodyError> {
        for (body, seat) in self.seats.iter_mut().enumerate() {
            // What the body itself asks for (a recording does) comes after what somebody has pressed.
            seat.percepts.stop_request = None;
            self.world.sense(body, &mut seat.percepts)?;
            if seat.emergency_stop {
                seat.percepts.stop_request = Some(StopReason::EmergencyStop);
            }
        }
        Ok(())
    }

    /// The seats whose time it is decide, and observers hear of it.
    fn decide(&mut self) {
        for index in 0..self.seats.len() {
            let seat = &mut self.seats[index];
            seat.percepts.stop_request =
                seat.percepts.stop_request.or_else(|| self.pacer.is_held().then_some(StopReason::BrainLate));
            let decided = seat.decide(&self.world);
            // A brain has a supervisor that stops the body; what else drives has none.
            if let Some(reason) =
                seat.percepts.stop_request.or(seat.command.stop).filter(|_| seat.has_command)
            {
                seat.stop(reason);
            }
            if let Err(message) = decided {
                let stamp = seat.percepts.now;
                self.release(index);
                self.tell(&Event::Crashed { seat: index, stamp, message: &message });
                continue;
            }
            if !self.seats[index].has_command {
                continue;
            }
            let truth = self.world.truth(index);
            let flow = self.observer.on(&Event::Tick(self.seats[index].moment(index, truth)));
            self.obey(flow);
            if let Some((goal, status)) = self.seats[index].news() {
                let stamp = self.seats[index].percepts.now;
                self.tell(&Event::Goal { seat: index, stamp, index: goal, status });
            }
        }
    }

    /// Commands go out, the world goes on, and observers hear what came of it.
    fn act(&mut self) -> Result<(), BodyError> {
        for (body, seat) in self.seats.iter_mut().enumerate() {
            if seat.has_command && !seat.is_over {
                self.world.act(body, &seat.command)?;
                seat.note_sent();
            }
        }
        self.world.advance()?;
        for index in 0..self.seats.len() {
            let Some(truth) = self.world.truth(index) else { continue };
            let stamp = truth.stamp;
            for i in 0..self.world.incidents().len() {
                let Some(incident) = self.world.incidents().get(i).copied() else { break };
                if incident.body() != index {
                    continue;
                }
                match incident {
                    Incident::Touch { speed, at, .. } => {
                        self.tell(&Event::Touch { seat: index, stamp, speed, at });
                    }
                    Incident::Fault { slot, has_begun, .. } => {
                        self.tell(&Event::Fault { seat: index, stamp, slot, has_begun });
                    }
                    _ => {}
                }
            }
            let flow = self.observer.on(&Event::Truth(self.seats[index].moment(index, Some(truth))));
            self.obey(flow);
        }
        Ok(())
    }

    fn tell(&mut self, event: &Event<'_>) {
        let flow = self.observer.on(event);
        self.obey(flow);
    }

    fn obey(&mut self, flow: Flow) {
        match flow {
            Flow::Continue => {}
            Flow::End => self.is_over = true,
            Flow::Release(seat) => self.release(seat),
        }
    }

    /// The seat is over, and its body told so, once.
    fn release(&mut self, index: usize) {
        let Some(seat) = self.seats.get_mut(index).filter(|seat| !seat.is_over) else { return };
        seat.is_over = true;
        seat.stop(StopReason::EmergencyStop);
        // The body may be gone already; then there is nothing left to stop.
        let _ = self.world.release(index, &seat.command);
    }
}

/// A session that runs: it is closed however that ends, by a panic of an observer too.
struct Running<'s, 'a, W: World, O: Observer>(&'s mut Session<'a, W, O>);

impl<W: World, O: Observer> Drop for Running<'_, '_, W, O> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<W: World, O: Observer> Session<'_, W, O> {
    /// What a seat's body sensed last.
    #[must_use]
    pub fn percepts(&self, seat: usize) -> Option<&Percepts> {
        self.seats.get(seat).map(|seat| &seat.percepts)
    }
}

#[cfg(test)]
mod tests;
