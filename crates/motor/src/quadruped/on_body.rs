//! The quadruped's circuit on a body: which joints, feet and vestibular organ it feels and moves.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::kinematics::Limb;
use neuraxis_core::percepts::{Contact, Imu};
use neuraxis_core::senses::{Sensor, is_possible};
use neuraxis_core::{Command, Drive, Input, Interface, Part, Percepts, Reasons, Trainable, saved};
use neuraxis_neural::{CircuitSpec, ParameterError};

use super::balance::{self, Balance, Footing, Vestibular};
use super::{LegSpec, LegState, Quadruped, QuadrupedSpec, TOUCH};
use crate::body::{Joint, JointNow, Pace, actuator, fresh, inertial, takes};
use crate::{Diagnostics, MotorCircuit, MotorError};

/// One leg on a body.
#[derive(Clone, Debug)]
struct Leg {
    /// How its foot hangs on the body, and which of hip, thigh and calf each joint of that is.
    limb: Option<(Limb, Vec<usize>)>,
    /// Where hip, thigh and calf stand in the command; the hip may be missing.
    actuators: [Option<usize>; 3],
    felt: [Option<Joint>; 3],
    foot: Option<Input<Contact>>,
}

/// The quadruped on a body.
#[derive(Clone, Debug)]
pub struct QuadrupedCircuit {
    quadruped: Quadruped,
    legs: Vec<Leg>,
    states: [LegState; 4],
    targets: [[f64; 3]; 4],
    pace: Pace,
    diagnostics: Diagnostics,
    balance: Option<Upright>,
    /// Those of the rhythm, then those of the balance.
    parameters: Vec<f64>,
    names: Vec<String>,
    limits: [f64; 2],
    standing: [[f64; 3]; 4],
}

/// The balance on a body.
#[derive(Clone, Debug)]
struct Upright {
    reflexes: Balance,
    weights: [f64; balance::COUNT],
    organ: Input<Imu>,
    corrected: [[f64; 3]; 4],
}

impl QuadrupedCircuit {
    /// The circuit of `spec` on `body`.
    ///
    /// # Errors
    /// If the two do not fit.
    pub fn new(spec: &QuadrupedSpec, body: &BodyDescription) -> Result<Self, MotorError> {
        takes(body, "quadruped", "joint_position", Interface::Position)?;
        let given =
            [&spec.legs.front_left, &spec.legs.front_right, &spec.legs.hind_left, &spec.legs.hind_right];
        let mut legs = Vec::new();
        for (given, prefix) in given.into_iter().zip(["FL", "FR", "RL", "RR"]) {
            let leg = match given {
                Some(names) => Leg::named(names, body)?,
                None => Leg::usual(prefix, body)?,
            };
            for index in leg.actuators.iter().flatten() {
                if legs.iter().any(|other: &Leg| other.actuators.contains(&Some(*index))) {
                    return Err(MotorError::JointTwice { joint: body.actuators[*index].joint.clone() });
                }
            }
            legs.push(leg);
        }
        if spec.afferents {
            let unfelt = legs.iter().flat_map(|leg| leg.actuators.iter().zip(&leg.felt)).find_map(
                |(actuator, felt)| {
                    actuator.filter(|_| felt.is_none()).map(|index| &body.actuators[index].joint)
                },
            );
            if let Some(joint) = unfelt {
                let help = "add one to `sensors:`, or set `afferents: false`";
                return Err(MotorError::Unfelt { circuit: "quadruped", joint: joint.clone(), help });
            }
        }
        let standing = |i: usize| [spec.hip, spec.thigh(i)[1], spec.calf[1]];
        let quadruped = Quadruped::new(spec)?;
        let mut parameters = quadruped.circuit.parameters().to_vec();
        let mut names = quadruped.circuit.parameter_names().to_vec();
        for (name, ..) in balance::WEIGHTS {
            if let Some(value) = spec.parameters.get(name).filter(|value| **value < 0.0) {
                return Err(balance::negative(name, *value).into());
            }
        }
        let balance = if spec.balance {
            let weights = balance::WEIGHTS
                .map(|(name, innate, _)| spec.parameters.get(name).copied().unwrap_or(innate));
            parameters.extend(weights);
            names.extend(balance::WEIGHTS.iter().map(|(name, ..)| (*name).to_owned()));
            let organ = Input::first(body).ok_or(MotorError::NoVestibular)?;
            if let Some(thigh) = legs.iter().find(|leg| leg.limb.is_none()).and_then(|leg| leg.actuators[1]) {
                return Err(MotorError::NoFooting { joint: body.actuators[thigh].joint.clone() });
            }
            Some(Upright { reflexes: Balance::new(&weights), weights, organ, corrected: [[0.0; 3]; 4] })
        } else {
            None
        };
        Ok(Self {
            balance,
            parameters,
            names,
            standing: [standing(0), standing(1), standing(2), standing(3)],
            limits: [body.limits.linear, body.limits.angular],
            quadruped,
            legs,
            states: [LegState::UNKNOWN; 4],
            targets: [standing(0), standing(1), standing(2), standing(3)],
            pace: Pace::new(spec.step),
            diagnostics: Diagnostics::default(),
        })
    }

    fn keep_upright(&mut self, drive: &Drive, percepts: &Percepts, dt: f64) {
        let Some(balance) = &mut self.balance else { return };
        balance.corrected = self.targets;
        let Some((rate, force)) = inertial(&balance.organ, percepts) else {
            // Without its organ it goes on as if it had none, and says so.
            self.diagnostics.missing_now += 6;
            self.diagnostics.missing += 6;
            return;
        };
        let felt = Vestibular { rate, force };
        let flexors = self.quadruped.flexors();
        let activity = self.quadruped.activity;
        let mut footings = [Footing { tip: None, radius: 0.0, load: 0.0, hip: 0.0, swings: false }; 4];
        for (i, footing) in footings.iter_mut().enumerate() {
            let (leg, state) = (&self.legs[i], &self.states[i]);
            footing.tip = leg.limb.as_ref().map(|(limb, order)| {
                limb.tip(order.iter().map(|j| (state.position[*j], state.velocity[*j])))
            });
            footing.tip = footing.tip.filter(|tip| tip.velocity.iter().all(|v| v.is_finite()));
            footing.radius = leg.limb.as_ref().map_or(0.0, |(limb, _)| limb.radius);
            footing.load = if state.foot.is_finite() { state.foot } else { 0.0 };
            footing.hip = if state.position[0].is_finite() { state.position[0] } else { self.targets[i][0] };
            footing.swings = flexors[i] > 0.0 && activity > 0.0;
        }
        let [speed, turn] = self.quadruped.spec.asked(drive);
        let wanted = [speed * self.limits[0], turn * self.limits[1]];
        let Upright { reflexes, corrected, .. } = balance;
        let began = reflexes.feel(&felt, &footings, wanted, dt);
        self.quadruped.began += u64::from(began);
        self.quadruped.stride = reflexes.stride();
        self.quadruped.steer = reflexes.steer() / self.limits[1].max(1e-3);
        reflexes.correct(&felt, &footings, wanted, &self.standing, dt, corrected);
    }

    fn sense(&mut self, percepts: &Percepts) {
        let mut missing = 0;
        for (state, leg) in self.states.iter_mut().zip(&self.legs) {
            for j in 0..3 {
                // A joint that the leg does not have is where it should be.
                let nothing = JointNow { position: self.quadruped.spec.hip, velocity: 0.0, effort: 0.0 };
                let now = match (&leg.felt[j], leg.actuators[j]) {
                    (Some(felt), _) => felt.read(percepts),
                    _ => nothing,
                };
                state.position[j] = now.position;
                state.velocity[j] = now.velocity;
                state.effort[j] = now.effort;
                missing += [now.position, now.velocity, now.effort].iter().filter(|v| !v.is_finite()).count();
            }
            state.foot = leg.foot.map_or(0.0, |foot| match fresh(&foot, percepts) {
                Some(contact) if is_possible(contact.force) && contact.touching => {
                    contact.force.max(2.0 * TOUCH)
                }
                Some(contact) if is_possible(contact.force) => 0.0,
                _ => f64::NAN,
            });
            missing += usize::from(!state.foot.is_finite());
        }
        self.diagnostics.missing_now = missing;
        self.diagnostics.missing += missing as u64;
    }
}

impl Leg {
    /// A leg whose names the file gives: all that it names must be there.
    fn named(names: &LegSpec, body: &BodyDescription) -> Result<Self, MotorError> {
        let hip = names.hip.as_ref().map(|hip| actuator(body, hip)).transpose()?;
        let foot = match &names.foot {
            Some(foot) => Some(Input::named(body, foot).ok_or_else(|| {
                let known: Vec<String> = contacts(body).map(str::to_owned).collect();
                MotorError::unknown_sense(foot, "contact", &known)
            })?),
            None => None,
        };
        Ok(Self::of(
            body,
            [hip, Some(actuator(body, &names.thigh)?), Some(actuator(body, &names.calf)?)],
            foot,
        ))
    }

    /// A leg with the usual names; hip and foot may be missing.
    fn usual(prefix: &str, body: &BodyDescription) -> Result<Self, MotorError> {
        let joint = |name: &str| actuator(body, &format!("{prefix}_{name}_joint"));
        let foot = Input::named(body, &format!("{prefix}_foot"));
        Ok(Self::of(body, [joint("hip").ok(), Some(joint("thigh")?), Some(joint("calf")?)], foot))
    }

    fn of(body: &BodyDescription, actuators: [Option<usize>; 3], foot: Option<Input<Contact>>) -> Self {
        let felt =
            actuators.map(|index| index.and_then(|index| Joint::find(body, &body.actuators[index].joint)));
        let limb = foot.and_then(|foot| {
            let limb = body.sensors[foot.slot()].limb.clone()?;
            let own = |name: &String| {
                actuators
                    .iter()
                    .position(|index| index.is_some_and(|index| body.actuators[index].joint == *name))
            };
            let order: Option<Vec<usize>> = limb.joints.iter().map(|joint| own(&joint.name)).collect();
            Some((limb, order?))
        });
        Self { limb, actuators, felt, foot }
    }
}

fn contacts(body: &BodyDescription) -> impl Iterator<Item = &str> {
    body.sensors.iter().filter_map(|sense| match &sense.sensor {
        Sensor::Contact(spec) => Some(spec.name.as_str()),
        _ => None,
    })
}

impl Part for QuadrupedCircuit {
    fn name(&self) -> &'static str {
        "quadruped"
    }

    fn explain(&self, to: &mut Reasons) {
        to.motor = self.diagnostics.reason();
    }

    fn trainable(&self) -> Option<&dyn Trainable> {
        Some(self)
    }

    fn trainable_mut(&mut self) -> Option<&mut dyn Trainable> {
        Some(self)
    }
}

impl MotorCircuit for QuadrupedCircuit {
    fn step(&mut self, drive: &Drive, percepts: &Percepts, dt: f64, command: &mut Command) {
        let steps = self.pace.due(percepts.now);
        if steps > 0 || self.balance.is_some() {
            self.sense(percepts);
        }
        for _ in 0..steps {
            self.quadruped.step(&self.states, drive, &mut self.targets);
        }
        self.diagnostics.reflexes = self.quadruped.began;
        self.keep_upright(drive, percepts, dt);
        let targets = self.balance.as_ref().map_or(&self.targets, |balance| &balance.corrected);
        for (leg, targets) in self.legs.iter().zip(targets) {
            for (actuator, target) in leg.actuators.iter().zip(targets) {
                if let Some(value) = actuator.and_then(|index| command.values.get_mut(index)) {
                    *value = *target;
                }
            }
        }
    }

    fn reset(&mut self) {
        self.quadruped.reset();
        self.pace.reset();
        if let Some(balance) = &mut self.balance {
            balance.reflexes = Balance::new(&balance.weights);
        }
        self.diagnostics = Diagnostics::default();
    }

    fn wiring(&self) -> Option<&CircuitSpec> {
        Some(&self.quadruped.wiring)
    }

    fn diagnostics(&self) -> Diagnostics {
        self.diagnostics
    }
}

impl Trainable for QuadrupedCircuit {
    fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    fn parameter_names(&self) -> &[String] {
        &self.names
    }

    fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError> {
        let (expected, found) = (self.parameters.len(), values.len());
        if found != expected {
            return Err(ParameterError::Count { expected, found });
        }
        let (own, rest) = values.split_at(self.quadruped.circuit.parameters().len());
        for (name, value) in self.names.iter().skip(own.len()).zip(rest) {
            if !value.is_finite() {
                return Err(ParameterError::NotANumber { name: name.clone(), value: value.to_string() });
            }
            if *value < 0.0 {
                return Err(balance::negative(name, *value));
            }
        }
        self.quadruped.circuit.set_parameters(own)?;
        if let Some(balance) = &mut self.balance {
            balance.weights.copy_from_slice(rest);
            balance.reflexes = Balance::new(&balance.weights);
        }
        self.parameters.copy_from_slice(values);
        Ok(())
    }

    fn project(&self, values: &mut [f64]) {
        let count = self.quadruped.circuit.parameters().len();
        let (own, rest) = values.split_at_mut(count.min(values.len()));
        self.quadruped.circuit.project(own);
        for weight in rest {
            *weight = weight.max(0.0);
        }
    }
}

saved!(Upright { reflexes, weights, corrected; organ } then Self::is_whole);

impl Upright {
    /// Lets loaded weights act; whether they may be what they are.
    fn is_whole(&mut self) -> bool {
        self.reflexes.set_weights(&self.weights);
        self.weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite())
    }
}
saved!(QuadrupedCircuit {
    quadruped, states: each, targets, pace, diagnostics, balance: each, parameters; legs, names, limits, standing
});
