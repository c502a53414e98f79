//! `neuraxis circuit show`: the units, synapses and parameters of a robot's motor circuit, and a drawing of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use neuraxis_core::file::Override;
use neuraxis_neural::{CircuitSpec, Part, Weight};
use neuraxis_trial::plan::PlannedRobot;

use crate::exit::Exit;
use crate::output;
use crate::settings::split_overrides;
use crate::table::framed;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis circuit show robots/swimmer/swimmer6.yaml\n  neuraxis circuit show robots/swimmer/swimmer6.yaml --svg swimmer.svg"
)]
pub(crate) struct CircuitArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Print its units, synapses and parameters, and draw it.
    Show {
        /// The robot's file.
        robot: PathBuf,
        /// Draw it into this file.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Change a setting of the robot's file.
        #[arg(long = "set", value_name = "KEY=VALUE")]
        settings: Vec<Override>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn circuit(args: &CircuitArgs) -> Exit {
    let What::Show { robot, svg, settings, json } = &args.what;
    let planned = match PlannedRobot::load(robot, &split_overrides(settings).robot_overrides) {
        Ok(planned) => planned,
        Err(error) => {
            output::print_errors(&[error]);
            return Exit::Usage;
        }
    };
    let spec = &planned.file.value.brain.motor;
    // That it fits the body was checked when the file was loaded.
    let Ok(circuit) = neuraxis_motor::build(spec, &planned.model.description) else {
        return output::usage_error("the circuit does not fit the body", "`neuraxis check` says why");
    };
    let Some(wiring) = circuit.wiring() else {
        let message = format!("the motor level of {} has no units and no synapses", planned.file.value.name);
        return output::usage_error(&message, "circuits with units: swimmer, quadruped, wired");
    };
    if let Some(path) = svg
        && let Err(error) = output::write(path, neuraxis_neural::draw::svg(wiring))
    {
        let message = format!("cannot write {}: {error}", path.display());
        return output::usage_error(&message, "choose a place that you may write to");
    }
    if *json {
        output::print(&serde_json::to_string_pretty(wiring).unwrap_or_default());
    } else {
        output::print(&words(wiring));
    }
    Exit::Success
}

fn weight(weight: &Weight) -> String {
    match weight {
        Weight::Number(number) => format!("{number}"),
        Weight::Parameter(name) => name.clone(),
    }
}

fn words(wiring: &CircuitSpec) -> String {
    let mut units = framed(["unit", "kind", "bias"], ..0);
    for unit in &wiring.units {
        units.add_row([
            unit.name().to_owned(),
            unit.kind().to_owned(),
            unit.bias().map_or("-".to_owned(), weight),
        ]);
    }
    let mut synapses = framed(["from", "to", "weight", "sign", "delay s"], ..0);
    for synapse in &wiring.synapses {
        let from = match synapse.part {
            Part::Whole => synapse.from.clone(),
            Part::Positive => format!("{} > 0", synapse.from),
            Part::Negative => format!("{} < 0", synapse.from),
        };
        synapses.add_row([
            from,
            synapse.to.clone(),
            weight(&synapse.weight),
            format!("{:?}", synapse.sign).to_lowercase(),
            format!("{}", synapse.delay),
        ]);
    }
    let mut parameters = framed(["parameter", "value"], ..0);
    for (name, value) in &wiring.parameters {
        parameters.add_row([name.clone(), format!("{value}")]);
    }
    format!(
        "{}: {} units, {} synapses, {} parameters, a step each {} s\n{units}\n{synapses}\n{parameters}",
        wiring.name,
        wiring.units.len(),
        wiring.synapses.len(),
        wiring.parameters.len(),
        wiring.step
    )
}
