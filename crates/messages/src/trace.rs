//! The ticks of a brain to the bit (`neuraxis_msgs/Trace`): what a recording holds for a replay.

use neuraxis_core::StopReason;

use crate::message::messages;

messages! {
    /// The readings of one slot during some ticks.
    "neuraxis_msgs/Stream" Stream {
        /// The slot, in the order of the body's description.
        slot: u16,
        /// How many readings it had had before.
        sequence: u64,
        /// For each reading: the tick that it was new to, from 0 for the first of the trace.
        tick: Vec<u16>,
        /// By how much its sequence number grew since the reading before.
        sequence_step: Vec<u32>,
        /// How long before the tick it was measured, ns.
        age: Vec<u64>,
        /// The numbers of all readings, one reading after the other.
        values: Vec<f64>,
        /// The lists of all readings (distances, activity), one reading after the other.
        samples: Vec<f32>,
    }
    /// Some ticks of a brain in a row.
    "neuraxis_msgs/Trace" Trace {
        /// Number of the first tick, from 0.
        first: u64,
        /// The body's time at the first tick, ns.
        stamp: u64,
        /// For each tick: time since the tick before, ns; 0 for the first.
        dt: Vec<u64>,
        /// What was new, slot by slot.
        streams: Vec<Stream>,
        /// The numbers of all commands, one for each actuator, one tick after the other.
        command: Vec<f64>,
        /// For each tick: the code of why the body was stopped, 0 if it was not.
        stop: Vec<u8>,
        /// The slot that the code is about.
        stop_slot: Vec<u16>,
        /// The lowest 16 bits of the running digest of all ticks so far, this one included.
        digest16: Vec<u16>,
    }
}

/// The highest code of [`Trace::stop`].
pub const LAST_STOP_CODE: u8 = 7;

/// The code of [`Trace::stop`] for why a command stops, and the slot that is to blame.
#[must_use]
pub fn stop_code(stop: Option<StopReason>) -> (u8, u16) {
    match stop {
        None => (0, 0),
        Some(StopReason::EmergencyStop) => (1, 0),
        Some(StopReason::SenseSilent(slot)) => (2, slot as u16),
        Some(StopReason::SenseInvalid(slot)) => (3, slot as u16),
        Some(StopReason::CommandInvalid) => (4, 0),
        Some(StopReason::BeliefInvalid) => (5, 0),
        Some(StopReason::BrainLate) => (6, 0),
        Some(StopReason::Tipped) => (7, 0),
    }
}

/// What the code stands for: the reason to stop, if there is one; `None` if this version does not know the code.
#[must_use]
pub fn stop_reason(code: u8, slot: u16) -> Option<Option<StopReason>> {
    let slot = usize::from(slot);
    Some(match code {
        0 => None,
        1 => Some(StopReason::EmergencyStop),
        2 => Some(StopReason::SenseSilent(slot)),
        3 => Some(StopReason::SenseInvalid(slot)),
        4 => Some(StopReason::CommandInvalid),
        5 => Some(StopReason::BeliefInvalid),
        6 => Some(StopReason::BrainLate),
        7 => Some(StopReason::Tipped),
        _ => return None,
    })
}

/// What the code says, in words; `senses` are the names of the slots.
#[must_use]
pub fn stop_words(code: u8, slot: u16, senses: &[&str]) -> String {
    let sense = senses.get(usize::from(slot)).copied().unwrap_or("?");
    match code {
        0 => String::new(),
        1 => "the emergency stop is pressed".to_owned(),
        2 => format!("`{sense}` is silent"),
        3 => format!("`{sense}` reports a number that cannot be"),
        4 => "the command was not finite".to_owned(),
        5 => "the belief was not finite".to_owned(),
        6 => "the brain is late".to_owned(),
        7 => "the body has tipped over".to_owned(),
        _ => format!("for the reason {code}, which this version does not know"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    #[test]
    fn every_stop_code_is_read_back_has_words_and_stands_in_the_definition() {
        for code in 0..=LAST_STOP_CODE {
            let reason = stop_reason(code, 3).expect("a code");
            let slot = if matches!(code, 2 | 3) { 3 } else { 0 };
            assert_eq!(stop_code(reason), (code, slot));
            assert_eq!(stop_words(code, 0, &["scan"]).is_empty(), code == 0);
            assert!(Trace::DEFINITION.contains(&format!("{code} ")), "Trace.msg does not explain {code}");
        }
        assert_eq!(stop_reason(LAST_STOP_CODE + 1, 0), None);
        assert!(stop_words(LAST_STOP_CODE + 1, 0, &[]).contains("does not know"));
    }
}
