//! Ground that is not level.

use neuraxis_core::{Pose2, math, random};
use rand::RngExt as _;
use rapier3d::parry::query::Ray;
use rapier3d::parry::utils::Array2;
use rapier3d::prelude::{HeightFieldFlags, Pose, SharedShape, Vector};

use super::solid::{Solid, upright};

/// Plane waves that bumps are made of.
const WAVES: usize = 24;
/// Edges of the surface's cells in a wavelength.
const CELLS: f64 = 8.0;
/// A surface has so many cells at most.
pub(super) const MAX_CELLS: f64 = 250_000.0;

/// How many cells bumps of `wavelength` (m) need in a region.
pub(super) fn cells(within: &[[f64; 2]; 2], wavelength: f64) -> f64 {
    let along = |i: usize| ((within[1][i] - within[0][i]) * CELLS / wavelength).ceil().max(1.0);
    along(0) * along(1)
}

/// Uneven ground in the region `within` (lowest x and y, highest x and y; m): a sum of plane waves of one `wavelength` (m) in
/// random directions, at most `amplitude` (m) above and below its mean, which lies `amplitude` above the level ground. To its
/// edges it runs out over a wavelength.
pub(super) fn bumps(
    within: &[[f64; 2]; 2],
    amplitude: f64,
    wavelength: f64,
    stream: &mut random::Stream,
) -> Solid {
    let [low, high] = *within;
    let size = [high[0] - low[0], high[1] - low[1]];
    let count = size.map(|s| (s * CELLS / wavelength).ceil().max(1.0) as usize + 1);
    let waves: Vec<[f64; 3]> = (0..WAVES)
        .map(|_| {
            let (sin, cos) = math::sin_cos(stream.random_range(0.0..2.0 * math::PI));
            let k = 2.0 * math::PI / wavelength;
            [k * cos, k * sin, stream.random_range(0.0..2.0 * math::PI)]
        })
        .collect();
    // Half of the sum's standard deviation is half of the amplitude; what goes beyond is cut off.
    let scale = 0.5 * (2.0 / WAVES as f64).sqrt();
    let height = |x: f64, y: f64| {
        let sum: f64 = waves.iter().map(|[a, b, phase]| math::cos(a * x + b * y + phase)).sum();
        let edge = (x - low[0]).min(high[0] - x).min(y - low[1]).min(high[1] - y);
        let share = (edge / wavelength).clamp(0.0, 1.0);
        amplitude * (1.0 + (scale * sum).clamp(-1.0, 1.0)) * share * share * (3.0 - 2.0 * share)
    };
    let mut heights = Array2::repeat(count[1], count[0], 0.0);
    for row in 0..count[1] {
        for column in 0..count[0] {
            // The engine's surfaces lie on x and z with y upwards: rows run against our y.
            let x = low[0] + size[0] * column as f64 / (count[0] - 1) as f64;
            let y = high[1] - size[1] * row as f64 / (count[1] - 1) as f64;
            heights[(row, column)] = height(x, y) as f32;
        }
    }
    let lying = Pose::rotation(Vector::X * std::f32::consts::FRAC_PI_2);
    let shape = SharedShape::heightfield_with_flags(
        heights,
        Vector::new(size[0] as f32, 1.0, size[1] as f32),
        HeightFieldFlags::FIX_INTERNAL_EDGES,
    );
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    Solid { shape, pose: upright(middle[0], middle[1], 0.0, 0.0) * lying, drivable: true }
}

/// The highest ground within `radius` (m) of a start, m: that of what one may stand on, and level ground elsewhere.
pub(crate) fn under(solids: &[Solid], start: &Pose2, radius: f64) -> f64 {
    let mut highest = 0.0_f64;
    for solid in solids.iter().filter(|solid| solid.drivable) {
        let top = solid.shape.compute_aabb(&solid.pose).maxs.z + 0.5;
        for i in 0..81 {
            let at = |n: i32| radius * (f64::from(n) / 4.0 - 1.0);
            let (dx, dy) = (at(i % 9), at(i / 9));
            if math::hypot(dx, dy) > radius {
                continue;
            }
            let from = Vector::new((start.x + dx) as f32, (start.y + dy) as f32, top);
            let ray = Ray::new(from, -Vector::Z);
            if let Some(down) = solid.shape.cast_ray(&solid.pose, &ray, top, true) {
                highest = highest.max(f64::from(top - down));
            }
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: [[f64; 2]; 2] = [[-1.0, -2.0], [5.0, 2.0]];

    /// A ray that runs down just between two triangles misses both: some millimetre beside it another hits.
    fn height(solid: &Solid, x: f64, y: f64) -> f64 {
        under(std::slice::from_ref(solid), &Pose2::new(x, y, 0.0), 1e-3)
    }

    #[test]
    fn bumps_keep_to_their_amplitude_and_wavelength_and_run_out() {
        let (amplitude, wavelength) = (0.04, 0.8);
        let solid = bumps(&WITHIN, amplitude, wavelength, &mut random::stream(3, "bumps"));
        let line: Vec<f64> = (0..400).map(|i| height(&solid, 0.0 + 0.01 * f64::from(i), 0.1)).collect();
        let (low, high) = line.iter().fold((1.0_f64, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!(low >= -1e-4 && high <= 2.0 * amplitude + 1e-4, "{low} to {high} m");
        assert!(high - low > amplitude, "it is not level: {low} to {high} m");
        // A line across waves of all directions crosses the mean about 2 / (√2 λ) times a metre.
        let crossings = line.windows(2).filter(|p| (p[0] > amplitude) != (p[1] > amplitude)).count();
        assert!((3..=12).contains(&crossings), "{crossings} crossings in 4 m");
        assert!(height(&solid, -0.999, 0.0) < 1e-3 && height(&solid, 2.0, 1.999) < 1e-3);
        assert!(height(&solid, 7.0, 0.0).abs() < 1e-9, "beside it the ground is level");
    }

    #[test]
    fn bumps_lie_where_they_are_said_to_and_follow_their_stream() {
        let of = |seed| bumps(&WITHIN, 0.05, 0.5, &mut random::stream(seed, "bumps"));
        let profile =
            |solid: &Solid| (0..40).map(|i| height(solid, 0.1 * f64::from(i), 0.3)).collect::<Vec<_>>();
        assert_eq!(profile(&of(1)), profile(&of(1)));
        assert_ne!(profile(&of(1)), profile(&of(2)));
        let aabb = of(1).shape.compute_aabb(&of(1).pose);
        for (found, wanted) in
            [(aabb.mins.x, -1.0), (aabb.maxs.x, 5.0), (aabb.mins.y, -2.0), (aabb.maxs.y, 2.0)]
        {
            assert!((found - wanted).abs() < 1e-4, "{found} instead of {wanted}");
        }
    }
}
