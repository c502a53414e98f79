//! The tick does not allocate.

#![expect(unsafe_code, reason = "counting allocations takes an allocator, and that is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use neuraxis_brain::{RobotBrain, lock_step};
use neuraxis_core::{Brain, Command, Decision, Goal, Percepts};
use neuraxis_scenario::PlannedScene;
use neuraxis_scenario::plan::Changes;
use neuraxis_sim::{Arena, Setup, SoloBody};

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts what happens inside of the tick.
struct Watched {
    brain: RobotBrain,
    allocations: u64,
    ticks: u64,
}

impl Brain for Watched {
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        let before = COUNT.load(Ordering::Relaxed);
        self.brain.tick(percepts, command);
        self.ticks += 1;
        // The first ticks may warm buffers up.
        if self.ticks > 20 {
            self.allocations += COUNT.load(Ordering::Relaxed) - before;
        }
    }
    fn set_goal(&mut self, goal: Option<Goal>) {
        self.brain.set_goal(goal);
    }
    fn set_emergency_stop(&mut self, pressed: bool) {
        self.brain.set_emergency_stop(pressed);
    }
    fn decision(&self) -> &Decision {
        self.brain.decision()
    }
}

/// Counts are for the whole process, so that this file holds one test and no more.
#[test]
fn the_tick_does_not_allocate() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/maze.yaml");
    let scene = PlannedScene::load(&path, &Changes::default()).unwrap_or_else(|e| panic!("{e:?}"));
    let robot = &scene.robots[0];
    let layout = scene.layout(3).expect("layout");
    let task = layout.tasks[0].clone();
    let brain =
        RobotBrain::new(&robot.file.value.brain, &robot.model.description, task.start).expect("brain");
    let mut watched = Watched { brain, allocations: 0, ticks: 0 };
    watched.set_goal(Some(Goal::Reach { x: task.goal[0], y: task.goal[1], tolerance: task.tolerance }));
    let setup = Setup { robot: robot.model.clone(), brain: None };
    let arena = Arena::new(0, 3, &scene.scene.spec, layout, vec![setup]);
    let mut body = SoloBody::new(arena, 100.0).expect("body");
    let mut left = 4000;
    let ticks = lock_step::run(&mut body, &mut watched, |_, _| {
        left -= 1;
        left > 0
    });
    assert_eq!(ticks, Ok(4000));
    assert!(body.arena().robots()[0].score.path_length > 3.0, "it drove while it was watched");
    assert_eq!(watched.allocations, 0);
}
