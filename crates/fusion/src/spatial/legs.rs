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
use neuraxis_core::percepts::{Contact, JointState};
use neuraxis_core::senses::{Readable as _, is_possible};
use neuraxis_core::{Input, Percepts, Stamp, saved};

/// Legs that take part at most.
const MAX: usize = 16;
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
    /// Its foot's contact.
    contact: Input<Contact>,
    /// Where each of its joints is read, and its place there.
    joints: Vec<(Input<JointState>, usize)>,
    /// Readings in a row in which it touched.
    stands: u32,
}

/// All legs of a body.
#[derive(Clone, Debug)]
pub(crate) struct Legs {
    all: Vec<Leg>,
    /// The joints that the legs are read by.
    joints: Option<Input<JointState>>,
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
            Input::all(body).find_map(|input| {
                let joints = &body.sensors[input.slot()].joints;
                Some((input, joints.iter().position(|joint| joint == name)?))
            })
        };
        let leg = |(contact, limb): (Input<Contact>, &Limb)| {
            let joints: Option<Vec<_>> = limb.joints.iter().map(|joint| find(&joint.name)).collect();
            let joints = joints.filter(|joints| joints.len() <= JOINTS)?;
            Some(Leg { limb: limb.clone(), contact, joints, stands: 0 })
        };
        let feet = Input::all(body).filter_map(|foot: Input<Contact>| {
            let limb = body.sensors[foot.slot()].limb.as_ref()?;
            Some((foot, limb))
        });
        let depth = |s: &SensorDescription| s.limb.as_ref().map(|limb| limb.radius - s.mount.translation.z);
        let height = body.sensors.iter().filter_map(depth).fold(0.0, f64::max);
        let all: Vec<Leg> = feet.filter_map(leg).take(MAX).collect();
        let joints = all.first().and_then(|leg| leg.joints.first()).map(|(input, _)| *input);
        Self { all, joints, height }
    }

    /// Whether there are legs whose joints are read.
    pub(crate) fn are_felt(&self) -> bool {
        self.joints.is_some()
    }

    /// Whether the latest reading of the joints is valid.
    pub(crate) fn are_valid(&self, percepts: &Percepts) -> bool {
        let latest = self.joints.and_then(|joints| joints.latest(percepts));
        latest.is_none_or(|sample| sample.reading.is_valid())
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
        for leg in &mut self.all {
            if let Some(sample) = leg.contact.take(percepts) {
                leg.stands = if sample.reading.touching { leg.stands.saturating_add(1) } else { 0 };
            }
            // Who was heard of long ago may have been lifted since.
            if leg.contact.within(percepts, FORGOTTEN).is_none() {
                leg.stands = 0;
            }
        }
        let joints = self.joints.as_mut()?;
        let sample = joints.peek(percepts)?;
        let stamp = sample.stamp;
        let age = percepts.now.since(stamp);
        if !(-AHEAD..=STALE).contains(&age) || stamp < joints.seen.newest {
            return None;
        }
        joints.note(&sample);

        let mut said = [Vector3::zeros(); MAX];
        let mut count = 0;
        for leg in self.all.iter().filter(|leg| leg.stands >= 2) {
            let mut values = [(0.0, 0.0); JOINTS];
            for (value, (input, place)) in values.iter_mut().zip(&leg.joints) {
                let joints = input.latest(percepts)?.reading;
                *value = (*joints.position.get(*place)?, *joints.velocity.get(*place)?);
            }
            let tip = leg.limb.tip(values);
            let below = down * leg.limb.radius;
            let position = tip.position.coords + below;
            let velocity = tip.velocity + tip.turning.cross(&below);
            let body = -(turning.cross(&position) + velocity);
            if body.iter().all(|v| is_possible(*v)) {
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
        let mut values = [0.0; MAX];
        for (value, v) in values.iter_mut().zip(of) {
            *value = v[i];
        }
        let values = &mut values[..of.len()];
        values.sort_unstable_by(f64::total_cmp);
        values.get(of.len() / 2).copied()
    };
    Some(Vector3::new(axis(0)?, axis(1)?, axis(2)?))
}

saved!(Leg { contact, stands; limb, joints });
saved!(Legs { all, joints: each; height });
