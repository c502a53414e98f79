//! The estimator of a body in space: legs, swimmers, and wheels on ground that is not flat.
//!
//! The inertial unit moves the estimate (`filter`); what wheels and standing feet (`legs`) tell of the velocity holds it (both in
//! `velocity`); matched scans, levelled by the attitude that is believed (`level`), and absolute poses correct it at their own
//! stamps, by a short history of the track (`track`). Who is heard, doubted and left out is decided as on the plane
//! ([`crate::planar`]), by the same code (`pose_cues`), and the rules have the same names and switches.
//!
//! Departures from the estimator on the plane: wheels are no motion but a cue of velocity, with a standing wheel's freedom
//! across and upwards; while nobody tells the velocity, the accelerometer is taken for a plumb line, weakly, and the body for no
//! faster than its limits, once a second; without an inertial unit the body coasts.

pub mod filter;
mod legs;
mod level;
mod track;
mod velocity;

use nalgebra::{Isometry3, Matrix6, Point2, UnitQuaternion, Vector3, Vector6};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{AbsolutePose, PLANAR};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::{
    Belief, CueReport, OccupancyGrid, Part, Percepts, Pose2, Stamp, Twist2, Vertical, saved,
};

use crate::events::{Context, EventSense};
use crate::gaussian::{add_noise, information};
use crate::pose_cues::PoseCues;
use crate::scan_cue::{ScanCue, Sight};
use crate::senses::Senses;
use crate::spec::{NoiseSpec, RobustnessSpec};
use crate::{Estimator, FusionSpec, Informed};
use filter::{Filter, Innovation, Prior};
use legs::Legs;
use level::Level;
use track::{LATEST, Track};
use velocity::{Inertial, Wheels};

/// An inertial unit, wheels or feet that have been silent for longer move nothing, s.
const SILENT: f64 = 0.1;
/// Standard deviations at the start: of the tilt, rad, and of the height, m.
const TILT: f64 = 0.2;
const HEIGHT: f64 = 0.1;
/// Time over which a single reading's noise is independent, s: it makes densities of the standard deviations in the file.
const INDEPENDENT: f64 = 0.02;

/// Places in the report.
const ODOMETRY: usize = 0;
const GYRO: usize = 1;
const FIRST: usize = 2;
/// Matched scans among the absolute cues.
const SCANS: usize = 0;

/// The estimator.
#[derive(Clone, Debug)]
pub struct SpatialEstimator {
    robustness: RobustnessSpec,
    noise: NoiseSpec,
    scan_matching: bool,
    fastest: f64,
    senses: Senses,
    filter: Filter,
    pose_cues: PoseCues,
    /// The time that the filter is at.
    at: Option<Stamp>,
    inertial: Inertial,
    wheels: Wheels,
    legs: Legs,
    track: Track,
    last_poses: Vec<Option<Isometry3<f64>>>,
    /// When somebody last told the velocity, when gravity last stood in, and when the speed was last held to its limits.
    told: Option<Stamp>,
    plumbed: Option<Stamp>,
    /// When the inertial unit first spoke.
    born: Option<Stamp>,
    limited: Option<Stamp>,
    level: Level,
    sweeps: ScanCue,
    events: EventSense,
    known_q: f64,
    belief: Belief,
    map: OccupancyGrid,
}

impl SpatialEstimator {
    /// An estimator for `body`, whose `base_link` stands upright at `start` in the map; `known` is a map to begin with.
    #[must_use]
    pub fn new(
        spec: &FusionSpec,
        body: &BodyDescription,
        start: Pose2,
        known: Option<&OccupancyGrid>,
    ) -> Self {
        let senses = Senses::of(body);
        let legs = Legs::of(body);
        let robustness = spec.effective_robustness();
        let noise = spec.noise;
        let odometry = match (&senses.odometry, legs.are_felt()) {
            (Some(source), _) => source.name(),
            (None, true) => "leg_odometry",
            (None, false) => "wheel_odometry",
        };
        let gyro = senses.imu.as_ref().map_or("gyro", |source| &source.name);
        let mut cues = [odometry, gyro, "scan_matching"].map(CueReport::silent).to_vec();
        cues.extend(senses.poses.iter().map(|source| CueReport::silent(&source.name)));
        let map = known.cloned().unwrap_or_else(|| {
            OccupancyGrid::new(Point2::new(start.x, start.y), spec.map.size, spec.map.resolution)
        });
        let mount = senses.imu.as_ref().map_or_else(Isometry3::identity, |source| *source.input.mount());
        let scale = if robustness.fault_isolation { noise.odometry_scale } else { 0.0 };
        let prior = Prior {
            tilt: TILT,
            height: HEIGHT,
            velocity: 0.01,
            constants: [noise.gyro_bias, noise.accelerometer_bias, scale],
        };
        let beams = senses.scans.iter().map(|source| source.beams).max().unwrap_or(0);
        Self {
            filter: Filter::new(&start.to_spatial(0.0), &mount, &prior),
            pose_cues: PoseCues::new(robustness, 1 + senses.poses.len()),
            at: None,
            inertial: Inertial::default(),
            wheels: Wheels::new(body.drive),
            legs,
            track: Track::new(),
            last_poses: vec![None; senses.poses.len()],
            told: None,
            plumbed: None,
            born: None,
            limited: None,
            level: Level::new(beams),
            sweeps: ScanCue::new(robustness, &noise, &senses, &map),
            events: EventSense::new(body),
            known_q: 1.0,
            belief: Belief::at(start, cues),
            map,
            scan_matching: spec.scan_matching,
            fastest: body.limits.linear,
            senses,
            robustness,
            noise,
        }
    }

    /// The arithmetic, with the states that a belief does not show.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    fn refuse(&mut self, cue: usize, why: Refusal) {
        self.belief.cues[cue].refuse(why);
    }

    fn heading(&self) -> f64 {
        Pose2::from_spatial(&self.filter.pose()).yaw
    }

    fn moves(&self) -> bool {
        self.filter.velocity(&self.rate()).norm() > 0.01 || self.filter.turning(&self.rate()).norm() > 0.05
    }

    fn take_poses(&mut self, percepts: &Percepts) {
        for i in 0..self.senses.poses.len() {
            let cue = FIRST + 1 + i;
            let (stamp, absolute) = match self.senses.poses[i].read(percepts) {
                None => continue,
                Some(Ok(reading)) => reading,
                Some(Err(why)) => {
                    self.refuse(cue, why);
                    continue;
                }
            };
            let AbsolutePose { pose, covariance } = absolute;
            let Some(told) = information(covariance) else {
                self.refuse(cue, Refusal::Covariance);
                continue;
            };
            let repeats = self.last_poses[i].replace(*pose) == Some(*pose);
            if self.robustness.stuck_detection && repeats && self.moves() {
                self.refuse(cue, Refusal::Stuck);
                continue;
            }
            self.correct(1 + i, stamp, pose, &told);
        }
    }

    fn take_scans(&mut self, percepts: &Percepts) {
        let cue = FIRST + SCANS;
        for i in 0..self.senses.scans.len() {
            let frame = *self.senses.scans[i].source.input.mount();
            let (stamp, scan) = match self.senses.scans[i].read(percepts) {
                None => continue,
                Some(Err(why)) => {
                    self.refuse(cue, why);
                    continue;
                }
                Some(Ok(reading)) => reading,
            };
            let repeats = self.sweeps.repeats(i, scan);
            if self.robustness.stuck_detection && repeats && self.moves() {
                self.refuse(cue, Refusal::Stuck);
                continue;
            }
            // Where the body was when the scan was taken: back along the track.
            let since = self.track.at(stamp).inverse() * self.track.odom;
            let then = self.filter.pose() * since.inverse();
            let mut level = std::mem::take(&mut self.level);
            let (upright, mount) = level.upright(scan, &then, &frame, self.legs.height());
            self.see(stamp, upright, &mount, &then, &since);
            self.level = level;
        }
    }

    /// Matches and draws an upright sweep that was taken at `then`, from where the body has since moved on by `since`.
    fn see(
        &mut self,
        stamp: Stamp,
        scan: &neuraxis_core::percepts::LaserScan,
        mount: &Pose2,
        then: &Isometry3<f64>,
        since: &Isometry3<f64>,
    ) {
        let cue = FIRST + SCANS;
        let mut rough = false;
        if self.scan_matching {
            match self.sweeps.find(&self.map, scan, mount, &Pose2::from_spatial(then)) {
                Sight::Fits { pose, information, score, is_rough, is_sure, .. } => {
                    rough = is_rough;
                    self.pose_cues.mark_self_checked(SCANS, is_sure);
                    let told = Matrix6::from_fn(|r, c| {
                        let place = |axis: usize| PLANAR.iter().position(|planar| *planar == axis);
                        place(r).zip(place(c)).map_or(0.0, |at| information[at])
                    });
                    self.correct(SCANS, stamp, &pose.to_spatial(0.0), &told);
                    self.belief.cues[cue].reliability *= score;
                }
                Sight::New => self.refuse(cue, Refusal::NoOverlap),
                Sight::Misfit(score) => {
                    self.refuse(cue, Refusal::Misfit);
                    self.belief.cues[cue].surprise = 1.0 / score.max(0.01);
                    return;
                }
                Sight::Nothing => return,
            }
        }
        // A map that is drawn while the pose is in doubt keeps the error for ever.
        if rough || self.pose_cues.is_doubtful() && self.scan_matching {
            return;
        }
        let then = Pose2::from_spatial(&(self.filter.pose() * since.inverse()));
        self.sweeps.draw(&mut self.map, &then.compose(mount), scan);
    }

    /// Takes in an absolute pose of the moment `stamp`, from which the body has since moved on.
    fn correct(&mut self, index: usize, stamp: Stamp, measured: &Isometry3<f64>, told: &Matrix6<f64>) {
        let now = self.belief.stamp;
        // So late that the track does not reach back to it.
        if self.at.is_some_and(|at| at.since(stamp) > LATEST) {
            return self.refuse(FIRST + index, Refusal::Backwards);
        }
        let since = self.track.at(stamp).inverse() * self.track.odom;
        let pose = self.filter.pose();
        let then = pose * since.inverse();
        let moved = pose.translation.vector - then.translation.vector;
        let tells_tilt = told[(3, 3)] > 0.0 && told[(4, 4)] > 0.0;
        let rotation = if tells_tilt {
            measured.rotation
        } else {
            // A heading alone: the body has the tilt that it is believed to have.
            let heading = |pose: &Isometry3<f64>| Pose2::from_spatial(pose).yaw;
            let turn = heading(measured) - heading(&then);
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), turn) * then.rotation
        };
        let place = measured.translation.vector - then.translation.vector;
        let turn = (rotation * then.rotation.inverse()).scaled_axis();
        // What the unit's noise since may have added; a velocity that is wrong stands in the derivative.
        let age = self.at.map_or(0.0, |at| at.since(stamp)).max(0.0);
        let turned = self.noise.gyro * self.noise.gyro * INDEPENDENT * age;
        let drift = self.noise.accelerometer * self.noise.accelerometer * INDEPENDENT * age * age * age / 3.0;
        let drift = Vector6::new(drift, drift, drift, turned, turned, turned);
        let Some(told) = add_noise(told, &Matrix6::from_diagonal(&drift)) else {
            return self.refuse(FIRST + index, Refusal::Covariance);
        };
        let measured = Innovation {
            innovation: Vector6::new(place.x, place.y, place.z, turn.x, turn.y, turn.z),
            information: told,
            jacobian: self.filter.of_pose(&moved, age),
        };
        let dimensions = (0..6).filter(|i| told[(*i, *i)] > 0.0).count();
        let report = &mut self.belief.cues[FIRST + index];
        let before = self.filter.speed();
        self.pose_cues.fuse(&mut self.filter, index, &measured, (stamp, now), dimensions, report);
        let to_track = self.track.odom.rotation * self.filter.pose().rotation.inverse();
        let gained = to_track * (self.filter.speed() - before);
        self.track.correct(self.at.unwrap_or(now), &gained);
    }

    fn publish(&mut self, now: Stamp) {
        let rate = self.rate();
        let velocity = self.filter.velocity(&rate);
        let turning = self.filter.turning(&rate);
        // From the filter's time to now.
        let ahead = self.at.map_or(0.0, |at| now.since(at)).clamp(0.0, SILENT);
        let step = Isometry3::new(velocity * ahead, turning * ahead);
        let (pose, odom) = (self.filter.pose() * step, self.track.odom * step);
        let (roll, pitch, _) = pose.rotation.euler_angles();
        let belief = &mut self.belief;
        belief.pose = Pose2::from_spatial(&pose);
        belief.vertical = Vertical { z: pose.translation.z, roll, pitch };
        belief.odom = Pose2::from_spatial(&odom);
        belief.twist = Twist2 { linear: velocity.x, lateral: velocity.y, angular: turning.z };
        belief.covariance = self.filter.pose_covariance();
        let age = |stamp: Option<Stamp>| stamp.map_or(f64::INFINITY, |stamp| now.since(stamp));
        belief.cues[ODOMETRY].age = age(self.told);
        belief.cues[GYRO].age = age(self.inertial.last.map(|(stamp, _)| stamp));
        for (cue, last) in belief.cues[FIRST..].iter_mut().zip(self.pose_cues.last()) {
            cue.age = age(last);
        }
        if age(self.told) > SILENT {
            belief.cues[ODOMETRY].reliability = 0.0;
        }
        if age(self.inertial.last.map(|(stamp, _)| stamp)) > SILENT {
            belief.cues[GYRO].reliability = 0.0;
        } else if self.legs.are_felt() || self.senses.odometry.is_none() {
            belief.cues[GYRO].reliability = 1.0;
        }
    }
}

impl Part for SpatialEstimator {
    fn name(&self) -> &'static str {
        "spatial_estimator"
    }
}

impl Estimator for SpatialEstimator {
    fn update(&mut self, percepts: &Percepts) {
        self.belief.stamp = percepts.now;
        self.pose_cues.touch(self.senses.touches(percepts));
        self.take_inertial(percepts);
        self.coast(percepts.now);
        self.take_wheels(percepts);
        self.take_legs(percepts);
        self.stand_in(percepts.now);
        self.take_poses(percepts);
        self.take_scans(percepts);
        self.publish(percepts.now);
        let is_scan_stuck = self.belief.cues[FIRST + SCANS].refusal == Refusal::Stuck;
        let context = Context {
            twist: self.belief.twist,
            turning: self.wheels.disagreement,
            blame: self.pose_cues.fault_isolation.inflation(),
            scan: if is_scan_stuck { 0.0 } else { 1.0 },
            inertial: self.belief.cues[GYRO].reliability,
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

impl Informed for SpatialEstimator {
    fn set_known_noise(&mut self, name: &str, factor: f64) -> bool {
        let Some(place) = self.belief.cues.iter().position(|cue| *cue.name == *name) else { return false };
        match place.checked_sub(FIRST) {
            Some(i) => self.pose_cues.set_known_noise(i, factor),
            None => self.known_q = factor,
        }
        true
    }
}

saved!(SpatialEstimator {
    fastest, senses, filter, pose_cues, at, inertial, wheels, legs, track, last_poses, told, plumbed, born, limited, sweeps,
    events, known_q, belief, map; robustness, noise, scan_matching, level
});
