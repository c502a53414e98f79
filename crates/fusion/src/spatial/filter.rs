//! The arithmetic of a body in space: an error-state Kalman filter on SE(3), driven by an inertial unit.
//!
//! Source: Solà, "Quaternion kinematics for the error-state Kalman filter" (2017, arXiv 1711.02508): the inertial unit's
//! equations of section 5, with the *global* orientation error of section 7 (`R_true = Exp(δθ) R`), because cues give their
//! covariances about the axes of the map (`geometry_msgs/PoseWithCovariance`). The correction is [`crate::gaussian`]'s, the one of
//! the filter on the plane.
//!
//! State: position and velocity in the map, attitude, the constant errors of gyroscope and accelerometer, and the share
//! by which wheels go farther than they say. The frame that is followed is the inertial unit's, so that no lever
//! arm has to be differentiated; cues of `base_link` come and go through the mount.
//!
//! Departures: gravity is constant and straight down; the earth does not turn; the rotation of a step is taken
//! at its middle (second order), not by Runge and Kutta.

use nalgebra::{Isometry3, Matrix3, Matrix6, SMatrix, SVector, UnitQuaternion, Vector3, Vector6};
use neuraxis_core::percepts::PLANAR;
use neuraxis_core::saved;

use crate::gaussian::{self, Verdict};
use crate::pose_cues::Correct;

/// Numbers in the error state: position, rotation, velocity, gyroscope, accelerometer, scale.
pub const STATES: usize = 16;
/// Places in the error state.
const POSITION: usize = 0;
const ROTATION: usize = 3;
const VELOCITY: usize = 6;
const GYRO: usize = 9;
const ACCELEROMETER: usize = 12;
const SCALE: usize = 15;
/// m/s².
pub const GRAVITY: f64 = 9.81;
/// Least variance that rounding may leave.
const MIN: f64 = 1e-12;

/// A covariance of the whole error state.
pub type Covariance = SMatrix<f64, STATES, STATES>;

/// What a cue of `D` numbers depends on: its derivative by the error state.
pub type Jacobian<const D: usize> = SMatrix<f64, D, STATES>;

/// Standard deviations at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Of roll and pitch, rad.
    pub tilt: f64,
    /// Of the height, m.
    pub height: f64,
    /// Of the velocity, m/s.
    pub velocity: f64,
    /// Of the constant errors of gyroscope (rad/s), accelerometer (m/s²) and wheels' scale.
    pub constants: [f64; 3],
}

/// What is added in a second: variances of velocity (m²/s²), angle (rad²), and of the constant errors of gyroscope
/// (rad²/s²), accelerometer (m²/s⁴) and scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Diffusion {
    /// Of the velocity.
    pub velocity: f64,
    /// Of the rotation.
    pub rotation: f64,
    /// Of the constant errors.
    pub walk: [f64; 3],
}

/// An absolute pose against the estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Innovation {
    /// x, y, z (m) and rotation about the map's x, y, z (rad), less the estimate.
    pub innovation: Vector6<f64>,
    /// Inverse covariance; it may be singular.
    pub information: Matrix6<f64>,
    /// What it depends on.
    pub jacobian: Jacobian<6>,
}

/// Mean and covariance of a body in space.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    position: Vector3<f64>,
    rotation: UnitQuaternion<f64>,
    velocity: Vector3<f64>,
    gyro: Vector3<f64>,
    accelerometer: Vector3<f64>,
    scale: f64,
    covariance: Covariance,
    /// `base_link` in the frame of the inertial unit.
    base: Isometry3<f64>,
}

impl Filter {
    /// A filter whose `base_link` stands at `start` in the map, upright, known to a millimetre on the plane; `mount` is the
    /// inertial unit in `base_link`.
    #[must_use]
    pub fn new(start: &Isometry3<f64>, mount: &Isometry3<f64>, prior: &Prior) -> Self {
        let unit = start * mount;
        let square = |std: f64| std * std;
        let mut variances = SVector::<f64, STATES>::zeros();
        for (place, std) in [
            (POSITION, [1e-3, 1e-3, prior.height]),
            (ROTATION, [prior.tilt, prior.tilt, 1e-3]),
            (VELOCITY, [prior.velocity; 3]),
            (GYRO, [prior.constants[0]; 3]),
            (ACCELEROMETER, [prior.constants[1]; 3]),
        ] {
            for (i, std) in std.into_iter().enumerate() {
                variances[place + i] = square(std);
            }
        }
        variances[SCALE] = square(prior.constants[2]);
        Self {
            position: unit.translation.vector,
            rotation: unit.rotation,
            velocity: Vector3::zeros(),
            gyro: Vector3::zeros(),
            accelerometer: Vector3::zeros(),
            scale: 0.0,
            covariance: Covariance::from_diagonal(&variances),
            base: mount.inverse(),
        }
    }

    /// `base_link` in the map.
    #[must_use]
    pub fn pose(&self) -> Isometry3<f64> {
        Isometry3::from_parts(self.position.into(), self.rotation) * self.base
    }

    /// Velocity of `base_link`, in `base_link`, while the unit turns at `rate` (rad/s, as it reads), m/s.
    #[must_use]
    pub fn velocity(&self, rate: &Vector3<f64>) -> Vector3<f64> {
        let arm = (rate - self.gyro).cross(&self.base.translation.vector);
        (self.rotation * self.base.rotation).inverse() * (self.velocity + self.rotation * arm)
    }

    /// Turning rate of `base_link`, in `base_link`, while the unit reads `rate`, rad/s.
    #[must_use]
    pub fn turning(&self, rate: &Vector3<f64>) -> Vector3<f64> {
        self.base.rotation.inverse() * (rate - self.gyro)
    }

    /// What the gyroscope reads while `base_link` turns at `turning` in its own frame, rad/s.
    #[must_use]
    pub fn reads(&self, turning: &Vector3<f64>) -> Vector3<f64> {
        self.base.rotation * turning + self.gyro
    }

    /// The gyroscope's constant error, in its own frame, rad/s.
    #[must_use]
    pub fn gyro_bias(&self) -> Vector3<f64> {
        self.gyro
    }

    /// The accelerometer's constant error, in its own frame, m/s².
    #[must_use]
    pub fn accelerometer_bias(&self) -> Vector3<f64> {
        self.accelerometer
    }

    /// The wheels' scale error: they go `1 + scale` times as far as they say.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Covariance of the pose of `base_link`, in the order of ROS.
    #[must_use]
    pub fn pose_covariance(&self) -> Matrix6<f64> {
        let h = self.of_pose(&Vector3::zeros(), 0.0);
        let p = h * self.covariance * h.transpose();
        0.5 * (p + p.transpose())
    }

    /// Covariance of the whole error state.
    #[must_use]
    pub fn covariance(&self) -> &Covariance {
        &self.covariance
    }

    /// Moves the estimate on by `dt` seconds in which the unit felt the turning `rate` (rad/s) and the specific `force`
    /// (m/s²).
    pub fn predict(&mut self, rate: &Vector3<f64>, force: &Vector3<f64>, dt: f64, diffusion: &Diffusion) {
        let turn = (rate - self.gyro) * dt;
        let middle = self.rotation * UnitQuaternion::new(0.5 * turn);
        let felt = middle * (force - self.accelerometer);
        let acceleration = felt - Vector3::new(0.0, 0.0, GRAVITY);
        self.position += self.velocity * dt + 0.5 * dt * dt * acceleration;
        self.velocity += acceleration * dt;
        self.rotation =
            UnitQuaternion::new_normalize((self.rotation * UnitQuaternion::new(turn)).into_inner());

        let turned = middle.to_rotation_matrix().into_inner();
        let swing = cross(&felt);
        let mut f = Covariance::identity();
        block(&mut f, POSITION, VELOCITY, &(Matrix3::identity() * dt));
        block(&mut f, POSITION, ROTATION, &(-0.5 * dt * dt * swing));
        block(&mut f, POSITION, ACCELEROMETER, &(-0.5 * dt * dt * turned));
        block(&mut f, VELOCITY, ROTATION, &(-dt * swing));
        block(&mut f, VELOCITY, ACCELEROMETER, &(-dt * turned));
        block(&mut f, ROTATION, GYRO, &(-dt * turned));
        self.spread(&f, dt, diffusion);
    }

    /// Moves the estimate on by `dt` seconds in which nobody felt anything: the velocity stays as it is, and the body turns
    /// at `rate` in its own frame (rad/s).
    pub fn coast(&mut self, rate: &Vector3<f64>, dt: f64, diffusion: &Diffusion) {
        self.position += self.velocity * dt;
        self.rotation = UnitQuaternion::new_normalize(
            (self.rotation * UnitQuaternion::new(self.base.rotation * rate * dt)).into_inner(),
        );
        let mut f = Covariance::identity();
        block(&mut f, POSITION, VELOCITY, &(Matrix3::identity() * dt));
        self.spread(&f, dt, diffusion);
    }

    fn spread(&mut self, f: &Covariance, dt: f64, diffusion: &Diffusion) {
        self.covariance = f * self.covariance * f.transpose();
        let Diffusion { velocity, rotation, walk } = diffusion;
        for i in 0..3 {
            self.covariance[(VELOCITY + i, VELOCITY + i)] += velocity * dt;
            self.covariance[(ROTATION + i, ROTATION + i)] += rotation * dt;
            self.covariance[(GYRO + i, GYRO + i)] += walk[0] * dt;
            self.covariance[(ACCELEROMETER + i, ACCELEROMETER + i)] += walk[1] * dt;
        }
        self.covariance[(SCALE, SCALE)] += walk[2] * dt;
        self.tidy();
    }

    /// What a velocity of `base_link` in `base_link` depends on.
    #[must_use]
    pub fn of_velocity(&self) -> Jacobian<3> {
        let back = (self.rotation * self.base.rotation).inverse().to_rotation_matrix().into_inner();
        let turned = self.rotation.to_rotation_matrix().into_inner();
        let mut h = Jacobian::<3>::zeros();
        h.fixed_view_mut::<3, 3>(0, VELOCITY).copy_from(&back);
        h.fixed_view_mut::<3, 3>(0, ROTATION).copy_from(&(back * cross(&self.velocity)));
        h.fixed_view_mut::<3, 3>(0, GYRO).copy_from(&(back * turned * cross(&self.base.translation.vector)));
        h
    }

    /// The same for a velocity along x that wheels tell as `said`, which is wrong by the scale.
    #[must_use]
    pub fn of_wheels(&self, said: f64) -> Jacobian<3> {
        let mut h = self.of_velocity();
        h[(0, SCALE)] = -said;
        h
    }

    /// What a turning rate about the z axis of `base_link` depends on.
    #[must_use]
    pub fn of_turning(&self) -> Jacobian<1> {
        let back = self.base.rotation.inverse().to_rotation_matrix().into_inner();
        let mut h = Jacobian::<1>::zeros();
        h.fixed_view_mut::<1, 3>(0, GYRO).copy_from(&-back.row(2));
        h
    }

    /// What the specific force that is felt at rest depends on, and what it should be, m/s².
    #[must_use]
    pub fn of_gravity(&self) -> (Jacobian<3>, Vector3<f64>) {
        let up = Vector3::new(0.0, 0.0, GRAVITY);
        let back = self.rotation.inverse().to_rotation_matrix().into_inner();
        let mut h = Jacobian::<3>::zeros();
        h.fixed_view_mut::<3, 3>(0, ROTATION).copy_from(&(back * cross(&up)));
        h.fixed_view_mut::<3, 3>(0, ACCELEROMETER).copy_from(&Matrix3::identity());
        (h, back * up + self.accelerometer)
    }

    /// What the speed in the map depends on, and what it is, m/s.
    #[must_use]
    pub fn of_speed(&self) -> (Jacobian<3>, Vector3<f64>) {
        let mut h = Jacobian::<3>::zeros();
        h.fixed_view_mut::<3, 3>(0, VELOCITY).copy_from(&Matrix3::identity());
        (h, self.velocity)
    }

    /// Velocity in the map, m/s.
    #[must_use]
    pub fn speed(&self) -> Vector3<f64> {
        self.velocity
    }

    /// What a pose of `base_link` depends on that is `age` seconds old, and from which the body has since moved on by `since` (m,
    /// in the map).
    #[must_use]
    pub fn of_pose(&self, since: &Vector3<f64>, age: f64) -> Jacobian<6> {
        let arm = self.rotation * self.base.translation.vector;
        let mut h = Jacobian::<6>::zeros();
        h.fixed_view_mut::<3, 3>(0, POSITION).copy_from(&Matrix3::identity());
        h.fixed_view_mut::<3, 3>(0, ROTATION).copy_from(&(cross(since) - cross(&arm)));
        h.fixed_view_mut::<3, 3>(0, VELOCITY).copy_from(&(Matrix3::identity() * -age));
        h.fixed_view_mut::<3, 3>(3, ROTATION).copy_from(&Matrix3::identity());
        h
    }

    /// What a cue with this `innovation` and `information`, which depends on the state as `h` says, would do; `None` if the
    /// numbers break down.
    #[must_use]
    pub fn weigh<const D: usize>(
        &self,
        h: &Jacobian<D>,
        innovation: &SVector<f64, D>,
        information: &SMatrix<f64, D, D>,
    ) -> Option<Verdict<STATES>> {
        let columns = self.covariance * h.transpose();
        gaussian::weigh(&self.covariance, &columns, &(h * columns), innovation, information)
    }

    /// Takes a cue in as it was weighed; the distance that the position moved, m.
    pub fn accept(&mut self, verdict: &Verdict<STATES>) -> f64 {
        let step = &verdict.step;
        let of = |place: usize| step.fixed_rows::<3>(place).into_owned();
        self.position += of(POSITION);
        let turn = UnitQuaternion::new(of(ROTATION));
        self.rotation = UnitQuaternion::new_normalize((turn * self.rotation).into_inner());
        self.velocity += of(VELOCITY);
        self.gyro += of(GYRO);
        self.accelerometer += of(ACCELEROMETER);
        self.scale += step[SCALE];
        self.covariance = verdict.posterior;
        self.tidy();
        of(POSITION).norm()
    }

    /// Lets the wheels' scale error go back to what is known of it without any cue, `std`: by the share `by` of the way.
    pub fn relax_scale(&mut self, by: f64, std: f64) {
        let keep = 1.0 - by.clamp(0.0, 1.0);
        self.scale *= keep;
        let variance = self.covariance[(SCALE, SCALE)];
        self.covariance.row_mut(SCALE).scale_mut(keep);
        self.covariance.column_mut(SCALE).scale_mut(keep);
        self.covariance[(SCALE, SCALE)] = keep * keep * variance + (1.0 - keep * keep) * std * std;
    }

    /// Keeps the covariance symmetric and its diagonal above rounding.
    fn tidy(&mut self) {
        self.covariance = 0.5 * (self.covariance + self.covariance.transpose());
        for i in 0..SCALE {
            self.covariance[(i, i)] = self.covariance[(i, i)].max(MIN);
        }
    }
}

impl Correct<STATES> for Filter {
    type Innovation = Innovation;

    fn to_planar(measured: &Innovation) -> (Vector3<f64>, Matrix3<f64>) {
        let innovation = Vector3::from_fn(|i, _| measured.innovation[PLANAR[i]]);
        let information = Matrix3::from_fn(|i, j| measured.information[(PLANAR[i], PLANAR[j])]);
        (innovation, information)
    }

    fn weigh(&self, measured: &Innovation, inflation: f64) -> Option<Verdict<STATES>> {
        self.weigh(&measured.jacobian, &measured.innovation, &(measured.information / inflation))
    }

    fn accept(&mut self, verdict: &Verdict<STATES>) -> f64 {
        self.accept(verdict)
    }

    fn inflate_pose(&mut self, measured: &Innovation) {
        for i in (0..6).filter(|i| measured.information[(*i, *i)] > 0.0) {
            let at = if i < 3 { POSITION + i } else { ROTATION + i - 3 };
            self.covariance[(at, at)] += measured.innovation[i] * measured.innovation[i];
        }
        self.tidy();
    }
}

/// The matrix of the cross product with `v`.
fn cross(v: &Vector3<f64>) -> Matrix3<f64> {
    v.cross_matrix()
}

fn block(into: &mut Covariance, row: usize, column: usize, value: &Matrix3<f64>) {
    into.fixed_view_mut::<3, 3>(row, column).copy_from(value);
}

saved!(Filter { position, rotation, velocity, gyro, accelerometer, scale, covariance, base });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::random::{self, Stream, normal};

    const PRIOR: Prior = Prior { tilt: 0.1, height: 0.1, velocity: 0.1, constants: [0.01, 0.1, 0.02] };

    fn vector(stream: &mut Stream, std: f64) -> Vector3<f64> {
        Vector3::from_fn(|_, _| std * normal(stream))
    }

    fn mount() -> Isometry3<f64> {
        Isometry3::new(Vector3::new(0.1, -0.05, 0.2), Vector3::new(0.3, -0.2, 1.0))
    }

    fn moving(seed: u64) -> (Filter, Stream) {
        let mut stream = random::stream(seed, "test/spatial");
        let start = Isometry3::new(Vector3::new(1.0, 2.0, 0.3), Vector3::new(0.1, -0.2, 0.7));
        let mut filter = Filter::new(&start, &mount(), &PRIOR);
        let diffusion = Diffusion { velocity: 1e-3, rotation: 1e-5, walk: [1e-8, 1e-6, 1e-8] };
        for _ in 0..200 {
            let (rate, force) = (vector(&mut stream, 0.5), vector(&mut stream, 1.0));
            filter.predict(&rate, &(force + Vector3::new(0.0, 0.0, GRAVITY)), 0.01, &diffusion);
        }
        (filter, stream)
    }

    /// The filter with its state moved by a small error.
    fn nudged(filter: &Filter, by: &SVector<f64, STATES>) -> Filter {
        let mut other = filter.clone();
        other.accept(&Verdict { distance: 0.0, posterior: *filter.covariance(), step: *by });
        other
    }

    /// Largest difference of `h` from the derivative of `f` by the error state, by central differences.
    fn off<const D: usize>(filter: &Filter, h: &Jacobian<D>, f: impl Fn(&Filter) -> SVector<f64, D>) -> f64 {
        let mut worst = 0.0_f64;
        for i in 0..STATES {
            let mut by = SVector::<f64, STATES>::zeros();
            by[i] = 1e-6;
            let slope = (f(&nudged(filter, &by)) - f(&nudged(filter, &-by))) / 2e-6;
            worst = worst.max((slope - h.column(i)).abs().max());
        }
        worst
    }

    #[test]
    fn cue_jacobians_equal_numerical_derivatives() {
        let (filter, mut stream) = moving(1);
        let rate = vector(&mut stream, 1.0);
        assert!(off(&filter, &filter.of_velocity(), |f| f.velocity(&rate)) < 1e-6);
        let wheels = |f: &Filter| f.velocity(&rate) - Vector3::new((1.0 + f.scale()) * 0.7, 0.0, 0.0);
        assert!(off(&filter, &filter.of_wheels(0.7), wheels) < 1e-6);
        assert!(
            off(&filter, &filter.of_turning(), |f| f.turning(&rate).fixed_rows::<1>(2).into_owned()) < 1e-6
        );
        assert!(off(&filter, &filter.of_gravity().0, |f| f.of_gravity().1) < 1e-6);
        assert!(off(&filter, &filter.of_speed().0, |f| f.of_speed().1) < 1e-6);
        // A pose of a moment ago, from which the body moved on by what the track says, and by what it was faster.
        let since = Isometry3::new(Vector3::new(0.3, -0.1, 0.2), Vector3::new(0.2, 0.1, -0.4));
        let then = filter.pose() * since.inverse();
        let moved = filter.pose().translation.vector - then.translation.vector;
        let pose = |f: &Filter| {
            let now = f.pose() * since.inverse();
            let turn = (now.rotation * then.rotation.inverse()).scaled_axis();
            let place = now.translation.vector - 0.3 * (f.speed() - filter.speed());
            Vector6::new(place.x, place.y, place.z, turn.x, turn.y, turn.z)
        };
        assert!(off(&filter, &filter.of_pose(&moved, 0.3), pose) < 1e-6);
    }

    #[test]
    fn a_step_moves_errors_as_it_says() {
        let (filter, mut stream) = moving(2);
        let (rate, force) = (vector(&mut stream, 1.0), vector(&mut stream, 2.0));
        let none = Diffusion::default();
        let mut after = filter.clone();
        after.predict(&rate, &force, 0.01, &none);
        let mut of_errors = Covariance::zeros();
        for i in 0..STATES {
            let mut by = SVector::<f64, STATES>::zeros();
            by[i] = 1e-6;
            let moved = |sign: f64| {
                let mut other = nudged(&filter, &(sign * by));
                other.predict(&rate, &force, 0.01, &none);
                let mut error = SVector::<f64, STATES>::zeros();
                error.fixed_rows_mut::<3>(POSITION).copy_from(&(other.position - after.position));
                let turn = (other.rotation * after.rotation.inverse()).scaled_axis();
                error.fixed_rows_mut::<3>(ROTATION).copy_from(&turn);
                error.fixed_rows_mut::<3>(VELOCITY).copy_from(&(other.velocity - after.velocity));
                error.fixed_rows_mut::<3>(GYRO).copy_from(&(other.gyro - after.gyro));
                let accelerometer = other.accelerometer - after.accelerometer;
                error.fixed_rows_mut::<3>(ACCELEROMETER).copy_from(&accelerometer);
                error[SCALE] = other.scale - after.scale;
                error
            };
            of_errors.set_column(i, &((moved(1.0) - moved(-1.0)) / 2e-6));
        }
        let expected = of_errors * filter.covariance() * of_errors.transpose();
        let difference = (expected - after.covariance()).abs().max();
        assert!(difference < 1e-5 * expected.abs().max(), "{difference}");
    }

    #[test]
    fn known_reliabilities_give_the_kalman_filter_in_space() {
        for seed in 0..10 {
            let (filter, mut stream) = moving(seed);
            let a = Matrix6::from_fn(|_, _| 0.1 * normal(&mut stream));
            let r = a * a.transpose() + Matrix6::identity() * 1e-3;
            let nu = Vector6::from_fn(|_, _| 0.05 * normal(&mut stream));
            let h = filter.of_pose(&vector(&mut stream, 0.2), 0.1);
            let p = *filter.covariance();
            let s = h * p * h.transpose() + r;
            let inverse = s.try_inverse().expect("positive");
            let k = p * h.transpose() * inverse;
            let information = r.try_inverse().expect("positive");
            let verdict = filter.weigh(&h, &nu, &information).expect("finite");
            assert!((verdict.step - k * nu).abs().max() < 1e-9);
            assert!((verdict.posterior - (Covariance::identity() - k * h) * p).abs().max() < 1e-9);
            let d2 = (nu.transpose() * inverse * nu)[0];
            assert!((verdict.distance - d2).abs() < 1e-9 * d2.max(1.0));
        }
    }
}
