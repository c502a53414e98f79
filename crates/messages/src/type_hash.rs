//! Type hashes (RIHS01, REP 2016): by them ROS 2 nodes tell whether they mean the same by the name of a type.
//!
//! The hash is SHA-256 over the canonical JSON of the type's description: the fields of the message and of all messages
//! that it is made of, without comments, constants and defaults.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::definition::{Count, Field, definition, fields};

/// Added to the number of a type in `type_description_interfaces/FieldType` for arrays of a fixed size, for
/// sequences with a bound, and for those without one.
const ARRAY: [u8; 3] = [48, 96, 144];

/// The number of a primitive type in `type_description_interfaces/FieldType`; 1 is a message.
fn type_id(kind: &str) -> Option<u8> {
    Some(match kind {
        "int8" => 2,
        "uint8" | "char" => 3,
        "int16" => 4,
        "uint16" => 5,
        "int32" => 6,
        "uint32" => 7,
        "int64" => 8,
        "uint64" => 9,
        "float32" => 10,
        "float64" => 11,
        "bool" => 15,
        "byte" => 16,
        "string" => 17,
        "wstring" => 18,
        kind if kind.contains('/') => 1,
        _ => return None,
    })
}

/// `package/Name` as descriptions write it: `package/msg/Name`.
fn full(name: &str) -> String {
    name.replacen('/', "/msg/", 1)
}

/// One field of a description, as JSON.
fn describe_field(field: &Field) -> Option<String> {
    // A bounded string, `string<=10`, has a number of its own.
    let (kind, bound) = match field.kind.split_once("<=") {
        Some((kind, bound)) => (kind, bound.parse::<u64>().ok()?),
        None => (&*field.kind, 0),
    };
    let id = type_id(kind)? + if bound > 0 { 4 } else { 0 };
    let (id, capacity) = match field.count {
        Count::One => (id, 0),
        Count::Fixed(count) => (id + ARRAY[0], count),
        Count::UpTo(most) => (id + ARRAY[1], most),
        Count::Any => (id + ARRAY[2], 0),
    };
    let nested = if kind.contains('/') { full(kind) } else { String::new() };
    Some(format!(
        r#"{{"name": "{}", "type": {{"type_id": {id}, "capacity": {capacity}, "string_capacity": {bound}, "nested_type_name": "{nested}"}}}}"#,
        field.name
    ))
}

/// One message of a description, as JSON.
fn describe(name: &str, mut of: Vec<Field>) -> Option<String> {
    if of.is_empty() {
        // So ROS fills a message without fields.
        let (name, kind) = ("structure_needs_at_least_one_member".to_owned(), "uint8".to_owned());
        of.push(Field { name, kind, count: Count::One });
    }
    let described: Vec<String> = of.iter().map(describe_field).collect::<Option<_>>()?;
    Some(format!(r#"{{"type_name": "{}", "fields": [{}]}}"#, full(name), described.join(", ")))
}

/// The RIHS01 hash of the message `name` (`package/Name`), if we know its definition: `RIHS01_` and 64 hexadecimal digits.
#[must_use]
pub fn type_hash(name: &str) -> Option<String> {
    type_hash_of(name, &definition)
}

/// The same of a message whose definition, and those of its parts, `find` gives.
#[must_use]
pub fn type_hash_of<'a>(name: &str, find: &dyn Fn(&str) -> Option<&'a str>) -> Option<String> {
    let parse = |name: &str| fields(name.split('/').next().unwrap_or_default(), find(name)?).ok();
    let own = parse(name)?;
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Vec<Field> = own.clone();
    while let Some(field) = open.pop() {
        if field.kind.contains('/') && !parts.contains_key(&field.kind) {
            let more = parse(&field.kind)?;
            open.extend(more.iter().cloned());
            parts.insert(field.kind.clone(), describe(&field.kind, more)?);
        }
    }
    let parts: Vec<String> = parts.into_values().collect();
    let text = format!(
        r#"{{"type_description": {}, "referenced_type_descriptions": [{}]}}"#,
        describe(name, own)?,
        parts.join(", ")
    );
    Some(format!("RIHS01_{:x}", Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::definitions;

    /// As ROS 2 publishes them: the same in Jazzy (`common_interfaces` 5.3.6) and Kilted (5.5.1).
    #[rustfmt::skip]
    const PUBLISHED: &[(&str, &str)] = &[
        ("builtin_interfaces/Time", "RIHS01_b106235e25a4c5ed35098aa0a61a3ee9c9b18d197f398b0e4206cea9acf9c197"),
        ("geometry_msgs/Point", "RIHS01_6963084842a9b04494d6b2941d11444708d892da2f4b09843b9c43f42a7f6881"),
        ("geometry_msgs/Pose", "RIHS01_d501954e9476cea2996984e812054b68026ae0bfae789d9a10b23daf35cc90fa"),
        ("geometry_msgs/PoseStamped", "RIHS01_10f3786d7d40fd2b54367835614bff85d4ad3b5dab62bf8bca0cc232d73b4cd8"),
        ("geometry_msgs/PoseWithCovariance", "RIHS01_9a7c0fd234b7f45c6098745ecccd773ca1085670e64107135397aee31c02e1bb"),
        ("geometry_msgs/PoseWithCovarianceStamped", "RIHS01_26432f9803e43727d3c8f668d1fdb3c630f548af631e2f4e31382371bfea3b6e"),
        ("geometry_msgs/Quaternion", "RIHS01_8a765f66778c8ff7c8ab94afcc590a2ed5325a1d9a076ffff38fbce36f458684"),
        ("geometry_msgs/Transform", "RIHS01_beb83fbe698636351461f6f35d1abb20010c43d55374d81bd041f1ba2581fddc"),
        ("geometry_msgs/TransformStamped", "RIHS01_0a241f87d04668d94099cbb5ba11691d5ad32c2f29682e4eb5653424bd275206"),
        ("geometry_msgs/Twist", "RIHS01_9c45bf16fe0983d80e3cfe750d6835843d265a9a6c46bd2e609fcddde6fb8d2a"),
        ("geometry_msgs/TwistStamped", "RIHS01_5f0fcd4f81d5d06ad9b4c4c63e3ea51b82d6ae4d0558f1d475229b1121db6f64"),
        ("geometry_msgs/TwistWithCovariance", "RIHS01_49f574f033f095d8b6cd1beaca5ca7925e296e84af1716d16c89d38b059c8c18"),
        ("geometry_msgs/Vector3", "RIHS01_cc12fe83e4c02719f1ce8070bfd14aecd40f75a96696a67a2a1f37f7dbb0765d"),
        ("nav_msgs/MapMetaData", "RIHS01_2772d4b2000ef2b35dbaeb80fd3946c1369f817fb4f75677d916d27c17d763c8"),
        ("nav_msgs/OccupancyGrid", "RIHS01_8d348150c12913a31ee0ec170fbf25089e4745d17035792a1ba94d6f0bc0cfc7"),
        ("nav_msgs/Odometry", "RIHS01_3cc97dc7fb7502f8714462c526d369e35b603cfc34d946e3f2eda2766dfec6e0"),
        ("nav_msgs/Path", "RIHS01_1957a5bb3cee5da65c4e52e52b65a93df227efce4c20f8458b36e73066ca334b"),
        ("rosgraph_msgs/Clock", "RIHS01_692f7a66e93a3c83e71765d033b60349ba68023a8c689a79e48078bcb5c58564"),
        ("sensor_msgs/BatteryState", "RIHS01_4bee5dfce981c98faa6828b868307a0a73f992ed0789f374ee96c8f840e69741"),
        ("sensor_msgs/Imu", "RIHS01_7d9a00ff131080897a5ec7e26e315954b8eae3353c3f995c55faf71574000b5b"),
        ("sensor_msgs/JointState", "RIHS01_a13ee3a330e346c9d87b5aa18d24e11690752bd33a0350f11c5882bc9179260e"),
        ("sensor_msgs/LaserScan", "RIHS01_64c191398013af96509d518dac71d5164f9382553fce5c1f8cca5be7924bd828"),
        ("sensor_msgs/Range", "RIHS01_b42b62562e93cbfe9d42b82fe5994dfa3d63d7d5c90a317981703f7388adff3a"),
        ("std_msgs/Header", "RIHS01_f49fb3ae2cf070f793645ff749683ac6b06203e41c891e17701b1cb597ce6a01"),
        ("tf2_msgs/TFMessage", "RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087"),
    ];

    #[test]
    fn type_hashes_are_those_that_ros_publishes() {
        for (name, _) in definitions().filter(|(name, _)| !name.starts_with("neuraxis_msgs/")) {
            let published = PUBLISHED.iter().find(|(known, _)| *known == name).map(|(_, hash)| *hash);
            assert!(published.is_some(), "{name} has no published hash in the table");
            assert_eq!(type_hash(name).as_deref(), published, "{name}");
        }
    }

    #[test]
    fn type_hashes_of_our_own_messages_exist_and_tell_them_apart() {
        let own: Vec<_> = definitions().filter(|(name, _)| name.starts_with("neuraxis_msgs/")).collect();
        let mut hashes: Vec<String> = own.iter().filter_map(|(name, _)| type_hash(name)).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), own.len());
    }

    /// Published ones of types that are not ours: without fields, of bounded strings, of arrays with and without a bound.
    #[test]
    fn type_hash_of_every_kind_of_field_is_the_published_one() {
        let range = "std_msgs/Header header\nuint8 ULTRASOUND=0\nuint8 INFRARED=1\nuint8 radiation_type\n\
                     float32 field_of_view\nfloat32 min_range\nfloat32 max_range\nfloat32 range\nfloat32 variance\n";
        let find = |name: &str| if name == "sensor_msgs/Range" { Some(range) } else { definition(name) };
        let published =
            PUBLISHED.iter().find(|(name, _)| *name == "sensor_msgs/Range").map(|(_, hash)| *hash);
        assert_eq!(type_hash_of("sensor_msgs/Range", &find).as_deref(), published);
        for (name, text, published) in MORE {
            let find = |asked: &str| if asked == *name { Some(*text) } else { definition(asked) };
            assert_eq!(type_hash_of(name, &find).as_deref(), Some(*published), "{name}");
        }
    }

    /// Name, definition and published hash.
    const MORE: &[(&str, &str, &str)] = &[
        ("std_msgs/Empty", "", "RIHS01_20b625256f32d5dbc0d04fee44f43c41e51c70d3502f84b4a08e7a9c26a96312"),
        (
            "std_msgs/Bool",
            "bool data",
            "RIHS01_feb91e995ff9ebd09c0cb3d2aed18b11077585839fb5db80193b62d74528f6c9",
        ),
        (
            "std_msgs/Byte",
            "byte data",
            "RIHS01_41e1a3345f73fe93ede006da826a6ee274af23dd4653976ff249b0f44e3e798f",
        ),
        (
            "std_msgs/Char",
            "char data",
            "RIHS01_3ad2d04dd29ba19d04b16659afa3ccaedd691914b02a64e82e252f2fa6a586a9",
        ),
        (
            "std_msgs/String",
            "string data",
            "RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18",
        ),
        (
            "shape_msgs/Plane",
            "float64[4] coef",
            "RIHS01_dfbfe8314689c850615d4a727af017e9aa86c10e369a606c8c851ef8f16c58c8",
        ),
        (
            "test_msgs/Strings",
            "string string_value\nstring string_value_default1 \"Hello world!\"\nstring string_value_default2 \"\"\n\
             string string_value_default3 \"\"\nstring string_value_default4 \"\"\nstring string_value_default5 \"\"\n\
             string STRING_CONST=\"Hello world!\"\nstring<=22 bounded_string_value\n\
             string<=22 bounded_string_value_default1 \"Hello world!\"\nstring<=22 bounded_string_value_default2\n\
             string<=22 bounded_string_value_default3\nstring<=22 bounded_string_value_default4\n\
             string<=22 bounded_string_value_default5\n",
            "RIHS01_eee55533636293ac7c94c62432eedb5777eb849847d2a17b4dcead8c4a20ab32",
        ),
        (
            "test_msgs/WStrings",
            "wstring wstring_value\nwstring wstring_value_default1 \"Hello world!\"\nwstring wstring_value_default2\n\
             wstring wstring_value_default3\nwstring[3] array_of_wstrings\nwstring[<=3] bounded_sequence_of_wstrings\n\
             wstring[] unbounded_sequence_of_wstrings\n",
            "RIHS01_5a2c8ddb2054600023b9a180652f2ba895373217cad4b1f0fc1258c9e4424a79",
        ),
    ];
}
