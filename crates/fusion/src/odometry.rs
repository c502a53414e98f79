//! The plain baseline: wheel odometry alone, and the map that it draws.

use nalgebra::Point2;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, CueReport, OccupancyGrid, Part, Percepts, Pose2, Stamp, Twist2, saved};

use crate::mapper::Mapper;
use crate::senses::Senses;
use crate::wheels::WheelWay;
use crate::{Estimator, FusionSpec};

/// Believes the wheels.
#[derive(Clone, Debug)]
pub struct OdometryEstimator {
    senses: Senses,
    start: Pose2,
    last: Option<(Stamp, Pose2, Twist2)>,
    first: Option<Pose2>,
    way: WheelWay,
    path: f64,
    odometry_linear: f64,
    belief: Belief,
    map: OccupancyGrid,
    mapper: Mapper,
}

impl OdometryEstimator {
    /// An estimator for `body`, which stands at `start` in the map.
    #[must_use]
    pub fn new(
        spec: &FusionSpec,
        body: &BodyDescription,
        start: Pose2,
        known: Option<&OccupancyGrid>,
    ) -> Self {
        let senses = Senses::of(body);
        let cues = senses.odometry.iter().map(|source| CueReport::silent(source.name())).collect();
        let map = known.cloned().unwrap_or_else(|| {
            OccupancyGrid::new(Point2::new(start.x, start.y), spec.map.size, spec.map.resolution)
        });
        Self {
            mapper: Mapper::new(&map),
            senses,
            start,
            last: None,
            first: None,
            way: WheelWay::new(body.drive),
            path: 0.0,
            odometry_linear: spec.noise.odometry_linear,
            belief: Belief::at(start, cues),
            map,
        }
    }
}

impl Part for OdometryEstimator {
    fn name(&self) -> &'static str {
        "odometry_estimator"
    }
}

impl Estimator for OdometryEstimator {
    fn update(&mut self, percepts: &Percepts) {
        if let Some(Ok((stamp, way))) = self.senses.odometry.as_mut().and_then(|source| source.read(percepts))
        {
            let (pose, twist) = self.way.follow(&way);
            let first = *self.first.get_or_insert(pose);
            let pose = first.relative(&pose);
            self.path += self.last.map_or(0.0, |(_, last, _)| last.distance(&pose));
            self.last = Some((stamp, pose, twist));
            if let Some(cue) = self.belief.cues.first_mut() {
                cue.reliability = 1.0;
                cue.gain = 1.0;
            }
        }
        self.belief.stamp = percepts.now;
        if let Some((stamp, odom, twist)) = self.last {
            let ahead = percepts.now.since(stamp).clamp(0.0, 0.1);
            self.belief.odom = odom.advance(&twist, ahead);
            self.belief.pose = self.start.compose(&self.belief.odom);
            self.belief.twist = twist;
            if let Some(cue) = self.belief.cues.first_mut() {
                cue.age = percepts.now.since(stamp);
            }
        }
        let variance = self.odometry_linear * self.odometry_linear * self.path;
        for i in [0, 1, 5] {
            self.belief.covariance[(i, i)] = variance;
        }
        for range_finder in &mut self.senses.scans {
            let mount = range_finder.source.mount;
            if let Some(Ok((stamp, scan))) = range_finder.read(percepts) {
                let age = percepts.now.since(stamp).clamp(0.0, 0.5);
                let then = self.belief.pose.advance(&self.belief.twist, -age);
                self.mapper.draw(&mut self.map, &then.compose(&mount), scan);
            }
        }
    }

    fn belief(&self) -> &Belief {
        &self.belief
    }

    fn map(&self) -> &OccupancyGrid {
        &self.map
    }
}

saved!(OdometryEstimator { senses, start, last, first, way, path, belief, map, mapper; odometry_linear });
