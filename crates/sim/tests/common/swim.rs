//! A swimmer in a pool, with the circuit of the worm that swims it: what tests, bench and examples share.

#![allow(dead_code, reason = "not every user needs every helper")]

use std::path::Path;

use neuraxis_core::World as _;
use neuraxis_core::file;
use neuraxis_core::math;
use neuraxis_core::robot::Robot;
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::wave::{Swing, wave};
use neuraxis_sim::{Arena, RobotModel, Scene, swimmer};

/// A control step, s.
pub(crate) const CONTROL: f64 = 0.03;

/// The physics of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Physics steps a control step.
    pub(crate) steps: usize,
    /// Iterations of the solver a physics step.
    pub(crate) iterations: usize,
}

/// The settings that are good enough and fast.
pub(crate) const CHOSEN: Settings = Settings { steps: 6, iterations: 1 };

/// A swimmer of `links` links, as a robot.
pub(crate) fn body(links: usize) -> RobotModel {
    body_with(links, |text| text, |text| text)
}

/// The same with another model or another robot file.
pub(crate) fn body_with(
    links: usize,
    model: impl Fn(String) -> String,
    robot: impl Fn(String) -> String,
) -> RobotModel {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("it.xml"), model(swimmer::model(links))).expect("it is written");
    let text = robot(swimmer::robot(links, "it.xml")) + "brain: null\n";
    let loaded = file::parse::<Robot<()>>(&folder.path().join("it.yaml"), text, &[]);
    RobotModel::new(&loaded.map_err(|e| e.to_string()).expect("it loads"))
        .map_err(|e| e.to_string())
        .expect("it fits")
}

/// A pool with `robot` at its middle, looking along `yaw`.
pub(crate) fn pool(robot: RobotModel, settings: Settings, medium: &str, yaw: f64) -> Arena {
    let scene = format!(
        "name: pool\nworld: []\nrobots: [{{ robot: it.yaml, spawn: {{ at: [0, 0], yaw: {yaw} }}, goal: {{ at: [1, 0] }} }}]\n\
         time_limit: 1000\nphysics: {{ timestep: {}, iterations: {} }}\n{medium}\n",
        CONTROL / settings.steps as f64,
        settings.iterations,
    );
    let loaded = file::parse::<SceneSpec>(Path::new("pool.yaml"), scene, &[]).map_err(|e| e.to_string());
    let scene = Scene::load(&loaded.expect("it loads")).expect("a scene");
    let layout = scene.layout(1, &[robot.size()]).expect("a layout");
    Arena::new(1, &scene.spec, layout, vec![robot])
}

/// The water of the swimmer.
pub(crate) const WATER: &str = "medium: { density: 3000 }";

/// What is cut off or changed in the circuit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circuit {
    /// Propagation, oscillator, same side, other side; the last inhibits.
    pub(crate) weights: [f64; 4],
    pub(crate) period: usize,
    /// Inhibition by the speed unit, 0 to 1.
    pub(crate) speed: f64,
    pub(crate) right: f64,
    /// Of the muscles, 1 for the swimmer's own.
    pub(crate) strength: f64,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { weights: [1.0; 4], period: 60, speed: 1.0, right: 0.0, strength: 1.0 }
    }
}

impl Circuit {
    /// Torques, as shares of the greatest, from joint positions, as shares of their range.
    pub(crate) fn torques(&self, step: usize, q: &[f64], torques: &mut [f64]) {
        let g = |x: f64| x.clamp(0.0, 1.0);
        let [propagation, oscillator, same, other] = self.weights;
        for i in 0..q.len() {
            let slow = g(self.speed) - 1.0;
            let (mut d, mut v) = (slow, slow);
            if i > 0 {
                let before = q[i - 1].clamp(-1.0, 1.0);
                d += g(before) * propagation;
                v += g(-before) * propagation;
            } else {
                d += g(self.right);
                let is_dorsal = step % self.period < self.period / 2;
                *(if is_dorsal { &mut d } else { &mut v }) += oscillator;
            }
            let (d, v) = (g(d), g(v));
            torques[i] = g(d * same - v * other) - g(v * same - d * other);
        }
    }
}

/// What a swim came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Swim {
    /// Joint positions before each control step, as shares of their range.
    pub(crate) q: Vec<Vec<f64>>,
    /// Forward speed of the head after it, m/s.
    pub(crate) v: Vec<f64>,
    /// Where the middle of the mass went, m.
    pub(crate) way: Vec<[f64; 2]>,
    /// Heading of the head, unwrapped, rad.
    pub(crate) yaw: Vec<f64>,
}

/// One control step of a circuit in an arena, as little as it takes; the joints' positions stay in `q`.
pub(crate) fn control(
    arena: &mut Arena,
    circuit: &Circuit,
    step: usize,
    settings: Settings,
    q: &mut [f64],
    command: &mut neuraxis_core::Command,
) {
    let robot = &arena.robots()[0];
    let range = swimmer::range(q.len() + 1);
    for (i, q) in q.iter_mut().enumerate() {
        *q = robot.joint(i).expect("a joint").0 / range;
    }
    circuit.torques(step, q, &mut command.values);
    command.values.iter_mut().for_each(|torque| *torque *= circuit.strength * swimmer::TORQUE);
    arena.act(0, command).expect("it acts");
    for _ in 0..settings.steps {
        arena.advance_physics();
    }
}

/// Swims for `steps` control steps.
pub(crate) fn swim(arena: &mut Arena, circuit: &Circuit, settings: Settings, steps: usize) -> Swim {
    let mut command = arena.robots()[0].model.description.command();
    let mut q = vec![0.0; command.values.len()];
    let mut swim = Swim::default();
    let start = arena.robots()[0].center_of_mass();
    let mut yaw = 0.0;
    for step in 0..steps {
        control(arena, circuit, step, settings, &mut q, &mut command);
        swim.q.push(q.clone());
        let robot = &arena.robots()[0];
        let ahead = robot.pose().rotation * nalgebra::Vector3::x();
        swim.v.push(robot.forward_speed());
        let at = robot.center_of_mass() - start;
        swim.way.push([at.x, at.y]);
        yaw += math::wrap(math::atan2(ahead.y, ahead.x) - yaw);
        swim.yaw.push(yaw);
    }
    swim
}

impl Swim {
    /// Reward of the Control Suite's task: the share of 0.1 m/s, summed up.
    pub(crate) fn reward(&self) -> f64 {
        self.v.iter().map(|v| (v / 0.1).clamp(0.0, 1.0)).sum()
    }

    /// Mean forward speed of the head, m/s.
    pub(crate) fn speed(&self) -> f64 {
        self.v.iter().sum::<f64>() / self.v.len() as f64
    }

    /// The wave of the joints (in ranges) at the circuit's period, from step 400 on.
    pub(crate) fn wave(&self, period: u32) -> Vec<Swing> {
        wave(&self.q, f64::from(period), 400)
    }
}
