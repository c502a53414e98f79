//! Motor circuits at work without a mind above them: tasks for bodies, and rollouts that say how well one was done.

pub mod calibrate;
pub mod conditions;
pub mod figure;
mod rollout;
mod subject;
pub mod task;

pub use conditions::Conditions;
pub use neuraxis_sim::wave;
pub use rollout::{Rollout, Start, roll};
pub use subject::{Subject, SubjectError, circuit_name};
pub use task::Task;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// `work` on `0..count`, on `jobs` threads; the results in order, whoever was first. None if it was stopped before all was done.
pub fn in_parallel<T: Send>(
    count: usize,
    jobs: usize,
    stop: &AtomicBool,
    work: &(dyn Fn(usize) -> T + Sync),
) -> Option<Vec<T>> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut own = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count || stop.load(Ordering::Relaxed) {
                return own;
            }
            own.push((i, work(i)));
        }
    };
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.clamp(1, count.max(1))).map(|_| scope.spawn(share)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    if results.len() < count {
        return None;
    }
    results.sort_by_key(|(i, _)| *i);
    Some(results.into_iter().map(|(_, result)| result).collect())
}
