//! What a step of the circuits costs: asked are 0.5 µs for a swimmer of six links, and 3 µs for a quadruped.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use neuraxis_core::Drive;
use neuraxis_motor::quadruped::rhythm;
use neuraxis_motor::{LegState, Mlp, Quadruped, QuadrupedSpec, Swimmer, SwimmerSpec};

fn swimmer(c: &mut Criterion) {
    let mut group = c.benchmark_group("swimmer");
    for links in [6, 15] {
        let joints = links - 1;
        let mut swimmer = Swimmer::new(&SwimmerSpec::default(), joints).expect("a swimmer");
        let q: Vec<f64> = (0..joints).map(|i| 0.3 - 0.1 * i as f64).collect();
        let mut activation = vec![0.0; joints];
        group.bench_function(BenchmarkId::new("links", links), |b| {
            b.iter(|| {
                swimmer.step(black_box(&q), black_box(0.8), black_box(0.2), &mut activation);
                activation[0]
            });
        });
    }
    group.finish();
}

fn quadruped(c: &mut Criterion) {
    let mut group = c.benchmark_group("quadruped");
    let mut quadruped = Quadruped::new(&QuadrupedSpec::default()).expect("a quadruped");
    let leg = LegState {
        position: [0.0, 0.5, -1.3],
        velocity: [0.1, -2.0, 3.0],
        effort: [1.0, -5.0, 8.0],
        foot: 30.0,
    };
    let legs = [leg; 4];
    let mut targets = [[0.0; 3]; 4];
    group.bench_function("whole", |b| {
        b.iter(|| {
            quadruped.step(black_box(&legs), black_box(&Drive::new(0.6, 0.1)), &mut targets);
            targets[0][1]
        });
    });
    let mut circuit = rhythm::wiring(0.03, rhythm::START).compile().expect("a rhythm");
    let mut inputs = [0.0; 12];
    inputs[..4].fill(0.5);
    let mut outputs = [0.0; 8];
    group.bench_function("rhythm alone", |b| {
        b.iter(|| {
            circuit.step(black_box(&inputs), &mut outputs);
            outputs[0]
        });
    });
    group.finish();
}

fn mlp(c: &mut Criterion) {
    let mut mlp = Mlp::new(&[23, 64, 64, 5], 1);
    let seen = [0.1; 23];
    let mut said = [0.0; 5];
    c.bench_function("mlp/23-64-64-5", |b| {
        b.iter(|| {
            mlp.step(black_box(&seen), &mut said);
            said[0]
        });
    });
}

criterion_group!(benches, swimmer, quadruped, mlp);
criterion_main!(benches);
