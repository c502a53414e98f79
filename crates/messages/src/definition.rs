//! Interface definitions (`.msg`): all that we know, their fields, and the text by which a reader understands a recording without us.

use crate::{Message, senses};

/// Package and name of a message, and the name and type of each of its fields.
#[cfg(test)]
pub(crate) type RustFields = (&'static str, Vec<(&'static str, String)>);

macro_rules! others {
    ($($kind:ident),* $(,)?) => {
        /// Those of messages that carry no reading.
        const OTHERS: &[(&str, &str)] =
            &[$((<crate::$kind as Message>::NAME, <crate::$kind as Message>::DEFINITION)),*];

        /// The fields of every message as its Rust type has them, in the order of [`definitions`].
        #[cfg(test)]
        fn rust_fields() -> Vec<RustFields> {
            let mut fields = senses::rust_fields();
            fields.extend([$((<crate::$kind as Message>::NAME, <crate::$kind as Message>::fields())),*]);
            fields
        }
    };
}

others![
    Candidate,
    Clock,
    Cue,
    Decision,
    Drive,
    Events,
    Goal,
    Header,
    MapMetaData,
    Modulation,
    MotionReason,
    Needs,
    OccupancyGrid,
    Path,
    PlanReason,
    Point,
    Pose,
    PoseStamped,
    PoseWithCovariance,
    Quaternion,
    Stream,
    TFMessage,
    Time,
    Trace,
    Transform,
    TransformStamped,
    Twist,
    TwistWithCovariance,
    Vector3,
    Verdict,
];

/// Package and name of every message, and its definition: first those that carry readings of senses.
pub fn definitions() -> impl Iterator<Item = (&'static str, &'static str)> {
    senses::DEFINITIONS.iter().chain(OTHERS).copied()
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// A primitive type of ROS, or `package/Name`.
    pub kind: String,
    /// How many of them.
    pub count: Count,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One.
    One,
    /// So many, always.
    Fixed(u64),
    /// Any number up to so many.
    UpTo(u64),
    /// Any number.
    Any,
}

/// The definition of `name` (`package/Name`), if we know it.
#[must_use]
pub fn definition(name: &str) -> Option<&'static str> {
    definitions().find(|(known, _)| *known == name).map(|(_, text)| text)
}

/// The fields of a message of `package` that is defined as `text`; constants are none.
///
/// # Errors
/// If a line is not of the form `type name`, or the size of an array is not a number.
pub fn fields(package: &str, text: &str) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |what: &str| format!("line {}, `{line}`: {what}", number + 1);
        let Some((kind, rest)) = line.split_once(char::is_whitespace) else {
            return Err(wrong("expected a type and a name"));
        };
        let name = rest.split_whitespace().next().unwrap_or_default();
        if rest.split_once('=').is_some_and(|(before, _)| before.trim_end() == name || name.contains('=')) {
            continue;
        }
        let size = |text: &str| text.parse::<u64>().map_err(|_| wrong("the size of the array is no number"));
        let (kind, count) = match kind.strip_suffix(']').and_then(|kind| kind.split_once('[')) {
            None => (kind, Count::One),
            Some((kind, "")) => (kind, Count::Any),
            Some((kind, most)) if most.starts_with("<=") => (kind, Count::UpTo(size(&most[2..])?)),
            Some((kind, exact)) => (kind, Count::Fixed(size(exact)?)),
        };
        let is_name = kind.starts_with(|c: char| c.is_ascii_uppercase());
        let kind = if is_name { format!("{package}/{kind}") } else { kind.to_owned() };
        fields.push(Field { name: name.to_owned(), kind, count });
    }
    Ok(fields)
}

/// The messages that a definition is made of, in the order of its fields.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .map(|kind| kind.split('[').next().unwrap_or(kind))
        .filter(|kind| kind.contains('/'))
}

/// The definition of `name` (`package/Name`) with all that it is made of, in MCAP's `ros2msg` encoding; empty if we do not know it.
#[must_use]
pub fn ros2msg(name: &str) -> String {
    let mut text = definition(name).unwrap_or_default().to_owned();
    let mut listed: Vec<&str> = parts(definition(name).unwrap_or_default()).collect();
    let mut next = 0;
    while next < listed.len() {
        let part = listed[next];
        if !listed[..next].contains(&part) {
            let more = definition(part).unwrap_or_default();
            text.push_str(&format!("{}\nMSG: {part}\n{more}", "=".repeat(80)));
            listed.extend(parts(more));
        }
        next += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(field: &Field) -> String {
        match field.count {
            Count::One => field.kind.clone(),
            Count::Fixed(count) => format!("{}[{count}]", field.kind),
            Count::UpTo(most) => format!("{}[<={most}]", field.kind),
            Count::Any => format!("{}[]", field.kind),
        }
    }

    #[test]
    fn rust_types_have_the_fields_of_their_definitions() {
        for ((name, text), (rust_name, rust)) in definitions().zip(rust_fields()) {
            assert_eq!(name, rust_name);
            let package = name.split('/').next().unwrap_or_default();
            let defined: Vec<(String, String)> = fields(package, text)
                .expect("a definition")
                .iter()
                .map(|field| (field.name.clone(), written(field)))
                .collect();
            let rust: Vec<(String, String)> =
                rust.into_iter().map(|(field, kind)| (field.to_owned(), kind)).collect();
            assert_eq!(defined, rust, "{name}: the definition (left) and the Rust type (right)");
        }
    }

    #[test]
    fn every_part_is_defined() {
        for (name, text) in definitions() {
            for part in parts(text) {
                assert!(definition(part).is_some(), "{name} is made of {part}, which is not there");
            }
        }
    }

    #[test]
    fn a_definition_brings_its_parts_once() {
        let text = ros2msg("nav_msgs/Odometry");
        for part in ["std_msgs/Header", "builtin_interfaces/Time", "geometry_msgs/Point"] {
            assert_eq!(text.matches(&format!("MSG: {part}\n")).count(), 1, "{part}");
        }
        assert!(text.starts_with("std_msgs/Header header\n"));
    }

    #[test]
    fn constants_comments_and_defaults_are_no_fields() {
        let text = "# about\nuint8 ULTRASOUND=0\nuint8 INFRARED = 1\nfloat64 w 1 # a default\nPoint[<=3] few\nPoint[2] two\n";
        let found = fields("geometry_msgs", text).expect("a definition");
        let all: Vec<String> =
            found.iter().map(|field| format!("{} {}", written(field), field.name)).collect();
        assert_eq!(all, ["float64 w", "geometry_msgs/Point[<=3] few", "geometry_msgs/Point[2] two"]);
        assert!(fields("x", "float64").expect_err("no name").contains("line 1"));
        assert!(fields("x", "float64[many] a").expect_err("no number").contains("many"));
    }
}
