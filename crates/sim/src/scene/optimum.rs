//! The shortest way to within some distance of a goal, for a disc in the true world: the yardstick of `bench navigation`.
//!
//! Not for a brain. Unlike [`super::route`], the way ends at the edge of the goal and is free of the grid's eight directions: A* over a
//! field of clearances with 32 directions, then pulled tight along lines of sight that are held to the interpolated
//! clearance. Its length is within 1 % of the true optimum (`round_corners_it_is_the_true_optimum`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use neuraxis_core::math;
use rapier3d::prelude::Vector;

use super::route::length;
use super::solid::Solid;

/// Cells a side at most; a larger world gets a coarser grid.
const MAX_CELLS: f64 = 1500.0;
/// Clearances are known up to so much beyond the body's radius, m.
const KNOWN: f64 = 0.3;
/// A line of sight may come so much too near to a wall, m: less than the field's own error.
const SLACK: f64 = 0.002;
/// Steps go so many cells far at most.
const REACH: i64 = 3;
/// Costs are counted in µm, so that equal ways are equal.
const MICRO: f64 = 1e6;
/// Not reached.
const FAR: u32 = u32::MAX;

/// The clearance around every point of a world, for a disc.
#[derive(Clone, Debug)]
pub struct Ground {
    origin: [f64; 2],
    cell: f64,
    width: usize,
    rows: usize,
    radius: f64,
    height: f64,
    room: Vec<f32>,
    steps: Vec<(i64, i64, u32)>,
}

/// How far it is from everywhere to a goal.
#[derive(Clone, Debug)]
pub struct Field {
    goal: [f64; 2],
    tolerance: f64,
    cost: Vec<u32>,
}

/// A shortest way.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Its corners, both ends included.
    pub points: Vec<[f64; 2]>,
    /// m.
    pub length: f64,
}

impl Ground {
    /// The ground between `solids` within `bounds` (lowest x and y, highest x and y; m) for a disc of `radius` that is `height` high.
    #[must_use]
    pub fn new(solids: &[Solid], bounds: [[f64; 2]; 2], radius: f64, height: f64) -> Self {
        let [low, high] = bounds;
        let extent = (high[0] - low[0]).max(high[1] - low[1]);
        let cell = (radius / 5.0).clamp(0.01, 0.05).max(extent / MAX_CELLS);
        let cells = |i: usize| ((high[i] - low[i]) / cell).ceil().max(1.0) as usize + 1;
        let (width, rows) = (cells(0), cells(1));
        let mut steps = Vec::new();
        for dx in -REACH..=REACH {
            for dy in -REACH..=REACH {
                if gcd(dx, dy) == 1 {
                    let long = math::hypot(dx as f64, dy as f64) * cell * MICRO;
                    steps.push((dx, dy, long.round() as u32));
                }
            }
        }
        let room = vec![(radius + KNOWN) as f32; width * rows];
        let mut ground = Self { origin: low, cell, width, rows, radius, height, room, steps };
        for solid in solids {
            ground.add(solid);
        }
        ground
    }

    /// The same ground with something more on it.
    #[must_use]
    pub fn with(&self, solid: &Solid) -> Self {
        let mut other = self.clone();
        other.add(solid);
        other
    }

    /// The same ground for a disc that is larger by `more` (m, at most 0.1).
    #[must_use]
    pub fn wider(&self, more: f64) -> Self {
        Self { radius: self.radius + more, ..self.clone() }
    }

    /// The radius of the disc, m.
    #[must_use]
    pub fn radius(&self) -> f64 {
        self.radius
    }

    fn add(&mut self, solid: &Solid) {
        let aabb = solid.shape.compute_aabb(&solid.pose);
        if solid.drivable || f64::from(aabb.mins.z) > self.height || aabb.maxs.z < 0.0 {
            return;
        }
        let z = (0.5 * self.height as f32).clamp(aabb.mins.z, aabb.maxs.z);
        let reach = self.radius + KNOWN;
        let span = |low: f32, high: f32, i: usize, count: usize| {
            let at =
                |x: f64| ((x - self.origin[i]) / self.cell).floor().clamp(0.0, (count - 1) as f64) as usize;
            at(f64::from(low) - reach)..=at(f64::from(high) + reach)
        };
        let columns = span(aabb.mins.x, aabb.maxs.x, 0, self.width);
        for y in span(aabb.mins.y, aabb.maxs.y, 1, self.rows) {
            for x in columns.clone() {
                let [px, py] = self.at(x as i64, y as i64);
                let point = Vector::new(px as f32, py as f32, z);
                let distance = solid.shape.distance_to_point(&solid.pose, point, true);
                let room = &mut self.room[y * self.width + x];
                *room = room.min(distance);
            }
        }
    }

    fn at(&self, x: i64, y: i64) -> [f64; 2] {
        [self.origin[0] + x as f64 * self.cell, self.origin[1] + y as f64 * self.cell]
    }

    /// Room from `point` to the nearest wall, m; no more than 0.3 m beyond the radius, and 0 outside of the world.
    #[must_use]
    pub fn room(&self, point: [f64; 2]) -> f64 {
        let [fx, fy] = [0, 1].map(|i| (point[i] - self.origin[i]) / self.cell);
        let (x, y) = (fx.floor(), fy.floor());
        if !(x >= 0.0 && y >= 0.0 && x + 1.0 < self.width as f64 && y + 1.0 < self.rows as f64) {
            return 0.0;
        }
        let (tx, ty) = (fx - x, fy - y);
        let i = y as usize * self.width + x as usize;
        let corner = |i: usize| f64::from(self.room[i]);
        (1.0 - ty) * ((1.0 - tx) * corner(i) + tx * corner(i + 1))
            + ty * ((1.0 - tx) * corner(i + self.width) + tx * corner(i + self.width + 1))
    }

    /// A node is free if its cell has room: a gap that the disc fits through has a node then, wherever the grid lies.
    fn is_free(&self, i: usize) -> bool {
        f64::from(self.room[i]) >= self.radius - 0.5 * self.cell
    }

    fn neighbours(&self, node: u32, mut each: impl FnMut(u32, u32)) {
        let (x, y) = (i64::from(node) % self.width as i64, i64::from(node) / self.width as i64);
        for (dx, dy, long) in &self.steps {
            let (nx, ny) = (x + dx, y + dy);
            if nx < 0 || ny < 0 || nx >= self.width as i64 || ny >= self.rows as i64 {
                continue;
            }
            let next = ny as usize * self.width + nx as usize;
            if !self.is_free(next) {
                continue;
            }
            let parts = dx.abs().max(dy.abs());
            let is_open = (1..parts).all(|k| {
                let t = k as f64 / parts as f64;
                let between = self.at(x, y);
                let between =
                    [between[0] + t * *dx as f64 * self.cell, between[1] + t * *dy as f64 * self.cell];
                self.room(between) >= self.radius - 0.5 * self.cell
            });
            if is_open {
                each(next as u32, *long);
            }
        }
    }

    fn node(&self, point: [f64; 2]) -> Option<u32> {
        let [x, y] = [0, 1].map(|i| ((point[i] - self.origin[i]) / self.cell).round());
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.rows as f64;
        inside.then(|| y as u32 * self.width as u32 + x as u32)
    }

    fn is_goal(&self, node: u32, goal: [f64; 2], tolerance: f64) -> bool {
        let p = self.at(i64::from(node) % self.width as i64, i64::from(node) / self.width as i64);
        math::hypot(p[0] - goal[0], p[1] - goal[1]) <= tolerance
    }

    /// How far it is from everywhere to within `tolerance` of `goal`.
    #[must_use]
    pub fn field(&self, goal: [f64; 2], tolerance: f64) -> Field {
        let mut cost = vec![FAR; self.room.len()];
        let mut heap = BinaryHeap::new();
        for (i, cost) in cost.iter_mut().enumerate() {
            if self.is_free(i) && self.is_goal(i as u32, goal, tolerance) {
                *cost = 0;
                heap.push(Reverse((0, i as u32)));
            }
        }
        while let Some(Reverse((so_far, node))) = heap.pop() {
            if so_far > cost[node as usize] {
                continue;
            }
            self.neighbours(node, |next, long| {
                let known = &mut cost[next as usize];
                let sum = so_far.saturating_add(long);
                if sum < *known {
                    *known = sum;
                    heap.push(Reverse((sum, next)));
                }
            });
        }
        Field { goal, tolerance, cost }
    }

    /// Whether the goal of `field` can be reached from `point`.
    #[must_use]
    pub fn reaches(&self, field: &Field, point: [f64; 2]) -> bool {
        self.node(point).is_some_and(|node| field.cost[node as usize] < FAR)
    }

    /// The shortest way from `start` to the goal of `field`, which was made on this ground or on one with fewer things on it.
    #[must_use]
    pub fn way(&self, field: &Field, start: [f64; 2]) -> Option<Way> {
        let first = self.node(start)?;
        let hope = |node: u32| field.cost[node as usize];
        if hope(first) == FAR || !self.is_free(first as usize) {
            return None;
        }
        let mut cost = vec![FAR; self.room.len()];
        let mut parent = vec![FAR; self.room.len()];
        let mut heap = BinaryHeap::new();
        cost[first as usize] = 0;
        heap.push(Reverse((hope(first), 0, first)));
        let mut last = None;
        while let Some(Reverse((_, so_far, node))) = heap.pop() {
            if so_far > cost[node as usize] {
                continue;
            }
            if self.is_goal(node, field.goal, field.tolerance) {
                last = Some(node);
                break;
            }
            self.neighbours(node, |next, long| {
                let sum = so_far.saturating_add(long);
                if sum < cost[next as usize] && hope(next) < FAR {
                    cost[next as usize] = sum;
                    parent[next as usize] = node;
                    heap.push(Reverse((sum.saturating_add(hope(next)), sum, next)));
                }
            });
        }
        let mut node = last?;
        let mut points = Vec::new();
        loop {
            points.push(self.at(i64::from(node) % self.width as i64, i64::from(node) / self.width as i64));
            if parent[node as usize] == FAR {
                break;
            }
            node = parent[node as usize];
        }
        points.push(start);
        points.reverse();
        let mut points = self.tightened(points);
        // The last stretch leads straight at the goal, if it can.
        if let [.., corner, end] = &mut points[..] {
            let [dx, dy] = [0, 1].map(|i| field.goal[i] - corner[i]);
            let away = math::hypot(dx, dy);
            let t = ((away - field.tolerance) / away.max(1e-9)).max(0.0);
            let straight = [corner[0] + t * dx, corner[1] + t * dy];
            if self.sees(*corner, straight) {
                *end = straight;
            }
        }
        Some(Way { length: length(&points), points })
    }

    /// The way along `points`, pulled tight from both ends until it gets no shorter.
    fn tightened(&self, mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
        let mut best = f64::INFINITY;
        for round in 0..8 {
            let dense = resampled(&points, self.cell);
            points = self.pulled(&dense);
            points.reverse();
            let long = length(&points);
            if round % 2 == 1 {
                if long > best - 1e-4 {
                    break;
                }
                best = long;
            }
        }
        points
    }

    fn pulled(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let Some((&first, &last)) = points.first().zip(points.last()) else { return Vec::new() };
        let mut kept = vec![first];
        let mut anchor = first;
        for pair in points.windows(2) {
            if anchor != pair[0] && !self.sees(anchor, pair[1]) {
                anchor = pair[0];
                kept.push(anchor);
            }
        }
        kept.push(last);
        kept
    }

    fn sees(&self, a: [f64; 2], b: [f64; 2]) -> bool {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let parts = (math::hypot(dx, dy) / (0.5 * self.cell)).ceil().max(1.0) as usize;
        (0..=parts).all(|i| {
            let t = i as f64 / parts as f64;
            self.room([a[0] + t * dx, a[1] + t * dy]) >= self.radius - SLACK
        })
    }
}

/// The same line with a point at least every `step` m.
fn resampled(points: &[[f64; 2]], step: f64) -> Vec<[f64; 2]> {
    let mut dense = Vec::new();
    for pair in points.windows(2) {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let parts = (math::hypot(dx, dy) / step).ceil().max(1.0) as usize;
        for k in 0..parts {
            let t = k as f64 / parts as f64;
            dense.push([pair[0][0] + t * dx, pair[0][1] + t * dy]);
        }
    }
    dense.extend(points.last());
    dense
}

fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [[f64; 2]; 2] = [[-3.0, -3.0], [3.0, 3.0]];

    #[test]
    fn round_corners_it_is_the_true_optimum() {
        let mut worst: f64 = 0.0;
        for i in 0..7 {
            // The way leads round the upper end of a wall.
            let (top, r) = (0.2 + 0.05 * f64::from(i), 0.1);
            let wall = Solid::block([0.0, top - 1.6], [0.1, 3.2, 0.4], 0.0);
            let (a, b) = ([-1.5 - 0.1 * f64::from(i), -0.4], [1.7, -0.3 + 0.07 * f64::from(i)]);
            let ground = Ground::new(&[wall], BOUNDS, r, 0.2);
            let field = ground.field(b, 0.45);
            let way = ground.way(&field, a).expect("a way");
            // Tangents to the two corners, two arcs, and the flat end between them.
            let side = |p: [f64; 2]| {
                let (dx, dy) = (p[0].abs() - 0.05, top - p[1]);
                let d = math::hypot(dx, dy);
                // The tangent leaves the corner's circle where it stands at right angles to the radius.
                let angle = math::atan2(dx, -dy) - math::atan2((d * d - r * r).sqrt(), r);
                ((d * d - r * r).sqrt(), r * angle)
            };
            let ((t1, a1), (t2, a2)) = (side(a), side(b));
            let optimum = t1 + a1 + 0.1 + a2 + t2 - 0.45;
            worst = worst.max((way.length / optimum - 1.0).abs());
        }
        assert!(worst < 0.01, "{worst}");
    }

    #[test]
    fn in_the_open_it_is_straight_and_ends_at_the_edge() {
        let ground = Ground::new(&[], BOUNDS, 0.1, 0.2);
        let field = ground.field([1.5, 1.0], 0.45);
        let way = ground.way(&field, [-1.5, -1.0]).expect("a way");
        assert!((way.length - (13.0_f64.sqrt() - 0.45)).abs() < 1e-6, "{way:?}");
    }

    #[test]
    fn a_gap_is_open_for_what_fits_wherever_the_grid_lies() {
        for i in 0..5 {
            let shift = 0.006 * f64::from(i);
            let wall = |y: f64| Solid::block([0.0, y + shift], [0.1, 3.0, 0.4], 0.0);
            let walls = [wall(-1.61), wall(1.61)];
            let way = |r: f64| {
                let ground = Ground::new(&walls, [[-2.0, -2.5], [2.0, 2.5]], r, 0.2);
                ground.way(&ground.field([1.5, 0.0], 0.2), [-1.5, 0.3])
            };
            assert!(way(0.1).is_some_and(|way| way.length < 3.0), "{i}");
            assert!(way(0.125).is_none(), "{i}");
        }
    }

    #[test]
    fn a_new_obstacle_makes_the_shortest_path_longer() {
        let ground = Ground::new(&[], BOUNDS, 0.1, 0.2);
        let field = ground.field([2.0, 0.0], 0.45);
        let other = ground.with(&Solid::block([0.0, 0.0], [0.5, 2.0, 0.4], 0.3));
        let (open, closed) = (ground.way(&field, [-2.0, 0.0]), other.way(&field, [-2.0, 0.0]));
        let fresh = other.way(&other.field([2.0, 0.0], 0.45), [-2.0, 0.0]);
        assert!(open.expect("a way").length + 0.2 < closed.as_ref().expect("a way").length);
        assert!((closed.expect("a way").length - fresh.expect("a way").length).abs() < 1e-3);
    }
}
