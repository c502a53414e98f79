//! What the brain decided, where the body truly was, maps and ways, as ROS messages.

use mcap::McapResult;
use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion};
use neuraxis_core::{Decision, Pose2, Stamp};
use neuraxis_messages::{self as msg, Header, Time};

use super::{GLANCE_PERIOD, RobotSink, VIEW_PERIOD};
use crate::frame::Reader;
use crate::output::Output;
use crate::trace::TickRecord;

/// Decisions come so seldom, unless their status or the reason to stop changes.
const DECISION_PERIOD: u64 = 400_000_000;
/// `/pose` repeats what `/tf` and the decisions say; so it comes more seldom.
const POSE_PERIOD: u64 = 1_000_000_000;

impl RobotSink {
    /// The decision, and the views that follow from it.
    pub(super) fn decide(
        &mut self,
        output: &mut Output,
        tick: &TickRecord,
        decision: &Decision,
    ) -> McapResult<()> {
        let stamp = tick.stamp;
        let state = (tick.stop, tick.stop_slot, decision.status);
        let is_news =
            self.last_decision.is_none_or(|(last, old)| stamp >= last + DECISION_PERIOD || old != state);
        if is_news {
            self.last_decision = Some((stamp, state));
            let names: Vec<&str> = self.header.body.sensors.iter().map(|s| s.sensor.name()).collect();
            let message = msg::Decision::new(decision, &self.frames.map, &names);
            output.put(&mut self.decision, stamp, &message)?;
        }

        let belief = &decision.belief;
        let (pose, odom) = (belief.pose_in_space(), belief.odom.to_spatial(0.0));
        let (frames, now) = (&self.frames, Stamp(stamp));
        let transforms = vec![
            msg::TransformStamped::new(now, &frames.map, &frames.odom, &(pose * odom.inverse())),
            msg::TransformStamped::new(now, &frames.odom, &frames.base, &odom),
        ];
        output.put(&mut self.tf, stamp, &msg::TFMessage { transforms })?;

        if self.last_pose.is_none_or(|last| stamp >= last + POSE_PERIOD) {
            self.last_pose = Some(stamp);
            let header = Header::new(now, &self.frames.map);
            let pose = msg::PoseWithCovariance::new((&pose).into(), &belief.covariance);
            output.put(&mut self.pose, stamp, &msg::PoseWithCovarianceStamped { header, pose })?;
        }
        self.command(output, tick)
    }

    /// What two driven wheels are told, as a twist; a steered body's steers alike.
    fn command(&mut self, output: &mut Output, tick: &TickRecord) -> McapResult<()> {
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
        let [x, y, z, i, j, k, w] = frame.f64s();
        let mut message = msg::Odometry {
            header: Header::new(Stamp(stamp), &self.frames.map),
            child_frame_id: self.frames.base.clone(),
            ..msg::Odometry::default()
        };
        let turn = UnitQuaternion::new_unchecked(Quaternion::new(w, i, j, k));
        message.pose.pose = (&Isometry3::from_parts(Translation3::new(x, y, z), turn)).into();
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
