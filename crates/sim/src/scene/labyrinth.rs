//! Mazes: drawn with letters, or drawn by a seed.

use neuraxis_core::random::Stream;
use rand::RngExt as _;

/// An upright box of a maze: middle (x, y) and edges (x, y), m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) center: [f64; 2],
    pub(crate) size: [f64; 2],
}

/// A maze: its walls, and where it wants robots to start and to go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Maze {
    pub(crate) blocks: Vec<Block>,
    pub(crate) starts: Vec<[f64; 2]>,
    pub(crate) goals: Vec<[f64; 2]>,
}

/// How many starts and goals a maze has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Letters {
    pub(crate) starts: usize,
    pub(crate) goals: usize,
}

impl Letters {
    pub(crate) fn add(&mut self, other: Self) {
        self.starts += other.starts;
        self.goals += other.goals;
    }
}

/// Counts the `S` and `G` of a drawing.
pub(crate) fn letters(rows: &[String]) -> Letters {
    let count = |letter| rows.iter().flat_map(|row| row.chars()).filter(|c| *c == letter).count();
    Letters { starts: count('S'), goals: count('G') }
}

/// The maze of a drawing; its lower left corner lies at the origin.
///
/// Walls become as few boxes as a greedy search finds: fewer for the physics engine to carry, and no
/// inner edges for a wheel to trip over.
pub(crate) fn draw(rows: &[String], cell: f64) -> Maze {
    let height = rows.len();
    let width = rows.iter().map(|row| row.chars().count()).max().unwrap_or(0);
    let mut wall = vec![false; width * height];
    let mut maze = Maze::default();
    for (i, row) in rows.iter().enumerate() {
        let y = height - 1 - i;
        for (x, letter) in row.chars().enumerate() {
            let middle = [(x as f64 + 0.5) * cell, (y as f64 + 0.5) * cell];
            match letter {
                '#' => wall[y * width + x] = true,
                'S' => maze.starts.push(middle),
                'G' => maze.goals.push(middle),
                _ => {}
            }
        }
    }
    maze.blocks = rectangles(&wall, width, height)
        .into_iter()
        .map(|[x, y, w, h]| Block {
            center: [(x as f64 + 0.5 * w as f64) * cell, (y as f64 + 0.5 * h as f64) * cell],
            size: [w as f64 * cell, h as f64 * cell],
        })
        .collect();
    maze
}

/// Covers the set cells of a grid with rectangles `[x, y, width, height]` that do not overlap.
pub(crate) fn rectangles(set: &[bool], width: usize, height: usize) -> Vec<[usize; 4]> {
    let mut left = set.to_vec();
    let mut found = Vec::new();
    for y in 0..height {
        for x in 0..width {
            if !left[y * width + x] {
                continue;
            }
            let run = (x..width).take_while(|c| left[y * width + c]).count();
            let down = (y..height).take_while(|r| left[r * width + x]).count();
            // The longer of the two directions first, then as far as it goes in the other.
            let row_is_set = |r: usize, w: usize| (x..x + w).all(|c| left[r * width + c]);
            let (w, h) = if run >= down {
                (run, (y..height).take_while(|r| row_is_set(*r, run)).count())
            } else {
                let column_is_set = |c: usize| (y..y + down).all(|r| left[r * width + c]);
                ((x..width).take_while(|c| column_is_set(*c)).count(), down)
            };
            for r in y..y + h {
                left[r * width + x..r * width + x + w].fill(false);
            }
            found.push([x, y, w, h]);
        }
    }
    found
}

/// A maze of `columns` by `rows` rooms that `stream` draws: a depth-first spanning tree (every room is
/// reachable), then `loops` of the remaining inner walls taken out. The lower left corner lies at the
/// origin; the start is the lower left room, the goal the upper right one.
pub(crate) fn generate(
    columns: usize,
    rows: usize,
    cell: f64,
    thickness: f64,
    loops: f64,
    stream: &mut Stream,
) -> Maze {
    // east[i]: a wall between room i and the next one along x; north[i]: along y.
    let count = columns * rows;
    let (mut east, mut north) = (vec![true; count], vec![true; count]);
    let mut seen = vec![false; count];
    let mut path = vec![0];
    seen[0] = true;
    while let Some(&room) = path.last() {
        let (x, y) = (room % columns, room / columns);
        let mut ways: Vec<usize> = Vec::with_capacity(4);
        if x + 1 < columns {
            ways.push(room + 1);
        }
        if x > 0 {
            ways.push(room - 1);
        }
        if y + 1 < rows {
            ways.push(room + columns);
        }
        if y > 0 {
            ways.push(room - columns);
        }
        ways.retain(|way| !seen[*way]);
        if ways.is_empty() {
            path.pop();
            continue;
        }
        let next = ways[stream.random_range(0..ways.len())];
        let first = room.min(next);
        if next.abs_diff(room) == 1 {
            east[first] = false;
        } else {
            north[first] = false;
        }
        seen[next] = true;
        path.push(next);
    }
    for room in 0..count {
        if room % columns + 1 < columns && east[room] && stream.random_bool(loops) {
            east[room] = false;
        }
        if room / columns + 1 < rows && north[room] && stream.random_bool(loops) {
            north[room] = false;
        }
    }

    let mut blocks = Vec::new();
    let half = 0.5 * thickness;
    // Walls that run along x, one box for each unbroken stretch; `line` counts from the lower edge.
    for line in 0..=rows {
        let stands = |x: usize| line == 0 || line == rows || north[(line - 1) * columns + x];
        for (from, to) in stretches(columns, stands) {
            blocks.push(Block {
                center: [0.5 * (from + to) as f64 * cell, line as f64 * cell],
                size: [(to - from) as f64 * cell + 2.0 * half, thickness],
            });
        }
    }
    for line in 0..=columns {
        let stands = |y: usize| line == 0 || line == columns || east[y * columns + line - 1];
        for (from, to) in stretches(rows, stands) {
            blocks.push(Block {
                center: [line as f64 * cell, 0.5 * (from + to) as f64 * cell],
                size: [thickness, (to - from) as f64 * cell + 2.0 * half],
            });
        }
    }
    Maze {
        blocks,
        starts: vec![[0.5 * cell, 0.5 * cell]],
        goals: vec![[(columns as f64 - 0.5) * cell, (rows as f64 - 0.5) * cell]],
    }
}

/// The unbroken stretches `[from, to)` of 0..`count` on which `stands` holds.
fn stretches(count: usize, stands: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = None;
    for i in 0..=count {
        match (from, i < count && stands(i)) {
            (None, true) => from = Some(i),
            (Some(start), false) => {
                found.push((start, i));
                from = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::random;

    #[test]
    fn a_drawing_keeps_its_letters_and_its_area() {
        let rows: Vec<String> = ["#####", "#S.G#", "#####"].iter().map(ToString::to_string).collect();
        let maze = draw(&rows, 0.5);
        assert_eq!(maze.starts, [[0.75, 0.75]]);
        assert_eq!(maze.goals, [[1.75, 0.75]]);
        let area: f64 = maze.blocks.iter().map(|b| b.size[0] * b.size[1]).sum();
        assert!((area - 12.0 * 0.25).abs() < 1e-12);
        assert!(maze.blocks.len() <= 4, "{:?}", maze.blocks);
    }

    #[test]
    fn rectangles_cover_every_set_cell_once() {
        let mut stream = random::stream(3, "cells");
        for _ in 0..50 {
            let set: Vec<bool> = (0..12 * 9).map(|_| stream.random_bool(0.5)).collect();
            let mut count = vec![0; set.len()];
            for [x, y, w, h] in rectangles(&set, 12, 9) {
                for r in y..y + h {
                    for c in x..x + w {
                        count[r * 12 + c] += 1;
                    }
                }
            }
            assert!(set.iter().zip(&count).all(|(s, c)| i32::from(*s) == *c));
        }
    }

    #[test]
    fn every_room_of_a_labyrinth_is_reachable() {
        for seed in 0..20 {
            let mut stream = random::stream(seed, "maze");
            let (columns, rows) = (7, 5);
            let maze = generate(columns, rows, 1.0, 0.1, 0.0, &mut stream);
            // Between two rooms there is a way if no block covers the middle of their common edge.
            let open = |p: [f64; 2]| {
                !maze.blocks.iter().any(|b| (0..2).all(|i| (p[i] - b.center[i]).abs() < 0.5 * b.size[i]))
            };
            let mut seen = vec![false; columns * rows];
            let mut stack = vec![(0_usize, 0_usize)];
            let mut edges = 0;
            while let Some((x, y)) = stack.pop() {
                if std::mem::replace(&mut seen[y * columns + x], true) {
                    continue;
                }
                let (cx, cy) = (x as f64 + 0.5, y as f64 + 0.5);
                for (dx, dy) in [(1_i32, 0_i32), (-1, 0), (0, 1), (0, -1)] {
                    if open([cx + 0.5 * f64::from(dx), cy + 0.5 * f64::from(dy)]) {
                        edges += 1;
                        stack.push(((x as i32 + dx) as usize, (y as i32 + dy) as usize));
                    }
                }
            }
            assert!(seen.iter().all(|s| *s), "seed {seed}");
            assert_eq!(edges / 2, columns * rows - 1, "a maze without loops is a tree");
        }
    }
}
