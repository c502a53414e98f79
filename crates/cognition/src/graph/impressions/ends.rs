//! Where walls end, and the narrow ways between two touches.
//!
//! A round body that touches the flat of a wall feels it along the wall's normal. Where a point lies on the line of a wall and
//! was felt askew, the body stood beside an edge: there the wall ends, and the body may pass.

use nalgebra::{Point2, Vector2};

use super::{Impressions, SQUEEZE};
use crate::graph::NONE;

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

impl Impressions {
    /// The ends of walls that the impression `i` and those near it tell together, and that were not told before; at most [`ENDS`].
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
}

#[cfg(test)]
mod tests {
    use neuraxis_core::math;

    use super::*;
    use crate::graph::spec::GraphSpec;

    /// A wall along the y axis, touched from the left, that ends at y = 1; beyond a gap of `width` radii it goes on.
    fn felt(touches: &[([f64; 2], f64)]) -> (Impressions, usize) {
        let mut impressions = Impressions::new(&GraphSpec::default(), 0.1, Point2::origin(), [4.0, 4.0]);
        let mut last = 0;
        for (at, degrees) in touches {
            let (s, c) = math::sin_cos(degrees.to_radians());
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
