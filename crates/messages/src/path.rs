//! The way that a robot means to take (`nav_msgs/Path`).

use neuraxis_core::{Pose2, math};

use crate::message::messages;
use crate::{Header, PoseStamped};

messages! {
    /// Poses, one after the other.
    "nav_msgs/Path" Path {
        /// When and in which frame.
        header: Header,
        /// The poses.
        poses: Vec<PoseStamped>,
    }
}

impl Path {
    /// The way through `points` (x and y, m): each pose looks towards the next.
    #[must_use]
    pub fn through(header: Header, points: &[[f64; 2]]) -> Self {
        let poses = points
            .iter()
            .enumerate()
            .map(|(i, [x, y])| {
                let [nx, ny] = points.get(i + 1).copied().unwrap_or([*x, *y]);
                let yaw = math::atan2(ny - y, nx - x);
                PoseStamped { header: header.clone(), pose: (&Pose2 { x: *x, y: *y, yaw }).into() }
            })
            .collect();
        Self { header, poses }
    }
}
