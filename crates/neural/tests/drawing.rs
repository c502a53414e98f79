//! A drawing shows every unit, every synapse that acts, and says how many there are.

use neuraxis_neural::{CircuitSpec, Sign, UnitSpec, draw};

fn count(svg: &str, what: &str) -> usize {
    svg.matches(what).count()
}

#[test]
fn every_synapse_is_drawn() {
    let mut spec = CircuitSpec::new("a <pair> & more", 0.01);
    spec.parameters.insert("hold".to_owned(), -0.75);
    spec.input("q", [-1.0, 1.0]);
    spec.units.push(UnitSpec::graded("left", 0.0));
    spec.units.push(UnitSpec::leaky("right", 0.1, 0.05));
    spec.synapse("q", "left", 0.5, Sign::Excitatory);
    spec.synapse("q", "right", 0.0, Sign::Free);
    spec.synapse("left", "right", "hold", Sign::Inhibitory);
    spec.synapse("right", "left", "hold", Sign::Inhibitory).delay = 0.01;
    spec.synapse("right", "right", 0.2, Sign::Excitatory).delay = 0.01;
    spec.output("torque", &[("left", 1.0), ("right", -1.0)]);
    let svg = draw::svg(&spec);
    // Two units, and a dot for each of the two that inhibit.
    assert_eq!(count(&svg, "<circle"), 2 + 2);
    // Four synapses that act, and two terms of the output.
    assert_eq!(count(&svg, "<path"), 4 + 2);
    assert_eq!(count(&svg, "stroke-dasharray"), 2);
    for text in [
        ">left<",
        ">right<",
        ">q<",
        ">torque<",
        "a &lt;pair&gt; &amp; more: 2 units, 5 synapses (1 of them of weight 0, not drawn), 1 parameters, a step of 0.01 s",
        "hold = −0.75",
        "left → right: -0.75 (hold)",
        "right → left: -0.75 (hold), 0.01 s",
        "right: leaky, bias 0.1",
    ] {
        assert!(svg.contains(text), "{text}\n{svg}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert_eq!(count(&svg, "<g>"), count(&svg, "</g>"));
    spec.constrained = false;
    assert!(draw::svg(&spec).contains("signs not held"));
}

#[test]
fn limbs_have_bands_and_layers_have_columns() {
    let mut spec = CircuitSpec::new("limbs", 0.01);
    spec.input("go", [0.0, 1.0]);
    for limb in ["L", "R"] {
        for (unit, from) in [("first", "go".to_owned()), ("second", format!("first_{limb}"))] {
            spec.units.push(UnitSpec::graded(format!("{unit}_{limb}"), 0.0));
            spec.synapse(from, format!("{unit}_{limb}"), 1.0, Sign::Excitatory);
        }
        let name = format!("second_{limb}");
        spec.output(format!("out_{limb}"), &[(&name, 1.0)]);
    }
    let svg = draw::svg(&spec);
    assert!(svg.contains(">L</text>") && svg.contains(">R</text>"), "{svg}");
    let at = |name: &str| {
        let text = svg
            .split(&format!(">{name}</text>"))
            .next()
            .expect("before")
            .rsplit("<text ")
            .next()
            .expect("text");
        let number = |key: &str| -> f64 {
            text.split(&format!("{key}=\""))
                .nth(1)
                .expect(key)
                .split('"')
                .next()
                .expect("end")
                .parse()
                .expect("a number")
        };
        (number("x"), number("y"))
    };
    assert!(at("first_L").0 < at("second_L").0 && at("first_L").0 == at("first_R").0);
    assert!(
        at("first_L").1 < at("first_R").1 && at("go").0 < at("first_L").0 && at("second_R").0 < at("out_R").0
    );
}
