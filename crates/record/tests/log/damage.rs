//! Logs that are cut short, flipped, or hold what does not decode.

use std::sync::Arc;

use neuraxis_core::Pose2;
use neuraxis_core::body::Body as _;
use neuraxis_messages as msg;
use neuraxis_record::{Log, LogBody, LogOptions};
use proptest::prelude::*;

use crate::writing::{COMPRESSIONS, cdr, log_of, nth, odometry, of_count, read, robot, scan, to_lz4, write};

#[test]
fn a_cut_log_gives_what_came_before() {
    for compression in COMPRESSIONS {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("drive.mcap");
        write(&path, &robot(), compression, "ros2");
        let whole = std::fs::read(&path).expect("a file");
        let straight = Log::open(&path, &LogOptions::default()).expect("a log");
        let mut before = 0;
        for part in 1..=19 {
            std::fs::write(&path, &whole[..whole.len() * part / 20]).expect("a file");
            let Ok(log) = Log::open(&path, &LogOptions::default()) else {
                assert!(part <= 2, "{part}");
                continue;
            };
            let count = log.readings.len();
            let same = format!("{:?}", log.readings) == format!("{:?}", &straight.readings[..count]);
            assert!(same && count >= before, "{part}: {before}, then {count}");
            // The last part is an index.
            assert!(log.damage.is_some() || count == straight.readings.len(), "{part}");
            before = count;
        }
        assert!(before > 400, "{before}");
    }
}

#[test]
fn a_damaged_chunk_costs_that_chunk() {
    let (_folder, path) = log_of(&robot());
    let straight = Log::open(&path, &LogOptions::default()).expect("a log");
    let mut bytes = std::fs::read(&path).expect("a file");
    let mut at = 8;
    let mut chunks = Vec::new();
    while bytes.len() > at + 9 {
        let length = u64::from_le_bytes(bytes[at + 1..at + 9].try_into().expect("8 bytes")) as usize;
        if bytes[at] == mcap::records::op::CHUNK {
            chunks.push((at + 9, length));
        }
        at += 9 + length;
    }
    assert!(chunks.len() > 4, "{chunks:?}");
    let (start, length) = chunks[2];
    bytes[start + length / 2] ^= 0x10;
    std::fs::write(&path, bytes).expect("a file");
    let log = Log::open(&path, &LogOptions::default()).expect("a log");
    assert!(log.damage.as_deref().is_some_and(|d| d.contains("a chunk is left out")), "{:?}", log.damage);
    let lost = straight.readings.len() - log.readings.len();
    assert!(lost > 0 && lost < straight.readings.len() / 4, "{lost} lost");
    assert_eq!(log.readings.last(), straight.readings.last());
}

#[test]
fn messages_that_do_not_decode_are_counted() {
    let mut entries = robot();
    nth(&mut entries, "/odom", 3).data.truncate(100);
    nth(&mut entries, "/odom", 4).data.extend_from_slice(&[0; 16]);
    // Some middlewares pad a message to a multiple of its alignment.
    nth(&mut entries, "/odom", 5).data.extend_from_slice(&[0; 3]);
    nth(&mut entries, "/odom", 6).data.clear();
    nth(&mut entries, "/odom", 7).data[1] = 7;
    let time = nth(&mut entries, "/robot/scan", 4).time;
    nth(&mut entries, "/robot/scan", 4).data = cdr(&scan(time, 12));
    let mut turned = scan(time, 11);
    turned.angle_min = 0.5;
    nth(&mut entries, "/robot/scan", 5).data = cdr(&turned);
    let mut huge = scan(time, 10_001);
    huge.angle_increment = 1e-5;
    nth(&mut entries, "/robot/scan", 6).data = cdr(&huge);
    // A sequence that says that it has four thousand million numbers.
    let data = &mut nth(&mut entries, "/robot/scan", 7).data;
    let count = data.len() - 4 * 11 - 4 - 4;
    data[count..count + 4].fill(0xff);
    let mut nan = odometry(time, Pose2 { x: f64::NAN, y: 0.0, yaw: 0.0 }, 0.3);
    nan.pose.pose.orientation = msg::Quaternion::default();
    nth(&mut entries, "/odom", 8).data = cdr(&nan);
    nth(&mut entries, "/ground_truth", 8).data = cdr(&nan);

    let log = read(&entries, &LogOptions::default());
    let skipped: Vec<_> = log.skipped.iter().map(|s| (&*s.topic, s.count, &*s.why)).collect();
    assert_eq!(
        skipped,
        [
            ("/camera", 8, "its type is none that is read"),
            ("/ground_truth", 1, "its pose is not finite: no part of the reference"),
            ("/odom", 1, "it does not decode as its type"),
            ("/odom", 1, "it is longer than its type"),
            ("/odom", 2, "it is no plain CDR"),
            ("/robot/scan", 1, "it does not decode as its type"),
            ("/robot/scan", 1, "it has another number of beams than the first"),
            ("/robot/scan", 1, "it has more than 10000 beams"),
            ("/robot/scan", 1, "its angles are not those of the first"),
        ]
    );
    assert_eq!((of_count(&log, "odom"), of_count(&log, "robot/scan")), (76, 16));
    // The NaN is passed on, for the estimator to refuse.
    let invalid = log.readings.iter().filter(|reading| !reading.reading.is_valid()).count();
    assert_eq!(invalid, 1);
}

/// Opens a log with changed bytes, and lets its body run for some ticks.
fn survives(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("drive.mcap");
    std::fs::write(&path, bytes).expect("a file");
    let Ok(log) = Log::open(&path, &LogOptions::default()) else { return };
    assert!(log.readings.is_sorted_by_key(|reading| reading.received));
    let mut body = LogBody::new(Arc::new(log), 100.0);
    let (mut percepts, command) = (body.description().percepts(), body.description().command());
    for _ in 0..1000 {
        if body.sense(&mut percepts).is_err() || body.act(&command).is_err() {
            break;
        }
    }
}

fn files() -> &'static [Vec<u8>; 3] {
    static FILES: std::sync::OnceLock<[Vec<u8>; 3]> = std::sync::OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("drive.mcap");
        let mut entries = robot();
        entries.truncate(150);
        let [plain, zstd] = COMPRESSIONS.map(|compression| {
            write(&path, &entries, compression, "ros2");
            std::fs::read(&path).expect("a file")
        });
        let lz4 = to_lz4(&plain);
        // Without sums, damage gets through to the messages.
        [without_sums(&plain), zstd, lz4]
    })
}

fn without_sums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 8;
    while bytes.len() > at + 9 {
        let length = u64::from_le_bytes(bytes[at + 1..at + 9].try_into().expect("8 bytes")) as usize;
        if bytes[at] == mcap::records::op::CHUNK {
            bytes[at + 9 + 24..at + 9 + 28].fill(0);
        }
        at += 9 + length;
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_damaged_log_is_no_panic(
        which in 0..3_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..40),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = files()[which].clone();
        for (index, bit) in flips {
            let length = bytes.len();
            bytes[index.index(length)] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            let length = cut.index(bytes.len());
            bytes.truncate(length);
        }
        survives(&bytes);
    }

    #[test]
    fn damaged_lengths_are_no_panic(which in 0..3_usize, at in any::<prop::sample::Index>(), value in any::<u32>()) {
        let mut bytes = files()[which].clone();
        let at = at.index(bytes.len() - 4);
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        survives(&bytes);
    }
}
