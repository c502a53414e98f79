//! The cells of searches on a grid, the steps between them, and what is blocked.

use nalgebra::Point2;
use neuraxis_core::OccupancyGrid;
use neuraxis_core::saved;

use crate::spec::GridSpec;

/// Cells at most; they are made larger where there would be more.
const MAX_CELLS: f64 = 1_048_576.0;
/// What a straight and a diagonal step cost. Whole numbers, so that sums of them are exact and ties are real.
pub(super) const STRAIGHT: f64 = 1_000_000.0;
const DIAGONAL: f64 = 1_414_214.0;
/// The steps, the straight ones first; each is followed two later by its opposite.
const STEPS: [(i64, i64); 8] = [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)];
/// No cell.
pub(super) const NONE: u32 = u32::MAX;

/// The cells and what is blocked. The goal is one more vertex, which can be entered from its cell and those around it: the
/// middle of its cell need not be free.
#[derive(Clone, Debug)]
pub(super) struct Lattice {
    pub(super) lower: Point2<f64>,
    pub(super) cell: f64,
    pub(super) columns: i64,
    pub(super) rows: i64,
    /// A bit a step that is blocked, for each cell.
    pub(super) steps: Vec<u8>,
    pub(super) cells: Vec<bool>,
    /// Whether a move ended in the cell.
    pub(super) stood: Vec<bool>,
    pub(super) goal: Point2<f64>,
    /// The goal's cell.
    pub(super) around: u32,
    /// A bit a blocked step to the goal: from its cell, then from those around it.
    pub(super) gates: u16,
}

impl Lattice {
    pub(super) fn new(spec: &GridSpec, map: &OccupancyGrid) -> Self {
        let size = [map.width() as f64 * map.resolution(), map.height() as f64 * map.resolution()];
        let cell = spec.cell.max((size[0] * size[1] / MAX_CELLS).sqrt());
        // A line at the map's corner, moved by the offset; the cells before that line cover what it uncovers.
        let (columns, rows) = ((size[0] / cell).ceil() as i64 + 1, (size[1] / cell).ceil() as i64 + 1);
        let count = (columns * rows) as usize;
        Self {
            lower: Point2::new(
                map.origin().x + (spec.offset[0] - 1.0) * cell,
                map.origin().y + (spec.offset[1] - 1.0) * cell,
            ),
            cell,
            columns,
            rows,
            steps: vec![0; count],
            cells: vec![false; count],
            stood: vec![false; count],
            goal: Point2::origin(),
            around: NONE,
            gates: 0,
        }
    }

    /// The vertex of the goal.
    pub(super) fn end(&self) -> u32 {
        self.cells.len() as u32
    }

    pub(super) fn holds(&self, x: i64, y: i64) -> bool {
        (0..self.columns).contains(&x) && (0..self.rows).contains(&y)
    }

    /// The cell of a point.
    pub(super) fn cell_of(&self, p: Point2<f64>) -> Option<u32> {
        let d = (p - self.lower) / self.cell;
        let (x, y) = (d.x.floor() as i64, d.y.floor() as i64);
        (d.x.is_finite() && d.y.is_finite() && self.holds(x, y)).then(|| (y * self.columns + x) as u32)
    }

    pub(super) fn place(&self, vertex: u32) -> (i64, i64) {
        let cell = i64::from(if vertex == self.end() { self.around } else { vertex });
        (cell % self.columns, cell / self.columns)
    }

    /// Where a move to the vertex ends.
    pub(super) fn at(&self, vertex: u32) -> Point2<f64> {
        if vertex == self.end() {
            return self.goal;
        }
        let (x, y) = self.place(vertex);
        Point2::new(self.lower.x + (x as f64 + 0.5) * self.cell, self.lower.y + (y as f64 + 0.5) * self.cell)
    }

    pub(super) fn neighbour(&self, cell: u32, step: usize) -> Option<u32> {
        let (x, y) = self.place(cell);
        let (x, y) = (x + STEPS[step].0, y + STEPS[step].1);
        self.holds(x, y).then(|| (y * self.columns + x) as u32)
    }

    /// The gate of the goal that `cell` stands at.
    pub(super) fn gate(&self, cell: u32) -> Option<usize> {
        if self.around == NONE || cell == self.end() {
            return None;
        }
        let ((x, y), (a, b)) = (self.place(cell), self.place(self.around));
        let away = (x - a, y - b);
        if away == (0, 0) { Some(0) } else { STEPS.iter().position(|step| *step == away).map(|k| k + 1) }
    }

    /// The `k`th step from a cell, of nine, that of the goal first: where it leads, and what it costs.
    pub(super) fn step(&self, cell: u32, k: usize) -> Option<(u32, f64)> {
        if cell == self.end() {
            return None;
        }
        let price = |step: usize| if step < 4 { STRAIGHT } else { DIAGONAL };
        if k == 0 {
            let gate = self.gate(cell)?;
            let cost = if gate == 0 { 0.0 } else { price(gate - 1) };
            return Some((self.end(), if self.gates >> gate & 1 == 1 { f64::INFINITY } else { cost }));
        }
        let to = self.neighbour(cell, k - 1)?;
        let is_blocked = self.steps[cell as usize] >> (k - 1) & 1 == 1 || self.cells[to as usize];
        Some((to, if is_blocked { f64::INFINITY } else { price(k - 1) }))
    }

    /// The `k`th vertex, of nine, from which a step leads to `vertex`.
    pub(super) fn before(&self, vertex: u32, k: usize) -> Option<u32> {
        if vertex == self.end() {
            return if k == 0 { Some(self.around) } else { self.neighbour(self.around, k - 1) };
        }
        if k == 0 { None } else { self.neighbour(vertex, k - 1) }
    }

    /// What a way costs at least: the octile distance.
    pub(super) fn distance(&self, a: u32, b: u32) -> f64 {
        let ((ax, ay), (bx, by)) = (self.place(a), self.place(b));
        let (dx, dy) = ((ax - bx).abs(), (ay - by).abs());
        (dx.max(dy) - dx.min(dy)) as f64 * STRAIGHT + dx.min(dy) as f64 * DIAGONAL
    }

    /// The cheapest step from a cell by the `values` of the others, and what the way costs that begins with it; of equals the
    /// first.
    pub(super) fn best(&self, cell: u32, values: &[f64]) -> Option<(u32, f64)> {
        let mut best: Option<(u32, f64)> = None;
        for (to, cost) in (0..9).filter_map(|k| self.step(cell, k)) {
            let cost = cost + values[to as usize];
            if cost < best.map_or(f64::INFINITY, |(_, least)| least) {
                best = Some((to, cost));
            }
        }
        best
    }

    /// What the step from `cell` to `vertex` costs.
    pub(super) fn cost(&self, cell: u32, vertex: u32) -> f64 {
        let step = (0..9).filter_map(|k| self.step(cell, k)).find(|(to, _)| *to == vertex);
        step.map_or(f64::INFINITY, |(_, cost)| cost)
    }

    /// The step from a cell to a vertex is blocked, both ways; `and_cell`: with it a cell in which no move ended, if it was
    /// straight.
    pub(super) fn block(&mut self, from: u32, to: u32, and_cell: bool) {
        if to == self.end() {
            self.gates |= self.gate(from).map_or(0, |gate| 1 << gate);
        } else if let Some(step) = (0..8).find(|step| self.neighbour(from, *step) == Some(to)) {
            self.steps[from as usize] |= 1 << step;
            self.steps[to as usize] |= 1 << (step / 4 * 4 + (step + 2) % 4);
            if and_cell && step < 4 && !self.stood[to as usize] {
                self.cells[to as usize] = true;
            }
        }
    }

    /// The nearest point to `p` that lies in the map, whose rim the outer cells straddle.
    pub(super) fn within(&self, p: Point2<f64>) -> Point2<f64> {
        let clamp = |v: f64, low: f64, count: i64| {
            v.clamp(low + self.cell, low + (count - 1).max(1) as f64 * self.cell)
        };
        Point2::new(clamp(p.x, self.lower.x, self.columns), clamp(p.y, self.lower.y, self.rows))
    }
}

saved!(Lattice { lower, steps, cells, stood, goal, around, gates; cell, columns, rows } then Self::is_whole);

impl Lattice {
    /// Whether what was loaded names only cells that are there.
    fn is_whole(&mut self) -> bool {
        self.around == NONE || (self.around as usize) < self.cells.len()
    }
}
