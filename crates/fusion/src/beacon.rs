//! A beacon: where one is, and how surely, read out of a map of directions in which camera and microphones meet.
//!
//! Source: the superior colliculus as Anastasio, Patton and Belkacem-Boussaid (2000) and Ohshiro et al. (2011) model it (see
//! [`crate::normalisation`]): units with receptive fields all round the body, each driven by what every sense shows of its
//! direction. The drives multiply (their logarithms, log-likelihood ratios, add up), and a unit's response is divided by the
//! pool of all: `R_j = E_jⁿ / (αⁿ + Σ_k E_kⁿ)`. With `E_jⁿ` the odds of a beacon in direction `j` and α = 1 that is Bayes' rule for
//! "one of these directions, or none". The sum of the responses is the probability of a beacon, their vector mean its bearing.
//!
//! Departures: the likelihood is that of a beacon that stands out by [`CUE`] in the middle of a direction's tuning, however strong it
//! really is; what one sense may say against a direction is bounded by [`MIN`], so that another can still speak for it; a
//! sense that repeats itself to the bit says nothing.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::BearingActivity;
use neuraxis_core::senses::Readable as _;
use neuraxis_core::{Input, Percepts, Pose2, Stamp, math, saved};

use crate::normalisation::{BASE_RATE, GaussianCue, LOGIT_LIMIT};

/// Units, all round.
const UNITS: usize = 72;
/// What a beacon is expected to stand out by.
const CUE: GaussianCue = GaussianCue { d_prime: 3.0 };
/// What one sense may add at most against a direction.
const MIN: f64 = -1.5;
/// Directions that lie farther from a unit than so many tunings tell it nothing.
const REACH: f64 = 3.0;
/// A reading that is older says nothing, s.
const STALE: f64 = 0.25;

/// What one sense says.
#[derive(Clone, Debug)]
struct BeaconInput {
    input: Input<BearingActivity>,
    /// Heading of the sensor in `base_link`, rad.
    heading: f64,
    stamp: Option<Stamp>,
    last: Vec<f32>,
    /// Log-likelihood ratio of a beacon in each unit's direction.
    said: [f64; UNITS],
}

/// The read-out.
#[derive(Clone, Debug)]
pub(crate) struct BeaconSense {
    inputs: Vec<BeaconInput>,
}

impl BeaconSense {
    pub(crate) fn new(body: &BodyDescription) -> Self {
        let inputs = Input::all(body).map(|input: Input<BearingActivity>| BeaconInput {
            input,
            heading: Pose2::from_spatial(input.mount()).yaw,
            stamp: None,
            last: Vec::with_capacity(body.sensors[input.slot()].blank().list().len()),
            said: [0.0; UNITS],
        });
        Self { inputs: inputs.collect() }
    }

    /// The probability that there is a beacon, and its bearing in `base_link`, rad. It does not allocate.
    pub(crate) fn update(&mut self, percepts: &Percepts) -> (f64, f64) {
        for input in &mut self.inputs {
            let Some(sample) = input.input.take(percepts) else { continue };
            let (stamp, azimuth) = (sample.stamp, sample.reading);
            if azimuth.activity.len() > input.last.capacity() {
                input.stamp = None;
                continue;
            }
            let repeats = input.last == azimuth.activity;
            input.last.clear();
            input.last.extend_from_slice(&azimuth.activity);
            input.stamp = (!repeats && azimuth.is_valid()).then_some(stamp);
            if input.stamp.is_some() {
                input.listen(azimuth);
            }
        }
        let now = percepts.now;
        let is_heard = |input: &&BeaconInput| input.stamp.is_some_and(|stamp| now.since(stamp) < STALE);
        if !self.inputs.iter().any(|input| is_heard(&input)) {
            return (0.0, 0.0);
        }
        let prior = math::ln(BASE_RATE / (1.0 - BASE_RATE) / UNITS as f64);
        // Odds of each direction against none, and the pool that divides them.
        let (mut pool, mut x, mut y) = (1.0, 0.0, 0.0);
        for unit in 0..UNITS {
            let said: f64 = self.inputs.iter().filter(is_heard).map(|input| input.said[unit]).sum();
            let drive = math::exp((prior + said).min(LOGIT_LIMIT));
            let (s, c) = math::sin_cos(direction(unit));
            pool += drive;
            x += drive * c;
            y += drive * s;
        }
        ((pool - 1.0) / pool, math::atan2(y, x))
    }
}

impl BeaconInput {
    /// What the activity says of each unit's direction.
    fn listen(&mut self, azimuth: &BearingActivity) {
        for (unit, said) in self.said.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (i, activity) in azimuth.activity.iter().enumerate() {
                let at = self.heading + azimuth.angle_min + i as f64 * azimuth.angle_increment;
                let off = math::wrap(at - direction(unit)) / azimuth.tuning;
                if off.abs() < REACH {
                    // The likelihood ratio of a direction that a beacon in the unit's would raise by `share` of the whole.
                    let share = math::exp(-0.5 * off * off);
                    let cue = GaussianCue { d_prime: CUE.d_prime * share };
                    sum += cue.llr(f64::from(*activity));
                }
            }
            *said = sum.max(MIN);
        }
    }
}

/// The middle of a unit's field, rad in `base_link`.
fn direction(unit: usize) -> f64 {
    math::wrap(2.0 * math::PI * unit as f64 / UNITS as f64)
}

saved!(BeaconInput { input, stamp, last: list, said; heading });
saved!(BeaconSense { inputs });

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Isometry3;
    use neuraxis_core::body::SensorDescription;
    use neuraxis_core::random::{self, Stream, normal};
    use neuraxis_core::robot::Limits;
    use neuraxis_core::{Mobility, Reading};

    /// A camera that looks ahead over 2.4 rad and microphones all round.
    fn body() -> BodyDescription {
        let sensor = |text: &str| SensorDescription {
            sensor: serde_json::from_str(text).expect("a sensor"),
            mount: Isometry3::identity(),
            joints: Vec::new(),
            limb: None,
        };
        BodyDescription {
            name: "test".to_owned(),
            sensors: vec![
                sensor(
                    r#"{"kind": "beacon", "name": "eye", "link": "l", "by": "camera", "angle": [-1.2, 1.2], "directions": 13, "rate": 10}"#,
                ),
                sensor(
                    r#"{"kind": "beacon", "name": "inputs", "link": "l", "by": "microphones", "rate": 10}"#,
                ),
            ],
            actuators: Vec::new(),
            mobility: Mobility::default(),
            drive: None,
            ackermann: None,
            other_actuators: 0,
            calibration: None,
            radius: 0.1,
            limits: Limits { linear: 1.0, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 1.0 },
        }
    }

    /// The mean response over many readings, and the root mean square error of the bearing, for a beacon at `bearing` that stands out
    /// by these d′ for the camera and for the microphones (`None`: the sense is silent).
    fn respond(bearing: f64, d_primes: [Option<f64>; 2]) -> (f64, f64) {
        let body = body();
        let mut stream: Stream = random::stream(11, "test/beacon");
        let mut sense = BeaconSense::new(&body);
        let mut percepts = body.percepts();
        let (mut sum, mut squares, count) = (0.0, 0.0, 400);
        for i in 0..count {
            percepts.now = Stamp(i * 100_000_000);
            for (slot, d_prime) in d_primes.into_iter().enumerate() {
                let Some(d_prime) = d_prime else { continue };
                let now = percepts.now;
                percepts.slots_mut()[slot].put(now, |reading| {
                    let Reading::BearingActivity(azimuth) = reading else { return };
                    for (k, activity) in azimuth.activity.iter_mut().enumerate() {
                        let at = azimuth.angle_min + k as f64 * azimuth.angle_increment;
                        let off = math::wrap(at - bearing) / azimuth.tuning;
                        *activity = (d_prime * math::exp(-0.5 * off * off) + normal(&mut stream)) as f32;
                    }
                });
            }
            let (response, at) = sense.update(&percepts);
            sum += response;
            let off = math::wrap(at - bearing);
            squares += off * off;
        }
        (sum / count as f64, (squares / count as f64).sqrt())
    }

    #[test]
    fn weak_cues_gain_most_from_each_other() {
        let mut last = f64::INFINITY;
        for (i, d) in [2.0, 3.0, 4.0, 6.0].into_iter().enumerate() {
            let (eye, _) = respond(0.4, [Some(d), None]);
            let (inputs, _) = respond(0.4, [None, Some(d)]);
            let (both, _) = respond(0.4, [Some(d), Some(d)]);
            let enhancement = both / eye.max(inputs) - 1.0;
            assert!(enhancement < last, "d' {d}: {enhancement} after {last}");
            assert!(both >= eye.max(inputs) - 0.01, "d' {d}");
            if i == 0 {
                assert!(both > eye + inputs, "weak cues are more than their sum: {both}, {eye}, {inputs}");
            }
            last = enhancement;
        }
        assert!(last < 0.05, "strong cues gain nothing: {last}");
    }

    #[test]
    fn without_a_beacon_none_is_believed() {
        let (response, _) = respond(0.4, [Some(0.0), Some(0.0)]);
        assert!(response < 0.05, "{response}");
    }

    #[test]
    fn the_bearing_is_where_it_is_all_round() {
        for bearing in [-3.0, -1.5, 0.0, 0.9, 2.2] {
            let (response, off) = respond(bearing, [Some(6.0), Some(6.0)]);
            // Behind, the camera sees nothing, and says that it is not ahead.
            assert!(response > 0.9 && off < 0.1, "{bearing} rad: {response}, {off} rad off");
        }
    }

    #[test]
    fn frozen_and_invalid_beacon_readings_are_ignored() {
        let body = body();
        let mut sense = BeaconSense::new(&body);
        let mut percepts = body.percepts();
        let mut tell = |stamp: u64, value: f32, sense: &mut BeaconSense| {
            percepts.now = Stamp(stamp);
            percepts.slots_mut()[1].put(Stamp(stamp), |reading| {
                let Reading::BearingActivity(azimuth) = reading else { return };
                azimuth.activity[3] = value;
            });
            sense.update(&percepts).0
        };
        assert!(tell(1, 9.0, &mut sense) > 0.9);
        assert!(tell(2, 9.0, &mut sense) == 0.0, "a stuck sense");
        assert!(tell(3, f32::NAN, &mut sense) == 0.0, "not a number");
        assert!(tell(4, 9.0, &mut sense) > 0.9, "it lives again");
    }
}
