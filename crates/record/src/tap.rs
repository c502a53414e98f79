//! The end of a recorder that sits in the brain's loop: copies each tick into a ring and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nalgebra::Isometry3;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Brain, Command, Event, Flow, GoalStatus, Observer, OccupancyGrid, Percepts, Stamp};
use neuraxis_messages::map::occupancy;
use rtrb::Producer;

use crate::frame::{self, Writer};
use crate::trace;

/// Decisions are noted so many ns apart; a decision also when its status or stop changes.
pub(crate) const DECISION_PERIOD: u64 = 200_000_000;
const PATH_PERIOD: u64 = 1_000_000_000;
const MAP_PERIOD: u64 = 10_000_000_000;
/// Where a robot truly is, is noted so many ns apart.
const TRUTH_PERIOD: u64 = 100_000_000;
/// Bytes that a decision takes at most, besides its cues; and a cue, with its name.
const DECISION_BYTES: usize = 2048;
const CUE_BYTES: usize = 256;
/// Points of a path that are noted at most; a longer one is thinned out.
const MAX_POINTS: usize = 256;
/// Cells of a map that are noted at most.
const MAX_CELLS: usize = 1 << 20;

/// Copies ticks into the ring of one recording.
pub struct Tap {
    ring: Producer<u8>,
    robots: Vec<Seen>,
    buffer: Vec<u8>,
    /// The largest frames that one step of all robots can bring, bytes.
    need: usize,
    fell_behind: Arc<AtomicBool>,
}

/// What was noted last of a robot.
struct Seen {
    sequences: Vec<u64>,
    decision: Option<(u64, GoalStatus, (u8, u16))>,
    path: Option<u64>,
    map: Option<u64>,
    /// The time of the truth that was told last, whether it was noted or not, ns.
    truth: u64,
}

/// Bytes that a tick of `body` takes at most.
fn tick_bytes(body: &BodyDescription) -> usize {
    let readings: usize = body
        .sensors
        .iter()
        .map(|sensor| {
            let (mut values, reading) = (4, sensor.blank());
            reading.numbers(|_| values += 1);
            32 + 8 * values + 4 * reading.list().len()
        })
        .sum();
    // Cues are few; a body has no more of them than senses and mechanisms that combine them.
    DECISION_BYTES + readings + 8 * body.actuators.len() + CUE_BYTES * (body.sensors.len() + 8)
}

impl Tap {
    /// A tap for robots with these bodies, and the size of the ring that it wants.
    pub(crate) fn sizes(bodies: &[&BodyDescription]) -> (usize, usize) {
        let ticks: usize = bodies.iter().map(|body| tick_bytes(body)).sum();
        let need = ticks + bodies.len() * (64 + 16 * MAX_POINTS + 64 + MAX_CELLS);
        (need, need + (1 << 20))
    }

    pub(crate) fn new(ring: Producer<u8>, bodies: &[&BodyDescription], fell_behind: Arc<AtomicBool>) -> Self {
        let (need, _) = Self::sizes(bodies);
        let robots = bodies
            .iter()
            .map(|body| Seen {
                sequences: vec![0; body.sensors.len()],
                decision: None,
                path: None,
                map: None,
                truth: 0,
            })
            .collect();
        Self { ring, robots, buffer: Vec::with_capacity(need), need, fell_behind }
    }

    fn send(&mut self) {
        if self.ring.push_entire_slice(&self.buffer).is_err() {
            self.fell_behind.store(true, Ordering::Relaxed);
        }
    }

    fn note_path(&mut self, robot: usize, now: Stamp, brain: &dyn Brain) {
        let path = brain.path();
        let stride = path.len().div_ceil(MAX_POINTS).max(1);
        let mut out = Writer::new(&mut self.buffer, frame::PATH, robot);
        out.u64(now.0);
        for point in path.iter().step_by(stride) {
            out.f64s([point.x, point.y]);
        }
        out.finish();
        self.send();
    }

    fn note_map(&mut self, robot: usize, now: Stamp, map: &OccupancyGrid) {
        let Some([left, low, right, high]) = map.known() else { return };
        let (width, height) = (right - left + 1, high - low + 1);
        if width * height > MAX_CELLS {
            return;
        }
        let mut out = Writer::new(&mut self.buffer, frame::MAP, robot);
        out.u64(now.0);
        let origin = map.origin();
        let resolution = map.resolution();
        out.f64s([resolution, origin.x + left as f64 * resolution, origin.y + low as f64 * resolution]);
        out.u32(width as u32);
        out.u32(height as u32);
        for row in low..=high {
            for cell in &map.cells()[row * map.width() + left..=row * map.width() + right] {
                out.u8(occupancy(*cell) as u8);
            }
        }
        out.finish();
        self.send();
    }
}

/// Whether it is time for the next note after `last`.
fn is_due(last: Option<u64>, now: Stamp, period: u64) -> bool {
    last.is_none_or(|last| now.0 >= last + period)
}

impl Tap {
    fn note_tick(&mut self, robot: usize, percepts: &Percepts, command: &Command, brain: &dyn Brain) {
        let Some(seen) = self.robots.get_mut(robot) else { return };
        let now = percepts.now;
        let decision = brain.decision();
        let stop = trace::stop_code(command.stop);

        let mut out = Writer::new(&mut self.buffer, frame::TICK, robot);
        out.u64(now.0);
        let count_at = out.mark();
        out.u16(0);
        let mut count = 0;
        for (i, (slot, last)) in percepts.slots().iter().zip(&mut seen.sequences).enumerate() {
            let (Some(stamp), Some(reading)) = (slot.stamp(), slot.reading()) else { continue };
            if slot.sequence() == *last {
                continue;
            }
            *last = slot.sequence();
            count += 1;
            out.u16(i as u16);
            out.u64(slot.sequence());
            out.u64(stamp.0);
            let length_at = out.mark();
            out.u16(0);
            let mut length = 0;
            reading.numbers(|value| {
                out.f64(value);
                length += 1;
            });
            out.patch_u16(length_at, length);
            out.u32(reading.list().len() as u32);
            reading.list().iter().for_each(|value| out.f32(*value));
        }
        out.patch_u16(count_at, count);
        out.u16(command.values.len() as u16);
        out.f64s(command.values.iter().copied());
        out.u8(stop.0);
        out.u16(stop.1);

        let is_news = seen.decision.is_none_or(|(last, status, old)| {
            is_due(Some(last), now, DECISION_PERIOD) || status != decision.status || old != stop
        });
        out.u8(u8::from(is_news));
        let has_ended = is_news
            && decision.status.is_final()
            && seen.decision.is_none_or(|(_, status, _)| status != decision.status);
        if is_news {
            seen.decision = Some((now.0, decision.status, stop));
            out.decision(decision);
        }
        out.finish();
        let path_due = is_due(seen.path, now, PATH_PERIOD);
        let map_due = has_ended || is_due(seen.map.or(Some(0)), now, MAP_PERIOD);
        self.send();
        if path_due && !brain.path().is_empty() {
            self.robots[robot].path = Some(now.0);
            self.note_path(robot, now, brain);
        }
        if map_due && let Some(map) = brain.map() {
            self.robots[robot].map = Some(now.0);
            self.note_map(robot, now, map);
        }
    }

    fn note_truth(&mut self, robot: usize, stamp: Stamp, truth: &Isometry3<f64>) {
        let Some(seen) = self.robots.get_mut(robot) else { return };
        let before = std::mem::replace(&mut seen.truth, stamp.0);
        if stamp.0 / TRUTH_PERIOD == before / TRUTH_PERIOD {
            return;
        }
        let mut out = Writer::new(&mut self.buffer, frame::TRUTH, robot);
        out.u64(stamp.0);
        let (p, q) = (&truth.translation, &truth.rotation);
        out.f64s([p.x, p.y, p.z, q.i, q.j, q.k, q.w]);
        out.finish();
        self.send();
    }

    fn note_verdict(&mut self, verdict: &str, is_failure: bool) {
        let mut out = Writer::new(&mut self.buffer, frame::VERDICT, 0);
        out.u8(u8::from(is_failure));
        out.bytes(verdict.as_bytes());
        out.finish();
        self.send();
    }
}

impl Observer for Tap {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        match *event {
            Event::Tick(moment) => {
                // What a script or a lone circuit commands is no decision, and is not recorded.
                if let Some(brain) = moment.brain {
                    self.note_tick(moment.seat, moment.percepts, moment.command, brain);
                }
            }
            Event::Truth(moment) => {
                if let Some(truth) = moment.truth {
                    self.note_truth(moment.seat, truth.stamp, &truth.pose);
                }
            }
            Event::Ended { verdict, is_failure } => self.note_verdict(verdict, is_failure),
            _ => {}
        }
        Flow::Continue
    }

    fn is_ready(&mut self) -> bool {
        self.ring.slots() >= self.need
    }
}
