//! Simulated encoders of joints.

use neuraxis_core::percepts::JointState as Reading;
use neuraxis_core::random::Stream;
use neuraxis_core::senses::{JointNoise, JointStateSpec};

use super::{Measuring, Simulated, Wiring, stepped};

pub(super) struct JointState {
    joints: Vec<usize>,
    noise: JointNoise,
}

impl Simulated for JointState {
    type Reading = Reading;

    fn new(spec: &JointStateSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        Self { joints: wiring.joints.to_vec(), noise: spec.noise }
    }

    fn measure(&mut self, now: Measuring<'_>, state: &mut Reading) {
        let Self { joints, noise } = self;
        for (i, joint) in joints.iter().enumerate() {
            let truth = now.truth.robot.joints[*joint];
            state.position[i] = stepped(truth.position, noise.position_resolution);
            state.velocity[i] = stepped(truth.velocity, noise.velocity_resolution);
            // No more digits than the solver has.
            let effort = f64::from(truth.effort as f32);
            state.effort[i] = stepped(effort, noise.effort_resolution);
        }
    }
}
