//! What a trial costs: the brain's tick over recorded percepts, and the arena's step with and without a brain.
//!
//! Everything runs in the maze, with 360 beams at 10 Hz, a tick each 10 ms and a physics step each 5 ms.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use neuraxis_brain::{Driver, RobotBrain, Session};
use neuraxis_core::observer::{Event, Flow, Moment, Observer as _, OnEvent};
use neuraxis_core::{Brain, Goal, Percepts, World as _};
use neuraxis_record::Recorder;
use neuraxis_sim::Arena;
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;

const SEED: u64 = 3;
const TICKS: usize = 1000;

fn scene(settings: &[&str]) -> PlannedScene {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/maze.yaml");
    let robot_overrides = settings.iter().map(|setting| setting.parse().expect("a setting")).collect();
    let changes = Changes { robot_overrides, ..Changes::default() };
    PlannedScene::load(&path, &changes).map_err(|errors| format!("{errors:?}")).expect("the maze")
}

fn brain(scene: &PlannedScene) -> RobotBrain {
    let robot = &scene.robots[0];
    let task = &scene.layout(SEED).expect("layout").assignments[0];
    let mut brain =
        RobotBrain::new(&robot.file.value.brain, &robot.model.description, task.start).expect("brain");
    brain.set_goal(Some(Goal::Reach { x: task.goal[0], y: task.goal[1], tolerance: task.tolerance }));
    brain
}

fn bare_arena(scene: &PlannedScene) -> Arena {
    let robot = scene.robots[0].model.clone();
    let layout = scene.layout(SEED).expect("layout");
    Arena::new(SEED, &scene.scene.spec, layout, vec![robot])
}

/// The percepts of the first ticks of a trial.
fn percepts(scene: &PlannedScene) -> Vec<Percepts> {
    let mut all = Vec::new();
    let watch = OnEvent(|event: &Event<'_>| {
        if let Event::Tick(moment) = event {
            all.push(moment.percepts.clone());
        }
        Flow::Continue
    });
    let driver = Driver::Brain(Box::new(brain(scene)));
    let mut session = Session::new(bare_arena(scene)).with_seat(0, driver, Some(100.0)).with_observer(watch);
    session.run_while(|timing| timing.ticks < 2 * TICKS as u64).expect("ticks");
    drop(session);
    all.truncate(TICKS);
    all
}

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick");
    group.throughput(Throughput::Elements(TICKS as u64));
    for (name, settings) in [
        ("ekf, d_star_lite", &[][..]),
        ("ekf, a_star", &["brain.cognition.search=a_star"]),
        ("odometry, d_star_lite", &["brain.fusion.rule=odometry"]),
    ] {
        let scene = scene(settings);
        let percepts = percepts(&scene);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (brain(&scene), scene.robots[0].model.description.command()),
                |(mut brain, mut command)| {
                    for percepts in &percepts {
                        brain.tick(black_box(percepts), &mut command);
                    }
                    brain
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    let steps = 1000;
    group.throughput(Throughput::Elements(steps));
    let scene = scene(&[]);
    group.bench_function("with brain", |bencher| {
        bencher.iter_batched(
            || scene.trial(0, SEED).expect("a trial"),
            |mut trial| {
                (0..steps).for_each(|_| trial.step());
                trial
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("senses and physics", |bencher| {
        bencher.iter_batched(
            || bare_arena(&scene),
            |mut arena| {
                (0..steps).for_each(|_| arena.advance().expect("time goes on"));
                arena
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("physics", |bencher| {
        bencher.iter_batched(
            || bare_arena(&scene),
            |mut arena| {
                (0..steps).for_each(|_| arena.advance_physics());
                arena
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// What a recorder's tap takes of the brain's thread: 1000 ticks into a ring, while its thread writes the file.
fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(TICKS as u64));
    let scene = scene(&[]);
    let percepts = percepts(&scene);
    let files = SessionFiles::of(&scene).expect("files");
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::start(false).expect("a recorder");
    let trial = scene.trial(0, SEED).expect("a trial");
    let mut brain = brain(&scene);
    let mut command = scene.robots[0].model.description.command();
    for percepts in &percepts {
        brain.tick(percepts, &mut command);
    }
    let mut number = 0;
    group.bench_function("tap", |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                let path = folder.path().join(format!("{number}.mcap"));
                recorder.open(&path, files.session(&scene, &trial, "")).expect("a tap")
            },
            |mut tap| {
                for percepts in &percepts {
                    let percepts = black_box(percepts);
                    let moment =
                        Moment { seat: 0, percepts, command: &command, brain: Some(&brain), truth: None };
                    tap.on(&Event::Tick(moment));
                }
                tap
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    assert!(recorder.close().iter().all(|finished| finished.error.is_none()), "the recorder kept up");
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = tick, step, record
}
criterion_main!(benches);
