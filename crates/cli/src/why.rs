//! `neuraxis why`: what a brain thought at a moment of a recording, in words.

use std::path::PathBuf;

use clap::Args;
use neuraxis_core::reasons::{MotionMode, Refusal, SpeedLimit};
use neuraxis_core::{Decision, Goal, Landmark, Pose2, Reasons};
use neuraxis_trial::why::{self, Explanation};

use crate::exit::Exit;
use crate::{output, recordings};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis why trial-00018.mcap --at 41.2s\n  neuraxis why trial-00018.mcap --json"
)]
pub(crate) struct WhyArgs {
    /// A recording.
    file: PathBuf,
    /// The moment, s; the last tick if not given.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    at: Option<f64>,
    /// Which robot of the recording, from 0.
    #[arg(long, default_value_t = 0)]
    robot: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.trim().trim_end_matches('s').trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err(format!("`{text}` is no time: write it as 41.2s")),
    }
}

pub(crate) fn why(args: &WhyArgs) -> Exit {
    let recording = match recordings::open(&args.file) {
        Ok(recording) => recording,
        Err(exit) => return exit,
    };
    let Some(robot) = recording.robots.get(args.robot) else {
        let count = recording.robots.len();
        let help = format!("the recording has {count}, counted from 0");
        return output::usage_error(&format!("there is no robot {}", args.robot), &help);
    };
    let explanation = match why::explain(&recording, robot, args.at) {
        Ok(explanation) => explanation,
        Err(error) => return recordings::fail(&args.file, &error),
    };
    if args.json {
        output::print(&serde_json::to_string_pretty(&explanation).unwrap_or_default());
    } else {
        output::print(&words(&robot.header.body.name, &explanation));
    }
    match explanation.difference {
        Some(difference) => {
            eprintln!(
                "warning: this version of the brain does something else than the recorded one from tick {} on \
                 (`{}`, {}); these are the reasons of this version",
                difference.tick, difference.topic, difference.field
            );
            Exit::Differs
        }
        None => Exit::Success,
    }
}

/// The events that are more likely than not.
fn events(e: &Explanation) -> Option<String> {
    let felt = &e.decision.belief.events;
    let all = [
        ("obstacle", felt.obstacle),
        ("contact", felt.contact),
        ("slip", felt.slip),
        ("beacon", felt.beacon),
    ];
    let likely: Vec<String> = all
        .iter()
        .filter(|(_, response)| *response > 0.5)
        .map(|(name, response)| format!("{name} ({response:.2})"))
        .collect();
    (!likely.is_empty()).then(|| likely.join(", "))
}

fn words(robot: &str, e: &Explanation) -> String {
    let mut lines = vec![format!("{robot} at {:.3} s, tick {}", e.time, e.tick)];
    let mut line = |what: &str, text: String| lines.push(format!("  {what:<8} {text}"));
    let place = |to: Landmark| match to {
        Landmark::Start => "where it began",
        Landmark::Previous => "where it was before its last goal",
    };
    let Decision { belief, status, reasons, safety, .. } = &e.decision;
    let goal = match e.decision.goal {
        None => "none".to_owned(),
        Some(Goal::Reach { x, y, tolerance }) => {
            let away = e.distance.unwrap_or(f64::NAN);
            format!("within {tolerance:.2} m of ({x:.2}, {y:.2}) m, {away:.2} m away: {status}")
        }
        Some(Goal::Explore { radius }) => {
            format!("within {radius:.2} m of every place that it can get to: {status}")
        }
        Some(Goal::Return { to, tolerance }) => {
            format!("back to within {tolerance:.2} m of {}: {status}", place(to))
        }
        Some(_) => status.to_string(),
    };
    let (number, all) = (e.decision.goal_index + 1, e.goals);
    line("goal", if all > 1 { format!("{number} of {all}: {goal}") } else { goal });
    if let Some(verdict) = &e.verdict {
        line("given up", verdict.clone());
    }
    let Pose2 { x, y, yaw } = belief.pose;
    line("belief", format!("at ({x:.2}, {y:.2}) m, {:.0}°, ± {:.3} m", yaw.to_degrees(), e.position_std));
    line("cues", cues(e));
    if let Some(events) = events(e) {
        line("events", events);
    }
    line("plan", plan(e));
    line("motion", motion(e));
    if reasons.motion.mode == MotionMode::Follow {
        line("speed", speed(e));
    }
    if reasons.motor.missing > 0 {
        line(
            "motor",
            format!("{} numbers of the joints are missing: these are relaxed", reasons.motor.missing),
        );
    }
    let (need, value) = &e.need;
    line(
        "need",
        if e.is_pressing {
            format!("{need} presses most: met to {:.0} %", 100.0 * value)
        } else {
            format!("none presses; {need} is met worst, to {:.0} %", 100.0 * value)
        },
    );
    let command: Vec<String> = e.command.iter().map(|value| format!("{value:.3}")).collect();
    line(
        "command",
        match (&e.stop, safety.limit) {
            (Some(stop), _) => format!("STOP: {stop}"),
            (None, Some(limit)) => {
                format!("[{}], clipped by the limit of {limit}", command.join(", "))
            }
            (None, None) => format!("[{}], not clipped", command.join(", ")),
        },
    );
    lines.join("\n")
}

fn cues(e: &Explanation) -> String {
    let mut parts = Vec::new();
    for index in &e.strongest {
        let Some(cue) = e.decision.belief.cues.get(*index) else { continue };
        let why = match cue.refusal {
            Refusal::None if cue.age.is_infinite() => "has not spoken".to_owned(),
            Refusal::None => {
                format!("gain {:.2}, surprise {:.1}, {:.2} s old", cue.gain, cue.surprise, cue.age)
            }
            Refusal::Tilt => "refused: the body is tilted".to_owned(),
            Refusal::NoOverlap => "refused: it knows too little of this place".to_owned(),
            Refusal::Misfit => {
                format!("refused: it does not fit the map (score {:.2})", 1.0 / cue.surprise.max(1e-9))
            }
            Refusal::Biased => "refused: it is off for long, and alone with that".to_owned(),
            Refusal::Stuck => "refused: it repeats itself while the body moves".to_owned(),
            Refusal::NotFinite => "refused: a number in it is none, or beyond any measurement".to_owned(),
            Refusal::FromTheFuture => "refused: its stamp lies ahead of the body's time".to_owned(),
            Refusal::Backwards => "refused: its stamp lies before that of its last reading".to_owned(),
            Refusal::Shape => "refused: it has another length or kind than the robot's file says".to_owned(),
            Refusal::Covariance => "refused: its covariance is none".to_owned(),
            Refusal::Gate => format!("refused: further off than chance explains ({:.0})", cue.surprise),
        };
        let mark = if e.dominant.as_deref() == Some(&*cue.name) { " dominates" } else { "" };
        parts.push(format!("{}{mark} ({why})", cue.name));
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join("; ") }
}

fn plan(e: &Explanation) -> String {
    let Reasons { plan, motion, .. } = &e.decision.reasons;
    if motion.mode == MotionMode::Arrived {
        return "none needed".to_owned();
    }
    if !plan.has_way {
        return if plan.is_complete { "there is no way".to_owned() } else { "none yet".to_owned() };
    }
    let mut text = format!("the way costs {:.2} m of free ground", plan.cost);
    let choices = &plan.choices[..plan.count];
    if let Some(first) = choices.first() {
        text.push_str(&format!("; first towards {:.0}°", first.heading.to_degrees()));
        let rivals: Vec<String> = choices[1..]
            .iter()
            .take(3)
            .map(|c| format!("{:.0}° for {:+.2} m", c.heading.to_degrees(), c.cost - first.cost))
            .collect();
        if !rivals.is_empty() {
            text.push_str(&format!(", rather than {}", rivals.join(", ")));
        }
    }
    if !plan.is_complete {
        text.push_str(" (the search is still at it)");
    }
    text
}

fn motion(e: &Explanation) -> String {
    let m = &e.decision.reasons.motion;
    let aim = format!("({:.2}, {:.2}) m", m.carrot[0], m.carrot[1]);
    match m.mode {
        MotionMode::Idle => "idle".to_owned(),
        MotionMode::Settle => "held still, so that the senses settle".to_owned(),
        MotionMode::Arrived => "arrived".to_owned(),
        MotionMode::Search => "waits for a way".to_owned(),
        MotionMode::LookAround => "looks around: no way is known".to_owned(),
        MotionMode::Turn => format!("turns on the spot until {aim} lies ahead"),
        MotionMode::Blocked => {
            format!("turns on the spot: all {} ways to drive come too near to something", m.tried)
        }
        MotionMode::Withdraw => "backs off from what it touched".to_owned(),
        MotionMode::Escape => "makes its way out: it got nowhere for some time".to_owned(),
        MotionMode::Follow => {
            let mut text = format!(
                "follows the way to {aim} at {:.2} m/s, {:+.2} rad/s, the best of {} ({} too near to something)",
                m.chosen.speed, m.chosen.turn, m.tried, m.refused
            );
            if m.rival.score.is_finite() {
                text.push_str(&format!(
                    ", before {:+.2} rad/s by {:.2} points",
                    m.rival.turn,
                    m.chosen.score - m.rival.score
                ));
            }
            text
        }
    }
}

fn speed(e: &Explanation) -> String {
    let m = &e.decision.reasons.motion;
    let why = match m.limit {
        SpeedLimit::Cruise => return format!("up to {:.2} m/s: nothing is in the way", m.top),
        SpeedLimit::Room => format!("the room beside the body, {:.2} m", m.gap),
        SpeedLimit::Sight => "a range finder that is silent or late".to_owned(),
        SpeedLimit::Reflex => "a reflex: an obstacle too near to stop for, or wheels that slip".to_owned(),
        SpeedLimit::Caution => "needs that ask for caution".to_owned(),
        SpeedLimit::Braking => "the goal, before which it has to stop".to_owned(),
    };
    format!("up to {:.2} m/s, limited by {why}", m.top)
}
