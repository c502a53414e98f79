//! The names under which a recording says what trial it is of.

/// The scene's file.
pub(crate) const SCENE: &str = "scene";
/// The robot file that took the place of the scene's own; empty if none did.
pub(crate) const ROBOT: &str = "robot";
/// The seed of the trial.
pub(crate) const SEED: &str = "seed";
/// The number of the trial.
pub(crate) const TRIAL: &str = "trial";
/// What was set in the scene's file, as JSON.
pub(crate) const SCENE_SETTINGS: &str = "scene_settings";
/// What was set in the robot's file, as JSON.
pub(crate) const ROBOT_SETTINGS: &str = "robot_settings";
/// What was typed.
pub(crate) const COMMAND_LINE: &str = "command_line";
