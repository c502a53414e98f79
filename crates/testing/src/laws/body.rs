//! What every body keeps to.

use neuraxis_core::{Body, conformance};

/// It keeps to the contract of [`Body`] while it is moved, stopped and told nonsense, and two of a make feel the same.
pub fn it_keeps_the_contract<B: Body>(make: &dyn Fn() -> B) {
    assert_eq!(conformance::check(make), Vec::<String>::new());
}

/// The tests of the laws for one body: `body_laws!(name, || body)`.
#[macro_export]
macro_rules! body_laws {
    ($name:ident, $make:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "what makes it may need nothing")]
            use super::*;
            $crate::laws!(body, $make; it_keeps_the_contract);
        }
    };
}
