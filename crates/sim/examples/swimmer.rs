//! How true and how fast the swimmer swims: the golden trace at many settings of the physics, then other bodies and
//! circuits beside what is published of them (`cargo run --release -p neuraxis-sim --example swimmer`).
//!
//! The numbers stand in `docs/swimmer_physics.md`.

#[path = "../tests/common/swim.rs"]
mod swim;

use neuraxis_core::{math, random};
use neuraxis_sim::arena::Stance;
use neuraxis_sim::{RobotModel, swimmer};
use rand::RngExt as _;

use swim::{CHOSEN, Circuit, Settings, WATER};

fn main() {
    let asked = std::env::args().nth(1);
    let wants = |what: &str| asked.as_deref().is_none_or(|asked| asked == what);
    if wants("settings") {
        settings();
    }
    if wants("links") {
        links();
    }
    if wants("circuits") {
        circuits();
    }
}

/// Time that this thread has been computing, s.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) * 1e-9
}

/// So many control steps are timed at once.
const RUN: usize = 5000;

/// Control steps a second of CPU time in closed loop: the best of some runs.
fn pace(robot: &RobotModel, settings: Settings) -> f64 {
    let mut best: f64 = 0.0;
    for _ in 0..5 {
        let mut arena = swim::pool(robot.clone(), settings, WATER, 0.0);
        let mut command = robot.description.command();
        let mut q = vec![0.0; command.values.len()];
        let start = cpu();
        for step in 0..RUN {
            swim::control(&mut arena, &Circuit::default(), step, settings, &mut q, &mut command);
        }
        best = best.max(RUN as f64 / (cpu() - start));
    }
    best
}

fn settings() {
    let text = include_str!("../tests/data/swimmer6.csv");
    let number = |v: &str| v.parse().expect("a number");
    let golden: Vec<Vec<f64>> =
        text.lines().skip(1).map(|row| row.split(',').map(number).collect()).collect();
    println!("| body | step s | iterations | rms q | return | lag of joint 4 | control steps per CPU-s |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let hard = |text: String| text.replace("soft_limits:\n  - {", "# {");
    let bodies = [
        ("multibody, planar, soft ends", swim::body(6)),
        ("multibody, planar, hard ends", swim::body_with(6, |text| text, hard)),
        (
            "multibody, free in space, no weight",
            swim::body_with(6, |text| text, |text| text.replace("planar: true", "planar: false")),
        ),
        (
            "impulse joints, free in space, no weight, hard ends",
            swim::body_with(
                6,
                |text| text,
                |text| hard(text).replace("multibody", "impulse").replace("planar: true", "planar: false"),
            ),
        ),
    ];
    for (name, body) in bodies {
        for iterations in [1, 2, 4] {
            for steps in [15, 10, 6, 5, 4, 3, 2] {
                let settings = Settings { steps, iterations };
                let water =
                    if name.contains("space") { "medium: { density: 3000, buoyancy: true }" } else { WATER };
                let mut arena = swim::pool(body.clone(), settings, water, 0.0);
                let swim = swim::swim(&mut arena, &Circuit::default(), settings, 1000);
                let squares = swim
                    .q
                    .iter()
                    .zip(&golden)
                    .flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)));
                let rms = (squares.sum::<f64>() / 5000.0).sqrt();
                println!(
                    "| {name} | {:.4} | {iterations} | {rms:.4} | {:.1} | {:.1} | {:.0} |",
                    swim::CONTROL / steps as f64,
                    swim.reward(),
                    swim.wave(60)[4].lag,
                    pace(&body, settings),
                );
            }
        }
    }
}

/// Ten random starts as in the Control Suite: any heading, any joints, at rest.
fn starts(links: usize, circuit: impl Fn(u64) -> Circuit) -> Vec<swim::Swim> {
    let body = swim::body(links);
    let range = swimmer::range(links);
    (0..10)
        .map(|seed| {
            let mut stream = random::stream(seed, "swimmer");
            let yaw = stream.random_range(-math::PI..math::PI);
            let joints = (1..links).map(|_| stream.random_range(-range..range)).collect();
            let mut arena = swim::pool(body.clone(), CHOSEN, WATER, yaw);
            assert!(arena.set_stance(0, &Stance { joints, ..Stance::default() }), "it can be bent");
            swim::swim(&mut arena, &circuit(seed), CHOSEN, 1000)
        })
        .collect()
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - 1.0);
    (mean, variance.sqrt())
}

fn links() {
    println!(
        "\n| links | return, mean ± sd | published | off by | head m/s | published | lag a joint | published |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let published = [
        (3, 289.5, 0.0097, 147.0),
        (4, 344.2, 0.0322, 128.0),
        (5, 590.7, 0.0630, 110.0),
        (6, 798.4, 0.0820, 102.0),
        (7, 881.3, 0.0951, 94.0),
        (8, 902.1, 0.1014, 90.0),
        (9, 907.6, 0.1037, 87.0),
        (10, 908.8, 0.1060, 85.0),
        (11, 904.3, 0.1065, 84.0),
        (12, 904.4, 0.1064, 83.0),
    ];
    for (links, reward, speed, lag) in published {
        let swims = starts(links, |_| Circuit::default());
        let rewards: Vec<f64> = swims.iter().map(swim::Swim::reward).collect();
        let speeds: Vec<f64> = swims.iter().map(swim::Swim::speed).collect();
        let lags: Vec<f64> =
            swims.iter().map(|swim| swim.wave(60)[links - 2].lag / (links - 2) as f64).collect();
        let (mean, deviation) = mean_and_deviation(&rewards);
        println!(
            "| {links} | {mean:.1} ± {deviation:.1} | {reward} | {:+.1} % | {:.4} | {speed} | {:.1} | {lag} |",
            100.0 * (mean / reward - 1.0),
            mean_and_deviation(&speeds).0,
            mean_and_deviation(&lags).0,
        );
    }
}

/// What is done to the circuit, by seed, and the return and the speed that are published of it.
type Row = (&'static str, Box<dyn Fn(u64) -> Circuit>, f64, f64);

fn circuits() {
    println!(
        "\n| circuit of six links | return, mean ± sd | published | head m/s | published | turning deg/s |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let full = Circuit::default();
    let magnitudes = move |seed: u64| {
        let mut stream = random::stream(seed, "magnitudes");
        Circuit { weights: [0.0; 4].map(|_| stream.random_range(0.0..1.0)), ..full }
    };
    let with = |circuit: Circuit| move |_: u64| circuit;
    let rows: Vec<Row> = vec![
        ("full", Box::new(with(full)), 798.4, 0.0820),
        (
            "no proprioception",
            Box::new(with(Circuit { weights: [0.0, 1.0, 1.0, 1.0], ..full })),
            129.8,
            -0.0101,
        ),
        (
            "no head oscillator",
            Box::new(with(Circuit { weights: [1.0, 0.0, 1.0, 1.0], ..full })),
            49.7,
            0.0034,
        ),
        ("no torque", Box::new(with(Circuit { strength: 0.0, ..full })), 0.0, 0.0),
        ("signs kept, magnitudes random", Box::new(magnitudes), 186.7, 0.0159),
        ("speed 0", Box::new(with(Circuit { speed: 0.0, ..full })), 0.0, 0.0),
        ("speed 0.25", Box::new(with(Circuit { speed: 0.25, ..full })), 109.4, 0.0046),
        ("speed 0.5", Box::new(with(Circuit { speed: 0.5, ..full })), 311.7, 0.0294),
        ("speed 0.75", Box::new(with(Circuit { speed: 0.75, ..full })), 610.9, 0.0615),
        ("period 30", Box::new(with(Circuit { period: 30, ..full })), 489.6, 0.049),
        ("period 45", Box::new(with(Circuit { period: 45, ..full })), 647.7, 0.068),
        ("period 75", Box::new(with(Circuit { period: 75, ..full })), 802.6, 0.085),
        ("period 90", Box::new(with(Circuit { period: 90, ..full })), 784.1, 0.083),
        ("period 120", Box::new(with(Circuit { period: 120, ..full })), 769.3, 0.080),
        ("turn right 0.5", Box::new(with(Circuit { right: 0.5, ..full })), 719.7, 0.0727),
        ("turn right 1", Box::new(with(Circuit { right: 1.0, ..full })), 114.6, 0.0089),
    ];
    for (name, circuit, reward, speed) in rows {
        let swims = starts(6, circuit);
        let rewards: Vec<f64> = swims.iter().map(swim::Swim::reward).collect();
        let speeds: Vec<f64> = swims.iter().map(swim::Swim::speed).collect();
        let turning: Vec<f64> =
            swims.iter().map(|swim| (swim.yaw[999] - swim.yaw[399]).to_degrees() / 18.0).collect();
        let (mean, deviation) = mean_and_deviation(&rewards);
        println!(
            "| {name} | {mean:.1} ± {deviation:.1} | {reward} | {:.4} | {speed} | {:.2} |",
            mean_and_deviation(&speeds).0,
            mean_and_deviation(&turning).0
        );
    }
}
