//! Estimators on recorded senses, held against a reference: `neuraxis replay --fusion`.
//!
//! The absolute trajectory error (ATE) is that of Sturm et al., "A benchmark for the evaluation of RGB-D SLAM systems" (IROS
//! 2012): the root mean square distance after the estimated track was laid onto the reference by the best rigid motion
//! (Umeyama 1991, in the plane, without scale). Beside it stands the plain root mean square, for tracks in one frame.

use neuraxis_brain::{Driver, Session};
use neuraxis_core::body::{Body, BodyDescription};
use neuraxis_core::world::Single;
use neuraxis_core::{Command, Percepts, Pose2, Stamp, math};
use neuraxis_fusion::{FusionSpec, Rule};
use serde::Serialize;

/// The rules that are compared.
pub const RULES: [(&str, Rule); 4] = [
    ("inverse_effectiveness", Rule::InverseEffectiveness),
    ("ekf", Rule::Ekf),
    ("ekf_gated", Rule::EkfGated),
    ("odometry", Rule::Odometry),
];

/// How a rule did.
#[derive(Clone, Debug, Serialize)]
pub struct RuleRow {
    /// Its name in the robot's file.
    pub rule: String,
    /// Root mean square distance to the reference, m; `None` without a reference.
    pub rmse: Option<f64>,
    /// The same after the best rigid motion, m.
    pub ate: Option<f64>,
    /// Distance at the last pose of the reference, m.
    pub last: Option<f64>,
    /// Poses of the reference that were compared.
    pub compared: usize,
    /// Measurements that were refused, cue by cue: name and count.
    pub refused: Vec<(String, u32)>,
}

/// Runs all rules over what `body` feels, from `start`, and holds them against `reference`, whose stamps are the body's.
pub fn compare(
    body: &mut (dyn Body + Send),
    description: &BodyDescription,
    spec: &FusionSpec,
    start: Pose2,
    reference: &[(Stamp, Pose2)],
) -> Vec<RuleRow> {
    let mut estimators: Vec<_> = RULES
        .iter()
        .map(|(_, rule)| {
            let spec = FusionSpec { rule: *rule, ..spec.clone() };
            neuraxis_fusion::build(&spec, description, start, None)
        })
        .collect();
    let mut tracks: Vec<Vec<(Stamp, Pose2)>> = vec![Vec::new(); estimators.len()];
    // Nobody drives a recording: the estimators only watch.
    let watch = |_: &Single<&mut (dyn Body + Send)>, percepts: &Percepts, _: &mut Command| {
        for (estimator, track) in estimators.iter_mut().zip(&mut tracks) {
            estimator.update(percepts);
            track.push((percepts.now, estimator.belief().pose));
        }
    };
    // Where a log ends, or breaks off, the tracks end.
    let _ = Session::new(Single(body)).with_seat(0, Driver::Script(Box::new(watch)), None).run();
    let rows = RULES.iter().zip(&estimators).zip(&tracks);
    rows.map(|(((name, _), estimator), track)| {
        let pairs: Vec<(Pose2, Pose2)> =
            reference.iter().filter_map(|(stamp, pose)| Some((at(track, *stamp)?, *pose))).collect();
        let mean = |sum: f64| (sum / pairs.len().max(1) as f64).sqrt();
        let is_some = !pairs.is_empty();
        let squares = |list: &[(Pose2, Pose2)]| list.iter().map(|(a, b)| square(a.distance(b))).sum::<f64>();
        RuleRow {
            rule: (*name).to_owned(),
            rmse: is_some.then(|| mean(squares(&pairs))),
            ate: is_some.then(|| mean(squares(&aligned(&pairs)))),
            last: pairs.last().map(|(a, b)| a.distance(b)),
            compared: pairs.len(),
            refused: estimator
                .belief()
                .cues
                .iter()
                .filter(|cue| cue.refusals > 0)
                .map(|cue| (cue.name.to_string(), cue.refusals))
                .collect(),
        }
    })
    .collect()
}

fn square(x: f64) -> f64 {
    x * x
}

/// The track at `stamp`, between its poses; `None` outside of it.
fn at(track: &[(Stamp, Pose2)], stamp: Stamp) -> Option<Pose2> {
    let next = track.partition_point(|(at, _)| *at < stamp);
    let (later, to) = track.get(next)?;
    if *later == stamp {
        return Some(*to);
    }
    let (earlier, from) = track.get(next.checked_sub(1)?)?;
    let t = stamp.since(*earlier) / later.since(*earlier);
    let step = from.relative(to);
    Some(from.compose(&Pose2::new(step.x * t, step.y * t, step.yaw * t)))
}

/// The pairs with their first poses moved onto the second by the best rigid motion.
fn aligned(pairs: &[(Pose2, Pose2)]) -> Vec<(Pose2, Pose2)> {
    let n = pairs.len().max(1) as f64;
    let sum = pairs.iter().fold([0.0; 4], |s, (a, b)| [s[0] + a.x, s[1] + a.y, s[2] + b.x, s[3] + b.y]);
    let [ax, ay, bx, by] = sum.map(|v| v / n);
    let (mut dot, mut cross) = (0.0, 0.0);
    for (a, b) in pairs {
        let (px, py, qx, qy) = (a.x - ax, a.y - ay, b.x - bx, b.y - by);
        dot += px * qx + py * qy;
        cross += px * qy - py * qx;
    }
    let turn = math::atan2(cross, dot);
    let spin = Pose2 { x: 0.0, y: 0.0, yaw: turn };
    let moved = |a: &Pose2| {
        let p = spin.transform(a.x - ax, a.y - ay);
        Pose2::new(p.x + bx, p.y + by, a.yaw + turn)
    };
    pairs.iter().map(|(a, b)| (moved(a), *b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_that_is_only_moved_has_no_error_left() {
        let shape = (0..50).map(|i| Pose2::new(math::sin(f64::from(i) * 0.2), f64::from(i) * 0.05, 0.1));
        let motion = Pose2::new(3.0, -2.0, 1.1);
        let pairs: Vec<(Pose2, Pose2)> = shape.map(|pose| (pose, motion.compose(&pose))).collect();
        let worst = aligned(&pairs).iter().map(|(a, b)| a.distance(b)).fold(0.0, f64::max);
        assert!(worst < 1e-12, "{worst}");
    }

    #[test]
    fn interpolation_of_two_poses_at_half_is_their_middle() {
        let track = [(Stamp(0), Pose2::default()), (Stamp(10), Pose2::new(1.0, 0.0, 0.0))];
        assert!((at(&track, Stamp(5)).expect("inside").x - 0.5).abs() < 1e-12);
        assert_eq!(at(&track, Stamp(11)), None);
    }
}
