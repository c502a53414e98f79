//! Distances in some directions: what all that tells distances has in common for those who keep clear of things.

/// Beams in the x-y plane of a sensor's frame, with the distance that each tells. A cone is beams that all tell the same: what it
/// sees may stand anywhere on its arc.
#[derive(Clone, Copy, Debug)]
pub struct Beams<'a> {
    /// Angle of the first beam, rad from the sensor's x axis.
    pub angle_min: f64,
    /// Angle from one beam to the next, rad, positive counter-clockwise.
    pub angle_increment: f64,
    /// Nearest distance that the sensor can tell, m.
    pub range_min: f64,
    ranges: &'a [f32],
    /// For a cone: how many beams stand for it.
    cone: Option<usize>,
}

impl<'a> Beams<'a> {
    /// Beams that each tell a distance of their own (m; REP 117).
    #[must_use]
    pub fn new(angle_min: f64, angle_increment: f64, range_min: f64, ranges: &'a [f32]) -> Self {
        Self { angle_min, angle_increment, range_min, ranges, cone: None }
    }

    /// A cone about the x axis, `field_of_view` rad wide, that tells one distance (m; REP 117), as so many beams.
    #[must_use]
    pub fn cone(field_of_view: f64, range_min: f64, range: &'a f32, beams: usize) -> Self {
        let angle_increment = field_of_view / beams.max(2).saturating_sub(1) as f64;
        let ranges = std::slice::from_ref(range);
        Self { angle_min: -0.5 * field_of_view, angle_increment, range_min, ranges, cone: Some(beams.max(2)) }
    }

    /// Whether they are a cone, which tells one distance.
    #[must_use]
    pub fn is_cone(&self) -> bool {
        self.cone.is_some()
    }

    /// From the first beam to the last, rad.
    #[must_use]
    pub fn field_of_view(&self) -> f64 {
        let count = self.cone.unwrap_or(self.ranges.len());
        self.angle_increment.abs() * count.saturating_sub(1) as f64
    }

    /// Angle (rad) and distance (m; REP 117) of each.
    pub fn iter(self) -> impl Iterator<Item = (f64, f64)> + use<'a> {
        let count = self.cone.unwrap_or(self.ranges.len());
        let stride = usize::from(self.cone.is_none());
        (0..count).map(move |beam| {
            (self.angle_min + beam as f64 * self.angle_increment, f64::from(self.ranges[beam * stride]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cone_tells_one_distance_over_its_whole_arc() {
        let range = 1.5_f32;
        let cone = Beams::cone(0.4, 0.1, &range, 5);
        let beams: Vec<_> = cone.iter().collect();
        assert_eq!(beams.len(), 5);
        assert!(beams.iter().all(|(_, range)| *range == 1.5));
        assert!((beams[0].0 + 0.2).abs() < 1e-12 && (beams[4].0 - 0.2).abs() < 1e-12);
        assert!(cone.is_cone() && (cone.field_of_view() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_sweep_tells_a_distance_for_each_beam() {
        let ranges = [1.0, f32::INFINITY, 2.0];
        let sweep = Beams::new(-0.5, 0.5, 0.1, &ranges);
        assert_eq!(sweep.iter().map(|(_, range)| range).collect::<Vec<_>>(), [1.0, f64::INFINITY, 2.0]);
        assert_eq!((sweep.field_of_view(), sweep.is_cone()), (1.0, false));
    }
}
