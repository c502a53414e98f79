//! `neuraxis doctor`: what on this computer would slow a robot down or stop it.

use std::time::{Duration, Instant};

use crate::exit::Exit;
use crate::{jobs, output};

/// Looks, and prints a line a finding; it changes nothing.
pub(crate) fn doctor() -> Exit {
    let mut worries = 0;
    let mut line = |good: bool, text: String| {
        worries += usize::from(!good);
        output::print(&format!("{} {text}", if good { "good " } else { "worry" }));
    };
    line(
        true,
        format!(
            "neuraxis {} on {} {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
    );
    if cfg!(debug_assertions) {
        line(true, "this is a development build; on a robot, build with `--release`".to_owned());
    }
    let cores = jobs::cores();
    line(cores >= 2, format!("{cores} processor cores; the brain's loop wants one for itself"));
    let late = worst_wake_up();
    line(
        late < Duration::from_millis(2),
        format!(
            "a sleep of 1 ms wakes up to {:.2} ms late (worst of 200); the loop stops the body when it is late too often",
            late.as_secs_f64() * 1e3
        ),
    );
    match std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") {
        Ok(governor) => {
            let governor = governor.trim();
            line(
                governor == "performance",
                format!("the processor's governor is `{governor}`; `performance` keeps the clock up"),
            );
        }
        Err(_) => line(true, "the processor's governor cannot be seen here".to_owned()),
    }
    match tempfile::tempdir() {
        Ok(_) => line(true, "the temporary folder can be written".to_owned()),
        Err(error) => line(false, format!("the temporary folder cannot be written: {error}")),
    }
    output::print(&if worries == 0 {
        "nothing to worry about".to_owned()
    } else {
        format!("{worries} to look at")
    });
    Exit::Success
}

#[expect(clippy::disallowed_methods, reason = "it measures this computer's clock")]
fn worst_wake_up() -> Duration {
    let nap = Duration::from_millis(1);
    (0..200)
        .map(|_| {
            let start = Instant::now();
            std::thread::sleep(nap);
            start.elapsed().saturating_sub(nap)
        })
        .max()
        .unwrap_or_default()
}
