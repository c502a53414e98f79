//! The simulated bumper: the contact forces on one link.

use neuraxis_core::math;
use neuraxis_core::percepts::Contact as Reading;
use neuraxis_core::random::Stream;
use neuraxis_core::senses::ContactSpec;
use rapier3d::prelude::{ColliderHandle, Vector};

use super::{Measuring, Simulated, Truth, Wiring};

pub(super) struct Contact {
    link: usize,
    shapes: Vec<ColliderHandle>,
    threshold: f64,
}

impl Simulated for Contact {
    type Reading = Reading;

    fn new(spec: &ContactSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        Self { link: wiring.frame().0, shapes: wiring.touch.clone(), threshold: spec.threshold }
    }

    fn measure(&mut self, now: Measuring<'_>, contact: &mut Reading) {
        *contact = feel(now.truth, self.link, &self.shapes, self.threshold);
    }
}

/// The sum of the contact forces on a link from anything but the robot itself.
fn feel(truth: &Truth<'_>, link: usize, shapes: &[ColliderHandle], threshold: f64) -> Reading {
    let pose = truth.robot.links[link];
    let mut force = 0.0;
    let mut toward = Vector::ZERO;
    for handle in shapes {
        for pair in truth.world.contact_pairs_with(*handle) {
            let other = if pair.collider1 == *handle { pair.collider2 } else { pair.collider1 };
            let own = truth.world.colliders.get(other).is_none_or(|c| c.user_data == truth.robot.user_data);
            if own {
                continue;
            }
            let impulse = f64::from(pair.total_impulse_magnitude());
            if impulse <= 0.0 {
                continue;
            }
            force += impulse / truth.robot.timestep;
            if let Some((manifold, _)) = pair.find_deepest_contact() {
                let away =
                    if pair.collider1 == *handle { manifold.data.normal } else { -manifold.data.normal };
                toward += pose.inverse_transform_vector(away) * impulse as f32;
            }
        }
    }
    let touching = force > threshold;
    Reading { touching, force, bearing: math::atan2(f64::from(toward.y), f64::from(toward.x)) }
}
