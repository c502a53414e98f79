//! Swimmers of any number of links: the planar chain of `dm_control`, as a model and as a robot file.
//!
//! After the `swimmer` of the `DeepMind` Control Suite (Tassa et al. 2018), which goes back to Coulom (2002): equal boxes of
//! 0.002 × 0.1 × 0.02 m and 0.01 kg in a row, hinged end to end, each hinge free within ±2π/n with soft ends, moved by
//! up to 5e-4 N·m and with an armature of 1e-6 kg·m². Departures: the body lies along x with its head forward, as is usual for
//! robots (there it looks along −y); nothing but the drag touches it, as there (the boxes are only to be seen); the three
//! root joints are the robot file's `planar: true`.

use std::fmt::Write as _;

use neuraxis_core::math;

/// From one hinge to the next, m.
pub const LENGTH: f64 = 0.1;
/// Greatest torque of a hinge, N·m.
pub const TORQUE: f64 = 5e-4;
/// Mass of a link, kg.
const MASS: f64 = 0.01;
/// Breadth and height of a link, m.
const ACROSS: [f64; 2] = [0.002, 0.02];

/// How far a hinge of a swimmer with so many links turns to each side, rad.
#[must_use]
pub fn range(links: usize) -> f64 {
    2.0 * math::PI / links as f64
}

/// The MJCF model of a swimmer; its head is `head`, the other links `link_1` and so on, the hinges `joint_0` and so on.
#[must_use]
pub fn model(links: usize) -> String {
    let [breadth, height] = ACROSS;
    let inertia = |a: f64, b: f64| MASS / 12.0 * (a * a + b * b);
    let (x, y, z) = (inertia(breadth, height), inertia(LENGTH, height), inertia(LENGTH, breadth));
    let range = range(links);
    let mut text = format!(
        "<!-- A swimmer of {links} links, after dm_control's. Written by `neuraxis_sim::swimmer`. -->\n\
         <mujoco model=\"swimmer{links}\">\n  <compiler angle=\"radian\"/>\n  <default>\n    \
         <joint type=\"hinge\" axis=\"0 0 1\" pos=\"{half} 0 0\" limited=\"true\" range=\"{:.9} {:.9}\" armature=\"1e-6\"/>\n    \
         <geom type=\"box\" size=\"{half} {} {}\" mass=\"0\" contype=\"0\" conaffinity=\"0\"/>\n  </default>\n  <worldbody>\n",
        -range,
        range,
        breadth / 2.0,
        height / 2.0,
        half = LENGTH / 2.0,
    );
    for i in 0..links {
        let pad = "  ".repeat(i + 2);
        let (name, at) = if i == 0 { ("head".to_owned(), 0.0) } else { (format!("link_{i}"), -LENGTH) };
        let _ = writeln!(text, "{pad}<body name=\"{name}\" pos=\"{at} 0 0\">");
        if i == 0 {
            let _ = writeln!(text, "{pad}  <freejoint name=\"root\"/>");
        } else {
            let _ = writeln!(text, "{pad}  <joint name=\"joint_{}\"/>", i - 1);
        }
        let _ = writeln!(
            text,
            "{pad}  <inertial pos=\"0 0 0\" mass=\"{MASS}\" diaginertia=\"{x:.9e} {y:.9e} {z:.9e}\"/>\n{pad}  <geom/>"
        );
    }
    for i in (0..links).rev() {
        let _ = writeln!(text, "{}</body>", "  ".repeat(i + 2));
    }
    text.push_str("  </worldbody>\n  <actuator>\n");
    for i in 0..links - 1 {
        let _ = writeln!(text, "    <motor joint=\"joint_{i}\" forcerange=\"-{TORQUE} {TORQUE}\"/>");
    }
    text.push_str("  </actuator>\n</mujoco>\n");
    text
}

/// The robot file that goes with [`model`] if that stands in the file `model`, up to its `brain:`.
///
/// Its senses are the encoders of its joints and, as `dm_control`'s `body_velocities`, a velocimeter on every link, head first.
#[must_use]
pub fn robot(links: usize, model: &str) -> String {
    let joints: Vec<String> = (0..links - 1).map(|i| format!("joint_{i}")).collect();
    let velocimeters: Vec<String> = (0..links)
        .map(|i| {
            let link = if i == 0 { "head".to_owned() } else { format!("link_{i}") };
            format!("  - {{ name: velocity_{i}, kind: velocimeter, link: {link}, rate: 33.333333333 }}\n")
        })
        .collect();
    format!(
        "name: swimmer{links}\nmodel: {model}\nbase: head\narticulation: multibody\nplanar: true\n\
         soft_limits:\n  - {{ solref: [0.05, 1], solimp: [0, 0.8, 0.1, 0.5, 2] }}\n\
         radius: {:.2}\nsensors:\n  - {{ name: joints, kind: joint_state, rate: 33.333333333 }}\n\
         {}actuators: {{ kind: joint_torque, joints: [{}] }}\nlimits: {{ linear: 0.2, angular: 0.5 }}\n",
        (links as f64 - 0.5) * LENGTH,
        velocimeters.concat(),
        joints.join(", ")
    )
}
