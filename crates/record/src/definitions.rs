//! The message definitions that go into a recording, so that any reader understands it without us.
//!
//! The files in `msg/` are ROS 2 interface definitions: those of `common_interfaces`, field by field, and our
//! own package `neuraxis_msgs`.

macro_rules! definitions {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../msg/", $name, ".msg")))),*]
    };
}

/// Package and name of every message, and its definition.
pub const DEFINITIONS: &[(&str, &str)] = definitions![
    "builtin_interfaces/Time",
    "geometry_msgs/Point",
    "geometry_msgs/Pose",
    "geometry_msgs/PoseStamped",
    "geometry_msgs/PoseWithCovariance",
    "geometry_msgs/PoseWithCovarianceStamped",
    "geometry_msgs/Quaternion",
    "geometry_msgs/Transform",
    "geometry_msgs/TransformStamped",
    "geometry_msgs/Twist",
    "geometry_msgs/TwistStamped",
    "geometry_msgs/TwistWithCovariance",
    "geometry_msgs/Vector3",
    "nav_msgs/MapMetaData",
    "nav_msgs/OccupancyGrid",
    "nav_msgs/Odometry",
    "nav_msgs/Path",
    "neuraxis_msgs/Azimuth",
    "neuraxis_msgs/Contact",
    "neuraxis_msgs/Cue",
    "neuraxis_msgs/Decision",
    "neuraxis_msgs/Stream",
    "neuraxis_msgs/Trace",
    "neuraxis_msgs/Verdict",
    "rosgraph_msgs/Clock",
    "sensor_msgs/BatteryState",
    "sensor_msgs/Imu",
    "sensor_msgs/JointState",
    "sensor_msgs/LaserScan",
    "std_msgs/Header",
    "tf2_msgs/TFMessage",
];

fn definition(name: &str) -> Option<&'static str> {
    DEFINITIONS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The types that a definition is made of, in the order of its fields.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .map(|kind| kind.split('[').next().unwrap_or(kind))
        .filter(|kind| kind.contains('/'))
}

/// The definition of `name` (`package/Name`) with all that it is made of, in MCAP's `ros2msg` encoding.
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

    #[test]
    fn every_part_is_defined() {
        for (name, text) in DEFINITIONS {
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
}
