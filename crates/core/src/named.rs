//! Enums whose values have names: one list gives the names that people, files and messages use, and the way back.

/// A name that no value of the enum has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {what}: expected one of {expected}")]
pub struct UnknownName {
    /// What it should have been.
    pub what: &'static str,
    /// What it was.
    pub found: String,
    /// The names that there are.
    pub expected: String,
}

/// Gives an enum without data `ALL`, `as_str`, `Display` and `FromStr`. The names are those of serde's `snake_case`, which a
/// test beside this macro holds; a value without a name does not compile.
#[macro_export]
macro_rules! named {
    ($kind:ident, $what:literal { $($value:ident => $name:literal,)* }) => {
        impl $kind {
            /// Every value, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// Its name, as files and messages write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)*
                }
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $kind {
            type Err = $crate::named::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name).ok_or_else(|| {
                    let expected = Self::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ");
                    $crate::named::UnknownName { what: $what, found: name.to_owned(), expected }
                })
            }
        }
    };
}
#[cfg(test)]
mod tests {
    use crate::reasons::{MotionMode, Refusal, SpeedLimit};
    use crate::{Gait, GoalStatus, Limit};

    /// Each value is read back by its name, and serde calls it the same.
    fn check<T>(all: &[T])
    where
        T: Copy + PartialEq + std::fmt::Debug + std::fmt::Display + std::str::FromStr + serde::Serialize,
    {
        for value in all {
            let name = value.to_string();
            assert_eq!(name.parse::<T>().ok(), Some(*value));
            assert_eq!(serde_json::to_value(value).expect("a name"), name);
        }
    }

    #[test]
    fn every_name_is_read_back_and_is_serdes() {
        check(GoalStatus::ALL);
        check(Gait::ALL);
        check(Limit::ALL);
        check(MotionMode::ALL);
        check(SpeedLimit::ALL);
        check(Refusal::ALL);
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_there_are() {
        let error = "lost".parse::<GoalStatus>().expect_err("no status");
        assert_eq!(
            error.to_string(),
            "`lost` is no goal status: expected one of idle, active, reached, unreachable, exhausted"
        );
    }
}
