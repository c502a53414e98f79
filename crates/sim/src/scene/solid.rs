//! Solid things: what stands in a world and does not move.

use neuraxis_core::{Pose2, math};
use rapier3d::prelude::{Pose, SharedShape, Vector};

use super::labyrinth::Block;
use super::spec::WorldItem;

/// Something that does not move.
#[derive(Clone, Debug)]
pub struct Solid {
    /// Its shape.
    pub shape: SharedShape,
    /// Its pose in the world.
    pub pose: Pose,
    /// Whether one may drive on it (a ramp), so that the yardstick does not count it as a wall.
    pub drivable: bool,
}

impl Solid {
    /// An upright box that stands on the ground: its middle, its edges, turned about z (m, rad).
    #[must_use]
    pub fn block(at: [f64; 2], size: [f64; 3], yaw: f64) -> Self {
        solid(&WorldItem::Box { at: at.to_vec(), size, yaw })
    }
}

pub(super) fn upright(x: f64, y: f64, z: f64, yaw: f64) -> Pose {
    crate::convert::pose(&Pose2::new(x, y, yaw).to_spatial(z))
}

pub(super) fn walls(blocks: &[Block], height: f64) -> Vec<Solid> {
    blocks
        .iter()
        .map(|block| Solid {
            shape: SharedShape::cuboid(
                (0.5 * block.size[0]) as f32,
                (0.5 * block.size[1]) as f32,
                (0.5 * height) as f32,
            ),
            pose: upright(block.center[0], block.center[1], 0.5 * height, 0.0),
            drivable: false,
        })
        .collect()
}

pub(super) fn cylinder(at: [f64; 2], radius: f64, height: f64) -> Solid {
    // The engine's cylinders stand along y.
    let standing = Pose::rotation(Vector::X * std::f32::consts::FRAC_PI_2);
    Solid {
        shape: SharedShape::cylinder((0.5 * height) as f32, radius as f32),
        pose: upright(at[0], at[1], 0.5 * height, 0.0) * standing,
        drivable: false,
    }
}

/// A thing that needs neither a file nor the seed.
pub(super) fn solid(thing: &WorldItem) -> Solid {
    match thing {
        WorldItem::Cylinder { at, radius, height } => cylinder(*at, *radius, *height),
        WorldItem::Wall { from, to, thickness, height } => {
            let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
            Solid {
                shape: SharedShape::cuboid(
                    (0.5 * (math::hypot(dx, dy) + thickness)) as f32,
                    (0.5 * thickness) as f32,
                    (0.5 * height) as f32,
                ),
                pose: upright(
                    0.5 * (from[0] + to[0]),
                    0.5 * (from[1] + to[1]),
                    0.5 * height,
                    math::atan2(dy, dx),
                ),
                drivable: false,
            }
        }
        WorldItem::Ramp { at, size, yaw } => {
            let [run, width, rise] = [size[0] as f32, size[1] as f32, size[2] as f32];
            let half = 0.5 * width;
            let corners = [
                Vector::new(0.0, -half, 0.0),
                Vector::new(0.0, half, 0.0),
                Vector::new(run, -half, 0.0),
                Vector::new(run, half, 0.0),
                Vector::new(run, -half, rise),
                Vector::new(run, half, rise),
            ];
            let shape = SharedShape::convex_hull(&corners)
                .unwrap_or_else(|| SharedShape::cuboid(0.5 * run, half, 0.5 * rise));
            Solid { shape, pose: upright(at[0], at[1], 0.0, *yaw), drivable: true }
        }
        WorldItem::Box { at, size, yaw } => {
            let base = at.get(2).copied().unwrap_or(0.0);
            Solid {
                shape: SharedShape::cuboid(
                    (0.5 * size[0]) as f32,
                    (0.5 * size[1]) as f32,
                    (0.5 * size[2]) as f32,
                ),
                pose: upright(at[0], at[1], base + 0.5 * size[2], *yaw),
                drivable: false,
            }
        }
        // The others are made where their files and streams are.
        _ => Solid { shape: SharedShape::ball(1e-3), pose: Pose::IDENTITY, drivable: true },
    }
}
