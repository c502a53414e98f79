//! How a body moves itself, for the page: bars of the feet that stand, waves of the joints along a chain.

use crate::score::{FEET_PERIOD, JOINTS_EVERY, Motion, Stretch};
use neuraxis_core::math;
use serde::Serialize;

/// A rhythm is looked for between these, Hz.
const RHYTHMS: [f64; 2] = [0.25, 6.0];
/// From one rhythm that is tried to the next, Hz: a sixth of what 6 s can tell apart.
const STEP: f64 = 0.025;
/// A swing smaller than this is none: rad of a joint, or share of a foot's touching.
const MIN_SWING: f64 = 0.02;

/// What a page shows of a body's motion.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct MotionView {
    /// Feet, or none.
    feet: Vec<String>,
    /// Joints of a chain from the base outwards, or none.
    chain: Vec<String>,
    stretches: Vec<StretchView>,
}

/// A few seconds without a gap.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct StretchView {
    /// When it begins, and how long it is, cs.
    from: i64,
    long: i64,
    /// For each foot the bars of its stance: begin (after `from`) and length, cs.
    bars: Vec<Vec<i64>>,
    /// Share of the time in which each foot stands, %.
    duty: Vec<i64>,
    /// Angles of the chain's joints, one after the other, moment by moment, 1/100 rad; `null` if unknown.
    angles: Vec<Option<i64>>,
    /// The rhythm, 1/1000 Hz; 0 if there is none.
    rhythm: i64,
    /// How far each foot is behind the first (0 to 359 degrees), or each joint behind the first (counted on and on along the
    /// chain, positive if the wave goes outwards), degrees.
    lags: Vec<i64>,
}

impl MotionView {
    /// The view of a motion; none if there is nothing to see.
    #[must_use]
    pub(super) fn of(motion: &Motion) -> Option<Self> {
        let stretches: Vec<StretchView> =
            motion.stretches.iter().map(|stretch| view(stretch, motion)).collect();
        let moves = !motion.feet.is_empty() || !motion.chain.is_empty();
        (moves && !stretches.is_empty()).then(|| Self {
            feet: motion.feet.iter().map(|foot| foot.name.clone()).collect(),
            chain: motion.chain.clone(),
            stretches,
        })
    }
}

fn view(stretch: &Stretch, motion: &Motion) -> StretchView {
    let feet = motion.feet.len();
    let chain = motion.chain.len();
    let look = FEET_PERIOD as f64 * 1e-9;
    let mut view =
        StretchView { from: (stretch.from.seconds() * 100.0).round() as i64, ..StretchView::default() };
    let centi = |looks: usize| (looks as f64 * look * 100.0).round() as i64;
    if feet > 0 {
        view.long = centi(stretch.feet.len());
        let signals: Vec<Vec<f64>> =
            (0..feet).map(|i| stretch.feet.iter().map(|bits| f64::from(bits >> i & 1)).collect()).collect();
        view.bars = signals.iter().map(|signal| bars(signal, centi)).collect();
        let mean = |signal: &Vec<f64>| signal.iter().sum::<f64>() / signal.len().max(1) as f64;
        view.duty = signals.iter().map(|signal| (100.0 * mean(signal)).round() as i64).collect();
        if let Some((rhythm, phases)) = rhythm(&signals, look) {
            view.rhythm = (rhythm * 1000.0).round() as i64;
            let behind =
                |phase: &f64| (math::wrap(phases[0] - phase).to_degrees().round() as i64).rem_euclid(360);
            view.lags = phases.iter().map(behind).collect();
        }
    } else if let Some(moments) = stretch.joints.len().checked_div(chain) {
        view.long = centi(JOINTS_EVERY * moments);
        let signals: Vec<Vec<f64>> = (0..chain)
            .map(|j| stretch.joints.iter().skip(j).step_by(chain).map(|angle| f64::from(*angle)).collect())
            .collect();
        view.angles = stretch
            .joints
            .iter()
            .map(|angle| angle.is_finite().then(|| (f64::from(*angle) * 100.0).round() as i64))
            .collect();
        if let Some((rhythm, phases)) = rhythm(&signals, look * JOINTS_EVERY as f64) {
            view.rhythm = (rhythm * 1000.0).round() as i64;
            let mut lag = 0.0;
            view.lags.push(0);
            for pair in phases.windows(2) {
                lag += math::wrap(pair[0] - pair[1]).to_degrees();
                view.lags.push(lag.round() as i64);
            }
        }
    }
    view
}

/// Begin and length of each run of ones.
fn bars(signal: &[f64], centi: impl Fn(usize) -> i64) -> Vec<i64> {
    let mut bars = Vec::new();
    let mut begin = None;
    for (i, value) in signal.iter().copied().chain([0.0]).enumerate() {
        match (begin, value > 0.5) {
            (None, true) => begin = Some(i),
            (Some(from), false) => {
                bars.extend([centi(from), centi(i) - centi(from)]);
                begin = None;
            }
            _ => {}
        }
    }
    bars
}

/// The rhythm that all signals share, Hz, and the phase of each at the first moment, rad; samples are `period` s apart.
///
/// The frequency at which the sum of their powers under a Hann window is greatest. None if any of them hardly swings.
fn rhythm(signals: &[Vec<f64>], period: f64) -> Option<(f64, Vec<f64>)> {
    let count = signals.first()?.len();
    let seconds = count as f64 * period;
    // Two cycles at least, for less tells no rhythm.
    let lowest = RHYTHMS[0].max(2.0 / seconds.max(1e-9));
    let highest = RHYTHMS[1].min(0.4 / period);
    let window: Vec<f64> =
        (0..count).map(|i| 1.0 - math::cos(2.0 * math::PI * (i as f64 + 0.5) / count as f64)).collect();
    let weighed: Vec<Vec<f64>> = signals
        .iter()
        .map(|signal| {
            let known = signal.iter().zip(&window).filter(|(value, _)| value.is_finite());
            let (sum, weight) =
                known.fold((0.0, 0.0), |(s, w), (value, weight)| (s + value * weight, w + weight));
            let mean = if weight > 0.0 { sum / weight } else { 0.0 };
            let level = |value: f64| if value.is_finite() { value - mean } else { 0.0 };
            signal.iter().zip(&window).map(|(value, weight)| level(*value) * weight).collect()
        })
        .collect();
    let at = |frequency: f64| -> Vec<[f64; 2]> {
        let turn = 2.0 * math::PI * frequency * period;
        let (cos, sin) = (math::cos(turn), math::sin(turn));
        weighed
            .iter()
            .map(|signal| {
                let (mut c, mut s, mut sum) = (1.0, 0.0, [0.0; 2]);
                for value in signal {
                    sum[0] += value * c;
                    sum[1] -= value * s;
                    (c, s) = (c * cos - s * sin, s * cos + c * sin);
                }
                sum
            })
            .collect()
    };
    let power = |parts: &[[f64; 2]]| parts.iter().map(|[a, b]| a * a + b * b).sum::<f64>();
    let (mut best, mut frequency) = (None, lowest);
    while frequency <= highest {
        let found = power(&at(frequency));
        if best.is_none_or(|(_, most)| found > most) {
            best = Some((frequency, found));
        }
        frequency += STEP;
    }
    let (frequency, _) = best?;
    let parts = at(frequency);
    let swing = |[a, b]: &[f64; 2]| 2.0 * math::hypot(*a, *b) / count as f64;
    let swings = parts.iter().all(|part| swing(part) > MIN_SWING);
    swings.then(|| (frequency, parts.iter().map(|[a, b]| math::atan2(*b, *a)).collect()))
}

#[cfg(test)]
mod tests {
    use crate::score::STRETCH;
    use neuraxis_core::Stamp;

    use super::*;

    /// Our own, with feet in four corners.
    fn legs() -> Motion {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../robots/quadruped/quadruped.yaml");
        let body = crate::plan::PlannedRobot::load(std::path::Path::new(file), &[]).expect("a robot").model;
        Motion::of(&body.description, &body.model.joints)
    }

    fn chain(names: Vec<String>) -> Motion {
        let mut motion = Motion::default();
        motion.chain = names;
        motion
    }

    #[test]
    fn a_trot_is_bars_of_two_diagonals() {
        let mut motion = legs();
        // 2 Hz; FL and HR stand for the first 60 % of each stride, FR and HL half a stride later.
        let feet = (0..STRETCH)
            .map(|i| {
                let stands = |after: usize| (i + 50 - after) % 50 < 30;
                u8::from(stands(0)) * 0b1001 + u8::from(stands(25)) * 0b0110
            })
            .collect();
        motion.stretches.push(Stretch { from: Stamp::from_seconds(8.0), feet, joints: Vec::new() });
        let view = MotionView::of(&motion).expect("legs");
        assert_eq!(view.feet, ["FL", "FR", "HL", "HR"]);
        let stretch = &view.stretches[0];
        assert_eq!((stretch.from, stretch.long), (800, 600));
        assert_eq!(stretch.bars[0][..6], [0, 30, 50, 30, 100, 30]);
        assert_eq!(stretch.bars[1][..6], [0, 5, 25, 30, 75, 30]);
        assert_eq!(stretch.bars[3], stretch.bars[0]);
        assert!(stretch.duty.iter().all(|duty| (58..=62).contains(duty)), "{:?}", stretch.duty);
        assert!((stretch.rhythm - 2000).abs() < 30, "{} mHz", stretch.rhythm);
        assert!(
            stretch.lags.iter().zip([0, 180, 180, 0]).all(|(lag, wanted)| (lag - wanted).abs() < 4),
            "{:?}",
            stretch.lags
        );
    }

    #[test]
    fn a_wave_lags_from_joint_to_joint() {
        let mut motion = chain((0..5).map(|i| format!("joint_{i}")).collect());
        let mut joints = Vec::new();
        for i in 0..STRETCH / JOINTS_EVERY {
            let t = i as f64 * 0.04;
            // 0.8 Hz, each joint 70 degrees behind the one before.
            joints.extend((0..5).map(|j| {
                (0.3 + 0.5 * math::sin(2.0 * math::PI * 0.8 * t - f64::from(j) * 70_f64.to_radians())) as f32
            }));
        }
        motion.stretches.push(Stretch { from: Stamp::ZERO, feet: Vec::new(), joints });
        let view = MotionView::of(&motion).expect("a chain");
        let stretch = &view.stretches[0];
        assert_eq!(stretch.angles.len(), 5 * STRETCH / JOINTS_EVERY);
        assert_eq!(stretch.angles[0], Some(30));
        assert!((stretch.rhythm - 800).abs() <= 25, "{} mHz", stretch.rhythm);
        for (lag, wanted) in stretch.lags.iter().zip([0, 70, 140, 210, 280]) {
            assert!((lag - wanted).abs() <= 3, "{:?}", stretch.lags);
        }
    }

    #[test]
    fn the_report_of_a_standing_body_has_no_rhythm() {
        let mut motion = chain(vec!["a".to_owned(), "b".to_owned()]);
        let joints = [0.2, f32::NAN].repeat(STRETCH / JOINTS_EVERY);
        motion.stretches.push(Stretch { from: Stamp::ZERO, feet: Vec::new(), joints });
        let stretch = &MotionView::of(&motion).expect("a chain").stretches[0];
        assert_eq!((stretch.rhythm, stretch.lags.len()), (0, 0));
        assert_eq!(stretch.angles[..2], [Some(20), None]);
        assert_eq!(MotionView::of(&Motion::default()), None);
    }
}
