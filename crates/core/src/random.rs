//! Named random streams: every consumer draws from its own, so that adding one disturbs no other.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The generator of one stream.
pub type Stream = Xoshiro256PlusPlus;

/// The stream `name` of the trial `seed`: the same pair gives the same numbers, on every platform.
#[must_use]
pub fn stream(seed: u64, name: &str) -> Stream {
    Stream::seed_from_u64(xxh3_64_with_seed(name.as_bytes(), seed))
}

/// A standard normal number from `stream`, by Box and Muller (1958) through the portable `math`.
#[must_use]
pub fn normal(stream: &mut Stream) -> f64 {
    use rand::RngExt as _;
    let u: f64 = 1.0 - stream.random::<f64>(); // in (0, 1]
    let v: f64 = stream.random();
    (-2.0 * crate::math::ln(u)).sqrt() * crate::math::cos(2.0 * crate::math::PI * v)
}

/// Whether a thing of probability `fraction` happens.
pub(crate) fn happens(fraction: f64, stream: &mut Stream) -> bool {
    use rand::RngExt as _;
    stream.random_bool(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn streams_differ_by_name_and_by_seed_and_repeat() {
        let draw = |seed, name| stream(seed, name).random::<u64>();
        assert_eq!(draw(7, "scan"), draw(7, "scan"));
        assert_ne!(draw(7, "scan"), draw(7, "imu"));
        assert_ne!(draw(7, "scan"), draw(8, "scan"));
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut s = stream(1, "normal");
        let n = 100_000;
        let (mut sum, mut square, mut tail) = (0.0, 0.0, 0);
        for _ in 0..n {
            let x = normal(&mut s);
            sum += x;
            square += x * x;
            tail += usize::from(x.abs() > 1.96);
        }
        let mean = sum / f64::from(n);
        assert!(mean.abs() < 0.015, "{mean}");
        assert!((square / f64::from(n) - 1.0).abs() < 0.02);
        assert!((tail as f64 / f64::from(n) - 0.05).abs() < 0.004);
    }
}
