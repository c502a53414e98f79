//! What robots write that the message definitions leave open.

use byteorder::BigEndian;
use neuraxis_core::{Pose2, Reading, Stamp};
use neuraxis_messages as msg;
use neuraxis_record::LogOptions;

use crate::writing::{DELAY, EPOCH, Entry, MS, at_x, header, odometry, of, read, robot, seconds};

#[test]
fn the_other_order_of_bytes_is_read() {
    let message = odometry(EPOCH + DELAY, at_x(1.0), 0.3);
    let mut data = vec![0, 0, 0, 0];
    cdr_encoding::to_writer::<_, BigEndian, _>(&mut data, &message).expect("it can be written");
    let entry = Entry { topic: "/odom", kind: "nav_msgs/msg/Odometry", time: EPOCH + DELAY, data };
    let log = read(&[entry], &LogOptions::default());
    let Reading::Odometry(odometry) = &log.readings[0].reading else { panic!("no odometry") };
    assert!(odometry.pose.distance(&at_x(1.0)) < 1e-9);
    assert_eq!(log.body.sensors[0].sensor.rate(), 1.0, "one message tells no rate");
}

#[test]
fn a_pose_without_attitude_tells_no_heading() {
    let mut pose = msg::PoseWithCovariance::default();
    pose.pose.position.x = 4.0;
    for axis in 0..6 {
        pose.covariance[axis] = [0.5; 6];
    }
    let message = msg::PoseWithCovarianceStamped { header: header(EPOCH + DELAY, "map"), pose };
    let kind = "geometry_msgs/msg/PoseWithCovarianceStamped";
    let log = read(&[Entry::new("/gps", kind, EPOCH + DELAY, &message)], &LogOptions::default());
    let Reading::Pose(absolute) = &log.readings[0].reading else { panic!("no pose") };
    let told = absolute.planar_covariance();
    assert_eq!((absolute.to_planar(), told[(2, 2)]), (Pose2::new(4.0, 0.0, 0.0), f64::INFINITY));
    assert_eq!((told[(0, 1)], told[(0, 2)]), (0.5, 0.0));
}

#[test]
fn a_simulators_clock_in_the_headers_is_the_one_that_counts() {
    // Half as fast as the wall; messages arrive up to 2 ms of simulated time late.
    let mut entries = Vec::new();
    for i in 0..100 {
        let late = i % 3 * MS;
        let time = EPOCH + 2 * (50 * MS * i + late);
        let mut message = odometry(time, at_x(0.0), 0.3);
        message.header.stamp = Stamp(3_000_000_000 + 50 * MS * i).into();
        entries.push(Entry::new("/odom", "nav_msgs/msg/Odometry", time, &message));
    }
    let log = read(&entries, &LogOptions::default());
    assert_eq!(log.notes.len(), 1, "{:?}", log.notes);
    assert!((log.clock_rate - 0.5).abs() < 1e-3, "{}", log.clock_rate);
    assert!((log.body.sensors[0].sensor.rate() - 20.0).abs() < 1e-6);
    // The clocks are known from one another as well as the messages are punctual.
    for (i, reading) in log.readings.iter().enumerate() {
        let (i, wanted) = (i as u64, 0.05 * i as f64);
        assert!((reading.stamp.seconds() - wanted).abs() < 3e-3, "{i}: {}", reading.stamp);
        let late = reading.received.since(reading.stamp);
        assert!((late - 0.001 * (i % 3) as f64).abs() < 3e-3, "{i}: {late}");
    }
}

#[test]
fn stamps_that_are_none_give_way_to_the_time_of_arrival() {
    let mut entries = robot();
    for entry in entries.iter_mut().filter(|entry| entry.topic == "/imu") {
        // The header's stamp comes first in a message.
        entry.data[4..12].fill(0);
    }
    let log = read(&entries, &LogOptions::default());
    assert_eq!(log.notes.len(), 1, "{:?}", log.notes);
    assert!(log.notes[0].contains("/imu") && log.clock_rate == 1.0);
    assert!(of(&log, "imu").iter().all(|reading| reading.stamp == reading.received));
    assert!(of(&log, "odom").iter().skip(1).all(|reading| reading.stamp == reading.received - DELAY));
    assert!((log.body.sensors[0].sensor.rate() - 100.0).abs() < 1e-6);

    let none: Vec<Entry> = entries.into_iter().filter(|entry| entry.topic == "/imu").collect();
    let log = read(&none, &LogOptions::default());
    assert!(log.readings.iter().all(|reading| reading.stamp == reading.received) && log.clock_rate == 1.0);
}

#[test]
fn a_message_of_another_year_does_not_stretch_the_log() {
    let mut entries = robot();
    entries[50].time ^= 1 << 60;
    entries[90].time = 0;
    let log = read(&entries, &LogOptions::default());
    assert_eq!((log.epoch, log.end()), (EPOCH, seconds(3.99)));
    let strays: usize = log
        .skipped
        .iter()
        .filter(|skipped| skipped.why.contains("a week"))
        .map(|skipped| skipped.count)
        .sum();
    assert_eq!(strays, 2);
}
