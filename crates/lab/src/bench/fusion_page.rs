//! The page of `neuraxis bench fusion`: the table, the curves of inverse effectiveness, and what each cue was held
//! for over time beside what was really done to it. It needs nothing else: the plots are SVG in the page.

use std::fmt::Write as _;
use std::ops::Range;

use neuraxis_core::markup::escape;
use neuraxis_fusion::normalisation::{
    BASE_RATE, Normalisation, Population, additivity, detection_enhancement, enhancement,
};
use neuraxis_sim::scene::spec::Fault;
use neuraxis_trial::statistics::Interval;
use plotters::prelude::*;

use super::fusion::{FusionBenchConfig, RobotBench, Row, Scenario, TrialRow};
use super::page::{Page, table, verdict};

/// A size of each plot, px.
const SIZE: (u32, u32) = (560, 210);
/// Strengths at which the enhancement is measured.
const STRENGTHS: [f64; 7] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// Separations at which detection is measured.
const SEPARATIONS: [f64; 6] = [1.5, 2.0, 2.5, 3.0, 3.5, 4.0];
/// Colours that people with colour-blindness can tell apart (Okabe and Ito 2008).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
];

const STYLE: &str = "th:last-child,td:last-child{text-align:left}td:last-child{white-space:normal;min-width:260px;font-size:12px}\
.plots{display:flex;flex-wrap:wrap;gap:8px 16px}.plots svg{max-width:100%;height:auto}";

/// One page that needs nothing else.
#[must_use]
pub fn page(benches: &[RobotBench], config: &FusionBenchConfig, command: &str) -> String {
    let about = format!(
        "{} trials of {:.0} s for each fault, from {:.0} s to {:.0} s. Root mean square of the position's error, cm, mean over the \
         seeds; [..]: 95 % interval of the mean ratio. The oracle is a plain filter that is told which sense is at fault, when, and \
         how large its error is.",
        config.seeds, config.seconds, config.window[0], config.window[1]
    );
    let mut page = Page::new("fusion", "Fusion: cues that lie", command, &about, STYLE);
    for bench in benches {
        page.heading(&bench.robot);
        page.html(&rules(&bench.rows));
    }
    page.html(&enhancement_section());
    for bench in benches {
        page.heading(&format!("{}: what each cue was held for", bench.robot));
        for (i, scenario) in bench.scenarios.iter().enumerate() {
            let trials = bench.trials.iter().filter(|trial| trial.scenario == i);
            let sections: String = trials.map(|trial| trial_section(scenario, trial)).collect();
            page.html(&format!(
                "<details><summary>{} <span class=\"soft\">{}</span></summary>{sections}</details>",
                escape(&scenario.name),
                escape(&done(scenario))
            ));
        }
    }
    page.finish(SCRIPT)
}

fn rules(rows: &[Row]) -> String {
    let header =
        ["scenario", "ours", "ekf", "gated", "wheels", "oracle", "ours / oracle", "ours / ekf", "demands"];
    let cells = |row: &Row| {
        let mut cells = vec![escape(&row.scenario)];
        cells.extend(row.rmse.iter().chain([&row.oracle]).map(|value| format!("{:.1}", 100.0 * value)));
        let ratio = |ratio: &Interval| format!("{:.2} [{:.2}, {:.2}]", ratio.value, ratio.low, ratio.high);
        cells.extend([&row.over_oracle, &row.over_plain].map(ratio));
        let demand = |(what, holds): &(String, bool)| {
            if *holds { escape(what) } else { verdict(&format!("NOT {what}")) }
        };
        cells.push(row.demands.iter().map(demand).collect::<Vec<_>>().join("; "));
        cells
    };
    table(&header, rows.iter().map(cells))
}

/// The enhancement of responses and of detection.
fn enhancement_section() -> String {
    let unit = Normalisation::default();
    let pool = Population::<11, 2>::by_dominance(unit);
    let single = |s: f64| enhancement(unit.response(2.0 * s), unit.response(s));
    let pooled = |s: f64| enhancement(pool.balanced(&[s, s]), pool.balanced(&[s, 0.0]));
    let strength = |s: f64| {
        let (both, one) = (pool.balanced(&[s, s]), pool.balanced(&[s, 0.0]));
        [
            s.to_string(),
            format!("{:.0} %", 100.0 * single(s)),
            format!("{:.0} %", 100.0 * unit.equal_cue_enhancement(s)),
            format!("{:.0} %", 100.0 * pooled(s)),
            format!("{:+.2}", additivity(both, one, one)),
        ]
    };
    let by_strength =
        table(&["strength", "single unit", "closed form", "pool", "additivity"], STRENGTHS.map(strength));
    let mut curve = Vec::new();
    let separation = |d: f64| {
        let (one, both) = detection_enhancement(d, BASE_RATE);
        let gain = 100.0 * enhancement(both, one);
        curve.push((d, gain));
        [d.to_string(), format!("{one:.3}"), format!("{both:.3}"), format!("{gain:.0} %")]
    };
    let by_separation = table(&["d′", "one cue", "both", "enhancement"], SEPARATIONS.map(separation));
    let log: Vec<(f64, f64)> = STRENGTHS.iter().map(|s| (log2(*s), 100.0 * single(*s))).collect();
    let pooled: Vec<(f64, f64)> = STRENGTHS.iter().map(|s| (log2(*s), 100.0 * pooled(*s))).collect();
    let responses = plot(
        "strength of each cue, log₂",
        "enhancement, %",
        -3.5..3.2,
        0.0..320.0,
        None,
        &[("single unit", log), ("balanced unit of a pool", pooled)],
    );
    let detection = plot(
        "separation d′ of each cue",
        "enhancement, %",
        1.4..4.1,
        0.0..220.0,
        None,
        &[("detection", curve)],
    );
    format!(
        "<h2>Inverse effectiveness: the weaker the cues, the more they gain from one another</h2><p>It is a property of what is read \
         out of cues (events: obstacle, contact, slip), not of the estimate. Two equal cues; n = 2, α = 1. Detection: mean posterior at \
         a base rate of {BASE_RATE}; above 100 % is super-additive.</p><div class=\"plots\"><div>{responses}{by_strength}</div>\
         <div>{detection}{by_separation}</div></div>"
    )
}

fn log2(x: f64) -> f64 {
    neuraxis_core::math::ln(x) / std::f64::consts::LN_2
}

/// What was done to the senses.
fn done(scenario: &Scenario) -> String {
    let one = |fault: &Fault| {
        let kind = serde_json::to_value(fault.kind).ok();
        let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("?").to_owned();
        let until = fault.until.map_or_else(String::new, |until| format!("{until}"));
        format!("{} {kind} from {} s to {until} s", fault.sensor, fault.from)
    };
    scenario.faults.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// One trial of a scenario; its plots are drawn when it is opened.
fn trial_section(scenario: &Scenario, trial: &TrialRow) -> String {
    let last = trial.line.last().map_or(1.0, |point| point.time).max(1.0);
    let [from, until] =
        scenario.faults.first().map_or([0.0; 2], |fault| [fault.from, fault.until.unwrap_or(last)]);
    let shares = |values: &mut dyn Iterator<Item = f32>| {
        values.map(|v| (255.0 * v.clamp(0.0, 1.0)).round() as u32).collect::<Vec<_>>()
    };
    // A point: errors in tenths of a millimetre as far as four digits go, then reliabilities and events in 255ths.
    let mut points = String::new();
    for point in &trial.line {
        for error in point.error {
            let _ = write!(points, "{:04x}", (f64::from(error) * 1e4).round().clamp(0.0, 65_535.0) as u32);
        }
        let mut both = point.reliability.iter().chain(&point.events).copied();
        for share in shares(&mut both) {
            let _ = write!(points, "{share:02x}");
        }
    }
    let period = trial.line.get(1).map_or(1.0, |point| point.time);
    format!(
        "<details class=\"trial\" data-points=\"{points}\" data-cues=\"{}\" data-period=\"{period}\" \
         data-window=\"{from} {until}\"><summary>seed {}: {:.1} cm, ekf {:.1} cm, oracle {:.1} cm</summary></details>",
        escape(&trial.cues.join("|")),
        trial.seed,
        100.0 * trial.rmse[0],
        100.0 * trial.rmse[1],
        100.0 * trial.oracle,
    )
}

/// Draws a trial's plots when it is opened: errors, what each cue was held for, and events, with the fault's time shaded.
const SCRIPT: &str = r##"
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#5a5a5a"];
function plot(lines, unit, top, last, [from, until]) {
  const [w, h, left, low] = [560, 210, 46, 34];
  const x = t => left + (w - left - 16) * t / last, y = v => 8 + (h - low - 8) * (1 - Math.min(v, top) / top);
  const ticks = [0, .25, .5, .75, 1].map(s => `<text x="${left - 6}" y="${y(s * top) + 4}" text-anchor="end">${
    +(s * top).toPrecision(2)}</text>`).join("") + [0, .25, .5, .75, 1].map(s => `<text x="${x(s * last)}" y="${h - 18}"
    text-anchor="middle">${Math.round(s * last)}</text>`).join("");
  const paths = lines.map(([, values, step], i) => `<polyline fill="none" stroke="${COLOURS[i % 6]}" stroke-width="2" points="${
    values.map((v, k) => x(k * step).toFixed(1) + "," + y(v).toFixed(1)).join(" ")}"/>`).join("");
  const shade = until > from ? `<rect x="${x(from)}" y="8" width="${x(until) - x(from)}" height="${h - low - 8}"
    fill="#c83c28" opacity=".12"/>` : "";
  const keys = lines.map(([name], i) => `<span><i style="background:${COLOURS[i % 6]}"></i>${name}</span>`).join("");
  return `<figure style="margin:0"><svg width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-size="11">${shade}${paths}${ticks}
    <path d="M${left} 8V${h - low}H${w - 16}" fill="none" stroke="#888"/><text x="${w - 16}" y="${h - 4}" text-anchor="end">s</text>
    <text x="12" y="${h / 2}" transform="rotate(-90 12 ${h / 2})" text-anchor="middle">${unit}</text></svg>
    <figcaption class="keys">${keys}</figcaption></figure>`;
}
function draw(trial) {
  const text = trial.dataset.points, cues = trial.dataset.cues.split("|"), step = +trial.dataset.period;
  const events = ["obstacle", "contact", "slip"], size = 12 + 2 * (cues.length + events.length);
  const count = Math.floor(text.length / size), at = (k, from, digits) => parseInt(text.substr(k * size + from, digits), 16);
  const line = (name, from, digits, scale) => [name, Array.from({length: count}, (_, k) => at(k, from, digits) * scale), step];
  const errors = ["ours", "ekf", "oracle"].map((name, i) => line(name, 4 * i, 4, 0.01));
  const shares = (names, from) => names.map((name, i) => line(name, from + 2 * i, 2, 1 / 255));
  const last = Math.max(1, (count - 1) * step), window = trial.dataset.window.split(" ").map(Number);
  // What the plain filter does may be far off the scale of the others.
  const top = 1.2 * Math.max(2, ...errors[0][1], ...errors[2][1]);
  const safe = text => text.replace(/[&<>]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;"})[c]);
  const plots = document.createElement("div");
  plots.className = "plots";
  plots.innerHTML = plot(errors, "error, cm", top, last, window)
    + plot(shares(cues.map(safe), 12), "reliability", 1, last, window)
    + plot(shares(events, 12 + 2 * cues.length), "events", 1, last, window);
  trial.append(plots);
}
document.querySelectorAll(".trial").forEach(trial => trial.addEventListener("toggle", () => {
  if (trial.open && !trial.querySelector(".plots")) draw(trial);
}));
"##;

/// Lines in one plot; `window` is shaded.
fn plot(
    x: &str,
    y: &str,
    across: Range<f64>,
    up: Range<f64>,
    window: Option<(f64, f64)>,
    lines: &[(&str, Vec<(f64, f64)>)],
) -> String {
    let mut svg = String::new();
    if draw(&mut svg, (x, y), across, up, window, lines).is_err() {
        // Text into a string cannot fail; if it does, the numbers still stand in the table.
        svg.clear();
    }
    let mut keys = String::new();
    for (i, (name, _)) in lines.iter().enumerate() {
        let RGBColor(r, g, b) = COLOURS[i % COLOURS.len()];
        let _ = write!(keys, "<span><i style=\"background:rgb({r},{g},{b})\"></i>{}</span>", escape(name));
    }
    format!("<figure style=\"margin:0\">{svg}<figcaption class=\"keys\">{keys}</figcaption></figure>")
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw<'a>(
    svg: &'a mut String,
    (x, y): (&str, &str),
    across: Range<f64>,
    up: Range<f64>,
    window: Option<(f64, f64)>,
    lines: &[(&str, Vec<(f64, f64)>)],
) -> Drawn<'a> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let top = up.end;
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(46)
        .build_cartesian_2d(across, up)?;
    chart.configure_mesh().x_desc(x).y_desc(y).light_line_style(WHITE).x_labels(9).y_labels(5).draw()?;
    if let Some((from, until)) = window {
        let shade = RGBColor(200, 60, 40).mix(0.12).filled();
        chart.draw_series([Rectangle::new([(from, 0.0), (until, top)], shade)])?;
    }
    for (i, (_, points)) in lines.iter().enumerate() {
        let style = COLOURS[i % COLOURS.len()].stroke_width(2);
        let inside = points.iter().map(|(x, y)| (*x, y.min(top)));
        chart.draw_series(LineSeries::new(inside, style))?;
    }
    area.present()?;
    drop(chart);
    Ok(())
}
