//! The body of a log keeps to the contract of bodies.

use std::sync::Arc;

use neuraxis_core::Stamp;
use neuraxis_core::body::{Body as _, BodyError};
use neuraxis_record::{LogBody, LogOptions};

use crate::writing::{EPOCH, Entry, MS, at_x, odometry, read, robot_log};

neuraxis_testing::body_laws!(of_a_log, || LogBody::new(Arc::new(robot_log()), 50.5));

#[test]
fn the_body_of_a_log_feels_what_was_received() {
    let log = Arc::new(robot_log());
    let mut body = LogBody::new(Arc::clone(&log), 20.0);
    let (mut percepts, command) = (body.description().percepts(), body.description().command());
    let mut ticks = 0;
    while body.sense(&mut percepts).is_ok() {
        assert_eq!(percepts.now, Stamp(50 * MS * ticks));
        let slot = &percepts.slots()[log.slot("odom").expect("a sense")];
        assert_eq!(slot.sequence(), (ticks + 1).min(80));
        let imu = &percepts.slots()[log.slot("imu").expect("a sense")];
        assert_eq!(imu.sequence(), (5 * ticks + 1).min(400));
        body.act(&command).expect("it lives");
        ticks += 1;
    }
    assert_eq!((ticks, body.ticks()), (81, 81));
    assert_eq!(body.sense(&mut percepts), Err(BodyError::Ended));
    let felt: u64 = percepts.slots().iter().map(neuraxis_core::Slot::sequence).sum();
    assert_eq!(felt, 508);
}

#[test]
fn a_stamp_from_the_future_or_the_past_does_not_break_the_body() {
    let mut entries = Vec::new();
    for (i, stamp) in [0, 400, 40, 150, 200, 250].into_iter().enumerate() {
        let time = EPOCH + 50 * MS * i as u64;
        let mut message = odometry(time, at_x(0.0), i as f64);
        message.header.stamp = Stamp(EPOCH + stamp * MS).into();
        entries.push(Entry::new("/odom", "nav_msgs/msg/Odometry", time, &message));
    }
    let mut body = LogBody::new(Arc::new(read(&entries, &LogOptions::default())), 20.0);
    let mut percepts = body.description().percepts();
    let command = body.description().command();
    let mut felt = Vec::new();
    while body.sense(&mut percepts).is_ok() {
        let slot = &percepts.slots()[0];
        felt.push((slot.stamp().map(|stamp| stamp.0 / MS), slot.sequence()));
        body.act(&command).expect("it lives");
    }
    // The second is dated ahead: it counts as of its tick. The third is older than that: it is passed over.
    let wanted = [(0, 1), (50, 2), (50, 2), (150, 3), (200, 4), (250, 5)].map(|(stamp, n)| (Some(stamp), n));
    assert_eq!(felt, wanted);
}
