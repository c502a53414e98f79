//! What a tick decided (`neuraxis_msgs/Decision`).

use crate::Header;
use crate::message::messages;

messages! {
    /// What the estimator thinks of one of its cues.
    "neuraxis_msgs/Cue" Cue {
        /// Its name.
        name: String,
        /// 0 (ignored) to 1 (as good as its nominal noise says).
        reliability: f64,
        /// Age of the latest measurement, s.
        age: f64,
        /// Normalised innovation squared over its degrees of freedom; about 1 if all is well.
        surprise: f64,
        /// Share of the latest innovation that went into the estimate, 0 to 1.
        gain: f64,
    }
    /// What a tick decided.
    "neuraxis_msgs/Decision" Decision {
        /// When, and the frame of the pose.
        header: Header,
        /// `base_link` in `map`: x, y (m), yaw (rad).
        pose: [f64; 3],
        /// x, y, yaw in map: xx, xy, x-yaw, yy, y-yaw, yaw-yaw (m², m·rad, rad²).
        covariance: [f64; 6],
        /// `base_link` in `odom`.
        odom: [f64; 3],
        /// In `base_link`: linear, lateral (m/s), angular (rad/s).
        twist: [f64; 3],
        /// The estimator's cues.
        cues: Vec<Cue>,
        /// How well the need is met, 0 to 1.
        energy: f64,
        /// The same.
        integrity: f64,
        /// The same.
        certainty: f64,
        /// The same.
        progress: f64,
        /// How the needs tune the brain.
        plasticity: f64,
        /// The same.
        caution: f64,
        /// The same.
        curiosity: f64,
        /// The descending command.
        drive_speed: f64,
        /// The same.
        drive_turn: f64,
        /// How the goal stands.
        status: String,
        /// Why the body is held; empty if it is not.
        stop: String,
        /// Whether a limit clipped the command.
        clipped: bool,
    }
}
