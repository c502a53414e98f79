//! How many processor cores there are to work on.

use std::num::NonZero;
use std::thread;

/// Processor cores that this program may use; one if that cannot be known.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
