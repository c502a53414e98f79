//! The navigator on a body that does exactly what it is told, in maps that are known or turn out wrong.

use nalgebra::{Isometry3, Point2};
use neuraxis_cognition::{CognitionSpec, Navigator, Search, Situation, build};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::grid::Cell;
use neuraxis_core::robot::Limits;
use neuraxis_core::{
    Belief, Goal, GoalStatus, Mobility, OccupancyGrid, Percepts, Pose2, Reading, Stamp, Twist2, math,
};

const CELL: f64 = 0.05;
/// Cells of the grid to an edge of a letter.
const SCALE: usize = 10;
const RADIUS: f64 = 0.15;

/// Two ways lead round the block: a short one by the door `D` and a long one below.
const DOOR: [&str; 9] = [
    "###############",
    "#.............#",
    "#S.....D.....G#",
    "#.............#",
    "#......########",
    "#......#......#",
    "#......#......#",
    "#.............#",
    "###############",
];

struct World {
    rows: Vec<Vec<u8>>,
}

impl World {
    /// The drawing, with the rows listed in `walls` closed at the column of the door.
    fn new(drawing: &[&str], door_rows: &[usize]) -> Self {
        let mut rows: Vec<Vec<u8>> = drawing.iter().rev().map(|row| row.as_bytes().to_vec()).collect();
        let height = rows.len();
        for &row in door_rows {
            rows[height - 1 - row][7] = b'#';
        }
        Self { rows }
    }

    fn is_wall(&self, x: f64, y: f64) -> bool {
        let edge = SCALE as f64 * CELL;
        if x < 0.0 || y < 0.0 {
            return true;
        }
        let (column, row) = ((x / edge) as usize, (y / edge) as usize);
        self.rows.get(row).and_then(|r| r.get(column)).is_none_or(|letter| *letter == b'#')
    }

    fn find(&self, letter: u8) -> Point2<f64> {
        let edge = SCALE as f64 * CELL;
        let place = self.rows.iter().enumerate().find_map(|(y, row)| {
            let x = row.iter().position(|l| *l == letter)?;
            Some(Point2::new((x as f64 + 0.5) * edge, (y as f64 + 0.5) * edge))
        });
        place.expect("the letter stands in the drawing")
    }

    /// The grid as a mapper that had seen everything would leave it.
    fn grid(&self) -> OccupancyGrid {
        let size = [self.rows[0].len() as f64 * 0.5, self.rows.len() as f64 * 0.5];
        let mut grid = OccupancyGrid::new(Point2::new(0.5 * size[0], 0.5 * size[1]), size, CELL);
        for index in 0..grid.cells().len() {
            let (x, y) = grid.coordinates(index);
            let at = grid.center_of(x, y);
            grid.add(index, if self.is_wall(at.x, at.y) { 4.0 } else { -4.0 });
        }
        grid
    }

    fn range(&self, pose: &Pose2, angle: f64) -> f64 {
        let (s, c) = math::sin_cos(pose.yaw + angle);
        (1..400)
            .map(|i| f64::from(i) * 0.01)
            .find(|d| self.is_wall(pose.x + d * c, pose.y + d * s))
            .unwrap_or(f64::INFINITY)
    }

    /// Room between the body and the nearest wall, m.
    fn gap(&self, pose: &Pose2) -> f64 {
        (0..72).map(|i| self.range(pose, f64::from(i) * math::PI / 36.0)).fold(f64::INFINITY, f64::min)
            - RADIUS
    }
}

fn body() -> BodyDescription {
    let sensor = serde_json::from_str(
        r#"{"kind": "lidar", "name": "scan", "link": "base", "beams": 180, "range": [0.05, 4.0], "rate": 10}"#,
    );
    BodyDescription {
        name: "disc".to_owned(),
        sensors: vec![SensorDescription {
            sensor: sensor.expect("a sensor"),
            mount: Isometry3::identity(),
            joints: Vec::new(),
            limb: None,
        }],
        actuators: Vec::new(),
        mobility: Mobility::default(),
        drive: None,
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: RADIUS,
        limits: Limits { linear: 0.4, angular: 2.0, linear_acceleration: 2.0, angular_acceleration: 20.0 },
    }
}

struct Trip {
    status: GoalStatus,
    length: f64,
    least_gap: f64,
    seconds: f64,
    end: Pose2,
}

/// Drives from S to G in `world`; the navigator knows `map`, and a wall that the range finder sees is drawn in.
fn drive(world: &World, mut map: OccupancyGrid, search: Search, goal: Point2<f64>) -> Trip {
    let spec = CognitionSpec { search, ..CognitionSpec::default() };
    let description = body();
    let mut navigator: Box<dyn Navigator> = build(&spec, &description, &map);
    let start = world.find(b'S');
    let mut pose = Pose2::new(start.x, start.y, 1.0);
    let mut percepts: Percepts = description.percepts();
    let mut belief = Belief::at(pose, Vec::new());
    navigator.set_goal(Some(Goal::Reach { x: goal.x, y: goal.y, tolerance: 0.2 }));
    let mut trip =
        Trip { status: GoalStatus::Active, length: 0.0, least_gap: f64::INFINITY, seconds: 0.0, end: pose };
    for tick in 0..12_000_u64 {
        percepts.now = Stamp(tick * 10_000_000);
        if tick % 10 == 0 {
            let now = percepts.now;
            percepts.slots_mut()[0].put(now, |reading| {
                if let Reading::Scan(scan) = reading {
                    for i in 0..scan.ranges.len() {
                        let angle = scan.angle_min + i as f64 * scan.angle_increment;
                        let range = world.range(&pose, angle);
                        scan.ranges[i] = range as f32;
                        if range.is_finite() {
                            let at = pose.transform(
                                (range + 0.01) * math::cos(angle),
                                (range + 0.01) * math::sin(angle),
                            );
                            if let Some(cell) =
                                map.index_of(at).filter(|cell| map.cell(*cell) != Cell::Occupied)
                            {
                                map.add(cell, 8.0);
                            }
                        }
                    }
                }
            });
            trip.least_gap = trip.least_gap.min(world.gap(&pose));
        }
        belief.stamp = percepts.now;
        belief.pose = pose;
        belief.odom = pose;
        let situation = Situation { belief: &belief, percepts: &percepts, map: &map };
        let drive = navigator.step(&situation);
        let twist = Twist2::new(drive.speed * 0.4, drive.turn * 2.0);
        belief.twist = twist;
        trip.length += twist.linear * 0.01;
        pose = pose.advance(&twist, 0.01);
        trip.end = pose;
        trip.seconds = (tick + 1) as f64 * 0.01;
        trip.status = navigator.status();
        if trip.status != GoalStatus::Active {
            break;
        }
    }
    trip
}

#[test]
fn the_short_way_is_taken_and_nothing_is_touched() {
    let world = World::new(&DOOR, &[1, 3]);
    for search in [Search::DStarLite, Search::AStar, Search::CognitiveGraph] {
        let trip = drive(&world, world.grid(), search, world.find(b'G'));
        assert_eq!(trip.status, GoalStatus::Reached, "{search:?}");
        // 6 m as the crow flies, through the door.
        assert!((5.8..6.8).contains(&trip.length), "{search:?}: {} m", trip.length);
        assert!(trip.least_gap > 0.0, "{search:?}: {} m", trip.least_gap);
        assert!(trip.seconds < 30.0, "{search:?}: {} s", trip.seconds);
    }
}

#[test]
fn a_door_that_turns_out_closed_is_gone_round() {
    let open = World::new(&DOOR, &[1, 3]);
    let mut drawing = DOOR;
    drawing[4] = "#.............#";
    let closed = World::new(&drawing, &[1, 2, 3]);
    let known = World::new(&drawing, &[1, 3]).grid();
    for search in [Search::DStarLite, Search::AStar, Search::CognitiveGraph] {
        let trip = drive(&closed, known.clone(), search, open.find(b'G'));
        assert_eq!(trip.status, GoalStatus::Reached, "{search:?}");
        assert!(trip.length > 6.05, "{search:?}: {} m is through the wall", trip.length);
        assert!(trip.least_gap > 0.0, "{search:?}: {} m", trip.least_gap);
    }
}

#[test]
fn a_goal_that_is_walled_in_is_given_up() {
    let closed = World::new(&DOOR, &[1, 2, 3]);
    for search in [Search::DStarLite, Search::CognitiveGraph] {
        let trip = drive(&closed, closed.grid(), search, closed.find(b'G'));
        assert_eq!(trip.status, GoalStatus::Unreachable, "{search:?}");
        assert!(trip.seconds < 10.0, "{search:?}: {} s", trip.seconds);
        assert!(trip.least_gap > 0.0, "{search:?}");
    }
}

#[test]
fn an_unknown_world_is_explored_towards_the_goal() {
    let world = World::new(&DOOR, &[1, 3]);
    let blank = OccupancyGrid::new(Point2::new(3.75, 2.25), [7.5, 4.5], CELL);
    for search in [Search::DStarLite, Search::CognitiveGraph] {
        let trip = drive(&world, blank.clone(), search, world.find(b'G'));
        assert_eq!(trip.status, GoalStatus::Reached, "{search:?}");
        assert!(trip.end.distance(&Pose2::new(world.find(b'G').x, world.find(b'G').y, 0.0)) <= 0.2);
        assert!(trip.least_gap > 0.0, "{search:?}: {} m", trip.least_gap);
    }
}
