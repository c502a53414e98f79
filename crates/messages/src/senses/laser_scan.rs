//! A planar range finder (`sensor_msgs/LaserScan`).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Unusable};

/// No sweep that is read has more beams (the robot file allows no more).
pub const MAX_BEAMS: usize = 10_000;

messages! {
    /// One sweep of a planar range finder.
    "sensor_msgs/LaserScan" LaserScan {
        /// When the first beam was measured, and the sensor's frame.
        header: Header,
        /// Angle of the first beam, rad from the x axis.
        angle_min: f32,
        /// Angle of the last beam, rad.
        angle_max: f32,
        /// From one beam to the next, rad.
        angle_increment: f32,
        /// Time from one beam to the next, s.
        time_increment: f32,
        /// Time from one sweep to the next, s.
        scan_time: f32,
        /// Nearest distance that can be told, m.
        range_min: f32,
        /// Farthest distance that can be told, m.
        range_max: f32,
        /// One distance a beam, m (REP 117).
        ranges: Vec<f32>,
        /// One strength a beam, or none.
        intensities: Vec<f32>,
    }
}

impl SenseMessage for LaserScan {
    type Sense = percepts::LaserScan;
    const TOPIC: Option<&'static str> = Some("scan");
    const VIEW: View = View::Each;

    fn from_sense(scan: &Self::Sense, at: &Place<'_>) -> Self {
        let last = scan.angle_min + scan.angle_increment * scan.ranges.len().saturating_sub(1) as f64;
        Self {
            header: at.header(),
            angle_min: scan.angle_min as f32,
            angle_max: last as f32,
            angle_increment: scan.angle_increment as f32,
            time_increment: 0.0,
            scan_time: (1.0 / at.sensor.sensor.rate()) as f32,
            range_min: scan.range_min as f32,
            range_max: scan.range_max as f32,
            ranges: scan.ranges.clone(),
            intensities: Vec::new(),
        }
    }

    /// The distances; the sweep's angles have to be those of the robot file to half a beam.
    fn to_sense(&self, _: &SensorDescription, scan: &mut Self::Sense) -> Result<(), Unusable> {
        if self.ranges.len() > MAX_BEAMS {
            return Err(Unusable::TooManyBeams(MAX_BEAMS));
        }
        let (found, wanted) = (self.ranges.len(), scan.ranges.len());
        if found != wanted {
            return Err(Unusable::Count { what: "beams", found, wanted });
        }
        let steps = wanted.saturating_sub(1) as f64;
        let (first, step) = (f64::from(self.angle_min), f64::from(self.angle_increment));
        let off_first = (first - scan.angle_min).abs();
        let off_last = (first + step * steps - scan.angle_min - scan.angle_increment * steps).abs();
        let half = 0.5 * scan.angle_increment.abs().max(1e-6);
        // Written so that a number that is none fails, too.
        if !(off_first <= half && off_last <= half) {
            return Err(Unusable::Directions);
        }
        scan.ranges.copy_from_slice(&self.ranges);
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
