//! ROS maps in files: `map.yaml` and its image, read and written as nav2's `map_server` and `map_saver` do.
//!
//! Pixels and cells are the same squares: row-major, row 0 at the lowest y, cell (0, 0) with its corner at the
//! map's origin. In the image itself, as ROS has it, row 0 is the highest y.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use image::GenericImageView as _;
use nalgebra::Point2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{self, FileError, Problems, Validate};
use crate::grid::{Cell, MAX_SIDE, OccupancyGrid};
use crate::math;

/// No map has more pixels: a building of 400 m by 400 m at 5 cm.
const MAX_PIXELS: u64 = 64_000_000;

/// Log-odds of a pixel that is surely occupied, and less 0 of one that is surely free (probability 0.88): clearly
/// one or the other to a grid, yet less sure than a mapper gets, so that what was moved since is unlearned.
const SURE: f64 = 2.0;

/// `map_saver`'s shades.
const OCCUPIED: u8 = 0;
const FREE: u8 = 254;
const UNKNOWN: u8 = 205;
/// `map_saver`'s thresholds. An [`UNKNOWN`] pixel has an occupancy of 1 - 205/255 = 0.19608, which `free_thresh`
/// has to be below: with 0.25 it would be read as free.
const OCCUPIED_THRESH: f64 = 0.65;
const FREE_THRESH: f64 = 0.196;

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

/// A map as it was read: its file and its pixels.
#[derive(Clone, Debug)]
pub struct MapFile {
    /// The YAML file.
    pub spec: MapSpec,
    /// Where its image lies.
    pub image: PathBuf,
    /// Pixels along x, at least 1.
    pub width: usize,
    /// Pixels along y, at least 1.
    pub height: usize,
    /// Brightness, 0 to 255, row 0 at the lowest y.
    shades: Vec<u8>,
    /// Whether one can see through the pixel, in the same order; empty if that is true of none, or of no matter.
    transparent: Vec<bool>,
}

/// Reads a map: the YAML file at `path` and the image that it names.
///
/// # Errors
/// If the YAML or the image is missing, wrong or too large (more than 64 million pixels).
pub fn load(path: &Path) -> Result<MapFile, FileError> {
    let map = file::load::<MapSpec>(path, &[])?;
    let image_path = map.reference("/image", &map.value.image)?;
    let bytes = file::read_bytes(&image_path, 2 * MAX_PIXELS)?;
    let reader = image::ImageReader::new(io::Cursor::new(bytes))
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
    let spec = map.value;
    let (width, height) = (width as usize, height as usize);
    let transparent = if spec.mode == MapMode::Scale && image.color().has_alpha() {
        let pixels: Vec<bool> = image.to_luma_alpha8().pixels().map(|pixel| pixel.0[1] < u8::MAX).collect();
        upside_down(&pixels, width)
    } else {
        Vec::new()
    };
    let shades = upside_down(image.into_luma8().as_raw(), width);
    Ok(MapFile { spec, image: image_path, width, height, shades, transparent })
}

/// The rows of `width` pixels in the opposite order: those of an image run downwards, y upwards.
fn upside_down<T: Copy>(pixels: &[T], width: usize) -> Vec<T> {
    pixels.chunks_exact(width).rev().collect::<Vec<_>>().concat()
}

impl MapFile {
    /// How occupied the pixel `index` is by its shade, 0 to 1.
    fn occupancy(&self, index: usize) -> f64 {
        let shade = f64::from(self.shades[index]) / 255.0;
        if self.spec.negate != 0 { shade } else { 1.0 - shade }
    }

    /// What the pixel `index` (row-major, row 0 at the lowest y, below width × height) counts as by the two
    /// thresholds: the trinary reading, whatever the map's mode.
    #[must_use]
    pub fn cell(&self, index: usize) -> Cell {
        let occupancy = self.occupancy(index);
        if occupancy > self.spec.occupied_thresh {
            Cell::Occupied
        } else if occupancy < self.spec.free_thresh {
            Cell::Free
        } else {
            Cell::Unknown
        }
    }

    /// The probability that the pixel `index` is occupied, read as the mode says; 0.5 is unknown.
    fn probability(&self, index: usize) -> f64 {
        let MapSpec { free_thresh: low, occupied_thresh: high, mode, .. } = self.spec;
        match (mode, self.cell(index)) {
            // The value itself is the percentage; what is none is unknown.
            (MapMode::Raw, _) => {
                let value = self.shades[index];
                if value <= 100 { f64::from(value) / 100.0 } else { 0.5 }
            }
            (MapMode::Scale, _) if self.transparent.get(index) == Some(&true) => 0.5,
            (_, Cell::Occupied) => 1.0,
            (_, Cell::Free) => 0.0,
            (MapMode::Scale, Cell::Unknown) if high > low => (self.occupancy(index) - low) / (high - low),
            (_, Cell::Unknown) => 0.5,
        }
    }

    /// The map as a grid in the `map` frame, a cell a pixel. Pixels become log-odds as `map_server` reads them:
    /// in `trinary` mode, occupied, free, or 0; in `scale` mode the shades between the two thresholds are the
    /// probabilities from 0 to 1, and what is transparent is unknown; in `raw` mode values of 0 to 100 are
    /// percentages, and the others are unknown. All cells that count as known are listed as changed.
    ///
    /// # Errors
    /// If a side has more than [`MAX_SIDE`] pixels.
    pub fn to_grid(&self) -> Result<OccupancyGrid, FileError> {
        let (width, height) = (self.width, self.height);
        let [x, y, _] = self.spec.origin;
        let grid = OccupancyGrid::with_origin(Point2::new(x, y), [width, height], self.spec.resolution);
        let Some(mut grid) = grid else {
            let why = format!(
                "the image is {width} by {height} pixels; a map that a brain reads has at most {MAX_SIDE} a side"
            );
            return Err(FileError::unreadable(&self.image, &why, "crop it or choose a coarser resolution"));
        };
        for index in 0..self.shades.len() {
            let probability = self.probability(index);
            let evidence = math::ln(probability / (1.0 - probability)).clamp(-SURE, SURE);
            if evidence != 0.0 {
                grid.add(index, evidence as f32);
            }
        }
        Ok(grid)
    }
}

/// Writes what is known of `grid`, and one cell around it as far as the grid goes, to the YAML file at `path`
/// (`NAME.yaml`) and an image beside it (`NAME.pgm`), as nav2's `map_saver` does in its `trinary` mode.
///
/// Each of the two appears whole or not at all, the image first.
///
/// # Errors
/// If nothing of the grid is known, if `path` is not the name of a `.yaml` file in UTF-8, or if the folder is not
/// there, not writable, or full.
pub fn save(grid: &OccupancyGrid, path: &Path) -> io::Result<()> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {why}", path.display()));
    if !path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
        return Err(wrong("a map's name ends in `.yaml`"));
    }
    let Some([left, low, right, high]) = grid.known() else {
        return Err(wrong("nothing of the map is known, so there is nothing to write"));
    };
    let (left, low) = (left.saturating_sub(1), low.saturating_sub(1));
    let (right, high) = ((right + 1).min(grid.width() - 1), (high + 1).min(grid.height() - 1));
    let image_path = path.with_extension("pgm");
    let Some(image_name) = image_path.file_name().and_then(OsStr::to_str) else {
        return Err(wrong("a map's name must be UTF-8, for it stands in the file"));
    };

    let mut image = format!("P5\n{} {}\n255\n", right - left + 1, high - low + 1).into_bytes();
    for y in (low..=high).rev() {
        let row = &grid.cells()[y * grid.width() + left..=y * grid.width() + right];
        image.extend(row.iter().map(|cell| match cell {
            Cell::Occupied => OCCUPIED,
            Cell::Free => FREE,
            Cell::Unknown => UNKNOWN,
        }));
    }
    let (origin, resolution) = (grid.origin(), grid.resolution());
    let (x, y) = (origin.x + left as f64 * resolution, origin.y + low as f64 * resolution);
    let text = format!(
        "image: {}\nmode: trinary\nresolution: {resolution}\norigin: [{x}, {y}, 0]\nnegate: 0\noccupied_thresh: {OCCUPIED_THRESH}\nfree_thresh: {FREE_THRESH}\n",
        scalar(image_name)
    );

    let image = Part::write(image_path, &image)?;
    let text = Part::write(path.to_owned(), text.as_bytes())?;
    image.finish()?;
    text.finish()
}

/// `name` as a YAML value: as it is if that can be nothing but a text, quoted if not.
fn scalar(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    // Every JSON string is one of YAML, and any text can be said as JSON.
    if is_plain { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

/// A file that has another name until it is whole; it goes if it does not get its own.
struct Part {
    path: PathBuf,
    part: PathBuf,
}

impl Part {
    fn write(path: PathBuf, content: &[u8]) -> io::Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = Self { path, part: part.into() };
        let mut file = File::create(&part.part)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(part)
    }

    fn finish(self) -> io::Result<()> {
        fs::rename(&self.part, &self.path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After a rename there is none, and if it cannot be removed there is nothing better to do.
        let _ = fs::remove_file(&self.part);
    }
}
