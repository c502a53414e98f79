//! Leg odometry: a foot that stands says how fast the body moves over it.
//!
//! Source: Bloesch et al., "State estimation for legged robots" (RSS 2012), with the foot's velocity in place of its
//! position, as in Camurri et al., "Pronto" (2020), equation 9: a foot at `p` in `base_link` that moves with `ṗ` there and stands
//! on the ground gives the body's velocity `v = −(ω × p + ṗ)`. Departures: a round foot touches the ground below its centre, and
//! rolls about that point; feet are believed from the second reading of a contact on, and not the one that is lifted; the
//! mean of the feet that stand is one cue, because their errors come from the same joints and the same ground; and of three
//! feet or more the one that is far from their median is left out (it slides).

use nalgebra::Vector3;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::Limb;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Percepts, Reading, Stamp, saved};

/// Legs that take part at most.
const MOST: usize = 16;
/// Joints of a leg at most.
const JOINTS: usize = 16;
/// Messages that are older say nothing of the moment, s.
const STALE: f64 = 0.05;
/// A contact that has been silent for longer may be none any more, s.
const FORGOTTEN: f64 = 0.2;
/// Clocks differ by so much, s.
const AHEAD: f64 = 0.02;
/// A foot that is faster over the ground than the median of them by this much slides, m/s.
const SLIDES: f64 = 0.3;

/// One leg.
#[derive(Clone, Debug)]
struct Leg {
    limb: Limb,
    /// The slot of its foot's contact, and of each of its joints the slot and the place there.
    contact: usize,
    joints: Vec<(usize, usize)>,
    seen: u64,
    /// Readings in a row in which it touched.
    stands: u32,
}

/// All legs of a body.
#[derive(Clone, Debug)]
pub(crate) struct Legs {
    all: Vec<Leg>,
    seen: u64,
    newest: Stamp,
    height: f64,
}

/// What the feet that stand say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stance {
    /// Velocity of `base_link` in `base_link`, m/s.
    pub(crate) velocity: Vector3<f64>,
    /// Feet that say so.
    pub(crate) feet: usize,
    /// Feet that slide.
    pub(crate) sliding: usize,
    pub(crate) stamp: Stamp,
}

impl Legs {
    /// The legs of `body` whose joints are all read by some sense.
    pub(crate) fn of(body: &BodyDescription) -> Self {
        let find = |name: &String| {
            body.sensors.iter().enumerate().find_map(|(slot, sensor)| {
                let reads = matches!(sensor.sensor, Sensor::JointState { .. });
                let place = sensor.joints.iter().position(|joint| joint == name).filter(|_| reads)?;
                Some((slot, place))
            })
        };
        let leg = |(contact, limb): (usize, &Limb)| {
            let joints: Option<Vec<_>> = limb.joints.iter().map(|joint| find(&joint.name)).collect();
            let joints = joints.filter(|joints| joints.len() <= JOINTS)?;
            Some(Leg { limb: limb.clone(), contact, joints, seen: 0, stands: 0 })
        };
        let feet = body.sensors.iter().enumerate().filter_map(|(i, s)| Some((i, s.limb.as_ref()?)));
        let depth = |s: &SensorDescription| s.limb.as_ref().map(|limb| limb.radius - s.mount.translation.z);
        let height = body.sensors.iter().filter_map(depth).fold(0.0, f64::max);
        Self { all: feet.filter_map(leg).take(MOST).collect(), seen: 0, newest: Stamp::ZERO, height }
    }

    /// The slot of the joints that the legs are read by.
    pub(crate) fn joints(&self) -> Option<usize> {
        self.all.first().and_then(|leg| leg.joints.first()).map(|(slot, _)| *slot)
    }

    /// How far below `base_link` the lowest foot hung at rest, m; 0 without legs.
    pub(crate) fn height(&self) -> f64 {
        self.height
    }

    /// What the feet say, if the joints have something new and a foot stands; `turning` is the turning rate of `base_link`
    /// (rad/s), `down` the direction of gravity there. It does not allocate.
    pub(crate) fn stance(
        &mut self,
        percepts: &Percepts,
        turning: &Vector3<f64>,
        down: &Vector3<f64>,
    ) -> Option<Stance> {
        let slots = percepts.slots();
        for leg in &mut self.all {
            let slot = slots.get(leg.contact)?;
            if slot.sequence() != leg.seen {
                leg.seen = slot.sequence();
                let touches = matches!(slot.reading(), Some(Reading::Contact(contact)) if contact.touching);
                leg.stands = if touches { leg.stands.saturating_add(1) } else { 0 };
            }
            // Who was heard of long ago may have been lifted since.
            if slot.age(percepts.now).is_none_or(|age| age > FORGOTTEN) {
                leg.stands = 0;
            }
        }
        let slot = slots.get(self.joints()?)?;
        let stamp = slot.stamp()?;
        let age = percepts.now.since(stamp);
        let is_late = !(-AHEAD..=STALE).contains(&age) || stamp < self.newest;
        if slot.sequence() == self.seen || is_late {
            return None;
        }
        self.seen = slot.sequence();
        self.newest = stamp;

        let mut said = [Vector3::zeros(); MOST];
        let mut count = 0;
        for leg in self.all.iter().filter(|leg| leg.stands >= 2) {
            let mut values = [(0.0, 0.0); JOINTS];
            for (value, (slot, place)) in values.iter_mut().zip(&leg.joints) {
                let Some(Reading::Joints(joints)) = slots.get(*slot).and_then(|slot| slot.reading()) else {
                    return None;
                };
                *value = (*joints.position.get(*place)?, *joints.velocity.get(*place)?);
            }
            let tip = leg.limb.tip(values);
            let below = down * leg.limb.radius;
            let position = tip.position.coords + below;
            let velocity = tip.velocity + tip.turning.cross(&below);
            let body = -(turning.cross(&position) + velocity);
            if body.iter().all(|v| v.is_finite()) {
                said[count] = body;
                count += 1;
            }
        }
        let said = &said[..count];
        let middle = median(said)?;
        let stands = |v: &&Vector3<f64>| count < 3 || (*v - middle).norm() < SLIDES;
        let (sum, feet) = said.iter().filter(stands).fold((Vector3::zeros(), 0), |(s, n), v| (s + v, n + 1));
        let velocity = if feet > 0 { sum / f64::from(feet) } else { return None };
        Some(Stance { velocity, feet: feet as usize, sliding: count - feet as usize, stamp })
    }
}

/// The median of each axis; `None` of nothing.
fn median(of: &[Vector3<f64>]) -> Option<Vector3<f64>> {
    let axis = |i: usize| {
        let mut values = [0.0; MOST];
        for (value, v) in values.iter_mut().zip(of) {
            *value = v[i];
        }
        let values = &mut values[..of.len()];
        values.sort_unstable_by(f64::total_cmp);
        values.get(of.len() / 2).copied()
    };
    Some(Vector3::new(axis(0)?, axis(1)?, axis(2)?))
}

saved!(Leg { seen, stands; limb, contact, joints });
saved!(Legs { all, seen, newest; height });
