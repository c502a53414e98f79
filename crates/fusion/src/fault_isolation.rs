//! Fault isolation: when the cues and the prediction disagree for long, who is wrong?
//!
//! Source: the causal inference of Körding et al., "Causal inference in multisensory perception" (2007), in the plain
//! form of two questions. Do two absolute cues err in the same way? Then it is the prediction that is wrong (wheels
//! that slip, a gyroscope that drifts), and its noise is inflated by `q`, which also frees the constant errors of
//! wheels and gyroscope to be learned anew. Do two absolute cues agree with each other while one of them, twice in a row, is
//! beyond the gate? Then the body is somewhere else (carried off, or slipped far), and the pose is doubted.
//! Is one absolute cue off for long, alone, while another is where the prediction is? Then that cue is biased, and left out.
//! A cue that checks itself (a scan that fits the map) may stand for two. With one cue left that does not, its bias
//! cannot be told from slip: the gate holds single readings off, and gives way once [`STEADY`] of them in a row say the same,
//! because a body that believes its wheels against the only one who sees it is lost for longer than one that believes a liar.

use nalgebra::{Matrix3, Vector3};
use neuraxis_core::Stamp;
use neuraxis_core::saved;

use crate::cue_monitor::CueMonitor;

/// Factor by which the prediction's variance grows when it is to blame, and shrinks when it is not.
const UP: f64 = 1.3;
const DOWN: f64 = 0.97;
/// Largest factor.
const MAX: f64 = 1000.0;
/// Largest factor that wheels and gyroscope alone can raise.
const SUSPICION: f64 = 30.0;
/// Slow innovations agree within so many of their standard deviations.
const AGREE: f64 = 3.0;
/// One of them has to be clear, the other visible, in standard deviations.
const CLEAR: f64 = 4.0;
const VISIBLE: f64 = 1.5;
/// A cue whose slow innovation is farther off, in standard deviations, while another's is not, is biased.
const BIASED: f64 = 6.0;
/// χ² at 0.99 for two dimensions: two cues that lie no farther apart speak of one place.
const SAME_PLACE: f64 = 9.21;
/// A cue that has been silent for longer has no say, s.
const RECENT: f64 = 0.5;
/// Gated readings in a row after which two cues that agree are believed.
const PAIR: u32 = 2;
/// The same for a cue that checks itself, and for one that is alone.
pub const STEADY: u32 = 3;

/// Of one cue, what is asked.
#[derive(Clone, Copy, Debug)]
pub struct CueEvidence<'a> {
    /// What is kept of it.
    pub monitor: &'a CueMonitor,
    /// Its information about x, y, yaw, without inflation.
    pub information: &'a Matrix3<f64>,
    /// Whether it has means of its own to tell that it is wrong.
    pub checks_itself: bool,
}

/// Holds the prediction's inflation.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultIsolation {
    q: f64,
}

impl Default for FaultIsolation {
    fn default() -> Self {
        Self { q: 1.0 }
    }
}

impl FaultIsolation {
    /// Factor on the variances of the prediction, at least 1.
    #[must_use]
    pub fn inflation(&self) -> f64 {
        self.q
    }

    /// Wheels and gyroscope contradict each other, by so many times what chance allows: one of them is wrong, and both
    /// make the prediction.
    pub fn suspect(&mut self, disagreement: f64) {
        if disagreement > 1.0 {
            self.q = self.q.max((disagreement * disagreement).min(SUSPICION));
        }
    }

    /// A shock after which wheels and pose may be anything: a collision.
    pub fn shock(&mut self) {
        self.q = self.q.max(10.0);
    }

    /// Asks who is wrong, after the cue `own` has spoken at `now`.
    pub fn ask<'a>(
        &mut self,
        own: &CueEvidence<'_>,
        others: impl Iterator<Item = CueEvidence<'a>>,
        now: Stamp,
    ) {
        let (slow, std) = own.monitor.slow();
        let is_off = slow.norm() > CLEAR * std || own.monitor.slow_heading().abs() > CLEAR;
        let mut is_prediction = own.checks_itself && is_off;
        for other in others.filter(|other| speaks(other, now)) {
            let (other_slow, other_std) = other.monitor.slow();
            let apart = (slow - other_slow).norm();
            let agree = apart < AGREE * (std * std + other_std * other_std).sqrt();
            let (a, b) = (slow.norm() / std, other_slow.norm() / other_std);
            is_prediction |= agree && a.max(b) > CLEAR && a.min(b) > VISIBLE;
        }
        self.q = if is_prediction { (self.q * UP).min(MAX) } else { (self.q * DOWN).max(1.0) };
    }

    /// Whether the cue `own` is biased: for long it has been elsewhere, alone, while another cue is where the prediction is.
    #[must_use]
    pub fn is_biased<'a>(
        own: &CueEvidence<'_>,
        mut others: impl Iterator<Item = CueEvidence<'a>>,
        now: Stamp,
    ) -> bool {
        let (slow, std) = own.monitor.slow();
        if slow.norm() < BIASED * std {
            return false;
        }
        others.any(|other| {
            let (other_slow, other_std) = other.monitor.slow();
            speaks(&other, now) && other_slow.norm() < AGREE * other_std && {
                (slow - other_slow).norm() > AGREE * (std * std + other_std * other_std).sqrt()
            }
        })
    }

    /// Whether the pose is to be doubted because of `own`, which lies beyond the gate for the `gated`th time in a row
    /// with `innovation`.
    #[must_use]
    pub fn doubts<'a>(
        own: &CueEvidence<'_>,
        innovation: &Vector3<f64>,
        others: impl Iterator<Item = CueEvidence<'a>>,
        now: Stamp,
    ) -> bool {
        let (before, steady) = own.monitor.stubbornness();
        let gated = before + 1;
        let mut is_alone = true;
        for other in others.filter(|other| speaks(other, now)) {
            is_alone = false;
            let Some((_, elsewhere)) = other.monitor.last() else { continue };
            // Two that are one place, and both of them elsewhere.
            // For long enough that chance does not do it: it may be a rough cue, and a lie be near.
            let (slow, std) = other.monitor.slow();
            let is_elsewhere = strangeness(&other, &elsewhere) > SAME_PLACE && slow.norm() > CLEAR * std;
            if gated >= PAIR && is_elsewhere && are_one_place(own, innovation, &other, &elsewhere) {
                return true;
            }
        }
        (is_alone || own.checks_itself) && gated >= STEADY && steady >= STEADY
    }
}

fn speaks(evidence: &CueEvidence<'_>, now: Stamp) -> bool {
    let is_recent = evidence.monitor.last().is_some_and(|(stamp, _)| now.since(stamp) < RECENT);
    is_recent && evidence.monitor.slow().1.is_finite()
}

/// How far a cue lies from the prediction, as χ² of two dimensions with the cue's noise alone.
fn strangeness(evidence: &CueEvidence<'_>, innovation: &Vector3<f64>) -> f64 {
    let plane = evidence.information.fixed_view::<2, 2>(0, 0).into_owned();
    (innovation.xy().transpose() * plane * innovation.xy())[0] / evidence.monitor.inflation()
}

/// Whether two cues lie within their noise of one another.
fn are_one_place(a: &CueEvidence<'_>, x: &Vector3<f64>, b: &CueEvidence<'_>, y: &Vector3<f64>) -> bool {
    let variance = |w: &CueEvidence<'_>| {
        let plane = w.information.fixed_view::<2, 2>(0, 0).into_owned();
        plane.try_inverse().map(|inverse| inverse * w.monitor.inflation())
    };
    let (Some(va), Some(vb)) = (variance(a), variance(b)) else { return false };
    let apart = x.xy() - y.xy();
    (va + vb).try_inverse().is_some_and(|inverse| (apart.transpose() * inverse * apart)[0] < SAME_PLACE)
}

saved!(FaultIsolation { q });
