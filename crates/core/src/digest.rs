//! A running digest of what a trial computed, to tell whether two trials were the same to the bit.

use std::fmt;
use xxhash_rust::xxh3::Xxh3;

/// A 64-bit digest (XXH3) over numbers in the order in which they are added; it does not allocate.
#[derive(Clone)]
pub struct Digest(Box<Xxh3>);

impl Default for Digest {
    fn default() -> Self {
        Self(Box::new(Xxh3::new()))
    }
}

impl Digest {
    /// Adds the bits of `value`.
    pub fn u64(&mut self, value: u64) {
        self.0.update(&value.to_le_bytes());
    }

    /// Adds the bits of `value`, so that 0.0 and -0.0 differ.
    pub fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    /// Adds the bits of `value`.
    pub fn f32(&mut self, value: f32) {
        self.0.update(&value.to_bits().to_le_bytes());
    }

    /// Adds the bits of all of `values`; the same as adding one after the other, and faster.
    pub fn f32s<const N: usize>(&mut self, values: [f32; N]) {
        self.0.update(values.map(|value| value.to_bits().to_le_bytes()).as_flattened());
    }

    /// The digest so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.digest()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({:016x})", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_are_one_after_the_other() {
        let (mut one, mut many) = (Digest::default(), Digest::default());
        for chunk in 0..40 {
            let values = [0, 1, 2].map(|i| (3 * chunk + i) as f32 * 0.1);
            for value in values {
                one.f32(value);
            }
            many.f32s(values);
        }
        assert_eq!(one.value(), many.value());
    }
}
