//! A path to follow: a lying figure of eight, and pure pursuit along it.
//!
//! Sources: the lemniscate of Gerono, `(r sin t, r sin t cos t)`, which turns both ways; Coulter, "Implementation of the Pure Pursuit
//! Path Tracking Algorithm" (1992): steer to the point of the path that lies a distance ahead.

use nalgebra::Vector2;
use neuraxis_core::math;

/// Points of a round.
const POINTS: usize = 400;

/// A figure of eight about the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureEight {
    /// Half of its length, m.
    pub radius: f64,
}

/// Where a body is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Points that lie behind it, over all rounds.
    point: usize,
    /// Way along the path up to there, m.
    behind: f64,
    /// Way along the path in the last step, m.
    pub step: f64,
    /// Way along the path so far, m.
    pub along: f64,
    /// Distance from the path, m.
    pub off: f64,
}

impl FigureEight {
    /// Heading of the path at its beginning, rad.
    pub const HEADING: f64 = math::PI / 4.0;

    fn point(self, i: usize) -> Vector2<f64> {
        let (sin, cos) = math::sin_cos(2.0 * math::PI * (i % POINTS) as f64 / POINTS as f64);
        Vector2::new(sin, sin * cos) * self.radius
    }

    /// Goes on to where a body at `at` (m, from the start) now is: the nearest point of those ahead, and no shortcut where
    /// the path crosses itself.
    pub fn go(self, progress: &mut Progress, at: Vector2<f64>) {
        let window = POINTS / 16;
        let distance = |i: usize| (self.point(i) - at).norm();
        let nearest = (progress.point..=progress.point + window)
            .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
            .unwrap_or(progress.point);
        let piece = |i: usize| self.point(i + 1) - self.point(i);
        progress.behind += (progress.point..nearest).map(|i| piece(i).norm()).sum::<f64>();
        progress.point = nearest;
        // Between two points it counts how far it is past the nearer one.
        let ahead = piece(nearest);
        let past = (at - self.point(nearest)).dot(&ahead) / ahead.norm().max(1e-9);
        let along = progress.behind + past.clamp(-0.5 * ahead.norm(), 0.5 * ahead.norm());
        progress.step = (along - progress.along).max(0.0);
        progress.along = progress.along.max(along);
        progress.off = distance(nearest);
    }

    /// Direction (rad) from `at` to the point that lies `ahead` m further along the path.
    #[must_use]
    pub fn aim(self, progress: &Progress, at: Vector2<f64>, ahead: f64) -> f64 {
        let (mut i, mut way) = (progress.point, 0.0);
        while way < ahead && i < progress.point + POINTS {
            way += (self.point(i + 1) - self.point(i)).norm();
            i += 1;
        }
        let to = self.point(i) - at;
        math::atan2(to.y, to.x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_the_figure_of_eight_passes_its_crossing() {
        let figure = FigureEight { radius: 2.0 };
        let mut progress = Progress::default();
        let mut length = 0.0;
        for i in 0..=POINTS {
            figure.go(&mut progress, figure.point(i));
            length += (figure.point(i + 1) - figure.point(i)).norm();
            assert!(progress.off < 1e-9);
        }
        assert!((progress.along - length).abs() < 0.05, "{} of {length}", progress.along);
        assert!((length / 2.0 - 6.097).abs() < 0.05, "a round of the unit figure is 6.097 long: {length}");
        // Beside it: no way is made, and the distance is told.
        let before = progress.along;
        let (sin, cos) = math::sin_cos(FigureEight::HEADING);
        figure.go(&mut progress, Vector2::new(-sin, cos) * 0.3);
        assert!((progress.off - 0.3).abs() < 0.02 && progress.along - before < 0.1, "{progress:?}");
        let aim = figure.aim(&Progress::default(), Vector2::zeros(), 0.3);
        assert!((aim - FigureEight::HEADING).abs() < 0.1, "{aim}");
    }
}
