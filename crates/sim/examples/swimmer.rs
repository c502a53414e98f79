//! Swims the golden trace at many settings of the physics: how true, how fast (`cargo run --release -p neuraxis-sim --example swimmer`).

#[path = "../tests/common/swim.rs"]
mod swim;

use std::time::Instant;

use swim::{Circuit, Settings, WATER};

fn golden() -> (Vec<Vec<f64>>, Vec<f64>) {
    let text = include_str!("../tests/data/swimmer6.csv");
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').map(|v| v.parse().expect("a number")).collect()).collect();
    (rows.iter().map(|row| row[..5].to_vec()).collect(), rows.iter().map(|row| row[5]).collect())
}

fn main() {
    let (q, _) = golden();
    for iterations in [1, 2, 4] {
        for steps in [15, 10, 6, 5, 4, 3, 2] {
            let settings = Settings { steps, iterations };
            let mut arena = swim::pool(swim::body(6), settings, WATER, 0.0);
            let start = Instant::now();
            let swim = swim::swim(&mut arena, &Circuit::default(), settings, 1000);
            let took = start.elapsed().as_secs_f64();
            let mut sum = 0.0;
            for (a, b) in swim.q.iter().zip(&q) {
                for (a, b) in a.iter().zip(b) {
                    sum += (a - b) * (a - b);
                }
            }
            let rms = (sum / 5000.0_f64).sqrt();
            let wave = swim.wave(60);
            println!(
                "dt {:.4} iter {iterations}: rms {rms:.4} return {:.1} speed {:.4} lag {:.1} amp {:?} com {:?} yaw {:.3}  {:.0} control steps/s",
                swim::CONTROL / steps as f64,
                swim.reward(),
                swim.speed(),
                wave[4][1],
                wave.iter().map(|w| (w[0] * 100.0).round() / 100.0).collect::<Vec<_>>(),
                swim.way.last().expect("a way"),
                swim.yaw.last().expect("a heading"),
                1000.0 / took
            );
        }
    }
}
