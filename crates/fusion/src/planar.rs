//! The estimator: from percepts to a belief, with cues that are weighed by what they are worth now.
//!
//! The filter ([`crate::filter`]) is Kalman's and stays optimal; what adapts is what it is told of the noise. Wheels and
//! gyroscope move the estimate (`motion`); matched scans ([`crate::scan_match`]) and absolute poses (AMCL,
//! motion capture, camera tags, GNSS) correct it, each at the moment of its own stamp, by a short history of the track;
//! [`crate::cue_monitor`] watches each cue and [`crate::fault_isolation`] asks who is wrong when they disagree. Rules, by name in the
//! robot's file: `ekf` is the plain extended Kalman filter, `ekf_gated` the same with a χ² gate, `inverse_effectiveness`
//! has all the switches of `fusion.robustness`. Inverse effectiveness itself is not in the estimate, where a
//! Gaussian has none, but in the events that are read out of the cues ([`crate::events`]).
//!
//! Departures from the textbook: the gyroscope's error is also learned while the wheels stand still; scans are left out while
//! the accelerometer shows a tilt at which a beam could reach the ground.

use nalgebra::{Matrix3, Point2, Vector3};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::Refusal;
use neuraxis_core::{Belief, CueReport, OccupancyGrid, Part, Percepts, Pose2, Stamp, saved};

use crate::events::{Context, EventSense};
use crate::filter::{Filter, Innovation};
use crate::gaussian::add_noise;
use crate::motion::{MotionSense, Step};
use crate::pose_cues::PoseCues;
use crate::scan_cue::{ScanCue, Sight};
use crate::senses::Senses;
use crate::spec::{NoiseSpec, RobustnessSpec};
use crate::{Estimator, FusionSpec, Informed};

/// Wheels that have been silent for longer move nothing, s.
const SILENT: f64 = 0.1;
/// The place of matched scans among the absolute cues.
const SCANS: usize = 0;

/// The places of the motion senses in the report; the absolute cues follow.
const ODOMETRY: usize = 0;
const GYRO: usize = 1;
const FIRST: usize = 2;

/// An absolute pose, as some cue gives it.
#[derive(Clone, Copy, Debug)]
struct Fix {
    pose: Pose2,
    information: Matrix3<f64>,
    /// Numbers that it tells.
    dimensions: usize,
    stamp: Stamp,
}

/// The estimator.
#[derive(Clone, Debug)]
pub struct PlanarEstimator {
    robustness: RobustnessSpec,
    noise: NoiseSpec,
    scan_matching: bool,
    senses: Senses,
    motion: MotionSense,
    filter: Filter,
    /// Matched scans, then absolute poses in the order of the body's description.
    pose_cues: PoseCues,
    /// The last absolute pose of each such sense, to see whether it is stuck.
    last_poses: Vec<Option<Pose2>>,
    /// Since when, and where, the wheels are silent; until when that was covered; whether a cue has spoken since.
    silence: Option<(Pose2, Stamp, bool)>,
    fastest: f64,
    sweeps: ScanCue,
    belief: Belief,
    map: OccupancyGrid,
    known_q: f64,
    events: EventSense,
    /// How far wheels and gyroscope disagreed in the last step.
    disagreement: f64,
}

impl PlanarEstimator {
    /// An estimator for `body`, which stands at `start` in the map; `known` is a map to begin with.
    #[must_use]
    pub fn new(
        spec: &FusionSpec,
        body: &BodyDescription,
        start: Pose2,
        known: Option<&OccupancyGrid>,
    ) -> Self {
        let senses = Senses::of(body);
        let robustness = spec.effective_robustness();
        let noise = spec.noise;
        let wheels = senses.odometry.as_ref().map_or("wheel_odometry", |source| source.name());
        let gyro = senses.imu.as_ref().map_or("gyro", |source| &source.name);
        let mut cues = [wheels, gyro, "scan_matching"].map(CueReport::silent).to_vec();
        cues.extend(senses.poses.iter().map(|source| CueReport::silent(&source.name)));
        let pose_cues = PoseCues::new(robustness, 1 + senses.poses.len());
        let map = known.cloned().unwrap_or_else(|| {
            OccupancyGrid::new(Point2::new(start.x, start.y), spec.map.size, spec.map.resolution)
        });
        // Without blame the wheels' scale is taken as it is.
        let scale = if robustness.fault_isolation { noise.odometry_scale } else { 0.0 };
        Self {
            motion: MotionSense::new(noise, body.drive, body.limits.linear),
            filter: Filter::new(start, noise.gyro_bias, scale),
            pose_cues,
            last_poses: vec![None; senses.poses.len()],
            silence: None,
            fastest: body.limits.linear,
            sweeps: ScanCue::new(robustness, &noise, &senses, &map),
            belief: Belief::at(start, cues),
            map,
            senses,
            robustness,
            noise,
            scan_matching: spec.scan_matching,
            known_q: 1.0,
            events: EventSense::new(body),
            disagreement: 0.0,
        }
    }

    /// The gyroscope's constant error as it is believed to be, rad/s.
    #[must_use]
    pub fn gyro_bias(&self) -> f64 {
        self.filter.bias()
    }

    /// The wheels' scale error as it is believed to be: they go `1 + scale` times as far as they say.
    #[must_use]
    pub fn wheel_scale(&self) -> f64 {
        self.filter.scale()
    }

    fn refuse(&mut self, cue: usize, why: Refusal) {
        self.belief.cues[cue].refuse(why);
    }

    fn take_inertial(&mut self, percepts: &Percepts) {
        match self.senses.imu.as_mut().and_then(|source| source.read(percepts)) {
            Some(Ok((stamp, imu))) => {
                if self.motion.inertial(stamp, imu, self.robustness) {
                    self.belief.cues[GYRO].refusal = Refusal::None;
                } else {
                    self.refuse(GYRO, Refusal::Stuck);
                }
            }
            Some(Err(why)) => self.refuse(GYRO, why),
            None => {}
        }
    }

    fn take_wheels(&mut self, percepts: &Percepts) {
        let now = percepts.now;
        match self.senses.odometry.as_mut().and_then(|source| source.read(percepts)) {
            Some(Ok((stamp, way))) => {
                let step = self.motion.wheels(stamp, &way, now, self.filter.bias(), self.robustness);
                self.belief.cues[ODOMETRY].refusal = Refusal::None;
                match step {
                    Some(step) => self.step(step),
                    None if self.motion.is_stuck() => self.refuse(ODOMETRY, Refusal::Stuck),
                    None if self.motion.leapt() => self.refuse(ODOMETRY, Refusal::Gate),
                    None => {}
                }
            }
            Some(Err(why)) => self.refuse(ODOMETRY, why),
            None => {}
        }
        // A body whose wheels are silent, or that has none, is turned by its gyroscope, and grows unsure.
        let last = self.motion.last_wheels();
        let is_silent = match last {
            Some(last) => now.since(last) > SILENT,
            None => self.senses.odometry.is_none() && self.motion.last_inertial().is_some(),
        };
        if is_silent {
            let pose = self.filter.pose();
            let (anchor, until, spoken) = self.silence.unwrap_or((pose, last.unwrap_or(now), false));
            let step = self.motion.unwheeled(until, now, self.fastest);
            let moved = self.filter.predict(&step.motion);
            self.motion.moved(&moved, now, step.motion.variance);
            self.silence = Some((anchor, now, spoken));
        }
    }

    /// Moves the estimate on by what wheels and gyroscope say.
    fn step(&mut self, mut step: Step) {
        if let Some((anchor, _, spoken)) = self.silence.take() {
            // The wheels counted on in silence. If nothing else has told where the body is, they do now.
            let pose = self.filter.pose();
            let wheels =
                if spoken { Pose2::default() } else { pose.relative(&anchor.compose(&step.motion.wheels)) };
            step.motion.wheels = wheels;
            step.motion.gyro_share = 0.0;
        }
        if let Some(rate) = step.still {
            self.filter.learn_bias(rate, self.noise.gyro);
        }
        if self.robustness.fault_isolation && step.still.is_none() {
            self.pose_cues.fault_isolation.suspect(step.disagreement);
        }
        let q = self.pose_cues.inflation() * self.known_q;
        step.motion.variance = step.motion.variance.map(|v| v * q);
        let heading = self.filter.pose().yaw;
        let [bias, scale] = self.pose_cues.freedom(step.stamp, heading, step.motion.dt);
        step.motion.walk[0] += bias;
        step.motion.walk[1] += scale;
        if let Some(share) = self.pose_cues.forgetting(step.stamp, heading, step.motion.dt) {
            self.filter.relax_scale(share, self.noise.odometry_scale);
        }
        if !self.robustness.fault_isolation {
            step.motion.walk[1] = 0.0;
        }
        let moved = self.filter.predict(&step.motion);
        self.motion.moved(&moved, step.stamp, step.motion.variance);

        self.disagreement = step.disagreement;
        let share = step.motion.gyro_share;
        let reports = &mut self.belief.cues;
        reports[ODOMETRY].gain = 1.0 - share;
        reports[GYRO].gain = share;
        reports[ODOMETRY].surprise = step.disagreement * step.disagreement;
        reports[ODOMETRY].reliability = 1.0 / q;
        let doubt = step.disagreement.max(1.0);
        reports[GYRO].reliability = if share > 0.0 { 1.0 / (doubt * doubt) } else { 0.0 };
    }

    fn take_poses(&mut self, percepts: &Percepts) {
        for i in 0..self.senses.poses.len() {
            let Some(reading) = self.senses.poses[i].read_planar(percepts) else { continue };
            let cue = FIRST + 1 + i;
            let (stamp, pose, information) = match reading {
                Ok(reading) => reading,
                Err(why) => {
                    self.refuse(cue, why);
                    continue;
                }
            };
            let repeats = self.last_poses[i].replace(pose) == Some(pose);
            if self.robustness.stuck_detection && repeats && self.motion.moves(self.filter.bias()) {
                self.refuse(cue, Refusal::Stuck);
                continue;
            }
            let tells_heading = information[(2, 2)] > 0.0;
            let fix = Fix { pose, information, dimensions: if tells_heading { 3 } else { 2 }, stamp };
            self.correct(1 + i, fix);
        }
    }

    fn take_scans(&mut self, percepts: &Percepts) {
        let cue = FIRST + SCANS;
        for i in 0..self.senses.scans.len() {
            let mount = self.senses.scans[i].source.mount;
            let tilt = self.senses.scans[i].tilt;
            let (stamp, scan) = match self.senses.scans[i].read(percepts) {
                None => continue,
                Some(Err(why)) => {
                    self.refuse(cue, why);
                    continue;
                }
                Some(Ok(reading)) => reading,
            };
            let repeats = self.sweeps.repeats(i, scan);
            if self.robustness.stuck_detection && repeats && self.motion.moves(self.filter.bias()) {
                self.refuse(cue, Refusal::Stuck);
                continue;
            }
            // Tilted so far, the sweep may show the ground as a wall.
            if self.motion.slope() > tilt {
                self.refuse(cue, Refusal::Tilt);
                continue;
            }
            // Where the body was when the scan was taken: back along the track.
            let (then, _) = self.motion.at(stamp, self.filter.bias());
            let since = then.relative(&self.motion.odom());
            let guess = self.filter.pose().compose(&since.inverse());
            let mut is_rough = false;
            if self.scan_matching {
                match self.sweeps.find(&self.map, scan, &mount, &guess) {
                    Sight::Fits { pose, information, dimensions, score, is_rough: rough, is_sure } => {
                        is_rough = rough;
                        self.pose_cues.mark_self_checked(SCANS, is_sure);
                        self.correct(SCANS, Fix { pose, information, dimensions, stamp });
                        self.belief.cues[cue].reliability *= score;
                    }
                    Sight::New => self.refuse(cue, Refusal::NoOverlap),
                    // What does not fit is not drawn either.
                    Sight::Misfit(score) => {
                        self.refuse(cue, Refusal::Misfit);
                        self.belief.cues[cue].surprise = 1.0 / score.max(0.01);
                        continue;
                    }
                    Sight::Nothing => continue,
                }
            }
            // A map that is drawn while the pose is in doubt keeps the error for ever.
            let is_doubtful = self.pose_cues.is_doubtful();
            if is_rough || is_doubtful && self.scan_matching {
                continue;
            }
            let then = self.filter.pose().compose(&since.inverse());
            self.sweeps.draw(&mut self.map, &then.compose(&mount), scan);
        }
    }

    /// Takes in an absolute pose of the moment `fix.stamp`, from which the body has since moved on.
    fn correct(&mut self, index: usize, fix: Fix) {
        let cue = FIRST + index;
        let now = self.belief.stamp;
        let (then, variance) = self.motion.at(fix.stamp, self.filter.bias());
        let since = then.relative(&self.motion.odom());
        let tells_heading = fix.information[(2, 2)] > 0.0;
        let own = self.filter.pose().compose(&since.inverse());
        let measured =
            if tells_heading { fix.pose } else { Pose2 { yaw: own.yaw, x: fix.pose.x, y: fix.pose.y } };
        // The information about the present pose: less what the motion since may have added, through its lever.
        let [along, around] = variance;
        let drift = Matrix3::from_diagonal(&Vector3::new(along, along, around));
        let Some(information) = add_noise(&fix.information, &drift) else {
            return self.refuse(cue, Refusal::Covariance);
        };
        let arm = Pose2 { x: 0.0, y: 0.0, yaw: measured.yaw }.transform(since.x, since.y);
        let mut back = Matrix3::identity();
        back[(0, 2)] = arm.y;
        back[(1, 2)] = -arm.x;
        let information = back.transpose() * information * back;
        let innovation = self.filter.innovation(&measured.compose(&since));
        let measured = Innovation { innovation, information };
        let report = &mut self.belief.cues[cue];
        let when = (fix.stamp, now);
        let is_taken = self.pose_cues.fuse(&mut self.filter, index, &measured, when, fix.dimensions, report);
        if let Some((_, _, spoken)) = self.silence.as_mut().filter(|_| is_taken) {
            *spoken = true;
        }
    }

    fn publish(&mut self, now: Stamp) {
        let twist = self.motion.twist(self.filter.bias());
        let ahead = self.motion.last_wheels().map_or(0.0, |stamp| now.since(stamp).clamp(0.0, SILENT));
        let ahead = if self.silence.is_some() { 0.0 } else { ahead };
        let scaled = neuraxis_core::Twist2 { linear: twist.linear * (1.0 + self.filter.scale()), ..twist };
        let belief = &mut self.belief;
        belief.pose = self.filter.pose().advance(&scaled, ahead);
        belief.odom = self.motion.odom().advance(&scaled, ahead);
        belief.twist = scaled;
        // x, y, yaw stand at 0, 1, 5 in ROS's order.
        for (r, at) in [0, 1, 5].into_iter().enumerate() {
            for (c, to) in [0, 1, 5].into_iter().enumerate() {
                belief.covariance[(at, to)] = self.filter.covariance()[(r, c)];
            }
        }
        let age = |stamp: Option<Stamp>| stamp.map_or(f64::INFINITY, |stamp| now.since(stamp));
        belief.cues[ODOMETRY].age = age(self.motion.last_wheels());
        belief.cues[GYRO].age = age(self.motion.last_inertial());
        for (cue, last) in belief.cues[FIRST..].iter_mut().zip(self.pose_cues.last()) {
            cue.age = age(last);
        }
        if self.silence.is_some() {
            belief.cues[ODOMETRY].reliability = 0.0;
        }
        if self.motion.gyro_share() == 0.0 {
            belief.cues[GYRO].reliability = 0.0;
        }
    }
}

impl Part for PlanarEstimator {
    fn name(&self) -> &'static str {
        "planar_estimator"
    }
}

impl Estimator for PlanarEstimator {
    fn update(&mut self, percepts: &Percepts) {
        self.belief.stamp = percepts.now;
        self.pose_cues.touch(self.senses.touches(percepts));
        self.take_inertial(percepts);
        self.take_wheels(percepts);
        self.take_poses(percepts);
        self.take_scans(percepts);
        self.publish(percepts.now);
        let reliability = |cue: usize| self.belief.cues[cue].reliability;
        let is_scan_stuck = self.belief.cues[FIRST + SCANS].refusal == Refusal::Stuck;
        let context = Context {
            twist: self.belief.twist,
            turning: self.disagreement,
            blame: self.pose_cues.fault_isolation.inflation(),
            scan: if is_scan_stuck { 0.0 } else { 1.0 },
            inertial: reliability(GYRO),
        };
        self.belief.events = self.events.update(percepts, &context);
        self.pose_cues.spin(self.events.spins(percepts.now));
    }

    fn belief(&self) -> &Belief {
        &self.belief
    }

    fn map(&self) -> &OccupancyGrid {
        &self.map
    }
}

impl Informed for PlanarEstimator {
    fn set_known_noise(&mut self, name: &str, factor: f64) -> bool {
        let Some(place) = self.belief.cues.iter().position(|cue| *cue.name == *name) else { return false };
        match place.checked_sub(FIRST) {
            Some(i) => self.pose_cues.set_known_noise(i, factor),
            None => self.known_q = factor,
        }
        true
    }
}

saved!(PlanarEstimator {
    senses, motion, filter, pose_cues, last_poses, silence, fastest, sweeps, belief, map, known_q, events, disagreement;
    robustness, noise, scan_matching
});
