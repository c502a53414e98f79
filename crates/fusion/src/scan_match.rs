//! Matches a range scan to the map that was drawn so far.
//!
//! Source: Kohlbrecher, von Stryk, Meyer and Klingauf, "A flexible and scalable SLAM system with full
//! 3D motion estimation" (SSRR 2011), equations 6 to 13: the pose ξ that minimises Σ[1 − M(Sᵢ(ξ))]²
//! by Gauss–Newton, with M interpolated bilinearly between cells. Departures: M counts only evidence
//! *for* being occupied, clamp(log-odds / 1.5, 0, 1), so that the border between free and unknown does
//! not pull; only beams that end beside an occupied cell take part; there is one resolution; each
//! beam pulls only along the normal of the surface that it hit (point to line, Censi 2008), because
//! far walls are drawn as dots, and without this a scan locks on to the dots of the last one; and the
//! result is handed over with its information matrix H/σ², less any direction of the plane that is
//! [`OPEN`] to it, so that along a bare corridor the estimate stays as uncertain as it was.

use nalgebra::{Matrix2, Matrix3, Point2, Vector2, Vector3};
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
const SURE: f64 = 1.5;
/// A direction with less than this share of the information of the other is not constrained at all.
pub const OPEN: f64 = 0.05;
/// Neighbours on each side that a surface's normal is taken from.
const NEIGHBOURS: usize = 4;
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

/// Buffers of the matcher, kept between calls so that matching does not allocate.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Where each beam ended, in `base_link`; NaN where it did not.
    ends: Vec<Point2<f64>>,
    /// Of the beams that take part, the end and the normal of the surface there.
    points: Vec<(Point2<f64>, Vector2<f64>)>,
}

impl Matcher {
    /// A matcher for scans of at most `beams` beams.
    #[must_use]
    pub fn new(beams: usize) -> Self {
        Self { ends: Vec::with_capacity(beams), points: Vec::with_capacity(BEAMS + 1) }
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
        let mut open = None;
        for _ in 0..STEPS {
            let (mut h, mut gradient, _) = self.linearise(grid, &pose);
            if hessian == Matrix3::zeros() {
                open = open_direction(&h);
            }
            if let Some(open) = open {
                let keep = Matrix3::identity() - open * open.transpose();
                h = keep * h * keep;
                gradient = keep * gradient;
            }
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
        self.ends.clear();
        let nowhere = Point2::new(f64::NAN, f64::NAN);
        for (i, range) in scan.ranges.iter().enumerate().take(self.ends.capacity()) {
            let range = f64::from(*range);
            let has_end = range.is_finite() && range >= scan.range_min && range < 0.99 * scan.range_max;
            self.ends.push(if has_end {
                let (s, c) = ops::sin_cos(scan.angle_min + i as f64 * scan.angle_increment);
                mount.transform(range * c, range * s)
            } else {
                nowhere
            });
        }
        let every = self.ends.len().div_ceil(BEAMS).max(1);
        let mut seen = 0;
        for i in (0..self.ends.len()).step_by(every) {
            let end = self.ends[i];
            if end.x.is_nan() {
                continue;
            }
            seen += 1;
            let (x, y) = grid.cell_of(guess.transform(end.x, end.y));
            let beside_wall = (-1..=1).any(|dy| {
                (-1..=1).any(|dx| grid.index(x + dx, y + dy).is_some_and(|i| grid.cell(i) == Cell::Occupied))
            });
            if beside_wall && let Some(normal) = self.normal(i) {
                self.points.push((end, normal));
            }
        }
        seen
    }

    /// The normal of the surface that beam `i` hit, from the ends beside it; `None` where they lie apart.
    fn normal(&self, i: usize) -> Option<Vector2<f64>> {
        let end = self.ends[i];
        // Beams spread with distance; what is farther off than this is another surface.
        let reach = 0.05 + 0.15 * end.coords.norm();
        let low = i.saturating_sub(NEIGHBOURS);
        let high = (i + NEIGHBOURS + 1).min(self.ends.len());
        let mut count = 0.0;
        let mut sum = Vector2::zeros();
        let mut squares = Matrix2::zeros();
        for other in &self.ends[low..high] {
            let d = other - end;
            // A NaN is never within reach.
            if d.norm() <= reach {
                count += 1.0;
                sum += d;
                squares += d * d.transpose();
            }
        }
        if count < 3.0 {
            return None;
        }
        let mean = sum / count;
        let spread = squares / count - mean * mean.transpose();
        smallest_axis(&spread)
    }

    /// Gauss–Newton's H and gradient at `pose`, and the mean of M.
    fn linearise(&self, grid: &OccupancyGrid, pose: &Pose2) -> (Matrix3<f64>, Vector3<f64>, f64) {
        let (s, c) = ops::sin_cos(pose.yaw);
        let mut hessian = Matrix3::zeros();
        let mut gradient = Vector3::zeros();
        let mut sum = 0.0;
        for (p, normal) in &self.points {
            let (rx, ry) = (c * p.x - s * p.y, s * p.x + c * p.y);
            let (m, dx, dy) = occupancy(grid, pose.x + rx, pose.y + ry);
            let (nx, ny) = (c * normal.x - s * normal.y, s * normal.x + c * normal.y);
            let slope = dx * nx + dy * ny;
            let j = slope * Vector3::new(nx, ny, rx * ny - ry * nx);
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

/// The direction along which a set of points with covariance `spread` is thinnest.
fn smallest_axis(spread: &Matrix2<f64>) -> Option<Vector2<f64>> {
    let (a, b, c) = (spread[(0, 0)], spread[(0, 1)], spread[(1, 1)]);
    let half = (0.25 * (a - c) * (a - c) + b * b).sqrt();
    let least = 0.5 * (a + c) - half;
    // An eigenvector, from whichever row of the matrix is longer.
    let (one, other) = (Vector2::new(b, least - a), Vector2::new(least - c, b));
    let axis = if one.norm_squared() > other.norm_squared() { one } else { other };
    axis.try_normalize(1e-12)
}

/// The direction in the plane that `hessian` leaves open, if it leaves one.
fn open_direction(hessian: &Matrix3<f64>) -> Option<Vector3<f64>> {
    let plane = hessian.fixed_view::<2, 2>(0, 0).into_owned();
    let axis = smallest_axis(&plane)?;
    let least = (axis.transpose() * plane * axis)[0];
    let most = plane.trace() - least;
    (least < OPEN * most).then(|| Vector3::new(axis.x, axis.y, 0.0))
}
