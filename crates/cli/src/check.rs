//! `neuraxis check`: everything that is wrong with files, before anything runs.

use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "sim")]
use crate::describe::look;
use crate::exit::Exit;
use crate::files::yaml_files;
use crate::output;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis check robots scenes\n  neuraxis check robots/burger/burger.yaml\n  neuraxis check my_robot.urdf"
)]
pub(crate) struct CheckArgs {
    /// Robot files, scene files, models (`.urdf`, `.xml`), or folders of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Say nothing of files that are right.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn check(args: &CheckArgs) -> Exit {
    let mut files = Vec::new();
    for path in &args.files {
        if path.is_dir() {
            files.extend(yaml_files(path));
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        return output::usage_error(
            "there is nothing to check",
            "name a file, or a folder that holds `.yaml` files",
        );
    }
    let mut errors = Vec::new();
    for path in &files {
        match look(path) {
            Ok(lines) if !args.quiet => {
                output::print(&format!("{}: good", path.display()));
                for line in lines {
                    output::print(&format!("  {line}"));
                }
            }
            Ok(_) => {}
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() {
        Exit::Success
    } else {
        output::print_errors(&errors);
        Exit::Usage
    }
}

/// Without a simulator: robot files with their models, as a brain sees them, and maps.
#[cfg(not(feature = "sim"))]
fn look(path: &std::path::Path) -> Result<Vec<String>, Vec<neuraxis_core::file::FileError>> {
    use neuraxis_core::file::FileError;

    use crate::files::{Kind, kind};

    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let kind = kind(path);
    if matches!(ending, "urdf" | "xml" | "mjcf") || kind == Some(Kind::Scene) {
        let message = "this build has no simulator: it checks neither models nor scenes";
        return Err(vec![FileError::unreadable(path, message, crate::absent::HOW)]);
    }
    if kind == Some(Kind::Map) {
        return neuraxis_core::map_file::load(path).map(|_| Vec::new()).map_err(|error| vec![error]);
    }
    let robot = neuraxis_brain::LoadedRobot::load(path, &[]).map_err(|error| vec![error])?;
    let body = robot.description();
    let actuators = body.actuators.iter().map(|actuator| actuator.joint.as_str()).collect::<Vec<_>>();
    let mut lines = vec![format!("radius {:.3} m, moved by {}", body.radius, actuators.join(", "))];
    lines.extend(robot.file.hints().map(|hint| format!("note: {hint}")));
    Ok(lines)
}
