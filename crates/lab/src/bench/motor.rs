//! `neuraxis bench motor`: the swimmer's circuit on its body, beside what is published and measured of its peer.
//!
//! The peer is the circuit of Bhattasali et al. (2022) on `dm_control`'s swimmer in MuJoCo, run by its authors' code; its
//! numbers are means over ten random starts of 1000 control steps. Ours come from the same circuit as a robot has it, through
//! percepts and commands, in our own physics, and from the same ten starts (`motor_starts`); with other seeds, from our own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use neuraxis_core::{Drive, random};
use neuraxis_motor::{MotorSpec, SwimmerSpec};
use neuraxis_trial::parallel::map_in_order;
use rand::RngExt as _;

use super::motor_parts;
use super::motor_rows::{Bound, Row};
use super::motor_starts::{self, PeerStart};
use crate::motor::wave::wave;
use crate::motor::{MotorEnv, MotorEnvError, Rollout, Start, Task, run_episode};

/// The peer's joint positions before each control step, from a straight start at rest, as shares of their range.
const GOLDEN: &str = include_str!("../../../sim/tests/data/swimmer6.csv");

/// What is run.
#[derive(Clone, Debug)]
pub struct MotorBenchConfig {
    /// Only the rows with this in their part or name.
    pub only: Option<String>,
    /// A trained circuit, for the rows of transfer.
    pub trained: Option<SwimmerSpec>,
    /// Random starts of each row; the peer has 10.
    pub starts: u64,
    /// Seed of the first start; the next ones count up.
    pub seed: u64,
    /// Threads.
    pub jobs: usize,
}

/// A body, a circuit and a drive, over some starts.
struct Case {
    part: &'static str,
    what: String,
    links: usize,
    /// One a start.
    circuits: Vec<SwimmerSpec>,
    drive: Option<Drive>,
    must: Option<Bound>,
    aim: Option<Bound>,
    peer: Option<f64>,
    /// What the peer came to from each of its starts, where that is known.
    each: Option<fn(&PeerStart) -> Option<f64>>,
    kind: Kind,
}

/// What the returns of a case's starts are made into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mean,
    Best,
    /// Held to the mean of the case with this number, besides.
    Beats(usize),
}

/// The names of the four weights that swim, in the order of the source.
const WEIGHTS: [&str; 4] = ["bneuron_prop", "bneuron_osc", "muscle_ipsi", "muscle_contra"];

fn weighed(values: [f64; 4]) -> SwimmerSpec {
    let parameters = WEIGHTS.iter().map(|name| (*name).to_owned()).zip(values).collect();
    SwimmerSpec { parameters, ..SwimmerSpec::default() }
}

/// Within 20 % or 25 points, whichever is more.
fn about(peer: f64) -> Bound {
    let slack = (0.2 * peer).max(25.0);
    Bound::Within((peer - slack).max(0.0), peer + slack)
}

/// More parts of the table.
const GOLDEN_PART: &str = "golden trace";
const LINKS_PART: &str = "untrained, by links";
const ABLATION_PART: &str = "six links, changed";
const TRANSFER_PART: &str = "trained on six links";

fn cases(config: &MotorBenchConfig) -> Vec<Case> {
    let same = |spec: SwimmerSpec| vec![spec; config.starts as usize];
    let mut cases = Vec::new();
    let untrained = [289.5, 344.2, 590.7, 798.4, 881.3, 902.1, 907.6, 908.8, 904.3, 904.4];
    for (links, peer) in (3..).zip(untrained) {
        cases.push(Case {
            part: LINKS_PART,
            what: format!("return, {links} links"),
            links,
            circuits: same(SwimmerSpec::default()),
            drive: None,
            must: Some(Bound::Within(0.95 * peer, 1.05 * peer)),
            aim: None,
            peer: Some(peer),
            each: Some(|start| Some(start.whole)),
            kind: Kind::Mean,
        });
    }
    let mut changed = |what: &str, circuits: Vec<SwimmerSpec>, drive: Option<Drive>, peer: f64| {
        cases.push(Case {
            part: ABLATION_PART,
            what: what.to_owned(),
            links: 6,
            circuits,
            drive,
            must: Some(about(peer)),
            aim: None,
            peer: Some(peer),
            each: match what {
                "no proprioception" => Some(|start| start.no_proprioception),
                "no oscillator" => Some(|start| start.no_oscillator),
                _ => None,
            },
            kind: Kind::Mean,
        });
    };
    let plain = SwimmerSpec::default;
    changed("no proprioception", same(SwimmerSpec { proprioception: false, ..plain() }), None, 129.8);
    changed("no oscillator", same(SwimmerSpec { oscillator: false, ..plain() }), None, 49.7);
    changed("no torque", same(SwimmerSpec { torque: 0.0, ..plain() }), None, 0.0);
    let drawn = |seed| {
        let mut stream = random::stream(seed, "magnitudes");
        let [prop, osc, ipsi, contra] = [0.0; 4].map(|_| stream.random_range(0.0..1.0));
        weighed([prop, osc, ipsi, -contra])
    };
    changed("signs kept, magnitudes drawn", (0..config.starts).map(drawn).collect(), None, 186.7);
    for (speed, peer) in [(0.0, 0.0), (0.25, 109.4), (0.5, 311.7), (0.75, 610.9), (1.0, 798.4)] {
        changed(&format!("speed {speed}"), same(plain()), Some(Drive::new(speed, 0.0)), peer);
    }
    for (steps, peer) in [(30, 489.6), (45, 647.7), (75, 802.6), (90, 784.1), (120, 769.3)] {
        let period = f64::from(steps * 3) / 100.0;
        changed(&format!("period of {steps} steps"), same(SwimmerSpec { period, ..plain() }), None, peer);
    }
    for (turn, peer) in [(0.5, 719.7), (1.0, 114.6)] {
        // As published: at once, and without a limit.
        let spec = SwimmerSpec { turn_limit: 1.0, turn_window: Some(0.0), ..plain() };
        changed(&format!("turn right {turn}"), same(spec), Some(Drive::new(1.0, -turn)), peer);
    }
    let pattern = |i: u32| {
        let sign = |bit: u32| if i & bit == 0 { 1.0 } else { -1.0 };
        SwimmerSpec { constrained: false, ..weighed([sign(8), sign(4), sign(2), -sign(1)]) }
    };
    // The peer drew signs ten times, one time the innate ones: 803, and at most 127 for the nine others.
    for (what, circuits, must, peer) in [
        ("unsigned, innate signs", vec![pattern(0)], about(798.4), 803.0),
        (
            "unsigned, the best of all other signs",
            (1..16).map(pattern).collect(),
            Bound::AtMost(200.0),
            127.0,
        ),
    ] {
        cases.push(Case {
            part: ABLATION_PART,
            what: what.to_owned(),
            links: 6,
            circuits,
            drive: None,
            must: Some(must),
            aim: None,
            peer: Some(peer),
            each: None,
            kind: Kind::Best,
        });
    }
    if let Some(trained) = &config.trained {
        for links in [6, 5, 8, 12] {
            cases.push(Case {
                part: TRANSFER_PART,
                what: format!("return, {links} links"),
                links,
                circuits: same(trained.clone()),
                drive: None,
                must: (links == 6).then_some(Bound::AtLeast(850.0)),
                aim: None,
                peer: None,
                each: None,
                kind: if links == 6 { Kind::Mean } else { Kind::Beats(links - 3) },
            });
        }
    }
    cases
}

/// Runs the bench; `progress` is told how many episodes are done, and `stop` ends it: then there are no rows.
///
/// # Errors
/// If a body cannot be made, or the trained circuit does not fit it.
pub fn run(
    config: &MotorBenchConfig,
    stop: &AtomicBool,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Option<Vec<Row>>, MotorEnvError> {
    let wants = |part: &str, what: &str| {
        config.only.as_deref().is_none_or(|text| part.contains(text) || what.contains(text))
    };
    let cases = cases(config);
    let mut asked: Vec<bool> = cases.iter().map(|case| wants(case.part, &case.what)).collect();
    for (i, case) in cases.iter().enumerate() {
        // What it has to beat has to be known.
        if let (true, Kind::Beats(other)) = (asked[i], case.kind) {
            asked[other] = true;
        }
    }
    let mut subjects = Vec::new();
    for links in 3..=12 {
        let motor = MotorSpec::Swimmer(SwimmerSpec::default());
        subjects.push(MotorEnv::swimmer(links, motor, Task::Swim { speed: None })?);
    }
    let mut units = Vec::new();
    for (i, case) in cases.iter().enumerate().filter(|(i, _)| asked[*i]) {
        for (start, circuit) in (0..).zip(&case.circuits) {
            let mut subject = subjects[case.links - 3].with(MotorSpec::Swimmer(circuit.clone()))?;
            subject.drive = case.drive;
            // The patterns of signs are compared from one start.
            units.push((i, subject, config.seed + if case.kind == Kind::Best { 0 } else { start }));
        }
    }
    let done = AtomicUsize::new(0);
    let returns = map_in_order(units.len(), config.jobs, stop, |i| {
        let (case, subject, seed) = &units[i];
        let episode = episode(subject, motor_starts::start(cases[*case].links, *seed), false);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, units.len());
        episode.map_or(f64::NAN, |episode| episode.reward)
    });
    let Some(returns) = returns else { return Ok(None) };
    let of = |case: usize| -> Vec<f64> {
        units.iter().zip(&returns).filter(|(unit, _)| unit.0 == case).map(|(_, value)| *value).collect()
    };
    let mut rows = Vec::new();
    rows.extend(motor_parts::circuits().into_iter().filter(|row| wants(row.part, &row.what)));
    rows.extend(motor_parts::water()?.into_iter().filter(|row| wants(row.part, &row.what)));
    if ["rms", "return", "lag"].iter().any(|what| wants(GOLDEN_PART, what)) {
        rows.extend(golden(&subjects[3])?);
    }
    for (i, case) in cases.iter().enumerate().filter(|(i, _)| asked[*i]) {
        let values = of(i);
        let (mean, deviation) = mean_and_deviation(&values);
        let must = match case.kind {
            Kind::Beats(other) => Some(Bound::AtLeast(mean_and_deviation(&of(other)).0)),
            _ => case.must,
        };
        let is_best = case.kind == Kind::Best;
        rows.push(Row {
            part: case.part,
            what: case.what.clone(),
            measured: if is_best { values.iter().copied().fold(f64::NEG_INFINITY, f64::max) } else { mean },
            deviation: (!is_best).then_some(deviation),
            digits: 1,
            must,
            aim: case.aim,
            peer: case.peer,
            ratio: None,
            is_deterministic: true,
        });
        let seeds = units.iter().filter(|unit| unit.0 == i).map(|unit| unit.2);
        let differences = seeds.zip(&values).filter_map(|(seed, value)| {
            let peer = case.each?(motor_starts::peer(case.links, seed)?)?;
            Some((value - peer).abs())
        });
        if let Some(worst) = differences.reduce(f64::max) {
            rows.push(Row {
                part: case.part,
                what: format!("{}: difference on the same start, at worst", case.what),
                measured: worst,
                deviation: None,
                digits: 1,
                must: case.peer.map(|peer| Bound::AtMost((0.02 * peer).max(10.0))),
                aim: None,
                peer: None,
                ratio: None,
                is_deterministic: true,
            });
        }
    }
    Ok(Some(rows))
}

fn episode(subject: &MotorEnv, start: Start, is_tracked: bool) -> Result<Rollout, MotorEnvError> {
    let mut circuit = subject.circuit()?;
    Ok(run_episode(subject, &mut *circuit, start, None, is_tracked))
}

/// The peer's trace from a straight start at rest, beside ours.
fn golden(subject: &MotorEnv) -> Result<Vec<Row>, MotorEnvError> {
    let ours = episode(subject, Start::Zero, true)?;
    let joints = ours.track.map(|track| track.joints).unwrap_or_default();
    let range = neuraxis_sim::swimmer::range(6);
    let (mut squares, mut count) = (0.0, 0);
    for (row, own) in GOLDEN.lines().skip(1).zip(&joints) {
        for (peer, own) in row.split(',').zip(own) {
            let difference = own / range - peer.parse().unwrap_or(f64::NAN);
            squares += difference * difference;
            count += 1;
        }
    }
    let swings = wave(&joints, 60.0, 400);
    let lag = swings.last().map_or(f64::NAN, |last| last.lag / (swings.len() - 1) as f64);
    let row = |what: &str, measured: f64, digits, must, aim, peer| Row {
        part: GOLDEN_PART,
        what: what.to_owned(),
        measured,
        deviation: None,
        digits,
        must: Some(must),
        aim,
        peer: Some(peer),
        ratio: None,
        is_deterministic: true,
    };
    let rms = (squares / f64::from(count)).sqrt();
    Ok(vec![
        row(
            "rms difference of joints, share of range",
            rms,
            4,
            Bound::AtMost(0.12),
            Some(Bound::AtMost(0.05)),
            0.0,
        ),
        row("return, straight start", ours.reward, 1, Bound::Within(775.0, 815.0), None, 794.953),
        row("lag a joint, degrees", lag, 1, Bound::Within(100.0, 104.0), None, 101.6),
    ])
}

pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}
