//! The page of `neuraxis bench navigation`: what was demanded, a row a maze and navigator, what each part of the search is worth,
//! and the way of every drive over the walls. It needs nothing else: a pair is drawn when it is opened.

use std::fmt::Write as _;

use neuraxis_core::markup::escape;

use super::navigation::{LifeRow, NavigationBench, PairRow, REOPENED};
use super::navigation_table::{Ablation, By, Cell, Measure, ablations, maze_rows, measures};
use super::page::{Page, table, verdict};

/// Points of a way that are drawn at most.
const MAX_POINTS: usize = 1500;

const STYLE: &str = ".pair svg{max-width:100%;height:auto;display:block}";

/// One page that needs nothing else.
#[must_use]
pub fn page(bench: &NavigationBench, command: &str) -> String {
    let about = format!(
        "Lengths are true ones, over the shortest way that there is for a disc of the body's radius. A life: five trials, a wall \
         closed on the way that is taken (two attempts), start and goal swapped, and the wall opened again (at most {REOPENED} \
         trials)."
    );
    let title = "Navigation in mazes that nobody has seen before";
    let mut page = Page::new("navigation", title, command, &about, STYLE);
    page.heading("What is demanded");
    page.html(&demands(&measures(bench)));
    let parts = ablations(bench);
    if !parts.is_empty() {
        page.heading("What each part is worth");
        page.html(
            "<p>The same drives without it: mean length over the whole search's, [..]: 95 % interval; reached: of all drives.</p>",
        );
        page.html(&worth(&parts));
    }
    page.heading("Maze by maze");
    page.html(&mazes(bench));
    page.html("<p>Mean/median of those that reached the goal.</p>");
    for (i, maze) in bench.mazes.iter().enumerate() {
        page.heading(&maze.name);
        let walls: Vec<String> = maze.walls.iter().map(|wall| points(wall.iter(), 1)).collect();
        page.html(&format!("<div class=\"maze\" data-walls=\"{}\">", walls.join("|")));
        for (number, pair) in bench.pairs.iter().filter(|pair| pair.maze == i).enumerate() {
            page.html(&pair_section(number, pair));
        }
        page.html("</div>");
    }
    page.finish(SCRIPT)
}

fn worth(parts: &[Ablation]) -> String {
    let cells = |part: &Ablation| {
        let [good, all] = part.success;
        let mut cells = vec![escape(&part.name), format!("{good} of {all}")];
        cells.extend(part.ratios.iter().map(|ratio| match ratio {
            Some(r) => format!("{:.2} [{:.2}, {:.2}]", r.value, r.low, r.high),
            None => "-".to_owned(),
        }));
        cells
    };
    table(&["without", "reached", "trial 1", "trial 2", "trial 5", "wall closed"], parts.iter().map(cells))
}

fn demands(measures: &[Measure]) -> String {
    let cells = |m: &Measure| {
        let number = |v: f64| {
            if m.by == By::Share { format!("{:.1} %", 100.0 * v) } else { format!("{v:.2}") }
        };
        let bound = |v: f64| if v.is_finite() { number(v) } else { "-".to_owned() };
        let holds = match (m.holds(), m.is_aim_reached()) {
            (Some(false), _) => "NO",
            (_, Some(true)) => "yes, aim too",
            _ => "yes",
        };
        [
            escape(&m.what),
            format!("{} [{}, {}]", number(m.mean.value), number(m.mean.low), number(m.mean.high)),
            format!("{:.2}", m.median),
            m.count.to_string(),
            bound(m.must),
            m.aim.map_or("-".to_owned(), bound),
            verdict(holds),
        ]
    };
    let header = ["measure", "mean [95 %]", "median", "values", "must", "aim", "holds"];
    table(&header, measures.iter().filter(|m| m.count > 0).map(cells))
}

fn mazes(bench: &NavigationBench) -> String {
    let header = [
        "maze",
        "navigator",
        "reached",
        "trial 1",
        "2",
        "3",
        "4",
        "5",
        "closed 1",
        "closed 2",
        "swapped",
        "used after",
        "touches",
        "time s",
    ];
    let rows = maze_rows(bench).into_iter().map(|row| {
        let [good, all] = row.success;
        let mut found: Vec<Option<Cell>> = Vec::new();
        found.extend((0..5).map(|i| row.trials.get(i).copied().flatten()));
        found.extend((0..2).map(|i| row.closed.get(i).copied().flatten()));
        found.extend([row.swapped, row.reopened, row.touches, row.seconds]);
        let mut cells = vec![escape(&row.maze), escape(&row.navigator), format!("{good}/{all}")];
        cells.extend(found.into_iter().map(|cell| match cell {
            Some(cell) => format!("{:.2}/{:.2}", cell.mean, cell.median),
            None => "-".to_owned(),
        }));
        cells
    });
    table(&header, rows)
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
            let step = drive.trail.len().div_ceil(MAX_POINTS).max(1);
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
