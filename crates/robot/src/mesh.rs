//! The corners of a mesh's triangles: all that an outline needs of it.

use std::path::Path;

use crate::model::Vector;

/// The vertices of the meshes in an STL, OBJ or Collada file, one list a mesh, scaled; none if it cannot be read.
pub(crate) fn vertices(path: &Path, scale: Vector) -> Vec<Vec<Vector>> {
    let Ok(scene) = mesh_loader::Loader::default().load(path) else { return Vec::new() };
    let scaled = |mesh: mesh_loader::Mesh| mesh.vertices.iter().map(|at| Vector::from(*at) * scale).collect();
    scene.meshes.into_iter().map(scaled).collect()
}
