//! Every estimator keeps the laws of estimators.

use neuraxis_core::Pose2;
use neuraxis_core::body::BodyDescription;
use neuraxis_fusion::{Estimator, FusionSpec, build};
use neuraxis_testing::{bodies, estimator_laws};

fn made(json: &str, body: BodyDescription) -> (BodyDescription, Box<dyn Estimator>) {
    let spec: FusionSpec = serde_json::from_str(json).expect("a fusion block");
    let estimator = build(&spec, &body, Pose2::default(), None);
    (body, estimator)
}

estimator_laws!(inverse_effectiveness, || made(
    r#"{"space": "se2", "map": {"size": [12, 12]}}"#,
    bodies::wheeled()
));
estimator_laws!(ekf, || made(
    r#"{"rule": "ekf", "space": "se2", "map": {"size": [12, 12]}}"#,
    bodies::wheeled()
));
estimator_laws!(ekf_gated, || made(
    r#"{"rule": "ekf_gated", "space": "se2", "map": {"size": [12, 12]}}"#,
    bodies::wheeled()
));
estimator_laws!(odometry, || made(r#"{"rule": "odometry", "map": {"size": [12, 12]}}"#, bodies::wheeled()));
estimator_laws!(in_space, || made(r#"{"space": "se3", "map": {"size": [12, 12]}}"#, bodies::wheeled()));
estimator_laws!(in_space_on_legs, || made(r#"{"space": "se3", "map": {"size": [12, 12]}}"#, bodies::dog()));
