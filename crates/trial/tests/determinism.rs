//! A trial is a pure function of its files and its seed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use neuraxis_brain::RobotBrain;
use neuraxis_core::file::Override;
use neuraxis_core::{Brain, Command, Decision, Goal, Percepts};
use neuraxis_trial::plan::Changes;
use neuraxis_trial::run::RunConfig;
use neuraxis_trial::{Participant, Plan, Trial, TrialResult, run};

fn plan(scenes: &[&str], seconds: &str) -> Plan {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let paths: Vec<PathBuf> = scenes.iter().map(|s| root.join("scenes").join(s)).collect();
    let limit: Override = format!("time_limit={seconds}").parse().expect("override");
    let changes = Changes { scene_overrides: vec![limit], ..Changes::default() };
    Plan::load(&paths, &changes).map_err(|errors| format!("{errors:?}")).expect("the scenes load")
}

fn results(plan: &Plan, trials: usize, seed: u64, jobs: usize) -> Vec<TrialResult> {
    run(plan, RunConfig { trials, seed, jobs, at_once: 4 * jobs }, &mut ()).expect("runs")
}

#[test]
fn one_thread_or_two_alone_or_in_company() {
    let plan = plan(&["umaze.yaml"], "6");
    let alone: Vec<TrialResult> = (0..3).flat_map(|i| results(&plan, 1, 40 + i, 1)).collect();
    for jobs in [1, 2] {
        let company = results(&plan, 16, 40, jobs);
        assert_eq!(company.len(), 16);
        for (a, b) in alone.iter().zip(&company) {
            assert_eq!(a.digest, b.digest, "seed {}", a.seed);
            assert_eq!(a.path_length.to_bits(), b.path_length.to_bits());
        }
        let mut digests: Vec<&str> = company.iter().map(|r| r.digest.as_str()).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 16, "each seed has a digest of its own");
    }
}

/// A brain that looks at something outside of its percepts.
struct Leaky(RobotBrain);

static OUTSIDE: AtomicU64 = AtomicU64::new(0);

impl Brain for Leaky {
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        self.0.tick(percepts, command);
        let noise = OUTSIDE.fetch_add(1, Ordering::Relaxed) as f64 * 1e-15;
        command.values.iter_mut().for_each(|value| *value += noise);
    }
    fn set_goals(&mut self, goals: &[Goal]) {
        self.0.set_goals(goals);
    }
    fn decision(&self) -> &Decision {
        self.0.decision()
    }
}

#[test]
fn planted_nondeterminism_is_found() {
    let plan = plan(&["umaze.yaml"], "5");
    let scene = plan.scene(0);
    let digest = |leaky: bool| {
        let layout = scene.layout(7).expect("layout");
        let robot = &scene.robots[0];
        let spec = &robot.file.value.brain;
        let brain =
            RobotBrain::new(spec, &robot.model.description, layout.assignments[0].start).expect("brain");
        let brain: Box<dyn Brain> = if leaky { Box::new(Leaky(brain)) } else { Box::new(brain) };
        let robot = Participant { robot: robot.model.clone(), brain: Some((brain, spec.rate)) };
        let mut trial = Trial::new(0, 7, &scene.scene.spec, layout, vec![robot]);
        trial.run();
        trial.digest()
    };
    assert_eq!(digest(false), digest(false));
    assert_ne!(digest(true), digest(true), "a leak of 1e-15 shows in the digest");
}

/// These change only when what a trial computes changes; then look twice, and accept the new ones.
#[test]
fn golden_digests() {
    let lines: Vec<String> = ["maze", "crossing", "warehouse"]
        .iter()
        .map(|scene| {
            let rows = results(&plan(&[&format!("{scene}.yaml")], "8"), 1, 1234, 1);
            let digests: Vec<&str> = rows.iter().map(|row| row.digest.as_str()).collect();
            format!("{scene}: {}", digests.join(" "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
