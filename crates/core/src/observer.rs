//! Who looks on: an observer is told of all that happens in a session, as one stream of events.

use crate::world::Truth;
use crate::{Brain, Command, GoalStatus, Percepts, Stamp};

/// What a seat senses, commands and, where the world knows it, where it truly is.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Which seat of the session, from 0: the number of its body in the world.
    pub seat: usize,
    /// What its body sensed last.
    pub percepts: &'a Percepts,
    /// What it was commanded last.
    pub command: &'a Command,
    /// Its brain, if a brain drives it.
    pub brain: Option<&'a dyn Brain>,
    /// What is true of it now, if the world knows.
    pub truth: Option<Truth>,
}

/// Something that happened in a session.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A seat has sensed and decided; the command has not gone out yet.
    Tick(Moment<'a>),
    /// The brain of a seat took up another goal, or its goal stands otherwise than before.
    Goal {
        /// Which seat.
        seat: usize,
        /// When.
        stamp: Stamp,
        /// Which of the goals that it was given, from 0.
        index: usize,
        /// How it stands.
        status: GoalStatus,
    },
    /// The brain of a seat panicked; its body is held from now on.
    Crashed {
        /// Which seat.
        seat: usize,
        /// When.
        stamp: Stamp,
        /// What the panic said.
        message: &'a str,
    },
    /// A body began to touch something that is not ground.
    Touch {
        /// Which seat.
        seat: usize,
        /// When.
        stamp: Stamp,
        /// Speed at which the surfaces met, m/s.
        speed: f64,
        /// Where `base_link` was, m.
        at: [f64; 2],
    },
    /// A fault of a sense began or ended.
    Fault {
        /// Which seat.
        seat: usize,
        /// When.
        stamp: Stamp,
        /// The slot of the sense.
        slot: usize,
        /// Whether it began.
        has_begun: bool,
    },
    /// The world has gone on by one step: the truth after it, once a seat; only from worlds that know it.
    Truth(Moment<'a>),
    /// Somebody has judged the session. An observer that is dropped without it saw one that was cut short.
    Ended {
        /// The verdict, as JSON.
        verdict: &'a str,
        /// Whether it counts as a failure.
        is_failure: bool,
    },
}

/// How the session goes on after an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// As before.
    #[default]
    Continue,
    /// This seat is over: its body is held and its brain is no longer asked.
    Release(usize),
    /// The session is over; a command that has not gone out yet does not.
    End,
}

impl Flow {
    /// The one of two that ends more. Of two that release different seats it is the first: who wants a seat released says so again at the
    /// next event that it hears.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::End, _) | (_, Self::End) => Self::End,
            (Self::Release(seat), _) | (_, Self::Release(seat)) => Self::Release(seat),
            _ => Self::Continue,
        }
    }
}

/// Looks on. Recorders, judges and scripts are observers.
pub trait Observer: Send {
    /// Something happened. It is called from the loop that the brain runs in: it does not allocate, lock, block or panic.
    fn on(&mut self, event: &Event<'_>) -> Flow;

    /// Whether there is room for what the next step may bring. A session whose time can stand still waits until there is; one
    /// whose time goes on does not, and the observer says later that it fell behind.
    fn is_ready(&mut self) -> bool {
        true
    }
}

/// Nobody looks on.
impl Observer for () {
    fn on(&mut self, _: &Event<'_>) -> Flow {
        Flow::Continue
    }
}

/// Both look on, the first one first.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        let first = self.0.on(event);
        first.or(self.1.on(event))
    }

    fn is_ready(&mut self) -> bool {
        self.0.is_ready() && self.1.is_ready()
    }
}

impl<O: Observer> Observer for Option<O> {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        self.as_mut().map_or(Flow::Continue, |observer| observer.on(event))
    }

    fn is_ready(&mut self) -> bool {
        self.as_mut().is_none_or(Observer::is_ready)
    }
}

impl<O: Observer + ?Sized> Observer for Box<O> {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        (**self).on(event)
    }

    fn is_ready(&mut self) -> bool {
        (**self).is_ready()
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        (**self).on(event)
    }

    fn is_ready(&mut self) -> bool {
        (**self).is_ready()
    }
}

/// An observer that is a function.
#[derive(Clone, Debug)]
pub struct OnEvent<F>(pub F);

impl<F: FnMut(&Event<'_>) -> Flow + Send> Observer for OnEvent<F> {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        (self.0)(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_of_two_observers_is_that_which_ends_more() {
        assert_eq!(Flow::Continue.or(Flow::Release(2)), Flow::Release(2));
        assert_eq!(Flow::Release(2).or(Flow::End), Flow::End);
        let mut heard = [0, 0];
        let [a, b] = &mut heard;
        let count = |n: &mut i32, flow: Flow| {
            *n += 1;
            flow
        };
        let mut both =
            (OnEvent(|_: &Event<'_>| count(a, Flow::End)), OnEvent(|_: &Event<'_>| count(b, Flow::Continue)));
        assert_eq!(both.on(&Event::Ended { verdict: "", is_failure: false }), Flow::End);
        assert_eq!(heard, [1, 1], "the second hears of what ended the session, too");
    }
}
