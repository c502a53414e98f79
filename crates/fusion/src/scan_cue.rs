//! What is made of a sweep of a range finder: is it stuck, does it fit the map, may it be drawn?

use nalgebra::{Matrix3, Vector3};
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::{OccupancyGrid, Pose2, saved};

use crate::gaussian::add_noise;
use crate::mapper::Mapper;
use crate::scan_match::Matcher;
use crate::senses::Senses;
use crate::spec::{NoiseSpec, RobustnessSpec};

/// Fewer of its beams on known walls, and a match says nothing.
const MIN_OVERLAP: f64 = 0.3;
/// Worse than this, and the scan does not fit the map.
const MIN_SCORE: f64 = 0.2;
/// A scan of which a larger share contradicts the map does not show a new place.
const MAX_AGAINST: f64 = 0.4;
/// The same for a scan that else fits: so much of it elsewhere, and the rest may fit by chance.
const DOUBTED_AGAINST: f64 = 0.3;
/// Scans whose residuals are so many times the usual ones, in variance, are not drawn.
const ROUGH: f64 = 4.0;
/// Standard deviation of an error that all ranges of a scan may share (rule `bias`), m.
const OFFSET: f64 = 0.02;
/// Scans whose ranges seem to be longer or shorter by more than this would draw walls in the wrong place, m.
const MAX_OFFSET: f64 = 0.03;
/// Scans that are rougher than this do not vouch for themselves.
const USUAL: f64 = 2.0;

/// What matching says of a sweep.
pub(crate) enum Sight {
    /// It fits.
    Fits {
        /// `base_link` at the time of the sweep.
        pose: Pose2,
        /// About x, y, yaw.
        information: Matrix3<f64>,
        /// Numbers that it tells.
        dimensions: usize,
        /// 0 to 1: how well it lies on walls.
        score: f64,
        /// Whether it is too rough to be drawn.
        is_rough: bool,
        /// Whether it fits as well as scans usually do, so that it may stand for two cues.
        is_sure: bool,
    },
    /// It shows what is not known yet.
    New,
    /// It contradicts what is known; how well it fits at best, 0 to 1.
    Misfit(f64),
    /// The numbers broke down.
    Nothing,
}

/// How rough scans usually are: the mean square of the residuals of matched ones, m².
#[derive(Clone, Debug, Default)]
struct Roughness {
    usual: Option<f64>,
}

impl Roughness {
    /// How many times rougher than usual a scan with this mean square is, at least 1.
    fn of(&mut self, mean_square: f64) -> f64 {
        let usual = self.usual.get_or_insert(mean_square);
        let ratio = mean_square / usual.max(1e-8);
        // What is usual follows quickly downwards and slowly upwards, and not at all a scan that is far off.
        let share = if ratio < 1.0 { 0.1 } else { 0.01 };
        if ratio < ROUGH {
            *usual += share * (mean_square - *usual);
        }
        ratio.max(1.0)
    }
}

/// A sweep as it came, m.
#[derive(Clone, Debug)]
struct Sweep {
    ranges: Vec<f32>,
}

/// Looks at sweeps, and draws them.
#[derive(Clone, Debug)]
pub(crate) struct ScanCue {
    robustness: RobustnessSpec,
    /// Standard deviations of a match at best: m, rad.
    best: [f64; 2],
    matcher: Matcher,
    mapper: Mapper,
    roughness: Roughness,
    /// The last sweep of each range finder, to see whether it is stuck.
    last: Vec<Sweep>,
}

impl ScanCue {
    pub(crate) fn new(
        robustness: RobustnessSpec,
        noise: &NoiseSpec,
        senses: &Senses,
        map: &OccupancyGrid,
    ) -> Self {
        let beams = senses.scans.iter().map(|source| source.beams).max().unwrap_or(0);
        Self {
            robustness,
            best: [noise.scan_position, noise.scan_heading],
            matcher: Matcher::new(beams),
            mapper: Mapper::new(map),
            roughness: Roughness::default(),
            last: senses
                .scans
                .iter()
                .map(|source| Sweep { ranges: Vec::with_capacity(source.beams) })
                .collect(),
        }
    }

    /// Whether the sweep of the range finder `index` repeats its last one to the bit.
    pub(crate) fn repeats(&mut self, index: usize, scan: &LaserScan) -> bool {
        let last = &mut self.last[index].ranges;
        let same = |a: &f32, b: &f32| a.to_bits() == b.to_bits();
        let repeats = last.len() == scan.ranges.len()
            && last.iter().zip(&scan.ranges).all(|(a, b)| same(a, b))
            && scan.ranges.iter().any(|range| range.is_finite());
        last.clear();
        last.extend_from_slice(&scan.ranges);
        repeats
    }

    /// Holds a sweep, from a sensor at `mount`, against the map around `guess`.
    pub(crate) fn find(
        &mut self,
        map: &OccupancyGrid,
        scan: &LaserScan,
        mount: &Pose2,
        guess: &Pose2,
    ) -> Sight {
        let is_checked = self.robustness.gating;
        let offset = if self.robustness.bias_detection { OFFSET } else { 0.0 };
        match self.matcher.find(map, &self.mapper, scan, mount, guess, offset) {
            Some(found)
                if found.score >= MIN_SCORE
                    && found.overlap >= MIN_OVERLAP
                    && !(is_checked && found.against > DOUBTED_AGAINST) =>
            {
                // No match is better than the map it is made against.
                let [position, heading] = self.best.map(|std| std * std);
                let floor = Matrix3::from_diagonal(&Vector3::new(position, position, heading));
                let Some(information) = add_noise(&found.information, &floor) else { return Sight::Nothing };
                // Walls that are much rougher than usual are this scan's, not the world's.
                let roughness =
                    if self.robustness.noise_adaptation { self.roughness.of(found.mean_square) } else { 1.0 };
                Sight::Fits {
                    pose: found.pose,
                    information: information / (roughness * roughness),
                    dimensions: if found.is_open { 2 } else { 3 },
                    score: found.score,
                    is_rough: roughness > ROUGH || found.offset.abs() > MAX_OFFSET,
                    is_sure: roughness < USUAL,
                }
            }
            // Little of it is known, unless it contradicts what is.
            Some(found) if found.overlap >= MIN_OVERLAP || is_checked && found.against > MAX_AGAINST => {
                Sight::Misfit(found.score)
            }
            None if is_checked && self.matcher.against() > MAX_AGAINST => Sight::Misfit(0.0),
            _ => Sight::New,
        }
    }

    /// Draws a sweep of a sensor at `sensor` in the map.
    pub(crate) fn draw(&mut self, map: &mut OccupancyGrid, sensor: &Pose2, scan: &LaserScan) {
        self.mapper.draw(map, sensor, scan);
    }
}

saved!(Sweep { ranges: list });
saved!(Roughness { usual });
saved!(ScanCue { matcher, mapper, roughness, last; robustness, best });
