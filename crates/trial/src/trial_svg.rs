//! A trial from above, as SVG: walls, the way that was driven and the one that was believed, the
//! shortest one, touches, start and goal.

use std::fmt::Write as _;

use neuraxis_sim::scene::Solid;

use crate::trial::Trial;

/// Pixels a metre.
const SCALE: f64 = 60.0;
/// A colour a robot, told apart by people with colour-blindness too (Okabe and Ito 2008).
const COLOURS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

/// The picture of a trial.
#[must_use]
pub fn svg(trial: &Trial) -> String {
    let layout = &trial.arena().layout;
    let [low, high] = layout.bounds;
    let (low, high) = ([low[0] + 0.8, low[1] + 0.8], [high[0] - 0.8, high[1] - 0.8]);
    let (width, height) = ((high[0] - low[0]) * SCALE, (high[1] - low[1]) * SCALE);
    let x = |x: f64| (x - low[0]) * SCALE;
    let y = |y: f64| (high[1] - y) * SCALE;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\
         <rect width=\"100%\" height=\"100%\" fill=\"#fafafa\"/>"
    );
    for solid in &layout.solids {
        let fill = if solid.drivable { "#d8d2c4" } else { "#555" };
        let points: Vec<String> =
            outline(solid).iter().map(|p| format!("{:.1},{:.1}", x(p[0]), y(p[1]))).collect();
        let _ = writeln!(out, "<polygon points=\"{}\" fill=\"{fill}\"/>", points.join(" "));
    }
    let line = |points: &mut dyn Iterator<Item = [f64; 2]>| {
        points.map(|p| format!("{:.1},{:.1}", x(p[0]), y(p[1]))).collect::<Vec<_>>().join(" ")
    };
    for (i, robot) in trial.robots().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let score = robot.score;
        let shortest = line(&mut robot.task.shortest.iter().copied());
        let _ = writeln!(
            out,
            "<polyline points=\"{shortest}\" fill=\"none\" stroke=\"#999\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"/>"
        );
        let [gx, gy] = robot.task.goal;
        let _ = writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{:.1}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            x(gx),
            y(gy),
            robot.task.tolerance * SCALE
        );
        let truth = line(&mut score.trace.iter().map(|t| [t.truth.x, t.truth.y]));
        let belief = line(&mut score.trace.iter().map(|t| [t.belief.x, t.belief.y]));
        let _ = writeln!(
            out,
            "<polyline points=\"{truth}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>"
        );
        let _ = writeln!(
            out,
            "<polyline points=\"{belief}\" fill=\"none\" stroke=\"#000\" stroke-width=\"1\" stroke-dasharray=\"2 3\"/>"
        );
        let _ = writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{:.1}\" fill=\"{colour}\" fill-opacity=\"0.35\"/>",
            x(robot.task.start.x),
            y(robot.task.start.y),
            robot.model.description.radius * SCALE
        );
        for touch in &score.collisions {
            let _ = writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"#e00\"><title>{} at {:.2} m/s</title></circle>",
                x(touch.at[0]),
                y(touch.at[1]),
                touch.stamp,
                touch.speed
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// The outline of a solid from above: a circle's or a box's own, the bounding box of anything else.
#[must_use]
pub fn outline(solid: &Solid) -> Vec<[f64; 2]> {
    let at = |x: f32, y: f32, z: f32| {
        let p = solid.pose.transform_point([x, y, z].into());
        [f64::from(p.x), f64::from(p.y)]
    };
    if let Some(cuboid) = solid.shape.as_cuboid() {
        let h = cuboid.half_extents;
        return vec![at(-h.x, -h.y, 0.0), at(h.x, -h.y, 0.0), at(h.x, h.y, 0.0), at(-h.x, h.y, 0.0)];
    }
    if let Some(cylinder) = solid.shape.as_cylinder() {
        return (0..24)
            .map(|i| {
                let (s, c) = neuraxis_core::math::sin_cos(f64::from(i) * neuraxis_core::math::PI / 12.0);
                at(cylinder.radius * c as f32, 0.0, cylinder.radius * s as f32)
            })
            .collect();
    }
    let aabb = solid.shape.compute_aabb(&solid.pose);
    let (a, b) = (aabb.mins, aabb.maxs);
    [[a.x, a.y], [b.x, a.y], [b.x, b.y], [a.x, b.y]].map(|[x, y]| [f64::from(x), f64::from(y)]).to_vec()
}
