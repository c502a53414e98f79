//! What is kept under harmonic keys: a field of directed impressions, and an index of places.

use nalgebra::{Cholesky, DMatrixView, DMatrixViewMut, Matrix2, Point2, Vector2};
use neuraxis_core::saved;

use crate::code::{ANGLE_REALS, AngleKernel, HarmonicCode, dot, harmonics, weigh};

/// Rows that a query encodes at a time, on the stack.
const BLOCK: usize = 64;
/// An impression ends here, in standard deviations: it is not stored in tiles that lie farther off.
const REACH: f64 = 3.0;
/// A kernel so wide that fewer rows than this are left in effect is refused.
const FEWEST_ROWS: f64 = 16.0;
/// Below this, what was forgotten is multiplied out.
const SMALLEST_SCALE: f32 = 1e-3;

/// How large and how fine a [`FieldMemory`] is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldSpec {
    /// Of the random stream that Γ is drawn from.
    pub seed: u64,
    /// The middle of the area, m.
    pub center: Point2<f64>,
    /// The extent of the area along x and y, m; rounded up to whole tiles.
    pub size: [f64; 2],
    /// The edge of a tile, m (> 0).
    pub tile: f64,
    /// Phases in a key: 512 to 2048 do for ten to fifty impressions a tile.
    pub rows: usize,
    /// The finest kernel that can be stored, m (> 0).
    pub sigma: f64,
    /// The highest harmonic of the direction, 1..=8: 2 takes five vectors a tile, 4 takes seven.
    pub harmonics: usize,
}

impl Default for FieldSpec {
    fn default() -> Self {
        Self {
            seed: 0,
            center: Point2::origin(),
            size: [20.0, 20.0],
            tile: 2.0,
            rows: 1024,
            sigma: 0.2,
            harmonics: 2,
        }
    }
}

/// Superposed memory of impressions with a place w, a direction v, a covariance Σ (m²) and an amplitude a.
///
/// At a place x in a direction u it holds about I(x, u) = Σ a · exp(-½ (x-w)ᵀ Σ⁻¹ (x-w)) · max(0, cos(u-v)), at the same cost
/// for one impression or many. The area is cut into square tiles; a tile is one vector of `2 * rows` numbers for every
/// harmonic of the direction that [`AngleKernel::rectified_cosine`] has, and holds every impression within 3 standard
/// deviations of the tile. (What is farther off is lost: at most 1 % of an amplitude.)
///
/// Impressions in a tile disturb each other: n of them with amplitude 1 and m rows in effect (see
/// [`HarmonicCode::gaussian`]) by ½ √(n/2m), rms, if they lie apart; by more where they overlap, as they then err alike.
/// With 1024 rows, tiles of 4 m and kernels of 0.2 m that is 0.04 for 10 and 0.09 for 50, of which overlap makes
/// 0.01; with the code for 0.2 m and kernels of 0.4 m overlap nearly doubles it.
///
/// All memory is taken at the start: `tiles * (5 or more) * 2 * rows * 4` bytes.
#[derive(Clone, Debug)]
pub struct FieldMemory {
    code: HarmonicCode<2>,
    kernel: AngleKernel,
    /// Where each stored vector of a tile stands in the code of an angle ([`harmonics`]).
    channels: Vec<usize>,
    /// The corner of least x and y, m.
    corner: Point2<f64>,
    tile: f64,
    /// Along x and y.
    tiles: [usize; 2],
    /// Tile by tile (x fastest), channel by channel: `[cos | sin]` of the rows. In units of `scale`.
    numbers: Vec<f32>,
    scale: f32,
    key: Vec<f32>,
    weights: Vec<f32>,
}

impl FieldMemory {
    /// An empty memory.
    #[must_use]
    pub fn new(spec: &FieldSpec) -> Self {
        let count = spec.rows.max(1);
        let code = HarmonicCode::new(spec.seed, count, spec.sigma);
        let kernel = AngleKernel::rectified_cosine(spec.harmonics);
        let channels: Vec<_> =
            (0..ANGLE_REALS).filter(|at| kernel.weights()[at.div_ceil(2)] != 0.0).collect();
        let tiles = spec.size.map(|size| ((size / spec.tile).ceil() as usize).max(1));
        let corner = spec.center - Vector2::from(tiles.map(|tiles| tiles as f64 * spec.tile / 2.0));
        Self {
            numbers: vec![0.0; tiles[0] * tiles[1] * channels.len() * 2 * count],
            key: vec![0.0; 2 * count],
            weights: vec![0.0; count],
            code,
            kernel,
            channels,
            corner,
            tile: spec.tile,
            tiles,
            scale: 1.0,
        }
    }

    /// The code of the places.
    #[must_use]
    pub fn code(&self) -> &HarmonicCode<2> {
        &self.code
    }

    /// The kernel over directions: the cut series of max(0, cos θ).
    #[must_use]
    pub fn direction_kernel(&self) -> &AngleKernel {
        &self.kernel
    }

    /// Tiles along x and y.
    #[must_use]
    pub fn tiles(&self) -> [usize; 2] {
        self.tiles
    }

    /// Adds an impression at `place` (m) with `direction` (rad), `covariance` (m²) and `amplitude`.
    ///
    /// Says whether it did: not if it touches no tile, if a number is not finite, or if the covariance has an eigenvalue below
    /// `sigma`² or is too wide for the code (fewer than 16 rows left in effect). It does not allocate.
    pub fn store(
        &mut self,
        place: &Point2<f64>,
        direction: f64,
        covariance: &Matrix2<f64>,
        amplitude: f64,
    ) -> bool {
        let finite = place.iter().all(|x| x.is_finite()) && direction.is_finite() && amplitude.is_finite();
        let Some(root) = Cholesky::new(*covariance).filter(|_| finite) else { return false };
        let effective = self.code.gaussian(covariance, &mut self.weights);
        if effective.is_none_or(|rows| rows < FEWEST_ROWS) {
            return false;
        }
        self.code.encode(place, &mut self.key);
        weigh(&mut self.key, &self.weights);
        let direction = harmonics(direction);
        let precision = root.inverse();
        let amplitude = amplitude / f64::from(self.scale);
        let half = [covariance.m11, covariance.m22].map(|variance| REACH * variance.sqrt());
        let [columns, rows] = [0, 1].map(|axis| self.span(axis, place[axis], half[axis]));
        let mut stored = false;
        for y in rows {
            for x in columns.clone() {
                let low = self.corner + Vector2::new(x as f64, y as f64) * self.tile - place;
                let high = low.add_scalar(self.tile);
                if nearest_in_box(&precision, &low, &high) > REACH * REACH {
                    continue;
                }
                stored = true;
                let tile = y * self.tiles[0] + x;
                for (channel, at) in self.channels.iter().enumerate() {
                    let factor = (amplitude * direction[*at]) as f32;
                    let begin = (tile * self.channels.len() + channel) * self.key.len();
                    let vector = &mut self.numbers[begin..begin + self.key.len()];
                    vector.iter_mut().zip(&self.key).for_each(|(sum, key)| *sum += factor * key);
                }
            }
        }
        stored
    }

    /// Lowers the field at `place` (m) in `direction` (rad) by `most`, but not below zero, with an impression of `covariance`
    /// (m²); returns by how much.
    pub fn subtract(
        &mut self,
        place: &Point2<f64>,
        direction: f64,
        covariance: &Matrix2<f64>,
        most: f64,
    ) -> f64 {
        let amount = self.query(place, direction).min(most);
        // Where it is, an impression counts as much as its kernel at zero, and that is 1 over places.
        if amount > 0.0 && self.store(place, direction, covariance, -amount / self.kernel.value(0.0)) {
            amount
        } else {
            0.0
        }
    }

    /// Multiplies the whole field by `factor`, 0..=1.
    pub fn forget(&mut self, factor: f64) {
        self.scale *= factor as f32;
        // Seldom, so that a step costs one product and what is stored later stays in range.
        if self.scale < SMALLEST_SCALE {
            let scale = std::mem::replace(&mut self.scale, 1.0);
            self.numbers.iter_mut().for_each(|number| *number *= scale);
        }
    }

    /// The field at `place` (m) in `direction` (rad); zero outside the area.
    #[must_use]
    pub fn query(&self, place: &Point2<f64>, direction: f64) -> f64 {
        self.at(place).value(direction)
    }

    /// The field at `place` (m) in every direction: one look for as many directions as are of interest.
    #[must_use]
    pub fn at(&self, place: &Point2<f64>) -> Directed {
        let mut directed = Directed { numbers: [0.0; ANGLE_REALS] };
        let Some(tile) = self.tile_of(place) else { return directed };
        let rows = self.code.rows();
        let vectors = &self.numbers[tile * self.channels.len() * 2 * rows..];
        let mut sums = [0.0_f32; ANGLE_REALS];
        let (mut cos, mut sin) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
        for from in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - from);
            let (cos, sin) = (&mut cos[..count], &mut sin[..count]);
            self.code.encode_rows(from, place, cos, sin);
            for (sum, vector) in sums.iter_mut().zip(vectors.chunks_exact(2 * rows)).take(self.channels.len())
            {
                *sum += dot(cos, &vector[from..from + count]);
                *sum += dot(sin, &vector[rows + from..rows + from + count]);
            }
        }
        for (at, sum) in self.channels.iter().zip(sums) {
            let weight = self.kernel.weights()[at.div_ceil(2)];
            directed.numbers[*at] = weight * f64::from(sum * self.scale) / rows as f64;
        }
        directed
    }

    /// The tile that `place` lies in.
    fn tile_of(&self, place: &Point2<f64>) -> Option<usize> {
        let at = (place - self.corner) / self.tile;
        let inside = (0..2).all(|axis| at[axis] >= 0.0 && at[axis] < self.tiles[axis] as f64);
        inside.then(|| at.y as usize * self.tiles[0] + at.x as usize)
    }

    /// The tiles along `axis` that come within `half` of `middle`, m.
    fn span(&self, axis: usize, middle: f64, half: f64) -> std::ops::Range<usize> {
        let at = |x: f64| ((x - self.corner[axis]) / self.tile).floor().clamp(-1.0, self.tiles[axis] as f64);
        let (first, last) = (at(middle - half).max(0.0), at(middle + half) + 1.0);
        first as usize..(last as usize).min(self.tiles[axis])
    }
}

/// A field at one place, in every direction: a Fourier series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Directed {
    numbers: [f64; ANGLE_REALS],
}

impl Directed {
    /// In `direction`, rad.
    #[must_use]
    pub fn value(&self, direction: f64) -> f64 {
        self.numbers.iter().zip(harmonics(direction)).map(|(number, code)| number * code).sum()
    }
}

/// The least squared distance, in standard deviations, from the origin to the box between `low` and `high`.
fn nearest_in_box(precision: &Matrix2<f64>, low: &Vector2<f64>, high: &Vector2<f64>) -> f64 {
    if (0..2).all(|axis| low[axis] <= 0.0 && high[axis] >= 0.0) {
        return 0.0;
    }
    let mut least = f64::INFINITY;
    for axis in 0..2 {
        let other = 1 - axis;
        for fixed in [low[axis], high[axis]] {
            // Along an edge the distance is a parabola.
            let bottom = -precision.m12 * fixed / precision[(other, other)];
            let mut point = Vector2::zeros();
            point[axis] = fixed;
            point[other] = bottom.clamp(low[other], high[other]);
            least = least.min(point.dot(&(precision * point)));
        }
    }
    least
}

/// Keys in one matrix product of [`PlaceIndex::nearest_many`].
const BATCH: usize = 64;
/// Places in one.
const STRIPE: usize = 256;

/// A place that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its number, in the order in which places were added.
    pub place: usize,
    /// How alike the keys are, as [`crate::code::similarity`].
    pub similarity: f32,
}

/// Finds the most similar of many keys, by the keys alone. It looks at all of them.
#[derive(Clone, Debug)]
pub struct PlaceIndex {
    /// Numbers in a key.
    reals: usize,
    capacity: usize,
    /// Key after key.
    keys: Vec<f32>,
    /// The largest norm of a key.
    norm: f32,
    /// The keys that are asked for, number by number: the left side of a matrix product.
    queries: Vec<f32>,
    /// Scores of a matrix product, place by place.
    scores: Vec<f32>,
}

impl PlaceIndex {
    /// An empty index of at most `capacity` places with keys of `rows` phases.
    #[must_use]
    pub fn new(rows: usize, capacity: usize) -> Self {
        let reals = 2 * rows.max(1);
        Self {
            reals,
            capacity,
            keys: Vec::with_capacity(reals * capacity),
            norm: 0.0,
            queries: vec![0.0; BATCH * reals],
            scores: vec![0.0; BATCH * STRIPE],
        }
    }

    /// Places in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len() / self.reals
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a place and returns its number; `None` if the index is full or the key has not the right length.
    pub fn push(&mut self, key: &[f32]) -> Option<usize> {
        let place = self.len();
        if place == self.capacity || key.len() != self.reals {
            return None;
        }
        self.keys.extend_from_slice(key);
        self.norm = self.norm.max(dot(key, key).sqrt());
        Some(place)
    }

    /// The place whose key is most like `key`, the first of equals; `None` if there is none, or none that compares.
    #[must_use]
    pub fn nearest(&self, key: &[f32]) -> Option<Found> {
        let mut best = (None, f32::NEG_INFINITY);
        for (place, other) in self.keys.chunks_exact(self.reals).enumerate() {
            let score = dot(key, other);
            if score > best.1 {
                best = (Some(place), score);
            }
        }
        self.found(best)
    }

    /// As [`Self::nearest`] for many keys, one after the other in `keys`: writes an answer for each to `found`,
    /// which has as many places.
    ///
    /// A matrix product scores all pairs. Its bits differ from processor to processor, so it only rules places out: those that
    /// could still be the best, by the bound on the rounding of a sum, are scored again in the fixed order. So the
    /// answers are those of `nearest`, to the bit. (The product takes memory to pack its operands in.)
    pub fn nearest_many(&mut self, keys: &[f32], found: &mut [Option<Found>]) {
        for (keys, found) in keys.chunks(BATCH * self.reals).zip(found.chunks_mut(BATCH)) {
            let count = keys.len() / self.reals;
            if count == 0 {
                break;
            }
            let mut best = [(None, f32::NEG_INFINITY); BATCH];
            let mut margins = [0.0_f32; BATCH];
            for (margin, key) in margins.iter_mut().zip(keys.chunks_exact(self.reals)) {
                // Two sums of n products in different orders differ by less than 2 n u |a| |b|, with u = ε/2 (Higham, 2002, §3.1).
                *margin = 1.1 * self.reals as f32 * f32::EPSILON * self.norm * dot(key, key).sqrt();
            }
            // Turned over by hand: nalgebra 0.35 reads beyond a view whose rows are not contiguous (its issue 1616).
            for (i, key) in keys.chunks_exact(self.reals).enumerate() {
                for (number, queries) in key.iter().zip(self.queries.chunks_exact_mut(count)) {
                    queries[i] = *number;
                }
            }
            let queries = DMatrixView::from_slice(&self.queries[..count * self.reals], count, self.reals);
            for (stripe, others) in self.keys.chunks(STRIPE * self.reals).enumerate() {
                let places = others.len() / self.reals;
                let others_view = DMatrixView::from_slice(others, self.reals, places);
                let scores = &mut self.scores[..count * places];
                DMatrixViewMut::from_slice(scores, count, places).gemm(1.0, &queries, &others_view, 0.0);
                for (at, scores) in self.scores[..count * places].chunks_exact(count).enumerate() {
                    for (i, score) in scores.iter().enumerate() {
                        if *score <= best[i].1 - margins[i] {
                            continue;
                        }
                        let exact = dot(
                            &keys[i * self.reals..][..self.reals],
                            &others[at * self.reals..][..self.reals],
                        );
                        if exact > best[i].1 {
                            best[i] = (Some(stripe * STRIPE + at), exact);
                        }
                    }
                }
            }
            for (found, best) in found.iter_mut().zip(best) {
                *found = self.found(best);
            }
        }
    }

    fn found(&self, best: (Option<usize>, f32)) -> Option<Found> {
        let similarity = best.1 * 2.0 / self.reals as f32;
        best.0.map(|place| Found { place, similarity })
    }
}

// The last two are made anew whenever they are used.
saved!(FieldMemory { corner, numbers, scale; code, kernel, channels, tile, tiles, key, weights });
