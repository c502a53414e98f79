//! An occupancy grid in the `map` frame: what a mapper writes and a navigator reads.
//!
//! Cells hold the log-odds of being occupied (Moravec and Elfes, 1985). A cell counts as free, unknown
//! or occupied with hysteresis, and the grid keeps a log of the cells that changed sides, so that a planner
//! repairs just those. Every reader keeps its own place in the log, and nobody clears it: a reader that falls behind by more
//! than the log holds is told to look at all cells. All memory is taken when the grid is made.

use nalgebra::Point2;

/// What a cell counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Cell {
    /// Never seen, or not clearly enough.
    #[default]
    Unknown,
    /// Seen through.
    Free,
    /// Hit.
    Occupied,
}

/// No grid has more cells along x or y.
pub const MAX_SIDE: usize = 4096;

/// Log-odds at which a cell becomes occupied (probability 0.73).
const OCCUPY: f32 = 1.0;
/// Log-odds at which an occupied cell stops being so (0.4).
const RELEASE: f32 = -0.4;
/// Log-odds at which an unknown cell becomes free (0.35).
const CLEAR: f32 = -0.6;
/// Cells never get surer than this, so that a moved wall is unlearned within seconds.
const SUREST: f32 = 4.0;

/// A grid of square cells; row-major, row 0 at the lowest y, cell (0, 0) with its corner at the origin.
#[derive(Clone, Debug)]
pub struct OccupancyGrid {
    resolution: f64,
    origin: Point2<f64>,
    width: usize,
    height: usize,
    log_odds: Vec<f32>,
    cells: Vec<Cell>,
    /// The cells that changed last, as many as there are cells: a ring.
    changed: Vec<u32>,
    /// How many changes there were so far.
    changes: u64,
    known: Option<[usize; 4]>,
}

impl OccupancyGrid {
    /// A grid of unknown cells with edges of `resolution` (m) that covers `size` (m, x and y) around
    /// the point `center`. A side has at least 1 and at most [`MAX_SIDE`] cells.
    #[must_use]
    pub fn new(center: Point2<f64>, size: [f64; 2], resolution: f64) -> Self {
        let cells = |length: f64| ((length / resolution).ceil() as usize).clamp(1, MAX_SIDE);
        let (width, height) = (cells(size[0]), cells(size[1]));
        let origin = Point2::new(
            center.x - 0.5 * width as f64 * resolution,
            center.y - 0.5 * height as f64 * resolution,
        );
        Self::unknown(origin, [width, height], resolution)
    }

    /// A grid of unknown cells with edges of `resolution` (m), so many along x and y, whose corner with the lowest
    /// x and y is `origin` (m); `None` if a side has no cell or more than [`MAX_SIDE`].
    #[must_use]
    pub fn with_origin(origin: Point2<f64>, cells: [usize; 2], resolution: f64) -> Option<Self> {
        cells
            .iter()
            .all(|side| (1..=MAX_SIDE).contains(side))
            .then(|| Self::unknown(origin, cells, resolution))
    }

    fn unknown(origin: Point2<f64>, [width, height]: [usize; 2], resolution: f64) -> Self {
        let count = width * height;
        Self {
            resolution,
            origin,
            width,
            height,
            log_odds: vec![0.0; count],
            cells: vec![Cell::Unknown; count],
            changed: vec![0; count],
            changes: 0,
            known: None,
        }
    }

    /// Edge of a cell, m.
    #[must_use]
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// The corner with the lowest x and y, m.
    #[must_use]
    pub fn origin(&self) -> Point2<f64> {
        self.origin
    }

    /// Cells along x.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Cells along y.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The index of the cell in column `x`, row `y`, if there is one.
    #[must_use]
    pub fn index(&self, x: i64, y: i64) -> Option<usize> {
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
        inside.then(|| y as usize * self.width + x as usize)
    }

    /// Column and row of the cell `index`.
    #[must_use]
    pub fn coordinates(&self, index: usize) -> (i64, i64) {
        ((index % self.width) as i64, (index / self.width) as i64)
    }

    /// Column and row of the cell that holds the point; may lie outside of the grid.
    #[must_use]
    pub fn cell_of(&self, point: Point2<f64>) -> (i64, i64) {
        // `floor` is a call on plain x86-64; this is its result without one, and 0 for NaN.
        let floor = |x: f64| (x as i64).saturating_sub(i64::from((x as i64) as f64 > x));
        let at = |p: f64, o: f64| floor((p - o) / self.resolution);
        (at(point.x, self.origin.x), at(point.y, self.origin.y))
    }

    /// The index of the cell that holds the point, if it lies inside.
    #[must_use]
    pub fn index_of(&self, point: Point2<f64>) -> Option<usize> {
        let (x, y) = self.cell_of(point);
        self.index(x, y)
    }

    /// The middle of the cell in column `x`, row `y`, m.
    #[must_use]
    pub fn center_of(&self, x: i64, y: i64) -> Point2<f64> {
        Point2::new(
            self.origin.x + (x as f64 + 0.5) * self.resolution,
            self.origin.y + (y as f64 + 0.5) * self.resolution,
        )
    }

    /// What the cell `index` counts as.
    #[must_use]
    pub fn cell(&self, index: usize) -> Cell {
        self.cells[index]
    }

    /// All cells, row-major.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Log-odds of being occupied, row-major; 0 is unknown.
    #[must_use]
    pub fn log_odds(&self) -> &[f32] {
        &self.log_odds
    }

    /// The smallest block of cells that holds all that were ever known: first column and row, last column and row.
    #[must_use]
    pub fn known(&self) -> Option<[usize; 4]> {
        self.known
    }

    /// Adds `evidence` (log-odds, positive for occupied) to the cell `index`.
    pub fn add(&mut self, index: usize, evidence: f32) {
        let value = (self.log_odds[index] + evidence).clamp(-SUREST, SUREST);
        self.log_odds[index] = value;
        let next = match self.cells[index] {
            Cell::Occupied if value < RELEASE => Cell::Free,
            Cell::Occupied => return,
            _ if value > OCCUPY => Cell::Occupied,
            Cell::Unknown if value < CLEAR => Cell::Free,
            _ => return,
        };
        self.cells[index] = next;
        let (x, y) = (index % self.width, index / self.width);
        let [left, low, right, high] = self.known.unwrap_or([x, y, x, y]);
        self.known = Some([left.min(x), low.min(y), right.max(x), high.max(y)]);
        let place = (self.changes % self.changed.len() as u64) as usize;
        self.changed[place] = index as u32;
        self.changes += 1;
    }

    /// How many times a cell came to count as something else so far: where a reader stands that has seen them all.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The cells that came to count as something else since a reader stood at `cursor` ([`Self::changes`] then; 0 for all), in
    /// their order; a cell that changed twice comes twice. `None` if the log goes back less far: then any cell may have changed.
    #[must_use]
    pub fn changes_since(&self, cursor: u64) -> Option<impl Iterator<Item = u32> + '_> {
        let length = self.changed.len() as u64;
        let kept = cursor <= self.changes && self.changes - cursor <= length;
        kept.then(|| (cursor..self.changes).map(move |at| self.changed[(at % length) as usize]))
    }
}

impl crate::archive::Value for Cell {
    fn put(&self, to: &mut crate::archive::Writer) {
        (*self as u8).put(to);
    }
    fn take(from: &mut crate::archive::Reader<'_>) -> Result<Self, crate::archive::Damage> {
        match u8::take(from)? {
            0 => Ok(Self::Unknown),
            1 => Ok(Self::Free),
            2 => Ok(Self::Occupied),
            _ => Err(crate::archive::Damage::Value),
        }
    }
}

crate::saved!(OccupancyGrid { origin, log_odds, cells, changed, changes, known; resolution, width, height } then Self::is_whole);

impl OccupancyGrid {
    /// Whether what was loaded names only cells that are there.
    fn is_whole(&mut self) -> bool {
        let count = self.cells.len();
        let known = self.known.is_none_or(|[left, low, right, high]| {
            left <= right && low <= high && right < self.width && high < self.height
        });
        known && self.changed.iter().all(|cell| (*cell as usize) < count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_points_agree() {
        let grid = OccupancyGrid::new(Point2::new(1.0, -2.0), [4.0, 2.0], 0.1);
        assert_eq!((grid.width(), grid.height()), (40, 20));
        for index in [0, 39, 40, 799] {
            let (x, y) = grid.coordinates(index);
            assert_eq!(grid.index_of(grid.center_of(x, y)), Some(index));
        }
        assert_eq!(grid.index_of(Point2::new(-1.01, -2.0)), None);
        assert_eq!(grid.index_of(Point2::new(3.01, -2.0)), None);
    }

    #[test]
    fn a_cell_changes_with_hysteresis_and_each_reader_sees_it() {
        let since =
            |grid: &OccupancyGrid, cursor| grid.changes_since(cursor).map(Iterator::collect::<Vec<_>>);
        let mut grid = OccupancyGrid::new(Point2::origin(), [1.0, 1.0], 0.5);
        grid.add(0, 0.9);
        assert_eq!((grid.cell(0), grid.changes()), (Cell::Unknown, 0));
        grid.add(0, 0.9);
        assert_eq!((grid.cell(0), since(&grid, 0)), (Cell::Occupied, Some(vec![0])));
        grid.add(0, -1.9);
        assert_eq!(grid.cell(0), Cell::Occupied, "a little doubt does not free a wall");
        grid.add(0, -1.0);
        assert_eq!((grid.cell(0), grid.changes()), (Cell::Free, 2));
        grid.add(3, 8.0);
        assert_eq!(since(&grid, 0), Some(vec![0, 0, 3]));
        assert_eq!(since(&grid, 2), Some(vec![3]), "another reader, which has read two");
        assert_eq!(since(&grid, 3), Some(Vec::new()));
        assert_eq!(since(&grid, 4), None, "a place in the log of another map");
        for evidence in [-8.0, 8.0] {
            grid.add(0, evidence);
        }
        assert_eq!(since(&grid, 1), Some(vec![0, 3, 0]), "four cells, four changes");
    }
}
