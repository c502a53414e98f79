//! The parts that a brain is composed of, and what is asked of all of them.

use neuraxis_cognition::Navigator;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::calibration::{BodyModel, Inverse};
use neuraxis_core::{Modulation, OccupancyGrid, Origin, Outcome, Part, Pose2};
use neuraxis_fusion::Estimator;
use neuraxis_motor::MotorCircuit;

use crate::needs::{Homeostat, NominalHomeostat};
use crate::reflex::{Orienting, Reflex, Withdrawal};
use crate::{BrainError, BrainSpec};

/// All parts. The safety supervisor is none: what regulates and teaches them cannot reach it.
pub(crate) struct Parts {
    pub(crate) estimator: Box<dyn Estimator>,
    pub(crate) homeostat: Box<dyn Homeostat>,
    pub(crate) navigator: Box<dyn Navigator>,
    /// In the order in which they act.
    pub(crate) reflexes: Vec<Box<dyn Reflex>>,
    /// If the robot's file has a calibration.
    pub(crate) body_model: Option<Box<dyn BodyModel>>,
    pub(crate) circuit: Box<dyn MotorCircuit>,
}

impl Parts {
    /// The parts that `spec` asks for.
    pub(crate) fn build(
        spec: &BrainSpec,
        body: &BodyDescription,
        start: Pose2,
        known: Option<&OccupancyGrid>,
    ) -> Result<Self, BrainError> {
        let estimator = neuraxis_fusion::build(&spec.fusion, body, start, known);
        let navigator = neuraxis_cognition::build(&spec.cognition, body, estimator.map());
        let mut reflexes: Vec<Box<dyn Reflex>> = Vec::new();
        if spec.reflexes {
            reflexes.push(Box::new(Withdrawal::new(body.mobility.turns_on_spot)));
        }
        if spec.orienting {
            reflexes.push(Box::new(Orienting));
        }
        Ok(Self {
            estimator,
            homeostat: Box::new(NominalHomeostat::default()),
            navigator,
            reflexes,
            body_model: body
                .calibration
                .as_ref()
                .map(|map| Box::new(Inverse::new(map)) as Box<dyn BodyModel>),
            circuit: neuraxis_motor::build(&spec.motor, body)?,
        })
    }

    /// Each part, in the order of the tick.
    pub(crate) fn each(&self) -> impl Iterator<Item = &dyn Part> {
        let model = self.body_model.iter().map(|model| &**model as &dyn Part);
        let reflexes = self.reflexes.iter().map(|reflex| &**reflex as &dyn Part);
        [&*self.estimator as &dyn Part, &*self.homeostat, &*self.navigator]
            .into_iter()
            .chain(reflexes)
            .chain(model)
            .chain([&*self.circuit as &dyn Part])
    }

    /// The same, to be changed.
    pub(crate) fn each_mut(&mut self) -> impl Iterator<Item = &mut dyn Part> {
        let model = self.body_model.iter_mut().map(|model| &mut **model as &mut dyn Part);
        let reflexes = self.reflexes.iter_mut().map(|reflex| &mut **reflex as &mut dyn Part);
        [&mut *self.estimator as &mut dyn Part, &mut *self.homeostat, &mut *self.navigator]
            .into_iter()
            .chain(reflexes)
            .chain(model)
            .chain([&mut *self.circuit as &mut dyn Part])
    }

    /// What each was built from, in the same order.
    pub(crate) fn origins(&self, spec: &BrainSpec, body: &BodyDescription) -> Vec<Origin> {
        let of = |settings: &dyn std::fmt::Debug| Origin::of(body, settings);
        let mut origins = vec![of(&spec.fusion), of(&"nominal"), of(&spec.cognition)];
        origins.extend(self.reflexes.iter().map(|reflex| of(&reflex.name())));
        origins.extend(self.body_model.iter().map(|_| of(&body.calibration)));
        origins.push(of(&spec.motor));
        origins
    }

    /// Turns all parts up or down for the coming tick.
    pub(crate) fn regulate(&mut self, by: &Modulation) {
        self.each_mut().for_each(|part| part.regulate(by));
    }

    /// Shows all parts what came of the last tick.
    pub(crate) fn learn(&mut self, from: &Outcome<'_>) {
        self.each_mut().for_each(|part| part.learn(from));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use neuraxis_core::belief::Events;
    use neuraxis_core::{Brain as _, Command, Drive, saved};
    use neuraxis_testing::{Rig, bodies};

    use super::*;
    use crate::RobotBrain;

    /// What a part was told: cautions, and commands that went out.
    type Told = Arc<Mutex<(Vec<f64>, Vec<Command>)>>;

    struct Listener {
        told: Told,
    }

    saved!(Listener { ; told });

    impl Part for Listener {
        fn name(&self) -> &'static str {
            "listener"
        }
        fn regulate(&mut self, by: &Modulation) {
            self.told.lock().expect("one thread").0.push(by.caution);
        }
        fn learn(&mut self, from: &Outcome<'_>) {
            self.told.lock().expect("one thread").1.push(from.command.clone());
        }
    }

    impl Reflex for Listener {
        fn react(&mut self, drive: Drive, _: &Events) -> Drive {
            drive
        }
    }

    #[test]
    fn a_part_is_regulated_in_each_tick_and_learns_from_the_command_that_went_out_in_the_last() {
        let body = bodies::wheeled();
        let spec = serde_json::from_str(r#"{"settle": 0}"#).expect("a brain's block");
        let mut brain = RobotBrain::new(&spec, &body, Pose2::default()).expect("they fit");
        let told = Told::default();
        brain.parts.reflexes.push(Box::new(Listener { told: Arc::clone(&told) }));
        let (mut rig, mut command) = (Rig::new(&body, 1), body.command());
        let mut sent = Vec::new();
        for _ in 0..5 {
            rig.step(&command);
            brain.tick(rig.percepts(), &mut command);
            sent.push(command.clone());
        }
        let (cautions, commands) = &*told.lock().expect("one thread");
        assert_eq!(*cautions, [0.0; 5]);
        assert_eq!(*commands, sent[..4], "what the supervisor let through");
    }
}
