//! The oracle that an estimator is measured by: a plain filter that knows the fault.
//!
//! It is told which sense is at fault, when the fault begins and ends, and how large its error is as a variance, but not the
//! error itself: noise is given its true size; what is frozen, biased or an outlier is left out; wheels that slip are
//! as uncertain as the slip is large, between two absolute poses; a gyroscope with a bias is left out, and the
//! wheels turn the estimate, on the plane. No estimator that has to find the fault by itself can be expected to match it.

use neuraxis_core::percepts::{AbsolutePose, LaserScan, Odometry};
use neuraxis_core::senses::Readable as _;
use neuraxis_core::{Percepts, Pose2, Reading};
use neuraxis_fusion::Informed;
use neuraxis_sim::scene::spec::{Fault, FaultKind};

/// Beyond so many standard deviations from the truth a pose is an outlier.
const OUTLIER: f64 = 6.0;
/// Absolute poses come so often, Hz; errors of the wheels add up between two of them.
const FIX_RATE: f64 = 10.0;

/// A filter and what it knows.
pub struct Oracle {
    filter: Box<dyn Informed>,
    fault: Option<Fault>,
    /// The senses as the filter is shown them.
    shown: Percepts,
    /// Nominal noise of the wheels' way, m for each √m.
    linear: f64,
    seen: Vec<u64>,
}

impl Oracle {
    /// An oracle around `filter` (of the plain rule), for a body with `blank` percepts; `linear` is the nominal noise of
    /// the wheels' way, m for each √m.
    #[must_use]
    pub fn new(filter: Box<dyn Informed>, fault: Option<Fault>, blank: Percepts, linear: f64) -> Self {
        let seen = vec![0; blank.slots().len()];
        Self { filter, fault, shown: blank, linear, seen }
    }

    /// Shows the filter what of `percepts` is worth showing; `truth` is where the body is.
    pub fn update(&mut self, percepts: &Percepts, truth: &Pose2) {
        self.shown.now = percepts.now;
        for (i, slot) in percepts.slots().iter().enumerate() {
            let (Some(stamp), Some(reading)) = (slot.stamp(), slot.reading()) else { continue };
            if slot.sequence() == self.seen[i] {
                continue;
            }
            self.seen[i] = slot.sequence();
            let fault = self.fault.as_ref().filter(|f| f.sensor == slot.name() && f.is_on(stamp)).cloned();
            if fault.as_ref().is_some_and(|fault| !is_worth_showing(fault, reading, truth)) {
                continue;
            }
            self.shown.slots_mut()[i].put(stamp, |to| to.copy_from(reading));
        }
        if let Some(fault) = self.fault.clone() {
            let reading = percepts.find(&fault.sensor).and_then(|i| percepts.slots()[i].reading());
            let factor = fault.factor.filter(|_| fault.is_on(percepts.now)).unwrap_or(1.0);
            let is_scan = reading.and_then(LaserScan::of).is_some();
            let (cue, variance) = match (fault.kind, reading.and_then(Odometry::of)) {
                (FaultKind::Slip, Some(odometry)) => {
                    let off = 1.0 - 1.0 / factor;
                    let way = odometry.twist.linear.abs() / FIX_RATE;
                    (&*fault.sensor, 1.0 + off * off * way / (self.linear * self.linear))
                }
                (FaultKind::Noise, _) if is_scan => ("scan_matching", factor * factor),
                (FaultKind::Noise, _) => (&*fault.sensor, factor * factor),
                _ => (&*fault.sensor, 1.0),
            };
            self.filter.set_known_noise(cue, variance);
        }
        self.filter.update(&self.shown);
    }

    /// Where the oracle believes the body to be.
    #[must_use]
    pub fn pose(&self) -> Pose2 {
        self.filter.belief().pose
    }
}

/// Whether a reading that the fault has touched is worth showing.
fn is_worth_showing(fault: &Fault, reading: &Reading, truth: &Pose2) -> bool {
    match (fault.kind, AbsolutePose::of(reading)) {
        (FaultKind::Frozen | FaultKind::NotANumber | FaultKind::Silent | FaultKind::Bias, _) => false,
        (FaultKind::Outliers, Some(absolute)) => {
            absolute.to_planar().distance(truth) < OUTLIER * absolute.covariance[(0, 0)].sqrt()
        }
        _ => true,
    }
}
