//! The estimator's arithmetic: an error-state Kalman filter on the plane, in information form.
//!
//! Source: Thrun, Burgard and Fox, *Probabilistic Robotics* (2005), table 3.3 (prediction; the correction is
//! [`crate::gaussian`]'s); the error state of Solà, "Quaternion kinematics for the error-state Kalman filter" (2017), section 6, on SE(2).
//! State: x, y, yaw of `base_link` in the map; the gyroscope's constant error; and the wheels' scale error, the share
//! by which they go farther than they say. With known noise it is exactly the Kalman filter
//! (`known_reliabilities_give_the_kalman_filter`). Departure: none.

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};
use neuraxis_core::{Pose2, math, saved};

use crate::gaussian::{self, Verdict};
use crate::pose_cues::Correct;

/// Numbers in the state.
pub const STATES: usize = 5;
/// Place of the gyroscope's constant error, rad/s.
pub const BIAS: usize = 3;
/// Place of the wheels' scale error.
pub const SCALE: usize = 4;

/// A covariance of the whole state.
pub type Covariance = SMatrix<f64, STATES, STATES>;

/// Least variance that rounding may leave.
const MIN: f64 = 1e-12;

/// What two senses say of the motion between two moments, and how far they may err.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// The wheels' way, in the frame of the body at the first moment, m; `yaw` is their turn, rad.
    pub wheels: Pose2,
    /// The gyroscope's turn with its constant error in it, rad.
    pub gyro: f64,
    /// Share of the gyroscope in the turn, 0 to 1.
    pub gyro_share: f64,
    /// Time between the moments, s.
    pub dt: f64,
    /// Variances of the way (m²) along each axis, and of the turn (rad²).
    pub variance: [f64; 2],
    /// Variances that the gyroscope's error (rad²/s²) and the scale error gain meanwhile.
    pub walk: [f64; 2],
}

/// What separates an absolute pose from the estimate (m, m, rad), and its information about x, y, yaw (which may be
/// singular): what the filter weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Innovation {
    /// The pose less the estimate.
    pub innovation: Vector3<f64>,
    /// Inverse covariance.
    pub information: Matrix3<f64>,
}

/// Mean and covariance of the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    mean: SVector<f64, STATES>,
    covariance: Covariance,
}

impl Filter {
    /// A filter that knows its pose to a millimetre; `bias` and `scale` are the standard deviations of the constant
    /// errors. A standard deviation of 0 takes an error out of the estimate.
    #[must_use]
    pub fn new(start: Pose2, bias: f64, scale: f64) -> Self {
        let mean = SVector::from([start.x, start.y, start.yaw, 0.0, 0.0]);
        let variances = SVector::from([1e-6, 1e-6, 1e-6, bias * bias, scale * scale]);
        Self { mean, covariance: Covariance::from_diagonal(&variances) }
    }

    /// `base_link` in the map.
    #[must_use]
    pub fn pose(&self) -> Pose2 {
        Pose2 { x: self.mean[0], y: self.mean[1], yaw: self.mean[2] }
    }

    /// The gyroscope's constant error, rad/s.
    #[must_use]
    pub fn bias(&self) -> f64 {
        self.mean[BIAS]
    }

    /// The wheels' scale error: they go `1 + scale` times as far as they say.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.mean[SCALE]
    }

    /// Covariance of the whole state.
    #[must_use]
    pub fn covariance(&self) -> &Covariance {
        &self.covariance
    }

    /// Covariance of x, y and yaw.
    #[must_use]
    pub fn pose_covariance(&self) -> Matrix3<f64> {
        self.covariance.fixed_view::<3, 3>(0, 0).into_owned()
    }

    /// Moves the estimate on by `motion`; the motion as it was believed, in the body's frame.
    pub fn predict(&mut self, motion: &Motion) -> Pose2 {
        let Motion { wheels, gyro, gyro_share: share, dt, .. } = *motion;
        let turn = share * (gyro - self.mean[BIAS] * dt) + (1.0 - share) * wheels.yaw;
        let scale = 1.0 + self.mean[SCALE];
        // The wheels' way is a chord seen from its beginning; turned to the middle of the turn that is believed.
        let heading = self.mean[2] + 0.5 * (turn - wheels.yaw);
        let unscaled = Pose2 { x: 0.0, y: 0.0, yaw: heading }.transform(wheels.x, wheels.y);
        let way = unscaled.coords * scale;
        let own = Pose2 { x: 0.0, y: 0.0, yaw: 0.5 * (turn - wheels.yaw) }.transform(wheels.x, wheels.y);
        self.mean[0] += way.x;
        self.mean[1] += way.y;
        self.mean[2] = math::wrap(self.mean[2] + turn);

        let mut f = Covariance::identity();
        f[(0, 2)] = -way.y;
        f[(1, 2)] = way.x;
        f[(0, BIAS)] = 0.5 * way.y * share * dt;
        f[(1, BIAS)] = -0.5 * way.x * share * dt;
        f[(2, BIAS)] = -share * dt;
        f[(0, SCALE)] = unscaled.x;
        f[(1, SCALE)] = unscaled.y;
        let [along, around] = motion.variance;
        let [bias, scale_walk] = motion.walk;
        let noise = SVector::from([along, along, around, bias, scale_walk]);
        self.covariance = f * self.covariance * f.transpose() + Covariance::from_diagonal(&noise);
        self.tidy();
        Pose2::new(own.x * scale, own.y * scale, turn)
    }

    /// Learns the gyroscope's error from a moment in which the body is known to stand still: `rate` is what the
    /// gyroscope reads, `std` how far that may be off, rad/s. The pose learns nothing from it.
    pub fn learn_bias(&mut self, rate: f64, std: f64) {
        let prior = self.covariance[(BIAS, BIAS)];
        let gain = prior / (prior + std * std);
        self.mean[BIAS] += gain * (rate - self.mean[BIAS]);
        for i in 0..STATES {
            if i != BIAS {
                self.covariance[(i, BIAS)] *= 1.0 - gain;
                self.covariance[(BIAS, i)] *= 1.0 - gain;
            }
        }
        self.covariance[(BIAS, BIAS)] = ((1.0 - gain) * prior).max(MIN);
    }

    /// Lets the wheels' scale error go back to what is known of it without any cue, `std`: by the share `by` of the way. An
    /// Ornstein–Uhlenbeck process, for times in which nothing tells of it.
    pub fn relax_scale(&mut self, by: f64, std: f64) {
        let keep = 1.0 - by.clamp(0.0, 1.0);
        self.mean[SCALE] *= keep;
        for i in 0..STATES {
            if i != SCALE {
                self.covariance[(i, SCALE)] *= keep;
                self.covariance[(SCALE, i)] *= keep;
            }
        }
        let variance = self.covariance[(SCALE, SCALE)];
        self.covariance[(SCALE, SCALE)] = keep * keep * variance + (1.0 - keep * keep) * std * std;
    }

    /// From an absolute pose to what separates it from the estimate: m, m, rad.
    #[must_use]
    pub fn innovation(&self, absolute: &Pose2) -> Vector3<f64> {
        Vector3::new(
            absolute.x - self.mean[0],
            absolute.y - self.mean[1],
            math::wrap(absolute.yaw - self.mean[2]),
        )
    }

    /// What a cue with this innovation and information (inverse covariance of x, y, yaw; it may be singular) would
    /// do; `None` if the numbers break down.
    #[must_use]
    pub fn weigh(&self, innovation: &Vector3<f64>, information: &Matrix3<f64>) -> Option<Verdict<STATES>> {
        let columns = self.covariance.fixed_columns::<3>(0).into_owned();
        gaussian::weigh(&self.covariance, &columns, &self.pose_covariance(), innovation, information)
    }

    /// Takes a cue in as it was weighed; the distance that the position moved, m.
    pub fn accept(&mut self, verdict: &Verdict<STATES>) -> f64 {
        self.mean += verdict.step;
        self.mean[2] = math::wrap(self.mean[2]);
        self.covariance = verdict.posterior;
        self.tidy();
        math::hypot(verdict.step[0], verdict.step[1])
    }

    /// Admits that the pose may be off by as much as `innovation`.
    pub fn inflate_pose(&mut self, innovation: &Vector3<f64>) {
        for i in 0..3 {
            self.covariance[(i, i)] += innovation[i] * innovation[i];
        }
        self.tidy();
    }

    /// Keeps the covariance symmetric and its diagonal above rounding.
    fn tidy(&mut self) {
        self.covariance = 0.5 * (self.covariance + self.covariance.transpose());
        for i in 0..3 {
            self.covariance[(i, i)] = self.covariance[(i, i)].max(MIN);
        }
    }
}

impl Correct<STATES> for Filter {
    type Innovation = Innovation;

    fn to_planar(measured: &Innovation) -> (Vector3<f64>, Matrix3<f64>) {
        (measured.innovation, measured.information)
    }

    fn weigh(&self, measured: &Innovation, inflation: f64) -> Option<Verdict<STATES>> {
        self.weigh(&measured.innovation, &(measured.information / inflation))
    }

    fn accept(&mut self, verdict: &Verdict<STATES>) -> f64 {
        self.accept(verdict)
    }

    fn inflate_pose(&mut self, measured: &Innovation) {
        self.inflate_pose(&measured.innovation);
    }
}

saved!(Filter { mean, covariance });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::random::{self, normal};

    fn moved(seed: u64) -> (Filter, random::Stream) {
        let mut stream = random::stream(seed, "test/filter");
        let mut filter = Filter::new(Pose2::new(1.0, -2.0, 0.4), 0.01, 0.02);
        for _ in 0..200 {
            filter.predict(&Motion {
                wheels: Pose2::new(0.01, 0.0, 0.004 * normal(&mut stream)),
                gyro: 0.004 * normal(&mut stream),
                gyro_share: 0.7,
                dt: 0.02,
                variance: [1e-5, 2e-6],
                walk: [1e-9, 1e-8],
            });
        }
        (filter, stream)
    }

    /// The textbook's correction: K = P Hᵀ (H P Hᵀ + R)⁻¹, x + K ν, (I − K H) P.
    fn textbook(filter: &Filter, nu: &Vector3<f64>, r: &Matrix3<f64>) -> (SVector<f64, 5>, Covariance) {
        let h = SMatrix::<f64, 3, 5>::identity();
        let p = *filter.covariance();
        let s = h * p * h.transpose() + r;
        let k = p * h.transpose() * s.try_inverse().expect("R is positive");
        (filter.mean + k * nu, (Covariance::identity() - k * h) * p)
    }

    #[test]
    fn known_reliabilities_give_the_kalman_filter() {
        for seed in 0..20 {
            let (mut filter, mut stream) = moved(seed);
            for _ in 0..10 {
                let a = Matrix3::from_fn(|_, _| 0.1 * normal(&mut stream));
                let r = a * a.transpose() + Matrix3::identity() * 1e-3;
                let nu = Vector3::from_fn(|_, _| 0.05 * normal(&mut stream));
                let (mean, covariance) = textbook(&filter, &nu, &r);
                let information = r.try_inverse().expect("R is positive");
                let verdict = filter.weigh(&nu, &information).expect("finite");
                let s = filter.pose_covariance() + r;
                let d2 = (nu.transpose() * s.try_inverse().expect("positive") * nu)[0];
                assert!((verdict.distance - d2).abs() < 1e-9 * d2.max(1.0));
                filter.accept(&verdict);
                assert!((filter.mean - mean).abs().max() < 1e-9);
                assert!((filter.covariance - covariance).abs().max() < 1e-9);
            }
        }
    }

    #[test]
    fn cues_add_up_to_the_inverse_variance_mean() {
        // Three cues at one moment, one after the other, are one cue with the sum of their information.
        let (filter, mut stream) = moved(3);
        let cues: Vec<(Vector3<f64>, Matrix3<f64>)> = (0..3)
            .map(|_| {
                let a = Matrix3::from_fn(|_, _| 0.1 * normal(&mut stream));
                let r: Matrix3<f64> = a * a.transpose() + Matrix3::identity() * 1e-3;
                (Vector3::from_fn(|_, _| 0.02 * normal(&mut stream)), r.try_inverse().expect("positive"))
            })
            .collect();
        let mut one_by_one = filter.clone();
        for (z, information) in &cues {
            let absolute = filter.pose();
            let nu =
                one_by_one.innovation(&Pose2::new(absolute.x + z.x, absolute.y + z.y, absolute.yaw + z.z));
            let verdict = one_by_one.weigh(&nu, information).expect("finite");
            one_by_one.accept(&verdict);
        }
        let sum: Matrix3<f64> = cues.iter().map(|(_, information)| information).sum();
        let pull: Vector3<f64> = cues.iter().map(|(z, information)| information * z).sum();
        let mean = sum.try_inverse().expect("positive") * pull;
        let verdict = filter.weigh(&mean, &sum).expect("finite");
        let mut together = filter.clone();
        together.accept(&verdict);
        assert!((one_by_one.mean - together.mean).abs().max() < 1e-9);
        assert!((one_by_one.covariance - together.covariance).abs().max() < 1e-9);
    }

    #[test]
    fn an_open_direction_stays_open() {
        let (mut filter, _) = moved(1);
        let before = filter.covariance()[(1, 1)];
        let information = Matrix3::from_diagonal(&Vector3::new(1e6, 0.0, 0.0));
        let verdict = filter.weigh(&Vector3::new(0.0, 5.0, 1.0), &information).expect("finite");
        assert!(verdict.distance < 1e-9, "what is not known cannot be off");
        filter.accept(&verdict);
        assert!(filter.covariance()[(0, 0)] < 1e-6 && filter.covariance()[(1, 1)] > 0.5 * before);
    }

    #[test]
    fn the_wheels_scale_and_the_gyroscopes_error_are_found_from_absolute_poses() {
        let mut filter = Filter::new(Pose2::default(), 0.1, 0.3);
        let mut truth = Pose2::default();
        let information = Matrix3::from_diagonal(&Vector3::new(1e4, 1e4, 1e4));
        for step in 0..500 {
            let turn = 0.02 * math::sin(0.05 * f64::from(step));
            truth = truth.compose(&Pose2::new(0.01, 0.0, turn));
            filter.predict(&Motion {
                // The wheels say a quarter more than they go, and the gyroscope drifts by 0.05 rad/s.
                wheels: Pose2::new(0.0125, 0.0, turn),
                gyro: turn + 0.05 * 0.02,
                gyro_share: 1.0,
                dt: 0.02,
                variance: [1e-8, 1e-8],
                walk: [0.0, 0.0],
            });
            if step % 5 == 0 {
                let nu = filter.innovation(&truth);
                let verdict = filter.weigh(&nu, &information).expect("finite");
                filter.accept(&verdict);
            }
        }
        assert!((filter.scale() + 0.2).abs() < 0.01, "scale {}", filter.scale());
        assert!((filter.bias() - 0.05).abs() < 0.005, "bias {}", filter.bias());
        assert!(filter.pose().distance(&truth) < 0.01);
    }
}
