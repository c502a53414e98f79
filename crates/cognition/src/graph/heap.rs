//! A binary heap of nodes whose keys can be changed; all memory is taken at the start.

use neuraxis_core::saved;
/// Least key first, then least second key, then least node.
type Entry = ([f64; 2], u32);

/// The heap.
#[derive(Clone, Debug)]
pub struct Heap {
    entries: Vec<Entry>,
    /// Place of each node in `entries` plus one; 0 if it is not there.
    places: Vec<u32>,
}

impl Heap {
    /// An empty heap for nodes below `capacity`.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), places: vec![0; capacity] }
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        for (_, node) in self.entries.drain(..) {
            self.places[node as usize] = 0;
        }
    }

    /// The node with the least key.
    #[must_use]
    pub fn first(&self) -> Option<([f64; 2], u32)> {
        self.entries.first().copied()
    }

    /// Puts a node in, or changes its key.
    pub fn set(&mut self, node: u32, key: [f64; 2]) {
        let place = self.places[node as usize];
        let i = if place == 0 {
            self.entries.push((key, node));
            self.entries.len() - 1
        } else {
            self.entries[place as usize - 1].0 = key;
            place as usize - 1
        };
        self.places[node as usize] = i as u32 + 1;
        let i = self.rise(i);
        self.sink(i);
    }

    /// Takes a node out, if it is there.
    pub fn remove(&mut self, node: u32) {
        let place = self.places[node as usize];
        if place == 0 {
            return;
        }
        self.places[node as usize] = 0;
        let i = place as usize - 1;
        let Some(last) = self.entries.pop() else { return };
        if i < self.entries.len() {
            self.entries[i] = last;
            self.places[last.1 as usize] = place;
            let i = self.rise(i);
            self.sink(i);
        }
    }

    fn rise(&mut self, mut i: usize) -> usize {
        while i > 0 {
            let parent = (i - 1) / 2;
            if self.entries[parent] <= self.entries[i] {
                break;
            }
            self.swap(i, parent);
            i = parent;
        }
        i
    }

    fn sink(&mut self, mut i: usize) {
        loop {
            let mut least = i;
            for child in [2 * i + 1, 2 * i + 2] {
                if child < self.entries.len() && self.entries[child] < self.entries[least] {
                    least = child;
                }
            }
            if least == i {
                return;
            }
            self.swap(i, least);
            i = least;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.entries.swap(a, b);
        self.places[self.entries[a].1 as usize] = a as u32 + 1;
        self.places[self.entries[b].1 as usize] = b as u32 + 1;
    }
}

saved!(Heap { entries: list, places } then Self::is_whole);

impl Heap {
    /// Whether what was loaded names only nodes that are there, each where it says that it lies.
    fn is_whole(&mut self) -> bool {
        let lies = |(place, (_, node)): (usize, &Entry)| {
            self.places.get(*node as usize).is_some_and(|at| *at as usize == place + 1)
        };
        self.places.iter().filter(|place| **place > 0).count() == self.entries.len()
            && self.entries.iter().enumerate().all(lies)
    }

    /// Whether it holds only nodes below `count`.
    pub(crate) fn is_below(&self, count: usize) -> bool {
        self.entries.iter().all(|(_, node)| (*node as usize) < count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_in_order_whatever_was_done_before() {
        let mut heap = Heap::new(100);
        for i in 0..100_u32 {
            heap.set(i, [f64::from(i * 37 % 101), f64::from(i)]);
        }
        for i in (0..100).step_by(3) {
            heap.remove(i);
        }
        for i in (0..100).step_by(4) {
            heap.set(i, [f64::from(i * 11 % 53), 0.0]);
        }
        let mut last = [f64::NEG_INFINITY; 2];
        let mut count = 0;
        while let Some((key, node)) = heap.first() {
            assert!(key >= last, "{key:?} after {last:?}");
            last = key;
            heap.remove(node);
            count += 1;
        }
        // 66 were left, and of the 25 set again, 9 had been taken out.
        assert_eq!(count, 75);
    }
}
