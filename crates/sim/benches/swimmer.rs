//! What a control step of the swimmer costs, in closed loop with its circuit: 0.03 s of water.
//!
//! To be held against `dm_control`'s 3404 control steps per CPU-second of the same body (15 steps of 0.002 s each, on one core
//! of the machine that wrote `docs/swimmer_physics.md`); how true each setting is stands there too.

#[path = "../tests/common/swim.rs"]
mod swim;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use neuraxis_core::World as _;

use swim::{CHOSEN, Circuit, Settings, WATER};

/// Control steps at a time.
const STEPS: usize = 200;

fn closed_loop(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("swimmer6");
    group.throughput(Throughput::Elements(STEPS as u64));
    let body = swim::body(6);
    let circuit = Circuit::default();
    for (name, settings) in [("chosen", CHOSEN), ("fast", Settings { steps: 4, iterations: 1 })] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (swim::pool(body.clone(), settings, WATER, 0.0), body.description.command(), [0.0; 5]),
                |(mut arena, mut command, mut q)| {
                    for step in 0..STEPS {
                        swim::control(&mut arena, &circuit, step, settings, &mut q, &mut command);
                    }
                    arena
                },
                BatchSize::LargeInput,
            );
        });
    }
    // The same with senses, touches and digest: all of every step of the world.
    group.bench_function("chosen, all stages", |bencher| {
        bencher.iter_batched(
            || swim::pool(body.clone(), CHOSEN, WATER, 0.0),
            |mut arena| {
                for _ in 0..STEPS * CHOSEN.steps {
                    arena.advance().expect("time goes on");
                }
                arena
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = closed_loop
}
criterion_main!(benches);
