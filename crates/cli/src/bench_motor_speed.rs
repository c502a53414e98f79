//! The rows of `neuraxis bench motor` about speed: what a control step and a circuit's step cost.
//!
//! With a peer at hand, its pace is measured in turns with ours, so that whatever else the computer does slows both.

use std::sync::atomic::{AtomicBool, Ordering};

use neuraxis_core::Drive;
use neuraxis_lab::bench::motor_rows::{Bound, Row};
use neuraxis_lab::motor::{MotorEnv, Start, Task, run_episode};
use neuraxis_motor::{LegState, MotorSpec, Quadruped, QuadrupedSpec, Swimmer, SwimmerSpec};

use crate::bench_motor_peer::{Paces, Peer};
use crate::exit::Exit;

/// The name of this part of the table.
pub(crate) const PART: &str = "speed (not deterministic)";
/// Control steps of `dm_control` a CPU-second, closed loop without a circuit, as published.
const PEER_STEPS: f64 = 3404.0;
/// Circuit steps of the peer's circuit a CPU-second, as a port to numpy.
const PEER_FORWARD: f64 = 9796.0;
/// Rounds, of which the best counts.
const ROUNDS: usize = 5;
/// Control steps a round.
const STEPS: usize = 4000;

/// How fast it runs, by the clock of this thread; beside `peer`, if there is one.
///
/// # Errors
/// If it was interrupted, or the peer fails: the exit code of what was said then.
pub(crate) fn rows(mut peer: Option<Peer>, stop: &AtomicBool) -> Result<Vec<Row>, Exit> {
    let spec = SwimmerSpec::default();
    let mut rows = Vec::new();
    if let Ok(subject) = MotorEnv::swimmer(6, MotorSpec::Swimmer(spec.clone()), Task::Swim { speed: None })
        && let Ok(mut circuit) = subject.circuit()
    {
        let (mut own, mut best) = (0.0_f64, Paces::default());
        for _ in 0..ROUNDS {
            let start = cpu();
            run_episode(&subject, &mut *circuit, Start::Zero, Some(STEPS), false);
            own = own.max(STEPS as f64 / (cpu() - start));
            if let Some(peer) = &mut peer {
                best = best.max(peer.round(stop)?);
            }
            if stop.load(Ordering::SeqCst) {
                eprintln!("interrupted: nothing was written");
                return Err(Exit::Crashed);
            }
        }
        rows.push(row(
            "control steps a CPU-second, closed loop, best of 5",
            own,
            Some(Bound::AtLeast(2.0 * PEER_STEPS)),
            Some(Bound::AtLeast(5.0 * PEER_STEPS)),
            PEER_STEPS,
        ));
        if let Some(peer) = &peer {
            rows.extend(beside(own, &best, peer.mujoco()));
        }
    }
    if let Ok(mut swimmer) = Swimmer::new(&spec, 5) {
        let mut activation = [0.0; 5];
        let best = nanoseconds(100_000, |i| {
            let bend = 0.01 * f64::from(i % 100);
            swimmer.step(&[bend, -bend, 0.3, bend, -0.2], 1.0, 0.0, &mut activation);
        });
        let what = "circuit forward, swimmer of six links, ns";
        rows.push(row(what, best, Some(Bound::AtMost(500.0)), None, 1e9 / PEER_FORWARD));
    }
    if let Ok(mut quadruped) = Quadruped::new(&QuadrupedSpec::default()) {
        let mut targets = [[0.0; 3]; 4];
        let best = nanoseconds(30_000, |i| {
            let bend = 0.01 * f64::from(i % 100);
            let position = [0.0, 0.5 + bend, -1.3 - bend];
            let leg = LegState { position, velocity: [0.1, -2.0, 3.0], effort: [1.0, -5.0, 8.0], foot: 30.0 };
            quadruped.step(&[leg; 4], &Drive::new(0.6, 0.1), &mut targets);
        });
        let what = "circuit forward, quadruped, ns";
        rows.push(row(what, best, Some(Bound::AtMost(3000.0)), None, f64::NAN));
    }
    Ok(rows)
}

/// Our pace beside what the peer came to in the same run. Nothing must hold there: the must is of the published number.
fn beside(own: f64, best: &Paces, mujoco: &str) -> Vec<Row> {
    let aim = Some(Bound::AtLeast(2.0 * best.dm_control));
    let rivals = [
        (format!("bare MuJoCo {mujoco} (mj_step)"), best.mj_step, None),
        ("MuJoCo with the circuit in Python".to_owned(), best.circuit, None),
        ("dm_control env.step, without a circuit".to_owned(), best.dm_control, aim),
    ];
    let rows = rivals.into_iter().map(|(rival, pace, aim)| Row {
        ratio: Some(own / pace),
        ..row(&format!("the same beside {rival}, same run"), own, None, aim, pace)
    });
    rows.collect()
}

fn row(what: &str, measured: f64, must: Option<Bound>, aim: Option<Bound>, peer: f64) -> Row {
    Row {
        part: PART,
        what: what.to_owned(),
        measured,
        deviation: None,
        digits: 0,
        must,
        aim,
        peer: peer.is_finite().then_some(peer),
        ratio: None,
        is_deterministic: false,
    }
}

/// What a step costs, ns: the best of 5 rounds of `steps`.
fn nanoseconds(steps: u32, mut step: impl FnMut(u32)) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let start = cpu();
        (0..steps).for_each(&mut step);
        1e9 * (cpu() - start) / f64::from(steps)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// Time that this thread has been computing, s; the wall's time where the system does not tell.
#[expect(clippy::disallowed_methods, reason = "speed is measured, and nothing is decided by it")]
fn cpu() -> f64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.map_or_else(
        || START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64(),
        |nanoseconds| nanoseconds * 1e-9,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_must_hold_beside_the_peer_of_the_same_run_and_the_ratio_is_ours_over_its() {
        let best = Paces { mj_step: 20_000.0, circuit: 16_000.0, dm_control: 12_000.0 };
        let rows = beside(18_000.0, &best, "3.17.0");
        let said: Vec<_> = rows.iter().map(|row| (row.peer_text(), row.verdict(), row.holds())).collect();
        let expected = [
            ("20000 (0.90 ×)".to_owned(), "-", None),
            ("16000 (1.12 ×)".to_owned(), "-", None),
            ("12000 (1.50 ×)".to_owned(), "aim missed", None),
        ];
        assert_eq!(said, expected);
        assert!(rows[0].what.contains("3.17.0"));
        assert_eq!(beside(24_000.0, &best, "")[2].verdict(), "aim reached");
    }
}
