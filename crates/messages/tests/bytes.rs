//! Bytes from outside: what other encoders write is read, and nothing makes the reader panic or take memory that no bytes stand for.

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts::{self, AbsolutePose, Battery, BodyTwist, Contact, Imu, LaserScan};
use neuraxis_core::senses::{self, Sensor};
use neuraxis_core::{Pose2, Reading, Stamp, Twist2};
use neuraxis_messages::senses::{carrier, decode_reading, encode_reading, is_news, topics};
use neuraxis_messages::{self as msg, Frames, Message, Place, Unusable, decode, encode, ros2msg};
use proptest::prelude::*;

/// A sense of each kind, as a robot file has them.
fn sensors() -> Vec<SensorDescription> {
    let list = serde_json::json!([
        { "kind": "lidar", "name": "front", "link": "base_scan", "rate": 5.0, "beams": 8, "range": [0.1, 3.5] },
        { "kind": "imu", "name": "imu", "link": "imu_link", "rate": 100.0 },
        { "kind": "velocimeter", "name": "flow", "link": "imu_link", "rate": 50.0 },
        { "kind": "wheel_odometry", "name": "odometry", "left": "l", "right": "r", "rate": 50.0 },
        { "kind": "joint_state", "name": "joints", "rate": 50.0 },
        { "kind": "contact", "name": "left", "link": "bumper", "rate": 50.0 },
        { "kind": "battery", "name": "battery", "rate": 1.0, "capacity": 10.0 },
        { "kind": "pose", "name": "amcl", "rate": 2.0 },
        { "kind": "beacon", "name": "ears", "link": "head", "rate": 10.0, "by": "microphones", "angle": [-1.0, 1.0] },
        { "kind": "range", "name": "sonar", "link": "head", "rate": 20.0, "field_of_view": 0.5, "range": [0.1, 4.0] },
    ]);
    serde_json::from_value::<Vec<Sensor>>(list)
        .expect("senses")
        .into_iter()
        .map(|sensor| SensorDescription {
            sensor,
            mount: nalgebra::Isometry3::identity(),
            joints: vec!["left".to_owned(), "right".to_owned()],
            limb: None,
        })
        .collect()
}

/// A reading of each of them with numbers that single precision holds.
fn readings() -> Vec<Reading> {
    let blank: Vec<Reading> = sensors().iter().map(SensorDescription::blank).collect();
    let vector = |a: f64| nalgebra::Vector3::new(a, -2.0 * a, 0.5);
    let turn = nalgebra::UnitQuaternion::from_euler_angles(0.1, 0.2, 0.3);
    blank
        .into_iter()
        .map(|reading| match reading {
            Reading::Scan(scan) => {
                let ranges = vec![0.5, f32::INFINITY, f32::NEG_INFINITY, 1.25, 2.0, 3.0, 0.25, 1.0];
                Reading::Scan(LaserScan { ranges, ..scan })
            }
            Reading::Imu(_) => Reading::Imu(Imu {
                angular_velocity: vector(0.25),
                linear_acceleration: vector(9.5),
                orientation: None,
            }),
            Reading::Twist(_) => {
                Reading::Twist(BodyTwist { linear_velocity: vector(1.0), angular_velocity: vector(2.0) })
            }
            Reading::Odometry(_) => Reading::Odometry(percepts::Odometry {
                pose: Pose2 { x: 1.0, y: -2.0, yaw: 0.0 },
                twist: Twist2 { linear: 0.5, lateral: 0.0, angular: -1.0 },
            }),
            Reading::Joints(_) => Reading::Joints(percepts::JointState {
                position: vec![0.1, 0.2],
                velocity: vec![0.3, 0.4],
                effort: vec![0.5, 0.6],
            }),
            Reading::Contact(_) => Reading::Contact(Contact { touching: true, force: 3.5, bearing: -0.25 }),
            Reading::Battery(_) => {
                Reading::Battery(Battery { percentage: 0.5, voltage: 11.5, current: -0.25 })
            }
            Reading::Pose(_) => {
                let pose = nalgebra::Isometry3::from_parts(nalgebra::Translation3::new(1.0, 2.0, 0.5), turn);
                let covariance = nalgebra::Matrix6::from_diagonal_element(0.25);
                Reading::Pose(AbsolutePose { pose, covariance })
            }
            Reading::BearingActivity(azimuth) => {
                let activity = (0..azimuth.activity.len()).map(|i| i as f32 * 0.5).collect();
                Reading::BearingActivity(percepts::BearingActivity { activity, ..azimuth })
            }
            Reading::Range(cone) => Reading::Range(senses::Range { range: 1.25, ..cone }),
        })
        .collect()
}

fn frames() -> Frames {
    Frames { map: "map".to_owned(), odom: "odom".to_owned(), base: "base_link".to_owned() }
}

#[test]
fn every_reading_survives_as_its_message() {
    let frames = frames();
    let mut bytes = Vec::new();
    for (sensor, reading) in sensors().iter().zip(readings()) {
        let place = Place { stamp: Stamp(2_500_000_000), frame: "there", frames: &frames, sensor };
        encode_reading(&reading, &place, &mut bytes);
        let mut back = sensor.blank();
        let header = decode_reading(&bytes, sensor, &mut back).expect("its own message");
        assert_eq!(header.stamp.stamp(), Stamp(2_500_000_000), "{}", reading.kind());
        match (&reading, &back) {
            (Reading::Pose(a), Reading::Pose(b)) => {
                assert!((a.pose.inverse() * b.pose).rotation.angle() < 1e-12);
                assert_eq!((a.pose.translation, a.covariance), (b.pose.translation, b.covariance));
            }
            _ => assert_eq!(back, reading),
        }
        assert!(!ros2msg(carrier(&reading).name).is_empty(), "{} has a definition", reading.kind());
    }
}

#[test]
fn topics_are_the_usual_names_for_the_first_of_a_kind() {
    let mut all = sensors();
    all.extend(sensors().into_iter().take(1).map(|mut second| {
        if let Sensor::Lidar(spec) = &mut second.sensor {
            "rear".clone_into(&mut spec.name);
        }
        second
    }));
    let usual = [
        "scan",
        "imu",
        "flow",
        "odom",
        "joint_states",
        "bumper",
        "battery_state",
        "amcl",
        "ears",
        "sonar",
        "rear",
    ];
    assert_eq!(topics(&all), usual);
}

#[test]
fn a_bumper_is_news_when_it_changes_and_an_imu_never_is() {
    let (touching, free) = (Contact { touching: true, ..Contact::default() }, Contact::default());
    assert!(is_news(&Reading::Contact(free), &Reading::Contact(touching)));
    assert!(!is_news(&Reading::Contact(touching), &Reading::Contact(Contact { force: 9.0, ..touching })));
    let moved = Imu { angular_velocity: nalgebra::Vector3::x(), ..Imu::default() };
    assert!(!is_news(&Reading::Imu(Imu::default()), &Reading::Imu(moved)));
}

/// What `message` says to a sense that holds `before`.
fn say<M: serde::Serialize>(message: &M, slot: usize, before: Reading) -> (Reading, Result<(), Unusable>) {
    let mut bytes = Vec::new();
    encode(message, &mut bytes);
    let mut reading = before;
    let said = decode_reading(&bytes, &sensors()[slot], &mut reading).map(|_| ());
    (reading, said)
}

#[test]
fn joints_are_found_by_name_in_any_order_and_in_parts() {
    let before = readings().remove(4);
    let message = msg::JointState {
        name: vec!["wrist".to_owned(), "right".to_owned()],
        position: vec![9.0, 7.0],
        ..msg::JointState::default()
    };
    let (Reading::Joints(after), Ok(())) = say(&message, 4, before.clone()) else { panic!("joints") };
    assert_eq!(after.position, [0.1, 7.0], "the other joint, and what was not told, stay");
    assert_eq!((after.velocity, after.effort), (vec![0.3, 0.4], vec![0.5, 0.6]));
    let uneven = msg::JointState { velocity: vec![1.0], ..message.clone() };
    assert_eq!(say(&uneven, 4, before.clone()), (before.clone(), Err(Unusable::Uneven("name", "velocity"))));
    let strange = msg::JointState { name: vec!["wrist".to_owned()], position: vec![1.0], ..message };
    assert_eq!(say(&strange, 4, before.clone()), (before, Err(Unusable::NoJoint)));
}

#[test]
fn a_sweep_that_is_not_the_robot_files_is_refused_and_changes_nothing() {
    let before = readings().remove(0);
    let place_frames = frames();
    let all = sensors();
    let place = Place { stamp: Stamp(0), frame: "there", frames: &place_frames, sensor: &all[0] };
    let Reading::Scan(scan) = &before else { panic!("a scan") };
    let good = <msg::LaserScan as msg::SenseMessage>::from_sense(scan, &place);
    assert_eq!(say(&good, 0, before.clone()).1, Ok(()));
    let short = msg::LaserScan { ranges: vec![1.0; 7], ..good.clone() };
    let wrong = Unusable::Count { what: "beams", found: 7, wanted: 8 };
    assert_eq!(wrong.to_string(), "it has 7 beams, and the robot file says 8");
    assert_eq!(say(&short, 0, before.clone()), (before.clone(), Err(wrong)));
    let reversed = msg::LaserScan { angle_increment: -good.angle_increment, ..good.clone() };
    assert_eq!(say(&reversed, 0, before.clone()), (before.clone(), Err(Unusable::Directions)));
    let nowhere = msg::LaserScan { angle_min: f32::NAN, ..good };
    assert_eq!(say(&nowhere, 0, before.clone()), (before, Err(Unusable::Directions)));
}

#[test]
fn battery_fields_that_a_driver_omits_are_reported() {
    let battery = msg::BatteryState { percentage: f32::NAN, ..msg::BatteryState::default() };
    let before = readings().remove(6);
    assert_eq!(say(&battery, 6, before.clone()), (before, Err(Unusable::Unmeasured("percentage"))));
    let battery = msg::BatteryState { percentage: 0.5, voltage: f32::NAN, ..msg::BatteryState::default() };
    let (after, said) = say(&battery, 6, readings().remove(6));
    assert_eq!(said, Ok(()));
    assert_eq!(after, Reading::Battery(Battery { percentage: 0.5, voltage: 0.0, current: 0.0 }));
    let odometry = msg::Odometry::default();
    let before = readings().remove(3);
    assert_eq!(say(&odometry, 3, before.clone()), (before, Err(Unusable::NoAttitude)));
}

#[test]
fn messages_of_either_order_of_bytes_are_read() {
    let header = msg::Header { stamp: msg::Time { sec: 3, nanosec: 4 }, frame_id: "odom".to_owned() };
    let mut bytes = Vec::new();
    encode(&header, &mut bytes);
    assert_eq!(decode::<msg::Header>(&bytes), Ok(header.clone()));
    let big =
        [&[0, 0, 0, 0][..], &3_i32.to_be_bytes(), &4_u32.to_be_bytes(), &5_u32.to_be_bytes(), b"odom\0"];
    assert_eq!(decode::<msg::Header>(&big.concat()), Ok(header));
}

#[test]
fn bytes_that_are_no_message_are_refused_with_the_reason() {
    let mut bytes = Vec::new();
    encode(&msg::Time { sec: 1, nanosec: 2 }, &mut bytes);
    let padded: Vec<u8> = bytes.iter().copied().chain([0; 7]).collect();
    assert!(decode::<msg::Time>(&padded).is_ok(), "some middlewares pad");
    let longer: Vec<u8> = bytes.iter().copied().chain([0; 8]).collect();
    assert_eq!(decode::<msg::Time>(&longer), Err(Unusable::TooLong));
    assert_eq!(decode::<msg::Time>(&bytes[..9]), Err(Unusable::Malformed));
    assert_eq!(decode::<msg::Time>(&[0x28, 0xb5, 0x2f, 0xfd, 0, 0]), Err(Unusable::Compressed));
    assert_eq!(decode::<msg::Time>(&[0, 3, 0, 0, 1]), Err(Unusable::NotCdr));
    assert_eq!(decode::<msg::Time>(&[]), Err(Unusable::NotCdr));
}

#[test]
fn a_length_without_bytes_for_it_is_refused_at_once() {
    // A list of transforms, of texts and of numbers that says it is four thousand million long.
    let lists = [[0, 1, 0, 0].as_slice(), &u32::MAX.to_le_bytes()].concat();
    assert_eq!(decode::<msg::TFMessage>(&lists), Err(Unusable::Malformed));
    let mut bytes = Vec::new();
    encode(&msg::JointState::default(), &mut bytes);
    let at = bytes.len() - 16;
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decode::<msg::JointState>(&bytes), Err(Unusable::Malformed));
}

/// Decodes `bytes` as every type.
fn decode_all(bytes: &[u8]) {
    let _ = decode::<msg::TFMessage>(bytes);
    let _ = decode::<msg::OccupancyGrid>(bytes);
    let _ = decode::<msg::Path>(bytes);
    let _ = decode::<msg::Trace>(bytes);
    let _ = decode::<msg::Decision>(bytes);
    let _ = decode::<msg::Verdict>(bytes);
    let _ = decode::<msg::Clock>(bytes);
    for sensor in &sensors() {
        let mut reading = sensor.blank();
        let _ = decode_reading(bytes, sensor, &mut reading);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), plain in any::<bool>()) {
        if plain && bytes.len() > 4 {
            bytes[..4].copy_from_slice(&[0, 1, 0, 0]);
        }
        decode_all(&bytes);
    }

    #[test]
    fn no_damage_to_a_message_makes_the_reader_panic(which in 0_usize..9, at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let (all, frames) = (sensors(), frames());
        let place = Place { stamp: Stamp(7), frame: "there", frames: &frames, sensor: &all[which] };
        let mut bytes = Vec::new();
        encode_reading(&readings()[which], &place, &mut bytes);
        let at = at.index(bytes.len());
        bytes[at] = to;
        decode_all(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        decode_all(&bytes);
    }
}

#[test]
fn every_message_of_the_crate_says_its_full_name() {
    assert_eq!(msg::Odometry::NAME, "nav_msgs/Odometry");
    for (name, _) in msg::definition::definitions() {
        assert_eq!(name.matches('/').count(), 1, "{name}");
    }
}
