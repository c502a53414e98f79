//! Two readers of the same model: `neuraxis-robot`, from which the brain's description comes, and the physics engine's loader.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Numbers as bits: equal is equal, whatever the sign of a zero.
fn bits(numbers: impl IntoIterator<Item = f32>) -> Vec<u32> {
    numbers.into_iter().map(|v| if v == 0.0 { 0 } else { v.to_bits() }).collect()
}

#[test]
fn the_description_and_the_engine_agree_on_every_model() {
    let robots = common::root().join("robots");
    let models = files(&robots, "urdf").into_iter().chain(files(&robots, "xml"));
    let mut joints = 0;
    for path in models {
        let ours = neuraxis_robot::load::model(&path).map_err(|e| e.to_string()).expect("it loads");
        let theirs = neuraxis_sim::model::load(&path).map_err(|e| e.to_string()).expect("it loads");
        let here = path.display();
        assert_eq!(ours.anchored, theirs.anchored, "{here}");
        let names = |link: usize| (ours.links[link].name.as_str(), theirs.links[link].name.as_str());
        for link in 0..theirs.links.len() {
            let (mine, its) = names(link);
            assert_eq!(mine, its, "{here}");
            let (mine, its) = (ours.links[link].pose, theirs.links[link].pose);
            assert_eq!(bits(mine.translation.to_array()), bits(its.translation.to_array()), "{here}");
            assert_eq!(bits(mine.rotation.to_array()), bits(its.rotation.to_array()), "{here}");
            assert_eq!(ours.links[link].shapes.len(), theirs.links[link].colliders.len(), "{here}");
        }
        assert_eq!(ours.joints.len(), theirs.joints.len(), "{here}");
        for (mine, its) in ours.joints.iter().zip(&theirs.joints) {
            joints += 1;
            assert_eq!((&mine.name, mine.parent, mine.child), (&its.name, its.parent, its.child), "{here}");
            assert_eq!((mine.kind, mine.range(), mine.effort), (its.kind, its.range(), its.effort), "{here}");
            assert_eq!(mine.velocity, its.velocity, "{here}");
            for (mine, its) in
                [(mine.in_parent, its.joint.local_frame1), (mine.in_child, its.joint.local_frame2)]
            {
                assert_eq!(bits(mine.translation.to_array()), bits(its.translation.to_array()), "{here}");
                assert_eq!(bits(mine.rotation.to_array()), bits(its.rotation.to_array()), "{here}");
            }
        }
        for (mine, its) in ours.frames.iter().zip(&theirs.frames) {
            assert_eq!((&mine.name, mine.link), (&its.name, its.link), "{here}");
        }
    }
    assert!(joints > 30, "there are models: {joints} joints");
}

#[test]
fn a_mount_is_where_the_engine_has_the_sensor() {
    let mut sensors = 0;
    for path in files(&common::root().join("robots"), "yaml") {
        let robot = common::robot(&path.to_string_lossy());
        for sensor in &robot.description.sensors {
            let Some(link) = sensor.sensor.link() else { continue };
            sensors += 1;
            let frame = robot.model.frame(link).expect("the engine has the link");
            let base = robot.model.links[robot.base.link].pose * robot.base.pose;
            let mount = base.inverse() * robot.model.links[frame.link].pose * frame.pose;
            let (t, q) = (sensor.mount.translation.vector, sensor.mount.rotation);
            let mine = [t.x, t.y, t.z, q.i, q.j, q.k, q.w].map(|v| v as f32);
            let (t, q) = (mount.translation, mount.rotation);
            assert_eq!(bits(mine), bits([t.x, t.y, t.z, q.x, q.y, q.z, q.w]), "{}: {link}", path.display());
        }
    }
    assert!(sensors > 20, "there are robots: {sensors} sensors");
}
