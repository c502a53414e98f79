//! For tests that say that something takes no memory: an allocator that counts, in every program that calls [`so_far`].

#![expect(unsafe_code, reason = "counting allocations takes an allocator, and that is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts.
struct Counting;

thread_local! {
    /// Of this thread alone: others, such as a recorder's, may allocate.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: `alloc` and `dealloc` go on to the system's allocator unchanged; the others are the trait's own, made of these.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread has taken memory since it began; a block that grows counts as taken again.
#[must_use]
pub fn so_far() -> u64 {
    COUNT.get()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::so_far;

    #[test]
    fn allocations_of_a_closure_are_counted() {
        let before = so_far();
        drop(black_box(Box::new(1)));
        assert_eq!(so_far() - before, 1, "a box");
        drop(black_box(vec![0_u8; 100]));
        assert_eq!(so_far() - before, 2, "zeros");
        let mut list: Vec<u64> = black_box(Vec::with_capacity(1));
        list.extend([1, 2, 3]);
        assert_eq!(so_far() - before, 4, "a list that grows");
        black_box(&mut list).clear();
        assert_eq!(so_far() - before, 4, "and nothing else");
    }

    #[test]
    fn allocations_of_other_threads_are_not_counted() {
        let (go, done) = (AtomicBool::new(false), AtomicBool::new(false));
        let wait_for = |flag: &AtomicBool| {
            while !flag.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                wait_for(&go);
                black_box(vec![0_u8; 100]);
                done.store(true, Ordering::SeqCst);
            });
            let before = so_far();
            go.store(true, Ordering::SeqCst);
            wait_for(&done);
            assert_eq!(so_far(), before);
        });
    }
}
