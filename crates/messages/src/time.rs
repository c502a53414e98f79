//! Time, headers and the clock (`builtin_interfaces/Time`, `std_msgs/Header`, `rosgraph_msgs/Clock`).

use neuraxis_core::Stamp;

use crate::message::messages;

messages! {
    /// A moment.
    "builtin_interfaces/Time" Time {
        /// s.
        sec: i32,
        /// ns, less than a second.
        nanosec: u32,
    }
    /// When and in which frame something was measured.
    "std_msgs/Header" Header {
        /// When.
        stamp: Time,
        /// The frame that the numbers are given in.
        frame_id: String,
    }
    /// The time of a simulator or a recording.
    "rosgraph_msgs/Clock" Clock {
        /// Now.
        clock: Time,
    }
}

impl From<Stamp> for Time {
    fn from(stamp: Stamp) -> Self {
        Self { sec: (stamp.0 / 1_000_000_000) as i32, nanosec: (stamp.0 % 1_000_000_000) as u32 }
    }
}

impl Time {
    /// ns; below zero before the epoch.
    #[must_use]
    pub fn nanoseconds(&self) -> i64 {
        i64::from(self.sec) * 1_000_000_000 + i64::from(self.nanosec)
    }

    /// The same as a stamp; what lies before the epoch is the epoch.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp(u64::try_from(self.nanoseconds()).unwrap_or(0))
    }
}

impl Header {
    /// The header of something measured at `stamp` in `frame`.
    #[must_use]
    pub fn new(stamp: Stamp, frame: &str) -> Self {
        Self { stamp: stamp.into(), frame_id: frame.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_stamp_it_was_made_of_and_never_before_the_epoch() {
        let stamp = Stamp(7_250_000_001);
        let time = Time::from(stamp);
        assert_eq!((time.sec, time.nanosec, time.stamp()), (7, 250_000_001, stamp));
        assert_eq!(Time { sec: -1, nanosec: 5 }.stamp(), Stamp(0));
    }
}
