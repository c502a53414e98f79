//! The cognitive graph by touch and pose alone: it solves what can be solved, learns in one trial, and gives up with evidence.

mod mazes;

use mazes::{RADIUS, Trip, World, body, drive, map, navigator, pursue, reasons};
use nalgebra::Point2;
use neuraxis_cognition::graph::impressions::Impressions;
use neuraxis_cognition::graph::store::{Graph, View};
use neuraxis_cognition::graph::wave::Wave;
use neuraxis_cognition::graph::{GraphSpec, MemoryKind};
use neuraxis_cognition::{CognitionSpec, GraphNavigator, Navigator, Search, Situation};
use neuraxis_core::reasons::Verdict;
use neuraxis_core::{Belief, Drive, Goal, GoalStatus, Pose2, Stamp};
use proptest::prelude::*;

const TOLERANCE: f64 = 0.45;

fn spec(change: impl FnOnce(&mut GraphSpec)) -> CognitionSpec {
    let mut spec = CognitionSpec { search: Search::CognitiveGraph, ..CognitionSpec::default() };
    change(&mut spec.graph);
    spec
}

/// Pairs of free cells, some way apart.
fn pairs(world: &World, name: &str, count: usize) -> Vec<(Point2<f64>, Point2<f64>)> {
    let mut stream = neuraxis_core::random::stream(1, name);
    let mut found = Vec::new();
    while found.len() < count {
        let mut pick = || world.free[stream.random_range(0..world.free.len())];
        let (a, b) = (pick(), pick());
        if nalgebra::distance(&a, &b) > 2.5 || world.free.len() < 10 && a != b {
            found.push((a, b));
        }
    }
    found
}

fn trial(world: &World, brain: &mut dyn Navigator, start: Point2<f64>, goal: Point2<f64>) -> (Trip, f64) {
    let optimum = world.optimum(start, goal, TOLERANCE).expect("there is a way");
    (drive(world, brain, start, goal, TOLERANCE, 60.0 * optimum), optimum)
}

#[test]
fn every_maze_is_solved_and_known_the_second_time() {
    let (mut second, mut count) = (0.0, 0.0);
    for (name, rows) in [
        ("u", mazes::U),
        ("medium", mazes::MEDIUM),
        ("large", mazes::LARGE),
        ("loops", mazes::LOOPS),
        ("halls", mazes::HALLS),
    ] {
        let world = World::drawn(rows);
        for (start, goal) in pairs(&world, name, 3) {
            let mut brain = navigator(&spec(|_| {}), world.size);
            for i in 0..2 {
                let (trip, optimum) = trial(&world, brain.as_mut(), start, goal);
                assert_eq!(trip.status, GoalStatus::Reached, "{name} from {start} to {goal}, trial {i}");
                assert!(nalgebra::distance(&Point2::new(trip.end.x, trip.end.y), &goal) <= TOLERANCE);
                if i == 1 {
                    second += trip.length / optimum;
                    count += 1.0;
                }
            }
        }
    }
    let mean: f64 = second / count;
    assert!(mean < 1.5, "second trials take {mean:.2} times the shortest ways");
}

#[test]
fn a_gap_that_the_body_just_fits_through_is_found() {
    // 2.2 radii wide, at a place that lies on no lattice.
    let mut without_ends = 0.0;
    let mut with_ends = 0.0;
    for y in [1.137, 1.493, 1.871, 2.611, 3.247, 3.519] {
        let wall = |low: f64, high: f64| [3.0, low, 3.2, high];
        let mut world = World::drawn(&["########", "#      #", "#      #", "#      #", "########"]);
        world.walls.push(wall(1.0, y));
        world.walls.push(wall(y + 2.2 * RADIUS, 4.0));
        let (start, goal) = (Point2::new(1.5, 2.5), Point2::new(6.5, 2.5));
        let mut brain = navigator(&spec(|_| {}), world.size);
        let trip = drive(&world, brain.as_mut(), start, goal, TOLERANCE, 400.0);
        assert_eq!(trip.status, GoalStatus::Reached, "the gap at {y}: {trip:?}");
        let again = [0, 1, 2].map(|_| drive(&world, brain.as_mut(), start, goal, TOLERANCE, 400.0).length);
        assert!(again.iter().all(|length| *length < 10.0), "the gap at {y} is not learned: {again:?} m");
        with_ends += trip.length;
        let mut plain = navigator(&spec(|g| g.ends = false), world.size);
        without_ends += drive(&world, plain.as_mut(), start, goal, TOLERANCE, 400.0).length;
    }
    assert!(with_ends < 0.7 * without_ends, "{with_ends} m, and {without_ends} m without ends of walls");
}

#[test]
fn an_unreachable_goal_is_given_up_with_evidence() {
    let mut world = World::drawn(&["#######", "#     #", "#     #", "#     #", "#######"]);
    // A box of four walls around the goal.
    for w in [[4.0, 2.0, 5.0, 2.1], [4.0, 2.9, 5.0, 3.0], [4.0, 2.0, 4.1, 3.0], [4.9, 2.0, 5.0, 3.0]] {
        world.walls.push(w);
    }
    let (start, goal) = (Point2::new(1.5, 2.5), Point2::new(4.5, 2.5));
    let mut brain = GraphNavigator::new(&spec(|_| {}), &body(), &map(world.size));
    let trip = drive(&world, &mut brain, start, goal, 0.15, 2000.0);
    assert_eq!(trip.status, GoalStatus::Unreachable, "{trip:?}");
    // The evidence: it was all round the box.
    let impressions = brain.impressions();
    let sides = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
    for side in sides {
        let felt = impressions.list().iter().any(|i| {
            nalgebra::distance(&i.at, &goal) < 0.8 && i.toward.x * side[0] + i.toward.y * side[1] > 0.9
        });
        assert!(felt, "the box was not touched towards {side:?}");
    }
    assert!(matches!(reasons(&brain).verdict, Some(Verdict::Enclosed { obstacles: 8.., places: 8.. })));
    let outside = drive(&world, &mut brain, start, Point2::new(50.0, 2.0), 0.3, 100.0);
    assert_eq!((outside.status, outside.length), (GoalStatus::Unreachable, 0.0), "outside the world");
    assert_eq!(reasons(&brain).verdict, Some(Verdict::Outside));
}

#[test]
fn a_full_memory_gives_up_and_claims_nothing() {
    let world = World::drawn(mazes::LARGE);
    let mut brain = navigator(&spec(|g| g.capacity = 100), world.size);
    let trip =
        drive(&world, brain.as_mut(), Point2::new(10.5, 1.5), Point2::new(1.5, 7.5), TOLERANCE, 2000.0);
    assert_eq!(trip.status, GoalStatus::Exhausted, "{} m", trip.length);
    assert_eq!(reasons(brain.as_ref()).verdict, Some(Verdict::MemoryFull));
}

#[test]
fn all_that_can_be_reached_is_explored_and_what_is_walled_in_is_not() {
    // Two rooms with a door between them, and a chamber that is closed.
    let world = World::drawn(&[
        "##########",
        "#   #    #",
        "#        #",
        "#   #    #",
        "######   #",
        "#  # #   #",
        "##########",
    ]);
    let radius = 0.8;
    let mut brain = navigator(&spec(|_| {}), world.size);
    let start = Point2::new(1.5, 4.5);
    let trip = pursue(&world, brain.as_mut(), start, Goal::Explore { radius }, 1000.0);
    assert_eq!(trip.status, GoalStatus::Reached, "{} m", trip.length);
    assert!(trip.length < 250.0, "{} m", trip.length);
    for place in &world.free {
        let was_there = trip.trail.iter().any(|p| nalgebra::distance(p, place) <= radius);
        assert_eq!(was_there, place.y > 2.0 || place.x > 6.0, "{place} after {} m", trip.length);
    }
    // What was explored is known: the way through the door is found without a touch.
    let back = drive(&world, brain.as_mut(), Point2::new(8.5, 1.5), start, TOLERANCE, 100.0);
    assert_eq!(back.status, GoalStatus::Reached);
    let optimum = world.optimum(Point2::new(8.5, 1.5), start, TOLERANCE).expect("a way");
    assert!(back.length < 1.4 * optimum, "{} m of {optimum}", back.length);
}

#[test]
fn an_explore_goal_is_unable_for_a_planner() {
    for search in
        [Search::GridDStarLite, Search::LrtaStar, Search::RandomWalk, Search::DStarLite, Search::AStar]
    {
        let spec = CognitionSpec { search, ..CognitionSpec::default() };
        let world = World::drawn(mazes::U);
        let mut brain = navigator(&spec, world.size);
        let trip = pursue(&world, brain.as_mut(), Point2::new(1.5, 1.5), Goal::Explore { radius: 0.5 }, 10.0);
        assert_eq!((trip.status, trip.length), (GoalStatus::Exhausted, 0.0), "{search:?}");
        assert_eq!(reasons(brain.as_ref()).verdict, Some(Verdict::Unable), "{search:?}");
    }
}

#[test]
fn a_closed_way_is_gone_round_and_found_again_when_it_opens() {
    let open = World::drawn(&["#########", "#       #", "# ##### #", "#       #", "#########"]);
    let (start, goal) = (Point2::new(1.5, 1.5), Point2::new(7.5, 1.5));
    let mut closed = open.clone();
    closed.walls.push([4.0, 1.0, 5.0, 2.0]);
    let mut brain = navigator(&spec(|_| {}), open.size);
    for _ in 0..3 {
        let (trip, optimum) = trial(&open, brain.as_mut(), start, goal);
        assert!(trip.length < 1.3 * optimum, "{} m", trip.length);
    }
    let (first, optimum) = trial(&closed, brain.as_mut(), start, goal);
    assert_eq!(first.status, GoalStatus::Reached);
    let (second, _) = trial(&closed, brain.as_mut(), start, goal);
    assert!(second.length < 1.4 * optimum, "{} m of {optimum}", second.length);
    let found = (0..10).find(|_| trial(&open, brain.as_mut(), start, goal).0.length < 7.5);
    assert!(found.is_some(), "the way that opened again was not found in ten trials");
}

#[test]
fn every_ablation_is_a_plain_searcher_that_still_arrives() {
    type Change = fn(&mut GraphSpec);
    let world = World::drawn(mazes::MEDIUM);
    let ablations: [(&str, Change); 8] = [
        ("impressions", |g| g.impressions = false),
        ("isotropic", |g| g.isotropic = true),
        ("ends", |g| g.ends = false),
        ("inhibition", |g| g.inhibition = 0.0),
        ("exploit", |g| g.exploit = false),
        ("refinement", |g| g.refinement = 0),
        ("superposed", |g| g.memory = MemoryKind::Superposed),
        ("simplify", |g| g.simplify = 0.0),
    ];
    let whole = {
        let mut brain = navigator(&spec(|_| {}), world.size);
        trial(&world, brain.as_mut(), Point2::new(1.5, 6.5), Point2::new(6.5, 1.5)).0.length
    };
    for (name, change) in ablations {
        let mut brain = navigator(&spec(change), world.size);
        let (trip, _) = trial(&world, brain.as_mut(), Point2::new(1.5, 6.5), Point2::new(6.5, 1.5));
        assert_eq!(trip.status, GoalStatus::Reached, "without {name}: {} m", trip.length);
        if !["exploit", "refinement", "inhibition", "ends"].contains(&name) {
            assert!(trip.length.to_bits() != whole.to_bits(), "the switch `{name}` does nothing");
        }
    }
}

#[test]
fn the_same_search_gives_the_same_bits() {
    let world = World::drawn(mazes::MEDIUM);
    let run = || {
        let mut brain = navigator(&spec(|_| {}), world.size);
        let trips =
            [0, 1].map(|_| trial(&world, brain.as_mut(), Point2::new(1.5, 6.5), Point2::new(6.5, 1.5)).0);
        trips.map(|t| (t.length.to_bits(), t.end.x.to_bits(), t.touches))
    };
    assert_eq!(run(), run());
}

/// A navigator that is shown poses, one after the other; the drives that it answers with.
fn shown(brain: &mut dyn Navigator, poses: &[Pose2]) -> Vec<Drive> {
    let map = map([8.0, 8.0]);
    let mut percepts = body().percepts();
    let mut belief = Belief::at(poses[0], Vec::new());
    let mut drives = Vec::new();
    for (i, pose) in poses.iter().enumerate() {
        percepts.now = Stamp(i as u64 * 20_000_000);
        (belief.stamp, belief.pose, belief.odom) = (percepts.now, *pose, *pose);
        drives.push(brain.step(&Situation { belief: &belief, percepts: &percepts, map: &map }));
    }
    drives
}

#[test]
fn a_kidnapped_body_draws_no_way_through_the_wall_and_nonsense_stops_it() {
    let mut brain = GraphNavigator::new(&spec(|_| {}), &body(), &map([8.0, 8.0]));
    brain.set_goal(Some(Goal::Reach { x: 7.0, y: 7.0, tolerance: 0.3 }));
    let near = |x: f64| (0..60).map(move |i| Pose2::new(x + 0.01 * f64::from(i), 1.0, 0.7));
    let poses: Vec<Pose2> = near(1.0).chain(near(5.0)).collect();
    let drives = shown(&mut brain, &poses);
    assert!(drives.iter().any(|d| *d != Drive::REST));
    for edge in brain.graph().edges().iter().filter(|e| e.is_experienced()) {
        assert!(edge.length < 1.5, "a way of {} m was never gone", edge.length);
    }
    let bad = Pose2::new(f64::NAN, 1.0, 0.0);
    assert_eq!(shown(&mut brain, &[bad]), [Drive::REST]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Whatever fails and succeeds in whatever order, the repaired wave is the one that a search from scratch would give.
    #[test]
    fn the_repaired_wave_is_dijkstras(seed in 0_u64..1000, events in prop::collection::vec((0_usize..1000, 0_u8..4), 1..40)) {
        let spec = GraphSpec { capacity: 600, ..GraphSpec::default() };
        let (origin, size) = (Point2::new(0.0, 0.0), [6.0, 6.0]);
        let mut graph = Graph::new(&spec, 0.5, origin, size);
        let mut impressions = Impressions::new(&spec, 0.1, origin, size);
        let mut stream = neuraxis_core::random::stream(seed, "graph");
        let mut random = || Point2::new(0.2 + 5.6 * stream.random::<f64>(), 0.2 + 5.6 * stream.random::<f64>());
        let (start, goal) = (graph.add(random(), 0).expect("a node"), graph.add(random(), 0).expect("a node"));
        let mut waves = [Wave::new(View::All, 600), Wave::new(View::Experienced, 600)];
        for wave in &mut waves {
            wave.begin(&graph, start, goal);
        }
        let mut here = start;
        for (which, kind) in events {
            for wave in &mut waves {
                while !wave.advance(&mut graph, &impressions, 100) {}
            }
            let edge = (which % graph.edges().len().max(1)) as u32;
            match kind {
                0 if !graph.edges().is_empty() => graph.fail(edge),
                1 if !graph.edges().is_empty() => graph.succeed(edge),
                2 => {
                    let at = random();
                    impressions.note(at, nalgebra::Vector2::new(1.0, 0.0), false);
                    let reach = impressions.reach();
                    graph.recharge_around(at, reach, &impressions);
                }
                _ => here = (which % graph.nodes().len()) as u32,
            }
            graph.set_ends([here, goal]);
            while let Some(node) = graph.take_changed() {
                for wave in &mut waves {
                    wave.update(&graph, node);
                }
            }
            for wave in &mut waves {
                wave.set_start(&graph, here);
            }
        }
        // The whole area is laid out before both are asked, so that both search the same graph.
        for _ in 0..3 {
            for node in 0..graph.nodes().len() as u32 {
                graph.expand(node, &impressions);
            }
        }
        while let Some(node) = graph.take_changed() {
            for wave in &mut waves {
                wave.update(&graph, node);
            }
        }
        for (wave, view) in waves.iter_mut().zip([View::All, View::Experienced]) {
            while !wave.advance(&mut graph, &impressions, 100) {}
            let mut best = vec![f64::INFINITY; graph.nodes().len()];
            best[goal as usize] = 0.0;
            // Bellman and Ford: slow, and hard to get wrong.
            loop {
                let mut changed = false;
                for node in 0..graph.nodes().len() as u32 {
                    for (edge, to) in graph.roads(node) {
                        let through = graph.cost(edge, node, view) + best[to as usize];
                        if through < best[node as usize] {
                            best[node as usize] = through;
                            changed = true;
                        }
                    }
                }
                if !changed {
                    break;
                }
            }
            let (ours, theirs) = (wave.value(here), best[here as usize]);
            prop_assert!(ours == theirs || (ours - theirs).abs() < 1e-9, "{view:?}: {ours} and {theirs}");
        }
    }
}
