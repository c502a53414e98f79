//! The absolute cues, and the court before which each of their readings comes: is it taken in, and for what?
//!
//! One order of proceedings for the plane and for space: the cue's noise is learned ([`crate::cue_monitor`]), the others
//! are asked who is wrong ([`crate::fault_isolation`]), the pose is doubted if it has to be, and what is biased or lies beyond the χ²
//! gate is left out. The filters ([`Correct`]) do the arithmetic. Cue monitors and fault isolation see a reading's shadow on the
//! ground (x, y, yaw) in either case; the gate sees all its numbers.

use nalgebra::{Matrix3, Vector3};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::{CueReport, Stamp, math, saved};

use crate::cue_monitor::CueMonitor;
use crate::fault_isolation::{CueEvidence, FaultIsolation};
use crate::gaussian::Verdict;
use crate::spec::RobustnessSpec;

/// Variances that the wheels' scale and the gyroscope's error (rad²/s²) gain in a second while the prediction is to
/// blame: they may be anything.
const SCALE_FREEDOM: f64 = 1.0;
const BIAS_FREEDOM: f64 = 0.01;
/// After so long without an absolute cue nobody can tell the wheels' scale, s; from then on what was learned of it in
/// a slip is let go, with this time constant, s.
const FIXED: f64 = 0.5;
const RELAX: f64 = 1.0;
/// While the prediction's variance is inflated by more, nothing is drawn.
const DOUBTFUL: f64 = 3.0;
/// Information about the way along the heading from which a cue tells how far a body has come, 1/m².
const TELLS: f64 = 4.0;

/// A filter that absolute cues correct.
pub(crate) trait Correct<const N: usize> {
    /// What separates a reading from the estimate, and what it knows.
    type Innovation;

    /// The reading on the plane: innovation and information of x, y, yaw.
    fn to_planar(measured: &Self::Innovation) -> (Vector3<f64>, Matrix3<f64>);

    /// What the cue would do with `inflation` times its variances; `None` if the numbers break down.
    fn weigh(&self, measured: &Self::Innovation, inflation: f64) -> Option<Verdict<N>>;

    /// Takes it in; the distance that the position moved, m.
    fn accept(&mut self, verdict: &Verdict<N>) -> f64;

    /// Admits that the pose may be off by as much as the cue says.
    fn inflate_pose(&mut self, measured: &Self::Innovation);
}

/// An absolute cue.
#[derive(Clone, Debug)]
struct Absolute {
    monitor: CueMonitor,
    /// Information of its last reading about x, y, yaw: 1/m², 1/(m·rad), 1/rad².
    information: Matrix3<f64>,
    checks_itself: bool,
    /// When a reading was last taken in.
    taken: Option<Stamp>,
    /// Factor on its variances that is known from elsewhere.
    known: f64,
}

impl Absolute {
    fn evidence(&self) -> CueEvidence<'_> {
        CueEvidence {
            monitor: &self.monitor,
            information: &self.information,
            checks_itself: self.checks_itself,
        }
    }
}

/// All absolute cues, and the blame that they lay on the prediction.
#[derive(Clone, Debug)]
pub(crate) struct PoseCues {
    robustness: RobustnessSpec,
    pub(crate) fault_isolation: FaultIsolation,
    cues: Vec<Absolute>,
    is_touching: bool,
}

impl PoseCues {
    /// Room for so many cues.
    pub(crate) fn new(robustness: RobustnessSpec, count: usize) -> Self {
        let blank = Absolute {
            monitor: CueMonitor::default(),
            information: Matrix3::zeros(),
            checks_itself: false,
            taken: None,
            known: 1.0,
        };
        Self {
            robustness,
            fault_isolation: FaultIsolation::default(),
            cues: vec![blank; count],
            is_touching: false,
        }
    }

    /// Notes whether the next reading of the cue `index` has means of its own to tell that it is wrong, and found nothing.
    pub(crate) fn mark_self_checked(&mut self, index: usize, checks_itself: bool) {
        self.cues[index].checks_itself = checks_itself;
    }

    /// Tells what is known from elsewhere: the variances of the cue `index` are `factor` times the nominal ones.
    pub(crate) fn set_known_noise(&mut self, index: usize, factor: f64) {
        self.cues[index].known = factor;
    }

    /// Factor on the variances of the prediction, at least 1.
    pub(crate) fn inflation(&self) -> f64 {
        if self.robustness.fault_isolation { self.fault_isolation.inflation() } else { 1.0 }
    }

    /// Time since a reading was taken in that tells how far a body with this `heading` (rad) has come, s; infinite before the
    /// first. A wall beside the way does not tell.
    fn unfixed(&self, now: Stamp, heading: f64) -> f64 {
        let (s, c) = math::sin_cos(heading);
        let along = |m: &Matrix3<f64>| c * c * m[(0, 0)] + 2.0 * c * s * m[(0, 1)] + s * s * m[(1, 1)];
        let tells = self.cues.iter().filter(|cue| along(&cue.information) > TELLS);
        tells.filter_map(|cue| cue.taken).map(|last| now.since(last)).fold(f64::INFINITY, f64::min)
    }

    /// Notes whether something is touched: where something is hit, wheels slip.
    pub(crate) fn touch(&mut self, touching: bool) {
        if touching && !self.is_touching && self.robustness.fault_isolation {
            self.fault_isolation.shock();
        }
        self.is_touching = touching;
    }

    /// Notes whether wheels spin: they are no prediction, before any absolute cue has seen where that leads.
    pub(crate) fn spin(&mut self, spins: bool) {
        if spins && self.robustness.fault_isolation {
            self.fault_isolation.shock();
        }
    }

    /// Variances that the gyroscope's error (rad²/s²) and the wheels' scale gain in `dt` seconds: who blames the prediction lets
    /// its constant errors go, as long as there is somebody to learn them from anew.
    pub(crate) fn freedom(&self, now: Stamp, heading: f64, dt: f64) -> [f64; 2] {
        let q = self.inflation();
        if q <= 1.0 || self.unfixed(now, heading) >= FIXED {
            return [0.0; 2];
        }
        let share = (q - 1.0) / (q + 9.0);
        let freedom = share * share * dt;
        [BIAS_FREEDOM * freedom, SCALE_FREEDOM * freedom]
    }

    /// The share of what was learned of the wheels' scale that is let go in `dt` seconds, while nobody can tell it.
    pub(crate) fn forgetting(&self, now: Stamp, heading: f64, dt: f64) -> Option<f64> {
        (self.robustness.fault_isolation && self.unfixed(now, heading) >= FIXED).then(|| dt / RELAX)
    }

    /// Whether the prediction is blamed so much that nothing should be drawn.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.inflation() > DOUBTFUL
    }

    /// When each cue last spoke.
    pub(crate) fn last(&self) -> impl Iterator<Item = Option<Stamp>> {
        self.cues.iter().map(|cue| cue.monitor.last().map(|(stamp, _)| stamp))
    }

    /// Fuses the cue `index`, whose innovation `measured` has `dimensions` numbers, taken at `stamp`; whether it was taken in stands in
    /// the `report` and in the answer.
    pub(crate) fn fuse<const N: usize, F: Correct<N>>(
        &mut self,
        filter: &mut F,
        index: usize,
        measured: &F::Innovation,
        (stamp, now): (Stamp, Stamp),
        dimensions: usize,
        report: &mut CueReport,
    ) -> bool {
        let robustness = self.robustness;
        let (innovation, information) = F::to_planar(measured);
        let cue = &mut self.cues[index];
        let information = information / cue.known;
        cue.information = information;
        let flat = dimensions.min(if information[(2, 2)] > 0.0 { 3 } else { 2 });
        cue.monitor.note(stamp, &innovation, &information, flat, robustness.noise_adaptation);
        let inflation = cue.known * if robustness.noise_adaptation { cue.monitor.inflation() } else { 1.0 };
        let Some(mut verdict) = filter.weigh(measured, inflation) else {
            report.refuse(Refusal::Covariance);
            return false;
        };

        let gate = CueMonitor::gate(dimensions);
        if robustness.fault_isolation {
            let (own, others) = split(&self.cues, index);
            self.fault_isolation.ask(&own, others, now);
        }
        let is_doubted = verdict.distance > gate && robustness.recovery && {
            let (own, others) = split(&self.cues, index);
            FaultIsolation::doubts(&own, &innovation, others, now)
        };
        if is_doubted {
            filter.inflate_pose(measured);
            if let Some(again) = filter.weigh(measured, inflation) {
                verdict = again;
            }
            self.cues.iter_mut().for_each(|cue| cue.monitor.forget());
        }
        let is_biased = robustness.bias_detection && {
            let (own, others) = split(&self.cues, index);
            FaultIsolation::is_biased(&own, others, now)
        };
        let is_taken = !is_biased && (!robustness.gating || verdict.distance <= gate);
        report.surprise = verdict.distance / dimensions as f64;
        report.age = now.since(stamp);
        let monitor = &mut self.cues[index].monitor;
        monitor.judge(is_taken);
        if !is_taken {
            report.refuse(if is_biased { Refusal::Biased } else { Refusal::Gate });
            report.reliability = monitor.reliability();
            return false;
        }
        let moved = filter.accept(&verdict);
        self.cues[index].taken = Some(stamp);
        let length = innovation.xy().norm();
        report.refusal = Refusal::None;
        report.gain = if length > 1e-9 { (moved / length).min(1.0) } else { 0.0 };
        report.reliability = self.cues[index].monitor.reliability();
        true
    }
}

/// The evidence of the cue `index`, and that of the others.
fn split(cues: &[Absolute], index: usize) -> (CueEvidence<'_>, impl Iterator<Item = CueEvidence<'_>>) {
    let others = cues.iter().enumerate().filter(move |(i, _)| *i != index);
    (cues[index].evidence(), others.map(|(_, cue)| cue.evidence()))
}

saved!(Absolute { monitor, information, checks_itself, taken, known });
saved!(PoseCues { fault_isolation, cues, is_touching; robustness });
