//! Why a circuit does not fit a body.

use neuraxis_core::Interface;
use neuraxis_core::file::problem::did_you_mean;
use neuraxis_neural::ParameterError;

/// Why a circuit does not fit a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MotorError {
    /// A differential-drive circuit on a body that has none.
    #[error("the circuit `differential_drive` needs actuators of the kind `differential_drive`")]
    NeedsDifferentialDrive,
    /// A circuit for steered wheels on a body that has none.
    #[error("the circuit `ackermann` needs actuators of the kind `ackermann`")]
    NeedsAckermann,
    /// A circuit on a body whose commands mean something else.
    #[error("the circuit `{circuit}` needs actuators of the kind `{kind}`: it commands `{}`, and this body takes `{}`", wanted.name(), found.name())]
    NeedsInterface {
        /// The circuit.
        circuit: &'static str,
        /// The kind of actuators that it needs.
        kind: &'static str,
        /// What it commands.
        wanted: Interface,
        /// What the body takes.
        found: Interface,
    },
    /// A joint that the robot does not move.
    #[error("the robot moves no joint `{joint}` ({help})")]
    UnknownJoint {
        /// As it was asked for.
        joint: String,
        /// The nearest one.
        help: String,
    },
    /// A joint that stands twice.
    #[error("the joint `{joint}` stands twice")]
    JointTwice {
        /// Its name.
        joint: String,
    },
    /// A joint that no sense reads.
    #[error(
        "the circuit `{circuit}` feels the joint `{joint}`, but no sense of the kind `joint_state` reads it ({help})"
    )]
    Unfelt {
        /// The circuit.
        circuit: &'static str,
        /// The joint.
        joint: String,
        /// What to do.
        help: &'static str,
    },
    /// A sense that the robot does not have.
    #[error("the robot has no sense `{sense}` of the kind `{kind}` ({help})")]
    UnknownSense {
        /// As it was asked for.
        sense: String,
        /// Its kind.
        kind: &'static str,
        /// The nearest one.
        help: String,
    },
    /// A balance without an organ of balance.
    #[error(
        "the circuit `quadruped` keeps its balance by a sense of the kind `imu`, and the robot has none (add one to `sensors:`, or set `balance: false`)"
    )]
    NoVestibular,
    /// A balance on a leg whose foot is not felt.
    #[error(
        "the circuit `quadruped` keeps its balance by feet that stand, and the leg of `{joint}` has no foot that it feels (add a sense of the kind `contact` at the leg's end and one of the kind `joint_state`, or set `balance: false`)"
    )]
    NoFooting {
        /// The thigh of the leg.
        joint: String,
    },
    /// A swimmer that is too short or too long.
    #[error("a swimmer has 2 to 14 joints (3 to 15 links), not {joints}")]
    Links {
        /// As many as it would have.
        joints: usize,
    },
    /// An input that the body cannot give.
    #[error("the body gives no input `{input}` ({help})")]
    UnknownInput {
        /// As it was asked for.
        input: String,
        /// The nearest one.
        help: String,
    },
    /// A circuit whose file was not read.
    #[error("the circuit's file `{file}` was not loaded")]
    NotLoaded {
        /// The file.
        file: String,
    },
    /// A parameter that the circuit does not have.
    #[error("the circuit `{circuit}` has no parameter `{name}` ({help})")]
    UnknownParameter {
        /// The circuit.
        circuit: &'static str,
        /// As it was asked for.
        name: String,
        /// The nearest one.
        help: String,
    },
    /// A vector of parameters that does not fit.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// A wiring that is wrong in itself.
    #[error("{0}")]
    Wiring(String),
}

impl MotorError {
    pub(crate) fn unknown_joint(joint: &str, known: &[String]) -> Self {
        Self::UnknownJoint { joint: joint.to_owned(), help: help(joint, known) }
    }

    pub(crate) fn unknown_parameter(circuit: &'static str, name: &str, known: &[String]) -> Self {
        Self::UnknownParameter { circuit, name: name.to_owned(), help: help(name, known) }
    }

    pub(crate) fn unknown_input(input: &str, known: &[String]) -> Self {
        Self::UnknownInput { input: input.to_owned(), help: help(input, known) }
    }

    pub(crate) fn unknown_sense(sense: &str, kind: &'static str, known: &[String]) -> Self {
        Self::UnknownSense { sense: sense.to_owned(), kind, help: help(sense, known) }
    }
}

fn help(name: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    did_you_mean(name, &known)
}
