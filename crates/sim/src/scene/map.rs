//! ROS maps (`map.yaml` + image) as walls.

use std::path::{Path, PathBuf};

use image::GenericImageView as _;
use neuraxis_core::file::{self, FileError, Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::labyrinth::{Block, rectangles};

/// No map has more pixels: a building of 400 m by 400 m at 5 cm.
const MAX_PIXELS: u64 = 64_000_000;

/// The file that `map_server` reads and writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapSpec {
    /// The image (`.pgm` or `.png`), seen from this file.
    pub image: String,
    /// Edge of a pixel, m.
    #[schemars(range(min = 0.0001, max = 100.0))]
    pub resolution: f64,
    /// Pose of the lower left corner: x, y (m) and yaw (rad), which must be 0.
    pub origin: [f64; 3],
    /// Whether white is occupied.
    #[serde(default)]
    pub negate: u8,
    /// A pixel is occupied if its occupancy (0 to 1) is above this.
    #[serde(default = "MapSpec::default_occupied")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub occupied_thresh: f64,
    /// A pixel is free if its occupancy is below this.
    #[serde(default = "MapSpec::default_free")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub free_thresh: f64,
    /// How pixels are read; all of them come to the same here, where unknown is free.
    #[serde(default)]
    pub mode: MapMode,
}

/// `map_server`'s modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MapMode {
    /// Free, occupied, unknown.
    #[default]
    Trinary,
    /// Shades between.
    Scale,
    /// The values themselves.
    Raw,
}

impl MapSpec {
    fn default_occupied() -> f64 {
        0.65
    }
    fn default_free() -> f64 {
        0.25
    }
}

impl Validate for MapSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        if self.origin[2] != 0.0 {
            problems.help(
                "/origin/2",
                "a turned map is not supported",
                "set the third number of `origin` to 0",
            );
        }
        if self.free_thresh > self.occupied_thresh {
            problems.at("/free_thresh", "`free_thresh` must not be above `occupied_thresh`");
        }
    }
}

/// Reads a map and covers its occupied pixels with boxes; these, and the path of its image.
///
/// # Errors
/// If the YAML or the image is missing, wrong or too large.
pub(crate) fn load(path: &Path) -> Result<(Vec<Block>, PathBuf), FileError> {
    let map = file::load::<MapSpec>(path, &[])?;
    let image_path = map.reference("/image", &map.value.image)?;
    let bytes = file::read_bytes(&image_path, 2 * MAX_PIXELS)?;
    let reader = image::ImageReader::new(std::io::Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| FileError::io(&image_path, &error))?;
    let mut reader = reader;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(100_000);
    limits.max_image_height = Some(100_000);
    limits.max_alloc = Some(8 * MAX_PIXELS);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| {
        FileError::unreadable(
            &image_path,
            &error.to_string(),
            "a map's image is a whole `.pgm` or `.png` file, with as many pixels as its header says",
        )
    })?;
    let (width, height) = image.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width == 0 || height == 0 {
        let why = format!("the image is {width} by {height} pixels; a map has 1 to {MAX_PIXELS}");
        return Err(FileError::unreadable(&image_path, &why, "crop it or choose a coarser resolution"));
    }
    let image = image.into_luma8();
    let spec = &map.value;
    let (w, h) = (width as usize, height as usize);
    let mut occupied = vec![false; w * h];
    for (x, y, pixel) in image.enumerate_pixels() {
        let shade = f64::from(pixel.0[0]) / 255.0;
        let occupancy = if spec.negate != 0 { shade } else { 1.0 - shade };
        // Image rows run downwards, y upwards.
        occupied[(h - 1 - y as usize) * w + x as usize] = occupancy > spec.occupied_thresh;
    }
    let r = spec.resolution;
    let blocks = rectangles(&occupied, w, h)
        .into_iter()
        .map(|[x, y, bw, bh]| Block {
            center: [
                spec.origin[0] + (x as f64 + 0.5 * bw as f64) * r,
                spec.origin[1] + (y as f64 + 0.5 * bh as f64) * r,
            ],
            size: [bw as f64 * r, bh as f64 * r],
        })
        .collect();
    Ok((blocks, image_path))
}
