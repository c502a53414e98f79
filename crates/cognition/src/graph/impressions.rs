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
//!
//! `ends` reads out of several of them where a wall ends and where the body may pass; `seen` adds what range finders saw.

mod ends;
mod seen;

use nalgebra::{Matrix2, Point2, Vector2};
use neuraxis_core::{Stamp, math, saved, value};

use super::NONE;
use super::spec::{GraphSpec, MemoryKind};
use crate::memory::{FieldMemory, FieldSpec};
pub use ends::{ENDS, WallEnd};
use seen::Seen;

/// Impressions that are kept.
const CAPACITY: usize = 4096;
/// Vague charges add up to this many times λ.
const MAX: f64 = 2.0;
/// A body that was stopped fits where it touches less deep than this share of its radius: belief and contact err.
const SLACK: f64 = 0.08;
/// Where there is reason to think that the body fits, it may come so near to what it touched, radii.
const SQUEEZE: f64 = 0.75;

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
            let _ = field.store(&at, math::atan2(toward.y, toward.x), &covariance, factor * weight);
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
            return field.query(at, math::atan2(u.y, u.x)).clamp(0.0, MAX);
        }
        let reach = self.reach();
        let corner = Vector2::new(reach, reach);
        let sum: f64 = self.near(at - corner, at + corner).map(|i| self.vague(&self.list[i], at, u)).sum();
        sum.min(MAX)
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
        if square > 9.0 { 0.0 } else { impression.weight * direction * math::exp(-0.5 * square) }
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
        let vague = self.spec.lambda * vague.min(MAX);
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

value!(struct Impression { at, toward, weight, boldness, felt, was_passable, is_end, since });
saved!(Impressions {
    now, list: list, field: each, seen: each, origin, cells, chain: list;
    spec, radius, along, across, cell, columns, rows
} then Self::is_whole);

impl Impressions {
    /// Whether what was loaded names only impressions that are there, in chains that end.
    fn is_whole(&mut self) -> bool {
        let mut left = self.list.len();
        let ends = |first: &u32| {
            let mut at = *first;
            while at != NONE {
                let Some(next) = self.chain.get(at as usize) else { return false };
                let Some(fewer) = left.checked_sub(1) else { return false };
                (at, left) = (*next, fewer);
            }
            true
        };
        self.chain.len() == self.list.len() && self.cells.iter().all(ends)
    }
}
