//! What failures leave behind: where the body could not go on, and which way it was going.
//!
//! An *impression* is a point of contact `w` with the direction `u` of what stood there. It says two things. Crisp: the
//! body, of radius `r`, does not fit where its middle would be nearer than `r` to `w`. Vague: what stood at `w` goes on to
//! both sides; going the same way beside it costs
//!
//! `λ Σₘ aₘ exp(−½ (s²/σₜ² + n²/σₙ²)) max(0, cos ∠(u, uₘ))`,
//!
//! with `s` along what was touched and `n` across. The charge of an edge is the largest value along it: bold at first, and
//! weakened where all else has failed. `isotropic` is the ablation without directions.

use nalgebra::{Matrix2, Point2, Vector2};
use neuraxis_core::{OccupancyGrid, Stamp, ops};

use super::spec::{GraphSpec, MemoryKind};
use super::store::NONE;
use crate::costmap::Costmap;
use crate::memory::{FieldMemory, FieldSpec};

/// Impressions that are kept.
const CAPACITY: usize = 4096;
/// Vague charges add up to this many times λ.
const MOST: f64 = 2.0;
/// A body that was stopped fits where it touches less deep than this share of its radius: belief and contact err.
const SLACK: f64 = 0.08;

/// Ends of walls that one touch can tell at most.
pub const ENDS: usize = 2;
/// A wall's end and the touch that tells its line lie at least so far from one another, radii.
const ENDS_APART: f64 = 0.3;
/// A point lies on the line of a wall if it is nearer to it than this, radii.
const IN_LINE: f64 = 0.25;
/// Cosines between which a touch is askew to a wall: 75° to 15°.
const ASKEW: [f64; 2] = [0.26, 0.966];

/// A way between two touches is narrow up to this width, radii.
const WIDEST_GAP: f64 = 3.0;
/// Two touches are opposite to one another if the cosine between each and the line that joins them is more than this.
const OPPOSITE: f64 = 0.25;

/// Where there is reason to think that the body fits, it may come so near to what it touched, radii.
const SQUEEZE: f64 = 0.75;
/// What lies across from the end of a wall may be felt so far from the other side, as a cosine.
const ACROSS: f64 = 0.1;

/// Where a wall ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallEnd {
    /// The edge, in the map, m.
    pub at: Point2<f64>,
    /// Into the wall: a unit vector.
    pub into: Vector2<f64>,
    /// Along the wall's line, from the edge to where no wall is: a unit vector.
    pub along: Vector2<f64>,
}

/// A failure.
#[derive(Clone, Copy, Debug)]
pub struct Impression {
    /// What was touched, in the map, m.
    pub at: Point2<f64>,
    /// From the body towards it.
    pub toward: Vector2<f64>,
    /// How sure it is, 0 to 1.
    pub weight: f64,
    /// How far it generalises: 1, and half as much each time it is weakened.
    pub boldness: f64,
    /// How often it was felt.
    pub felt: u32,
    /// Whether the body had passed there before: what opened once may open again, and is forgotten faster.
    pub was_passable: bool,
    /// Whether it was found to be the end of a wall.
    pub is_end: bool,
    /// When it was first felt; zero if before the present goal was taken up.
    pub since: Stamp,
}

impl Impression {
    /// Whether it is more than a trace.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.weight >= 0.05
    }
}

/// What impressions charge for an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Charge {
    /// m.
    pub cost: f64,
    /// What of it is a guess: that walls go on beside where they were touched, m.
    pub vague: f64,
    /// Whether the body would have to pass through something that it touched.
    pub is_blocked: bool,
}

/// What range finders saw.
#[derive(Clone, Debug)]
struct Seen {
    costs: Costmap,
    origin: Point2<f64>,
    resolution: f64,
}

impl Seen {
    fn cell(&self, at: &Point2<f64>) -> (i64, i64) {
        let index = |v: f64| (v / self.resolution).floor() as i64;
        (index(at.x - self.origin.x), index(at.y - self.origin.y))
    }

    /// What is charged for going near to walls on the way `way` from `from`, m.
    fn nearness(&self, from: Point2<f64>, way: Vector2<f64>) -> f64 {
        let steps = (way.norm() / self.resolution).ceil().clamp(1.0, 400.0);
        let mut sum = 0.0;
        for i in 0..=steps as usize {
            let (x, y) = self.cell(&(from + way * (i as f64 / steps)));
            if (0..self.costs.width()).contains(&x) && (0..self.costs.height()).contains(&y) {
                let factor = self.costs.factor((y * self.costs.width() + x) as usize);
                sum += factor.map_or(0.0, |quarters| f64::from(quarters) / 4.0 - 1.0);
            }
        }
        NEARNESS * sum * way.norm() / (steps + 1.0)
    }
}

/// What the way beside a wall costs more than free ground, of what the map says it does.
const NEARNESS: f64 = 0.25;

/// All impressions.
#[derive(Clone, Debug)]
pub struct Impressions {
    /// The present time: what is felt is stamped with it.
    pub now: Stamp,
    spec: GraphSpec,
    radius: f64,
    along: f64,
    across: f64,
    list: Vec<Impression>,
    field: Option<FieldMemory>,
    /// What range finders saw, if the body has any.
    seen: Option<Seen>,
    origin: Point2<f64>,
    cell: f64,
    columns: usize,
    rows: usize,
    /// By cell, the first impression of a chain.
    cells: Vec<u32>,
    chain: Vec<u32>,
}

impl Impressions {
    /// None yet, of a body of `radius` (m), in the area of `size` (m) whose lowest corner is `origin`.
    #[must_use]
    pub fn new(spec: &GraphSpec, radius: f64, origin: Point2<f64>, size: [f64; 2]) -> Self {
        let along = spec.sigma[0] * radius;
        let across = spec.sigma[1] * radius;
        let cell = (3.0 * along).max((size[0] * size[1] / 2.5e5).sqrt()).max(2.0 * radius);
        let columns = (size[0] / cell).ceil().max(1.0) as usize;
        let rows = (size[1] / cell).ceil().max(1.0) as usize;
        let field = (spec.memory == MemoryKind::Superposed).then(|| {
            FieldMemory::new(&FieldSpec {
                seed: spec.seed,
                center: Point2::new(origin.x + 0.5 * size[0], origin.y + 0.5 * size[1]),
                size,
                tile: (8.0 * along).max(size[0].max(size[1]) / 24.0),
                rows: 1024,
                sigma: across,
                ..FieldSpec::default()
            })
        });
        Self {
            now: Stamp::ZERO,
            spec: spec.clone(),
            radius,
            along,
            across,
            list: Vec::with_capacity(CAPACITY),
            field,
            seen: None,
            origin,
            cell,
            columns,
            rows,
            cells: vec![NONE; columns * rows],
            chain: Vec::with_capacity(CAPACITY),
        }
    }

    /// Range hits count as impressions too from now on, as the map draws them.
    pub fn see(&mut self, map: &OccupancyGrid, lethal: f64, inflation: f64) {
        self.seen = Some(Seen {
            costs: Costmap::new(map, lethal, inflation),
            origin: map.origin(),
            resolution: map.resolution(),
        });
    }

    /// Takes in what changed in the map; the places whose surroundings did.
    pub fn look(&mut self, map: &OccupancyGrid) -> impl Iterator<Item = Point2<f64>> + '_ {
        if let Some(seen) = &mut self.seen {
            seen.costs.update(map);
        }
        let columns = map.width().max(1);
        self.seen.iter().flat_map(move |seen| {
            seen.costs.touched().iter().map(move |cell| {
                let (x, y) = (*cell as usize % columns, *cell as usize / columns);
                Point2::new(
                    seen.origin.x + (x as f64 + 0.5) * seen.resolution,
                    seen.origin.y + (y as f64 + 0.5) * seen.resolution,
                )
            })
        })
    }

    /// The nearest point to `at`, within `reach` m, where the body fits as far as is seen; `at` itself for a body that does not see.
    #[must_use]
    pub fn free_near(&self, at: Point2<f64>, reach: f64) -> Option<Point2<f64>> {
        let Some(seen) = &self.seen else { return Some(at) };
        let cell = seen.cell(&at);
        if seen.costs.is_clear(cell, cell) {
            return Some(at);
        }
        let index =
            seen.costs.nearest_free(cell, (reach / seen.resolution).ceil().clamp(1.0, 40.0) as i64)?;
        let (x, y) = (index as i64 % seen.costs.width(), index as i64 / seen.costs.width());
        let middle = |i: i64| (i as f64 + 0.5) * seen.resolution;
        Some(Point2::new(seen.origin.x + middle(x), seen.origin.y + middle(y)))
    }

    /// What range finders saw, as costs of cells.
    #[must_use]
    pub fn costs(&self) -> Option<&Costmap> {
        self.seen.as_ref().map(|seen| &seen.costs)
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Impression] {
        &self.list
    }

    /// How far an impression reaches, m.
    #[must_use]
    pub fn reach(&self) -> f64 {
        3.0 * self.along.max(self.across) + self.radius
    }

    fn cell_of(&self, at: &Point2<f64>) -> (usize, usize) {
        let index = |v: f64, count: usize| (v / self.cell).floor().clamp(0.0, count as f64 - 1.0) as usize;
        (index(at.x - self.origin.x, self.columns), index(at.y - self.origin.y, self.rows))
    }

    fn near(&self, low: Point2<f64>, high: Point2<f64>) -> impl Iterator<Item = usize> {
        let ((left, bottom), (right, top)) = (self.cell_of(&low), self.cell_of(&high));
        (bottom..=top)
            .flat_map(move |row| (left..=right).map(move |column| row * self.columns + column))
            .flat_map(move |cell| {
                let mut i = self.cells[cell];
                std::iter::from_fn(move || {
                    (i != NONE).then(|| {
                        let found = i as usize;
                        i = self.chain[found];
                        found
                    })
                })
            })
    }

    /// Remembers that something stands at `at`, towards `toward` (a unit vector) from the body.
    ///
    /// What is known already is only made sure of; the index of the impression, unless the memory is full.
    pub fn note(&mut self, at: Point2<f64>, toward: Vector2<f64>, was_passable: bool) -> Option<usize> {
        let close = 0.25 * self.radius;
        let known = {
            let corner = Vector2::new(close, close);
            self.near(at - corner, at + corner).find(|i| {
                let old = &self.list[*i];
                nalgebra::distance(&old.at, &at) < close && old.toward.dot(&toward) > 0.7
            })
        };
        if let Some(i) = known {
            let missing = 1.0 - self.list[i].weight;
            let old = &mut self.list[i];
            // Given up meanwhile, it is felt anew.
            old.since = if old.counts() { old.since } else { self.now };
            old.weight = 1.0;
            old.felt = old.felt.saturating_add(1);
            old.was_passable |= was_passable;
            if missing > 0.0 {
                self.superpose_if_bold(i, missing);
            }
            return Some(i);
        }
        if self.list.len() >= CAPACITY {
            return None;
        }
        // What stands beside something that was not always there was not always there either.
        let was_passable = was_passable || {
            let corner = Vector2::new(self.along, self.along);
            self.near(at - corner, at + corner).any(|i| {
                let old = &self.list[i];
                old.was_passable && old.weight > 0.05 && nalgebra::distance(&old.at, &at) < self.along
            })
        };
        // Novelty: where something like it is remembered, only the crisp part is new.
        let boldness = if self.value(&at, &toward) < 0.5 { 1.0 } else { 0.0 };
        let i = self.list.len();
        let (column, row) = self.cell_of(&at);
        let cell = row * self.columns + column;
        self.list.push(Impression {
            at,
            toward,
            weight: 1.0,
            boldness,
            felt: 1,
            was_passable,
            is_end: false,
            since: self.now,
        });
        self.chain.push(self.cells[cell]);
        self.cells[cell] = i as u32;
        if boldness > 0.0 {
            self.superpose(i, 1.0);
        }
        Some(i)
    }

    /// Puts an impression into the superposed memory, with a factor on its weight, if there is one.
    fn superpose(&mut self, i: usize, factor: f64) {
        let covariance = self.covariance(&self.list[i]);
        let Impression { at, toward, weight, .. } = self.list[i];
        if let Some(field) = &mut self.field {
            let _ = field.store(&at, ops::atan2(toward.y, toward.x), &covariance, factor * weight);
        }
    }

    fn covariance(&self, impression: &Impression) -> Matrix2<f64> {
        let along = (self.along * impression.boldness.max(0.1)).max(self.across);
        let u = impression.toward;
        let t = Vector2::new(-u.y, u.x);
        if self.spec.isotropic {
            return Matrix2::identity() * (along * along);
        }
        u * u.transpose() * (self.across * self.across) + t * t.transpose() * (along * along)
    }

    /// The vague field at a place, going in the direction `u`.
    #[must_use]
    pub fn value(&self, at: &Point2<f64>, u: &Vector2<f64>) -> f64 {
        if let Some(field) = &self.field {
            return field.query(at, ops::atan2(u.y, u.x)).clamp(0.0, MOST);
        }
        let reach = self.reach();
        let corner = Vector2::new(reach, reach);
        let sum: f64 = self.near(at - corner, at + corner).map(|i| self.vague(&self.list[i], at, u)).sum();
        sum.min(MOST)
    }

    fn vague(&self, impression: &Impression, at: &Point2<f64>, u: &Vector2<f64>) -> f64 {
        if impression.boldness <= 0.0 {
            return 0.0;
        }
        let d = at - impression.at;
        let along = (self.along * impression.boldness).max(self.across);
        let (square, direction) = if self.spec.isotropic {
            (d.norm_squared() / (along * along), 1.0)
        } else {
            let n = d.dot(&impression.toward);
            let s = d.x * -impression.toward.y + d.y * impression.toward.x;
            let square = s * s / (along * along) + n * n / (self.across * self.across);
            (square, impression.toward.dot(u).max(0.0))
        };
        if square > 9.0 { 0.0 } else { impression.weight * direction * ops::exp(-0.5 * square) }
    }

    /// How near the middle of the body may come to a point that it touched, m.
    #[must_use]
    pub fn core(&self) -> f64 {
        self.radius * (1.0 - SLACK)
    }

    /// Whether the body fits at a place, as far as it has touched anything.
    #[must_use]
    pub fn fits(&self, at: Point2<f64>) -> bool {
        let corner = Vector2::new(self.radius, self.radius);
        let is_seen = self.seen.as_ref().is_some_and(|seen| {
            let cell = seen.cell(&at);
            !seen.costs.is_clear(cell, cell)
        });
        !is_seen
            && self.near(at - corner, at + corner).all(|i| {
                let impression = &self.list[i];
                !impression.counts() || nalgebra::distance(&impression.at, &at) >= self.core()
            })
    }

    /// The ends of walls that the impression `i` and those near it tell together, and that were not told before; at most [`ENDS`].
    ///
    /// A round body that touches the flat of a wall feels it along the wall's normal. Where a point lies on the line of a wall
    /// and was felt askew, the body stood beside an edge: there the wall ends, and the body may pass.
    pub fn take_ends(&mut self, i: usize) -> [Option<WallEnd>; ENDS] {
        let mut found = [None; ENDS];
        let mut count = 0;
        let at = self.list[i].at;
        let corner = Vector2::new(self.along, self.along);
        let ((left, bottom), (right, top)) = (self.cell_of(&(at - corner)), self.cell_of(&(at + corner)));
        for cell in (bottom..=top).flat_map(|r| (left..=right).map(move |c| (r, c))) {
            let mut next = self.cells[cell.0 * self.columns + cell.1];
            while next != NONE {
                let j = next as usize;
                next = self.chain[j];
                for (end, wall) in [(i, j), (j, i)] {
                    if count < ENDS
                        && let Some(told) = self.end_of_wall(end, wall)
                    {
                        self.list[end].is_end = true;
                        found[count] = Some(told);
                        count += 1;
                    }
                }
            }
        }
        found
    }

    /// The narrow way that the impression `i` tells together with the nearest one opposite to it: the point in its middle, and the
    /// direction in which it leads on (a unit vector).
    ///
    /// Each of the two was felt from the side of the other, so that the body was between them, or one is the end of a wall and the
    /// other lies across; and they are so far apart that it fits.
    #[must_use]
    pub fn gap_at(&self, i: usize) -> Option<(Point2<f64>, Vector2<f64>)> {
        let one = &self.list[i];
        let widest = WIDEST_GAP * self.radius;
        let corner = Vector2::new(widest, widest);
        let mut best: Option<(f64, usize)> = None;
        for j in self.near(one.at - corner, one.at + corner) {
            let other = &self.list[j];
            let d = other.at - one.at;
            let width = d.norm();
            let fits = width >= 2.0 * SQUEEZE * self.radius && width <= widest;
            // Each was felt from the side of the other; or one was, and the other is the wall across.
            let (facing, faced) = (-one.toward.dot(&d) / width, other.toward.dot(&d) / width);
            let is_between = facing.min(faced) > -ACROSS;
            // In the corner of a room it would be between two walls, too.
            let is_end = one.is_end && facing > OPPOSITE || other.is_end && faced > OPPOSITE;
            if fits && is_between && is_end && other.counts() && best.is_none_or(|b| (width, j) < b) {
                best = Some((width, j));
            }
        }
        let (width, j) = best?;
        let other = &self.list[j];
        let d = (other.at - one.at) / width;
        let across = Vector2::new(-d.y, d.x);
        let across = across * (one.toward + other.toward).dot(&across).signum();
        let middle = nalgebra::center(&one.at, &other.at);
        Some((middle, self.flat(middle, across)))
    }

    /// Whether the impression `end` is where the wall ends that was felt at `wall`.
    fn end_of_wall(&self, end: usize, wall: usize) -> Option<WallEnd> {
        let (end, wall) = (&self.list[end], &self.list[wall]);
        let n = wall.toward;
        let d = end.at - wall.at;
        let is_near = d.norm() <= self.along && d.norm() >= ENDS_APART * self.radius;
        let is_in_line = d.dot(&n).abs() < IN_LINE * self.radius;
        let across = end.toward.dot(&n);
        let is_askew = across > ASKEW[0] && across < ASKEW[1];
        let is_told = is_near && is_in_line && is_askew;
        if !is_told || end.is_end || !end.counts() || !wall.counts() {
            return None;
        }
        let into = self.flat(end.at, n);
        let t = Vector2::new(-into.y, into.x);
        Some(WallEnd { at: end.at, into, along: -t * end.toward.dot(&t).signum() })
    }

    /// The direction into the walls around `at`, felt about as `n`: the mean of what was felt there, for one touch may err.
    fn flat(&self, at: Point2<f64>, n: Vector2<f64>) -> Vector2<f64> {
        let corner = Vector2::new(self.along, self.along);
        let near = self.near(at - corner, at + corner).map(|i| &self.list[i]);
        let sum: Vector2<f64> = near
            .filter(|i| i.counts() && !i.is_end && i.toward.dot(&n) > ASKEW[1])
            .map(|i| i.toward * f64::from(i.felt))
            .sum();
        if sum.norm() > 0.5 { sum.normalize() } else { n }
    }

    /// What is charged for going straight from `from` to `to`.
    #[must_use]
    pub fn charge(&self, from: Point2<f64>, to: Point2<f64>) -> Charge {
        self.charge_for(from, to, self.core())
    }

    /// The same where there is reason to think that the body fits through: touches err, and what they leave open is tried. Guesses
    /// that a wall goes on charge nothing.
    #[must_use]
    pub fn charge_invited(&self, from: Point2<f64>, to: Point2<f64>) -> Charge {
        let charge = self.charge_for(from, to, SQUEEZE * self.radius);
        Charge { cost: charge.cost - charge.vague, vague: 0.0, ..charge }
    }

    /// The same for a body whose middle may come as near as `closest` (m) to what it touched.
    fn charge_for(&self, from: Point2<f64>, to: Point2<f64>, closest: f64) -> Charge {
        if !self.spec.impressions {
            return Charge::default();
        }
        let way = to - from;
        let length = way.norm();
        if length < 1e-9 {
            return Charge::default();
        }
        let u = way / length;
        let reach = self.reach();
        let low = Point2::new(from.x.min(to.x) - reach, from.y.min(to.y) - reach);
        let high = Point2::new(from.x.max(to.x) + reach, from.y.max(to.y) + reach);
        let steps = (length / (0.7 * self.across)).ceil().clamp(1.0, 200.0) as usize;
        let step = |i: usize| from + way * (i as f64 / steps as f64);
        let (mut core, mut vague) = (0.0_f64, 0.0_f64);
        let mut near_walls = 0.0;
        if let Some(seen) = &self.seen {
            if !seen.costs.is_clear(seen.cell(&from), seen.cell(&to)) {
                core = 1.0;
            }
            near_walls = seen.nearness(from, way);
        }
        for i in self.near(low, high) {
            let impression = &self.list[i];
            let ahead = (impression.at - from).dot(&u).clamp(0.0, length);
            let gap = (impression.at - (from + u * ahead)).norm();
            // Leaving a place where it is touched is no way through.
            let leaves = ahead <= 0.0 && impression.toward.dot(&u) < 0.3;
            if gap < closest && !leaves {
                core = core
                    .max(impression.weight * f64::from(1_u32 << impression.felt.min(12).saturating_sub(1)));
            }
            if self.field.is_none() && impression.boldness > 0.0 && gap < reach {
                let most = (0..=steps).map(|i| self.vague(impression, &step(i), &u)).fold(0.0, f64::max);
                vague += most;
            }
        }
        if self.field.is_some() {
            vague = (0..=steps).map(|i| self.value(&step(i), &u)).fold(0.0, f64::max);
            // Noise of the superposition is no obstacle.
            vague = if vague < 0.25 { 0.0 } else { vague };
        }
        let vague = self.spec.lambda * vague.min(MOST);
        Charge { cost: vague + self.spec.alpha * core + near_walls, vague, is_blocked: core > 0.05 }
    }

    /// The body went from `from` to `to` without touching anything: what stood in its way is not there.
    /// Whether anything changed.
    pub fn contradict(&mut self, from: Point2<f64>, to: Point2<f64>) -> bool {
        let way = to - from;
        let length = way.norm();
        if length < 1e-9 {
            return false;
        }
        let u = way / length;
        let reach = self.reach();
        let low = Point2::new(from.x.min(to.x) - reach, from.y.min(to.y) - reach);
        let high = Point2::new(from.x.max(to.x) + reach, from.y.max(to.y) + reach);
        let mut changed = false;
        let ((left, bottom), (right, top)) = (self.cell_of(&low), self.cell_of(&high));
        for cell in (bottom..=top).flat_map(|r| (left..=right).map(move |c| (r, c))) {
            let mut next = self.cells[cell.0 * self.columns + cell.1];
            while next != NONE {
                let i = next as usize;
                next = self.chain[i];
                let impression = self.list[i];
                let ahead = (impression.at - from).dot(&u);
                if ahead < 0.0 || ahead > length || impression.weight <= 0.0 {
                    continue;
                }
                let gap = (impression.at - (from + u * ahead)).norm();
                if gap < 0.7 * self.radius {
                    // Through the very point.
                    self.superpose_if_bold(i, -1.0);
                    self.list[i].weight = 0.0;
                    changed = true;
                } else if impression.boldness > 0.0 && impression.toward.dot(&u) > 0.5 && gap < self.along {
                    // Past it, through what it was thought to go on as.
                    self.superpose_if_bold(i, -1.0);
                    self.list[i].boldness *= 0.5;
                    if self.list[i].boldness < 0.2 {
                        self.list[i].boldness = 0.0;
                    }
                    self.superpose_if_bold(i, 1.0);
                    changed = true;
                }
            }
        }
        changed
    }

    fn superpose_if_bold(&mut self, i: usize, factor: f64) {
        if self.list[i].boldness > 0.0 && self.list[i].weight > 0.0 {
            self.superpose(i, factor);
        }
    }

    /// Halves the boldness of what stands within `radius` m of `at`: all else has failed.
    pub fn weaken(&mut self, at: Point2<f64>, radius: f64) {
        for i in 0..self.list.len() {
            if nalgebra::distance(&self.list[i].at, &at) <= radius && self.list[i].boldness > 0.0 {
                self.superpose_if_bold(i, -1.0);
                self.list[i].boldness *= 0.5;
                self.superpose_if_bold(i, 1.0);
            }
        }
    }

    /// A trial is over: impressions fade by `decay`, those of what was open before by `volatile`.
    pub fn fade(&mut self, decay: f64, volatile: f64) {
        for i in 0..self.list.len() {
            let factor = if self.list[i].was_passable { volatile } else { decay };
            let before = self.list[i].weight;
            self.list[i].weight *= factor;
            self.list[i].felt = 1;
            self.list[i].since = Stamp::ZERO;
            if before > 0.0 && self.list[i].boldness > 0.0 {
                self.superpose(i, 1.0 - 1.0 / factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wall along the y axis, touched from the left, that ends at y = 1; beyond a gap of `width` radii it goes on.
    fn felt(touches: &[([f64; 2], f64)]) -> (Impressions, usize) {
        let mut impressions = Impressions::new(&GraphSpec::default(), 0.1, Point2::origin(), [4.0, 4.0]);
        let mut last = 0;
        for (at, degrees) in touches {
            let (s, c) = ops::sin_cos(degrees.to_radians());
            last = impressions
                .note(Point2::new(at[0], at[1]), Vector2::new(c, s), false)
                .expect("there is room");
        }
        (impressions, last)
    }

    #[test]
    fn a_wall_ends_where_it_is_felt_askew_and_nowhere_else() {
        let (mut flat, last) = felt(&[([1.0, 0.8], 0.0), ([1.0, 0.9], 3.0), ([1.003, 1.0], -2.0)]);
        assert_eq!(flat.take_ends(last), [None; ENDS], "along the flat");
        let (mut corner, last) = felt(&[([1.0, 0.8], 0.0), ([0.86, 0.95], 90.0)]);
        assert_eq!(corner.take_ends(last), [None; ENDS], "another wall of the room");
        // Felt from the gap: what was touched lies to the right of the body, which faces the wall.
        let (mut end, last) = felt(&[([1.0, 0.8], 0.0), ([1.0, 1.0], -40.0)]);
        let [Some(told), None] = end.take_ends(last) else { panic!("one end") };
        assert!((told.into - Vector2::x()).norm() < 1e-9, "{told:?}");
        assert!((told.along - Vector2::y()).norm() < 1e-9, "{told:?}: away from the wall");
        assert_eq!(end.take_ends(last), [None; ENDS], "once");
    }

    #[test]
    fn the_way_between_two_ends_leads_through_their_middle() {
        let (mut gap, last) = felt(&[([1.0, 0.8], 0.0), ([1.0, 1.0], -40.0), ([1.0, 1.22], 40.0)]);
        assert_eq!(gap.gap_at(last), None, "nothing tells that a wall ends there");
        let _ = gap.take_ends(last - 1);
        let (middle, into) = gap.gap_at(last).expect("a way");
        assert!((middle - Point2::new(1.0, 1.11)).norm() < 1e-9, "{middle}");
        assert!((into - Vector2::x()).norm() < 1e-9, "{into}");
        let (mut narrow, last) = felt(&[([1.0, 0.8], 0.0), ([1.0, 1.0], -40.0), ([1.0, 1.15], 40.0)]);
        let _ = narrow.take_ends(last - 1);
        assert_eq!(narrow.gap_at(last), None, "the body does not fit");
    }
}
