//! The smooth track of a body in space, kept for cues that come late.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};
use neuraxis_core::Stamp;
use neuraxis_core::saved;

/// Poses of the track that are kept for late cues: more than half a second at 200 Hz.
const HISTORY: usize = 128;
/// Late cues are no later, s.
pub(super) const LATEST: f64 = 0.6;

/// The smooth track.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// Where the body is in the frame `odom`.
    pub(super) odom: Isometry3<f64>,
    history: Vec<(Stamp, Isometry3<f64>)>,
    newest: usize,
}

impl Track {
    /// At the origin, with nothing behind it.
    pub(super) fn new() -> Self {
        let odom = Isometry3::identity();
        Self { odom, history: vec![(Stamp::ZERO, odom); HISTORY], newest: 0 }
    }

    /// Keeps where the body is as its pose at `stamp`.
    pub(super) fn note(&mut self, stamp: Stamp) {
        if self.history[self.newest].0 == stamp {
            self.history[self.newest].1 = self.odom;
            return;
        }
        self.newest = (self.newest + 1) % HISTORY;
        self.history[self.newest] = (stamp, self.odom);
    }

    /// Learns at `now` that the body was faster all along, by `velocity` (in the track's frame, m/s): it has come from
    /// farther back. Where it is now, the track leaves alone.
    pub(super) fn correct(&mut self, now: Stamp, velocity: &Vector3<f64>) {
        for (stamp, pose) in &mut self.history {
            let age = now.since(*stamp);
            if age > 0.0 && age < LATEST {
                pose.translation.vector -= velocity * age;
            }
        }
    }

    /// The track at `stamp`, between the poses that are kept.
    pub(super) fn at(&self, stamp: Stamp) -> Isometry3<f64> {
        let mut later = self.history[self.newest];
        if stamp >= later.0 {
            return self.odom;
        }
        for i in 1..HISTORY {
            let earlier = self.history[(self.newest + HISTORY - i) % HISTORY];
            if earlier.0 <= stamp {
                let span = later.0.since(earlier.0);
                let t = if span > 0.0 { stamp.since(earlier.0) / span } else { 0.0 };
                let step = earlier.1.inverse() * later.1;
                let part = Isometry3::from_parts(
                    Translation3::from(step.translation.vector * t),
                    UnitQuaternion::new(step.rotation.scaled_axis() * t),
                );
                return earlier.1 * part;
            }
            later = earlier;
        }
        later.1
    }
}

saved!(Track { odom, history, newest } then Self::is_whole);

impl Track {
    /// Whether what was loaded names only places that are there.
    fn is_whole(&mut self) -> bool {
        self.newest < HISTORY
    }
}
