//! Draws range scans into an occupancy grid.
//!
//! Source: Moravec and Elfes 1985; log-odds update of Thrun, Burgard and Fox, *Probabilistic Robotics*
//! (2005), table 9.1, with an inverse sensor model of two constants. Rays are walked cell by cell
//! (Amanatides and Woo 1987). Departures: the cell that a beam of a sweep hits is not cleared by
//! another beam of the same sweep, so that grazing rays do not eat walls; and only every other beam
//! clears, in turn, which halves the cost.

use nalgebra::Point2;
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::{OccupancyGrid, Pose2, math, saved};

/// Log-odds of a hit (probability 0.71).
const HIT: f32 = 0.9;
/// Log-odds of being seen through (probability 0.40).
const MISS: f32 = -0.4;

/// Hits after which the mean in a cell forgets older ones.
const MEMORY: f32 = 30.0;

/// Draws scans into one grid.
///
/// Beside the grid it keeps, for each cell, the mean of the points that were hit in it: the surface, to a
/// fraction of a cell.
#[derive(Clone, Debug)]
pub struct Mapper {
    /// Mean of the hits in a cell, from the cell's middle, m, and their number.
    hits: Vec<[f32; 3]>,
    /// The sweep in which a cell was last hit.
    hit_in: Vec<u32>,
    sweep: u32,
}

impl Mapper {
    /// A mapper for `grid`.
    #[must_use]
    pub fn new(grid: &OccupancyGrid) -> Self {
        let count = grid.cells().len();
        Self { hits: vec![[0.0; 3]; count], hit_in: vec![0; count], sweep: 0 }
    }

    /// The mean of the points that were hit in the cell `index` of `grid`, in the map, if there were any.
    #[must_use]
    pub fn surface(&self, grid: &OccupancyGrid, index: usize) -> Option<Point2<f64>> {
        let [x, y, count] = *self.hits.get(index)?;
        if count < 1.0 {
            return None;
        }
        let (column, row) = grid.coordinates(index);
        let middle = grid.center_of(column, row);
        Some(Point2::new(middle.x + f64::from(x), middle.y + f64::from(y)))
    }

    fn remember(&mut self, grid: &OccupancyGrid, index: usize, point: Point2<f64>) {
        let (column, row) = grid.coordinates(index);
        let offset = point - grid.center_of(column, row);
        let hit = &mut self.hits[index];
        hit[2] = (hit[2] + 1.0).min(MEMORY);
        hit[0] += (offset.x as f32 - hit[0]) / hit[2];
        hit[1] += (offset.y as f32 - hit[1]) / hit[2];
    }

    /// Draws `scan`, taken by a sensor at `sensor` in the map.
    ///
    /// `+inf` clears as far as the sensor reaches; NaN and `-inf` say nothing (REP 117).
    pub fn draw(&mut self, grid: &mut OccupancyGrid, sensor: &Pose2, scan: &LaserScan) {
        if !sensor.is_finite() || self.hit_in.len() != grid.cells().len() {
            return;
        }
        self.sweep = self.sweep.wrapping_add(1).max(1);
        let direction =
            |i: usize| math::sin_cos(sensor.yaw + scan.angle_min + i as f64 * scan.angle_increment);
        for (i, range) in scan.ranges.iter().enumerate() {
            let range = f64::from(*range);
            if !(range.is_finite() && range >= scan.range_min && range < scan.range_max) {
                continue;
            }
            let (s, c) = direction(i);
            let point = Point2::new(sensor.x + range * c, sensor.y + range * s);
            if let Some(cell) = grid.index_of(point) {
                self.remember(grid, cell, point);
                if self.hit_in[cell] != self.sweep {
                    self.hit_in[cell] = self.sweep;
                    grid.add(cell, HIT);
                }
            }
        }
        let parity = (self.sweep % 2) as usize;
        for (i, range) in scan.ranges.iter().enumerate().skip(parity).step_by(2) {
            let range = f64::from(*range);
            if range.is_nan() || range < scan.range_min {
                continue;
            }
            let (s, c) = direction(i);
            self.clear(grid, sensor, c, s, range.min(scan.range_max));
        }
    }

    /// Clears the cells from the sensor up to, and not including, the one at `range` m.
    fn clear(&self, grid: &mut OccupancyGrid, sensor: &Pose2, c: f64, s: f64, range: f64) {
        let resolution = grid.resolution();
        let start = Point2::new(sensor.x, sensor.y);
        let (mut x, mut y) = grid.cell_of(start);
        let end = grid.cell_of(Point2::new(sensor.x + range * c, sensor.y + range * s));
        let (step_x, step_y) = (if c > 0.0 { 1 } else { -1 }, if s > 0.0 { 1 } else { -1 });
        let (per_x, per_y) = (resolution / c.abs().max(1e-12), resolution / s.abs().max(1e-12));
        let middle = grid.center_of(x, y);
        // Way along the ray to the first border across x and across y.
        let to_border = |p: f64, m: f64, d: f64, per: f64| {
            let inside = if d > 0.0 { m + 0.5 * resolution - p } else { p - (m - 0.5 * resolution) };
            inside / resolution * per
        };
        let mut next_x = to_border(start.x, middle.x, c, per_x);
        let mut next_y = to_border(start.y, middle.y, s, per_y);
        let most = 2 * (grid.width() + grid.height());
        for _ in 0..most {
            if (x, y) == end || next_x.min(next_y) > range + resolution {
                return;
            }
            let Some(index) = grid.index(x, y) else { return };
            if self.hit_in[index] != self.sweep {
                grid.add(index, MISS);
            }
            if next_x < next_y {
                x += step_x;
                next_x += per_x;
            } else {
                y += step_y;
                next_y += per_y;
            }
        }
    }
}

saved!(Mapper { hits, hit_in, sweep });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::grid::Cell;

    fn scan(ranges: Vec<f32>) -> LaserScan {
        LaserScan {
            angle_min: 0.0,
            angle_increment: 2.0 * math::PI / ranges.len() as f64,
            range_min: 0.1,
            range_max: 3.0,
            ranges,
        }
    }

    fn draw(ranges: &[f32], times: usize) -> OccupancyGrid {
        let mut grid = OccupancyGrid::new(Point2::origin(), [8.0, 8.0], 0.05);
        let mut mapper = Mapper::new(&grid);
        for _ in 0..times {
            mapper.draw(&mut grid, &Pose2::new(0.01, 0.02, 0.0), &scan(ranges.to_vec()));
        }
        grid
    }

    fn at(grid: &OccupancyGrid, x: f64, y: f64) -> Cell {
        grid.cell(grid.index_of(Point2::new(x, y)).expect("inside"))
    }

    #[test]
    fn a_hit_is_occupied_the_way_there_free_and_what_lies_behind_unknown() {
        let grid = draw(&[2.0, f32::INFINITY, f32::NAN, f32::NEG_INFINITY], 6);
        assert_eq!(at(&grid, 2.01, 0.02), Cell::Occupied);
        assert_eq!(at(&grid, 1.0, 0.02), Cell::Free);
        assert_eq!(at(&grid, 2.2, 0.02), Cell::Unknown);
        assert_eq!(at(&grid, 0.01, 2.9), Cell::Free, "nothing within reach clears");
        assert_eq!(at(&grid, -1.0, 0.02), Cell::Unknown, "NaN says nothing");
        assert_eq!(at(&grid, 0.01, -1.0), Cell::Unknown, "-inf says nothing");
    }

    #[test]
    fn grazing_rays_do_not_eat_the_wall() {
        // A wall at y = 0.52, seen at down to 20 degrees; beyond, beams lie farther apart than cells.
        let ranges: Vec<f32> = (0..720)
            .map(|i| {
                let s = math::sin(f64::from(i) * math::PI / 360.0);
                if s > 0.17 { (0.5 / s) as f32 } else { f32::INFINITY }
            })
            .collect();
        let grid = draw(&ranges, 20);
        for i in 0..54 {
            let x = -1.325 + 0.05 * f64::from(i);
            assert!(at(&grid, x, 0.52) == Cell::Occupied, "hole at {x}");
        }
    }

    #[test]
    fn a_scan_from_outside_the_grid_or_from_a_pose_that_is_not_finite_changes_nothing() {
        let mut grid = OccupancyGrid::new(Point2::origin(), [1.0, 1.0], 0.05);
        let mut mapper = Mapper::new(&grid);
        for pose in [Pose2::new(5.0, 5.0, 1.0), Pose2 { x: f64::NAN, y: 0.0, yaw: 0.0 }] {
            for _ in 0..6 {
                mapper.draw(&mut grid, &pose, &scan(vec![2.0; 32]));
            }
            assert!(grid.log_odds().iter().all(|odds| *odds == 0.0), "{pose:?}");
            assert!((0..grid.cells().len()).all(|i| mapper.surface(&grid, i).is_none()), "{pose:?}");
        }
    }

    #[test]
    fn a_ray_that_leaves_the_grid_clears_up_to_its_edge_and_occupies_nothing() {
        let mut grid = OccupancyGrid::new(Point2::origin(), [1.0, 1.0], 0.05);
        let mut mapper = Mapper::new(&grid);
        for _ in 0..6 {
            mapper.draw(&mut grid, &Pose2::new(-0.38, 0.02, 0.0), &scan(vec![2.0; 4]));
        }
        for (x, y) in [(0.47, 0.02), (-0.47, 0.02), (-0.38, 0.47), (-0.38, -0.47)] {
            assert_eq!(at(&grid, x, y), Cell::Free, "({x}, {y})");
        }
        assert!(grid.cells().iter().all(|cell| *cell != Cell::Occupied));
        assert_eq!(at(&grid, 0.2, 0.3), Cell::Unknown, "no ray went there");
    }
}
