//! Faults of senses: the same, to the bit, whether the simulator applies them where it measures or `Faulty` to what arrives; and
//! what each does.

mod common;

use neuraxis_core::body::Body;
use neuraxis_core::faults::{Fault, Faulty};
use neuraxis_core::percepts::{LaserScan, Odometry};
use neuraxis_core::{Percepts, Reading, Slot, Stamp, math};

/// A wall to look at, and faults in YAML.
fn scene(faults: &str) -> String {
    format!(
        "
name: wall
world: [{{ kind: box, at: [2, 0], size: [0.2, 6, 1] }}]
robots: [{{ robot: burger.yaml, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [50, 0] }} }}]
faults: [{faults}]
"
    )
}

fn faults(yaml: &str) -> Vec<Fault> {
    let scene = scene(yaml);
    let loaded =
        neuraxis_core::file::parse::<neuraxis_sim::scene::SceneSpec>("test.yaml".as_ref(), scene, &[]);
    loaded.map_err(|e| e.to_string()).expect("it loads").value.faults
}

/// What each slot of a body said while it drove gently for 3 s: stamps and readings.
fn said(body: &mut impl Body) -> Vec<Vec<(Stamp, Reading)>> {
    let (mut percepts, mut command) = (body.description().percepts(), body.description().command());
    let mut said = vec![Vec::new(); percepts.slots().len()];
    let mut seen = vec![0; percepts.slots().len()];
    for _ in 0..300 {
        body.sense(&mut percepts).expect("it lives");
        for ((slot, said), seen) in percepts.slots().iter().zip(&mut said).zip(&mut seen) {
            if let (Some(stamp), Some(reading), true) =
                (slot.stamp(), slot.reading(), slot.sequence() != *seen)
            {
                *seen = slot.sequence();
                said.push((stamp, reading.clone()));
            }
        }
        command.stamp = percepts.now;
        command.values.fill(2.0);
        body.act(&command).expect("it lives");
    }
    said
}

/// By the text of every number, in which a NaN equals itself.
fn text(of: &[Vec<(Stamp, Reading)>]) -> String {
    format!("{of:?}")
}

#[test]
fn a_wrapped_body_feels_the_faults_of_the_simulator_to_the_bit() {
    for fault in [
        "{ sensor: scan, kind: silent, from: 1, until: 2 }",
        "{ sensor: scan, kind: dropout, fraction: 0.3, from: 1, until: 2 }",
        "{ sensor: scan, kind: outliers, fraction: 0.3, from: 1, until: 2 }",
        "{ sensor: scan, kind: bias, offset: [0.2, 0, 0], from: 1, until: 2 }",
        "{ sensor: scan, kind: not_a_number, from: 1, until: 2 }",
        // Faster than the body is sensed: not every reading arrives, so only what draws no random numbers is the same.
        "{ sensor: imu, kind: bias, offset: [0, 0, 1], from: 1 }, { sensor: imu, kind: not_a_number, from: 2 }",
        "{ sensor: odom, kind: dropout, fraction: 0.5, from: 0 }",
        "{ sensor: odom, kind: not_a_number, from: 1 }, { sensor: bumper, kind: silent, from: 1 }",
        "{ sensor: scan, kind: frozen, from: 1 }",
    ] {
        let mut simulated = common::solo(&scene(fault), 5);
        let mut wrapped = Faulty::new(common::solo(&scene(""), 5), &faults(fault), 0, 5);
        let (simulated, wrapped) = (said(&mut simulated), said(&mut wrapped));
        assert!(text(&simulated) == text(&wrapped), "{fault}");
        let well = said(&mut common::solo(&scene(""), 5));
        assert!(text(&simulated) != text(&well), "{fault} does something");
    }
}

#[test]
fn a_wrapped_body_without_faults_says_what_the_body_says() {
    let well = said(&mut common::solo(&scene(""), 5));
    let mut of_another = faults("{ sensor: scan, kind: silent, from: 0 }");
    of_another[0].robot = 1;
    let wrapped = said(&mut Faulty::new(common::solo(&scene(""), 5), &of_another, 0, 5));
    assert!(text(&well) == text(&wrapped));
}

#[test]
fn added_noise_is_as_large_as_the_factor_says() {
    let fault = faults("{ sensor: scan, kind: noise, factor: 5, from: 0 }");
    let well = said(&mut common::solo(&scene(""), 5));
    let noisy = said(&mut Faulty::new(common::solo(&scene(""), 5), &fault, 0, 5));
    let ranges = |reading: &Reading| reading.list().to_vec();
    let (mut square, mut count) = (0.0, 0.0);
    for ((_, a), (_, b)) in well[0].iter().zip(&noisy[0]) {
        for (a, b) in ranges(a).into_iter().zip(ranges(b)) {
            // Away from the ends of what it can tell.
            if (0.5..3.0).contains(&a) {
                square += f64::from(b - a) * f64::from(b - a);
                count += 1.0;
            }
        }
    }
    let std = (square / count).sqrt();
    let expected = 0.01 * 24.0_f64.sqrt();
    assert!(count > 500.0 && (std - expected).abs() < 0.1 * expected, "{std} of {count}");
}

#[test]
fn wheels_that_slip_tell_their_way_as_many_times_as_long_and_go_on_from_there() {
    let fault = faults("{ sensor: odom, kind: slip, factor: 2, from: 1, until: 2 }");
    let well = said(&mut common::solo(&scene(""), 5));
    let slipping = said(&mut Faulty::new(common::solo(&scene(""), 5), &fault, 0, 5));
    let slot = common::solo(&scene(""), 5).description().percepts().find("odom").expect("odometry");
    let way = |said: &[Vec<(Stamp, Reading)>], from: f64, until: f64| {
        let at = |time: f64| {
            let (_, reading) =
                said[slot].iter().rfind(|(stamp, _)| stamp.seconds() < time - 1e-6).expect("a reading");
            let mut slot = Slot::new("odom", reading.clone());
            slot.put(Stamp::ZERO, |_| {});
            slot.get::<Odometry>().expect("odometry").pose
        };
        math::hypot(at(until).x - at(from).x, at(until).y - at(from).y)
    };
    for (from, until, factor) in [(0.2, 1.0, 1.0), (1.0, 2.0, 2.0), (2.0, 2.9, 1.0)] {
        let (a, b) = (way(&well, from, until), way(&slipping, from, until));
        assert!(a > 0.03 && (b / a - factor).abs() < 0.01, "from {from}: {a} and {b}");
    }
}

neuraxis_testing::body_laws!(with_faults, || {
    let faults = faults(
        "{ sensor: scan, kind: dropout, fraction: 0.3, from: 0.5 }, { sensor: odom, kind: slip, factor: 2, from: 0.3 }, { sensor: imu, kind: frozen, from: 0.5 }",
    );
    Faulty::new(common::solo(common::OPEN, 5), &faults, 0, 5)
});

#[test]
fn a_frozen_sweep_is_told_with_new_stamps() {
    let fault = faults("{ sensor: scan, kind: frozen, from: 1 }");
    let mut body = Faulty::new(common::solo(&scene(""), 5), &fault, 0, 5);
    let mut percepts: Percepts = body.description().percepts();
    let command = body.description().command();
    let mut held: Option<LaserScan> = None;
    let mut last = Stamp::ZERO;
    for _ in 0..200 {
        body.sense(&mut percepts).expect("it lives");
        body.act(&command).expect("it lives");
        let slot = &percepts.slots()[0];
        if percepts.now.seconds() > 1.0 {
            let scan = slot.get::<LaserScan>().expect("a sweep");
            assert_eq!(format!("{:?}", held.get_or_insert_with(|| scan.clone())), format!("{scan:?}"));
            last = slot.stamp().expect("a stamp");
        }
    }
    assert!(last.seconds() > 1.8, "{last}");
}
