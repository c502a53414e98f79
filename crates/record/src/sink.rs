//! From frames to messages: the ticks to the bit, and the views of them that ROS 2 names (of the `senses`, and all other `views`).

mod senses;
mod views;

use std::collections::BTreeMap;

use mcap::McapResult;
use neuraxis_core::body::SensorDescription;
use neuraxis_core::{Goal, GoalStatus, Pose2, Reading, Stamp};
use neuraxis_messages::senses::{carrier, topics};
use neuraxis_messages::{self as msg, Frames, Header, Trace};

use crate::format::FORMAT;
use crate::frame::{self, Reader};
use crate::header::{RecordingHeader, RobotHeader};
use crate::output::{Channel, Output, OutputFile};
use crate::trace::{Packer, ReadingRecord, RunningDigest, TickRecord};

/// Views of where the body is are thinned to one in so many ns; those of range finders are not thinned at all.
const VIEW_PERIOD: u64 = 200_000_000;
/// The same for all other views. What a view leaves out is in the trace.
const GLANCE_PERIOD: u64 = 500_000_000;
/// Name of the metadata record that says what the file is.
pub(crate) const ABOUT: &str = "neuraxis";

/// One recording that is being written.
pub(crate) struct Sink {
    output: Output,
    robots: Vec<RobotSink>,
    clock: Channel,
    verdict: Channel,
    last_clock: Option<u64>,
    last_flush: u64,
    chunk_period: u64,
    newest: u64,
    is_failure: Option<bool>,
}

struct RobotSink {
    header: RobotHeader,
    frames: Frames,
    sensor_frames: Vec<String>,
    /// What each sense's view last showed.
    blanks: Vec<Reading>,
    /// Where a reading is looked at before it is known whether it is shown.
    scratch: Vec<Reading>,
    views: Vec<Channel>,
    last_view: Vec<Option<u64>>,
    last_truth: Option<u64>,
    last_pose: Option<u64>,
    last_decision: Option<(u64, (u8, u16, GoalStatus))>,
    last_command: Option<u64>,
    trace: Channel,
    decision: Channel,
    tf: Channel,
    pose: Channel,
    cmd_vel: Channel,
    plan: Channel,
    map: Channel,
    truth: Channel,
    running: RunningDigest,
    pending: Packer,
    /// Ticks to a trace: those of a second.
    block: usize,
}

/// A name with the robot's own prefix, where there are several.
fn prefixed(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

impl Sink {
    /// Puts all that is known before the first tick into `output`.
    pub(crate) fn begin(mut output: Output, header: RecordingHeader) -> McapResult<Self> {
        let mut facts: BTreeMap<String, String> = header.facts;
        facts.insert("format".to_owned(), FORMAT.to_string());
        facts.insert("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let bodies = serde_json::to_vec(&header.robots).unwrap_or_default();
        let own = [("neuraxis/robots.json".to_owned(), &bodies[..])];
        let others = header.attachments.iter().map(|(name, data)| (name.clone(), &data[..]));
        output.describe(ABOUT, facts, own.into_iter().chain(others))?;
        let clock = output.channel::<msg::Clock>("/clock")?;
        let verdict = output.channel::<msg::Verdict>("/neuraxis/verdict")?;
        let several = header.robots.len() > 1;
        let mut sink = Self {
            output,
            robots: Vec::new(),
            clock,
            verdict,
            last_clock: None,
            last_flush: 0,
            chunk_period: header.chunk_period,
            newest: 0,
            is_failure: None,
        };
        for (i, robot) in header.robots.into_iter().enumerate() {
            let prefix = if several { format!("{}_{i}", robot.body.name) } else { String::new() };
            let robot = RobotSink::new(&mut sink.output, robot, &prefix)?;
            sink.robots.push(robot);
        }
        for i in 0..sink.robots.len() {
            sink.say_where_sensors_sit(i)?;
        }
        Ok(sink)
    }

    /// Takes in one frame.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> McapResult<()> {
        let mut frame = Reader(bytes);
        let (kind, robot) = (frame.u8(), usize::from(frame.u8()));
        if kind == frame::VERDICT {
            self.is_failure = Some(frame.u8() != 0);
            let json = String::from_utf8_lossy(frame.rest()).into_owned();
            let header = Header::new(Stamp(self.newest), "");
            return self.output.put(&mut self.verdict, self.newest, &msg::Verdict { header, json });
        }
        let stamp = frame.u64();
        self.newest = self.newest.max(stamp);
        if self.last_clock.is_none_or(|last| stamp >= last + VIEW_PERIOD) {
            self.last_clock = Some(stamp);
            let clock = msg::Clock { clock: Stamp(stamp).into() };
            self.output.put(&mut self.clock, stamp, &clock)?;
        }
        let Some(robot) = self.robots.get_mut(robot) else { return Ok(()) };
        let output = &mut self.output;
        match kind {
            frame::TICK => robot.tick(output, stamp, &mut frame)?,
            frame::TRUTH => robot.truth(output, stamp, &mut frame)?,
            frame::MAP => robot.map(output, stamp, &mut frame)?,
            frame::PATH => robot.path(output, stamp, &mut frame)?,
            _ => {}
        }
        if self.newest >= self.last_flush + self.chunk_period {
            self.last_flush = self.newest;
            for robot in &mut self.robots {
                robot.flush(&mut self.output)?;
            }
            self.output.flush()?;
        }
        Ok(())
    }

    /// Ends the file, if there is one, and gives it its name; `false` if only failures are kept and this is none.
    pub(crate) fn finish(&mut self, failures_only: bool) -> McapResult<bool> {
        for robot in &mut self.robots {
            robot.flush(&mut self.output)?;
        }
        let is_kept = !failures_only || self.is_failure != Some(false);
        self.output.finish(is_kept)?;
        Ok(is_kept)
    }

    /// The file that it writes, if it writes one.
    pub(crate) fn file(&self) -> Option<&OutputFile> {
        self.output.file()
    }

    /// `/tf_static`: the sensors' frames in `base_link`.
    fn say_where_sensors_sit(&mut self, robot: usize) -> McapResult<()> {
        let robot = &self.robots[robot];
        let mut transforms: Vec<msg::TransformStamped> = Vec::new();
        for (sensor, frame) in robot.header.body.sensors.iter().zip(&robot.sensor_frames) {
            if *frame == robot.frames.base || transforms.iter().any(|t| t.child_frame_id == *frame) {
                continue;
            }
            let base = &robot.frames.base;
            transforms.push(msg::TransformStamped::new(Stamp::ZERO, base, frame, &sensor.mount));
        }
        let mut fixed = self.output.channel::<msg::TFMessage>("/tf_static")?;
        self.output.put(&mut fixed, 0, &msg::TFMessage { transforms })
    }
}

impl RobotSink {
    fn new(output: &mut Output, header: RobotHeader, prefix: &str) -> McapResult<Self> {
        let topic = |name: &str| format!("/{}", prefixed(prefix, name));
        let sensors = &header.body.sensors;
        let blanks: Vec<Reading> = sensors.iter().map(SensorDescription::blank).collect();
        let mut views = Vec::new();
        for (blank, name) in blanks.iter().zip(topics(sensors)) {
            views.push(output.channel_of(carrier(blank).name, &topic(&name))?);
        }
        let sensor_frames = sensors
            .iter()
            .map(|sensor| prefixed(prefix, sensor.sensor.link().unwrap_or("base_link")))
            .collect();
        let frames = Frames {
            // All robots share one map frame; each has its own below it.
            map: "map".to_owned(),
            odom: prefixed(prefix, "odom"),
            base: prefixed(prefix, "base_link"),
        };
        let mut goal = output.channel::<msg::PoseStamped>(&topic("goal_pose"))?;
        let robot = Self {
            scratch: blanks.clone(),
            blanks,
            last_view: vec![None; views.len()],
            last_truth: None,
            last_pose: None,
            last_decision: None,
            last_command: None,
            views,
            trace: output.channel::<Trace>(&topic("neuraxis/trace"))?,
            decision: output.channel::<msg::Decision>(&topic("neuraxis/decision"))?,
            tf: output.channel::<msg::TFMessage>("/tf")?,
            pose: output.channel::<msg::PoseWithCovarianceStamped>(&topic("pose"))?,
            cmd_vel: output.channel::<msg::TwistStamped>(&topic("cmd_vel"))?,
            plan: output.channel::<msg::Path>(&topic("plan"))?,
            map: output.channel::<msg::OccupancyGrid>(&topic("map"))?,
            truth: output.channel::<msg::Odometry>(&topic("ground_truth"))?,
            running: RunningDigest::default(),
            pending: Packer::new(header.body.sensors.len()),
            block: header.rate.clamp(1.0, 1000.0) as usize,
            frames,
            sensor_frames,
            header,
        };
        if let Some(Goal::Reach { x, y, .. }) = robot.header.goals.first().copied() {
            let header = Header::new(Stamp::ZERO, &robot.frames.map);
            let message = msg::PoseStamped { header, pose: (&Pose2 { x, y, yaw: 0.0 }).into() };
            output.put(&mut goal, 0, &message)?;
        }
        Ok(robot)
    }

    fn tick(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
        let mut tick = TickRecord { stamp, ..TickRecord::default() };
        for _ in 0..frame.u16() {
            let (slot, sequence, stamp) = (frame.u16(), frame.u64(), frame.u64());
            let values = (0..frame.u16()).map(|_| frame.f64()).collect();
            let ranges = (0..frame.u32()).map(|_| frame.f32()).collect();
            tick.senses.push(ReadingRecord { slot, sequence, stamp, values, ranges });
        }
        tick.command = (0..frame.u16()).map(|_| frame.f64()).collect();
        tick.stop = frame.u8();
        tick.stop_slot = frame.u16();
        tick.digest16 = self.running.absorb(&tick);
        for i in 0..tick.senses.len() {
            self.view(output, &tick.senses[i])?;
        }
        if frame.u8() != 0
            && let Some(decision) = frame.decision()
        {
            self.decide(output, &tick, &decision)?;
        }
        if !self.pending.fits(&tick) {
            self.flush(output)?;
        }
        if self.pending.push(&tick) >= self.block { self.flush(output) } else { Ok(()) }
    }

    /// Writes the ticks that are still pending.
    fn flush(&mut self, output: &mut Output) -> McapResult<()> {
        let trace = &self.pending.trace;
        if !trace.dt.is_empty() {
            output.put(&mut self.trace, trace.stamp, trace)?;
            self.pending.clear();
        }
        Ok(())
    }
}
