//! `neuraxis bench fusion`: estimators beside each other on the same senses, with faults put in.
//!
//! The body is driven along a figure of eight by one who knows where it is, so that a wrong belief does not change the way;
//! all estimators are shown the same percepts, tick by tick. The faults follow from the robot's senses: each absolute cue gets
//! noisy, silent, frozen, biased and full of outliers, the wheels slip, the gyroscope drifts, and all absolute cues go at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use neuraxis_brain::{Driver, Session};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::FileError;
use neuraxis_core::percepts::AbsolutePose;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Command, Percepts, Pose2, Stamp, Twist2, math};
use neuraxis_fusion::{Estimator, FusionSpec, Rule, Space};
use neuraxis_sim::Arena;
use neuraxis_sim::scene::spec::{Fault, FaultKind, SceneSpec};
use serde::Serialize;

use super::oracle::Oracle;
use neuraxis_trial::PlannedScene;
use neuraxis_trial::parallel::map_in_order;
use neuraxis_trial::statistics::{Interval, mean_interval};

/// The rules that are compared, in the order of the table; the first is the one that is tested.
pub const RULES: [Rule; 4] = [Rule::InverseEffectiveness, Rule::Ekf, Rule::EkfGated, Rule::Odometry];
/// The first second is for settling, s.
const SETTLE: f64 = 1.0;
/// Ticks a second.
const RATE: f64 = 100.0;
/// Time between two points of a time line, s.
const LINE_PERIOD: f64 = 0.5;
/// Half the length and half the width of the figure of eight, m.
const EIGHT: [f64; 2] = [2.0, 1.3];

/// What is run.
#[derive(Clone, Debug)]
pub struct FusionBenchConfig {
    /// Trials a fault.
    pub seeds: usize,
    /// The first seed.
    pub seed: u64,
    /// Length of a trial, s.
    pub seconds: f64,
    /// When the fault begins and ends, s.
    pub window: [f64; 2],
    /// Factor on the size of each fault.
    pub severity: f64,
    /// Threads.
    pub jobs: usize,
    /// Only scenarios with this in their name.
    pub only: Option<String>,
}

/// A fault, and what it is called in the table.
#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    /// For the table.
    pub name: String,
    /// Empty: nothing happens.
    pub faults: Vec<Fault>,
}

/// One point of a trial's time line.
#[derive(Clone, Debug, Serialize)]
pub struct LinePoint {
    /// s.
    pub time: f64,
    /// Error of the position, m: the rule that is tested, the plain filter, the oracle.
    pub error: [f32; 3],
    /// Reliability of each cue, in the order of [`TrialRow::cues`].
    pub reliability: Vec<f32>,
    /// Responses of the event detectors: obstacle, contact, slip.
    pub events: [f32; 3],
}

/// One trial.
#[derive(Clone, Debug, Serialize)]
pub struct TrialRow {
    /// The scenario's place in the table.
    pub scenario: usize,
    /// The seed.
    pub seed: u64,
    /// Root mean square of the position's error, m, of each of [`RULES`].
    pub rmse: [f64; 4],
    /// The oracle's.
    pub oracle: f64,
    /// Root mean square of the heading's error, rad, of the rule that is tested.
    pub heading: f64,
    /// Mean of the normalised innovation squared over its degrees of freedom, of the plain filter's absolute cues.
    pub nis: f64,
    /// Whether every belief was finite with a covariance that is one.
    pub is_sound: bool,
    /// Largest error of the position of the rule that is tested, m.
    pub largest: f64,
    /// Whether the position's standard deviation grew while all absolute cues were gone, and how long after their return the
    /// error was nominal again (no larger than the largest of the same trial without the fault), s; for the scenario in
    /// which they go.
    pub recovery: Option<(bool, f64)>,
    /// The cues' names.
    pub cues: Vec<String>,
    /// The time line.
    pub line: Vec<LinePoint>,
}

/// One row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The robot's name, and the space of the estimate.
    pub robot: String,
    /// The scenario's.
    pub scenario: String,
    /// What is wrong there.
    pub faults: Vec<Fault>,
    /// Mean over the seeds of each of [`RULES`], m.
    pub rmse: [f64; 4],
    /// The oracle's, m.
    pub oracle: f64,
    /// 95 % interval of the tested rule's error over the oracle's.
    pub over_oracle: Interval,
    /// The same over the plain filter's.
    pub over_plain: Interval,
    /// What is asked of it, and whether that holds.
    pub demands: Vec<(String, bool)>,
}

/// Everything about one robot.
#[derive(Clone, Debug, Serialize)]
pub struct RobotBench {
    /// Its name, and the space of the estimate.
    pub robot: String,
    /// Its scenarios.
    pub scenarios: Vec<Scenario>,
    /// The trials, by scenario and seed.
    pub trials: Vec<TrialRow>,
    /// The table.
    pub rows: Vec<Row>,
}

impl RobotBench {
    /// Whether all that is asked for holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.demands.iter().all(|(_, holds)| *holds))
    }
}

/// The scenarios that a body's senses allow.
#[must_use]
pub fn scenarios(body: &BodyDescription, config: &FusionBenchConfig) -> Vec<Scenario> {
    let [from, until] = config.window;
    let severity = config.severity;
    let fault = |sensor: &str, kind| Fault {
        robot: 0,
        sensor: sensor.to_owned(),
        kind,
        from,
        until: Some(until),
        factor: None,
        fraction: None,
        offset: None,
    };
    let mut list = vec![Scenario { name: "nominal".to_owned(), faults: Vec::new() }];
    let mut one = |name: String, fault: Fault| list.push(Scenario { name, faults: vec![fault] });
    let mut absolute = Vec::new();
    for sensor in body.sensors.iter().map(|s| &s.sensor) {
        let name = sensor.name();
        match sensor {
            Sensor::Lidar { .. } | Sensor::Pose { .. } => {
                absolute.push(name.to_owned());
                let noise = 1.0 + 9.0 * severity;
                one(
                    format!("{name} noise × {noise:.0}"),
                    Fault { factor: Some(noise), ..fault(name, FaultKind::Noise) },
                );
                one(format!("{name} silent"), fault(name, FaultKind::Silent));
                let share = (0.2 * severity).min(1.0);
                one(
                    format!("{name} {:.0} % outliers", 100.0 * share),
                    Fault { fraction: Some(share), ..fault(name, FaultKind::Outliers) },
                );
                one(format!("{name} frozen"), fault(name, FaultKind::Frozen));
                let offset = [1.0 * severity, 0.5 * severity, 0.0];
                let offset =
                    if matches!(sensor, Sensor::Lidar { .. }) { [0.3 * severity, 0.0, 0.0] } else { offset };
                one(format!("{name} biased"), Fault { offset: Some(offset), ..fault(name, FaultKind::Bias) });
            }
            Sensor::WheelOdometry { .. } => {
                let slip = 1.0 + severity;
                one(
                    format!("wheel slip × {slip:.1}"),
                    Fault { factor: Some(slip), ..fault(name, FaultKind::Slip) },
                );
            }
            Sensor::Imu { .. } => {
                let bias = 0.3 * severity;
                one(
                    format!("gyro bias {bias:.2} rad/s"),
                    Fault { offset: Some([0.0, 0.0, bias]), ..fault(name, FaultKind::Bias) },
                );
            }
            _ => {}
        }
    }
    let faults = absolute
        .iter()
        .map(|name| Fault { until: Some(from + 5.0), ..fault(name, FaultKind::Silent) })
        .collect();
    if absolute.len() > 1 {
        list.push(Scenario { name: "all absolute cues silent, 5 s".to_owned(), faults });
    }
    if let Some(only) = &config.only {
        list.retain(|scenario| scenario.name.contains(only.as_str()));
    }
    list
}

/// Runs the bench for the first robot of `scene`; `progress` is told how many trials are done, and of how many; after
/// `stop` is set there is no result.
///
/// # Errors
/// If the scene cannot be set up.
pub fn run(
    scene: &PlannedScene,
    config: &FusionBenchConfig,
    stop: &AtomicBool,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Option<RobotBench>, FileError> {
    let body = scene.robots[0].model.description.clone();
    let space = scene.robots[0].file.value.brain.fusion.space_of(&body);
    let name = format!("{}, {}", body.name, space.name());
    let scenarios = scenarios(&body, config);
    let total = scenarios.len() * config.seeds;
    let mut arenas = Vec::new();
    for i in 0..total {
        let (scenario, seed) = (i / config.seeds, config.seed.wrapping_add((i % config.seeds) as u64));
        let mut spec = scene.scene.spec.clone();
        spec.faults.clone_from(&scenarios[scenario].faults);
        arenas.push((scenario, seed, spec, scene.layout(seed)?));
    }
    let done = AtomicUsize::new(0);
    let rows = map_in_order(total, config.jobs, stop, |i| {
        let (scenario, seed, spec, layout) = &arenas[i];
        let robot = &scene.robots[0];
        let start = layout.assignments[0].start;
        let fusion = &robot.file.value.brain.fusion;
        let run = |spec: &SceneSpec, limit: f64| {
            let arena = Arena::new(*seed, spec, layout.clone(), vec![robot.model.clone()]);
            trial(arena, fusion, start, (*scenario, limit), *seed, &spec.faults, config)
        };
        // What is nominal for this seed, one has to know before one can say when it is so again.
        let limit = if is_loss(&spec.faults) {
            run(&SceneSpec { faults: Vec::new(), ..spec.clone() }, 0.0).largest
        } else {
            0.0
        };
        let row = run(spec, limit);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        row
    });
    let Some(trials) = rows else { return Ok(None) };
    let table = scenarios.iter().enumerate().map(|(i, scenario)| {
        let trials: Vec<&TrialRow> = trials.iter().filter(|trial| trial.scenario == i).collect();
        row(&name, scenario, &trials)
    });
    let rows = table.collect();
    Ok(Some(RobotBench { robot: name, scenarios, trials, rows }))
}

/// One trial, all estimators on the same senses.
fn trial(
    arena: Arena,
    fusion: &FusionSpec,
    start: Pose2,
    (scenario, nominal): (usize, f64),
    seed: u64,
    faults: &[Fault],
    config: &FusionBenchConfig,
) -> TrialRow {
    let description = (*arena.robots()[0].model.description).clone();
    let spec = |rule| FusionSpec { rule, ..fusion.clone() };
    let mut estimators: Vec<Box<dyn Estimator>> =
        RULES.iter().map(|rule| neuraxis_fusion::build(&spec(*rule), &description, start, None)).collect();
    // Who leaves out the inertial unit is better off on the plane, where the wheels tell the turn.
    let is_inertial = |fault: &Fault| {
        let sense = description.sensors.iter().find(|s| s.sensor.name() == fault.sensor);
        sense.is_some_and(|s| matches!(s.sensor, Sensor::Imu { .. }))
    };
    let space = if faults.iter().any(is_inertial) { Some(Space::Se2) } else { fusion.space };
    let plain = FusionSpec { space, ..spec(Rule::Ekf) };
    let plain = neuraxis_fusion::build_informed(&plain, &description, start);
    let mut oracle =
        Oracle::new(plain, faults.first().cloned(), description.percepts(), fusion.noise.odometry_linear);
    let limits = description.limits.clone();

    let mut squares = [0.0; 4];
    let (mut oracle_squares, mut heading_squares, mut counted) = (0.0, 0.0, 0.0_f64);
    let (mut nis, mut nis_count) = (0.0, 0.0);
    let mut sequences = vec![0; description.sensors.len()];
    let mut is_sound = true;
    let mut line: Vec<LinePoint> = Vec::new();
    let mut phase = 0.0;
    let mut recovery = Recovery { nominal, ..Recovery::default() };
    let mut largest = 0.0_f64;
    let mut tick = 0;
    let drive = |arena: &Arena, percepts: &Percepts, command: &mut Command| {
        let time = tick as f64 / RATE;
        let truth = Pose2::from_spatial(&arena.robots()[0].pose());
        for estimator in &mut estimators {
            estimator.update(percepts);
        }
        oracle.update(percepts, &truth);

        let beliefs: Vec<_> = estimators.iter().map(|estimator| estimator.belief()).collect();
        is_sound &= is_sound_belief(beliefs[0]);
        let fresh = percepts.slots().iter().zip(&mut sequences).any(|(slot, last)| {
            let is_new = slot.sequence() != *last;
            *last = slot.sequence();
            is_new && slot.get::<AbsolutePose>().is_some()
        });
        if time >= SETTLE {
            for (sum, belief) in squares.iter_mut().zip(&beliefs) {
                *sum += square(belief.pose.distance(&truth));
            }
            oracle_squares += square(oracle.pose().distance(&truth));
            heading_squares += square(math::wrap(beliefs[0].pose.yaw - truth.yaw));
            counted += 1.0;
            if fresh && faults.is_empty() {
                for cue in &beliefs[1].cues[3..] {
                    nis += cue.surprise;
                    nis_count += 1.0;
                }
            }
        }
        let error = beliefs[0].pose.distance(&truth);
        if time >= SETTLE {
            largest = largest.max(error);
        }
        if is_loss(faults) {
            recovery.note(percepts.now, &faults[0], error, beliefs[0].position_std());
        }
        if tick % (LINE_PERIOD * RATE) as usize == 0 {
            let events = &beliefs[0].events;
            line.push(LinePoint {
                time,
                error: [error, beliefs[1].pose.distance(&truth), oracle.pose().distance(&truth)].map(short),
                reliability: beliefs[0].cues.iter().map(|cue| short(cue.reliability)).collect(),
                events: [events.obstacle, events.contact, events.slip].map(short),
            });
        }

        let twist = follow(&truth, &mut phase, time, limits.linear, limits.angular);
        if let Some(drive) = description.drive {
            let (left, right) = drive.wheels(&twist);
            command.values.copy_from_slice(&[left, right]);
        }
        tick += 1;
    };
    let end = Stamp::from_seconds(config.seconds).min(arena.time_limit());
    let mut session = Session::new(arena).with_seat(0, Driver::Script(Box::new(drive)), Some(RATE));
    while session.world().now() < end && session.step().is_ok() {}
    drop(session);
    let root = |sum: f64| (sum / counted.max(1.0)).sqrt();
    TrialRow {
        scenario,
        seed,
        rmse: squares.map(root),
        oracle: root(oracle_squares),
        heading: root(heading_squares),
        nis: if nis_count > 0.0 { nis / nis_count } else { f64::NAN },
        is_sound,
        largest,
        recovery: is_loss(faults).then(|| recovery.verdict()),
        cues: estimators[0].belief().cues.iter().map(|cue| cue.name.to_string()).collect(),
        line,
    }
}

/// A number for a plot: a tenth of a millimetre is enough.
fn short(x: f64) -> f32 {
    ((x * 1e4).round() / 1e4) as f32
}

fn square(x: f64) -> f64 {
    x * x
}

/// Drives on along the figure of eight: the twist that a body at `truth` needs.
fn follow(truth: &Pose2, phase: &mut f64, time: f64, linear: f64, angular: f64) -> Twist2 {
    let point = |phase: f64| (EIGHT[0] * math::sin(phase), EIGHT[1] * math::sin(2.0 * phase));
    // The carrot stays a little ahead.
    let ahead = 0.3;
    loop {
        let (x, y) = point(*phase);
        if math::hypot(x - truth.x, y - truth.y) > ahead {
            break;
        }
        *phase += 0.01;
    }
    let (x, y) = point(*phase);
    let turn = math::wrap(math::atan2(y - truth.y, x - truth.x) - truth.yaw);
    if time < SETTLE {
        return Twist2::default();
    }
    let cruise = linear.min(0.5) * (0.75 + 0.15 * math::sin(0.4 * time));
    let speed = cruise * (1.0 - turn.abs() / 1.2).clamp(0.1, 1.0);
    Twist2::new(speed, (2.5 * turn).clamp(-0.6 * angular, 0.6 * angular))
}

/// Whether every number is finite and the covariance of x, y, yaw is positive definite.
fn is_sound_belief(belief: &neuraxis_core::Belief) -> bool {
    let block = nalgebra::Matrix3::from_fn(|r, c| belief.covariance[([0, 1, 5][r], [0, 1, 5][c])]);
    belief.is_finite() && block.cholesky().is_some()
}

/// Whether all absolute cues go.
fn is_loss(faults: &[Fault]) -> bool {
    faults.len() > 1
}

/// How a loss of all absolute cues goes by.
#[derive(Default)]
struct Recovery {
    /// Largest error of the same trial without the loss, m.
    nominal: f64,
    std_at_start: f64,
    std_at_end: f64,
    end: Option<Stamp>,
    back: Option<f64>,
}

impl Recovery {
    fn note(&mut self, now: Stamp, fault: &Fault, error: f64, std: f64) {
        if now < Stamp::from_seconds(fault.from) {
            self.std_at_start = std;
        } else if fault.is_on(now) {
            self.std_at_end = std;
        } else {
            let end = *self.end.get_or_insert(now);
            if self.back.is_none() && error <= self.nominal {
                self.back = Some(now.since(end));
            }
        }
    }

    fn verdict(&self) -> (bool, f64) {
        (self.std_at_end > self.std_at_start, self.back.unwrap_or(f64::INFINITY))
    }
}

fn row(robot: &str, scenario: &Scenario, trials: &[&TrialRow]) -> Row {
    let mean = |of: &dyn Fn(&TrialRow) -> f64| {
        trials.iter().map(|trial| of(trial)).sum::<f64>() / trials.len().max(1) as f64
    };
    let rmse = [0, 1, 2, 3].map(|i| mean(&|trial| trial.rmse[i]));
    let oracle = mean(&|trial| trial.oracle);
    let ratios = |of: &dyn Fn(&TrialRow) -> f64| {
        mean_interval(&trials.iter().map(|trial| trial.rmse[0] / of(trial)).collect::<Vec<f64>>())
    };
    let (own, plain) = (rmse[0], rmse[1]);
    let mut demands = vec![("finite, covariance positive".to_owned(), trials.iter().all(|t| t.is_sound))];
    let mut ask = |what: String, holds: bool| demands.push((what, holds));
    match scenario.faults.first() {
        None => {
            ask("≤ 1.05 × plain".to_owned(), own <= 1.05 * plain);
            let nis = mean(&|trial| trial.nis);
            if nis.is_finite() {
                ask(format!("NIS/dof {nis:.2} in 0.85..1.15"), (0.85..=1.15).contains(&nis));
            }
        }
        Some(fault) => {
            ask("≤ 2 × oracle".to_owned(), own <= 2.0 * oracle);
            ask("≤ 1.1 × plain".to_owned(), own <= 1.1 * plain);
            let is_lie = matches!(
                fault.kind,
                FaultKind::Frozen | FaultKind::Bias | FaultKind::Outliers | FaultKind::Slip
            );
            if is_lie && plain > 4.0 * oracle {
                ask("≤ 0.25 × plain".to_owned(), own <= 0.25 * plain);
            }
        }
    }
    if trials.iter().any(|trial| trial.recovery.is_some()) {
        let list: Vec<(bool, f64)> = trials.iter().filter_map(|trial| trial.recovery).collect();
        let slowest = list.iter().fold(0.0_f64, |a, (_, t)| a.max(*t));
        ask("covariance grows".to_owned(), list.iter().all(|(grows, _)| *grows));
        ask(format!("nominal again after {slowest:.2} s ≤ 1 s"), slowest <= 1.0);
    }
    Row {
        robot: robot.to_owned(),
        scenario: scenario.name.clone(),
        faults: scenario.faults.clone(),
        rmse,
        oracle,
        over_oracle: ratios(&|trial| trial.oracle),
        over_plain: ratios(&|trial| trial.rmse[1]),
        demands,
    }
}
