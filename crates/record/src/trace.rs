//! A tick to the bit: from percepts and commands to what a recording holds, and back; and where two of them differ (`difference`).

mod difference;

use neuraxis_core::StopReason;
use neuraxis_core::digest::Digest;
use neuraxis_messages::{Stream, Trace};

pub(crate) use difference::difference;
pub use difference::{Difference, command_difference};
pub use neuraxis_messages::trace::{stop_code, stop_words};

/// One reading, to the bit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadingRecord {
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
pub struct TickRecord {
    /// The body's time, ns.
    pub stamp: u64,
    /// What was new.
    pub senses: Vec<ReadingRecord>,
    /// One number an actuator.
    pub command: Vec<f64>,
    /// The code of why the body stops; see [`stop_code`].
    pub stop: u8,
    /// The slot that the code is about.
    pub stop_slot: u16,
    /// Lowest bits of the running digest.
    pub digest16: u16,
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
    pub(crate) fn fits(&self, tick: &TickRecord) -> bool {
        tick.senses.iter().all(|sense| {
            self.trace.streams.get(usize::from(sense.slot)).is_none_or(|stream| {
                let readings = stream.tick.len();
                sense.values.len() * readings == stream.values.len()
                    && sense.ranges.len() * readings == stream.samples.len()
            })
        })
    }

    /// Adds a tick that fits; how many there are now.
    pub(crate) fn push(&mut self, tick: &TickRecord) -> usize {
        let trace = &mut self.trace;
        let index = trace.dt.len();
        if index == 0 {
            trace.first = self.count;
            trace.stamp = tick.stamp;
            self.last = tick.stamp;
        }
        self.count += 1;
        trace.dt.push(tick.stamp.wrapping_sub(self.last));
        self.last = tick.stamp;
        for sense in &tick.senses {
            let slot = usize::from(sense.slot);
            let (Some(stream), Some(known)) = (trace.streams.get_mut(slot), self.sequences.get_mut(slot))
            else {
                continue;
            };
            stream.tick.push(index as u16);
            stream.sequence_step.push(sense.sequence.wrapping_sub(*known) as u32);
            *known = sense.sequence;
            stream.age.push(tick.stamp.wrapping_sub(sense.stamp));
            stream.values.extend_from_slice(&sense.values);
            stream.samples.extend_from_slice(&sense.ranges);
        }
        trace.command.extend_from_slice(&tick.command);
        trace.stop.push(tick.stop);
        trace.stop_slot.push(tick.stop_slot);
        trace.digest16.push(tick.digest16);
        trace.dt.len()
    }

    /// Empties it for the next message.
    pub(crate) fn clear(&mut self) {
        let trace = &mut self.trace;
        for (stream, known) in trace.streams.iter_mut().zip(&self.sequences) {
            stream.sequence = *known;
            stream.tick.clear();
            stream.sequence_step.clear();
            stream.age.clear();
            stream.values.clear();
            stream.samples.clear();
        }
        trace.dt.clear();
        trace.command.clear();
        trace.stop.clear();
        trace.stop_slot.clear();
        trace.digest16.clear();
    }
}

/// The ticks of a message; `None` if its lists do not fit together.
pub(crate) fn unpack(trace: &Trace) -> Option<Vec<TickRecord>> {
    let count = trace.dt.len();
    let fits = trace.stop.len() == count && trace.stop_slot.len() == count && trace.digest16.len() == count;
    let actuators = trace.command.len().checked_div(count).unwrap_or(0);
    if !fits || actuators * count != trace.command.len() {
        return None;
    }
    let mut stamp = trace.stamp;
    let mut ticks: Vec<TickRecord> = (0..count)
        .map(|i| {
            stamp = stamp.wrapping_add(trace.dt[i]);
            TickRecord {
                stamp,
                senses: Vec::new(),
                command: trace.command[i * actuators..(i + 1) * actuators].to_vec(),
                stop: trace.stop[i],
                stop_slot: trace.stop_slot[i],
                digest16: trace.digest16[i],
            }
        })
        .collect();
    for stream in &trace.streams {
        let readings = stream.tick.len();
        if stream.sequence_step.len() != readings || stream.age.len() != readings {
            return None;
        }
        if readings == 0 {
            continue;
        }
        let (values, ranges) = (stream.values.len() / readings, stream.samples.len() / readings);
        if values * readings != stream.values.len() || ranges * readings != stream.samples.len() {
            return None;
        }
        let mut sequence = stream.sequence;
        for i in 0..readings {
            let tick = ticks.get_mut(usize::from(stream.tick[i]))?;
            sequence = sequence.wrapping_add(u64::from(stream.sequence_step[i]));
            tick.senses.push(ReadingRecord {
                slot: stream.slot,
                sequence,
                stamp: tick.stamp.wrapping_sub(stream.age[i]),
                values: stream.values[i * values..(i + 1) * values].to_vec(),
                ranges: stream.samples[i * ranges..(i + 1) * ranges].to_vec(),
            });
        }
    }
    Some(ticks)
}

/// The stop from outside of the brain that the code stands for, if it is one: an input of the tick, not what it decided.
#[must_use]
pub fn stop_request_of(code: u8) -> Option<StopReason> {
    match code {
        1 => Some(StopReason::EmergencyStop),
        6 => Some(StopReason::BrainLate),
        _ => None,
    }
}

/// The running digest of a robot's ticks.
#[derive(Clone, Debug, Default)]
pub struct RunningDigest(Digest);

impl RunningDigest {
    /// Adds a tick (its `check` left out); the lowest bits of the digest then.
    pub fn absorb(&mut self, tick: &TickRecord) -> u16 {
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
    use neuraxis_core::Reading;
    use neuraxis_core::percepts::Imu;
    use neuraxis_messages::{decode, encode};

    fn ticks() -> Vec<TickRecord> {
        (0..7)
            .map(|i| {
                let imu = ReadingRecord {
                    slot: 1,
                    sequence: 2 * i + 1,
                    stamp: 1_000_000 * i,
                    values: vec![0.1 * i as f64, -0.0, f64::MIN_POSITIVE, f64::NAN, 1e300, 5.0],
                    ranges: Vec::new(),
                };
                let scan = ReadingRecord {
                    slot: 0,
                    sequence: i / 3 + 1,
                    stamp: 900_000 * i,
                    values: Vec::new(),
                    ranges: vec![f32::INFINITY, 1.25, i as f32],
                };
                let senses = if i % 3 == 0 { vec![scan, imu] } else { vec![imu] };
                TickRecord {
                    stamp: 1_000_000 * i + 7,
                    senses,
                    command: vec![0.3, -7.0 * i as f64],
                    stop: (i % 2) as u8,
                    stop_slot: i as u16,
                    digest16: 3 * i as u16,
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
        assert!(spoil(|t| t.digest16.truncate(1)).is_none());
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
