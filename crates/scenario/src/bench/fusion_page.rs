//! The page of `neuraxis bench fusion`.

use super::fusion::{Order, RobotBench};

/// One page that needs nothing else.
#[must_use]
pub fn page(benches: &[RobotBench], order: &Order, command: &str) -> String {
    let _ = (benches, order);
    command.to_owned()
}
