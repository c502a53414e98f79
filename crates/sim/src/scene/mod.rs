//! Scenes: worlds of walls and ground, and who should go where in them.

pub mod coverage;
pub(crate) mod ground;
pub mod labyrinth;
pub mod map;
pub mod optimum;
pub mod route;
mod solid;
pub mod spec;
pub mod world;

pub use solid::Solid;
pub use spec::{Place, SceneSpec};
pub use world::{Scene, SceneError};
