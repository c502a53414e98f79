//! How a body can move over the ground: all that navigation has to know of what moves it.

use serde::{Deserialize, Serialize};

use crate::kinematics::Ackermann;

/// How a body can move over the ground.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mobility {
    /// Whether it can turn without going anywhere.
    pub turns_on_spot: bool,
    /// Radius of the tightest circle that `base_link` can follow, m; 0 if it turns on the spot.
    pub min_turning_radius: f64,
    /// Whether it can go backwards.
    pub reverse: bool,
    /// Whether it can move sideways.
    pub lateral: bool,
    /// How far before `base_link` a second circle of the body's radius has to be kept free besides the one about `base_link`, m: the
    /// front of a car, which swings out in a turn. None if the one about `base_link` is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<f64>,
}

impl Default for Mobility {
    /// Two driven wheels: it turns on the spot and goes to and fro.
    fn default() -> Self {
        Self { turns_on_spot: true, min_turning_radius: 0.0, reverse: true, lateral: false, front: None }
    }
}

impl Mobility {
    /// A body that is steered by its front wheels.
    #[must_use]
    pub fn steered(steering: &Ackermann) -> Self {
        Self {
            turns_on_spot: false,
            min_turning_radius: steering.tightest(),
            front: Some(steering.wheelbase),
            ..Self::default()
        }
    }

    /// The greatest curvature of a way that it can follow, 1/m; infinite if it turns on the spot.
    #[must_use]
    pub fn curvature(&self) -> f64 {
        1.0 / self.min_turning_radius
    }
}
