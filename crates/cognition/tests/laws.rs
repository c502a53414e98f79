//! Every navigator keeps the laws of navigators.

use nalgebra::Point2;
use neuraxis_cognition::{CognitionSpec, Navigator, build};
use neuraxis_core::OccupancyGrid;
use neuraxis_core::body::BodyDescription;
use neuraxis_testing::{bodies, navigator_laws};

fn made(json: &str, body: BodyDescription) -> (BodyDescription, OccupancyGrid, Box<dyn Navigator>) {
    let spec: CognitionSpec = serde_json::from_str(json).expect("a cognition block");
    let map = OccupancyGrid::new(Point2::new(2.0, 0.0), [10.0, 8.0], 0.05);
    let navigator = build(&spec, &body, &map);
    (body, map, navigator)
}

navigator_laws!(d_star_lite, || made(r#"{"search": "d_star_lite"}"#, bodies::wheeled()));
navigator_laws!(a_star, || made(r#"{"search": "a_star"}"#, bodies::wheeled()));
navigator_laws!(steered, || made(r#"{"search": "d_star_lite"}"#, bodies::car()));
navigator_laws!(cognitive_graph_by_sight, || made(r#"{"search": "cognitive_graph"}"#, bodies::wheeled()));
navigator_laws!(cognitive_graph_by_touch, || made(r#"{"search": "cognitive_graph"}"#, bodies::feeling()));
navigator_laws!(superposed_memory, || made(
    r#"{"search": "cognitive_graph", "graph": {"memory": "superposed"}}"#,
    bodies::feeling()
));
navigator_laws!(grid_d_star_lite, || made(r#"{"search": "grid_d_star_lite"}"#, bodies::feeling()));
navigator_laws!(lrta_star, || made(r#"{"search": "lrta_star"}"#, bodies::feeling()));
navigator_laws!(random_walk, || made(r#"{"search": "random_walk"}"#, bodies::feeling()));
