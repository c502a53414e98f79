//! Drawn mazes, and a disc that is driven through them by touch: exact, without physics, and fast.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::collections::BTreeSet;

use nalgebra::{Isometry3, Point2, Vector2};
use neuraxis_cognition::{CognitionSpec, Navigator, Situation, build};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::robot::Limits;
use neuraxis_core::{
    Belief, Goal, GoalStatus, Mobility, OccupancyGrid, Percepts, Pose2, Reading, Reasons, Stamp, Twist2, math,
};

pub const RADIUS: f64 = 0.1;
const DT: f64 = 0.02;

pub const U: &[&str] = &["#####", "#   #", "### #", "#   #", "#####"];
pub const MEDIUM: &[&str] =
    &["########", "#  ##  #", "#  #   #", "##   ###", "#  #   #", "# #  # #", "#   #  #", "########"];
pub const LARGE: &[&str] = &[
    "############",
    "#    #     #",
    "# ## # # # #",
    "#      #   #",
    "# #### ### #",
    "#  # #     #",
    "## # # # ###",
    "#  #   #   #",
    "############",
];
/// With loops and rooms.
pub const LOOPS: &[&str] = &[
    "#############",
    "#     #     #",
    "# ### # ### #",
    "# #   #   # #",
    "# # ##### # #",
    "#     #     #",
    "### # # # ###",
    "#   #   #   #",
    "# ##### ### #",
    "#           #",
    "#############",
];
/// Halls with pillars.
pub const HALLS: &[&str] = &[
    "##############",
    "#     #      #",
    "#            #",
    "#   # #  ##  #",
    "#     #  ##  #",
    "### ###      #",
    "#     ###  ###",
    "#  #         #",
    "#     #  #   #",
    "#     #      #",
    "##############",
];

/// Boxes, axis-aligned: [x0, y0, x1, y1].
#[derive(Clone)]
pub struct World {
    pub walls: Vec<[f64; 4]>,
    pub size: [f64; 2],
    pub free: Vec<Point2<f64>>,
}

impl World {
    /// Cells of 1 m; row 0 on top.
    pub fn drawn(rows: &[&str]) -> Self {
        let (mut walls, mut free) = (Vec::new(), Vec::new());
        let height = rows.len();
        for (i, row) in rows.iter().enumerate() {
            for (x, letter) in row.bytes().enumerate() {
                let (x, y) = (x as f64, (height - 1 - i) as f64);
                if letter == b'#' {
                    walls.push([x, y, x + 1.0, y + 1.0]);
                } else {
                    free.push(Point2::new(x + 0.5, y + 0.5));
                }
            }
        }
        Self { walls, size: [rows[0].len() as f64, height as f64], free }
    }

    pub fn distance(&self, p: &Point2<f64>) -> (f64, Vector2<f64>) {
        let mut best = (f64::INFINITY, Vector2::x());
        for w in &self.walls {
            let near = Point2::new(p.x.clamp(w[0], w[2]), p.y.clamp(w[1], w[3]));
            let d = nalgebra::distance(&near, p);
            if d < best.0 {
                best = (d, if d > 1e-12 { (near - p) / d } else { Vector2::x() });
            }
        }
        best
    }

    /// The length of a shortest way for the disc, to within `tolerance` of the goal, about 1 % too long at most.
    pub fn optimum(&self, start: Point2<f64>, goal: Point2<f64>, tolerance: f64) -> Option<f64> {
        let h = 0.05;
        let (columns, rows) = ((self.size[0] / h) as i64, (self.size[1] / h) as i64);
        let at = |c: (i64, i64)| Point2::new((c.0 as f64 + 0.5) * h, (c.1 as f64 + 0.5) * h);
        let cell = |p: Point2<f64>| ((p.x / h) as i64, (p.y / h) as i64);
        let free: Vec<bool> = (0..columns * rows)
            .map(|i| self.distance(&at((i % columns, i / columns))).0 >= RADIUS - 0.5 * h)
            .collect();
        let mut steps = Vec::new();
        for dx in -4_i64..=4 {
            for dy in -4_i64..=4 {
                let gcd = |mut a: i64, mut b: i64| {
                    while b != 0 {
                        (a, b) = (b, a % b);
                    }
                    a.abs()
                };
                if gcd(dx, dy) == 1 {
                    steps.push((dx, dy, (((dx * dx + dy * dy) as f64).sqrt() * h * 1e6) as u64));
                }
            }
        }
        let found = pathfinding::prelude::dijkstra(
            &cell(start),
            |c| {
                let c = *c;
                let free = &free;
                steps
                    .iter()
                    .map(move |(dx, dy, l)| ((c.0 + dx, c.1 + dy), *l))
                    .filter(move |(n, _)| {
                        n.0 >= 0 && n.1 >= 0 && n.0 < columns && n.1 < rows && {
                            let middle = (i64::midpoint(n.0, c.0), i64::midpoint(n.1, c.1));
                            free[(n.1 * columns + n.0) as usize]
                                && free[(middle.1 * columns + middle.0) as usize]
                        }
                    })
                    .collect::<Vec<_>>()
            },
            |c| nalgebra::distance(&at(*c), &goal) <= tolerance,
        );
        found.map(|(_, length)| length as f64 / 1e6)
    }
}

pub fn body() -> BodyDescription {
    let sensor = serde_json::from_str(
        r#"{"kind": "contact", "name": "bumper", "link": "base", "rate": 50, "threshold": 0.1}"#,
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
        limits: Limits { linear: 0.5, angular: 2.84, linear_acceleration: 2.0, angular_acceleration: 20.0 },
    }
}

/// Why its last step drove as it did.
pub fn reasons(navigator: &dyn Navigator) -> Reasons {
    let mut reasons = Reasons::default();
    navigator.explain(&mut reasons);
    reasons
}

pub fn navigator(spec: &CognitionSpec, size: [f64; 2]) -> Box<dyn Navigator> {
    build(spec, &body(), &map(size))
}

pub fn map(size: [f64; 2]) -> OccupancyGrid {
    let room = 2.0;
    OccupancyGrid::new(
        Point2::new(0.5 * size[0], 0.5 * size[1]),
        [size[0] + 2.0 * room, size[1] + 2.0 * room],
        0.1,
    )
}

#[derive(Clone, Debug)]
pub struct Trip {
    pub status: GoalStatus,
    pub length: f64,
    pub seconds: f64,
    pub touches: u32,
    pub end: Pose2,
    pub trail: Vec<Point2<f64>>,
    pub modes: BTreeSet<String>,
}

/// Drives the disc from `start` to `goal` until the goal is decided or it went `budget` m.
pub fn drive(
    world: &World,
    navigator: &mut dyn Navigator,
    start: Point2<f64>,
    goal: Point2<f64>,
    tolerance: f64,
    budget: f64,
) -> Trip {
    pursue(world, navigator, start, Goal::Reach { x: goal.x, y: goal.y, tolerance }, budget)
}

/// The same with any goal.
pub fn pursue(
    world: &World,
    navigator: &mut dyn Navigator,
    start: Point2<f64>,
    goal: Goal,
    budget: f64,
) -> Trip {
    let description = body();
    let map = map(world.size);
    let mut pose = Pose2::new(start.x, start.y, 1.0);
    let mut percepts: Percepts = description.percepts();
    let mut belief = Belief::at(pose, Vec::new());
    let mut twist = Twist2::default();
    navigator.set_goal(Some(goal));
    let mut trip = Trip {
        status: GoalStatus::Active,
        length: 0.0,
        seconds: 0.0,
        touches: 0,
        end: pose,
        trail: vec![start],
        modes: BTreeSet::new(),
    };
    let mut was_touching = false;
    for tick in 0..10_000_000_u64 {
        percepts.now = Stamp(tick * 20_000_000);
        belief.stamp = percepts.now;
        belief.pose = pose;
        belief.odom = pose;
        belief.twist = twist;
        let situation = Situation { belief: &belief, percepts: &percepts, map: &map };
        let drive = navigator.step(&situation);
        trip.modes.insert(format!("{:?}", reasons(navigator).motion.mode));
        trip.status = navigator.status();
        trip.end = pose;
        trip.seconds = tick as f64 * DT;
        if trip.status != GoalStatus::Active || trip.length > budget || trip.seconds > 20.0 * budget / 0.5 {
            break;
        }
        let limits = &description.limits;
        let step = limits.linear_acceleration * DT;
        twist.linear += (drive.speed * limits.linear - twist.linear).clamp(-step, step);
        twist.angular = drive.turn * limits.angular;
        let before = pose;
        pose = pose.advance(&twist, DT);
        let mut touch = None;
        for _ in 0..3 {
            let here = Point2::new(pose.x, pose.y);
            let (d, toward) = world.distance(&here);
            if d >= RADIUS {
                break;
            }
            touch = Some(toward);
            pose.x -= toward.x * (RADIUS - d);
            pose.y -= toward.y * (RADIUS - d);
        }
        if touch.is_some() {
            twist.linear *= 0.5;
        }
        if touch.is_some() && !was_touching {
            trip.touches += 1;
        }
        was_touching = touch.is_some();
        let now = percepts.now;
        percepts.slots_mut()[0].put(now, |reading| {
            if let Reading::Contact(contact) = reading {
                contact.touching = touch.is_some();
                contact.force = if touch.is_some() { 5.0 } else { 0.0 };
                contact.bearing = touch.map_or(0.0, |t| math::wrap(math::atan2(t.y, t.x) - pose.yaw));
            }
        });
        trip.length += before.distance(&pose);
        if nalgebra::distance(trip.trail.last().expect("a point"), &Point2::new(pose.x, pose.y)) > 0.05 {
            trip.trail.push(Point2::new(pose.x, pose.y));
        }
    }
    trip
}
