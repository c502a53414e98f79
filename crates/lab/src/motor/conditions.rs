//! How an episode is, drawn from its seed: its heading, its ground's friction, its push.

use nalgebra::Vector3;
use neuraxis_core::{math, random};
use rand::RngExt as _;

/// How an episode is, besides its joints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpisodeConditions {
    /// Heading at the start, rad.
    pub yaw: f64,
    /// Friction of the ground, if the task draws it.
    pub friction: Option<f64>,
    /// How long there is no drive, s.
    pub rest: f64,
    /// The drive's speed, where the task does not say.
    pub speed: f64,
    /// A push, if there is one.
    pub push: Option<Push>,
}

/// A push on the trunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Push {
    /// When it begins, s.
    pub from: f64,
    /// In the world, N.
    pub force: Vector3<f64>,
}

impl Push {
    /// How long it takes, s.
    pub const LONG: f64 = 0.2;

    /// The force at `time` (s), if there is one.
    #[must_use]
    pub fn at(&self, time: f64) -> Option<&Vector3<f64>> {
        (self.from..self.from + Self::LONG).contains(&time).then_some(&self.force)
    }
}

impl EpisodeConditions {
    /// As usual: nothing is drawn.
    pub const USUAL: Self = Self { yaw: 0.0, friction: None, rest: 0.0, speed: 0.5, push: None };

    /// Any heading.
    #[must_use]
    pub fn heading(seed: u64) -> Self {
        Self { yaw: random::stream(seed, "start").random_range(-math::PI..math::PI), ..Self::USUAL }
    }

    /// A heading about `yaw` (rad).
    #[must_use]
    pub fn along(seed: u64, yaw: f64) -> Self {
        let off = random::stream(seed, "start").random_range(-0.3..0.3);
        Self { yaw: yaw + off, rest: 0.5, ..Self::USUAL }
    }

    /// Any heading, friction from 0.5 to 1.25, any phase of a rhythm when the drive begins. The lowest bit of `seed` says whether
    /// the body is pushed, by `impulse` N·s from any side; the next one, whether it is slow: a speed below 0.6 of the limit, or above.
    #[must_use]
    pub fn walk(seed: u64, impulse: f64) -> Self {
        let mut stream = random::stream(seed, "start");
        let mut draw = |low: f64, high: f64| stream.random_range(low..high);
        let yaw = draw(-math::PI, math::PI);
        let (friction, rest) = (draw(0.5, 1.25), draw(0.5, 1.5));
        let (from, to) = (draw(3.0, 8.0), math::sin_cos(draw(-math::PI, math::PI)));
        let force = Vector3::new(to.1, to.0, 0.0) * (impulse / Push::LONG);
        let speed = if seed & 2 == 0 { draw(0.2, 0.6) } else { draw(0.6, 1.0) };
        Self {
            yaw,
            friction: Some(friction),
            rest,
            speed,
            push: (seed & 1 == 1 && impulse > 0.0).then_some(Push { from, force }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episode_conditions_follow_from_the_seed() {
        for seed in 0..40_u64 {
            let walk = EpisodeConditions::walk(seed, 20.0);
            assert_eq!(walk.push.is_some(), seed % 2 == 1);
            assert_eq!(walk.speed < 0.6, seed / 2 % 2 == 0);
            assert!((0.2..1.0).contains(&walk.speed));
            assert!(walk.friction.is_some_and(|friction| (0.5..1.25).contains(&friction)));
            if let Some(push) = walk.push {
                assert!((push.force.norm() * Push::LONG - 20.0).abs() < 1e-9 && push.force.z == 0.0);
                assert!(push.at(push.from).is_some() && push.at(push.from + 0.21).is_none());
            }
            assert_eq!(walk.yaw, EpisodeConditions::heading(seed).yaw);
        }
        assert_eq!(EpisodeConditions::walk(1, 0.0).push, None);
    }
}
