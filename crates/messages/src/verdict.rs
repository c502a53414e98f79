//! How a trial ended (`neuraxis_msgs/Verdict`).

use crate::Header;
use crate::message::messages;

messages! {
    /// How a trial ended.
    "neuraxis_msgs/Verdict" Verdict {
        /// When.
        header: Header,
        /// The rows of `results.json` that are about it.
        json: String,
    }
}
