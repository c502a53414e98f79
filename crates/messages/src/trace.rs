//! The ticks of a brain to the bit (`neuraxis_msgs/Trace`): what a recording holds for a replay.

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
        /// Readings that the slot had had since the one before, with this one.
        more: Vec<u32>,
        /// How long before the tick it was measured, ns.
        age: Vec<u64>,
        /// The numbers of all readings, one reading after the other.
        values: Vec<f64>,
        /// The lists of all readings (distances, activity), one reading after the other.
        ranges: Vec<f32>,
    }
    /// Some ticks of a brain in a row.
    "neuraxis_msgs/Trace" Trace {
        /// Number of the first tick, from 0.
        first: u64,
        /// The body's time at the first tick, ns.
        stamp: u64,
        /// For each tick: time since the tick before, ns; 0 for the first.
        since: Vec<u64>,
        /// What was new, slot by slot.
        streams: Vec<Stream>,
        /// The numbers of all commands, one for each actuator, one tick after the other.
        command: Vec<f64>,
        /// For each tick: the code of why the body was stopped, 0 if it was not.
        stop: Vec<u8>,
        /// The slot that the code is about.
        stop_slot: Vec<u16>,
        /// The lowest 16 bits of the running digest of all ticks so far, this one included.
        check: Vec<u16>,
    }
}
