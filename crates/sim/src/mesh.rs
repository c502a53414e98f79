//! Meshes of scenes, by `rapier3d-meshloader`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use neuraxis_core::file::{self, FileError};
use rapier3d::prelude::{MeshConverter, SharedShape, TriMeshFlags, Vector};
use rapier3d_meshloader::load_from_path;

/// A mesh as one collision shape; its convex hull unless `concave`.
///
/// # Errors
/// If the file is missing, of another format, or holds no volume.
pub(crate) fn load(path: &Path, scale: f64, concave: bool) -> Result<SharedShape, FileError> {
    // So that a file that cannot be read or is too large says so in our words.
    drop(file::read_bytes(path, 256 << 20)?);
    let converter = if concave {
        MeshConverter::TriMeshWithFlags(TriMeshFlags::FIX_INTERNAL_EDGES)
    } else {
        MeshConverter::ConvexHull
    };
    let wrong =
        |why: &str| FileError::unreadable(path, why, "a mesh is an `.obj` or `.stl` file with triangles");
    // The reader is not ours: a panic of its is an error of the file.
    let loaded =
        catch_unwind(AssertUnwindSafe(|| load_from_path(path, &converter, Vector::splat(scale as f32))))
            .map_err(|_| wrong("the mesh reader gave up on it"))?
            .map_err(|error| wrong(&error.to_string()))?;
    let mut parts = Vec::new();
    for part in loaded {
        let part = part.map_err(|error| wrong(&error.to_string()))?;
        parts.push((part.pose, part.shape));
    }
    match parts.len() {
        0 => Err(wrong("it holds no mesh")),
        1 if parts[0].0 == rapier3d::math::Pose::IDENTITY => Ok(parts.remove(0).1),
        _ => Ok(SharedShape::compound(parts)),
    }
}
