//! How a body moves itself, as it feels it: which feet stand, and how the joints of a chain bend. For the report's pictures of
//! gaits and waves; no brain sees it.
//!
//! A long trial is not sampled more seldom, which would make another gait of a gait: it is kept in stretches of
//! [`STRETCH`] that lie farther apart.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{Contact, JointState};
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Percepts, Slot, Stamp};

use neuraxis_sim::model::{Joint, JointKind};

/// From one look at the feet to the next, ns.
pub const FEET_PERIOD: u64 = 10_000_000;
/// The joints are looked at every so many looks at the feet.
pub const JOINTS_EVERY: usize = 4;
/// Looks at the feet in a stretch: 6 s.
pub const STRETCH: usize = 600;
/// Stretches that are kept at most.
pub const MAX_STRETCHES: usize = 32;
/// Joints from which a chain is one.
const MIN_CHAIN: usize = 3;
/// Feet from which a body has a gait.
const MIN_FEET: usize = 2;
/// Feet that are noted at most: one bit each.
const MAX_FEET: usize = 8;

/// A foot that feels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    /// FL, FR, HL, HR on a body with one foot in each corner, else the sense's own.
    pub name: String,
    slot: usize,
}

/// A few seconds without a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// When it begins.
    pub from: Stamp,
    /// Which feet touch, one bit each (the first foot is the lowest), every [`FEET_PERIOD`].
    pub feet: Vec<u8>,
    /// Angles of the chain's joints, one after the other, every [`JOINTS_EVERY`] looks at the feet, rad; NaN if unknown.
    pub joints: Vec<f32>,
}

/// What is noted of how a body moves itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// Its feet: front before hind, left before right; none if it has no legs.
    pub feet: Vec<Foot>,
    /// The joints of its chain, from the base outwards; none if it is no chain.
    pub chain: Vec<String>,
    /// Slot of the joints' sense, and where in it the chain's joints stand.
    joints: (usize, Vec<usize>),
    /// In the order of time.
    pub stretches: Vec<Stretch>,
    /// Looks so far.
    looks: usize,
    next: Stamp,
    /// Of so many stretches of the trial, the first is kept.
    stride: usize,
}

impl Motion {
    /// What can be noted of this body.
    #[must_use]
    pub fn of(body: &BodyDescription, joints: &[Joint]) -> Self {
        let mut motion = Self { feet: feet(body), stride: 1, ..Self::default() };
        if motion.feet.is_empty() {
            let names = chain(joints);
            let felt = body.sensors.iter().enumerate().find_map(|(slot, sense)| {
                let Sensor::JointState { .. } = sense.sensor else { return None };
                let at = |name: &String| sense.joints.iter().position(|other| other == name);
                Some((slot, names.iter().map(at).collect::<Option<Vec<usize>>>()?))
            });
            if let (Some(felt), false) = (felt, names.is_empty()) {
                motion.chain = names;
                motion.joints = felt;
            }
        }
        motion
    }

    /// Looks at what is felt, if it is time.
    pub(super) fn look(&mut self, now: Stamp, percepts: &Percepts) {
        if (self.feet.is_empty() && self.chain.is_empty()) || now < self.next {
            return;
        }
        while self.next <= now {
            self.next = self.next + FEET_PERIOD;
        }
        let (stretch, at) = (self.looks / STRETCH, self.looks % STRETCH);
        self.looks += 1;
        if stretch % self.stride != 0 {
            return;
        }
        if at == 0 {
            if self.stretches.len() == MAX_STRETCHES {
                let mut keep = false;
                self.stretches.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
                if stretch % self.stride != 0 {
                    return;
                }
            }
            self.stretches.push(Stretch { from: now, ..Stretch::default() });
        }
        let Some(open) = self.stretches.last_mut() else { return };
        if !self.feet.is_empty() {
            let touches = |foot: &Foot| {
                let contact = percepts.slots().get(foot.slot).and_then(Slot::get::<Contact>);
                contact.is_some_and(|contact| contact.touching)
            };
            open.feet.push(
                self.feet.iter().enumerate().fold(0, |bits, (i, foot)| bits | (u8::from(touches(foot)) << i)),
            );
        }
        if !self.chain.is_empty() && at % JOINTS_EVERY == 0 {
            let felt = percepts.slots().get(self.joints.0).and_then(Slot::get::<JointState>);
            open.joints.extend(self.joints.1.iter().map(|index| {
                felt.and_then(|joints| joints.position.get(*index)).map_or(f32::NAN, |v| *v as f32)
            }));
        }
    }
}

/// The senses of touch at the ends of limbs.
fn feet(body: &BodyDescription) -> Vec<Foot> {
    let mut found: Vec<(usize, [f64; 2], &str)> = Vec::new();
    for (slot, sense) in body.sensors.iter().enumerate() {
        if let (Sensor::Contact(spec), Some(_)) = (&sense.sensor, &sense.limb) {
            let at = sense.mount.translation.vector;
            found.push((slot, [at.x, at.y], &spec.name));
        }
    }
    if !(MIN_FEET..=MAX_FEET).contains(&found.len()) {
        return Vec::new();
    }
    let middle: f64 = found.iter().map(|(_, at, _)| at[0]).sum::<f64>() / found.len() as f64;
    // In pairs: front before hind, then left before right.
    found.sort_by(|(_, a, _), (_, b, _)| {
        (a[0] < middle).cmp(&(b[0] < middle)).then((a[1] < 0.0).cmp(&(b[1] < 0.0)))
    });
    let corner = |at: &[f64; 2]| usize::from(at[0] < middle) * 2 + usize::from(at[1] < 0.0);
    let is_quadruped = found.len() == 4 && found.iter().enumerate().all(|(i, (_, at, _))| corner(at) == i);
    let name = |i: usize, own: &str| {
        if is_quadruped { ["FL", "FR", "HL", "HR"][i].to_owned() } else { own.to_owned() }
    };
    found.iter().enumerate().map(|(i, (slot, _, own))| Foot { name: name(i, own), slot: *slot }).collect()
}

/// The turning joints of a body that is one chain: each link carries at most one of them.
fn chain(joints: &[Joint]) -> Vec<String> {
    let bends: Vec<&Joint> = joints.iter().filter(|joint| joint.kind == JointKind::Revolute).collect();
    let is_one = bends.windows(2).all(|pair| pair[0].child == pair[1].parent);
    if bends.len() < MIN_CHAIN || !is_one {
        return Vec::new();
    }
    bends.iter().map(|joint| joint.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use neuraxis_core::Slot;
    use neuraxis_core::percepts::Contact;

    use super::*;
    use neuraxis_core::Reading;

    #[test]
    fn a_long_trial_is_kept_in_whole_stretches_all_along_it() {
        let foot = |slot: usize| Foot { name: slot.to_string(), slot };
        let mut motion = Motion { feet: vec![foot(0), foot(1)], stride: 1, ..Motion::default() };
        let mut percepts = Percepts::new(
            ["a", "b"].map(|name| Slot::new(name, Reading::Contact(Contact::default()))).into(),
        );
        for i in 0..3 * MAX_STRETCHES * STRETCH {
            let now = Stamp(i as u64 * FEET_PERIOD);
            let contact = Contact { touching: i % 50 < 30, ..Contact::default() };
            percepts.slots_mut()[1].put(now, |reading| *reading = Reading::Contact(contact));
            motion.look(now, &percepts);
        }
        let kept = &motion.stretches;
        assert_eq!(kept.len(), 3 * MAX_STRETCHES / 4);
        assert!(kept.iter().all(|stretch| stretch.feet.len() == STRETCH), "none is cut");
        let gap = kept[1].from.0 - kept[0].from.0;
        assert_eq!(gap, 4 * STRETCH as u64 * FEET_PERIOD);
        assert!(kept.windows(2).all(|pair| pair[1].from.0 - pair[0].from.0 == gap), "evenly");
        assert_eq!(kept[5].feet[..31], [[2; 30].as_slice(), &[0]].concat());
    }
}
