//! The laws that every implementation keeps, one named test each: `estimator_laws!`, `navigator_laws!`, `circuit_laws!` and
//! `body_laws!` make the tests for one implementation.

pub mod body;
pub mod circuit;
pub mod estimator;
pub mod navigator;

use neuraxis_core::{Archive, Origin, Part};

/// Ticks of a law.
pub(crate) const TICKS: u64 = 200;

/// Seeds of the runs in which nonsense is felt: each puts other nonsense into other numbers.
pub(crate) const NONSENSE_SEEDS: std::ops::Range<u64> = 2..14;

/// Saves `part` into bytes and loads it into `other`.
pub(crate) fn move_over(body: &neuraxis_core::BodyDescription, part: &dyn Part, other: &mut dyn Part) {
    let origin = Origin::of(body, &"the same");
    let mut archive = Archive::default();
    part.save(&mut archive, origin);
    let bytes = archive.to_bytes();
    other.load(&Archive::from_bytes(&bytes).expect("what was saved"), origin).expect("the same part");
}

/// A test for each law of a kind.
#[macro_export]
macro_rules! laws {
    ($kind:ident, $make:expr; $($law:ident),*) => {
        $(#[test]
        fn $law() {
            $crate::laws::$kind::$law(&$make);
        })*
    };
}
