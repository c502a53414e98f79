//! A tick to the bit: from percepts and commands to what a recording holds, and back; and where two of them differ (`difference`).

mod difference;

use nalgebra::{Isometry3, Matrix3, Quaternion, Translation3, UnitQuaternion, Vector3};
use neuraxis_core::digest::Digest;
use neuraxis_core::percepts::{AbsolutePose, Battery, Contact, Imu, Motion, Odometry};
use neuraxis_core::{Pose2, Reading, StopReason, Twist2};
use neuraxis_messages::{Stream, Trace};

pub(crate) use difference::difference;
pub use difference::{Difference, command_difference};

/// One reading, to the bit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sense {
    /// The slot.
    pub slot: u16,
    /// How many readings the slot has had, with this one.
    pub sequence: u64,
    /// When it was measured, ns.
    pub stamp: u64,
    /// Its numbers, in the order that `neuraxis_msgs/Stream` names.
    pub values: Vec<f64>,
    /// A range finder's distances, m.
    pub ranges: Vec<f32>,
}

/// One tick of a brain, to the bit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tick {
    /// The body's time, ns.
    pub stamp: u64,
    /// What was new.
    pub senses: Vec<Sense>,
    /// One number an actuator.
    pub command: Vec<f64>,
    /// The code of why the body stops; see [`stop_code`].
    pub stop: u8,
    /// The slot that the code is about.
    pub stop_slot: u16,
    /// Lowest bits of the running digest.
    pub check: u16,
}

/// Puts ticks in a row together as a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packer {
    pub(crate) trace: Trace,
    /// How many readings each slot has had.
    sequences: Vec<u64>,
    last: u64,
    count: u64,
}

impl Packer {
    pub(crate) fn new(slots: usize) -> Self {
        let streams = (0..slots).map(|slot| Stream { slot: slot as u16, ..Stream::default() }).collect();
        let trace = Trace { streams, ..Trace::default() };
        Self { trace, sequences: vec![0; slots], ..Self::default() }
    }

    /// Whether `tick` can go into the present message: all readings of a slot in it have one length.
    pub(crate) fn fits(&self, tick: &Tick) -> bool {
        tick.senses.iter().all(|sense| {
            self.trace.streams.get(usize::from(sense.slot)).is_none_or(|stream| {
                let readings = stream.tick.len();
                sense.values.len() * readings == stream.values.len()
                    && sense.ranges.len() * readings == stream.ranges.len()
            })
        })
    }

    /// Adds a tick that fits; how many there are now.
    pub(crate) fn push(&mut self, tick: &Tick) -> usize {
        let trace = &mut self.trace;
        let index = trace.since.len();
        if index == 0 {
            trace.first = self.count;
            trace.stamp = tick.stamp;
            self.last = tick.stamp;
        }
        self.count += 1;
        trace.since.push(tick.stamp.wrapping_sub(self.last));
        self.last = tick.stamp;
        for sense in &tick.senses {
            let slot = usize::from(sense.slot);
            let (Some(stream), Some(known)) = (trace.streams.get_mut(slot), self.sequences.get_mut(slot))
            else {
                continue;
            };
            stream.tick.push(index as u16);
            stream.more.push(sense.sequence.wrapping_sub(*known) as u32);
            *known = sense.sequence;
            stream.age.push(tick.stamp.wrapping_sub(sense.stamp));
            stream.values.extend_from_slice(&sense.values);
            stream.ranges.extend_from_slice(&sense.ranges);
        }
        trace.command.extend_from_slice(&tick.command);
        trace.stop.push(tick.stop);
        trace.stop_slot.push(tick.stop_slot);
        trace.check.push(tick.check);
        trace.since.len()
    }

    /// Empties it for the next message.
    pub(crate) fn clear(&mut self) {
        let trace = &mut self.trace;
        for (stream, known) in trace.streams.iter_mut().zip(&self.sequences) {
            stream.sequence = *known;
            stream.tick.clear();
            stream.more.clear();
            stream.age.clear();
            stream.values.clear();
            stream.ranges.clear();
        }
        trace.since.clear();
        trace.command.clear();
        trace.stop.clear();
        trace.stop_slot.clear();
        trace.check.clear();
    }
}

/// The ticks of a message; `None` if its lists do not fit together.
pub(crate) fn unpack(trace: &Trace) -> Option<Vec<Tick>> {
    let count = trace.since.len();
    let fits = trace.stop.len() == count && trace.stop_slot.len() == count && trace.check.len() == count;
    let actuators = trace.command.len().checked_div(count).unwrap_or(0);
    if !fits || actuators * count != trace.command.len() {
        return None;
    }
    let mut stamp = trace.stamp;
    let mut ticks: Vec<Tick> = (0..count)
        .map(|i| {
            stamp = stamp.wrapping_add(trace.since[i]);
            Tick {
                stamp,
                senses: Vec::new(),
                command: trace.command[i * actuators..(i + 1) * actuators].to_vec(),
                stop: trace.stop[i],
                stop_slot: trace.stop_slot[i],
                check: trace.check[i],
            }
        })
        .collect();
    for stream in &trace.streams {
        let readings = stream.tick.len();
        if stream.more.len() != readings || stream.age.len() != readings {
            return None;
        }
        if readings == 0 {
            continue;
        }
        let (values, ranges) = (stream.values.len() / readings, stream.ranges.len() / readings);
        if values * readings != stream.values.len() || ranges * readings != stream.ranges.len() {
            return None;
        }
        let mut sequence = stream.sequence;
        for i in 0..readings {
            let tick = ticks.get_mut(usize::from(stream.tick[i]))?;
            sequence = sequence.wrapping_add(u64::from(stream.more[i]));
            tick.senses.push(Sense {
                slot: stream.slot,
                sequence,
                stamp: tick.stamp.wrapping_sub(stream.age[i]),
                values: stream.values[i * values..(i + 1) * values].to_vec(),
                ranges: stream.ranges[i * ranges..(i + 1) * ranges].to_vec(),
            });
        }
    }
    Some(ticks)
}

/// Calls `put` with the numbers of a reading, in the order that `neuraxis_msgs/Stream` names; a scan has none.
pub(crate) fn values(reading: &Reading, mut put: impl FnMut(f64)) {
    match reading {
        Reading::Scan(_) | Reading::Azimuth(_) => {}
        Reading::Imu(imu) => {
            imu.angular_velocity.iter().chain(imu.linear_acceleration.iter()).for_each(|v| put(*v));
            if let Some(q) = imu.orientation {
                [q.i, q.j, q.k, q.w].into_iter().for_each(put);
            }
        }
        Reading::Motion(motion) => {
            motion.linear_velocity.iter().chain(&motion.angular_velocity).for_each(|v| put(*v));
        }
        Reading::Odometry(o) => {
            let (p, t) = (&o.pose, &o.twist);
            [p.x, p.y, p.yaw, t.linear, t.lateral, t.angular].into_iter().for_each(put);
        }
        Reading::Joints(j) => {
            j.position.iter().chain(&j.velocity).chain(&j.effort).for_each(|v| put(*v));
        }
        Reading::Contact(c) => {
            [f64::from(u8::from(c.touching)), c.force, c.bearing].into_iter().for_each(put);
        }
        Reading::Battery(b) => [b.percentage, b.voltage, b.current].into_iter().for_each(put),
        Reading::Pose(a) => {
            let (p, q, c) = (&a.pose.translation, &a.pose.rotation, &a.covariance);
            [p.x, p.y, p.z, q.i, q.j, q.k, q.w].into_iter().for_each(&mut put);
            upper_triangle().for_each(|at| put(c[at]));
        }
    }
}

/// Overwrites `reading` with what `sense` holds; `false` if the two do not fit.
pub(crate) fn restore(sense: &Sense, reading: &mut Reading) -> bool {
    let v = &sense.values[..];
    match (reading, v) {
        (Reading::Scan(scan), []) if scan.ranges.len() == sense.ranges.len() => {
            scan.ranges.copy_from_slice(&sense.ranges);
        }
        (Reading::Azimuth(azimuth), []) if azimuth.activity.len() == sense.ranges.len() => {
            azimuth.activity.copy_from_slice(&sense.ranges);
        }
        (Reading::Imu(imu), [a, b, c, d, e, f, attitude @ ..]) => {
            let orientation = match attitude {
                [] => None,
                [i, j, k, w] => Some(UnitQuaternion::new_unchecked(Quaternion::new(*w, *i, *j, *k))),
                _ => return false,
            };
            *imu = Imu {
                angular_velocity: Vector3::new(*a, *b, *c),
                linear_acceleration: Vector3::new(*d, *e, *f),
                orientation,
            };
        }
        (Reading::Motion(motion), [a, b, c, d, e, f]) => {
            *motion = Motion {
                linear_velocity: Vector3::new(*a, *b, *c),
                angular_velocity: Vector3::new(*d, *e, *f),
            };
        }
        (Reading::Odometry(odometry), [x, y, yaw, linear, lateral, angular]) => {
            *odometry = Odometry {
                pose: Pose2 { x: *x, y: *y, yaw: *yaw },
                twist: Twist2 { linear: *linear, lateral: *lateral, angular: *angular },
            };
        }
        (Reading::Joints(joints), v) if v.len() == 3 * joints.position.len() => {
            let n = joints.position.len();
            joints.position.copy_from_slice(&v[..n]);
            joints.velocity.copy_from_slice(&v[n..2 * n]);
            joints.effort.copy_from_slice(&v[2 * n..]);
        }
        (Reading::Contact(contact), [touching, force, bearing]) => {
            *contact = Contact { touching: *touching != 0.0, force: *force, bearing: *bearing };
        }
        (Reading::Battery(battery), [percentage, voltage, current]) => {
            *battery = Battery { percentage: *percentage, voltage: *voltage, current: *current };
        }
        // Recordings of before poses were spatial.
        (Reading::Pose(absolute), [x, y, yaw, xx, xy, xw, yy, yw, ww]) => {
            let covariance = Matrix3::new(*xx, *xy, *xw, *xy, *yy, *yw, *xw, *yw, *ww);
            *absolute = AbsolutePose::planar(&Pose2 { x: *x, y: *y, yaw: *yaw }, &covariance);
        }
        (Reading::Pose(absolute), [x, y, z, qx, qy, qz, qw, covariance @ ..]) if covariance.len() == 21 => {
            let rotation = UnitQuaternion::new_unchecked(Quaternion::new(*qw, *qx, *qy, *qz));
            absolute.pose = Isometry3::from_parts(Translation3::new(*x, *y, *z), rotation);
            for ((row, column), value) in upper_triangle().zip(covariance) {
                absolute.covariance[(row, column)] = *value;
                absolute.covariance[(column, row)] = *value;
            }
        }
        _ => return false,
    }
    true
}

/// Places of the upper triangle of a covariance, row by row.
fn upper_triangle() -> impl Iterator<Item = (usize, usize)> {
    (0..6).flat_map(|row| (row..6).map(move |column| (row, column)))
}

/// The code of `neuraxis_msgs/Trace` for why a command stops, and the slot that is to blame.
#[must_use]
pub fn stop_code(stop: Option<StopReason>) -> (u8, u16) {
    match stop {
        None => (0, 0),
        Some(StopReason::EmergencyStop) => (1, 0),
        Some(StopReason::SenseSilent(slot)) => (2, slot as u16),
        Some(StopReason::SenseInsane(slot)) => (3, slot as u16),
        Some(StopReason::CommandInsane) => (4, 0),
        Some(StopReason::BeliefInsane) => (5, 0),
        Some(StopReason::BrainLate) => (6, 0),
        Some(StopReason::Tipped) => (7, 0),
    }
}

/// The stop from outside of the brain that the code stands for, if it is one: an input of the tick, not what it decided.
#[must_use]
pub fn hold_of(code: u8) -> Option<StopReason> {
    match code {
        1 => Some(StopReason::EmergencyStop),
        6 => Some(StopReason::BrainLate),
        _ => None,
    }
}

/// What the code says, in words; `senses` are the names of the slots.
#[must_use]
pub fn stop_words(code: u8, slot: u16, senses: &[&str]) -> String {
    let sense = senses.get(usize::from(slot)).copied().unwrap_or("?");
    match code {
        0 => String::new(),
        1 => "the emergency stop is pressed".to_owned(),
        2 => format!("`{sense}` is silent"),
        3 => format!("`{sense}` reports a number that cannot be"),
        4 => "the command was not finite".to_owned(),
        5 => "the belief was not finite".to_owned(),
        6 => "the brain is late".to_owned(),
        7 => "the body has tipped over".to_owned(),
        _ => format!("for the reason {code}, which this version does not know"),
    }
}

/// The running digest of a robot's ticks.
#[derive(Clone, Debug, Default)]
pub struct Running(Digest);

impl Running {
    /// Adds a tick (its `check` left out); the lowest bits of the digest then.
    pub fn absorb(&mut self, tick: &Tick) -> u16 {
        let digest = &mut self.0;
        digest.u64(tick.stamp);
        for sense in &tick.senses {
            digest.u64(u64::from(sense.slot));
            digest.u64(sense.sequence);
            digest.u64(sense.stamp);
            sense.values.iter().for_each(|v| digest.f64(*v));
            sense.ranges.iter().for_each(|v| digest.f32(*v));
        }
        tick.command.iter().for_each(|v| digest.f64(*v));
        digest.u64(u64::from(tick.stop) << 16 | u64::from(tick.stop_slot));
        digest.value() as u16
    }

    /// The whole digest so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_messages::{decode, encode};

    fn ticks() -> Vec<Tick> {
        (0..7)
            .map(|i| {
                let imu = Sense {
                    slot: 1,
                    sequence: 2 * i + 1,
                    stamp: 1_000_000 * i,
                    values: vec![0.1 * i as f64, -0.0, f64::MIN_POSITIVE, f64::NAN, 1e300, 5.0],
                    ranges: Vec::new(),
                };
                let scan = Sense {
                    slot: 0,
                    sequence: i / 3 + 1,
                    stamp: 900_000 * i,
                    values: Vec::new(),
                    ranges: vec![f32::INFINITY, 1.25, i as f32],
                };
                let senses = if i % 3 == 0 { vec![scan, imu] } else { vec![imu] };
                Tick {
                    stamp: 1_000_000 * i + 7,
                    senses,
                    command: vec![0.3, -7.0 * i as f64],
                    stop: (i % 2) as u8,
                    stop_slot: i as u16,
                    check: 3 * i as u16,
                }
            })
            .collect()
    }

    #[test]
    fn ticks_survive_to_the_bit() {
        let all = ticks();
        let mut packer = Packer::new(2);
        let mut back = Vec::new();
        let mut bytes = Vec::new();
        for (i, tick) in all.iter().enumerate() {
            if packer.push(tick) == 3 || i + 1 == all.len() {
                encode(&packer.trace, &mut bytes);
                packer.clear();
                let trace: Trace = decode(&bytes).expect("a trace");
                assert_eq!(trace.first, back.len() as u64);
                back.extend(unpack(&trace).expect("it fits"));
                assert!(decode::<Trace>(&bytes[..bytes.len() - 3]).is_err());
            }
        }
        // By their text, in which a NaN equals itself.
        assert_eq!(format!("{all:?}"), format!("{back:?}"));
    }

    #[test]
    fn how_a_link_moves_survives_to_the_bit() {
        let motion = Motion {
            linear_velocity: Vector3::new(0.1, -0.0, 1e-300),
            angular_velocity: Vector3::new(-1.0, 2.0, 0.3),
        };
        let mut sense = Sense { slot: 0, sequence: 1, stamp: 0, values: Vec::new(), ranges: Vec::new() };
        values(&Reading::Motion(motion), |v| sense.values.push(v));
        let mut back = Reading::Motion(Motion::default());
        assert!(restore(&sense, &mut back));
        assert_eq!(back, Reading::Motion(motion));
        assert_eq!(difference::field(&back, 3), "angular_velocity.x");
        sense.values.pop();
        assert!(!restore(&sense, &mut back));
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let mut packer = Packer::new(2);
        for tick in ticks() {
            assert!(packer.fits(&tick));
            packer.push(&tick);
        }
        let mut longer = ticks().remove(1);
        longer.senses[0].values.push(0.0);
        assert!(!packer.fits(&longer));
        let good = packer.trace;
        assert!(unpack(&good).is_some());
        let spoil = |change: fn(&mut Trace)| {
            let mut trace = good.clone();
            change(&mut trace);
            unpack(&trace)
        };
        assert!(spoil(|t| t.command.truncate(3)).is_none());
        assert!(spoil(|t| t.check.truncate(1)).is_none());
        assert!(spoil(|t| t.streams[1].tick[0] = 900).is_none());
        assert!(spoil(|t| t.streams[1].age.clear()).is_none());
        assert!(spoil(|t| t.streams[1].values.truncate(1)).is_none());
    }

    #[test]
    fn a_difference_is_named() {
        let all = ticks();
        let imu = Reading::Imu(Imu::default());
        let scan = Reading::Scan(neuraxis_core::percepts::LaserScan::default());
        let blanks = [("front", scan), ("imu", imu)];
        assert_eq!(difference(&all[3], &all[3], &blanks), None);
        let mut other = all[3].clone();
        other.senses[0].ranges[1] = 1.250_000_1;
        let found = difference(&all[3], &other, &blanks).expect("one bit");
        assert_eq!(found[..2], ["front".to_owned(), "ranges[1]".to_owned()]);
        let mut other = all[3].clone();
        other.senses[1].values[1] = 0.0;
        let found = difference(&all[3], &other, &blanks).expect("0 is not -0");
        assert_eq!(found[..2], ["imu".to_owned(), "angular_velocity.y".to_owned()]);
        let mut other = all[3].clone();
        other.senses.swap(0, 1);
        assert!(difference(&all[3], &other, &blanks).is_some(), "the order counts");
        let mut other = all[3].clone();
        other.command[1] += 1e-12;
        assert_eq!(difference(&all[3], &other, &blanks).expect("a command")[1], "values[1]");
    }
}
