//! How much of what can be got to has been visited: the judge of a robot that explores.
//!
//! Not for a brain: it sees all walls. A place that can be reached counts as visited once the body's middle was within some
//! distance of it; walls between the two do not matter.

use super::route::FreeSpace;

/// Cells between two of those that are looked at.
const SPACING: f64 = 0.1;

/// What is to be visited, and what has been.
#[derive(Clone, Debug)]
pub struct Coverage {
    reach: f64,
    /// Places that can be reached, m, sorted by x.
    left: Vec<[f64; 2]>,
    count: usize,
    last: Option<[f64; 2]>,
}

impl Coverage {
    /// All that can be reached from `start` in `space` is to be come within `reach` (m) of.
    #[must_use]
    pub fn new(space: &FreeSpace, start: [f64; 2], reach: f64) -> Self {
        let mut left = space.reachable(start, SPACING);
        left.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        Self { reach, count: left.len(), left, last: None }
    }

    /// The body is here.
    pub fn visit(&mut self, at: [f64; 2]) {
        let near = |p: &[f64; 2], reach: f64| {
            let (dx, dy) = (p[0] - at[0], p[1] - at[1]);
            dx * dx + dy * dy <= reach * reach
        };
        if self.last.is_some_and(|last| near(&last, 0.1 * self.reach)) {
            return;
        }
        self.last = Some(at);
        let from = self.left.partition_point(|p| p[0] < at[0] - self.reach);
        let until = self.left.partition_point(|p| p[0] <= at[0] + self.reach);
        let mut kept = from;
        for i in from..until {
            if !near(&self.left[i], self.reach) {
                self.left[kept] = self.left[i];
                kept += 1;
            }
        }
        self.left.drain(kept..until);
    }

    /// The share that has been visited, 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        1.0 - self.left.len() as f64 / self.count.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::solid::Solid;

    #[test]
    fn coverage_counts_reachable_cells_only() {
        // A room of 2 m by 2 m, closed; free ground around it.
        let walls = [
            Solid::block([0.0, 1.1], [2.4, 0.2, 0.4], 0.0),
            Solid::block([0.0, -1.1], [2.4, 0.2, 0.4], 0.0),
            Solid::block([1.1, 0.0], [0.2, 2.4, 0.4], 0.0),
            Solid::block([-1.1, 0.0], [0.2, 2.4, 0.4], 0.0),
        ];
        let space = FreeSpace::new(&walls, [-3.0, -3.0], [3.0, 3.0], 0.1, 0.2);
        let mut coverage = Coverage::new(&space, [0.0, 0.0], 0.5);
        // The body's middle has 1.8 m by 1.8 m.
        let expected = 1.8 * 1.8 / (SPACING * SPACING);
        assert!((coverage.count as f64 / expected - 1.0).abs() < 0.15, "{} places", coverage.count);
        assert_eq!(coverage.share(), 0.0);
        coverage.visit([0.0, 0.0]);
        let disc = std::f64::consts::PI * 0.25 / (1.8 * 1.8);
        assert!((coverage.share() - disc).abs() < 0.03, "{}", coverage.share());
        for (x, y) in
            [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (0.0, 0.8), (0.0, -0.8), (0.8, 0.0)]
        {
            coverage.visit([x, y]);
        }
        assert!(coverage.share() > 0.9 && coverage.share() < 1.0, "{}", coverage.share());
        coverage.visit([-0.8, 0.0]);
        for (x, y) in [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)] {
            coverage.visit([x, y]);
        }
        assert_eq!(coverage.share(), 1.0);
    }
}
