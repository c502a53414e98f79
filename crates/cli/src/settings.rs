//! `--set KEY=VALUE`: which of the files a setting changes.

use neuraxis_core::file::Override;
use neuraxis_trial::Changes;

/// Settings by the file that they change.
pub(crate) fn split_overrides(settings: &[Override]) -> Changes {
    let mut changes = Changes::default();
    for setting in settings {
        let mut setting = setting.clone();
        match setting.path.first().map(String::as_str) {
            Some("scene") => {
                setting.path.remove(0);
                changes.scene_overrides.push(setting);
            }
            Some("robot") => {
                setting.path.remove(0);
                changes.robot_overrides.push(setting);
            }
            // The brain's parts are what one changes most.
            Some("fusion" | "cognition" | "motor" | "safety" | "rate") => {
                setting.path.insert(0, "brain".to_owned());
                changes.robot_overrides.push(setting);
            }
            _ => changes.robot_overrides.push(setting),
        }
    }
    changes
}
