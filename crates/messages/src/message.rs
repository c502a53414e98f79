//! What a message type says of itself: its name, its definition, and its fields with their types on the wire.

use serde::Serialize;

/// A message with a name and a definition.
pub trait Message: Serialize {
    /// `package/Name`.
    const NAME: &'static str;
    /// The text of its interface definition, as in `msg/`.
    const DEFINITION: &'static str;
    /// Its fields as the Rust type has them: the name, and the type as a definition writes it.
    #[must_use]
    fn fields() -> Vec<(&'static str, String)>;
}

/// A type that a field of a message can have.
pub trait FieldType {
    /// As an interface definition writes it: `float64`, `geometry_msgs/Pose`, `string[]`.
    #[must_use]
    fn name() -> String;
}

macro_rules! primitives {
    ($($rust:ty => $ros:literal,)*) => {
        $(impl FieldType for $rust {
            fn name() -> String {
                $ros.to_owned()
            }
        })*
    };
}

primitives! {
    bool => "bool", i8 => "int8", u8 => "uint8", i16 => "int16", u16 => "uint16", i32 => "int32", u32 => "uint32",
    i64 => "int64", u64 => "uint64", f32 => "float32", f64 => "float64", String => "string",
}

impl<T: FieldType> FieldType for Vec<T> {
    fn name() -> String {
        format!("{}[]", T::name())
    }
}

impl<T: FieldType, const N: usize> FieldType for [T; N] {
    fn name() -> String {
        // ROS has no arrays of arrays: a matrix is written row by row, as it lies in memory.
        match T::name().strip_suffix(']').and_then(|inner| inner.rsplit_once('[')) {
            Some((kind, inner)) => match inner.parse::<usize>() {
                Ok(inner) => format!("{kind}[{}]", N * inner),
                Err(_) => format!("{}[{N}]", T::name()),
            },
            None => format!("{}[{N}]", T::name()),
        }
    }
}

/// Declares message types: the name in ROS, the name in Rust, and the fields in the order of the definition.
macro_rules! messages {
    ($(
        $(#[$about:meta])*
        $name:literal $kind:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }
    )*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
            pub struct $kind { $($(#[$doc])* pub $field: $type,)* }

            impl $crate::message::Message for $kind {
                const NAME: &'static str = $name;
                const DEFINITION: &'static str =
                    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/msg/", $name, ".msg"));
                fn fields() -> Vec<(&'static str, String)> {
                    vec![$((stringify!($field), <$type as $crate::message::FieldType>::name())),*]
                }
            }

            impl $crate::message::FieldType for $kind {
                fn name() -> String {
                    $name.to_owned()
                }
            }
        )*
    };
}
pub(crate) use messages;
