//! The tick does not allocate, nor does the recorder's tap in it.

use std::path::Path;

use neuraxis_brain::RobotBrain;
use neuraxis_core::observer::{Event, Moment, Observer as _};
use neuraxis_core::{Body as _, Brain as _, Goal, Pose2};
use neuraxis_record::Recorder;
use neuraxis_sim::{Arena, SoloBody};
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;

/// Counts are for the whole thread, so that this file holds one test and no more. The first brain matches scans; the second
/// has absolute poses, of which one is full of outliers, and wheels that slip, on the plane and in space; one climbs a ramp, and one
/// hears a beacon.
#[test]
fn the_tick_does_not_allocate() {
    drive("scenes/maze.yaml", &[], &[]);
    let fault = "faults=[{ sensor: camera, kind: outliers, fraction: 0.3, from: 5, until: 15 }, \
                 { sensor: odom, kind: slip, factor: 2, from: 8, until: 20 }]";
    drive("benchmarks/fusion/hall.yaml", &[fault], &[]);
    let space = "brain.fusion.space=se3";
    drive("benchmarks/fusion/hall.yaml", &[fault], &[space]);
    drive("scenes/ramp.yaml", &[], &[space]);
    drive("benchmarks/fusion/beacon.yaml", &[], &[]);
}

fn drive(scene: &str, settings: &[&str], robot: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(scene);
    let parse = |settings: &[&str]| settings.iter().map(|s| s.parse().expect("a setting")).collect();
    let (scene_overrides, robot_overrides) = (parse(settings), parse(robot));
    let changes = Changes { scene_overrides, robot_overrides, ..Changes::default() };
    let scene =
        PlannedScene::load(&path, &changes).map_err(|errors| format!("{errors:?}")).expect("it loads");
    let robot = &scene.robots[0];
    let layout = scene.layout(3).expect("layout");
    let task = layout.assignments[0].clone();
    let mut brain =
        RobotBrain::new(&robot.file.value.brain, &robot.model.description, task.start).expect("brain");
    brain.set_goal(Some(Goal::Reach { x: task.goal[0], y: task.goal[1], tolerance: task.tolerance }));
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(false).expect("a recorder");
    let session =
        SessionFiles::of(&scene).expect("files").session(&scene, &scene.trial(0, 3).expect("a trial"), "");
    let mut tap = recorder.open(&folder.path().join("it.mcap"), session).expect("a tap");
    let arena = Arena::new(3, &scene.scene.spec, layout, vec![robot.model.clone()]);
    let mut body = SoloBody::new(arena, 100.0).expect("body");
    let mut percepts = body.description().percepts();
    let mut command = body.description().command();
    let mut allocations = 0;
    for tick in 0..4000 {
        body.sense(&mut percepts).expect("senses");
        // As fast as this, the recorder may need a moment; at the pace of a robot it has a hundred times as long.
        while !tap.is_ready() {
            std::thread::yield_now();
        }
        let before = neuraxis_testing::allocations::so_far();
        brain.tick(&percepts, &mut command);
        let moment =
            Moment { seat: 0, percepts: &percepts, command: &command, brain: Some(&brain), truth: None };
        tap.on(&Event::Tick(moment));
        // The first ticks may warm buffers up.
        if tick > 20 {
            allocations += neuraxis_testing::allocations::so_far() - before;
        }
        body.act(&command).expect("acts");
    }
    let way = Pose2::from_spatial(&body.arena().robots()[0].pose()).distance(&task.start);
    assert!(way > 0.5, "it drove while it was watched: {way} m");
    assert_eq!(allocations, 0);
    drop(tap);
    let finished = recorder.close();
    assert_eq!(finished[0].error, None, "the recorder kept up");
}
