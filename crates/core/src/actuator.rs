//! An actuator: the joint that it moves, what it is commanded by, how far it may be commanded, and what it does when the body stops.

use schemars::JsonSchema;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::Interface;

/// One actuator of a body: one number of its command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Actuator {
    /// The name of the joint that it moves.
    pub joint: String,
    /// What its number in the command means.
    pub interface: Interface,
    /// What it may be commanded.
    #[serde(default)]
    pub limits: JointLimits,
    /// What it does when the body stops.
    pub stop: StopBehaviour,
    /// Where its joint stands before anything has moved it, rad or m.
    #[serde(default)]
    pub start: f64,
    /// +1, or -1 if a positive command moves the joint backwards: a wheel that is mounted the other way round, a steering axis that
    /// points down.
    #[serde(default = "forwards", skip_serializing_if = "is_forwards")]
    pub sign: f64,
}

fn forwards() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_forwards(sign: &f64) -> bool {
    *sign == 1.0
}

/// How far, how fast and how hard a joint may be moved; what is not given has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JointLimits {
    /// First and last position of the joint, rad or m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<[f64; 2]>,
    /// Greatest speed of the joint, rad/s or m/s; a commanded position moves no faster than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 10000.0))]
    pub velocity: Option<f64>,
    /// Greatest torque (N·m) or force (N) on the joint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 100_000.0))]
    pub effort: Option<f64>,
    /// Greatest change of a commanded speed, rad/s² or m/s²; braking is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 1_000_000.0))]
    pub acceleration: Option<f64>,
}

/// What an actuator does when the body stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopBehaviour {
    /// It keeps the position that was commanded last. For joints that are commanded by position.
    Hold,
    /// It brings the joint to rest. For joints that are commanded by velocity.
    Brake,
    /// It lets go: no torque; a servo that is commanded by position only damps its joint.
    Relax,
}

impl StopBehaviour {
    /// The word of it in a robot file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Brake => "brake",
            Self::Relax => "relax",
        }
    }
}

impl Interface {
    /// What an actuator with this interface does when the body stops and its file does not say: `hold` for positions, `brake`
    /// for velocities, `relax` for efforts.
    #[must_use]
    pub fn default_stop(self) -> StopBehaviour {
        match self {
            Self::Position => StopBehaviour::Hold,
            Self::Velocity => StopBehaviour::Brake,
            Self::Effort => StopBehaviour::Relax,
        }
    }

    /// Why an actuator with this interface cannot stop in this way, and what to do instead; `None` if it can.
    #[must_use]
    pub fn refuses(self, stop: StopBehaviour) -> Option<(&'static str, &'static str)> {
        match (self, stop) {
            (_, StopBehaviour::Relax)
            | (Self::Position, StopBehaviour::Hold)
            | (Self::Velocity, StopBehaviour::Brake) => None,
            (Self::Position, StopBehaviour::Brake) => Some((
                "a joint that is commanded by position cannot brake",
                "give `stop: hold` or `stop: relax`",
            )),
            (Self::Velocity, StopBehaviour::Hold) => Some((
                "a joint that is commanded by velocity cannot hold a position",
                "give `stop: brake` or `stop: relax`",
            )),
            (Self::Effort, StopBehaviour::Hold | StopBehaviour::Brake) => {
                Some(("a joint that is commanded by effort can only let go", "give `stop: relax`"))
            }
        }
    }
}

impl JointLimits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// These where they are given, and those of `others` where not.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            position: self.position.or(others.position),
            velocity: self.velocity.or(others.velocity),
            effort: self.effort.or(others.effort),
            acceleration: self.acceleration.or(others.acceleration),
        }
    }
}

impl Actuator {
    /// An actuator of `joint` without limits, which stops as its interface does unless it is told otherwise.
    #[must_use]
    pub fn new(joint: impl Into<String>, interface: Interface) -> Self {
        let stop = interface.default_stop();
        Self { joint: joint.into(), interface, limits: JointLimits::default(), stop, start: 0.0, sign: 1.0 }
    }

    /// The same with these limits.
    #[must_use]
    pub fn limited(self, limits: JointLimits) -> Self {
        Self { limits, ..self }
    }

    /// Actuators of `joints` with the same interface and limits.
    #[must_use]
    pub fn all<N: Into<String>>(
        joints: impl IntoIterator<Item = N>,
        interface: Interface,
        limits: JointLimits,
    ) -> Vec<Self> {
        joints.into_iter().map(|joint| Self::new(joint, interface).limited(limits)).collect()
    }
}

/// Reads the actuators of a body; a description of before they had limits of their own is refused with a sentence.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Actuator>, D::Error> {
    struct List;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry {
        Now(Actuator),
        Before(String),
    }

    impl<'de> Visitor<'de> for List {
        type Value = Vec<Actuator>;

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            to.write_str("a list of actuators")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut actuators = Vec::new();
            while let Some(entry) = entries.next_element::<Entry>()? {
                match entry {
                    Entry::Now(actuator) => actuators.push(actuator),
                    Entry::Before(joint) => {
                        return Err(de::Error::custom(format!(
                            "the actuator of `{joint}` has no interface and limits of its own: this was written before \
                             actuators had them, and what the supervisor did then cannot be repeated; record it anew, or read \
                             it with the version that wrote it"
                        )));
                    }
                }
            }
            Ok(actuators)
        }
    }

    from.deserialize_seq(List)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BodyDescription;

    #[test]
    fn a_description_without_limits_of_its_actuators_is_refused_with_a_sentence() {
        let text = r#"{"name": "b", "sensors": [], "actuators": ["left", "right"], "interface": "Velocity", "drive": null, "radius": 0.2,
            "limits": {"linear": 1, "angular": 1}}"#;
        let why = serde_json::from_str::<BodyDescription>(text).expect_err("refused").to_string();
        assert!(why.contains("the actuator of `left` has no interface and limits of its own"), "{why}");
        assert!(why.contains("record it anew"), "{why}");
    }

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let text = r#"{"name": "b", "sensors": [], "actuators": [], "drive": null, "radius": 0.2, "limits": {"linear": 1, "angular": 1}}"#;
        let mut body: BodyDescription = serde_json::from_str(text).expect("a body");
        let limits =
            JointLimits { position: Some([-1.0, 1.0]), velocity: Some(0.1), ..JointLimits::default() };
        body.actuators = vec![
            Actuator { start: 0.3, ..Actuator::new("knee", Interface::Position).limited(limits) },
            Actuator { stop: StopBehaviour::Relax, ..Actuator::new("wheel", Interface::Velocity) },
        ];
        let written = serde_json::to_string(&body).expect("text");
        assert_eq!(serde_json::from_str::<BodyDescription>(&written).expect("a body"), body);
    }

    #[test]
    fn every_interface_can_stop_as_it_does_by_default() {
        for interface in [Interface::Position, Interface::Velocity, Interface::Effort] {
            assert_eq!(interface.refuses(interface.default_stop()), None);
            assert_eq!(interface.refuses(StopBehaviour::Relax), None);
        }
        assert!(Interface::Effort.refuses(StopBehaviour::Hold).is_some());
        assert!(Interface::Velocity.refuses(StopBehaviour::Hold).is_some());
        assert!(Interface::Position.refuses(StopBehaviour::Brake).is_some());
    }
}
