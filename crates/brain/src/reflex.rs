//! Reflexes: what events do to the drive before anybody has thought about them.
//!
//! A reflex is a withdrawal in the sense of Sherrington, *The Integrative Action of the Nervous System* (1906): fast, local and
//! stronger than the plan, and it only ever takes speed away. Its strength is the event's normalised response
//! (`neuraxis_fusion::events`), so that weak cues that agree brake as a strong one does. It leaves the turn alone: turning away is the way
//! out; of a body that has to move to turn it takes the turn too. The safety supervisor stands behind it and knows nothing of it. `reflexes: false` in the robot's file is the ablation.

use neuraxis_core::reasons::SpeedLimit;
use neuraxis_core::{Drive, Events, Part, Reasons, saved};

/// What events do to the drive, once a tick, before anybody has thought about them.
pub trait Reflex: Part {
    /// What is left of `drive`; it does not allocate, block or panic.
    fn react(&mut self, drive: Drive, events: &Events) -> Drive;
}

/// Takes speed away from a body that would run into something, or whose wheels slip.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    turns_on_the_spot: bool,
    /// Whether it took something in the last tick.
    took: bool,
}

impl Withdrawal {
    /// For a body that turns on the spot, or one that has to move to turn.
    #[must_use]
    pub fn new(turns_on_the_spot: bool) -> Self {
        Self { turns_on_the_spot, took: false }
    }
}

impl Part for Withdrawal {
    fn name(&self) -> &'static str {
        "withdrawal"
    }

    fn explain(&self, to: &mut Reasons) {
        if self.took {
            to.motion.limit = SpeedLimit::Reflex;
        }
    }
}

impl Reflex for Withdrawal {
    fn react(&mut self, drive: Drive, events: &Events) -> Drive {
        let (drive, took) = withdraw(drive, events, self.turns_on_the_spot);
        self.took = took;
        drive
    }
}

/// Turns a body that wants nothing to a beacon.
#[derive(Clone, Debug, Default)]
pub struct Orienting;

impl Part for Orienting {
    fn name(&self) -> &'static str {
        "orienting"
    }
}

impl Reflex for Orienting {
    fn react(&mut self, drive: Drive, events: &Events) -> Drive {
        orient(drive, events)
    }
}

/// Responses below this are chance, and do nothing.
const THRESHOLD: f64 = 0.5;
/// What slip leaves of the speed: wheels that spin find no grip at full speed.
const SLIPPING: f64 = 0.5;

/// The drive that the events leave of `drive`, and whether they took anything.
#[must_use]
pub fn withdraw(drive: Drive, events: &Events, turns_on_the_spot: bool) -> (Drive, bool) {
    let response = |event: f64| if event > THRESHOLD { event.min(1.0) } else { 0.0 };
    let stop = response(events.obstacle);
    let slow = (1.0 - SLIPPING) * response(events.slip);
    // What lies ahead is no reason not to back away from it.
    let stop = if drive.speed > 0.0 { stop } else { 0.0 };
    let left = (1.0 - stop) * (1.0 - slow);
    let speed = drive.speed * left;
    // Who steers goes the same way, more slowly.
    let turn = if turns_on_the_spot { drive.turn } else { drive.turn * left };
    let withdrawn = Drive { speed, turn, ..drive };
    (withdrawn, speed.abs() < drive.speed.abs())
}

/// The bearing at which a body turns to a beacon as fast as it turns to anything, rad, and how fast that is.
const TURNED: f64 = 0.8;
const TURN: f64 = 0.4;
/// A beacon that lies so nearly ahead is faced, rad.
const FACED: f64 = 0.08;

/// The orienting response of a body that wants nothing: it turns to what it sees or hears (Stein and Meredith, *The Merging of the
/// Senses*, 1993). A body that wants something is left alone.
#[must_use]
pub fn orient(drive: Drive, events: &Events) -> Drive {
    let bearing = events.beacon_bearing;
    let is_idle = drive.speed == 0.0 && drive.turn == 0.0;
    if !is_idle || events.beacon <= THRESHOLD || bearing.abs() < FACED {
        return drive;
    }
    Drive { turn: TURN * events.beacon * (bearing / TURNED).clamp(-1.0, 1.0), ..drive }
}

saved!(Withdrawal { took; turns_on_the_spot });
saved!(Orienting {});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_take_speed_and_leave_the_turn() {
        let drive = Drive::new(0.8, -0.4);
        let at = |obstacle, slip| withdraw(drive, &Events { obstacle, slip, ..Events::default() }, true);
        assert_eq!(at(0.01, 0.01), (drive, false), "chance does nothing");
        let (stopped, took) = at(0.999, 0.0);
        assert!(took && stopped.speed < 0.001 && stopped.turn == drive.turn);
        let (slowed, _) = at(0.0, 1.0);
        assert!((slowed.speed - 0.4).abs() < 1e-12);
        let steered = withdraw(drive, &Events { obstacle: 0.999, ..Events::default() }, false).0;
        assert!(steered.turn.abs() < 0.001, "it would creep on: {steered:?}");
        let back = Drive::new(-0.3, 0.0);
        let heard = |bearing| Events { beacon: 0.9, beacon_bearing: bearing, ..Events::default() };
        assert!(orient(Drive::REST, &heard(2.0)).turn > 0.3 && orient(Drive::REST, &heard(-0.3)).turn < 0.0);
        assert_eq!(orient(Drive::REST, &heard(0.02)), Drive::REST, "it faces it");
        assert_eq!(
            orient(Drive::REST, &Events { beacon: 0.3, ..heard(2.0) }),
            Drive::REST,
            "chance does nothing"
        );
        assert_eq!(orient(drive, &heard(2.0)), drive, "who wants something is left alone");
        assert_eq!(
            withdraw(back, &Events { obstacle: 1.0, contact: 1.0, ..Events::default() }, true),
            (back, false)
        );
    }
}
