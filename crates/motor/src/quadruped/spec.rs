//! The quadruped's part of the `motor:` block.

use std::collections::BTreeMap;

use neuraxis_core::file::problem::did_you_mean;
use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{balance, rhythm};

/// The quadruped's circuit, and a switch for each of its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QuadrupedSpec {
    /// The legs' joints and feet; named as on Unitree's robots if not given (`FL_thigh_joint`, `RR_foot`).
    pub legs: LegsSpec,
    /// Time from one step of the circuit to the next, s; its targets are held between.
    #[schemars(range(min = 0.001, max = 0.1))]
    pub step: f64,
    /// The command to the rhythm generator in each gait.
    pub gaits: GaitsSpec,
    /// Thigh angles of a fore leg at full flexion, standing, and at full extension, rad.
    pub front_thigh: [f64; 3],
    /// Thigh angles of a hind leg at full flexion, standing, and at full extension, rad.
    pub hind_thigh: [f64; 3],
    /// Calf angles at full flexion, standing, and at full extension, rad.
    pub calf: [f64; 3],
    /// Angle at which the hips are held, rad.
    #[schemars(range(min = -3.0, max = 3.0))]
    pub hip: f64,
    /// How much a full turn takes from the stride of the inner legs, and adds to that of the outer ones; 1: all of it.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub turning: f64,
    /// How far the hips swing in a full turn, rad: the feet that stand go sideways, those of the fore legs against the turn.
    #[schemars(range(min = 0.0, max = 3.0))]
    pub hip_turning: f64,
    /// Greatest speed backwards, as a share of its full speed; drives that ask for more get this.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub backward: f64,
    /// Time from standing to full strides and back, s.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub ramp: f64,
    /// Load of a foot that counts as 1, N.
    #[schemars(range(min = 0.001, max = 100_000.0))]
    pub foot_load: f64,
    /// Torque that counts as 1, N·m.
    #[schemars(range(min = 0.001, max = 100_000.0))]
    pub effort: f64,
    /// Turning rate of a joint that counts as 1, rad/s.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub velocity: f64,
    /// Whether the rhythm listens to the legs. `false` is an ablation.
    pub afferents: bool,
    /// Whether a leg that touches something early in its swing bends further.
    pub stumbling: bool,
    /// Whether a leg that is loaded late in its swing is put down.
    pub loading: bool,
    /// Whether the vestibular reflexes keep the trunk over the feet. They need an IMU, and feet on limbs that the model tells.
    pub balance: bool,
    /// Whether excitation and inhibition keep their signs. `false` is an ablation.
    pub constrained: bool,
    /// Where the slow variables of the four flexors begin: FL, FR, HL, HR.
    pub start: [f64; 4],
    /// Weights that differ from their innate ones, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, f64>,
}

impl Default for QuadrupedSpec {
    fn default() -> Self {
        Self {
            legs: LegsSpec::default(),
            step: 0.03,
            gaits: GaitsSpec::default(),
            front_thigh: [-0.6, 0.4, 1.2],
            hind_thigh: [-0.3, 0.7, 1.5],
            calf: [-2.0, -1.2, -0.92],
            hip: 0.0,
            turning: 0.6,
            hip_turning: 0.0,
            backward: 1.0,
            ramp: 0.3,
            foot_load: 50.0,
            effort: 33.5,
            velocity: 15.0,
            afferents: true,
            stumbling: true,
            loading: true,
            balance: false,
            constrained: true,
            start: rhythm::START,
            parameters: BTreeMap::new(),
        }
    }
}

/// The four legs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LegsSpec {
    /// Front left.
    #[serde(rename = "FL", skip_serializing_if = "Option::is_none")]
    pub front_left: Option<LegSpec>,
    /// Front right.
    #[serde(rename = "FR", skip_serializing_if = "Option::is_none")]
    pub front_right: Option<LegSpec>,
    /// Hind left.
    #[serde(rename = "HL", skip_serializing_if = "Option::is_none")]
    pub hind_left: Option<LegSpec>,
    /// Hind right.
    #[serde(rename = "HR", skip_serializing_if = "Option::is_none")]
    pub hind_right: Option<LegSpec>,
}

/// The names of one leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegSpec {
    /// The joint that moves the leg sideways, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hip: Option<String>,
    /// The joint that swings the leg.
    pub thigh: String,
    /// The joint that bends it.
    pub calf: String,
    /// The sense of the kind `contact` at its foot, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foot: Option<String>,
}

/// The command to the rhythm generator, 0 to 1, by gait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GaitsSpec {
    /// Command for a walk, for slow going.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub walk: f64,
    /// Command for a trot, for fast going.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub trot: f64,
    /// Command for a bound, which the brain has to ask for.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bound: f64,
    /// Speed of the drive from which it trots by itself.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub trot_from: f64,
}

impl Default for GaitsSpec {
    fn default() -> Self {
        Self { walk: 0.3, trot: 0.5, bound: 0.6, trot_from: 0.5 }
    }
}

impl Validate for QuadrupedSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        for (key, range) in
            [("front_thigh", self.front_thigh), ("hind_thigh", self.hind_thigh), ("calf", self.calf)]
        {
            if !(range.iter().all(|angle| angle.abs() < 10.0) && range[0] < range[1] && range[1] < range[2]) {
                problems.help(
                    &format!("/{key}"),
                    format!("the angles [{}, {}, {}] rad are not possible", range[0], range[1], range[2]),
                    "give [flexed, standing, extended], each greater than the one before",
                );
            }
        }
        if !self.start.iter().all(|start| (0.0..=1.0).contains(start)) {
            problems.at("/start", "a slow variable is from 0 to 1");
        }
        let wiring = self.wiring();
        let weights = balance::WEIGHTS.iter().map(|(name, ..)| *name);
        let known: Vec<&str> = wiring.parameters.keys().map(String::as_str).chain(weights.clone()).collect();
        for (name, value) in &self.parameters {
            let here = format!("/parameters/{name}");
            if !value.is_finite() {
                problems.at(&here, format!("{value} is not a number"));
            } else if self.afferents && !known.contains(&name.as_str()) {
                problems.help(
                    &here,
                    format!("the quadruped has no parameter `{name}`"),
                    did_you_mean(name, &known),
                );
            } else if *value < 0.0 && weights.clone().any(|weight| weight == name) {
                problems.at(&here, format!("the weight is {value}, but it must be at least 0"));
            }
        }
    }
}
