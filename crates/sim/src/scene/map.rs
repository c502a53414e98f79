//! ROS maps (`map.yaml` + image) as walls.

use std::path::{Path, PathBuf};

use neuraxis_core::file::FileError;
use neuraxis_core::grid::Cell;
use neuraxis_core::map_file;

use super::labyrinth::{Block, rectangles};

/// Reads a map and covers its occupied pixels with boxes; these, and the path of its image. What is unknown is free.
///
/// # Errors
/// If the YAML or the image is missing, wrong or too large.
pub(crate) fn load(path: &Path) -> Result<(Vec<Block>, PathBuf), FileError> {
    let map = map_file::load(path)?;
    let (w, h) = (map.width, map.height);
    let occupied: Vec<bool> = (0..w * h).map(|pixel| map.cell(pixel) == Cell::Occupied).collect();
    let (r, origin) = (map.spec.resolution, map.spec.origin);
    let blocks = rectangles(&occupied, w, h)
        .into_iter()
        .map(|[x, y, bw, bh]| Block {
            center: [
                origin[0] + (x as f64 + 0.5 * bw as f64) * r,
                origin[1] + (y as f64 + 0.5 * bh as f64) * r,
            ],
            size: [bw as f64 * r, bh as f64 * r],
        })
        .collect();
    Ok((blocks, map.image))
}
