//! What the verbs that take their time share: on how many threads they work, and who tells them to stop.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use crate::exit::Exit;
use crate::jobs::cores;

/// The argument `--jobs`.
#[derive(Args, Debug)]
pub(crate) struct Jobs {
    /// Threads; all of the computer's if not given.
    #[arg(long, short, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

impl Jobs {
    /// Threads to work on.
    pub(crate) fn threads(&self) -> usize {
        self.jobs.map_or_else(cores, usize::from)
    }
}

/// A flag that Ctrl-C sets, and the system when it wants the program to end. Once a program; without a handler, should it
/// be refused, an interrupt ends the program as ever.
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    on_interrupt(|_| ())
}

/// The same; a second Ctrl-C ends the program at once.
pub(crate) fn stop_flag_or_end() -> Arc<AtomicBool> {
    on_interrupt(|was_set| {
        if was_set {
            process::exit(Exit::Crashed as i32);
        }
    })
}

fn on_interrupt(then: impl Fn(bool) + Send + 'static) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = stop.clone();
    let _ = ctrlc::set_handler(move || then(on_signal.swap(true, Ordering::SeqCst)));
    stop
}
