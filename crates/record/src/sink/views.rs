//! What the brain decided, where the body truly was, maps and ways, as ROS messages.

use mcap::McapResult;
use neuraxis_core::{Pose2, Stamp};
use neuraxis_messages::{self as msg, Header, Time};

use super::{GLANCE_PERIOD, RobotSink, VIEW_PERIOD};
use crate::frame::Reader;
use crate::output::Output;
use crate::trace::{self, Tick};

/// Decisions come so seldom, unless their status or the reason to stop changes.
const DECISION_PERIOD: u64 = 400_000_000;
/// `/pose` repeats what `/tf` and the decisions say; so it comes more seldom.
const POSE_PERIOD: u64 = 1_000_000_000;

/// A pose with the covariance of x, y and yaw (its upper triangle, row by row); ROS orders six.
fn pose_with_covariance(pose: &Pose2, upper: [f64; 6]) -> msg::PoseWithCovariance {
    let mut message = msg::PoseWithCovariance { pose: pose.into(), ..Default::default() };
    let places = [(0, 0), (0, 1), (0, 5), (1, 1), (1, 5), (5, 5)];
    for ((row, column), value) in places.into_iter().zip(upper) {
        message.covariance[row][column] = value;
        message.covariance[column][row] = value;
    }
    message
}

impl RobotSink {
    /// The decision, and the views that follow from it.
    pub(super) fn decide(
        &mut self,
        output: &mut Output,
        tick: &Tick,
        frame: &mut Reader<'_>,
    ) -> McapResult<()> {
        let stamp = tick.stamp;
        let (pose, odom, twist) = (frame.f64s::<3>(), frame.f64s::<3>(), frame.f64s::<3>());
        let covariance = frame.f64s::<6>();
        let [energy, integrity, certainty, progress] = frame.f64s();
        let [plasticity, caution, curiosity, drive_speed, drive_turn] = frame.f64s();
        let status = ["idle", "active", "reached", "unreachable"].get(usize::from(frame.u8())).unwrap_or(&"");
        let clipped = frame.u8() != 0;
        let cues = (0..usize::from(frame.u16()))
            .map(|i| {
                let [reliability, age, surprise, gain] = frame.f64s();
                let name = self.cues.get(i).cloned().unwrap_or_default();
                msg::Cue { name, reliability, age, surprise, gain }
            })
            .collect();
        let names: Vec<&str> = self.header.body.sensors.iter().map(|s| s.sensor.name()).collect();
        let decision = msg::Decision {
            header: Header::new(Stamp(stamp), &self.frames.map),
            pose,
            covariance,
            odom,
            twist,
            cues,
            energy,
            integrity,
            certainty,
            progress,
            plasticity,
            caution,
            curiosity,
            drive_speed,
            drive_turn,
            status: (*status).to_owned(),
            stop: trace::stop_words(tick.stop, tick.stop_slot, &names),
            clipped,
        };
        let state = (tick.stop, tick.stop_slot, decision.status.clone());
        let is_news = self
            .last_decision
            .as_ref()
            .is_none_or(|(last, old)| stamp >= last + DECISION_PERIOD || *old != state);
        if is_news {
            self.last_decision = Some((stamp, state));
            output.put(&mut self.decision, stamp, &decision)?;
        }

        let pose = Pose2 { x: pose[0], y: pose[1], yaw: pose[2] };
        let odom = Pose2 { x: odom[0], y: odom[1], yaw: odom[2] };
        let transform = |frame: &str, child: &str, pose: &Pose2| msg::TransformStamped {
            header: Header::new(Stamp(stamp), frame),
            child_frame_id: child.to_owned(),
            transform: (&pose.to_spatial(0.0)).into(),
        };
        let frames = &self.frames;
        let transforms = vec![
            transform(&frames.map, &frames.odom, &pose.compose(&odom.inverse())),
            transform(&frames.odom, &frames.base, &odom),
        ];
        output.put(&mut self.tf, stamp, &msg::TFMessage { transforms })?;

        if self.last_pose.is_some_and(|last| stamp < last + POSE_PERIOD) {
            return self.command(output, tick);
        }
        self.last_pose = Some(stamp);
        let message = msg::PoseWithCovarianceStamped {
            header: Header::new(Stamp(stamp), &self.frames.map),
            pose: pose_with_covariance(&pose, covariance),
        };
        output.put(&mut self.pose, stamp, &message)?;
        self.command(output, tick)
    }

    /// What two driven wheels are told, as a twist; a steered body's steers alike.
    fn command(&mut self, output: &mut Output, tick: &Tick) -> McapResult<()> {
        let stamp = tick.stamp;
        if self.last_command.is_some_and(|last| stamp < last + GLANCE_PERIOD) {
            return Ok(());
        }
        self.last_command = Some(stamp);
        if let (Some(drive), [left, right, ..]) = (self.header.body.drive, &tick.command[..]) {
            // A command that stops is a stop, whatever its numbers say.
            let twist = if tick.stop == 0 { drive.twist(*left, *right) } else { drive.twist(0.0, 0.0) };
            let header = Header::new(Stamp(stamp), &self.frames.base);
            output.put(&mut self.cmd_vel, stamp, &msg::TwistStamped { header, twist: (&twist).into() })?;
        }
        Ok(())
    }

    pub(super) fn truth(
        &mut self,
        output: &mut Output,
        stamp: u64,
        frame: &mut Reader<'_>,
    ) -> McapResult<()> {
        if self.last_truth.is_some_and(|last| stamp < last + VIEW_PERIOD) {
            return Ok(());
        }
        self.last_truth = Some(stamp);
        let [x, y, yaw] = frame.f64s();
        let mut message = msg::Odometry {
            header: Header::new(Stamp(stamp), &self.frames.map),
            child_frame_id: self.frames.base.clone(),
            ..msg::Odometry::default()
        };
        message.pose.pose = (&Pose2 { x, y, yaw }).into();
        output.put(&mut self.truth, stamp, &message)
    }

    pub(super) fn map(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
        let [resolution, x, y] = frame.f64s();
        let (width, height) = (frame.u32(), frame.u32());
        let message = msg::OccupancyGrid {
            header: Header::new(Stamp(stamp), &self.frames.map),
            info: msg::MapMetaData {
                map_load_time: Time::default(),
                resolution: resolution as f32,
                width,
                height,
                origin: (&Pose2 { x, y, yaw: 0.0 }).into(),
            },
            data: frame.rest().iter().map(|cell| *cell as i8).collect(),
        };
        output.put(&mut self.map, stamp, &message)
    }

    pub(super) fn path(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
        let header = Header::new(Stamp(stamp), &self.frames.map);
        let points: Vec<[f64; 2]> = frame.rest().chunks_exact(16).map(|bytes| Reader(bytes).f64s()).collect();
        output.put(&mut self.plan, stamp, &msg::Path::through(header, &points))
    }
}
