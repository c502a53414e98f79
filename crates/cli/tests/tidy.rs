//! The house rules that a machine can hold: crates import downwards only, files have one subject.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, from the ground up; a crate may import from lower floors only.
const FLOORS: [(&str, u32); 15] = [
    ("core", 0),
    ("messages", 1),
    ("neural", 1),
    ("optimizer", 1),
    ("robot", 2),
    ("fusion", 3),
    ("cognition", 3),
    ("motor", 3),
    ("brain", 4),
    ("testing", 4),
    ("sim", 5),
    ("record", 5),
    ("trial", 6),
    ("lab", 7),
    ("cli", 8),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn floor(name: &str) -> u32 {
    let known = FLOORS.iter().find(|(crate_name, _)| *crate_name == name);
    assert!(
        known.is_some(),
        "the crate `{name}` has no floor: add it to the list above and to ARCHITECTURE.md"
    );
    known.map_or(0, |(_, floor)| *floor)
}

fn crates() -> Vec<(String, PathBuf)> {
    let mut found: Vec<_> = fs::read_dir(root().join("crates"))
        .expect("crates")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| (path.file_name().expect("name").to_string_lossy().into_owned(), path))
        .collect();
    found.sort();
    found
}

/// The names of our own crates that a manifest lists under `[dependencies]`.
fn imports(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.strip_prefix("neuraxis-"));
    names.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

/// Imports that go up or sideways, one sentence each.
fn wrong_ways(name: &str, manifest: &str) -> Vec<String> {
    let wrong = imports(manifest).into_iter().filter(|import| floor(import) >= floor(name));
    wrong
        .map(|import| {
            format!("`{name}` (floor {}) imports `{import}` (floor {})", floor(name), floor(&import))
        })
        .collect()
}

#[test]
fn crates_import_downwards_only() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, path) in crates() {
        let manifest = fs::read_to_string(path.join("Cargo.toml")).expect("manifest");
        seen += imports(&manifest).len();
        wrong.extend(wrong_ways(&name, &manifest));
    }
    assert!(seen > 10, "the test reads the manifests: {seen} imports");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_import_upwards_or_sideways_would_be_found() {
    let manifest = "[package]\nname = \"x\"\n\n[dependencies]\nneuraxis-core.workspace = true\nneuraxis-motor.workspace = true\n";
    assert_eq!(wrong_ways("fusion", manifest).len(), 1);
    assert_eq!(wrong_ways("core", manifest).len(), 2);
    assert!(wrong_ways("brain", manifest).is_empty());
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_says_its_subject_and_stays_short() {
    let mut files = Vec::new();
    for (_, path) in crates() {
        sources(&path, &mut files);
    }
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("source");
        if !text.starts_with("//! ") {
            wrong.push(format!("{}: the first line does not say what the file is about", file.display()));
        }
        if text.lines().count() > 1000 {
            wrong.push(format!("{}: longer than 1000 lines; has it two subjects?", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines that tell the kinds of readings apart, one by one, of product code: not of its tests.
fn arms_of_readings(text: &str) -> Vec<usize> {
    let product = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let names_a_kind = |line: &str| {
        let mut rest = line;
        while let Some(at) = rest.find("Reading::") {
            let is_path = rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            rest = &rest[at + "Reading::".len()..];
            if !is_path && rest.starts_with(char::is_uppercase) {
                return true;
            }
        }
        false
    };
    let lines = product.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim_start().starts_with("//") && names_a_kind(line))
        .map(|(i, _)| i + 1)
        .collect()
}

#[test]
fn kinds_of_readings_are_told_apart_where_senses_live() {
    // The senses themselves, their simulation, the messages that they are sent as, and what feeds senses in tests.
    const HOMES: [&str; 6] = [
        "crates/core/src/senses",
        "crates/sim/src/senses",
        "crates/messages",
        "crates/testing",
        "crates/record/src/sink",
        "tests/",
    ];
    let mut wrong = Vec::new();
    for (_, path) in crates() {
        let mut files = Vec::new();
        sources(&path, &mut files);
        for file in files {
            let shown = file.display().to_string().replace('\\', "/");
            if HOMES.iter().any(|home| shown.contains(home)) || shown.contains("/benches/") {
                continue;
            }
            let text = fs::read_to_string(&file).expect("source");
            wrong.extend(arms_of_readings(&text).into_iter().map(|line| format!("{shown}:{line}")));
        }
    }
    assert!(
        wrong.is_empty(),
        "whoever adds a sense would have to come here too; use `Input<T>` or `Slot::get`:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn an_arm_of_a_reading_outside_of_the_senses_would_be_found() {
    let text = "fn f(r: &Reading) {\n    match r {\n        Reading::Imu(imu) => {}\n    }\n    Reading::is_valid(r);\n}\n#[cfg(test)]\nReading::Scan(s)";
    assert_eq!(arms_of_readings(text), [3]);
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, text) in neuraxis_trial::schemas() {
        let published = fs::read_to_string(root().join("schemas").join(name)).unwrap_or_default();
        assert!(published == text, "schemas/{name} is out of date: run `cargo run -- schemas`");
    }
}

#[test]
fn every_invariant_of_the_architecture_names_a_test_that_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let mut all = String::new();
    let mut files = Vec::new();
    for (_, path) in crates() {
        sources(&path, &mut files);
    }
    for file in files {
        all += &fs::read_to_string(file).expect("source");
    }
    let mut count = 0;
    for line in text.lines().filter(|line| line.contains("Invariant:")) {
        count += 1;
        // Names of tests have underscores; other words in backticks are parts of the sentence.
        let tests: Vec<&str> = line.split('`').skip(1).step_by(2).filter(|word| word.contains('_')).collect();
        assert!(!tests.is_empty(), "no test holds: {line}");
        for test in tests {
            // A law is a function of any body.
            let is_there = ["(", "<"].iter().any(|next| all.contains(&format!("fn {test}{next}")));
            assert!(is_there, "no test `{test}` for: {line}");
        }
    }
    assert!(count >= 8, "only {count} invariants");
}

/// What stands above the tests of a source file.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// The files of the product whose code, not their comments, holds `pattern`.
fn files_with(pattern: &str) -> Vec<String> {
    let mut files = Vec::new();
    for (name, path) in crates() {
        // What only tests are made of is no product.
        if !["testing", "allocations"].contains(&name.as_str()) {
            sources(&path.join("src"), &mut files);
        }
    }
    files.sort();
    files.retain(|file| {
        let text = fs::read_to_string(file).expect("source");
        let mut lines = product(&text).lines().map(str::trim_start);
        !file.ends_with("tests.rs") && lines.any(|line| !line.starts_with("//") && line.contains(pattern))
    });
    files.iter().map(|file| file.display().to_string()).collect()
}

#[test]
fn one_loop_asks_brains_and_senses_bodies() {
    for (pattern, home) in
        [("brain.tick(", "brain/src/session/seat.rs"), ("world.sense(", "brain/src/session.rs")]
    {
        let files = files_with(pattern);
        assert!(
            matches!(&files[..], [only] if only.ends_with(home)),
            "`{pattern}` belongs into {home} alone, where everybody who drives a body goes through: {files:?}"
        );
    }
    let files = files_with(".sense(&mut");
    // The check of bodies, and the wrapper that hands on what its body says.
    let homes = ["core/src/conformance.rs", "core/src/faults.rs"];
    let beside: Vec<&String> =
        files.iter().filter(|file| !homes.iter().any(|home| file.ends_with(home))).collect();
    assert!(beside.is_empty(), "bodies are sensed by a `brain::Session`: {beside:?}");
}
