//! Who is put to a task: a body, its motor circuit, and the empty world in which it does it.

use std::path::Path;

use neuraxis_core::file::{self, FileError};
use neuraxis_core::robot::Robot;
use neuraxis_core::{Drive, Pose2};
use neuraxis_motor::{MotorCircuit, MotorError, MotorSpec};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::scene::world::WorldInstance;
use neuraxis_sim::{Arena, RobotModel, Scene, swimmer};

use super::EpisodeConditions;
use super::Task;
use neuraxis_trial::plan::PlannedRobot;

/// Why nobody can be put to a task.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MotorEnvError {
    /// The world cannot be made.
    #[error("{0}")]
    World(String),
    /// The circuit does not fit the body.
    #[error("{0}")]
    Circuit(#[from] MotorError),
    /// A step of the body's would be longer than the task's.
    #[error("the brain thinks {rate} times a second, but the task `{task}` is judged every {control} s (give a `rate` of {} or more)", 1.0 / control)]
    TooSlow {
        /// Of the brain, Hz.
        rate: f64,
        /// The task.
        task: &'static str,
        /// Its control step, s.
        control: f64,
    },
}

/// A body with a motor circuit, ready to be put to a task again and again.
#[derive(Clone, Debug)]
pub struct MotorEnv {
    /// The body.
    pub model: RobotModel,
    /// Its circuit.
    pub motor: MotorSpec,
    /// Ticks a second, Hz: how often the circuit is asked for a command.
    pub rate: f64,
    /// What it is put to.
    pub task: Task,
    /// What is asked of the circuit, in the place of what the task would ask.
    pub drive: Option<Drive>,
    scene: SceneSpec,
    layout: WorldInstance,
}

/// The name of the circuit, as a robot file has it.
#[must_use]
pub fn circuit_name(motor: &MotorSpec) -> &'static str {
    match motor {
        MotorSpec::DifferentialDrive {} => "differential_drive",
        MotorSpec::Ackermann {} => "ackermann",
        MotorSpec::Swimmer(_) => "swimmer",
        MotorSpec::Quadruped(_) => "quadruped",
        MotorSpec::Mlp(_) => "mlp",
        MotorSpec::Wired(_) => "wired",
    }
}

impl MotorEnv {
    /// `model` with `motor`, asked `rate` times a second, at `task`.
    ///
    /// # Errors
    /// If the circuit does not fit the body, or the body the task.
    pub fn new(model: RobotModel, motor: MotorSpec, rate: f64, task: Task) -> Result<Self, MotorEnvError> {
        neuraxis_motor::build(&motor, &model.description)?;
        // A hair of slack: 33.333 Hz is meant to be 0.03 s.
        if 1.0 / rate > task.control() * 1.001 {
            return Err(MotorEnvError::TooSlow { rate, task: task.name(), control: task.control() });
        }
        let text = format!(
            "name: {}\nrobots: [{{ robot: it.yaml, spawn: {{ at: [0, 0] }}, goal: {{ at: [1, 0] }} }}]\n\
             time_limit: 86400\n{}",
            task.name(),
            task.world(model.spec.planar)
        );
        let world = |error: FileError| MotorEnvError::World(error.to_string());
        let file = file::parse::<SceneSpec>(Path::new("task.yaml"), text, &[]).map_err(world)?;
        let scene = Scene::load(&file).map_err(world)?;
        let layout =
            scene.layout(0, &[model.size()]).map_err(|error| MotorEnvError::World(error.to_string()))?;
        Ok(Self { model, motor, rate, task, drive: None, scene: scene.spec.clone(), layout })
    }

    /// The robot of a file, at `task`.
    ///
    /// # Errors
    /// If the circuit does not fit the task.
    pub fn of(robot: &PlannedRobot, task: Task) -> Result<Self, MotorEnvError> {
        let brain = &robot.file.value.brain;
        Self::new(robot.model.clone(), brain.motor.clone(), brain.rate, task)
    }

    /// `dm_control`'s swimmer of `links` links.
    ///
    /// # Errors
    /// If the temporary folder cannot be written, or the circuit does not fit the body.
    pub fn swimmer(links: usize, motor: MotorSpec, task: Task) -> Result<Self, MotorEnvError> {
        let io = |error: std::io::Error| MotorEnvError::World(format!("the temporary folder: {error}"));
        let folder = tempfile::tempdir().map_err(io)?;
        std::fs::write(folder.path().join("it.xml"), swimmer::model(links)).map_err(io)?;
        let text = swimmer::robot(links, "it.xml") + "brain: null\n";
        let model = file::parse::<Robot<()>>(&folder.path().join("it.yaml"), text, &[])
            .and_then(|file| RobotModel::new(&file))
            .map_err(|error| MotorEnvError::World(error.to_string()))?;
        Self::new(model, motor, 1.0 / task.control(), task)
    }

    /// The same body and task with another circuit.
    ///
    /// # Errors
    /// If it does not fit the body.
    pub fn with(&self, motor: MotorSpec) -> Result<Self, MotorEnvError> {
        neuraxis_motor::build(&motor, &self.model.description)?;
        Ok(Self { motor, ..self.clone() })
    }

    /// A new circuit.
    ///
    /// # Errors
    /// If it does not fit the body.
    pub fn circuit(&self) -> Result<Box<dyn MotorCircuit>, MotorError> {
        neuraxis_motor::build(&self.motor, &self.model.description)
    }

    /// A new arena in which the body lies at the origin.
    pub(crate) fn arena(&self, conditions: &EpisodeConditions) -> Arena {
        let mut layout = self.layout.clone();
        for task in &mut layout.assignments {
            task.start = Pose2::new(task.start.x, task.start.y, conditions.yaw);
        }
        let mut scene = self.scene.clone();
        scene.friction = conditions.friction.unwrap_or(scene.friction);
        Arena::new(0, &scene, layout, vec![self.model.clone()])
    }

    /// Physics steps a control step.
    pub(crate) fn substeps(&self) -> usize {
        (self.task.control() / self.scene.physics.timestep).round().max(1.0) as usize
    }
}
