//! What travels from a brain's loop to the recorder: plain bytes, whole frames, in buffers made at start-up.
//!
//! A frame never leaves the process, so it has no version: its layout is what [`Writer`] puts and
//! [`Reader`] takes, in the same order.

use neuraxis_core::Decision;
use neuraxis_messages::cdr;

/// The kinds of frames.
pub(crate) const TICK: u8 = 1;
pub(crate) const TRUTH: u8 = 2;
pub(crate) const MAP: u8 = 3;
pub(crate) const PATH: u8 = 4;
pub(crate) const VERDICT: u8 = 5;

/// Puts numbers into a buffer whose first four bytes will be the length of the rest.
pub(crate) struct Writer<'a>(&'a mut Vec<u8>);

impl<'a> Writer<'a> {
    pub(crate) fn new(buffer: &'a mut Vec<u8>, kind: u8, robot: usize) -> Self {
        buffer.clear();
        buffer.extend_from_slice(&[0; 4]);
        buffer.extend_from_slice(&[kind, robot as u8]);
        Self(buffer)
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f32(&mut self, value: f32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f64s(&mut self, values: impl IntoIterator<Item = f64>) {
        values.into_iter().for_each(|value| self.f64(value));
    }

    /// Overwrites the two bytes at `at` (as given by [`Writer::mark`]).
    pub(crate) fn patch_u16(&mut self, at: usize, value: u16) {
        self.0[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    /// The place of the next byte.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Puts a whole decision, with its length before it.
    pub(crate) fn decision(&mut self, decision: &Decision) {
        let at = self.mark();
        self.u32(0);
        cdr::append(decision, self.0);
        let length = (self.0.len() - at - 4) as u32;
        self.0[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Puts the length in.
    pub(crate) fn finish(self) {
        let length = (self.0.len() - 4) as u32;
        self.0[..4].copy_from_slice(&length.to_le_bytes());
    }
}

/// Takes numbers out of a frame; what is not there is zero, for a frame is never cut short.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.0.split_first_chunk::<N>() {
            Some((bytes, rest)) => {
                self.0 = rest;
                *bytes
            }
            None => [0; N],
        }
    }

    pub(crate) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.take())
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    pub(crate) fn f32(&mut self) -> f32 {
        f32::from_le_bytes(self.take())
    }

    pub(crate) fn f64(&mut self) -> f64 {
        f64::from_le_bytes(self.take())
    }

    pub(crate) fn f64s<const N: usize>(&mut self) -> [f64; N] {
        std::array::from_fn(|_| self.f64())
    }

    /// A whole decision; `None` if it is none.
    pub(crate) fn decision(&mut self) -> Option<Decision> {
        let length = self.u32() as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        cdr::take(bytes).ok()
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::{Belief, CueReport, Goal, GoalStatus, Pose2, StopReason};

    #[test]
    fn every_status_and_a_whole_decision_come_out_as_they_went_in() {
        let cues = vec![CueReport::silent("scan_matching"), CueReport::silent("amcl")];
        let mut decision = Decision::at_rest(Belief::at(Pose2::new(1.0, -0.0, f64::MIN_POSITIVE), cues));
        decision.goal = Some(Goal::Reach { x: 1.0, y: 2.0, tolerance: 0.1 });
        decision.safety.stop = Some(StopReason::SenseSilent(4));
        let mut buffer = Vec::with_capacity(1 << 14);
        for status in GoalStatus::ALL {
            decision.status = *status;
            let mut out = Writer::new(&mut buffer, TICK, 3);
            out.u8(1);
            out.decision(&decision);
            out.u16(7);
            out.finish();
            let mut frame = Reader(&buffer[4..]);
            assert_eq!([frame.u8(), frame.u8(), frame.u8()], [TICK, 3, 1]);
            assert_eq!(frame.decision().as_ref(), Some(&decision));
            assert_eq!(frame.u16(), 7, "what comes after it");
        }
    }
}
