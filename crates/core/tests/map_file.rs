//! ROS maps: what is saved is what ROS reads, what is loaded is what ROS would have read, and nothing makes them panic.

use std::fs;
use std::path::{Path, PathBuf};

use nalgebra::Point2;
use neuraxis_core::grid::Cell::{Free, Occupied, Unknown};
use neuraxis_core::grid::{Cell, MAX_SIDE, OccupancyGrid};
use neuraxis_core::map_file::{self, MapFile, MapMode};
use neuraxis_core::math;
use proptest::prelude::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("folder")
}

/// A map of these lines and this image, by its path.
fn write(folder: &Path, image: &[u8], lines: &str) -> PathBuf {
    fs::write(folder.join("it.pgm"), image).expect("image");
    let path = folder.join("it.yaml");
    fs::write(&path, format!("image: it.pgm\nresolution: 0.5\norigin: [-1, 2, 0]\n{lines}")).expect("YAML");
    path
}

fn pgm(width: usize, pixels: &[u8]) -> Vec<u8> {
    let mut image = format!("P5\n{width} {}\n255\n", pixels.len() / width).into_bytes();
    image.extend(pixels);
    image
}

fn load(image: &[u8], lines: &str) -> MapFile {
    let folder = folder();
    map_file::load(&write(folder.path(), image, lines)).expect("map")
}

fn cells(image: &[u8], lines: &str) -> Vec<Cell> {
    load(image, lines).to_grid().expect("grid").cells().to_vec()
}

/// A grid with these cells made occupied or free.
fn grid(size: [f64; 2], known: &[(i64, i64, bool)]) -> OccupancyGrid {
    let mut grid = OccupancyGrid::new(Point2::new(0.3, -7.0), size, 0.05);
    for (x, y, is_occupied) in known {
        let index = grid.index(*x, *y).expect("inside");
        grid.add(index, if *is_occupied { 3.0 } else { -3.0 });
    }
    grid
}

/// What is wrong with `loaded` as a copy of `grid`, if something is.
fn difference(grid: &OccupancyGrid, loaded: &OccupancyGrid) -> Option<String> {
    for (index, cell) in grid.cells().iter().enumerate() {
        let (x, y) = grid.coordinates(index);
        let copy = loaded.index_of(grid.center_of(x, y)).map(|index| loaded.cell(index));
        if *cell != copy.unwrap_or(Unknown) {
            return Some(format!("({x}, {y}): {cell:?} became {copy:?}"));
        }
    }
    let count = |grid: &OccupancyGrid| grid.cells().iter().filter(|cell| **cell != Unknown).count();
    (count(grid) != count(loaded)).then(|| "more is known than was".to_owned())
}

#[test]
fn a_saved_map_loads_as_it_was() {
    let folder = folder();
    let path = folder.path().join("office.map.yaml");
    let grid = grid([4.0, 2.0], &[(3, 4, true), (5, 4, false), (10, 9, true), (4, 8, false)]);
    map_file::save(&grid, &path).expect("saved");
    let map = map_file::load(&path).expect("loaded");
    assert_eq!((map.width, map.height), (8 + 2, 6 + 2), "the known block and a cell around it");
    assert_eq!(map.spec.mode, MapMode::Trinary);
    let copy = map.to_grid().expect("grid");
    assert_eq!(difference(&grid, &copy), None);
    assert_eq!((copy.origin().x, copy.resolution()), (grid.origin().x + 2.0 * 0.05, 0.05));
    assert_eq!(copy.changes(), 4, "whoever plans on it hears of all that is known");

    let mut names: Vec<_> =
        fs::read_dir(folder.path()).expect("folder").map(|e| e.expect("e").file_name()).collect();
    names.sort();
    assert_eq!(names, ["office.map.pgm", "office.map.yaml"], "this and nothing else is left behind");
    map_file::save(&copy, &path).expect("an older map is replaced");
    assert_eq!(difference(&grid, &map_file::load(&path).expect("loaded").to_grid().expect("grid")), None);
}

#[test]
fn a_saved_map_is_what_a_ros_user_expects() {
    let folder = folder();
    let path = folder.path().join("hall.yaml");
    // Low left a wall, to its right a free cell, above that one another wall.
    let grid = grid([4.0, 2.0], &[(3, 4, true), (4, 4, false), (4, 5, true)]);
    map_file::save(&grid, &path).expect("saved");
    let bytes = fs::read(folder.path().join("hall.pgm")).expect("image");
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().expect("line");
    assert_eq!(line(), b"P5");
    assert_eq!(line(), b"4 4", "width and height");
    assert_eq!(line(), b"255");
    let (o, f, u) = (0, 254, 205);
    let expected = [
        [u, u, u, u], // the highest y comes first
        [u, u, o, u],
        [u, o, f, u],
        [u, u, u, u],
    ];
    assert_eq!(line(), expected.concat());
    let (x, y) = (grid.origin().x + 2.0 * 0.05, grid.origin().y + 3.0 * 0.05);
    let text = fs::read_to_string(&path).expect("YAML");
    let expected = format!(
        "image: hall.pgm\nmode: trinary\nresolution: 0.05\norigin: [{x}, {y}, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.196\n"
    );
    assert_eq!(text, expected);
}

#[test]
fn a_map_that_fills_its_grid_has_no_room_for_a_margin() {
    let folder = folder();
    let path = folder.path().join("full.yaml");
    let grid = grid([0.1, 0.1], &[(0, 0, true), (1, 0, false), (0, 1, false), (1, 1, true)]);
    map_file::save(&grid, &path).expect("saved");
    let map = map_file::load(&path).expect("loaded");
    assert_eq!((map.width, map.height), (2, 2));
    assert_eq!(difference(&grid, &map.to_grid().expect("grid")), None);
}

#[test]
fn a_name_that_yaml_would_take_for_something_else_is_quoted() {
    let folder = folder();
    let grid = grid([1.0, 1.0], &[(3, 4, true)]);
    for name in ["a: b.yaml", "# x.yml", "\"q\".yaml", "- é 😀.yaml", "*a.yaml", "1.5.yaml"] {
        let path = folder.path().join(name);
        map_file::save(&grid, &path).expect(name);
        map_file::load(&path).expect(name);
    }
}

#[test]
fn a_map_that_cannot_be_saved_is_an_error_and_leaves_no_file() {
    let folder = folder();
    let known = grid([1.0, 1.0], &[(3, 4, true)]);
    let say = |grid: &OccupancyGrid, path: &Path| map_file::save(grid, path).expect_err("wrong").to_string();
    let message = say(&grid([1.0, 1.0], &[]), &folder.path().join("empty.yaml"));
    assert!(
        message.ends_with("empty.yaml: nothing of the map is known, so there is nothing to write"),
        "{message}"
    );
    let message = say(&known, &folder.path().join("it.pgm"));
    assert!(message.ends_with("it.pgm: a map's name ends in `.yaml`"), "{message}");
    say(&known, &folder.path().join("nowhere/it.yaml"));
    // The YAML has no room: its place is taken by a folder.
    fs::create_dir(folder.path().join("taken.yaml.part")).expect("folder");
    say(&known, &folder.path().join("taken.yaml"));
    let left = fs::read_dir(folder.path()).expect("folder").count();
    assert_eq!(left, 1, "no picture without its file, and no part of one");
}

#[test]
fn pixels_are_cells_row_for_row() {
    let map = load(&pgm(3, &[0, 254, 254, 254, 254, 205]), "free_thresh: 0.196\n");
    assert_eq!((map.width, map.height), (3, 2));
    let grid = map.to_grid().expect("grid");
    assert_eq!((grid.width(), grid.height(), grid.resolution()), (3, 2, 0.5));
    assert_eq!(grid.origin(), Point2::new(-1.0, 2.0));
    // The image's first pixel is upper left.
    let at = |x, y| grid.index_of(Point2::new(x, y)).map(|index| grid.cell(index));
    assert_eq!(at(-0.99, 2.99), Some(Occupied));
    assert_eq!(at(0.49, 2.01), Some(Unknown));
    assert_eq!(at(-0.99, 2.01), Some(Free));
    assert_eq!(at(-0.99, 3.01), None);
    let sure: Vec<f32> = grid.log_odds().to_vec();
    assert_eq!(sure, [-2.0, -2.0, 0.0, 2.0, -2.0, -2.0]);
}

#[test]
fn a_map_of_one_pixel_is_a_map() {
    for (shade, cell) in [(0, Occupied), (254, Free), (128, Unknown)] {
        assert_eq!(cells(&pgm(1, &[shade]), ""), [cell], "{shade}");
    }
    let folder = folder();
    let path = folder.path().join("one.yaml");
    let grid = grid([0.05, 0.05], &[(0, 0, false)]);
    map_file::save(&grid, &path).expect("saved");
    assert_eq!(difference(&grid, &map_file::load(&path).expect("loaded").to_grid().expect("grid")), None);
}

#[test]
fn a_negative_is_read_the_other_way_round() {
    let shades = [0, 255, 128];
    assert_eq!(cells(&pgm(3, &shades), ""), [Occupied, Free, Unknown]);
    assert_eq!(cells(&pgm(3, &shades), "negate: 1\n"), [Free, Occupied, Unknown]);
}

#[test]
fn shades_are_probabilities_between_the_thresholds() {
    let lines = "mode: scale\nfree_thresh: 0.2\noccupied_thresh: 0.8\n";
    // Occupancies of 1, 0.6, 0.502, 0.4 and 0.
    let grid = load(&pgm(5, &[0, 102, 127, 153, 255]), lines).to_grid().expect("grid");
    let near = |index: usize, probability: f64| {
        let felt = f64::from(grid.log_odds()[index]);
        let expected = math::ln(probability / (1.0 - probability));
        assert!((felt - expected).abs() < 0.02, "{index}: {felt} is not {expected}");
    };
    near(0, 0.88);
    near(1, 2.0 / 3.0);
    near(2, 0.503);
    near(3, 1.0 / 3.0);
    near(4, 0.12);
    assert_eq!(grid.cells(), [Occupied, Unknown, Unknown, Free, Free]);
    // Thresholds that leave no room between them, and a shade on both.
    let lines = "mode: scale\nfree_thresh: 1\noccupied_thresh: 1\n";
    assert_eq!(load(&pgm(1, &[0]), lines).to_grid().expect("grid").log_odds(), [0.0]);
}

#[test]
fn transparent_pixels_are_unknown_cells() {
    let mut png = Vec::new();
    let image = image::GrayAlphaImage::from_raw(2, 1, vec![0, 255, 0, 0]).expect("image");
    image.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("PNG");
    assert_eq!(cells(&png, "mode: scale\n"), [Occupied, Unknown]);
}

#[test]
fn raw_values_are_percentages() {
    let cells = cells(&pgm(5, &[0, 50, 100, 101, 255]), "mode: raw\n");
    assert_eq!(cells, [Free, Unknown, Occupied, Unknown, Unknown]);
}

#[test]
fn a_map_with_too_long_a_side_is_no_grid() {
    let longest = load(&pgm(MAX_SIDE, &vec![254; MAX_SIDE]), "");
    assert_eq!(longest.to_grid().expect("grid").width(), MAX_SIDE);
    let longer = load(&pgm(1, &vec![254; MAX_SIDE + 1]), "");
    let error = longer.to_grid().expect_err("too long").to_string();
    assert!(
        error.ends_with(
            "it.pgm: the image is 1 by 4097 pixels; a map that a brain reads has at most 4096 a side (crop it or choose a coarser resolution)"
        ),
        "{error}"
    );
}

proptest! {
    #[test]
    fn any_grid_comes_back(known in prop::collection::vec((0_i64..40, 0_i64..20, any::<bool>()), 1..200)) {
        let folder = folder();
        let path = folder.path().join("it.yaml");
        let grid = grid([2.0, 1.0], &known);
        map_file::save(&grid, &path).expect("saved");
        let copy = map_file::load(&path).expect("loaded").to_grid().expect("grid");
        prop_assert_eq!(difference(&grid, &copy), None);
    }

    #[test]
    fn random_bytes_never_panic(
        head in prop::sample::select(vec![
            &b""[..], b"P5\n3 2\n255\n", b"P5 3 2 65535 ", b"P4\n9 2\n", b"P2\n2 1\n255\n", b"P7\n", b"P6\n1 1\n7\n",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..200),
        lines in prop::sample::select(vec!["", "mode: raw\n", "mode: scale\nfree_thresh: 0.65\n", "negate: 7\n"]),
    ) {
        let folder = folder();
        let path = write(folder.path(), &[head, &tail].concat(), lines);
        if let Ok(map) = map_file::load(&path) {
            prop_assert!(map.to_grid().is_ok_and(|grid| grid.log_odds().iter().all(|l| l.is_finite())));
        }
    }

    #[test]
    fn a_damaged_map_never_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let folder = folder();
        let path = write(folder.path(), &pgm(2, &[0, 254, 205, 100]), "mode: scale\nnegate: 0\nfree_thresh: 0.25\n");
        let mut text = fs::read(&path).expect("YAML");
        for (place, byte) in &changes {
            let place = place.index(text.len());
            text[place] = *byte;
        }
        fs::write(&path, &text).expect("YAML");
        let _ = map_file::load(&path).map(|map| map.to_grid().is_ok());
        fs::write(&path, &bytes).expect("YAML");
        let _ = map_file::load(&path).map(|map| map.to_grid().is_ok());
    }
}
