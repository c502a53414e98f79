//! The limits of a body on driven wheels: of its speed, its turning rate and their accelerations, and of wheels that steer it.

use neuraxis_core::Limit;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive};
use neuraxis_core::robot::Limits;
use neuraxis_core::{Interface, Stamp, Twist2, saved};

use super::joints::{approach, elapsed};

/// The turning rate of a steered body's rear wheels may differ from the one that it is steered at by this share of the limit.
const SLIP: f64 = 0.1;

/// No wheel turns so fast, rad/s; what is asked for beyond that would overflow when it is added up.
const BEYOND: f64 = 1e9;

/// The driven wheels of a body, the first two actuators, and its steering, the two after them.
#[derive(Clone, Debug)]
pub(super) struct Wheels {
    drive: DifferentialDrive,
    steering: Option<Ackermann>,
    limits: Limits,
    /// Greatest speed of each wheel, rad/s.
    fastest: [f64; 2],
    last: Option<(Stamp, Twist2)>,
    /// As fast as the body may turn in this tick, rad/s.
    turning: f64,
}

impl Wheels {
    /// Those of `body`, if it has wheels that are commanded by velocity.
    pub(super) fn of(body: &BodyDescription) -> Option<Self> {
        let [left, right, rest @ ..] = &body.actuators[..] else { return None };
        let rolls = [left, right].iter().all(|actuator| actuator.interface == Interface::Velocity);
        let drive = body.drive.filter(|_| rolls)?;
        let steers = matches!(rest, [a, b, ..] if [a, b].iter().all(|s| s.interface == Interface::Position));
        Some(Self {
            drive,
            steering: body.ackermann.filter(|_| steers),
            limits: body.limits.clone(),
            fastest: [left, right].map(|wheel| wheel.limits.velocity.unwrap_or(f64::INFINITY)),
            last: None,
            turning: 0.0,
        })
    }

    /// Holds wheels and steering to the speeds and accelerations of the file; braking is free.
    pub(super) fn steer(&mut self, now: Stamp, values: &mut [f64]) -> Option<Limit> {
        for wheel in values.iter_mut().take(2) {
            *wheel = wheel.clamp(-BEYOND, BEYOND);
        }
        match (self.steering, values) {
            (None, [left, right, ..]) => {
                let wanted = self.drive.twist(*left, *right);
                let (held, limit) = self.hold(now, wanted, None);
                if limit.is_some() {
                    (*left, *right) = self.drive.wheels(&held);
                }
                limit
            }
            (Some(steering), [left, right, first, second, ..]) => {
                let most = steering.angle;
                let asked = [*first, *second];
                [*first, *second] = asked.map(|angle| angle.clamp(-most, most));
                let mut curvature = steering.curvature_of(*first, *second);
                let wheels = self.drive.twist(*left, *right);
                // Wheels that turn the body otherwise than its steering does would slip.
                let slips = (wheels.angular - wheels.linear * curvature).abs() > SLIP * self.limits.angular;
                let wanted = Twist2::new(wheels.linear, wheels.linear * curvature);
                let (held, mut limit) = self.hold(now, wanted, Some(curvature));
                if held.linear.abs() > 1e-9 {
                    curvature = held.angular / held.linear;
                }
                if limit.is_some() || slips {
                    (*left, *right) = self.drive.wheels(&held);
                    (*first, *second) = steering.angles(curvature);
                }
                let is_bent = asked.iter().any(|angle| angle.abs() > most + 1e-6);
                if limit.is_none() && (slips || is_bent) {
                    limit = Some(Limit::Speed);
                }
                limit
            }
            _ => None,
        }
    }

    /// Takes speed from wheels whose steering could not follow as fast as was asked: they roll where it takes them.
    pub(super) fn follow(&mut self, values: &mut [f64]) {
        let (Some(steering), Some((now, held)), [left, right, first, second, ..]) =
            (self.steering, self.last, values)
        else {
            return;
        };
        let curvature = steering.curvature_of(*first, *second);
        let turning = (held.linear * curvature).clamp(-self.turning, self.turning);
        let linear = if turning == held.linear * curvature { held.linear } else { turning / curvature };
        let held = Twist2::new(linear, turning);
        (*left, *right) = self.drive.wheels(&held);
        self.last = Some((now, held));
    }

    /// They stand.
    pub(super) fn stop(&mut self, now: Stamp) {
        self.last = Some((now, Twist2::default()));
    }

    /// What the limits leave of `wanted`, and which of them took something. With a `curvature` (1/m) less speed is less turning, at once.
    fn hold(&mut self, now: Stamp, wanted: Twist2, curvature: Option<f64>) -> (Twist2, Option<Limit>) {
        let limits = &self.limits;
        // Both are scaled alike, so that the path keeps its curvature.
        let (left, right) = self.drive.wheels(&wanted);
        let over = (wanted.linear.abs() / limits.linear)
            .max(wanted.angular.abs() / limits.angular)
            .max(left.abs() / self.fastest[0])
            .max(right.abs() / self.fastest[1])
            .max(1.0);
        let mut held = Twist2::new(wanted.linear / over, wanted.angular / over);
        if let Some((stamp, last)) = self.last {
            let dt = elapsed(now, stamp);
            held.linear = approach(last.linear, held.linear, limits.linear_acceleration * dt);
            let turning = curvature.map_or(held.angular, |curvature| held.linear * curvature);
            let step = limits.angular_acceleration * dt;
            held.angular = approach(last.angular, turning, step);
            self.turning = (last.angular.abs() + step).min(limits.angular);
        } else {
            held = Twist2::default();
            self.turning = 0.0;
        }
        self.last = Some((now, held));
        let slack = 1e-6;
        let clipped =
            (held.linear - wanted.linear).abs() > slack || (held.angular - wanted.angular).abs() > slack;
        // More than a hair over the speed limits: rounding is not a cause.
        let is_fast = over > 1.0 + 1e-6;
        (held, clipped.then_some(if is_fast { Limit::Speed } else { Limit::Acceleration }))
    }
}

saved!(Wheels { last, turning; drive, steering, limits, fastest });
