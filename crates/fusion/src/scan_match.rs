//! Matches a range scan to the map that was drawn so far.
//!
//! Source: point-to-line matching of Censi, "An ICP variant using a point-to-line metric" (ICRA 2008),
//! equation 2: the pose that minimises Σ wᵢ (nᵢ·(pᵢ(ξ) − cᵢ))², by Gauss–Newton, against a grid as
//! in Kohlbrecher et al., "A flexible and scalable SLAM system" (SSRR 2011). Departures: the point c that
//! a beam is held against is the mean of the hits in the nearest occupied cell, which is finer than
//! the grid and has no thickness; the normal n is that of the scan's own surface around the beam, so that
//! the dots in which far walls are drawn do not hold the scan along the wall; weights w are Cauchy's
//! with a scale of [`SCALE`]; a fourth unknown takes up an error that all ranges share, which would pull the pose towards the nearer
//! walls; where little of a scan fits, it is tried from some headings beside the guess (a short
//! correlative search, Olson, "Real-time correlative scan matching", ICRA 2009); and the result is handed over with its information matrix, less any
//! direction of the plane that is [`OPEN`] to it, so that along a bare corridor the estimate stays
//! as uncertain as it was.

use nalgebra::{Matrix2, Matrix3, Matrix4, Point2, Vector2, Vector4};
use neuraxis_core::grid::Cell;
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::{OccupancyGrid, Pose2, math, saved};

use crate::mapper::Mapper;

/// At most so many beams take part.
const BEAMS: usize = 180;
/// Fewer than this are no match.
const FEWEST: usize = 20;
/// Gauss–Newton steps.
const STEPS: usize = 6;
/// Residual at which a beam counts half, m.
pub const SCALE: f64 = 0.03;
/// A direction with less than this share of the information of the other is not constrained at all.
pub const OPEN: f64 = 0.05;
/// Neighbours on each side that a surface's normal is taken from.
const NEIGHBOURS: usize = 4;
/// A scan of which less than this share lies beside walls, and more than this contradicts the map, is looked at from
/// other headings too, rad from the one that is guessed.
const HALF: f64 = 0.5;
const MIN_AGAINST: f64 = 0.2;
const TURNS: [f64; 6] = [-0.06, 0.06, -0.12, 0.12, -0.2, 0.2];
/// So many cells next to a beam's end, and to the eye, say nothing of walls that it would have passed.
const BESIDE: usize = 2;
/// Information that holds an offset at zero.
const FIXED: f64 = 1e9;
/// Least standard deviation of a residual, m, with an allowance for beams that err together.
const MIN_ERROR: f64 = 0.03;

/// A matched pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// `base_link` in the map, at the time of the scan.
    pub pose: Pose2,
    /// Inverse covariance of (x, y, yaw): 1/m², 1/(m·rad), 1/rad².
    pub information: Matrix3<f64>,
    /// Mean weight of the beams that took part, 0 to 1: how well they lie on walls.
    pub score: f64,
    /// Share of the beams with a range that took part, 0 to 1.
    pub overlap: f64,
    /// Whether a direction of the plane is left open.
    pub is_open: bool,
    /// Mean of the squared residuals, m², each cut off at the reach of the search.
    pub mean_square: f64,
    /// Share of the beams that contradict the map: they end in the open, or behind a known wall; 0 to 1.
    pub against: f64,
    /// By how much all ranges seem to be too long, m.
    pub offset: f64,
}

/// Buffers of the matcher, kept between calls so that matching does not allocate.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Where each beam ended, in `base_link`; NaN where it did not.
    ends: Vec<Point2<f64>>,
    /// Of the beams that take part, the end, the normal of the surface there, and the direction of the beam.
    points: Vec<Beam>,
    /// Share of the beams of the last scan that contradicted the map.
    against: f64,
}

impl Matcher {
    /// A matcher for scans of at most `beams` beams.
    #[must_use]
    pub fn new(beams: usize) -> Self {
        Self { ends: Vec::with_capacity(beams), points: Vec::with_capacity(BEAMS + 1), against: 0.0 }
    }
}

impl Matcher {
    /// Share of the beams of the last scan that contradicted the map: they ended in the open, or behind a known wall.
    #[must_use]
    pub fn against(&self) -> f64 {
        self.against
    }

    /// The pose near `guess` (of `base_link`, in the map) at which `scan`, from a sensor mounted at
    /// `mount`, fits `grid` best; `None` if too few beams end near known walls, or the search strays. An error that all
    /// ranges share (m) is found besides, as far as it is likely: `offset_std` is its standard deviation, 0 for none.
    pub fn find(
        &mut self,
        grid: &OccupancyGrid,
        drawn: &Mapper,
        scan: &LaserScan,
        mount: &Pose2,
        guess: &Pose2,
        offset_std: f64,
    ) -> Option<Match> {
        if !guess.is_finite() {
            return None;
        }
        self.locate(scan, mount);
        let (mut pose, seen) = self.look(grid, mount, guess);
        if self.points.len() < FEWEST {
            return None;
        }
        let overlap = self.points.len() as f64 / seen as f64;
        let mut hessian = Matrix4::zeros();
        let mut open = None;
        let mut offset = 0.0;
        // What is known of the offset without this scan, as the beams' information is counted.
        let known = if offset_std > 0.0 { MIN_ERROR * MIN_ERROR / (offset_std * offset_std) } else { FIXED };
        for _ in 0..STEPS {
            let (mut h, mut gradient, _) = self.linearise(grid, drawn, &pose, offset);
            h[(3, 3)] += known;
            gradient[3] -= known * offset;
            if hessian == Matrix4::zeros() {
                open = open_direction(&h.fixed_view::<3, 3>(0, 0).into_owned());
            }
            if let Some(open) = open {
                let keep = Matrix4::identity() - open * open.transpose();
                h = keep * h * keep;
                gradient = keep * gradient;
            }
            hessian = h;
            // A little damping: where nothing constrains, nothing moves.
            let damped = h + Matrix4::from_diagonal(&Vector4::new(1e-2, 1e-2, 1e-3, 0.0));
            let step = damped.cholesky()?.solve(&gradient);
            pose = Pose2::new(pose.x + step.x, pose.y + step.y, pose.yaw + step.z);
            offset += step.w;
            if step.x.abs() < 1e-4 && step.y.abs() < 1e-4 && step.z.abs() < 1e-4 {
                break;
            }
        }
        let strayed = pose.distance(guess) > 0.3 || math::wrap(pose.yaw - guess.yaw).abs() > 0.3;
        if strayed || !pose.is_finite() {
            return None;
        }
        let (_, _, fit) = self.linearise(grid, drawn, &pose, offset);
        let variance = (4.0 * fit.mean_square).max(MIN_ERROR * MIN_ERROR);
        // The pose's share, with the offset unknown.
        let coupled = hessian.fixed_view::<3, 1>(0, 3).into_owned();
        let of_pose = hessian.fixed_view::<3, 3>(0, 0) - coupled * coupled.transpose() / hessian[(3, 3)];
        Some(Match {
            pose,
            offset,
            information: of_pose / variance,
            score: fit.score,
            overlap,
            is_open: open.is_some(),
            mean_square: fit.raw,
            against: self.against,
        })
    }

    /// Picks beams from `guess`, or from where it is turned a little, if that fits far better; the pose that it looked
    /// from, and how many beams had a range at all.
    fn look(&mut self, grid: &OccupancyGrid, mount: &Pose2, guess: &Pose2) -> (Pose2, usize) {
        let seen = self.select(grid, mount, guess);
        let (straight, against) = (self.points.len(), self.against);
        let mut best = (straight, *guess);
        if (straight as f64) < HALF * seen as f64 && against > MIN_AGAINST {
            for turn in TURNS {
                let turned = Pose2 { yaw: guess.yaw + turn, ..*guess };
                self.select(grid, mount, &turned);
                if self.points.len() > best.0 + straight / 2 + FEWEST {
                    best = (self.points.len(), turned);
                }
            }
            self.select(grid, mount, &best.1);
        }
        (best.1, seen)
    }

    /// Where the beams of `scan` end, in `base_link`.
    fn locate(&mut self, scan: &LaserScan, mount: &Pose2) {
        self.ends.clear();
        let nowhere = Point2::new(f64::NAN, f64::NAN);
        for (i, range) in scan.ranges.iter().enumerate().take(self.ends.capacity()) {
            let range = f64::from(*range);
            let has_end = range.is_finite() && range >= scan.range_min && range < 0.99 * scan.range_max;
            self.ends.push(if has_end {
                let (s, c) = math::sin_cos(scan.angle_min + i as f64 * scan.angle_increment);
                mount.transform(range * c, range * s)
            } else {
                nowhere
            });
        }
    }

    /// Picks beams that end beside an occupied cell; returns how many had a range at all.
    fn select(&mut self, grid: &OccupancyGrid, mount: &Pose2, guess: &Pose2) -> usize {
        self.points.clear();
        // In the open few beams end anywhere; then each of them counts.
        let valid = self.ends.iter().filter(|end| !end.x.is_nan()).count();
        let every = valid.div_ceil(BEAMS).max(1);
        let mut seen = 0;
        let mut met = 0;
        let mut against = 0;
        let eye = guess.transform(mount.x, mount.y);
        for i in 0..self.ends.len() {
            let end = self.ends[i];
            if end.x.is_nan() {
                continue;
            }
            met += 1;
            if met % every != 0 {
                continue;
            }
            seen += 1;
            let (x, y) = grid.cell_of(guess.transform(end.x, end.y));
            let beside_wall = (-1..=1).any(|dy| {
                (-1..=1).any(|dx| grid.index(x + dx, y + dy).is_some_and(|i| grid.cell(i) == Cell::Occupied))
            });
            if beside_wall {
                if let Some(normal) = self.normal(i) {
                    let way = end - Point2::new(mount.x, mount.y);
                    let direction = way.try_normalize(1e-9).unwrap_or_default();
                    self.points.push(Beam { end, normal, direction });
                }
            } else if contradicts(grid, eye, guess.transform(end.x, end.y)) {
                against += 1;
            }
        }
        self.against = f64::from(against) / (seen as f64).max(1.0);
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

    /// Gauss–Newton's H and gradient at `pose`, and how well the beams fit there.
    fn linearise(
        &self,
        grid: &OccupancyGrid,
        drawn: &Mapper,
        pose: &Pose2,
        offset: f64,
    ) -> (Matrix4<f64>, Vector4<f64>, Fit) {
        let (s, c) = math::sin_cos(pose.yaw);
        let mut hessian = Matrix4::zeros();
        let mut gradient = Vector4::zeros();
        let (mut weights, mut squares, mut raw, mut met) = (0.0, 0.0, 0.0, 0.0_f64);
        for Beam { end, normal, direction } in &self.points {
            let p = end - direction * offset;
            let (rx, ry) = (c * p.x - s * p.y, s * p.x + c * p.y);
            let end = Point2::new(pose.x + rx, pose.y + ry);
            let Some(surface) = nearest_surface(grid, drawn, end) else { continue };
            let n = Vector2::new(c * normal.x - s * normal.y, s * normal.x + c * normal.y);
            let residual = n.dot(&(surface - end));
            let weight = 1.0 / (1.0 + (residual / SCALE) * (residual / SCALE));
            let j = Vector4::new(n.x, n.y, rx * n.y - ry * n.x, -normal.dot(direction));
            hessian += weight * j * j.transpose();
            gradient += weight * residual * j;
            weights += weight;
            squares += weight * residual * residual;
            raw += residual * residual;
            met += 1.0;
        }
        let all = self.points.len().max(1) as f64;
        let fit = Fit { score: weights / all, mean_square: squares / met.max(1.0), raw: raw / met.max(1.0) };
        (hessian, gradient, fit)
    }
}

/// Whether a beam from `eye` to `end` contradicts the map: it ends where all is free, or passed a wall on its way.
fn contradicts(grid: &OccupancyGrid, eye: Point2<f64>, end: Point2<f64>) -> bool {
    let cell = |point: Point2<f64>| grid.index_of(point).map(|index| grid.cell(index));
    if cell(end) == Some(Cell::Free) {
        return true;
    }
    let way = end - eye;
    let steps = (way.norm() / grid.resolution()) as usize;
    (BESIDE..steps.saturating_sub(BESIDE))
        .any(|i| cell(end - way * (i as f64 / steps as f64)) == Some(Cell::Occupied))
}

/// A beam that takes part, in `base_link`.
#[derive(Clone, Copy, Debug)]
struct Beam {
    /// Where it ended.
    end: Point2<f64>,
    /// Of the surface there.
    normal: Vector2<f64>,
    /// From the sensor to the end.
    direction: Vector2<f64>,
}

/// How well beams lie on surfaces.
struct Fit {
    /// Mean weight.
    score: f64,
    /// Weighted mean of the squared residuals, m².
    mean_square: f64,
    /// Plain mean of the squared residuals, m².
    raw: f64,
}

/// The surface nearest to `point` in the cells around it.
fn nearest_surface(grid: &OccupancyGrid, drawn: &Mapper, point: Point2<f64>) -> Option<Point2<f64>> {
    let (x, y) = grid.cell_of(point);
    let mut best: Option<(f64, Point2<f64>)> = None;
    for dy in -1..=1 {
        for dx in -1..=1 {
            let Some(index) = grid.index(x + dx, y + dy) else { continue };
            if grid.cell(index) != Cell::Occupied {
                continue;
            }
            let Some(surface) = drawn.surface(grid, index) else { continue };
            let distance = nalgebra::distance_squared(&surface, &point);
            if best.is_none_or(|(b, _)| distance < b) {
                best = Some((distance, surface));
            }
        }
    }
    best.map(|(_, surface)| surface)
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
fn open_direction(hessian: &Matrix3<f64>) -> Option<Vector4<f64>> {
    let plane = hessian.fixed_view::<2, 2>(0, 0).into_owned();
    let axis = smallest_axis(&plane)?;
    let least = (axis.transpose() * plane * axis)[0];
    let most = plane.trace() - least;
    (least < OPEN * most).then(|| Vector4::new(axis.x, axis.y, 0.0, 0.0))
}

// What it works with is made anew for each scan.
saved!(Matcher { against; ends, points });
