//! From frames to messages: the ticks to the bit, and the views of them that ROS 2 names.

use std::collections::BTreeMap;

use mcap::McapResult;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Goal, Pose2, Reading, Stamp, ops};

use crate::frame::{self, Reader};
use crate::messages::{self as msg, Header, Time, Trace};
use crate::output::{Channel, Output, OutputFile};
use crate::recorder::{Session, SessionRobot};
use crate::trace::{self, Packer, Running, Sense, Tick};

/// Views of where the body is are thinned to one in so many ns; those of range finders are not thinned at all.
const VIEW_PERIOD: u64 = 200_000_000;
/// The same for all other views. What a view leaves out is in the trace.
const GLANCE_PERIOD: u64 = 500_000_000;
/// Decisions come so seldom, unless their status or the reason to stop changes.
const DECISION_PERIOD: u64 = 400_000_000;
/// `/pose` repeats what `/tf` and the decisions say; so it comes more seldom.
const POSE_PERIOD: u64 = 1_000_000_000;
/// Name of the metadata record that says what the file is.
pub(crate) const ABOUT: &str = "neuraxis";
/// Version of the layout of our own topics, attachments and metadata.
pub(crate) const FORMAT: &str = "1";

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
    session: SessionRobot,
    frames: Frames,
    blanks: Vec<Reading>,
    views: Vec<Channel>,
    last_view: Vec<Option<u64>>,
    last_truth: Option<u64>,
    last_pose: Option<u64>,
    last_decision: Option<(u64, (u8, u16, String))>,
    last_command: Option<u64>,
    trace: Channel,
    decision: Channel,
    tf: Channel,
    pose: Channel,
    cmd_vel: Channel,
    plan: Channel,
    map: Channel,
    truth: Channel,
    running: Running,
    pending: Packer,
    /// Ticks to a trace: those of a second.
    block: usize,
    cues: Vec<String>,
}

struct Frames {
    map: String,
    odom: String,
    base: String,
    sensors: Vec<String>,
}

/// A name with the robot's own prefix, where there are several.
fn prefixed(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

/// The topic of each sense: ROS's usual name for the first of a kind, its own for the others.
pub(crate) fn topics(sensors: &[&Sensor]) -> Vec<String> {
    fn usual(sensor: &Sensor) -> &str {
        match sensor {
            Sensor::Lidar { .. } => "scan",
            Sensor::Imu { .. } => "imu",
            Sensor::WheelOdometry { .. } => "odom",
            Sensor::JointState { .. } => "joint_states",
            Sensor::Contact { .. } => "bumper",
            Sensor::Battery { .. } => "battery_state",
            // Several kinds of things know where a body is, or a beacon, and none is the usual one.
            Sensor::Pose { name, .. } | Sensor::Beacon { name, .. } | Sensor::Velocimeter { name, .. } => {
                name
            }
        }
    }
    let is_first = |i: usize| sensors[..i].iter().all(|other| usual(other) != usual(sensors[i]));
    (0..sensors.len())
        .map(|i| if is_first(i) { usual(sensors[i]) } else { sensors[i].name() }.to_owned())
        .collect()
}

impl Sink {
    /// Puts all that is known before the first tick into `output`.
    pub(crate) fn begin(mut output: Output, session: Session) -> McapResult<Self> {
        let mut facts: BTreeMap<String, String> = session.facts;
        facts.insert("format".to_owned(), FORMAT.to_owned());
        facts.insert("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let bodies = serde_json::to_vec(&session.robots).unwrap_or_default();
        let own = [("neuraxis/robots.json".to_owned(), &bodies[..])];
        let others = session.attachments.iter().map(|(name, data)| (name.clone(), &data[..]));
        output.describe(ABOUT, facts, own.into_iter().chain(others))?;
        let clock = output.channel::<msg::Clock>("/clock")?;
        let verdict = output.channel::<msg::Verdict>("/neuraxis/verdict")?;
        let several = session.robots.len() > 1;
        let mut sink = Self {
            output,
            robots: Vec::new(),
            clock,
            verdict,
            last_clock: None,
            last_flush: 0,
            chunk_period: session.chunk_period,
            newest: 0,
            is_failure: None,
        };
        for (i, robot) in session.robots.into_iter().enumerate() {
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
        for (sensor, frame) in robot.session.body.sensors.iter().zip(&robot.frames.sensors) {
            if *frame == robot.frames.base || transforms.iter().any(|t| t.child_frame_id == *frame) {
                continue;
            }
            let (t, r) = (sensor.mount.translation, sensor.mount.rotation);
            transforms.push(msg::TransformStamped {
                header: Header::new(Stamp::ZERO, &robot.frames.base),
                child_frame_id: frame.clone(),
                transform: msg::Transform {
                    translation: msg::Vector3 { x: t.x, y: t.y, z: t.z },
                    rotation: msg::Quaternion { x: r.i, y: r.j, z: r.k, w: r.w },
                },
            });
        }
        let mut fixed = self.output.channel::<msg::TFMessage>("/tf_static")?;
        self.output.put(&mut fixed, 0, &msg::TFMessage { transforms })
    }
}

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
    fn new(output: &mut Output, session: SessionRobot, prefix: &str) -> McapResult<Self> {
        let topic = |name: &str| format!("/{}", prefixed(prefix, name));
        let sensors: Vec<&Sensor> = session.body.sensors.iter().map(|s| &s.sensor).collect();
        let mut views = Vec::new();
        for (sensor, name) in sensors.iter().zip(topics(&sensors)) {
            let name = topic(&name);
            views.push(match sensor {
                Sensor::Lidar { .. } => output.channel::<msg::LaserScan>(&name)?,
                Sensor::Imu { .. } => output.channel::<msg::Imu>(&name)?,
                Sensor::Velocimeter { .. } => output.channel::<msg::TwistStamped>(&name)?,
                Sensor::WheelOdometry { .. } => output.channel::<msg::Odometry>(&name)?,
                Sensor::JointState { .. } => output.channel::<msg::JointState>(&name)?,
                Sensor::Contact { .. } => output.channel::<msg::Contact>(&name)?,
                Sensor::Battery { .. } => output.channel::<msg::BatteryState>(&name)?,
                Sensor::Pose { .. } => output.channel::<msg::PoseWithCovarianceStamped>(&name)?,
                Sensor::Beacon { .. } => output.channel::<msg::Azimuth>(&name)?,
            });
        }
        let frames = Frames {
            // All robots share one map frame; each has its own below it.
            map: "map".to_owned(),
            odom: prefixed(prefix, "odom"),
            base: prefixed(prefix, "base_link"),
            sensors: sensors
                .iter()
                .map(|sensor| match sensor {
                    Sensor::Lidar { link, .. }
                    | Sensor::Imu { link, .. }
                    | Sensor::Velocimeter { link, .. }
                    | Sensor::Contact { link, .. }
                    | Sensor::Beacon { link, .. } => prefixed(prefix, link),
                    _ => prefixed(prefix, "base_link"),
                })
                .collect(),
        };
        let mut goal = output.channel::<msg::PoseStamped>(&topic("goal_pose"))?;
        let robot = Self {
            blanks: session.body.sensors.iter().map(neuraxis_core::body::SensorDescription::blank).collect(),
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
            running: Running::default(),
            pending: Packer::new(session.body.sensors.len()),
            block: session.rate.clamp(1.0, 1000.0) as usize,
            cues: session.cues.clone(),
            frames,
            session,
        };
        if let Some(Goal::Reach { x, y, .. }) = robot.session.goals.first().copied() {
            let header = Header::new(Stamp::ZERO, &robot.frames.map);
            let message = msg::PoseStamped { header, pose: (&Pose2 { x, y, yaw: 0.0 }).into() };
            output.put(&mut goal, 0, &message)?;
        }
        Ok(robot)
    }

    fn tick(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
        let mut tick = Tick { stamp, ..Tick::default() };
        for _ in 0..frame.u16() {
            let (slot, sequence, stamp) = (frame.u16(), frame.u64(), frame.u64());
            let values = (0..frame.u16()).map(|_| frame.f64()).collect();
            let ranges = (0..frame.u32()).map(|_| frame.f32()).collect();
            tick.senses.push(Sense { slot, sequence, stamp, values, ranges });
        }
        tick.command = (0..frame.u16()).map(|_| frame.f64()).collect();
        tick.stop = frame.u8();
        tick.stop_slot = frame.u16();
        tick.check = self.running.absorb(&tick);
        for i in 0..tick.senses.len() {
            self.view(output, &tick.senses[i])?;
        }
        if frame.u8() != 0 {
            self.decide(output, &tick, frame)?;
        }
        if !self.pending.fits(&tick) {
            self.flush(output)?;
        }
        if self.pending.push(&tick) >= self.block { self.flush(output) } else { Ok(()) }
    }

    /// Writes the ticks that are still pending.
    fn flush(&mut self, output: &mut Output) -> McapResult<()> {
        let trace = &self.pending.trace;
        if !trace.since.is_empty() {
            output.put(&mut self.trace, trace.stamp, trace)?;
            self.pending.clear();
        }
        Ok(())
    }

    /// A sense as a ROS message.
    fn view(&mut self, output: &mut Output, sense: &Sense) -> McapResult<()> {
        let slot = usize::from(sense.slot);
        let Some(blank) = self.blanks.get_mut(slot) else { return Ok(()) };
        let period = match blank {
            Reading::Scan(_) => 0,
            Reading::Odometry(_) => VIEW_PERIOD,
            // What a bumper feels is news when it changes.
            Reading::Contact(contact)
                if sense.values.first().is_some_and(|value| (*value != 0.0) != contact.touching) =>
            {
                0
            }
            _ => GLANCE_PERIOD,
        };
        if self.last_view[slot].is_some_and(|last| sense.stamp < last + period) {
            return Ok(());
        }
        self.last_view[slot] = Some(sense.stamp);
        if !trace::restore(sense, blank) {
            return Ok(());
        }
        let header = Header::new(Stamp(sense.stamp), &self.frames.sensors[slot]);
        let channel = &mut self.views[slot];
        let sensor = &self.session.body.sensors[slot];
        let stamp = sense.stamp;
        let vector = |v: &nalgebra::Vector3<f64>| msg::Vector3 { x: v.x, y: v.y, z: v.z };
        match &*blank {
            Reading::Scan(scan) => {
                let last = scan.angle_min + scan.angle_increment * scan.ranges.len().saturating_sub(1) as f64;
                let message = msg::LaserScan {
                    header,
                    angle_min: scan.angle_min as f32,
                    angle_max: last as f32,
                    angle_increment: scan.angle_increment as f32,
                    time_increment: 0.0,
                    scan_time: (1.0 / sensor.sensor.rate()) as f32,
                    range_min: scan.range_min as f32,
                    range_max: scan.range_max as f32,
                    ranges: scan.ranges.clone(),
                    intensities: Vec::new(),
                };
                output.put(channel, stamp, &message)
            }
            Reading::Imu(imu) => {
                let mut message = msg::Imu {
                    header,
                    angular_velocity: vector(&imu.angular_velocity),
                    linear_acceleration: vector(&imu.linear_acceleration),
                    ..msg::Imu::default()
                };
                if let Some(q) = imu.orientation {
                    message.orientation = msg::Quaternion { x: q.i, y: q.j, z: q.k, w: q.w };
                } else {
                    // So says sensor_msgs/Imu that there is no estimate of the orientation.
                    message.orientation.w = 1.0;
                    message.orientation_covariance[0] = -1.0;
                }
                output.put(channel, stamp, &message)
            }
            Reading::Motion(motion) => {
                let twist = msg::Twist {
                    linear: vector(&motion.linear_velocity),
                    angular: vector(&motion.angular_velocity),
                };
                output.put(channel, stamp, &msg::TwistStamped { header, twist })
            }
            Reading::Odometry(odometry) => {
                let mut message = msg::Odometry {
                    header: Header::new(Stamp(sense.stamp), &self.frames.odom),
                    child_frame_id: self.frames.base.clone(),
                    ..msg::Odometry::default()
                };
                message.pose.pose = (&odometry.pose).into();
                message.twist.twist = (&odometry.twist).into();
                output.put(channel, stamp, &message)
            }
            Reading::Joints(joints) => {
                let message = msg::JointState {
                    header,
                    name: sensor.joints.clone(),
                    position: joints.position.clone(),
                    velocity: joints.velocity.clone(),
                    effort: joints.effort.clone(),
                };
                output.put(channel, stamp, &message)
            }
            Reading::Contact(contact) => {
                let message = msg::Contact {
                    header,
                    touching: contact.touching,
                    force: contact.force,
                    bearing: contact.bearing,
                };
                output.put(channel, stamp, &message)
            }
            Reading::Battery(battery) => {
                let message = msg::BatteryState {
                    header,
                    voltage: battery.voltage as f32,
                    temperature: f32::NAN,
                    current: battery.current as f32,
                    charge: f32::NAN,
                    capacity: f32::NAN,
                    design_capacity: f32::NAN,
                    percentage: battery.percentage as f32,
                    present: true,
                    ..msg::BatteryState::default()
                };
                output.put(channel, stamp, &message)
            }
            Reading::Azimuth(azimuth) => {
                let message = msg::Azimuth {
                    header,
                    angle_min: azimuth.angle_min,
                    angle_increment: azimuth.angle_increment,
                    activity: azimuth.activity.clone(),
                };
                output.put(channel, stamp, &message)
            }
            Reading::Pose(absolute) => {
                let covariance =
                    std::array::from_fn(|r| std::array::from_fn(|c| absolute.covariance[(r, c)]));
                let message = msg::PoseWithCovarianceStamped {
                    header: Header::new(Stamp(sense.stamp), &self.frames.map),
                    pose: msg::PoseWithCovariance { pose: (&absolute.pose).into(), covariance },
                };
                output.put(channel, stamp, &message)
            }
        }
    }

    /// The decision, and the views that follow from it.
    fn decide(&mut self, output: &mut Output, tick: &Tick, frame: &mut Reader<'_>) -> McapResult<()> {
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
        let names: Vec<&str> = self.session.body.sensors.iter().map(|s| s.sensor.name()).collect();
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
            transform: pose.into(),
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
        if let (Some(drive), [left, right, ..]) = (self.session.body.drive, &tick.command[..]) {
            // A command that stops is a stop, whatever its numbers say.
            let twist = if tick.stop == 0 { drive.twist(*left, *right) } else { drive.twist(0.0, 0.0) };
            let header = Header::new(Stamp(stamp), &self.frames.base);
            output.put(&mut self.cmd_vel, stamp, &msg::TwistStamped { header, twist: (&twist).into() })?;
        }
        Ok(())
    }

    fn truth(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
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

    fn map(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
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

    fn path(&mut self, output: &mut Output, stamp: u64, frame: &mut Reader<'_>) -> McapResult<()> {
        let header = Header::new(Stamp(stamp), &self.frames.map);
        let points: Vec<[f64; 2]> = frame.rest().chunks_exact(16).map(|bytes| Reader(bytes).f64s()).collect();
        let poses = points
            .iter()
            .enumerate()
            .map(|(i, [x, y])| {
                // Each pose looks towards the next.
                let [nx, ny] = points.get(i + 1).copied().unwrap_or([*x, *y]);
                let yaw = ops::atan2(ny - y, nx - x);
                msg::PoseStamped { header: header.clone(), pose: (&Pose2 { x: *x, y: *y, yaw }).into() }
            })
            .collect();
        output.put(&mut self.plan, stamp, &msg::Path { header: header.clone(), poses })
    }
}
