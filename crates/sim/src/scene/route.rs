//! The shortest way that a body of some radius has through a world: the yardstick of path efficiency.
//!
//! Not for a brain: it sees all walls. A* over a fine grid with eight neighbours, then the path is
//! pulled tight along lines of sight, which brings it within about 1 % of the true optimum.

use pathfinding::directed::astar::astar;
use rapier3d::prelude::Vector;

use super::solid::Solid;

/// Cells a side at most; a larger world gets a coarser grid.
const MAX_CELLS: f64 = 1500.0;

/// Where the middle of a body can be.
#[derive(Clone, Debug)]
pub struct FreeSpace {
    origin: [f64; 2],
    resolution: f64,
    width: usize,
    height: usize,
    blocked: Vec<bool>,
}

impl FreeSpace {
    /// The free space of a body of `radius` and `height` (m) between `solids`, within the box
    /// `low`..`high` (x, y; m).
    #[must_use]
    pub fn new(solids: &[Solid], low: [f64; 2], high: [f64; 2], radius: f64, height: f64) -> Self {
        let extent = (high[0] - low[0]).max(high[1] - low[1]);
        let resolution = (radius / 4.0).clamp(0.01, 0.05).max(extent / MAX_CELLS);
        let cells = |i: usize| ((high[i] - low[i]) / resolution).ceil().max(1.0) as usize;
        let (width, rows) = (cells(0), cells(1));
        let mut space =
            Self { origin: low, resolution, width, height: rows, blocked: vec![false; width * rows] };
        for solid in solids.iter().filter(|solid| !solid.drivable) {
            let aabb = solid.shape.compute_aabb(&solid.pose);
            if f64::from(aabb.mins.z) > height || aabb.maxs.z < 0.0 {
                continue;
            }
            let z = (0.5 * height as f32).clamp(aabb.mins.z, aabb.maxs.z);
            let column = |x: f64| ((x - low[0]) / resolution).floor().clamp(0.0, (width - 1) as f64) as usize;
            let row = |y: f64| ((y - low[1]) / resolution).floor().clamp(0.0, (rows - 1) as f64) as usize;
            let reach = radius + resolution;
            for y in row(f64::from(aabb.mins.y) - reach)..=row(f64::from(aabb.maxs.y) + reach) {
                for x in column(f64::from(aabb.mins.x) - reach)..=column(f64::from(aabb.maxs.x) + reach) {
                    let [px, py] = space.center(x, y);
                    let point = Vector::new(px as f32, py as f32, z);
                    let distance = solid.shape.distance_to_point(&solid.pose, point, true);
                    if f64::from(distance) < radius {
                        space.blocked[y * width + x] = true;
                    }
                }
            }
        }
        space
    }

    fn center(&self, x: usize, y: usize) -> [f64; 2] {
        [
            self.origin[0] + (x as f64 + 0.5) * self.resolution,
            self.origin[1] + (y as f64 + 0.5) * self.resolution,
        ]
    }

    fn cell(&self, point: [f64; 2]) -> Option<(usize, usize)> {
        let x = ((point[0] - self.origin[0]) / self.resolution).floor();
        let y = ((point[1] - self.origin[1]) / self.resolution).floor();
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
        inside.then_some((x as usize, y as usize))
    }

    /// Whether the body's middle can be at `point`.
    #[must_use]
    pub fn is_free(&self, point: [f64; 2]) -> bool {
        self.cell(point).is_some_and(|(x, y)| !self.blocked[y * self.width + x])
    }

    /// The places that can be reached from `from`, about `spacing` m apart.
    #[must_use]
    pub fn reachable(&self, from: [f64; 2], spacing: f64) -> Vec<[f64; 2]> {
        let step = (spacing / self.resolution).round().max(1.0) as usize;
        let Some((x, y)) = self.cell(from).filter(|_| self.is_free(from)) else { return Vec::new() };
        let mut seen = vec![false; self.blocked.len()];
        let mut open = vec![(y * self.width + x) as u32];
        seen[y * self.width + x] = true;
        let mut found = Vec::new();
        while let Some(cell) = open.pop() {
            let (x, y) = (cell as usize % self.width, cell as usize / self.width);
            if x.is_multiple_of(step) && y.is_multiple_of(step) {
                found.push(self.center(x, y));
            }
            for (next, _) in self.neighbours((x, y)) {
                if !seen[next as usize] {
                    seen[next as usize] = true;
                    open.push(next);
                }
            }
        }
        found
    }

    /// The shortest way from `from` to `to`: its corners, both ends included; `None` if there is none.
    #[must_use]
    pub fn path(&self, from: [f64; 2], to: [f64; 2]) -> Option<Vec<[f64; 2]>> {
        let (start, end) = (self.cell(from)?, self.cell(to)?);
        if !self.is_free(from) || !self.is_free(to) {
            return None;
        }
        let index = |(x, y): (usize, usize)| (y * self.width + x) as u32;
        let goal = index(end);
        let at = |cell: u32| (cell as usize % self.width, cell as usize / self.width);
        // Straight and diagonal steps in integers, so that equal ways are equal.
        let (cells, _) = astar(
            &index(start),
            |cell| self.neighbours(at(*cell)),
            |cell| {
                let (x, y) = at(*cell);
                let (dx, dy) = (x.abs_diff(end.0) as u64, y.abs_diff(end.1) as u64);
                985 * dx.max(dy) + 408 * dx.min(dy)
            },
            |cell| *cell == goal,
        )?;
        let mut points: Vec<[f64; 2]> = cells
            .iter()
            .map(|cell| {
                let (x, y) = at(*cell);
                self.center(x, y)
            })
            .collect();
        if let Some(first) = points.first_mut() {
            *first = from;
        }
        if points.len() > 1
            && let Some(last) = points.last_mut()
        {
            *last = to;
        } else {
            points.push(to);
        }
        let forward = self.pull_tight(&points);
        points.reverse();
        let mut backward = self.pull_tight(&points);
        backward.reverse();
        Some(if length(&backward) < length(&forward) { backward } else { forward })
    }

    fn neighbours(&self, (x, y): (usize, usize)) -> Vec<(u32, u64)> {
        let mut found = Vec::with_capacity(8);
        let free = |x: i64, y: i64| {
            x >= 0
                && y >= 0
                && (x as usize) < self.width
                && (y as usize) < self.height
                && !self.blocked[y as usize * self.width + x as usize]
        };
        let (x, y) = (x as i64, y as i64);
        for dy in -1..=1_i64 {
            for dx in -1..=1_i64 {
                if (dx, dy) == (0, 0) || !free(x + dx, y + dy) {
                    continue;
                }
                let diagonal = dx != 0 && dy != 0;
                // No squeezing between two blocked corners.
                if diagonal && !(free(x + dx, y) && free(x, y + dy)) {
                    continue;
                }
                let cost = if diagonal { 1393 } else { 985 };
                found.push((((y + dy) as usize * self.width + (x + dx) as usize) as u32, cost));
            }
        }
        found
    }

    /// Leaves out every point that a straight line can do without.
    fn pull_tight(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let Some((&first, &last)) = points.first().zip(points.last()) else { return Vec::new() };
        let mut kept = vec![first];
        let mut anchor = first;
        for pair in points.windows(2) {
            if !self.sees(anchor, pair[1]) {
                anchor = pair[0];
                kept.push(anchor);
            }
        }
        kept.push(last);
        kept
    }

    fn sees(&self, a: [f64; 2], b: [f64; 2]) -> bool {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let steps = ((dx * dx + dy * dy).sqrt() / (0.4 * self.resolution)).ceil().max(1.0) as usize;
        (0..=steps).all(|i| {
            let t = i as f64 / steps as f64;
            self.is_free([a[0] + t * dx, a[1] + t * dy])
        })
    }
}

/// The length of a line of points, m.
#[must_use]
pub fn length(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|p| neuraxis_core::math::hypot(p[1][0] - p[0][0], p[1][1] - p[0][1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapier3d::prelude::{Pose, SharedShape};

    fn wall(x: f32, y: f32, hx: f32, hy: f32) -> Solid {
        Solid {
            shape: SharedShape::cuboid(hx, hy, 0.25),
            pose: Pose::from_translation(Vector::new(x, y, 0.25)),
            drivable: false,
        }
    }

    #[test]
    fn open_ground_is_a_straight_line() {
        let space = FreeSpace::new(&[], [-3.0, -3.0], [3.0, 3.0], 0.1, 0.2);
        let path = space.path([-2.0, -1.0], [2.0, 1.5]).expect("open");
        assert!((length(&path) - 22.25_f64.sqrt()).abs() < 1e-9, "{path:?}");
    }

    #[test]
    fn round_a_wall_the_way_is_near_the_true_optimum() {
        // A wall from y = -2 to 1 at x = 0; a body of radius 0.2 rounds its upper end.
        let space = FreeSpace::new(&[wall(0.0, -0.5, 0.05, 1.5)], [-3.0, -3.0], [3.0, 3.0], 0.2, 0.2);
        let path = space.path([-2.0, 0.0], [2.0, 0.0]).expect("there is a way");
        // Tangents to the two rounded corners at (±0.05, 1.0) with radius 0.2.
        let (dx, dy) = (1.95_f64, 1.0_f64);
        let tangent = (dx * dx + dy * dy - 0.04_f64).sqrt();
        let optimum = 2.0 * tangent + 0.1 + 0.2 * 0.9;
        let found = length(&path);
        assert!((found - optimum).abs() < 0.03 * optimum, "{found} against about {optimum}");
    }

    #[test]
    fn a_gap_that_is_too_narrow_is_none() {
        let walls = [wall(0.0, -1.6, 0.05, 1.5), wall(0.0, 1.6, 0.05, 1.5)];
        let bounds = ([-2.0, -3.0], [2.0, 3.0]);
        let way =
            |radius| FreeSpace::new(&walls, bounds.0, bounds.1, radius, 0.2).path([-1.5, 0.0], [1.5, 0.0]);
        assert!(way(0.08).is_some());
        assert!(way(0.12).is_none());
    }
}
