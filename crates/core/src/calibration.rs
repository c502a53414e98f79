//! How a body answers the drive: the measured map from [`Drive`] to motion, and its inverse.
//!
//! Static inversion of a measured map, as is done for the speed controllers of legged robots and for thrusters: linear
//! interpolation between the points of a grid, and the inverse by least squares. It knows nothing of how the body got up to
//! speed, and it is of no use before a circuit that averages what it is asked for over time, as the swimmer's does with turns: the mean of
//! inverses is not the inverse of the mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{Problems, Validate};
use crate::{Drive, Part, Twist2};

/// How a body moves when its motor circuit is given a drive and time to settle, over a grid of drives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The speeds of the drive that were tried, growing, -1 to 1.
    #[schemars(length(min = 2, max = 41), inner(range(min = -1.0, max = 1.0)))]
    pub speed: Vec<f64>,
    /// The turns of the drive that were tried, growing, -1 to 1.
    #[schemars(length(min = 2, max = 41), inner(range(min = -1.0, max = 1.0)))]
    pub turn: Vec<f64>,
    /// Forward speed that came of it, m/s: a row for each speed, a number for each turn.
    pub linear: Vec<Vec<f64>>,
    /// Turning rate that came of it, rad/s, positive to the left.
    pub angular: Vec<Vec<f64>>,
}

/// No body of ours goes faster, m/s, or turns faster, rad/s.
const MAX: [f64; 2] = [50.0, 100.0];

impl Validate for Calibration {
    fn validate(&self, problems: &mut Problems<'_>) {
        for (key, grid) in [("speed", &self.speed), ("turn", &self.turn)] {
            for (i, pair) in grid.windows(2).enumerate() {
                // A number that is none does not grow either.
                if pair[0].partial_cmp(&pair[1]) != Some(std::cmp::Ordering::Less) {
                    problems.help(
                        &format!("/{key}/{}", i + 1),
                        format!("{} does not lie above {}, the one before it", pair[1], pair[0]),
                        "sort them, each once; or measure again with `neuraxis calibrate`",
                    );
                }
            }
        }
        for ((key, rows), most) in [("linear", &self.linear), ("angular", &self.angular)].into_iter().zip(MAX)
        {
            if rows.len() != self.speed.len() {
                problems.help(
                    &format!("/{key}"),
                    format!("{} rows for {} speeds", rows.len(), self.speed.len()),
                    "give a row for each number of `speed`",
                );
            }
            for (i, row) in rows.iter().enumerate() {
                if row.len() != self.turn.len() {
                    problems.help(
                        &format!("/{key}/{i}"),
                        format!("{} numbers for {} turns", row.len(), self.turn.len()),
                        "give a number for each number of `turn`",
                    );
                }
                for (j, value) in row.iter().enumerate() {
                    if !value.is_finite() || value.abs() > most {
                        problems.at(
                            &format!("/{key}/{i}/{j}"),
                            format!("{value} is no motion of a body (at most {most} to either side)"),
                        );
                    }
                }
            }
        }
    }
}

/// Where `x` lies on a sorted `grid`: the index of the point below, and the share of the way to the next; held to the grid.
fn place(grid: &[f64], x: f64) -> (usize, f64) {
    let last = grid.len().saturating_sub(2);
    let below = grid.iter().skip(1).take(last).take_while(|point| **point <= x).count();
    match (grid.get(below), grid.get(below + 1)) {
        (Some(a), Some(b)) if b > a => (below, ((x - a) / (b - a)).clamp(0.0, 1.0)),
        _ => (below, 0.0),
    }
}

/// The value at a place of a table; 0 outside of it.
fn between(rows: &[Vec<f64>], (i, a): (usize, f64), (j, b): (usize, f64)) -> f64 {
    let at = |i: usize, j: usize| rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0.0);
    let along = |i: usize| at(i, j) * (1.0 - b) + at(i, j + 1) * b;
    along(i) * (1.0 - a) + along(i + 1) * a
}

impl Calibration {
    /// The motion that a drive comes to, by linear interpolation; outside of the grid, that of its edge.
    #[must_use]
    pub fn motion(&self, speed: f64, turn: f64) -> Twist2 {
        let (row, column) = (place(&self.speed, speed), place(&self.turn, turn));
        Twist2::new(between(&self.linear, row, column), between(&self.angular, row, column))
    }
}

/// Steps of the first search along each side, and times that the steps are halved afterwards.
const STEPS: u32 = 16;
const HALVINGS: u32 = 8;
/// An error of the turning rate counts so much more than one of the speed: who does not turn does not follow its way.
const TURNING: f64 = 2.0;
/// Of drives that do the same, the gentlest: its weight beside errors as shares of the greatest motion.
const GENTLE: f64 = 1e-5;

/// What a brain knows of how its body answers the drive. [`Inverse`] is the measured one; a learned one comes beside it.
pub trait BodyModel: Part {
    /// The drive whose motion is nearest to `wanted`; rest for rest. It does not allocate.
    fn invert(&self, wanted: &Twist2) -> Drive;
}

impl Part for Inverse {
    fn name(&self) -> &'static str {
        "calibration"
    }
}

crate::saved!(Inverse { ; map, speed, turn, scale });

impl BodyModel for Inverse {
    fn invert(&self, wanted: &Twist2) -> Drive {
        self.drive(wanted)
    }
}

/// The drive that comes nearest to a wanted motion.
///
/// Turns are taken only from the monotone branch of the map: from where it turns most to the right to where it turns most to
/// the left. Beyond, a body that saturates turns less the more it is asked to.
#[derive(Clone, Debug, PartialEq)]
pub struct Inverse {
    map: Calibration,
    /// The drives that are used.
    speed: [f64; 2],
    turn: [f64; 2],
    /// The greatest speed (m/s) and turning rate (rad/s) of the map.
    scale: [f64; 2],
}

impl Inverse {
    /// The inverse of `map`.
    #[must_use]
    pub fn new(map: &Calibration) -> Self {
        let greatest = |rows: &[Vec<f64>]| rows.iter().flatten().fold(1e-9_f64, |most, v| most.max(v.abs()));
        // The mean of all speeds' turning rates, and of all turns' speeds.
        let turning = (0..map.turn.len())
            .map(|j| map.angular.iter().map(|row| row.get(j).copied().unwrap_or(0.0)).sum::<f64>());
        let going = map.linear.iter().map(|row| row.iter().sum::<f64>());
        Self {
            speed: branch(&map.speed, &going.collect::<Vec<_>>()),
            turn: branch(&map.turn, &turning.collect::<Vec<_>>()),
            scale: [greatest(&map.linear), greatest(&map.angular)],
            map: map.clone(),
        }
    }

    /// The least and the greatest turn that is asked of the circuit.
    #[must_use]
    pub fn turns(&self) -> [f64; 2] {
        self.turn
    }

    /// The drive whose motion is nearest to `wanted`; rest for rest. It does not allocate.
    #[must_use]
    pub fn drive(&self, wanted: &Twist2) -> Drive {
        if wanted.linear == 0.0 && wanted.angular == 0.0 || !wanted.is_finite() {
            return Drive::REST;
        }
        // Forwards is not done backwards.
        let speeds = match wanted.linear {
            v if v > 0.0 => [self.speed[0].max(0.0), self.speed[1].max(0.0)],
            v if v < 0.0 => [self.speed[0].min(0.0), self.speed[1].min(0.0)],
            _ => self.speed,
        };
        let span = |[low, high]: [f64; 2]| (high - low) / f64::from(STEPS);
        let (mut step, mut best) = ([span(speeds), span(self.turn)], (f64::INFINITY, 0.0, 0.0));
        for i in 0..=STEPS {
            for j in 0..=STEPS {
                let (s, t) = (speeds[0] + f64::from(i) * step[0], self.turn[0] + f64::from(j) * step[1]);
                self.better(wanted, s, t, &mut best);
            }
        }
        for _ in 0..HALVINGS {
            step = [0.5 * step[0], 0.5 * step[1]];
            let (_, s, t) = best;
            for (i, j) in [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)] {
                let s = (s + f64::from(i) * step[0]).clamp(speeds[0], speeds[1]);
                let t = (t + f64::from(j) * step[1]).clamp(self.turn[0], self.turn[1]);
                self.better(wanted, s, t, &mut best);
            }
        }
        Drive::new(best.1, best.2)
    }

    fn better(&self, wanted: &Twist2, s: f64, t: f64, best: &mut (f64, f64, f64)) {
        let motion = self.map.motion(s, t);
        let going = (motion.linear - wanted.linear) / self.scale[0];
        let turning = TURNING * (motion.angular - wanted.angular) / self.scale[1];
        let error = going * going + turning * turning + GENTLE * (s * s + t * t);
        if error < best.0 {
            *best = (error, s, t);
        }
    }
}

/// The part of `grid` from the least to the greatest of `values`, which grow from one to the other; it holds 0 if the grid does.
fn branch(grid: &[f64], values: &[f64]) -> [f64; 2] {
    let (mut low, mut high) = (0, 0);
    for (i, value) in values.iter().enumerate() {
        // Of equal ones, the nearer to the middle.
        if *value < values[low] || *value == values[low] && grid[i] <= 0.0 {
            low = i;
        }
        if *value > values[high] {
            high = i;
        }
    }
    let at = |i: usize| grid.get(i).copied().unwrap_or(0.0);
    [at(low).min(0.0), at(high).max(0.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wheels: motion in proportion to the drive.
    fn plain() -> Calibration {
        let grid = [-1.0, -0.5, 0.0, 0.5, 1.0];
        Calibration {
            speed: grid.to_vec(),
            turn: grid.to_vec(),
            linear: grid.iter().map(|s| vec![0.2 * s; 5]).collect(),
            angular: vec![grid.iter().map(|t| 2.0 * t).collect(); 5],
        }
    }

    #[test]
    fn the_inverse_of_a_plain_map_is_the_share() {
        let inverse = Inverse::new(&plain());
        for (s, t) in [(0.3, -0.7), (-1.0, 1.0), (0.05, 0.0), (0.0, 0.4)] {
            let drive = inverse.drive(&Twist2::new(0.2 * s, 2.0 * t));
            assert!((drive.speed - s).abs() < 2e-3 && (drive.turn - t).abs() < 2e-3, "{s} {t}: {drive:?}");
        }
        assert_eq!(inverse.drive(&Twist2::default()), Drive::REST);
        let beyond = inverse.drive(&Twist2::new(9.0, -9.0));
        assert!((beyond.speed - 1.0).abs() < 1e-9 && (beyond.turn + 1.0).abs() < 1e-9, "{beyond:?}");
        assert_eq!(inverse.drive(&Twist2::new(f64::NAN, 1.0)), Drive::REST);
    }

    #[test]
    fn calibration_of_a_saturated_response_never_asks_beyond_its_maximum() {
        let mut map = plain();
        for row in &mut map.angular {
            *row = vec![0.2, -1.0, 0.0, 1.0, -0.2];
        }
        let inverse = Inverse::new(&map);
        assert_eq!(inverse.turns(), [-0.5, 0.5]);
        for wanted in [0.2, 0.9, 1.0, 5.0] {
            let drive = inverse.drive(&Twist2::new(0.1, wanted));
            assert!((drive.turn - 0.5 * wanted.min(1.0)).abs() < 3e-3, "{wanted}: {drive:?}");
        }
    }

    #[test]
    fn motion_is_interpolated_and_ends_at_the_edge() {
        let motion = plain().motion(0.25, -0.6);
        assert!((motion.linear - 0.05).abs() < 1e-12 && (motion.angular + 1.2).abs() < 1e-12);
        assert_eq!(plain().motion(3.0, 0.0).linear, 0.2);
    }

    proptest::proptest! {
        /// Whatever map and wish: the drive is one, and no drive of the grid would have come nearer.
        #[test]
        fn the_drive_is_in_range_and_no_point_of_the_grid_is_better(
            values in proptest::collection::vec(-1.0..1.0_f64, 18), v in 0.01..1.0_f64, w in -1.0..1.0_f64,
        ) {
            let grid = vec![-1.0, 0.0, 1.0];
            let rows = |values: &[f64]| values.chunks(3).map(<[f64]>::to_vec).collect::<Vec<_>>();
            let map = Calibration {
                speed: grid.clone(), turn: grid, linear: rows(&values[..9]), angular: rows(&values[9..]),
            };
            let inverse = Inverse::new(&map);
            let wanted = Twist2::new(v, w);
            let drive = inverse.drive(&wanted);
            proptest::prop_assert!(drive.speed.abs() <= 1.0 && drive.turn.abs() <= 1.0);
            let [low, high] = inverse.turns();
            proptest::prop_assert!(low <= drive.turn && drive.turn <= high);
            let mut found = (f64::INFINITY, 0.0, 0.0);
            inverse.better(&wanted, drive.speed, drive.turn, &mut found);
            for (s, t) in [(0.0, low), (0.0, 0.0), (0.0, high), (inverse.speed[1], 0.0)] {
                let mut other = (f64::INFINITY, 0.0, 0.0);
                inverse.better(&wanted, s, t, &mut other);
                proptest::prop_assert!(found.0 <= other.0 + 1e-12);
            }
        }
    }
}
