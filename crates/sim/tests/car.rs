//! The car in a physics world, driven from outside: wheels roll, steering steers, a stop holds both.

mod common;

use neuraxis_core::body::Body as _;
use neuraxis_core::{Pose2, StopReason, Twist2, conformance};
use neuraxis_sim::SoloBody;

use common::{OPEN, body_of, place};

fn car() -> SoloBody {
    place(body_of("robots/car/car.yaml"), OPEN, 1)
}

#[test]
fn probe() {
    let mut body = car();
    let description = body.description().clone();
    let (drive, steering) = (description.drive.expect("wheels"), description.ackermann.expect("steering"));
    let mut percepts = description.percepts();
    let mut command = description.command();
    for (v, k) in [(0.0, 0.0), (0.0, 1.5), (0.5, 0.0), (0.5, 1.0), (0.5, 1.7), (-0.3, 1.7)] {
        for t in 0..300 {
            body.sense(&mut percepts).expect("senses");
            let (l, r) = drive.wheels(&Twist2::new(v, v * k));
            let (a, b) = steering.angles(k);
            command.values.copy_from_slice(&[l, r, a, b]);
            body.act(&command).expect("acts");
            if t >= 294 {
                let robot = &body.arena().robots()[0];
                let pose = Pose2::from_spatial(&robot.pose());
                let (lv, av) = robot.motion();
                println!("{v} {k} {:?} v {:.3} w {:.3} {:?} wanted {a} {b} energy {}", pose, robot.forward_speed(), av.z, (0..6).map(|i| robot.joint(i).map(|j| ((j.0*1000.0).round(), (j.1*1000.0).round()))).collect::<Vec<_>>(), robot.score.energy);
                let _ = lv;
            }
        }
    }
}
