//! The cognitive graph in drawn mazes, without physics: ratios to the optimum, maze by maze.
//!
//! `cargo run --release -p neuraxis-cognition --example mazes [key=value of the cognition block]...`

#[path = "../tests/mazes/mod.rs"]
mod mazes;

use mazes::{World, drive, navigator};
use nalgebra::Point2;
use neuraxis_cognition::CognitionSpec;
use neuraxis_core::GoalStatus;
use rand::RngExt as _;

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() {
    let mut json = serde_json::to_value(CognitionSpec::default()).expect("a value");
    json["search"] = "cognitive_graph".into();
    let mut pairs = 8;
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once('=').expect("key=value");
        if key == "pairs" {
            pairs = value.parse().expect("a number");
            continue;
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        let pointer = format!("/{}", key.replace('.', "/"));
        *json.pointer_mut(&pointer).expect("a setting of the cognition block") = value;
    }
    let spec: CognitionSpec = serde_json::from_value(json).expect("a spec");
    let all = [
        ("u", mazes::U),
        ("medium", mazes::MEDIUM),
        ("large", mazes::LARGE),
        ("loops", mazes::LOOPS),
        ("halls", mazes::HALLS),
    ];
    println!(
        "{:8} {:>7} | trial 1 mean/median/max, 2, 3, 4, 5 mean/median | closed 1, 2 | back",
        "maze", "ok"
    );
    let mut sums: [Vec<f64>; 9] = Default::default();
    for (name, rows) in all {
        let world = World::drawn(rows);
        let mut stream = neuraxis_core::random::stream(7, name);
        let mut ratios: [Vec<f64>; 9] = Default::default();
        let (mut good, mut runs) = (0, 0);
        let mut touches = 0;
        for _ in 0..pairs {
            let (start, goal) = loop {
                let mut pick = || world.free[stream.random_range(0..world.free.len())];
                let (a, b) = (pick(), pick());
                if nalgebra::distance(&a, &b) > 2.5 {
                    break (a, b);
                }
            };
            let mut brain = navigator(&spec, world.size);
            let optimum = world.optimum(start, goal, 0.45).expect("a way");
            let mut last = None;
            for (trial, list) in ratios.iter_mut().take(5).enumerate() {
                let trip = drive(&world, brain.as_mut(), start, goal, 0.45, 60.0 * optimum);
                runs += 1;
                good += usize::from(trip.status == GoalStatus::Reached);
                if trip.status != GoalStatus::Reached {
                    eprintln!(
                        "{name} {start} {goal} trial {trial}: {:?} {} m, {} touches, end {:?}",
                        trip.status, trip.length, trip.touches, trip.end
                    );
                }
                if trial == 0 {
                    touches += trip.touches;
                }
                list.push(trip.length / optimum);
                last = Some(trip);
            }
            // Closed on the way that it takes now: the cell that makes the optimum longer, if the goal stays reachable.
            let trail = last.expect("a trip").trail;
            let mut closed: Option<(World, f64)> = None;
            let mut place = [0.0; 2];
            for point in &trail {
                let cell = [point.x.floor(), point.y.floor()];
                let middle = Point2::new(cell[0] + 0.5, cell[1] + 0.5);
                if nalgebra::distance(&middle, &start) < 1.2 || nalgebra::distance(&middle, &goal) < 1.2 {
                    continue;
                }
                let mut other = world.clone();
                other.walls.push([cell[0], cell[1], cell[0] + 1.0, cell[1] + 1.0]);
                if let Some(longer) = other.optimum(start, goal, 0.45).filter(|l| *l > 1.15 * optimum) {
                    closed = Some((other, longer));
                    place = cell;
                    break;
                }
            }
            if let Some((other, longer)) = closed {
                for i in 0..2 {
                    let trip = drive(&other, brain.as_mut(), start, goal, 0.45, 60.0 * longer);
                    runs += 1;
                    good += usize::from(trip.status == GoalStatus::Reached);
                    if trip.status != GoalStatus::Reached {
                        eprintln!(
                            "{name} {start} {goal} closed {i}: {:?} {} m, {} touches",
                            trip.status, trip.length, trip.touches
                        );
                    }
                    ratios[5 + i].push(trip.length / longer);
                }
                let trip = drive(&other, brain.as_mut(), goal, start, 0.45, 60.0 * longer);
                ratios[7].push(trip.length / other.optimum(goal, start, 0.45).expect("a way"));
                // Open again: how many trials until it is used?
                let mut until = 21.0;
                for i in 1..=20 {
                    let trip = drive(&world, brain.as_mut(), start, goal, 0.45, 60.0 * longer);
                    if trip.trail.iter().any(|p| {
                        p.x > place[0] && p.x < place[0] + 1.0 && p.y > place[1] && p.y < place[1] + 1.0
                    }) {
                        until = f64::from(i);
                        break;
                    }
                }
                ratios[8].push(until);
            }
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        print!("{name:8} {good:>3}/{runs:<3} | ");
        for (i, list) in ratios.iter_mut().enumerate() {
            let max = list.iter().copied().fold(0.0, f64::max);
            print!("{:.2}/{:.2}", mean(list), median(list));
            if i == 0 || i == 5 || i == 8 {
                print!("/{max:.1}");
            }
            print!("{}", if i == 0 || i == 4 || i == 6 || i == 7 { " | " } else { "  " });
        }
        for (sum, list) in sums.iter_mut().zip(&ratios) {
            sum.extend(list);
        }
        println!("touches {:.1}", f64::from(touches) / f64::from(pairs));
    }
    let text: Vec<String> = sums
        .iter_mut()
        .map(|v| format!("{:.2}/{:.2}", v.iter().sum::<f64>() / v.len() as f64, median(v)))
        .collect();
    println!("all      {}", text.join("  "));
}
