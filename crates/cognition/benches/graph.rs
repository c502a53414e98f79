//! What the cognitive graph costs: a plan step after a failure, by the size of the graph, and a tick in which nothing happens.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use nalgebra::{Isometry3, Point2, Vector2};
use neuraxis_cognition::graph::GraphSpec;
use neuraxis_cognition::graph::impressions::Impressions;
use neuraxis_cognition::graph::store::{Graph, View};
use neuraxis_cognition::graph::wave::Wave;
use neuraxis_cognition::{CognitionSpec, Search, Situation, build};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::robot::Limits;
use neuraxis_core::{Belief, Goal, GoalStatus, Mobility, OccupancyGrid, Pose2, Stamp, Twist2};

const SPACING: f64 = 0.5;

/// A graph of about `count` places over a square, laid out to its last corner, with a wave across its diagonal.
fn laid_out(count: usize) -> (Graph, Impressions, Wave, u32) {
    let side = (count as f64 * 0.866 * SPACING * SPACING).sqrt();
    let spec = GraphSpec { capacity: (count + count / 5 + 100) as u32, ..GraphSpec::default() };
    let origin = Point2::new(0.0, 0.0);
    let mut graph = Graph::new(&spec, SPACING, origin, [side, side]);
    let impressions = Impressions::new(&spec, 0.1, origin, [side, side]);
    let start = graph.add(Point2::new(0.3, 0.3), 0).expect("inside");
    let goal = graph.add(Point2::new(side - 0.3, side - 0.3), 0).expect("inside");
    let mut node = 0;
    while node < graph.nodes().len() {
        graph.expand(node as u32, &impressions);
        node += 1;
    }
    while graph.take_changed().is_some() {}
    let mut wave = Wave::new(View::All, graph.capacity());
    wave.begin(&graph, start, goal);
    while !wave.advance(&mut graph, &impressions, 10_000) {}
    (graph, impressions, wave, start)
}

/// The body runs into something on the first edge of its way: an impression, the edges around it, and the wave.
fn fail(graph: &mut Graph, impressions: &mut Impressions, wave: &mut Wave, start: u32) -> f64 {
    let before = wave.expansions();
    if let Some((edge, to, _)) = wave.next(graph, start) {
        let (a, b) = (graph.at(start), graph.at(to));
        let u: Vector2<f64> = (b - a).normalize();
        graph.fail(edge);
        impressions.note(a + 0.5 * (b - a), u, false);
        let reach = impressions.reach();
        graph.recharge_around(a, reach, impressions);
    }
    while let Some(node) = graph.take_changed() {
        wave.update(graph, node);
    }
    while !wave.advance(graph, impressions, 10_000) {}
    assert!(wave.expansions() > before, "a failure changes the way");
    wave.value(start)
}

fn plan(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan after a failure");
    group.sample_size(20);
    for count in [1000, 10_000, 100_000] {
        let whole = laid_out(count);
        group.bench_function(BenchmarkId::new("places", whole.0.nodes().len()), |b| {
            b.iter_batched_ref(
                || whole.clone(),
                |(graph, impressions, wave, start)| black_box(fail(graph, impressions, wave, *start)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn tick(c: &mut Criterion) {
    let sensor = serde_json::from_str(
        r#"{"kind": "contact", "name": "bumper", "link": "base", "rate": 50, "threshold": 0.1}"#,
    );
    let body = BodyDescription {
        name: "disc".to_owned(),
        sensors: vec![SensorDescription {
            sensor: sensor.expect("a sensor"),
            mount: Isometry3::identity(),
            joints: Vec::new(),
            limb: None,
        }],
        actuators: Vec::new(),
        mobility: Mobility::default(),
        drive: None,
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: 0.1,
        limits: Limits { linear: 0.5, angular: 2.84, linear_acceleration: 2.0, angular_acceleration: 20.0 },
    };
    let map = OccupancyGrid::new(Point2::new(25.0, 25.0), [50.0, 50.0], 0.1);
    let spec = CognitionSpec { search: Search::CognitiveGraph, ..CognitionSpec::default() };
    let mut navigator = build(&spec, &body, &map);
    navigator.set_goal(Some(Goal::Reach { x: 45.0, y: 45.0, tolerance: 0.3 }));
    let mut percepts = body.percepts();
    let mut belief = Belief::at(Pose2::new(1.0, 1.0, 0.785), Vec::new());
    let mut time = 0;
    let corners = [[45.0, 45.0], [5.0, 45.0], [5.0, 5.0], [45.0, 5.0]];
    let mut next = 0;
    c.bench_function("tick on the way", |b| {
        b.iter(|| {
            time += 20_000_000;
            percepts.now = Stamp(time);
            belief.stamp = percepts.now;
            let situation = Situation { belief: &belief, percepts: &percepts, map: &map };
            let drive = navigator.step(&situation);
            belief.pose = belief.pose.advance(&Twist2::new(0.5 * drive.speed, 2.84 * drive.turn), 0.02);
            if navigator.status() != GoalStatus::Active {
                assert_eq!(navigator.status(), GoalStatus::Reached, "nothing stands in the way");
                next = (next + 1) % corners.len();
                let [x, y] = corners[next];
                navigator.set_goal(Some(Goal::Reach { x, y, tolerance: 0.3 }));
            }
            black_box(drive)
        });
    });
}

criterion_group!(benches, plan, tick);
criterion_main!(benches);
