//! What it costs to be in a cell: nearness to walls, kept up to date cell by cell.
//!
//! Every occupied cell adds itself to the counts of the cells around it, in rings by distance; when it
//! is freed it takes itself off again. A cell's cost follows from the innermost ring with a count. So
//! the map is always exact, and a changed cell costs the same small amount, however large the map.

use neuraxis_core::OccupancyGrid;
use neuraxis_core::grid::Cell;
use neuraxis_core::saved;

/// Rings: lethal, then three that cost less and less.
const RINGS: usize = 4;
/// Cost factors in quarters: nothing near, then from the outermost graded ring inwards.
const FREE: u32 = 4;
const GRADED: [u32; RINGS - 1] = [20, 12, 7];

/// Cost factors of the cells of a map.
#[derive(Clone, Debug)]
pub struct Costmap {
    width: i64,
    height: i64,
    /// Offsets around an occupied cell, and the ring that each lies in.
    kernel: Vec<(i64, i64, usize)>,
    counts: Vec<[u16; RINGS]>,
    is_wall: Vec<bool>,
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    /// How far it has read the changes of the map.
    seen: u64,
}

impl Costmap {
    /// The costmap of `map`, which [`Self::update`] keeps up with: lethal within `lethal` m of an occupied
    /// cell, graded out to `inflation` m.
    #[must_use]
    pub fn new(map: &OccupancyGrid, lethal: f64, inflation: f64) -> Self {
        let resolution = map.resolution();
        let reach = ((inflation.max(lethal) / resolution).ceil() as i64 + 1).min(60);
        let mut kernel = Vec::new();
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                // Between the middles of the two cells, less half a cell for the wall's own extent.
                let d = (((dx * dx + dy * dy) as f64).sqrt() - 0.5) * resolution;
                let ring = if d <= lethal {
                    0
                } else if d <= inflation {
                    let t = (d - lethal) / (inflation - lethal);
                    1 + ((t * (RINGS - 1) as f64) as usize).min(RINGS - 2)
                } else {
                    continue;
                };
                kernel.push((dx, dy, ring));
            }
        }
        let count = map.cells().len();
        let mut costs = Self {
            width: map.width() as i64,
            height: map.height() as i64,
            touched: Vec::with_capacity(count),
            kernel,
            counts: vec![[0; RINGS]; count],
            is_wall: vec![false; count],
            is_touched: vec![false; count],
            seen: map.changes(),
        };
        for cell in 0..count {
            costs.take(map, cell);
        }
        costs
    }

    /// Cells along x.
    #[must_use]
    pub fn width(&self) -> i64 {
        self.width
    }

    /// Cells along y.
    #[must_use]
    pub fn height(&self) -> i64 {
        self.height
    }

    /// The cost factor of a cell in quarters, at least 4; `None` where the body must not be.
    #[must_use]
    pub fn factor(&self, cell: usize) -> Option<u32> {
        let counts = &self.counts[cell];
        if counts[0] > 0 {
            return None;
        }
        let ring = counts[1..].iter().position(|count| *count > 0);
        Some(ring.map_or(FREE, |ring| GRADED[ring]))
    }

    /// The cells whose factor the last [`Self::update`] changed, each once.
    #[must_use]
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Takes in the changes of `map`.
    pub fn update(&mut self, map: &OccupancyGrid) {
        for cell in self.touched.drain(..) {
            self.is_touched[cell as usize] = false;
        }
        match map.changes_since(self.seen) {
            Some(changes) => changes.for_each(|cell| self.take(map, cell as usize)),
            None => (0..self.is_wall.len()).for_each(|cell| self.take(map, cell)),
        }
        self.seen = map.changes();
    }

    /// From now on [`Self::update`] is given another map of the same extent: its changes are taken in from the first on, and what
    /// is known stays.
    pub fn follow_another(&mut self) {
        self.seen = 0;
    }

    /// Takes in one cell of `map`, if it has become a wall or stopped being one.
    fn take(&mut self, map: &OccupancyGrid, cell: usize) {
        let wall = map.cell(cell) == Cell::Occupied;
        if wall == self.is_wall[cell] {
            return;
        }
        self.is_wall[cell] = wall;
        let (x, y) = map.coordinates(cell);
        for &(dx, dy, ring) in &self.kernel {
            let (nx, ny) = (x + dx, y + dy);
            if nx < 0 || ny < 0 || nx >= self.width || ny >= self.height {
                continue;
            }
            let near = (ny * self.width + nx) as usize;
            let before = self.factor(near);
            let count = &mut self.counts[near][ring];
            *count = if wall { count.saturating_add(1) } else { count.saturating_sub(1) };
            if before != self.factor(near) && !self.is_touched[near] {
                self.is_touched[near] = true;
                self.touched.push(near as u32);
            }
        }
    }

    /// Whether a straight line between two cells crosses no lethal one; both must lie inside.
    #[must_use]
    pub fn is_clear(&self, from: (i64, i64), to: (i64, i64)) -> bool {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        (0..=steps).all(|i| {
            // Integer rounding of the line, half away from the start.
            let x = from.0 + (2 * (to.0 - from.0) * i + steps).div_euclid(2 * steps);
            let y = from.1 + (2 * (to.1 - from.1) * i + steps).div_euclid(2 * steps);
            x >= 0
                && y >= 0
                && x < self.width
                && y < self.height
                && self.counts[(y * self.width + x) as usize][0] == 0
        })
    }

    /// The nearest cell to `cell` that is not lethal, within `reach` cells.
    #[must_use]
    pub fn nearest_free(&self, cell: (i64, i64), reach: i64) -> Option<usize> {
        let mut best: Option<(i64, usize)> = None;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                // A body may believe itself as far away as it likes.
                let (x, y) = (cell.0.saturating_add(dx), cell.1.saturating_add(dy));
                if x < 0 || y < 0 || x >= self.width || y >= self.height {
                    continue;
                }
                let index = (y * self.width + x) as usize;
                let d = dx * dx + dy * dy;
                if self.counts[index][0] == 0 && best.is_none_or(|(b, _)| d < b) {
                    best = Some((d, index));
                }
            }
        }
        best.map(|(_, index)| index)
    }
}

saved!(Costmap { counts, is_wall, touched: list, is_touched, seen; width, height, kernel } then Self::is_whole);

impl Costmap {
    /// Whether what was loaded names only cells that are there.
    fn is_whole(&mut self) -> bool {
        self.touched.iter().all(|cell| (*cell as usize) < self.counts.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Point2;

    #[test]
    fn costs_of_an_obstacle_are_removed_when_it_goes() {
        let mut map = OccupancyGrid::new(Point2::origin(), [4.0, 4.0], 0.1);
        let mut costs = Costmap::new(&map, 0.25, 0.6);
        let wall = map.index_of(Point2::new(0.05, 0.05)).expect("inside");
        map.add(wall, 3.0);
        costs.update(&map);
        assert!(!costs.touched().is_empty());
        let at = |costs: &Costmap, x: f64| costs.factor(map.index_of(Point2::new(x, 0.05)).expect("inside"));
        assert_eq!(at(&costs, 0.05), None);
        assert_eq!(at(&costs, 0.25), None, "0.2 m away, 0.15 m from the wall's edge");
        let graded: Vec<_> = [0.45, 0.55, 0.65].iter().filter_map(|x| at(&costs, *x)).collect();
        assert!(graded.windows(2).all(|w| w[0] >= w[1]) && graded[0] > FREE, "{graded:?}");
        assert_eq!(at(&costs, 0.95), Some(FREE));
        map.add(wall, -8.0);
        costs.update(&map);
        assert!((0..1600).all(|i| costs.factor(i) == Some(FREE)));
    }

    #[test]
    fn a_line_sees_a_wall_between() {
        let mut map = OccupancyGrid::new(Point2::origin(), [4.0, 4.0], 0.1);
        let mut costs = Costmap::new(&map, 0.05, 0.1);
        for y in 10..30 {
            let cell = map.index(20, y).expect("inside");
            map.add(cell, 3.0);
        }
        costs.update(&map);
        assert!(!costs.is_clear((5, 20), (35, 20)));
        assert!(costs.is_clear((5, 20), (15, 35)));
        assert!(costs.is_clear((5, 5), (35, 5)));
        assert!(!costs.is_clear((35, 20), (45, 20)), "out of the map");
    }
}
