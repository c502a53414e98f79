//! Logs of robots: what was written into one comes out of it, and what is damaged in one is told.

mod bodies;
mod damage;
mod files;
mod oddities;
#[cfg(feature = "sqlite")]
mod sqlite;
mod writing;

use std::f64::consts::PI;
use std::path::PathBuf;

use nalgebra::{Isometry3, UnitQuaternion, Vector3};
use neuraxis_core::senses::{LidarSpec, PoseSpec, Sensor};
use neuraxis_core::{Pose2, Reading, Stamp};
use neuraxis_record::log::{LogError, TF_TRACK};
use neuraxis_record::{Log, LogOptions};

use crate::writing::{
    COMPRESSIONS, DELAY, EPOCH, Entry, MS, at_x, log_of, of, of_count, read, robot, robot_log, scan, seconds,
    write,
};

#[test]
fn written_traces_are_read_back() {
    for compression in COMPRESSIONS {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("drive.mcap");
        write(&path, &robot(), compression, "ros2");
        let log = Log::open(&path, &LogOptions::default()).expect("a log");
        assert_eq!((log.epoch, log.damage.as_deref(), log.body.name.as_str()), (EPOCH, None, "drive"));
        assert_eq!(log.notes, Vec::<String>::new());
        assert!(log.readings.is_sorted_by_key(|reading| reading.received));
        assert_eq!(log.end(), seconds(3.99));
        let names: Vec<&str> = log.body.sensors.iter().map(|sensor| sensor.sensor.name()).collect();
        assert_eq!(names, ["imu", "odom", "robot/scan", "amcl_pose"]);
        assert_eq!(log.readings.len(), 400 + 80 + 20 + 8);

        let odometry = of(&log, "/odom");
        for (i, reading) in odometry.iter().enumerate() {
            let received = Stamp(50 * MS * i as u64);
            assert_eq!((reading.received, reading.stamp), (received, received - DELAY));
            let Reading::Odometry(odometry) = &reading.reading else { panic!("{reading:?}") };
            let pose = at_x(received.seconds());
            assert!(odometry.pose.distance(&pose) < 1e-9 && (odometry.pose.yaw - pose.yaw).abs() < 1e-9);
            assert_eq!((odometry.twist.linear, odometry.twist.angular), (0.3, -0.25));
        }
        assert_eq!((log.body.limits.linear, log.body.limits.angular), (0.3, 0.25));

        let Reading::Imu(early) = &of(&log, "imu")[100].reading else { panic!("no inertial unit") };
        assert_eq!(early.angular_velocity, Vector3::new(0.01, 0.02, 1.0));
        assert_eq!((early.linear_acceleration.z, early.orientation), (9.81, None));
        let Reading::Imu(late) = &of(&log, "imu")[300].reading else { panic!("no inertial unit") };
        assert_eq!(late.orientation, Some(UnitQuaternion::identity()));

        let Reading::Pose(absolute) = &of(&log, "amcl_pose")[2].reading else { panic!("no pose") };
        assert!(absolute.to_planar().distance(&at_x(1.0)) < 1e-9);
        let c = &absolute.planar_covariance();
        let told = [c[(0, 0)], c[(1, 1)], c[(2, 2)], c[(0, 2)], c[(2, 0)], c[(0, 1)]];
        assert_eq!(told, [0.04, 0.09, 0.01, 0.002, 0.002, 0.0]);

        let camera: Vec<_> = log.skipped.iter().map(|s| (&*s.topic, &*s.kind, s.count)).collect();
        assert_eq!(camera, [("/camera", "sensor_msgs/msg/Image", 8)]);
    }
}

#[test]
fn a_sweep_keeps_its_angles_and_says_no_return_where_there_was_none() {
    let log = robot_log();
    let Sensor::Lidar(LidarSpec { beams, range, angle: Some(angle), rate, .. }) = &log.body.sensors[2].sensor
    else {
        panic!("{:?}", log.body.sensors)
    };
    assert_eq!((*beams, *range), (11, [f64::from(0.12_f32), 3.5]));
    assert!((angle[0] + 1.0).abs() < 1e-6 && (angle[1] - 1.0).abs() < 1e-6 && (rate - 5.0).abs() < 1e-9);
    let Reading::Scan(blank) = log.body.sensors[2].blank() else { panic!("no sweep") };
    for reading in of(&log, "/robot/scan") {
        let Reading::Scan(scan) = &reading.reading else { panic!("no sweep") };
        assert_eq!((scan.angle_min, scan.angle_increment), (blank.angle_min, blank.angle_increment));
        assert!(scan.ranges[0].is_nan() && scan.ranges[2].is_nan() && scan.ranges[3].is_nan());
        assert_eq!((scan.ranges[1], scan.ranges[4]), (f32::INFINITY, 1.04));
    }
}

#[test]
fn beams_that_go_clockwise_are_turned_round() {
    let mut sweep = scan(EPOCH + DELAY, 5);
    (sweep.angle_min, sweep.angle_max, sweep.angle_increment) = (0.8, -0.8, -0.4);
    let log =
        read(&[Entry::new("/scan", "sensor_msgs/LaserScan", EPOCH + DELAY, &sweep)], &LogOptions::default());
    let Reading::Scan(scan) = &log.readings[0].reading else { panic!("no sweep") };
    assert!((scan.angle_min + 0.8).abs() < 1e-6 && (scan.angle_increment - 0.4).abs() < 1e-6);
    assert_eq!(scan.ranges, [1.04, 1.03, 1.02, 1.01, 1.0]);
}

#[test]
fn the_senses_sit_where_the_static_transforms_say() {
    let log = robot_log();
    // The odometry is about base_footprint, 0.1 m below base_link.
    let mount = |topic: &str| log.body.sensors[log.slot(topic).expect("a sense")].mount;
    let laser = mount("robot/scan");
    assert!((laser.translation.vector - Vector3::new(0.2, -0.1, 0.4)).norm() < 1e-12);
    assert!((laser.rotation.angle() - PI).abs() < 1e-9);
    assert!((mount("imu").translation.vector - Vector3::new(0.0, 0.05, 0.1)).norm() < 1e-12);
    assert_eq!(mount("odom"), Isometry3::identity());

    let on_link = LogOptions { base: Some("base_link".to_owned()), ..Default::default() };
    let log = read(&robot(), &on_link);
    let laser = log.body.sensors[log.slot("robot/scan").expect("a sense")].mount;
    assert!((laser.translation.vector - Vector3::new(0.2, -0.1, 0.3)).norm() < 1e-12);

    // The body's frame beside the sensor's, under a common one.
    let beside = LogOptions { base: Some("imu".to_owned()), ..Default::default() };
    let log = read(&robot(), &beside);
    let laser = log.body.sensors[log.slot("robot/scan").expect("a sense")].mount;
    let turned = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), -0.5) * Vector3::new(0.2, -0.15, 0.3);
    assert!((laser.translation.vector - turned).norm() < 1e-12);

    let mut nowhere = robot();
    nowhere.retain(|entry| !entry.topic.starts_with("/tf"));
    let log = read(&nowhere, &LogOptions::default());
    assert_eq!(log.body.sensors[2].mount, Isometry3::identity());
    assert_eq!(log.notes.len(), 2, "{:?}", log.notes);
    assert!(log.notes[1].contains("`robot/scan`") && log.notes[1].contains("`laser`"), "{:?}", log.notes);
}

#[test]
fn rates_and_delays_are_those_of_the_messages() {
    let log = robot_log();
    let rates: Vec<f64> = log.body.sensors.iter().map(|sensor| sensor.sensor.rate()).collect();
    for (rate, wanted) in rates.iter().zip([100.0, 20.0, 5.0, 2.0]) {
        assert!((rate - wanted).abs() < 1e-6, "{rates:?}");
    }
    for sensor in &log.body.sensors {
        assert!((sensor.sensor.transport().delay - 0.005).abs() < 1e-9);
    }
    let Sensor::Pose(PoseSpec { noise, .. }) = &log.body.sensors[3].sensor else { panic!("no pose") };
    assert!((noise.position - 0.065_f64.sqrt()).abs() < 1e-9 && noise.heading == Some(0.1));
}

#[test]
fn references_are_tracks() {
    let log = robot_log();
    let names: Vec<&str> = log.references.keys().map(String::as_str).collect();
    assert_eq!(names, ["/amcl_pose", "/ground_truth", "/mocap", TF_TRACK]);
    let truth = log.reference("ground_truth").expect("a track");
    assert_eq!((truth.len(), truth[0].0, truth[1].0), (80, Stamp::ZERO, Stamp(50 * MS - DELAY)));
    assert!(truth.iter().all(|(_, pose)| pose.y == 7.0));
    assert_eq!(log.reference("/mocap").expect("a track").len(), 8);
    let composed = log.reference(TF_TRACK).expect("a track");
    assert_eq!(composed.len(), 80);
    // 2.5 s: the correction of 2 s stands.
    let (stamp, pose) = composed[50];
    assert_eq!(stamp, Stamp(2500 * MS - DELAY));
    let wanted = Pose2::new(3.0, 2.0, 0.0).compose(&at_x(2.5));
    assert!(pose.distance(&wanted) < 1e-9 && (pose.yaw - wanted.yaw).abs() < 1e-9, "{pose:?} {wanted:?}");
}

#[test]
fn options_say_what_is_what() {
    let other = LogOptions { odometry: Some("ground_truth".to_owned()), ..Default::default() };
    let log = read(&robot(), &other);
    assert!(log.slot("odom").is_none() && log.slot("ground_truth").is_some());
    assert!(log.reference("odom").is_some() && log.reference("ground_truth").is_none());

    let held_back = LogOptions { reference: Some("/amcl_pose".to_owned()), ..Default::default() };
    let log = read(&robot(), &held_back);
    assert!(log.slot("amcl_pose").is_none() && log.reference("amcl_pose").is_some());

    let out = LogOptions {
        leave_out: vec!["odom".to_owned(), "/imu".to_owned()],
        reference: Some(TF_TRACK.to_owned()),
        ..Default::default()
    };
    let log = read(&robot(), &out);
    assert!(log.slot("imu").is_none() && log.slot("odom").is_none() && log.slot("ground_truth").is_some());

    let (_folder, path) = log_of(&robot());
    let refused = |options: LogOptions| match Log::open(&path, &options) {
        Err(LogError::Choice { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let unknown = LogOptions { leave_out: vec!["/odm".to_owned()], ..Default::default() };
    assert!(refused(unknown).contains("/odom (nav_msgs/msg/Odometry)"));
    let kind = LogOptions { odometry: Some("/imu".to_owned()), ..Default::default() };
    assert!(refused(kind).contains("sensor_msgs/msg/Imu"));
    let poseless = LogOptions { reference: Some("/imu".to_owned()), ..Default::default() };
    assert!(refused(poseless).contains(TF_TRACK));
    let both = LogOptions {
        odometry: Some("/odom".to_owned()),
        reference: Some("/odom".to_owned()),
        ..Default::default()
    };
    assert!(refused(both).contains("cannot be"));
}

#[test]
fn a_log_in_no_order_is_put_in_order() {
    let mut entries = robot();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.time));
    let log = read(&entries, &LogOptions::default());
    let straight = robot_log();
    assert_eq!(log.epoch, EPOCH);
    assert!(log.readings.is_sorted_by_key(|reading| reading.received));
    assert_eq!(log.references, straight.references);
    assert_eq!(log.body.limits, straight.body.limits);
}

#[test]
#[ignore = "needs the log of scripts/fetch_logs.sh"]
fn a_public_log_is_read() {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let folder = std::env::var_os("NEURAXIS_LOGS").map_or(home.join(".cache/neuraxis/logs"), PathBuf::from);
    let path = folder.join("nav2_turtlebot.mcap");
    assert!(path.is_file(), "{} is not there: run scripts/fetch_logs.sh", path.display());
    let log = Log::open(&path, &LogOptions::default()).expect("a log");
    println!("{:#?}\n{:#?}\n{:#?}\n{:?}", log.body, log.skipped, log.notes, log.damage);
    for (name, track) in &log.references {
        println!("{name}: {} from {:?} to {:?}", track.len(), track.first(), track.last());
    }
    assert_eq!((of_count(&log, "/odom"), of_count(&log, "/amcl_pose")), (2639, 135));
    // It was simulated, a little slower than the wall's time.
    assert!((log.end().seconds() / log.clock_rate - 97.4).abs() < 0.05, "{}", log.end());
    assert!((log.clock_rate - 0.9933).abs() < 1e-3, "{}", log.clock_rate);
    let odometry = of(&log, "/odom");
    let count = odometry.iter().filter(|reading| reading.received.since(reading.stamp) > 0.1).count();
    assert!(count < odometry.len() / 50, "{count} are late, and not only where the recorder stood still");
    assert_eq!((log.damage.as_deref(), log.skipped.len()), (None, 0));
    assert!(log.readings.iter().all(|reading| reading.reading.is_valid()));
}
