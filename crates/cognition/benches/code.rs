//! What harmonic codes cost: a key, a look at the field, an impression, and the most similar of many places.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use nalgebra::{Matrix2, Point2};
use neuraxis_cognition::code::HarmonicCode;
use neuraxis_cognition::memory::{FieldMemory, FieldSpec, PlaceIndex};
use neuraxis_core::math;

const SIGMA: f64 = 0.2;

/// Points that fill a square of `side` m evenly.
fn point(i: usize, side: f64) -> Point2<f64> {
    let fraction = |x: f64| (x - x.floor()) * side;
    Point2::new(fraction(i as f64 * 0.754_877_666_2), fraction(i as f64 * 0.569_840_291))
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    for rows in [128, 512, 1024, 2048] {
        let code = HarmonicCode::<2>::new(1, rows, SIGMA);
        let mut key = vec![0.0; 2 * rows];
        group.bench_function(BenchmarkId::new("rows", rows), |b| {
            b.iter(|| code.encode(black_box(&Point2::new(1.3, -0.7)), &mut key));
        });
    }
    // The same by the portable library, for comparison.
    let code: Vec<_> = (0..1024).map(|i| f64::from(i) * 0.37).collect();
    let mut key = vec![0.0; 2048];
    group.bench_function("rows/1024 by math::sin_cos", |b| {
        b.iter(|| {
            for (phase, pair) in black_box(&code).iter().zip(key.chunks_exact_mut(2)) {
                let (s, c) = math::sin_cos(*phase);
                (pair[0], pair[1]) = (c as f32, s as f32);
            }
        });
    });
    group.finish();
}

fn field(c: &mut Criterion) {
    let mut group = c.benchmark_group("field");
    let covariance = Matrix2::new(0.04, 0.0, 0.0, 0.16);
    for rows in [512, 1024, 2048] {
        let mut field = FieldMemory::new(&FieldSpec { rows, sigma: SIGMA, ..FieldSpec::default() });
        for i in 0..1000 {
            field.store(&(point(i, 20.0) - nalgebra::Vector2::repeat(10.0)), i as f64, &covariance, 1.0);
        }
        let mut i = 0;
        group.bench_function(BenchmarkId::new("query", rows), |b| {
            b.iter(|| {
                i += 1;
                field.query(&(point(i, 20.0) - nalgebra::Vector2::repeat(10.0)), 0.3)
            });
        });
        group.bench_function(BenchmarkId::new("store", rows), |b| {
            b.iter(|| field.store(black_box(&Point2::new(1.9, 1.0)), 0.3, &covariance, 1e-6));
        });
    }
    group.finish();
}

fn nearest(c: &mut Criterion) {
    const ROWS: usize = 128;
    let mut group = c.benchmark_group("nearest");
    group.sample_size(10);
    let code = HarmonicCode::<2>::new(1, ROWS, SIGMA);
    for places in [1_000, 10_000, 100_000] {
        let side = (places as f64).sqrt() * 2.0 * SIGMA;
        let mut index = PlaceIndex::new(ROWS, places);
        let mut key = vec![0.0; 2 * ROWS];
        for i in 0..places {
            code.encode(&point(i, side), &mut key);
            index.push(&key);
        }
        let mut keys = vec![0.0; 64 * 2 * ROWS];
        for (i, key) in keys.chunks_exact_mut(2 * ROWS).enumerate() {
            code.encode(&(point(i * 13, side) + nalgebra::Vector2::repeat(0.2 * SIGMA)), key);
        }
        group.bench_function(BenchmarkId::new("one", places), |b| {
            b.iter(|| index.nearest(black_box(&keys[..2 * ROWS])));
        });
        let mut found = vec![None; 64];
        group.bench_function(BenchmarkId::new("64", places), |b| {
            b.iter(|| index.nearest_many(black_box(&keys), &mut found));
        });
    }
    group.finish();
}

criterion_group!(benches, encode, field, nearest);
criterion_main!(benches);
