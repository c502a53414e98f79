//! The quadruped walks: what it does, printed, how well, and the training of its circuit.
//!
//! `cargo run --release -p neuraxis-scenario --example quadruped -- look 0.5 5`, `-- judge`, `-- train 60 OUT.txt`.
//! Words of the form `name=value` set parameters of the circuit.

#[path = "../tests/common/walk.rs"]
mod walk;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use nalgebra::Vector3;
use neuraxis_core::robot::Actuators;
use neuraxis_core::random::{self, Stream, normal};
use neuraxis_core::{Drive, Gait, ops};
use neuraxis_motor::{MotorCircuit as _, QuadrupedCircuit};
use rand::RngExt as _;
use walk::{Episode, Walk, Walker};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut walker = walk::walker();
    let mut plain = Vec::new();
    for arg in &args {
        match arg.split_once('=') {
            Some(("file", path)) => {
                let text = std::fs::read_to_string(path).expect("a file");
                for line in text.lines() {
                    if let Some((name, value)) = line.trim().split_once(": ") {
                        walker.spec.parameters.insert(name.to_owned(), value.parse().expect("a number"));
                    }
                }
            }
            Some(("iterations", value)) => walker.iterations = value.parse().expect("a number"),
            Some(("front", value)) => walker.spec.front_thigh = three(value),
            Some(("hind", value)) => walker.spec.hind_thigh = three(value),
            Some(("calf", value)) => walker.spec.calf = three(value),
            Some(("gains", value)) => {
                let [p, d, _] = three(&format!("{value},0"));
                if let Actuators::JointPosition { kp, kd, .. } = &mut walker.robot.spec.actuators {
                    (*kp, *kd) = (p, d);
                }
            }
            Some(("walk", value)) => walker.spec.gaits.walk = value.parse().expect("a number"),
            Some(("trot", value)) => walker.spec.gaits.trot = value.parse().expect("a number"),
            Some(("stumbling", value)) => walker.spec.stumbling = value == "true",
            Some(("loading", value)) => walker.spec.loading = value == "true",
            Some(("afferents", value)) => walker.spec.afferents = value == "true",
            Some((name, value)) => {
                walker.spec.parameters.insert(name.to_owned(), value.parse().expect("a number"));
            }
            None => plain.push(arg.as_str()),
        }
    }
    let number = |i: usize, or: f64| plain.get(i).map_or(or, |v| v.parse().expect("a number"));
    match plain.first() {
        Some(&"look") => look(&walker, number(1, 0.5), number(2, 5.0)),
        Some(&"train") => train(&walker, number(1, 60.0) as usize, plain[2]),
        Some(&"try") => attempt(&walker),
        _ => judge(&walker),
    }
}

fn three(text: &str) -> [f64; 3] {
    let numbers: Vec<f64> = text.split(',').map(|word| word.parse().expect("a number")).collect();
    numbers.try_into().expect("three numbers")
}

fn look(walker: &Walker, speed: f64, seconds: f64) {
    let walk = walk::walk(walker, &Episode::new(seconds, speed));
    for now in walk.ticks.iter().step_by(3) {
        let feet: Vec<String> = now.feet.iter().map(|force| format!("{force:4.0}")).collect();
        let mut legs = String::new();
        for leg in 0..4 {
            let (t, q) = (&now.targets[3 * leg + 1..], &now.joints[3 * leg + 1..]);
            let _ = write!(legs, "| {:5.2}/{:5.2} {:5.2}/{:5.2} ", t[0], q[0], t[1], q[1]);
        }
        println!(
            "{:6.2} v {:6.3} z {:.3} r {:6.2} p {:6.2} y {:6.2} | {} {legs}",
            now.time,
            now.speed,
            now.height,
            now.roll,
            now.pitch,
            now.yaw,
            feet.join(" ")
        );
    }
    println!("speed {:.3} forward {:.3} fell {:?}", walk.speed(1.0), walk.forward(1.0), walk.fell);
}

/// A flexor's slow variable begins within what it swings through.
fn any_start(stream: &mut Stream) -> [f64; 4] {
    [0; 4].map(|_| stream.random_range(0.557..0.985))
}

/// 20 N·s within half a second, to any side.
fn any_push(stream: &mut Stream, from: f64, long: f64) -> (f64, f64, Vector3<f64>) {
    let (s, c) = ops::sin_cos(stream.random_range(-ops::PI..ops::PI));
    (from, long, Vector3::new(c, s, 0.0) * (20.0 / long))
}

/// Runs all of `episodes` on some threads.
fn walks<T: Send>(walker: &Walker, episodes: &[Episode], of: impl Fn(&Episode, &Walk) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let run = || {
            let mut own = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(episode) = episodes.get(i) else { return own };
                own.push((i, of(episode, &walk::walk(walker, episode))));
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("it runs")).collect()
    });
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A short judgement: some starts, no push.
fn attempt(walker: &Walker) {
    let mut stream = random::stream(3, "try");
    for speed in [0.3, 0.5] {
        let episodes: Vec<Episode> = (0..6)
            .map(|_| Episode {
                friction: stream.random_range(0.5..1.25),
                start: Some(any_start(&mut stream)),
                ..Episode::new(8.0, speed)
            })
            .collect();
        let rows = walks(walker, &episodes, |episode, walk| {
            (walk.fell.unwrap_or(8.0), walk.forward(1.0), walk.ticks.last().map_or(0.0, |now| now.yaw), reward(episode, walk))
        });
        let mean = |f: &dyn Fn(&(f64, f64, f64, f64)) -> f64| rows.iter().map(|row| f(row)).sum::<f64>() / 6.0;
        println!(
            "{speed}: stood {:.1} s, forward {:.3}, yaw {:.2}, reward {:.3}",
            mean(&|row| row.0), mean(&|row| row.1), mean(&|row| row.2.abs()), mean(&|row| row.3)
        );
    }
}

/// 20 episodes of 15 s each with friction from 0.5 to 1.25, with and without pushes.
fn judge(walker: &Walker) {
    println!(
        "| command | push | falls of 20 | speed m/s: mean, least | forward m/s: mean, least | heading deg: rms |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for (push, long) in [("none", 0.0), ("20 N·s in 0.5 s", 0.5), ("20 N·s in 0.1 s", 0.1)] {
        for speed in [0.3, 0.5, 0.8] {
            let mut stream = random::stream(7, "judge");
            let episodes: Vec<Episode> = (0..20)
                .map(|i| Episode {
                    friction: 0.5 + 0.75 * f64::from(i) / 19.0,
                    start: (i > 0).then(|| any_start(&mut stream)),
                    push: (long > 0.0).then(|| {
                        let from = stream.random_range(4.0..10.0);
                        any_push(&mut stream, from, long)
                    }),
                    ..Episode::new(15.0, speed)
                })
                .collect();
            let rows = walks(walker, &episodes, |_, walk| {
                let yaw = walk.ticks.last().map_or(0.0, |now| now.yaw.to_degrees());
                (walk.fell.is_some(), walk.speed(4.0), walk.forward(4.0), yaw)
            });
            let stood: Vec<_> = rows.iter().filter(|row| !row.0).collect();
            let mean = |f: &dyn Fn(&(bool, f64, f64, f64)) -> f64| {
                stood.iter().map(|row| f(row)).sum::<f64>() / stood.len().max(1) as f64
            };
            let least = |f: &dyn Fn(&(bool, f64, f64, f64)) -> f64| {
                stood.iter().map(|row| f(row)).fold(f64::INFINITY, f64::min)
            };
            println!(
                "| {speed} | {push} | {} | {:.3}, {:.3} | {:.3}, {:.3} | {:.0} |",
                20 - stood.len(),
                mean(&|row| row.1),
                least(&|row| row.1),
                mean(&|row| row.2),
                least(&|row| row.2),
                mean(&|row| row.3 * row.3).sqrt(),
            );
        }
    }
}

/// Mean over all ticks of an episode: 1 for going as fast as asked and up to a third faster, less the faster it turns and the
/// more it leans; -1 from the fall on.
fn reward(episode: &Episode, walk: &Walk) -> f64 {
    let wanted = episode.drive.speed;
    let mut sum = 0.0;
    let mut count = 0.0;
    // Over about a stride: how the body sways within one does not count.
    let mut speed = 0.0;
    for now in &walk.ticks {
        speed += (now.speed - speed) * 0.02;
        if now.time < 0.5 {
            continue;
        }
        let share = speed / wanted;
        let over = (share - 1.3).max(0.0);
        let track = share.min(1.05) / 1.05 - over;
        sum += track.max(-1.0)
            - 0.1 * now.yaw_rate.abs()
            - 0.2 * now.yaw.abs().min(2.0)
            - 0.5 * (now.roll.abs() + now.pitch.abs());
        count += 1.0;
    }
    let whole = (episode.seconds - 0.5) * 100.0;
    (sum - 1.5 * (whole - count).max(0.0)) / whole
}

/// Evolution strategies: antithetic pairs, shaped by rank, followed by Adam.
fn train(walker: &Walker, epochs: usize, out: &str) {
    const PAIRS: usize = 10;
    const SIGMA: f64 = 0.05;
    const RATE: f64 = 0.03;
    let circuit = QuadrupedCircuit::new(&walker.spec, &walker.robot.description).expect("it fits");
    let names = circuit.parameter_names().to_vec();
    let mut mean = circuit.parameters().to_vec();
    let (mut first, mut second) = (vec![0.0; mean.len()], vec![0.0; mean.len()]);
    let mut stream = random::stream(1, "train");
    let mut best = f64::NEG_INFINITY;
    // What is innately 0 stays so: twenty afferents are left, and they are changed more cautiously than the pattern.
    let scales: Vec<f64> = names
        .iter()
        .zip(&mean)
        .map(|(name, value)| if name.starts_with("pattern") { 1.0 } else if *value == 0.0 { 0.0 } else { 0.6 })
        .collect();
    for epoch in 0..epochs {
        let noises: Vec<Vec<f64>> =
            (0..PAIRS).map(|_| scales.iter().map(|scale| scale * normal(&mut stream)).collect()).collect();
        let seconds = 6.0;
        let mut episodes = Vec::new();
        for noise in &noises {
            let is_pushed = stream.random_bool(0.5);
            let (start, friction) = (any_start(&mut stream), stream.random_range(0.5..1.25));
            let from = stream.random_range(1.5..3.5);
            let push = any_push(&mut stream, from, 0.5);
            for sign in [1.0, -1.0] {
                let mut own: Vec<f64> =
                    mean.iter().zip(noise).map(|(mean, noise)| mean + sign * SIGMA * noise).collect();
                circuit.project(&mut own);
                for speed in [0.3, 0.5] {
                    episodes.push(Episode {
                        drive: Drive { speed, turn: 0.0, gait: Gait::Auto },
                        friction,
                        start: Some(start),
                        push: is_pushed.then_some(push),
                        parameters: Some(own.clone()),
                        ..Episode::new(seconds, speed)
                    });
                }
            }
        }
        let rewards = walks(walker, &episodes, reward);
        let rewards: Vec<f64> = rewards.chunks(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
        let mut order: Vec<usize> = (0..rewards.len()).collect();
        order.sort_by(|a, b| rewards[*a].total_cmp(&rewards[*b]));
        let mut shaped = vec![0.0; rewards.len()];
        for (rank, i) in order.iter().enumerate() {
            shaped[*i] = rank as f64 / (rewards.len() - 1) as f64 - 0.5;
        }
        for (j, mean) in mean.iter_mut().enumerate() {
            let slope = (0..PAIRS).map(|i| (shaped[2 * i] - shaped[2 * i + 1]) * noises[i][j]).sum::<f64>()
                / (PAIRS as f64 * 2.0 * SIGMA);
            first[j] += 0.2 * (slope - first[j]);
            second[j] += 0.05 * (slope * slope - second[j]);
            let t = (epoch + 1) as f64;
            let (a, b) = (1.0 - ops::pow(0.8, t), 1.0 - ops::pow(0.95, t));
            *mean += RATE * scales[j] * (first[j] / a) / ((second[j] / b).sqrt() + 1e-3);
        }
        circuit.project(&mut mean);
        let sum = rewards.iter().sum::<f64>() / rewards.len() as f64;
        eprintln!("{epoch:4} mean {sum:.3} best {:.3}", rewards[order[order.len() - 1]]);
        if sum > best || epoch % 5 == 4 || epoch + 1 == epochs {
            best = best.max(sum);
            let mut text = String::new();
            for (name, value) in names.iter().zip(&mean) {
                let _ = writeln!(text, "{name}: {value:.4}");
            }
            std::fs::write(out, text).expect("it is written");
        }
    }
}
