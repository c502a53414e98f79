//! What the local controller sees: the points that senses of distance hit, in `odom`, and a cloud of points in `base_link`.

use nalgebra::Point2;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, Input, Percepts, Pose2, Reading, Stamp, math, saved};

/// Obstacle points that are kept.
const POINTS: usize = 512;
/// Points nearer than this to the one before add nothing, m.
const SPACING: f64 = 0.02;
/// A scan that is older than this is not trusted, s.
const STALE: f64 = 0.5;
/// A sense that sees less than this share of what the widest one does sees only a part.
const WIDE: f64 = 0.5;

/// Points in `base_link`, laid out for many distances at once.
#[derive(Clone, Debug)]
pub(super) struct PointCloud {
    /// m; the last group is filled up with points at infinity.
    x: Vec<[f32; LANES]>,
    y: Vec<[f32; LANES]>,
    count: usize,
}

/// Distances that are taken side by side.
const LANES: usize = 8;

impl PointCloud {
    pub(super) fn new() -> Self {
        let groups = POINTS.div_ceil(LANES);
        Self { x: Vec::with_capacity(groups), y: Vec::with_capacity(groups), count: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
        self.count = 0;
    }

    /// Adds a point; what is over [`POINTS`] is let go.
    pub(super) fn push(&mut self, p: Point2<f64>) {
        if self.count >= POINTS {
            return;
        }
        let lane = self.count % LANES;
        if lane == 0 {
            self.x.push([f32::INFINITY; LANES]);
            self.y.push([f32::INFINITY; LANES]);
        }
        self.x[self.count / LANES][lane] = p.x as f32;
        self.y[self.count / LANES][lane] = p.y as f32;
        self.count += 1;
    }

    pub(super) fn points(&self) -> impl Iterator<Item = Point2<f64>> {
        let flat = self.x.iter().flatten().zip(self.y.iter().flatten());
        flat.take(self.count).map(|(x, y)| Point2::new(f64::from(*x), f64::from(*y)))
    }

    /// From (`x`, `y`) to the nearest point, m; infinite if there is none.
    pub(super) fn distance(&self, x: f64, y: f64) -> f64 {
        let (x, y) = (x as f32, y as f32);
        let mut nearest = [f32::INFINITY; LANES];
        for (xs, ys) in self.x.iter().zip(&self.y) {
            for lane in 0..LANES {
                let (dx, dy) = (xs[lane] - x, ys[lane] - y);
                let square = dx * dx + dy * dy;
                nearest[lane] = if square < nearest[lane] { square } else { nearest[lane] };
            }
        }
        f64::from(nearest.into_iter().fold(f32::INFINITY, f32::min)).sqrt()
    }
}

/// A sense that tells distances.
#[derive(Clone, Debug)]
pub(super) struct RangeSense {
    input: Input<Reading>,
    mount: Pose2,
    /// Whether it sees far round, and not only a part of what the widest sees.
    pub(super) is_wide: bool,
    /// What its last reading hit, in `odom`, m.
    pub(super) hits: Vec<Point2<f64>>,
    /// When that was measured.
    stamp: Option<Stamp>,
}

impl RangeSense {
    /// All that tells distances on `body`.
    pub(super) fn all(body: &BodyDescription) -> Vec<Self> {
        let view = |slot: usize| body.sensors[slot].blank().beams().map(|beams| beams.field_of_view());
        let widest = (0..body.sensors.len()).filter_map(view).fold(0.0, f64::max);
        let sense = |input: Input<Reading>| {
            let is_wide = view(input.slot())? >= WIDE * widest;
            let mount = Pose2::from_spatial(input.mount());
            Some(Self { input, mount, is_wide, hits: Vec::with_capacity(POINTS), stamp: None })
        };
        Input::all(body).filter_map(sense).collect()
    }

    /// Whether what it saw can be trusted still.
    pub(super) fn is_fresh(&self, now: Stamp) -> bool {
        self.stamp.is_some_and(|stamp| now.since(stamp) < STALE)
    }

    /// Takes in a new reading, if there is one: what it hit within `far` m, where it was measured.
    pub(super) fn take(&mut self, percepts: &Percepts, belief: &Belief, far: f64) {
        let Some(sample) = self.input.take(percepts) else { return };
        let Some(beams) = sample.reading.beams() else { return };
        self.hits.clear();
        // Back along the motion to where it was measured.
        let age = percepts.now.since(sample.stamp).clamp(0.0, STALE);
        let sensor = belief.odom.advance(&belief.twist, -age).compose(&self.mount);
        let mut last: Option<Point2<f64>> = None;
        for (angle, range) in beams.iter() {
            // Nearer than the sensor can tell is still something.
            let range = if range == f64::NEG_INFINITY { beams.range_min } else { range };
            if !range.is_finite() || range > far || self.hits.len() >= POINTS {
                continue;
            }
            let (s, c) = math::sin_cos(angle);
            let point = sensor.transform(range * c, range * s);
            if last.is_some_and(|last| nalgebra::distance_squared(&last, &point) < SPACING * SPACING) {
                continue;
            }
            last = Some(point);
            self.hits.push(point);
        }
        self.stamp = Some(sample.stamp);
    }
}

saved!(PointCloud { x: list, y: list, count } then Self::is_whole);

impl PointCloud {
    /// Whether what was loaded has room for its points.
    fn is_whole(&mut self) -> bool {
        self.x.len() == self.y.len() && self.x.len() == self.count.div_ceil(LANES)
    }
}
saved!(RangeSense { input, hits: list, stamp; mount, is_wide });
