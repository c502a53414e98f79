//! What every navigator keeps to.

use neuraxis_cognition::{Navigator, Situation};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, Command, Drive, Goal, OccupancyGrid, Percepts, Pose2, Reading, Reasons, Twist2};
use neuraxis_fusion::mapper::Mapper;

use super::{NONSENSE_SEEDS, TICKS, move_over};
use crate::{Rig, allocations};

/// A navigator, the body that it moves, and the map that it was made with.
pub type Made = (BodyDescription, OccupancyGrid, Box<dyn Navigator>);

/// The goal, and a second one.
const GOAL: Goal = Goal::Reach { x: 4.0, y: 1.2, tolerance: 0.3 };
const BACK: Goal = Goal::Reach { x: 0.0, y: 0.0, tolerance: 0.3 };

/// A body that knows where it is, and draws what it sees.
#[derive(Clone)]
struct Journey {
    rig: Rig,
    belief: Belief,
    map: OccupancyGrid,
    mapper: Mapper,
    command: Command,
    seen: u64,
}

impl Journey {
    fn new(body: &BodyDescription, map: OccupancyGrid, seed: u64) -> Self {
        Self {
            rig: Rig::new(body, seed),
            belief: Belief::at(Pose2::default(), Vec::new()),
            mapper: Mapper::new(&map),
            map,
            command: body.command(),
            seen: 0,
        }
    }

    /// The drive of one tick, and what it took of memory; the body then does it.
    fn step(&mut self, body: &BodyDescription, navigator: &mut dyn Navigator) -> (Drive, u64) {
        self.rig.step(&self.command);
        let percepts: &Percepts = self.rig.percepts();
        let pose = self.rig.pose();
        (self.belief.stamp, self.belief.pose, self.belief.odom) = (percepts.now, pose, pose);
        let scan =
            percepts.slots().iter().zip(&body.sensors).find_map(|(slot, sense)| match slot.reading() {
                Some(Reading::Scan(scan)) if slot.sequence() != self.seen => {
                    Some((slot.sequence(), scan, sense))
                }
                _ => None,
            });
        if let Some((sequence, scan, sense)) = scan {
            self.seen = sequence;
            let from = pose.compose(&Pose2::from_spatial(&sense.mount));
            self.mapper.draw(&mut self.map, &from, scan);
        }
        let before = allocations::so_far();
        let drive = navigator.step(&Situation { belief: &self.belief, percepts, map: &self.map });
        let taken = allocations::so_far() - before;
        let twist = Twist2::new(drive.speed * body.limits.linear, drive.turn * body.limits.angular);
        if let (Some(wheels), [left, right, ..]) = (body.drive, &mut self.command.values[..]) {
            (*left, *right) = wheels.wheels(&twist);
        }
        self.belief.twist = twist;
        (drive, taken)
    }

    fn run(&mut self, body: &BodyDescription, navigator: &mut dyn Navigator, ticks: u64) -> Vec<String> {
        (0..ticks)
            .map(|_| {
                let (drive, _) = self.step(body, navigator);
                let mut reasons = Reasons::default();
                navigator.explain(&mut reasons);
                format!("{drive:?} {:?} {reasons:?} {:?}", navigator.status(), navigator.path().first())
            })
            .collect()
    }
}

/// No step takes memory.
pub fn a_step_takes_no_memory(make: &dyn Fn() -> Made) {
    let (body, map, mut navigator) = make();
    let mut journey = Journey::new(&body, map, 1);
    navigator.set_goal(Some(GOAL));
    for tick in 0..3 * TICKS {
        assert_eq!(journey.step(&body, &mut *navigator).1, 0, "in tick {tick}");
    }
}

/// Whatever is felt and believed, the drive is one, and who does not know where it is rests.
pub fn nonsense_in_gives_drives_within_their_range(make: &dyn Fn() -> Made) {
    for seed in NONSENSE_SEEDS {
        let (body, map, mut navigator) = make();
        let mut journey = Journey::new(&body, map, seed);
        journey.rig = journey.rig.clone().with_nonsense(0.3);
        navigator.set_goal(Some(GOAL));
        for tick in 0..TICKS {
            let (drive, _) = journey.step(&body, &mut *navigator);
            let is_one = drive.speed.abs() <= 1.0 && drive.turn.abs() <= 1.0;
            assert!(is_one, "seed {seed}, tick {tick}: {drive:?}");
        }
        let mut lost = journey.belief.clone();
        lost.pose.x = f64::NAN;
        let percepts = journey.rig.percepts();
        let drive = navigator.step(&Situation { belief: &lost, percepts, map: &journey.map });
        assert_eq!(drive, Drive::REST, "lost");
    }
}

/// The same senses give the same drives and the same reasons, to the bit.
pub fn the_same_senses_give_the_same_drives(make: &dyn Fn() -> Made) {
    let [a, b] = [0, 1].map(|_| {
        let (body, map, mut navigator) = make();
        navigator.set_goal(Some(GOAL));
        Journey::new(&body, map, 3).run(&body, &mut *navigator, TICKS)
    });
    assert!(a == b);
}

/// A navigator that was saved, and one that was loaded with that, do the same from then on, and with the next goal.
pub fn a_saved_navigator_goes_on_the_same(make: &dyn Fn() -> Made) {
    for saved_at in [0, 1, 57, 330] {
        let (body, map, mut navigator) = make();
        let mut journey = Journey::new(&body, map, 6);
        navigator.set_goal(Some(GOAL));
        journey.run(&body, &mut *navigator, saved_at);
        let (_, _, mut other) = make();
        move_over(&body, &*navigator, &mut *other);
        let [a, b] = [&mut navigator, &mut other].map(|navigator| {
            let mut journey = journey.clone();
            let mut drives = journey.run(&body, &mut **navigator, TICKS);
            navigator.set_goal(Some(BACK));
            drives.extend(journey.run(&body, &mut **navigator, TICKS));
            drives
        });
        assert!(a == b, "saved at tick {saved_at}");
    }
}

/// A navigator without a goal rests.
pub fn it_rests_without_a_goal(make: &dyn Fn() -> Made) {
    let (body, map, mut navigator) = make();
    let mut journey = Journey::new(&body, map, 7);
    navigator.set_goal(Some(GOAL));
    journey.run(&body, &mut *navigator, TICKS);
    navigator.set_goal(None);
    for tick in 0..20 {
        assert_eq!(journey.step(&body, &mut *navigator).0, Drive::REST, "in tick {tick}");
    }
}

/// The tests of the laws for one navigator: `navigator_laws!(name, || (body, map, navigator))`.
#[macro_export]
macro_rules! navigator_laws {
    ($name:ident, $make:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "what makes it may need nothing")]
            use super::*;
            $crate::laws!(navigator, $make;
                a_step_takes_no_memory, nonsense_in_gives_drives_within_their_range, the_same_senses_give_the_same_drives,
                a_saved_navigator_goes_on_the_same, it_rests_without_a_goal);
        }
    };
}
