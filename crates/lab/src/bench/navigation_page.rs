//! The page of `neuraxis bench navigation`: what was demanded, a row a maze and navigator, what each part of the search is worth,
//! and the way of every drive over the walls. It needs nothing else: a pair is drawn when it is opened.

use std::fmt::Write as _;

use super::navigation::{LifeRow, NavigationBench, PairRow, REOPENED};
use super::navigation_table::{By, Cell, Measure, ablations, maze_rows, measures};

/// Points of a way that are drawn at most.
const MOST_POINTS: usize = 1500;

const STYLE: &str = "body{margin:0 auto;max-width:1240px;padding:12px 16px;font:14px/1.45 system-ui,sans-serif;\
color:#1b1f24;background:#fff}h1{font-size:18px}h2{font-size:15px;margin:22px 0 6px}code{font:12px ui-monospace,monospace;\
color:#5a6470;overflow-wrap:anywhere}.scroll{overflow:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:3px 8px;text-align:right;border-bottom:1px solid #d5dae0;white-space:nowrap}th:first-child,td:first-child\
{text-align:left}.bad{color:#b3261e}details{margin:4px 0;border-top:1px solid #d5dae0;padding:4px 0}summary{cursor:pointer}\
.pair svg{max-width:100%;height:auto;display:block}.keys label{margin-right:12px;white-space:nowrap}.keys i{display:inline-block;\
width:14px;height:3px;vertical-align:middle;margin:0 4px}@media print{details{break-inside:avoid}}";

/// One page that needs nothing else.
#[must_use]
pub fn page(bench: &NavigationBench, command: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Neuraxis bench navigation</title><style>{STYLE}</style>\
         </head><body><h1>Navigation in mazes that nobody has seen before</h1><code>{}</code><p>Lengths are true ones, over the \
         shortest way that there is for a disc of the body's radius. A life: five trials, a wall closed on the way that is taken \
         (two attempts), start and goal swapped, and the wall opened again (at most {REOPENED} trials).</p>",
        escape(command)
    );
    let _ = write!(out, "<h2>What is demanded</h2>{}", demands(&measures(bench)));
    let parts = ablations(bench);
    if !parts.is_empty() {
        out.push_str("<h2>What each part is worth</h2><p>The same drives without it: mean length over the whole search's, \
                      [..]: 95 % interval; reached: of all drives.</p><div class=\"scroll\"><table><thead><tr><th>without</th>\
                      <th>reached</th><th>trial 1</th><th>trial 2</th><th>trial 5</th><th>wall closed</th></tr></thead><tbody>");
        for part in &parts {
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{} of {}</td>",
                escape(&part.name),
                part.success[0],
                part.success[1]
            );
            for ratio in &part.ratios {
                let _ = match ratio {
                    Some(r) => write!(out, "<td>{:.2} [{:.2}, {:.2}]</td>", r.value, r.low, r.high),
                    None => write!(out, "<td>-</td>"),
                };
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div>");
    }
    let _ = write!(out, "<h2>Maze by maze</h2>{}", mazes(bench));
    for (i, maze) in bench.mazes.iter().enumerate() {
        let _ = write!(out, "<h2>{}</h2>", escape(&maze.name));
        let walls: Vec<String> = maze.walls.iter().map(|wall| points(wall.iter(), 1)).collect();
        let _ = write!(out, "<div class=\"maze\" data-walls=\"{}\">", walls.join("|"));
        for (number, pair) in bench.pairs.iter().filter(|pair| pair.maze == i).enumerate() {
            out.push_str(&pair_section(number, pair));
        }
        out.push_str("</div>");
    }
    let _ = writeln!(out, "<script>{SCRIPT}</script></body></html>");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn demands(measures: &[Measure]) -> String {
    let mut out = String::from(
        "<div class=\"scroll\"><table><thead><tr><th>measure</th><th>mean [95 %]</th><th>median</th><th>values</th><th>must</th>\
         <th>aim</th><th>holds</th></tr></thead><tbody>",
    );
    for m in measures.iter().filter(|m| m.count > 0) {
        let number = |v: f64| {
            if m.by == By::Share { format!("{:.1} %", 100.0 * v) } else { format!("{v:.2}") }
        };
        let bound = |v: f64| if v.is_finite() { number(v) } else { "-".to_owned() };
        let verdict = match (m.holds(), m.is_aim_reached()) {
            (Some(false), _) => "<b class=\"bad\">NO</b>",
            (_, Some(true)) => "yes, aim too",
            _ => "yes",
        };
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{} [{}, {}]</td><td>{:.2}</td><td>{}</td><td>{}</td><td>{}</td><td>{verdict}</td></tr>",
            escape(&m.what),
            number(m.mean.value),
            number(m.mean.low),
            number(m.mean.high),
            m.median,
            m.count,
            bound(m.must),
            m.aim.map_or("-".to_owned(), bound)
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

fn mazes(bench: &NavigationBench) -> String {
    let mut out = String::from(
        "<div class=\"scroll\"><table><thead><tr><th>maze</th><th>navigator</th><th>reached</th>",
    );
    for title in
        ["trial 1", "2", "3", "4", "5", "closed 1", "closed 2", "swapped", "used after", "touches", "time s"]
    {
        let _ = write!(out, "<th>{title}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in maze_rows(bench) {
        let [good, all] = row.success;
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{good}/{all}</td>",
            escape(&row.maze),
            escape(&row.navigator)
        );
        let mut cells: Vec<Option<Cell>> = Vec::new();
        cells.extend((0..5).map(|i| row.trials.get(i).copied().flatten()));
        cells.extend((0..2).map(|i| row.closed.get(i).copied().flatten()));
        cells.extend([row.swapped, row.reopened, row.touches, row.seconds]);
        for cell in cells {
            let _ = match cell {
                Some(cell) => write!(out, "<td>{:.2}/{:.2}</td>", cell.mean, cell.median),
                None => write!(out, "<td>-</td>"),
            };
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div><p>Mean/median of those that reached the goal.</p>");
    out
}

/// Points in cm, each but the first as what it is beyond the one before it; every `step`th, and the last.
fn points<'a>(list: impl ExactSizeIterator<Item = &'a [f64; 2]>, step: usize) -> String {
    let cm = |v: f64| (100.0 * v).round() as i64;
    let (mut out, mut last, count) = (String::new(), [0_i64; 2], list.len());
    for (i, p) in list.enumerate() {
        if i % step != 0 && i + 1 != count {
            continue;
        }
        let now = p.map(cm);
        let _ =
            write!(out, "{}{},{}", if out.is_empty() { "" } else { " " }, now[0] - last[0], now[1] - last[1]);
        last = now;
    }
    out
}

/// One pair: what each navigator did, and its ways as data.
fn pair_section(number: usize, pair: &PairRow) -> String {
    let mut lives = String::new();
    let mut summary = Vec::new();
    for life in &pair.lives {
        if let Some(first) = life.trials.first() {
            let told =
                if first.is_good() { format!("{:.2}", first.ratio()) } else { format!("{:?}", first.end) };
            summary.push(format!("{} {told}", life.navigator));
        }
        for (name, drive) in named(life) {
            let step = drive.trail.len().div_ceil(MOST_POINTS).max(1);
            let _ = write!(
                lives,
                "<s data-name=\"{}: {name}, {:.2}, {} touches\" data-way=\"{}\" data-touched=\"{}\"></s>",
                escape(life.navigator),
                drive.ratio(),
                drive.touches,
                points(drive.trail.iter(), step),
                points(drive.touched.iter(), 1)
            );
        }
    }
    let closed = points(pair.plug.iter(), 1);
    format!(
        "<details class=\"pair\" data-start=\"{:.0},{:.0}\" data-goal=\"{:.0},{:.0}\" data-closed=\"{closed}\"><summary>pair {}: \
         {:.2} m; first trials: {}</summary><div hidden>{lives}</div></details>",
        100.0 * pair.pair.start[0],
        100.0 * pair.pair.start[1],
        100.0 * pair.pair.goal[0],
        100.0 * pair.pair.goal[1],
        number + 1,
        pair.pair.optimum,
        escape(&summary.join(", "))
    )
}

/// The drives of a life, with what they are called.
fn named(life: &LifeRow) -> impl Iterator<Item = (String, &super::navigation::Drive)> {
    let list = |what: &'static str, drives| {
        let drives: &[super::navigation::Drive] = drives;
        drives.iter().enumerate().map(move |(i, drive)| (format!("{what} {}", i + 1), drive))
    };
    list("trial", &life.trials)
        .chain(list("closed", &life.closed))
        .chain(life.swapped.iter().map(|drive| ("swapped".to_owned(), drive)))
        .chain(list("opened", &life.reopened))
}

/// Draws a pair when it is opened: walls, start and goal, and the ways that are ticked.
const SCRIPT: &str = r##"
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5a5a5a"];
const line = text => {
  let x = 0, y = 0;
  return text ? text.split(" ").map(p => { const [dx, dy] = p.split(",").map(Number); return [x += dx, y += dy]; }) : [];
};
function draw(pair) {
  const walls = pair.closest(".maze").dataset.walls.split("|").map(line), shut = line(pair.dataset.closed);
  const all = walls.flat(), xs = all.map(p => p[0]), ys = all.map(p => p[1]);
  const [left, low, right, high] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const at = p => p[0] + "," + (high + low - p[1]), list = points => points.map(at).join(" ");
  const box = document.createElement("div"), spot = (key, r, fill) => {
    const [x, y] = at(pair.dataset[key].split(",").map(Number)).split(",");
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}" stroke="#1b1f24" stroke-width="1.5"/>`;
  };
  box.innerHTML = `<svg viewBox="${left} ${low} ${right - left} ${high - low}" width="${Math.min(1000, 70 * (right - left) / 100)}">
    ${walls.map(w => `<polygon points="${list(w)}" fill="#777"/>`).join("")}${spot("goal", 45, "none")}${spot("start", 10, "#56b4e9")}
    <g></g></svg><div class="keys"></div>`;
  const group = box.querySelector("g"), keys = box.querySelector(".keys"), ways = [...pair.querySelectorAll("s")];
  const show = () => {
    const ticked = [...keys.querySelectorAll("input")].map(i => i.checked);
    const closed = ways.some((w, i) => ticked[i] && / (closed|swapped)/.test(w.dataset.name));
    group.innerHTML = (closed ? `<polygon points="${list(shut)}" fill="#b3261e" opacity=".6"/>` : "") + ways.map((w, i) => ticked[i]
      ? `<polyline points="${list(line(w.dataset.way))}" fill="none" stroke="${COLOURS[i % 7]}" stroke-width="2.5"/>`
        + line(w.dataset.touched).map(p => { const [x, y] = at(p).split(","); return `<circle cx="${x}" cy="${y}" r="3.5" fill="#b3261e"/>`; }).join("")
      : "").join("");
  };
  ways.forEach((way, i) => {
    const label = document.createElement("label"), tick = document.createElement("input"), key = document.createElement("i");
    tick.type = "checkbox"; tick.checked = i === 0; tick.onchange = show; key.style.background = COLOURS[i % 7];
    label.append(tick, key, way.dataset.name);
    keys.append(label);
  });
  show();
  pair.append(box);
}
document.querySelectorAll(".pair").forEach(pair => pair.addEventListener("toggle", () => {
  if (pair.open && !pair.querySelector("svg")) draw(pair);
}));
"##;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_as_steps_and_the_last_is_kept() {
        let list = [[1.0, 2.0], [1.1, 2.0], [1.2, 1.9], [1.3, 1.9]];
        assert_eq!(points(list.iter(), 1), "100,200 10,0 10,-10 10,0");
        assert_eq!(points(list.iter(), 2), "100,200 20,-10 10,0");
        assert_eq!(points([].iter(), 1), "");
    }
}
