//! Models and scenes from outside: wrong ones are refused with a reason, and nothing panics.

mod common;

use std::fs;
use std::path::Path;

use neuraxis_core::file::{self, FileError};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{Scene, model};

fn load_model(text: &str, ending: &str) -> Result<model::Model, FileError> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(format!("robot.{ending}"));
    fs::write(&path, text).expect("written");
    model::load(&path)
}

fn refused(text: &str) -> String {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("robot.urdf");
    fs::write(&path, text).expect("written");
    let error = model::load(&path).expect_err("refused").to_string();
    let real = folder.path().canonicalize().expect("folder");
    error.replace(&*path.to_string_lossy(), "ROBOT").replace(&*real.to_string_lossy(), "FOLDER")
}

fn urdf() -> String {
    fs::read_to_string(common::root().join("robots/burger/burger.urdf")).expect("burger")
}

#[test]
fn a_model_that_cannot_be_is_refused_with_a_reason() {
    insta::assert_snapshot!(refused(
        &urdf().replace("<child link=\"wheel_left_link\"/>", "<child link=\"wheel_letf_link\"/>")
    ));
    insta::assert_snapshot!(refused(&urdf().replace("<mass value=\"0.826\"/>", "<mass value=\"-3\"/>")));
    insta::assert_snapshot!(refused(&urdf().replace("izz=\"1.55e-5\"", "izz=\"1.55e-2\"")));
    insta::assert_snapshot!(refused(
        &urdf()
            .replace("<box size=\"0.140 0.140 0.143\"/>", "<mesh filename=\"package://burger/body.stl\"/>")
    ));
    insta::assert_snapshot!(refused("<robot name=\"x\"><link name=\"a\"/><link name=\"b\"/></robot>"));
    insta::assert_snapshot!(refused("<robot name=\"empty\"/>"));
}

#[test]
fn a_xacro_file_under_another_ending_is_refused_with_what_to_run() {
    let text = urdf().replace("<link name=\"", "<link name=\"${namespace}");
    let why = load_model(&text, "urdf").expect_err("refused").to_string();
    assert!(why.contains("it is a xacro file") && why.contains("run xacro first"), "{why}");
}

#[test]
fn a_turned_inertia_is_turned() {
    let text = "<robot name=\"x\"><link name=\"a\"><inertial><origin rpy=\"0 0 1.5707963267948966\"/><mass value=\"1\"/>\
                <inertia ixx=\"1\" iyy=\"2\" izz=\"2.5\" ixy=\"0\" ixz=\"0\" iyz=\"0\"/></inertial></link></robot>";
    let model = load_model(text, "urdf").expect("model");
    let inertia = model.links[0].mass.reconstruct_inertia_matrix();
    assert!((inertia.x_axis.x - 2.0).abs() < 1e-5 && (inertia.y_axis.y - 1.0).abs() < 1e-5, "{inertia:?}");
}

#[test]
fn soft_ends_of_a_model_are_kept_where_there_is_a_range() {
    let text = r#"<mujoco><default><joint solreflimit="0.05 1" solimplimit="0 .8 .1"/></default><worldbody>
        <body pos="0 0 1"><freejoint/><geom type="sphere" size="0.1" mass="1"/>
        <body pos="0.2 0 0"><joint name="bends" axis="0 1 0" range="-45 45" limited="true"/><geom type="sphere" size="0.05" mass="0.1"/>
        <body pos="0.2 0 0"><joint name="turns" axis="0 1 0"/><geom type="sphere" size="0.05" mass="0.1"/></body></body></body>
        </worldbody></mujoco>"#;
    let model = load_model(text, "xml").map_err(|e| e.to_string()).expect("it loads");
    let ends = |name: &str| {
        let joint = &model.joints[model.joint(name).expect("a joint")];
        joint.soft_limit.as_ref().map(|limit| (limit.solref, limit.solimp))
    };
    assert_eq!(ends("bends"), Some(([0.05, 1.0], [0.0, 0.8, 0.1, 0.5, 2.0])));
    assert_eq!(ends("turns"), None);
}

fn parse_scene(text: &str) -> Result<(), FileError> {
    let loaded = file::parse::<SceneSpec>(Path::new("scene.yaml"), text.to_owned(), &[])?;
    let scene = Scene::load(&loaded)?;
    let _ = scene.layout(1, &[]);
    Ok(())
}

const SCENE: &str = "name: s\nworld:\n  - { kind: box, at: [2, 0], size: [1, 1, 1] }\n  \
                     - { kind: maze, cell: 0.5, rows: [\"S..G\"] }\n  - { kind: field, within: [[5, 5], [6, 6]], count: 3, radius: [0.1, 0.2], gap: 0.1 }\n\
                     robots:\n  - { robot: a.yaml }\n";

#[test]
fn the_scene_that_is_mutated_below_is_right() {
    parse_scene(SCENE).unwrap_or_else(|e| panic!("{e}"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn a_mutated_scene_never_panics(at in 0..SCENE.len(), with in "[-a-z0-9.:,\\[\\]{}\n ]{0,5}", cut in 0..6_usize) {
        let mut text = SCENE.to_owned();
        text.replace_range(at..(at + cut).min(SCENE.len()), &with);
        let _ = parse_scene(&text);
    }

    #[test]
    fn a_mutated_model_never_panics(at in 0..4000_usize, with in "[-a-z0-9.<>\"/ ]{0,5}", cut in 0..6_usize) {
        let mut text = urdf();
        let at = at.min(text.len() - 10);
        if text.is_char_boundary(at) && text.is_char_boundary(at + cut) {
            text.replace_range(at..at + cut, &with);
        }
        // The loader's own panics are caught; their messages would drown the test's output.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let _ = load_model(&text, "urdf");
        std::panic::set_hook(hook);
    }
}
