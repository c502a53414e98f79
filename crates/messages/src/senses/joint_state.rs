//! Joint encoders (`sensor_msgs/JointState`).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Unusable};

messages! {
    /// Positions, velocities and efforts of joints, in any order; a list may be empty.
    "sensor_msgs/JointState" JointState {
        /// When.
        header: Header,
        /// The joints.
        name: Vec<String>,
        /// rad or m.
        position: Vec<f64>,
        /// rad/s or m/s.
        velocity: Vec<f64>,
        /// N·m or N.
        effort: Vec<f64>,
    }
}

impl SenseMessage for JointState {
    type Sense = percepts::JointState;
    const TOPIC: Option<&'static str> = Some("joint_states");
    const VIEW: View = View::Seldom;

    fn from_sense(joints: &Self::Sense, at: &Place<'_>) -> Self {
        Self {
            header: at.header(),
            name: at.sensor.joints.clone(),
            position: joints.position.clone(),
            velocity: joints.velocity.clone(),
            effort: joints.effort.clone(),
        }
    }

    /// The joints are found by their names, in any order; drivers send them in parts. What a message leaves out (other joints,
    /// velocities, efforts) stays as it was, and that is 0 until it was told once.
    fn to_sense(&self, sensor: &SensorDescription, joints: &mut Self::Sense) -> Result<(), Unusable> {
        let lists = [("position", &self.position), ("velocity", &self.velocity), ("effort", &self.effort)];
        for (what, list) in lists {
            if !list.is_empty() && list.len() != self.name.len() {
                return Err(Unusable::Uneven("name", what));
            }
        }
        let place = |name: &String| sensor.joints.iter().position(|joint| joint == name);
        if !self.name.iter().any(|name| place(name).is_some()) {
            return Err(Unusable::NoJoint);
        }
        for (i, name) in self.name.iter().enumerate() {
            let Some(at) = place(name) else { continue };
            let targets = [&mut joints.position, &mut joints.velocity, &mut joints.effort];
            for (target, (_, list)) in targets.into_iter().zip(lists) {
                if let (Some(to), Some(value)) = (target.get_mut(at), list.get(i)) {
                    *to = *value;
                }
            }
        }
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
