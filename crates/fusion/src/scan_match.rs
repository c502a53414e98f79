//! Matches a range scan to the map that was drawn so far.
//!
//! Source: Kohlbrecher, von Stryk, Meyer and Klingauf, "A flexible and scalable SLAM system with full
//! 3D motion estimation" (SSRR 2011), equations 6 to 13: the pose ξ that minimises Σ[1 − M(Sᵢ(ξ))]²
//! by Gauss–Newton, with M interpolated bilinearly between cells. Departures: M counts only evidence
//! *for* being occupied, clamp(log-odds / 3, 0, 1), so that the border between free and unknown does
//! not pull; only beams that end beside an occupied cell take part; there is one resolution; and the
//! result is handed over with its information matrix H/σ², so that the direction along a bare corridor,
//! which no beam constrains, stays as uncertain as it was.

use nalgebra::{Matrix3, Point2, Vector3};
use neuraxis_core::grid::Cell;
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::{OccupancyGrid, Pose2, ops};

/// At most so many beams take part.
const BEAMS: usize = 180;
/// Fewer than this are no match.
const FEWEST: usize = 20;
/// Gauss–Newton steps.
const STEPS: usize = 6;
/// Log-odds that count as surely occupied.
const SURE: f64 = 3.0;
/// Variance of 1 − M of one beam, with an allowance for beams that err together.
const VARIANCE: f64 = 1.0;

/// A matched pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// `base_link` in the map, at the time of the scan.
    pub pose: Pose2,
    /// Inverse covariance of (x, y, yaw): 1/m², 1/(m·rad), 1/rad².
    pub information: Matrix3<f64>,
    /// Mean of M over the beams that took part, 0 to 1: how well they lie on walls.
    pub score: f64,
    /// Share of the beams with a range that took part, 0 to 1.
    pub overlap: f64,
}

/// Endpoints of the beams that take part, kept between calls so that matching does not allocate.
#[derive(Clone, Debug)]
pub struct Matcher {
    points: Vec<Point2<f64>>,
}

impl Default for Matcher {
    fn default() -> Self {
        Self { points: Vec::with_capacity(BEAMS + 1) }
    }
}

impl Matcher {
    /// The pose near `guess` (of `base_link`, in the map) at which `scan`, from a sensor mounted at
    /// `mount`, fits `grid` best; `None` if too few beams end near known walls, or the search strays.
    pub fn find(
        &mut self,
        grid: &OccupancyGrid,
        scan: &LaserScan,
        mount: &Pose2,
        guess: &Pose2,
    ) -> Option<Match> {
        if !guess.is_finite() {
            return None;
        }
        let seen = self.select(grid, scan, mount, guess);
        if self.points.len() < FEWEST {
            return None;
        }
        let overlap = self.points.len() as f64 / seen as f64;
        let mut pose = *guess;
        let mut hessian = Matrix3::zeros();
        for _ in 0..STEPS {
            let (h, gradient, _) = self.linearise(grid, &pose);
            hessian = h;
            // A little damping: where nothing constrains, nothing moves.
            let damped = h + Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, 0.01));
            let step = damped.cholesky()?.solve(&gradient);
            pose = Pose2::new(pose.x + step.x, pose.y + step.y, pose.yaw + step.z);
            if step.x.abs() < 1e-4 && step.y.abs() < 1e-4 && step.z.abs() < 1e-4 {
                break;
            }
        }
        let strayed = pose.distance(guess) > 0.3 || ops::wrap(pose.yaw - guess.yaw).abs() > 0.3;
        if strayed || !pose.is_finite() {
            return None;
        }
        let (_, _, score) = self.linearise(grid, &pose);
        let variance = VARIANCE.max((1.0 - score) * (1.0 - score) * 4.0);
        Some(Match { pose, information: hessian / variance, score, overlap })
    }

    /// Picks beams that end beside an occupied cell; returns how many had a range at all.
    fn select(&mut self, grid: &OccupancyGrid, scan: &LaserScan, mount: &Pose2, guess: &Pose2) -> usize {
        self.points.clear();
        let every = scan.ranges.len().div_ceil(BEAMS).max(1);
        let mut seen = 0;
        for (i, range) in scan.ranges.iter().enumerate().step_by(every) {
            let range = f64::from(*range);
            if !(range.is_finite() && range >= scan.range_min && range < 0.99 * scan.range_max) {
                continue;
            }
            seen += 1;
            let (s, c) = ops::sin_cos(scan.angle_min + i as f64 * scan.angle_increment);
            let local = mount.transform(range * c, range * s);
            let (x, y) = grid.cell_of(guess.transform(local.x, local.y));
            let beside_wall = (-1..=1).any(|dy| {
                (-1..=1).any(|dx| grid.index(x + dx, y + dy).is_some_and(|i| grid.cell(i) == Cell::Occupied))
            });
            if beside_wall {
                self.points.push(local);
            }
        }
        seen
    }

    /// Gauss–Newton's H and gradient at `pose`, and the mean of M.
    fn linearise(&self, grid: &OccupancyGrid, pose: &Pose2) -> (Matrix3<f64>, Vector3<f64>, f64) {
        let (s, c) = ops::sin_cos(pose.yaw);
        let mut hessian = Matrix3::zeros();
        let mut gradient = Vector3::zeros();
        let mut sum = 0.0;
        for p in &self.points {
            let (rx, ry) = (c * p.x - s * p.y, s * p.x + c * p.y);
            let (m, dx, dy) = occupancy(grid, pose.x + rx, pose.y + ry);
            let j = Vector3::new(dx, dy, rx * dy - ry * dx);
            hessian += j * j.transpose();
            gradient += j * (1.0 - m);
            sum += m;
        }
        (hessian, gradient, sum / self.points.len().max(1) as f64)
    }
}

/// M at the point (x, y) and its slope along x and y, 1/m.
fn occupancy(grid: &OccupancyGrid, x: f64, y: f64) -> (f64, f64, f64) {
    let r = grid.resolution();
    let (gx, gy) = ((x - grid.origin().x) / r - 0.5, (y - grid.origin().y) / r - 0.5);
    let (ix, iy) = (gx.floor(), gy.floor());
    let (fx, fy) = (gx - ix, gy - iy);
    let at = |dx: i64, dy: i64| {
        grid.index(ix as i64 + dx, iy as i64 + dy)
            .map_or(0.0, |i| (f64::from(grid.log_odds()[i]) / SURE).clamp(0.0, 1.0))
    };
    let (m00, m10, m01, m11) = (at(0, 0), at(1, 0), at(0, 1), at(1, 1));
    let m = (1.0 - fy) * ((1.0 - fx) * m00 + fx * m10) + fy * ((1.0 - fx) * m01 + fx * m11);
    let dx = ((1.0 - fy) * (m10 - m00) + fy * (m11 - m01)) / r;
    let dy = ((1.0 - fx) * (m01 - m00) + fx * (m11 - m10)) / r;
    (m, dx, dy)
}
