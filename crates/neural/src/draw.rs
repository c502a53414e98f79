//! A circuit as a drawing: inputs left, units by layer, outputs right; what excites ends in an arrow, what inhibits in a dot.
//!
//! Names say where a unit stands: what follows the last underscore is a limb, a joint or a side if at least two kinds
//! of units have one there, and gets a band of its own. Columns are layers of synapses without delay; kinds
//! that are joined by delayed synapses stand beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use neuraxis_core::markup::escape;

use crate::spec::{CircuitSpec, Sign, UnitSpec, Weight};

/// Radius of a unit, px.
const RADIUS: f64 = 13.0;
/// From column to column and from row to row, px.
const PITCH: [f64; 2] = [150.0, 52.0];
/// Around everything, px.
const MARGIN: f64 = 60.0;
/// Inputs of a band that stand above each other.
const TALLEST: usize = 6;
/// Weights are written at the synapses up to so many of them.
const LABELS: usize = 64;
const EXCITES: &str = "#0b6e4f";
const INHIBITS: &str = "#b3261e";
const NEUTRAL: &str = "#5f6368";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Input,
    Unit,
    Output,
}

/// Something that is drawn.
#[derive(Clone, Debug)]
struct Node<'s> {
    name: &'s str,
    shape: Shape,
    glyph: &'static str,
    note: String,
    band: usize,
    x: f64,
    y: f64,
}

/// An SVG drawing of `spec`, which should be a right one: whom a synapse does not find, it does not reach.
#[must_use]
pub fn svg(spec: &CircuitSpec) -> String {
    let mut nodes = nodes(spec);
    let bands = bands(&nodes);
    place(spec, &mut nodes, &bands);
    let right = nodes.iter().map(|node| node.x).fold(0.0, f64::max);
    let low = nodes.iter().map(|node| node.y).fold(0.0, f64::max);
    let legend = low + PITCH[1] + 10.0;
    let rows = 5 + spec.parameters.len().min(12).div_ceil(3);
    let (width, height) = ((right + MARGIN + 60.0).max(640.0), legend + 18.0 * rows as f64);

    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"DejaVu Sans, sans-serif\" font-size=\"10\">"
    );
    let _ = writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
    for (band, name) in bands.iter().enumerate().skip(1) {
        let ys =
            nodes.iter().filter(|node| node.band == band && node.shape != Shape::Output).map(|node| node.y);
        let (top, bottom) = (ys.clone().fold(f64::MAX, f64::min), ys.fold(0.0, f64::max));
        let fill = if band % 2 == 1 { "#f3f5f7" } else { "#fafbfc" };
        let (y, height) = (top - 24.0, bottom - top + 52.0);
        let _ = writeln!(
            svg,
            "<rect x=\"4\" y=\"{y:.0}\" width=\"{:.0}\" height=\"{height:.0}\" rx=\"6\" fill=\"{fill}\"/><text x=\"12\" y=\"{:.0}\" fill=\"{NEUTRAL}\" font-weight=\"bold\">{}</text>",
            width - 8.0,
            y + 14.0,
            escape(name)
        );
    }
    let (drawn, silent) = edges(spec, &nodes, &mut svg);
    for node in &nodes {
        node.draw(&mut svg);
    }
    draw_legend(spec, (legend, drawn, silent), &mut svg);
    svg.push_str("</svg>\n");
    svg
}

fn nodes(spec: &CircuitSpec) -> Vec<Node<'_>> {
    let node = |name, shape, glyph, note| Node { name, shape, glyph, note, band: 0, x: 0.0, y: 0.0 };
    let inputs = spec.inputs.iter().map(|input| {
        let [low, high] = input.range;
        node(input.name.as_str(), Shape::Input, "", format!("input, {low} to {high}"))
    });
    let units = spec.units.iter().map(|unit| {
        let glyph = match unit {
            UnitSpec::Graded { .. } => "g",
            UnitSpec::Linear { .. } => "Σ",
            UnitSpec::Tanh { .. } => "t",
            UnitSpec::Leaky { .. } => "∫",
            UnitSpec::Square { .. } => "⊓",
            UnitSpec::HalfCentre { .. } => "~",
        };
        let bias = match unit.bias() {
            Some(Weight::Number(bias)) if *bias != 0.0 => format!(", bias {bias}"),
            Some(Weight::Parameter(name)) => format!(", bias {name}"),
            _ => String::new(),
        };
        node(unit.name(), Shape::Unit, glyph, format!("{}{bias}", unit.kind().replace('_', " ")))
    });
    let outputs =
        spec.outputs.iter().map(|output| node(output.name.as_str(), Shape::Output, "", "output".to_owned()));
    inputs.chain(units).chain(outputs).collect()
}

/// What a name says of kind and place.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('_').unwrap_or((name, ""))
}

/// The names of the bands; the first has no name and holds all that belongs to no other.
fn bands(nodes: &[Node<'_>]) -> Vec<String> {
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.shape != Shape::Output) {
        let (kind, place) = split(node.name);
        kinds.entry(place).or_default().insert(kind);
    }
    let mut bands = vec![String::new()];
    for node in nodes {
        let (_, place) = split(node.name);
        let is_band = !place.is_empty() && kinds.get(place).is_some_and(|kinds| kinds.len() > 1);
        let is_band = is_band && nodes.iter().any(|n| n.shape == Shape::Unit && split(n.name).1 == place);
        if is_band && !bands.iter().any(|band| band == place) {
            bands.push(place.to_owned());
        }
    }
    // Numbers in their order; a joint that only units have may come after one that inputs have too.
    if bands[1..].iter().all(|band| band.parse::<u32>().is_ok()) {
        bands[1..].sort_by_key(|band| band.parse::<u32>().unwrap_or(0));
    }
    bands
}

fn place(spec: &CircuitSpec, nodes: &mut [Node<'_>], bands: &[String]) {
    let kinds = columns(spec);
    for node in nodes.iter_mut() {
        let (_, place) = split(node.name);
        node.band = bands.iter().skip(1).position(|band| band == place).map_or(0, |i| i + 1);
    }
    let is_input = |node: &Node<'_>, band: usize| node.shape == Shape::Input && node.band == band;
    let most = (0..bands.len()).map(|band| nodes.iter().filter(|node| is_input(node, band)).count()).max();
    // Many inputs stand in several columns.
    let abreast = most.unwrap_or(0).div_ceil(TALLEST).max(1);
    let is_delayed = spec.synapses.iter().any(|synapse| synapse.delay > 0.0);
    let mut top = MARGIN;
    for band in 0..bands.len() {
        let mut heights: BTreeMap<usize, usize> = BTreeMap::new();
        let mut low = top - 22.0;
        let rows = nodes.iter().filter(|node| is_input(node, band)).count().div_ceil(abreast);
        let mut inputs = 0;
        for node in nodes.iter_mut().filter(|node| node.band == band) {
            let (kind, _) = split(node.name);
            let column = match node.shape {
                Shape::Input => {
                    inputs += 1;
                    (inputs - 1) / rows.max(1)
                }
                Shape::Unit => abreast + kinds.get(kind).copied().unwrap_or(0),
                Shape::Output => abreast + kinds.values().max().map_or(0, |last| last + 1),
            };
            // Columns stand at different heights, so that straight lines do not run through units.
            let lower = match node.shape {
                Shape::Unit if is_delayed => 30.0 * (column % 3) as f64,
                _ => 9.0 * (column % 2) as f64,
            };
            let row = heights.entry(column).or_default();
            node.x = MARGIN + column as f64 * PITCH[0];
            node.y = top + *row as f64 * PITCH[1] + lower;
            *row += 1;
            low = low.max(node.y + PITCH[1]);
        }
        top = low + 22.0;
    }
}

/// The column of each kind of unit.
fn columns(spec: &CircuitSpec) -> BTreeMap<&str, usize> {
    let kind_of = |name: &str| {
        spec.units.iter().map(UnitSpec::name).find(|unit| *unit == name).map(|unit| split(unit).0)
    };
    let mut layers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for unit in &spec.units {
        let (kind, _) = split(unit.name());
        layers.entry(kind).or_insert(0);
        if !order.contains(&kind) {
            order.push(kind);
        }
    }
    let direct: Vec<(&str, &str)> = spec
        .synapses
        .iter()
        .filter(|synapse| synapse.delay == 0.0)
        .filter_map(|synapse| Some((kind_of(&synapse.from)?, kind_of(&synapse.to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    // The longest way to each kind; kinds may be in a circle where units are not, and then it ends all the same.
    for _ in 0..order.len() {
        for (from, to) in &direct {
            let behind = layers.get(from).map_or(0, |layer| layer + 1);
            let layer = layers.entry(to).or_insert(0);
            *layer = (*layer).max(behind).min(order.len());
        }
    }
    let delayed: BTreeSet<&str> = spec
        .synapses
        .iter()
        .filter(|synapse| synapse.delay > 0.0)
        .flat_map(|synapse| [kind_of(&synapse.from), kind_of(&synapse.to)])
        .flatten()
        .collect();
    // One column a layer, and one for each kind that delayed synapses join.
    let mut keys: Vec<(usize, usize)> = Vec::new();
    let key = |kind: &str| {
        let own = order.iter().position(|other| *other == kind).map_or(0, |i| i + 1);
        (layers.get(kind).copied().unwrap_or(0), if delayed.contains(kind) { own } else { 0 })
    };
    keys.extend(order.iter().map(|kind| key(kind)));
    keys.sort_unstable();
    keys.dedup();
    order.iter().map(|kind| (*kind, keys.iter().position(|k| *k == key(kind)).unwrap_or(0))).collect()
}

/// Draws synapses and what goes out; how many synapses it drew, and how many it left out for their weight of 0.
fn edges(spec: &CircuitSpec, nodes: &[Node<'_>], svg: &mut String) -> (usize, usize) {
    let value = |weight: &Weight| match weight {
        Weight::Number(number) => *number,
        Weight::Parameter(name) => spec.parameters.get(name).copied().unwrap_or(0.0),
    };
    let find = |name: &str| nodes.iter().find(|node| node.name == name && node.shape != Shape::Output);
    let drawn = spec.synapses.iter().filter(|synapse| value(&synapse.weight) != 0.0).count();
    for synapse in &spec.synapses {
        let weight = value(&synapse.weight);
        let (Some(from), Some(to)) = (find(&synapse.from), find(&synapse.to)) else { continue };
        if weight == 0.0 {
            continue;
        }
        let name = match &synapse.weight {
            Weight::Number(_) => String::new(),
            Weight::Parameter(name) => format!(" ({name})"),
        };
        let part = match synapse.part {
            crate::Part::Whole => "",
            crate::Part::Positive => " (+)",
            crate::Part::Negative => " (−)",
        };
        let delay = if synapse.delay > 0.0 { format!(", {} s", synapse.delay) } else { String::new() };
        let edge = Edge {
            sign: if weight > 0.0 { Sign::Excitatory } else { Sign::Inhibitory },
            weight,
            label: (drawn <= LABELS).then(|| format!("{}{part}", short(weight))),
            title: format!("{}{part} → {}: {weight}{name}{delay}", synapse.from, synapse.to),
            is_delayed: synapse.delay > 0.0,
        };
        edge.draw(from, to, svg);
    }
    for output in &spec.outputs {
        let Some(to) = nodes.iter().find(|node| node.name == output.name && node.shape == Shape::Output)
        else {
            continue;
        };
        for term in &output.from {
            let Some(from) = find(&term.unit) else { continue };
            let edge = Edge {
                sign: Sign::Free,
                weight: term.weight,
                label: (term.weight != 1.0).then(|| short(term.weight)),
                title: format!("{} → {}: {}", term.unit, output.name, term.weight),
                is_delayed: false,
            };
            edge.draw(from, to, svg);
        }
    }
    (drawn, spec.synapses.len() - drawn)
}

fn short(weight: f64) -> String {
    let text = format!("{weight:.2}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

struct Edge {
    sign: Sign,
    weight: f64,
    label: Option<String>,
    title: String,
    is_delayed: bool,
}

impl Edge {
    fn draw(&self, from: &Node<'_>, to: &Node<'_>, svg: &mut String) {
        let colour = match self.sign {
            Sign::Excitatory => EXCITES,
            Sign::Inhibitory => INHIBITS,
            Sign::Free => NEUTRAL,
        };
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = (dx * dx + dy * dy).sqrt();
        let width = 0.7 + 1.3 * self.weight.abs().min(2.0) / 2.0;
        let dash = if self.is_delayed { " stroke-dasharray=\"5 2\"" } else { "" };
        // Bent to its own left, so that there and back are two lines.
        let bend = if length < 1.0 { 0.0 } else { (0.12 * length).min(55.0) };
        let (nx, ny) = if length < 1.0 { (0.0, -1.0) } else { (dy / length, -dx / length) };
        let (mx, my) = if length < 1.0 {
            (from.x + 3.0 * RADIUS, from.y - 3.0 * RADIUS)
        } else {
            (0.5 * (from.x + to.x) + nx * bend, 0.5 * (from.y + to.y) + ny * bend)
        };
        let towards = |x: f64, y: f64, away: f64| {
            let (ux, uy) = (mx - x, my - y);
            let norm = (ux * ux + uy * uy).sqrt().max(1e-9);
            (x + ux / norm * away, y + uy / norm * away)
        };
        let (x0, y0) = towards(from.x, from.y, RADIUS);
        let (x1, y1) = towards(to.x, to.y, RADIUS + 6.0);
        let (tx, ty) = towards(to.x, to.y, RADIUS);
        let _ = writeln!(
            svg,
            "<g><title>{}</title><path d=\"M{x0:.1} {y0:.1} Q{mx:.1} {my:.1} {x1:.1} {y1:.1}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width:.2}\" stroke-opacity=\"0.75\"{dash}/>",
            escape(&self.title)
        );
        if self.sign == Sign::Inhibitory {
            let (x, y) = (0.5 * (x1 + tx), 0.5 * (y1 + ty));
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.4\" fill=\"{colour}\"/>");
        } else {
            let (ux, uy) = ((tx - x1) / 6.0, (ty - y1) / 6.0);
            let (x, y) = (x1 - ux, y1 - uy);
            let _ = writeln!(
                svg,
                "<polygon points=\"{tx:.1},{ty:.1} {:.1},{:.1} {:.1},{:.1}\" fill=\"{colour}\"/>",
                x - 3.6 * uy,
                y + 3.6 * ux,
                x + 3.6 * uy,
                y - 3.6 * ux
            );
        }
        if let Some(label) = &self.label {
            // Nearer to the target, where fewer lines cross: on the curve at 0.7.
            let at = |a: f64, m: f64, b: f64| 0.09 * a + 0.42 * m + 0.49 * b;
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\" font-size=\"9\" text-anchor=\"middle\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
                at(x0, mx, x1),
                at(y0, my, y1) + 3.0,
                escape(label)
            );
        }
        svg.push_str("</g>\n");
    }
}

impl Node<'_> {
    fn draw(&self, svg: &mut String) {
        let (x, y, r) = (self.x, self.y, RADIUS);
        let _ = write!(svg, "<g><title>{}: {}</title>", escape(self.name), escape(&self.note));
        let _ = match self.shape {
            Shape::Input => write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"3\" fill=\"#e8eaed\" stroke=\"{NEUTRAL}\"/>",
                x - 0.8 * r,
                y - 0.8 * r,
                1.6 * r,
                1.6 * r
            ),
            Shape::Unit => write!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" fill=\"#ffffff\" stroke=\"#202124\" stroke-width=\"1.3\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"12\" fill=\"#202124\">{}</text>",
                y + 4.2,
                self.glyph
            ),
            Shape::Output => write!(
                svg,
                "<polygon points=\"{:.1},{:.1} {:.1},{y:.1} {:.1},{:.1}\" fill=\"#fff3d6\" stroke=\"{NEUTRAL}\"/>",
                x - r,
                y - r,
                x + r,
                x - r,
                y + r
            ),
        };
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#202124\" stroke=\"#ffffff\" stroke-width=\"2.5\" paint-order=\"stroke\">{}</text></g>",
            y + r + 11.0,
            escape(self.name)
        );
    }
}

/// `(y, drawn, silent)`: where it begins, px, and how many synapses are drawn and left out.
fn draw_legend(spec: &CircuitSpec, (y, drawn, silent): (f64, usize, usize), svg: &mut String) {
    let mut line = |row: usize, x: f64, text: &str, colour: &str| {
        let y = y + 18.0 * row as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{x:.0}\" y=\"{y:.0}\" fill=\"{colour}\" font-size=\"11\">{}</text>",
            escape(text)
        );
    };
    let left_out =
        if silent > 0 { format!(" ({silent} of them of weight 0, not drawn)") } else { String::new() };
    line(
        0,
        16.0,
        &format!(
            "{}: {} units, {} synapses{left_out}, {} parameters, a step of {} s{}",
            spec.name,
            spec.units.len(),
            drawn + silent,
            spec.parameters.len(),
            spec.step,
            if spec.constrained { "" } else { ", signs not held" }
        ),
        "#202124",
    );
    line(1, 16.0, "→ excites", EXCITES);
    line(1, 110.0, "● inhibits", INHIBITS);
    line(1, 204.0, "- - with a delay; thicker: stronger; (+) (−): one half of its source", NEUTRAL);
    line(2, 16.0, "g graded   Σ linear   t tanh   ∫ leaky   ⊓ pacemaker   ~ half-centre", NEUTRAL);
    let longest = spec.parameters.keys().take(12).map(|name| name.chars().count()).max().unwrap_or(0);
    let pitch = 7.0 * longest as f64 + 60.0;
    for (i, (name, value)) in spec.parameters.iter().take(12).enumerate() {
        line(3 + i / 3, 16.0 + pitch * (i % 3) as f64, &format!("{name} = {}", short(*value)), NEUTRAL);
    }
    if spec.parameters.len() > 12 {
        let row = 3 + 4;
        line(row, 16.0, &format!("and {} more parameters", spec.parameters.len() - 12), NEUTRAL);
    }
}
