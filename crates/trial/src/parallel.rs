//! One piece of work on each of many items, on several threads; what comes of it is in the order of the items, whoever was first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` on `0..count` on up to `jobs` threads (at least one), and hands each result to `take` as soon as all before it
/// have been handed over, on the thread of the caller. Once `stop` is set, no other piece of work is begun. Says whether all
/// were done.
///
/// A panic of `work` is passed on.
pub fn for_each_in_order<T: Send>(
    count: usize,
    jobs: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T),
) -> bool {
    let next = AtomicUsize::new(0);
    let (done, finished) = mpsc::channel();
    let mut turn = 0;
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, count.max(1)) {
            let (done, next, work) = (done.clone(), &next, &work);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count || done.send((i, work(i))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        for (i, result) in finished {
            waiting.insert(i, result);
            while let Some(result) = waiting.remove(&turn) {
                take(turn, result);
                turn += 1;
            }
        }
    });
    turn == count
}

/// What `work` makes of each of `0..count`, in their order, on up to `jobs` threads. None if `stop` was set before all were done.
pub fn map_in_order<T: Send>(
    count: usize,
    jobs: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> T + Sync,
) -> Option<Vec<T>> {
    let mut results = Vec::with_capacity(count);
    for_each_in_order(count, jobs, stop, work, |_, result| results.push(result)).then_some(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_threads_are_handed_over_in_the_order_of_the_items() {
        let stop = AtomicBool::new(false);
        for jobs in [0, 1, 3, 100] {
            let mut taken = Vec::new();
            let work = |i: usize| {
                // Later items are done sooner.
                thread::sleep(std::time::Duration::from_micros(200 * (20 - i as u64)));
                i * i
            };
            assert!(for_each_in_order(20, jobs, &stop, work, |i, square| taken.push((i, square))));
            assert_eq!(taken, (0..20).map(|i| (i, i * i)).collect::<Vec<_>>());
        }
        assert_eq!(map_in_order(0, 2, &stop, |i| i), Some(Vec::new()));
    }

    #[test]
    fn work_that_is_stopped_gives_no_results_and_begins_nothing_more() {
        let (stop, begun) = (AtomicBool::new(false), AtomicUsize::new(0));
        let work = |i: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            stop.store(i == 3, Ordering::SeqCst);
        };
        assert_eq!(map_in_order(1000, 1, &stop, work), None);
        assert_eq!(begun.load(Ordering::SeqCst), 4);
    }
}
