//! Which files a log is made of, and which are none.

use neuraxis_record::log::LogError;
use neuraxis_record::{Log, LogOptions};
use tempfile::TempDir;

use crate::writing::{log_of, robot, robot_log, to_lz4, write};

#[test]
fn chunks_in_lz4_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("drive.mcap");
    write(&path, &robot(), None, "ros2");
    let plain = std::fs::read(&path).expect("a file");
    let packed = to_lz4(&plain);
    assert!(packed.len() < plain.len() / 2);
    std::fs::write(&path, packed).expect("a file");
    let log = Log::open(&path, &LogOptions::default()).expect("a log");
    assert_eq!((log.damage, log.readings.len()), (None, 508));
}

/// The robot's log as `rosbag2` splits it.
fn bag() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let entries = robot();
    let (first, second) = entries.split_at(entries.len() / 2);
    write(&folder.path().join("bag_0.mcap"), first, Some(mcap::Compression::Zstd), "ros2");
    write(&folder.path().join("bag_1.mcap"), second, None, "ros2");
    let metadata = "rosbag2_bagfile_information:\n  version: 8\n  storage_identifier: mcap\n  \
                    relative_file_paths:\n    - bag_0.mcap\n    - \"bag/bag_1.mcap\"\n  duration:\n    nanoseconds: 1\n";
    std::fs::write(folder.path().join("metadata.yaml"), metadata).expect("a file");
    folder
}

#[test]
fn a_bag_is_read_whole_by_any_of_its_files() {
    let folder = bag();
    let straight = robot_log();
    write(&folder.path().join("other.mcap"), &robot()[..10], None, "ros2");
    for part in ["", "metadata.yaml", "bag_0.mcap", "bag_1.mcap"] {
        let path = if part.is_empty() { folder.path().to_owned() } else { folder.path().join(part) };
        let log = Log::open(&path, &LogOptions::default()).expect("a log");
        assert_eq!(log.damage, None);
        assert_eq!(format!("{:?}", log.readings), format!("{:?}", straight.readings));
        assert_eq!(log.references, straight.references);
    }
    let other = Log::open(&folder.path().join("other.mcap"), &LogOptions::default()).expect("a log");
    assert!(other.readings.len() < 10, "it is no file of the bag");

    std::fs::remove_file(folder.path().join("bag_1.mcap")).expect("it is there");
    let log = Log::open(folder.path(), &LogOptions::default()).expect("half a log");
    assert!(log.damage.as_deref().is_some_and(|damage| damage.contains("bag_1.mcap")), "{:?}", log.damage);
    assert!(!log.readings.is_empty() && log.readings.len() < straight.readings.len());
}

#[test]
fn a_bag_without_metadata_is_read() {
    let folder = bag();
    std::fs::remove_file(folder.path().join("metadata.yaml")).expect("it is there");
    let log = Log::open(folder.path(), &LogOptions::default()).expect("a log");
    assert_eq!(log.readings.len(), 508);
}

#[test]
fn other_formats_say_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        match Log::open(&path, &LogOptions::default()) {
            Err(error @ LogError::Foreign { .. }) => error.to_string(),
            other => panic!("{name}: {other:?}"),
        }
    };
    assert!(said("a.bag", b"#ROSBAG V2.0\nand so on").contains("rosbags-convert"));
    #[cfg(not(feature = "sqlite"))]
    assert!(said("a.db3", b"SQLite format 3\0and so on").contains("ros2 bag convert"));
    #[cfg(feature = "sqlite")]
    assert!(said("a.db3", b"SQLite format 3\0and so on").contains(".recover"));
    assert!(said("a.mcap.zstd", &[0x28, 0xb5, 0x2f, 0xfd, 0, 0]).contains("zstd -d"));
    assert!(said("a.txt", b"good morning to you").contains("no MCAP file"));
    assert!(said("empty.mcap", b"").contains("empty"));
    let path = folder.path().join("ros1.mcap");
    write(&path, &robot()[..5], None, "ros1");
    let error = Log::open(&path, &LogOptions::default()).expect_err("it is of ROS 1");
    assert!(error.to_string().contains("rosbags-convert"), "{error}");
    let nothing = tempfile::tempdir().expect("a folder");
    let error = Log::open(nothing.path(), &LogOptions::default()).expect_err("it is empty");
    assert!(matches!(error, LogError::Foreign { .. }), "{error}");
    let error = Log::open(&nothing.path().join("gone"), &LogOptions::default()).expect_err("it is gone");
    assert!(matches!(error, LogError::Io { .. }), "{error}");
    let mut images = robot();
    images.retain(|entry| entry.topic == "/camera");
    let (_folder, path) = log_of(&images);
    let error = Log::open(&path, &LogOptions::default()).expect_err("nothing is felt");
    assert!(error.to_string().contains("/camera (sensor_msgs/msg/Image)"), "{error}");
}
