//! A robot of one's own: implement `Body`, then hand it and a robot file to a `Session` with the wall clock and a recorder.
//!
//! `cargo run --example own_body -- [SECONDS] [FILE.mcap]` drives a cart that exists only in this file. `neuraxis replay
//! FILE.mcap` then shows that its brain decides the same again, and `neuraxis why FILE.mcap --at 2s` says why it did.

use std::path::Path;

use neuraxis_brain::clock::{Clock as _, WallClock};
use neuraxis_brain::{Driver, LoadedRobot, Pace, Policy, Session};
use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::world::Single;
use neuraxis_core::{Brain, Command, Goal, Percepts, Pose2, Reading, Stamp, Twist2};
use neuraxis_record::{Attachments, Recorder, RecordingHeader, RobotHeader};

/// A cart that obeys at once; a real one would talk to its motor drivers.
struct Cart {
    description: BodyDescription,
    clock: WallClock,
    now: Stamp,
    pose: Pose2,
    twist: Twist2,
}

impl Body for Cart {
    fn description(&self) -> &BodyDescription {
        &self.description
    }
    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        let now = Stamp(self.clock.now().as_nanos() as u64);
        self.pose = self.pose.advance(&self.twist, now.since(self.now));
        (self.now, percepts.now) = (now, now);
        percepts.slots_mut()[0].put(now, |reading| {
            if let Reading::Odometry(odometry) = reading {
                (odometry.pose, odometry.twist) = (self.pose, self.twist);
            }
        });
        Ok(())
    }
    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        self.twist = match (self.description.drive, command.stop, &command.values[..]) {
            (Some(wheels), None, [left, right]) => wheels.twist(*left, *right),
            _ => Twist2::default(),
        };
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: f64 = std::env::args().nth(1).map_or(Ok(10.0), |text| text.parse())?;
    let target = std::env::args().nth(2).unwrap_or_else(|| "cart.mcap".to_owned());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/own_body/cart.yaml");
    let robot = LoadedRobot::load(&file, &[])?;
    let (description, rate) = (robot.description().clone(), robot.file.value.brain.rate);
    let (start, goal) = (Pose2::default(), Goal::Reach { x: 2.0, y: 1.0, tolerance: 0.1 });
    let mut brain = robot.brain(start)?;
    brain.set_goal(Some(goal));
    let files = Attachments::read(robot.files())?;
    let header = RobotHeader::new(description.clone(), rate).with_task(start, vec![goal]).with_brain(&brain);
    let header = RecordingHeader::of(header.with_file(files.name(&robot.file.path)), files.files);
    let recorder = Recorder::start(false)?;
    let tap = recorder.open(Path::new(&target), header)?;
    let cart = Cart {
        description,
        clock: WallClock::new(),
        now: Stamp::ZERO,
        pose: start,
        twist: Twist2::default(),
    };
    let mut session = Session::new(Single(cart))
        .with_seat(0, Driver::Brain(Box::new(brain)), None)
        .with_observer(tap)
        .with_pace(Pace::Wall(Policy::at(rate)));
    let timing = session.run_while(|timing| (timing.ticks as f64) < seconds * rate)?;
    session.judged("[]", false);
    println!("{timing:?}, {:?}: {target}", session.brain(0).map(|brain| brain.decision().status));
    drop(session);
    recorder.close().into_iter().find_map(|finished| finished.error).map_or(Ok(()), |error| Err(error.into()))
}
