//! What range finders saw, for a body that has any: it charges and blocks as what was touched does.

use nalgebra::{Point2, Vector2};
use neuraxis_core::OccupancyGrid;
use neuraxis_core::saved;

use super::Impressions;
use crate::costmap::Costmap;

/// What the way beside a wall costs more than free ground, of what the map says it does.
const NEARNESS: f64 = 0.25;

/// What range finders saw.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) costs: Costmap,
    origin: Point2<f64>,
    resolution: f64,
}

impl Seen {
    pub(super) fn cell(&self, at: &Point2<f64>) -> (i64, i64) {
        let index = |v: f64| (v / self.resolution).floor() as i64;
        (index(at.x - self.origin.x), index(at.y - self.origin.y))
    }

    /// What is charged for going near to walls on the way `way` from `from`, m.
    pub(super) fn nearness(&self, from: Point2<f64>, way: Vector2<f64>) -> f64 {
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

impl Impressions {
    /// Range hits count as impressions too from now on, as the map draws them.
    pub fn see(&mut self, map: &OccupancyGrid, lethal: f64, inflation: f64) {
        self.seen = Some(Seen {
            costs: Costmap::new(map, lethal, inflation),
            origin: map.origin(),
            resolution: map.resolution(),
        });
    }

    /// From now on the map is another one of the same extent; what was seen stays.
    pub(crate) fn follow_another_map(&mut self) {
        if let Some(seen) = &mut self.seen {
            seen.costs.follow_another();
        }
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
}

saved!(Seen { costs, origin; resolution });
