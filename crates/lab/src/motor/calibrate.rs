//! How a body answers the drive: it is given each drive of a grid in an empty world, settles, and is measured.
//!
//! Forward speed is the way of `base_link` along the mean heading of short chords, per time; turning rate is what the heading
//! changed, per time. For swimmers, whose head swings, a chord is a period of the circuit. There is no supervisor: what is
//! measured is the circuit and its body.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use neuraxis_brain::{Driver, Session};
use neuraxis_core::calibration::Calibration;
use neuraxis_core::file;
use neuraxis_core::{Drive, Pose2, Twist2, math};
use neuraxis_motor::MotorSpec;
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::scene::world::WorldInstance;
use neuraxis_sim::{Arena, RobotModel, Scene};

use super::MotorEnvError;
use neuraxis_trial::parallel::map_in_order;
use neuraxis_trial::plan::PlannedRobot;

/// The least cosine of its lean at which a body still stands.
const UPRIGHT: f64 = 0.5;

/// Why there is no map.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unmeasured {
    /// Somebody stopped it.
    #[error("it was interrupted")]
    Stopped,
    /// The body fell over: these drives, speed and turn, it does not stand.
    #[error("the body falls over at {}", list(.0))]
    Fell(Vec<[f64; 2]>),
}

fn list(drives: &[[f64; 2]]) -> String {
    let mut words: Vec<String> =
        drives.iter().take(5).map(|[speed, turn]| format!("speed {speed} turn {turn}")).collect();
    if drives.len() > words.len() {
        words.push(format!("{} more", drives.len() - words.len()));
    }
    words.join(", ")
}

/// A body and the empty world that suits it: water for who is held in a plane and swims, flat ground for all others.
#[derive(Clone, Debug)]
pub struct ResponseRig {
    model: RobotModel,
    motor: MotorSpec,
    rate: f64,
    scene: SceneSpec,
    layout: WorldInstance,
    /// s: until it has settled, from one end of a chord to the other, and all that is measured.
    settle: f64,
    chord: f64,
    measure: f64,
}

impl ResponseRig {
    /// The robot in its world.
    ///
    /// # Errors
    /// If the circuit does not fit the body.
    pub fn new(robot: &PlannedRobot) -> Result<Self, MotorEnvError> {
        let brain = &robot.file.value.brain;
        let (model, motor) = (robot.model.clone(), brain.motor.clone());
        neuraxis_motor::build(&motor, &model.description)?;
        let (physics, [settle, chord, measure]) = match &motor {
            MotorSpec::Swimmer(spec) => (
                "physics: { timestep: 0.005, iterations: 1 }\nmedium: { density: 3000 }\n",
                [12.0, spec.period, 10.0 * spec.period],
            ),
            _ if model.spec.planar => (
                "physics: { timestep: 0.005, iterations: 1 }\nmedium: { density: 3000 }\n",
                [12.0, 2.0, 20.0],
            ),
            _ => ("", [4.0, 0.1, 10.0]),
        };
        let text = format!(
            "name: tank\nworld: []\nrobots: [{{ robot: it.yaml, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [1, 0] }} }}]\n\
             time_limit: 86400\n{physics}"
        );
        let world = |error: file::FileError| MotorEnvError::World(error.to_string());
        let loaded = file::parse::<SceneSpec>(Path::new("tank.yaml"), text, &[]).map_err(world)?;
        let scene = Scene::load(&loaded).map_err(world)?;
        let layout =
            scene.layout(0, &[model.size()]).map_err(|error| MotorEnvError::World(error.to_string()))?;
        Ok(Self { model, motor, rate: brain.rate, scene: scene.spec.clone(), layout, settle, chord, measure })
    }

    /// The motion that `drive` comes to; nothing if the body fell over or left all bounds.
    #[must_use]
    pub fn motion(&self, drive: &Drive, seed: u64) -> Option<Twist2> {
        let mut circuit = neuraxis_motor::build(&self.motor, &self.model.description).ok()?;
        let arena = Arena::new(seed, &self.scene, self.layout.clone(), vec![self.model.clone()]);
        let driver = Driver::Circuit { circuit: &mut *circuit, drive: *drive };
        let mut session = Session::new(arena).with_seat(0, driver, Some(self.rate));
        let pose = |arena: &Arena| arena.robots().first().map(|robot| Pose2::from_spatial(&robot.pose()));
        let (mut yaw, mut from_yaw, mut way, mut turned, mut length) = (0.0, 0.0, 0.0, 0.0, 0.0);
        // The sum of headings within a chord, and their number.
        let mut mean = (0.0, 0_u32);
        let (mut from, mut from_time) = (Pose2::default(), f64::NAN);
        loop {
            session.step().ok()?;
            let arena = session.world();
            let (here, now) = (pose(arena)?, arena.now().seconds());
            yaw += math::wrap(here.yaw - yaw);
            mean = (mean.0 + yaw, mean.1 + 1);
            if now < self.settle {
                continue;
            }
            if from_time.is_nan() {
                (from, from_time, from_yaw, mean) = (here, now, yaw, (yaw, 1));
            } else if now - from_time >= self.chord - 1e-9 {
                let (s, c) = math::sin_cos(mean.0 / f64::from(mean.1));
                let (half, time) = (0.5 * (yaw - from_yaw), now - from_time);
                // From the chord to the arc.
                let arc = if half.abs() < 1e-6 { 1.0 } else { half / math::sin(half) };
                way += arc * ((here.x - from.x) * c + (here.y - from.y) * s);
                turned += yaw - from_yaw;
                length += time;
                (from, from_time, from_yaw, mean) = (here, now, yaw, (yaw, 1));
            }
            if length >= self.measure - 1e-9 {
                let twist = Twist2::new(way / length, turned / length);
                // A body that lies on its side says nothing of how it walks.
                let up = arena.robots().first()?.pose().rotation * nalgebra::Vector3::z();
                return (twist.is_finite() && up.z > UPRIGHT).then_some(twist);
            }
        }
    }

    /// The map over a grid of `points` speeds and turns from -1 to 1.
    ///
    /// # Errors
    /// If it was stopped before all was done, or the body does not stand every drive.
    pub fn measure(
        &self,
        points: usize,
        seed: u64,
        jobs: usize,
        stop: &AtomicBool,
    ) -> Result<Calibration, Unmeasured> {
        let last = points.max(2) - 1;
        let grid: Vec<f64> = (0..=last).map(|i| 2.0 * i as f64 / last as f64 - 1.0).collect();
        let side = grid.len();
        let found = map_in_order(side * side, jobs, stop, |i| {
            self.motion(&Drive::new(grid[i / side], grid[i % side]), seed)
        });
        let found = found.ok_or(Unmeasured::Stopped)?;
        let fell: Vec<[f64; 2]> = (0..found.len())
            .filter(|i| found[*i].is_none())
            .map(|i| [grid[i / side], grid[i % side]])
            .collect();
        if !fell.is_empty() {
            return Err(Unmeasured::Fell(fell));
        }
        let found: Vec<Twist2> = found.into_iter().flatten().collect();
        // No more digits than were measured.
        let rows = |of: fn(&Twist2) -> f64| -> Vec<Vec<f64>> {
            let short = |motion: &Twist2| (of(motion) * 1e4).round() / 1e4 + 0.0;
            found.chunks(side).map(|row| row.iter().map(short).collect()).collect()
        };
        Ok(Calibration {
            linear: rows(|motion| motion.linear),
            angular: rows(|motion| motion.angular),
            speed: grid.clone(),
            turn: grid,
        })
    }
}

/// What stands above the block, so that a reader of the file knows where it is from.
const REMARK: &str =
    "# How it answers the drive: a row a speed, a column a turn. Measured by `neuraxis calibrate`.";

/// The block of a robot file.
#[must_use]
pub fn block(map: &Calibration) -> String {
    let list = |values: &[f64]| {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        format!("[{}]", values.join(", "))
    };
    let rows = |rows: &[Vec<f64>]| -> String {
        let lines: Vec<String> = rows.iter().map(|row| format!("    - {}\n", list(row))).collect();
        lines.concat()
    };
    format!(
        "{REMARK}\ncalibration:\n  speed: {}\n  turn: {}\n  linear: # m/s\n{}  angular: # rad/s\n{}",
        list(&map.speed),
        list(&map.turn),
        rows(&map.linear),
        rows(&map.angular)
    )
}

/// The text of a robot file with this `block` in the place of its own, or at its end; all else stays as it is.
#[must_use]
pub fn insert(text: &str, block: &str) -> String {
    let mut before = String::new();
    let mut after = String::new();
    let (mut is_inside, mut is_found) = (false, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == REMARK {
            continue;
        }
        if bare.starts_with("calibration:") && !is_found {
            (is_inside, is_found) = (true, true);
            continue;
        }
        // The block ends where something begins in the first column.
        if is_inside && (bare.is_empty() || line.starts_with([' ', '-'])) {
            continue;
        }
        is_inside = false;
        if is_found { &mut after } else { &mut before }.push_str(line);
    }
    if !before.is_empty() && !before.ends_with('\n') {
        before.push('\n');
    }
    before + block + &after
}
