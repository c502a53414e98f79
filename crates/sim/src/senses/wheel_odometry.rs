//! Simulated wheel odometry: two wheels' turning, integrated.

use neuraxis_core::kinematics::DifferentialDrive;
use neuraxis_core::percepts::Odometry;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{OdometryNoise, WheelOdometrySpec};
use neuraxis_core::{Pose2, Twist2};

use super::{Measuring, Simulated, Wiring};

pub(super) struct WheelOdometry {
    joints: [usize; 2],
    last: Option<[f64; 2]>,
    pose: Pose2,
    scale: [f64; 2],
    noise: OdometryNoise,
    drive: DifferentialDrive,
    signs: [f64; 2],
}

impl Simulated for WheelOdometry {
    type Reading = Odometry;

    fn new(spec: &WheelOdometrySpec, wiring: &Wiring<'_>, stream: &mut Stream) -> Self {
        let noise = spec.noise;
        let scale = [1.0 + noise.calibration * normal(stream), 1.0 + noise.calibration * normal(stream)];
        let joints = [0, 1].map(|i| wiring.joints.get(i).copied().unwrap_or(0));
        let (drive, signs) =
            wiring.drive.unwrap_or((DifferentialDrive { wheel_radius: 1.0, track: 1.0 }, [1.0; 2]));
        Self { joints, last: None, pose: Pose2::default(), scale, noise, drive, signs }
    }

    fn measure(&mut self, now: Measuring<'_>, odometry: &mut Odometry) {
        let Self { joints, last, pose, scale, noise, drive, signs } = self;
        let Measuring { truth, stream, louder, slip, period } = now;
        let mut angle = [0.0; 2];
        for i in 0..2 {
            angle[i] = signs[i] * truth.robot.joints[joints[i]].position;
        }
        let before = last.replace(angle).unwrap_or(angle);
        let mut rate = [0.0; 2];
        let dt = period as f64 * 1e-9;
        for i in 0..2 {
            let error = scale[i] + louder * noise.proportional * normal(stream);
            rate[i] = (angle[i] - before[i]) * error * slip / dt;
        }
        let twist = drive.twist(rate[0], rate[1]);
        *pose = pose.advance(&twist, dt);
        *odometry = Odometry { pose: *pose, twist: Twist2::new(twist.linear, twist.angular) };
    }
}
