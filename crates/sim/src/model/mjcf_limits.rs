//! Soft ends of joints in an MJCF file: `solreflimit` and `solimplimit`, of joints and of their default classes, which the
//! loader of the engine does not read.

use std::collections::BTreeMap;

use neuraxis_core::soft_limit::SoftLimit;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What an element says of its joints' ends; the rest is `MuJoCo`'s default.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    reference: Option<Vec<f64>>,
    impedance: Option<Vec<f64>>,
}

impl Said {
    fn add(&mut self, element: &BytesStart<'_>) {
        let numbers = |text: Option<String>| -> Option<Vec<f64>> {
            text?.split_whitespace().map(|word| word.parse().ok()).collect()
        };
        self.reference = numbers(attribute(element, "solreflimit")).or(self.reference.take());
        self.impedance = numbers(attribute(element, "solimplimit")).or(self.impedance.take());
    }

    /// The soft limit, if something was said; `Err` if it is one that we do not compute.
    fn limit(&self) -> Option<Result<SoftLimit, ()>> {
        if self.reference.is_none() && self.impedance.is_none() {
            return None;
        }
        let mut limit = SoftLimit::default();
        let put = |to: &mut [f64], from: &Option<Vec<f64>>| {
            to.iter_mut().zip(from.iter().flatten()).for_each(|(to, from)| *to = *from);
        };
        put(&mut limit.solref, &self.reference);
        put(&mut limit.solimp, &self.impedance);
        Some(if limit.is_possible() { Ok(limit) } else { Err(()) })
    }
}

fn attribute(element: &BytesStart<'_>, key: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == key.as_bytes())?;
    Some(String::from_utf8_lossy(&found.value).into_owned())
}

/// Soft limits by the joints' names, and the names of joints whose ends say what we do not compute (the direct form with
/// negative numbers). What stands in included files is not seen; a file that is no XML has none.
pub(super) fn soft_limits(text: &str) -> (BTreeMap<String, SoftLimit>, Vec<String>) {
    const MAIN: &str = "";
    let mut classes: BTreeMap<String, Said> = BTreeMap::new();
    // The open `<default>`s, and the classes that the open `<body>`s give their children.
    let (mut defaults, mut bodies): (Vec<String>, Vec<String>) = (Vec::new(), vec![MAIN.to_owned()]);
    let (mut limits, mut others) = (BTreeMap::new(), Vec::new());
    let mut reader = Reader::from_str(text);
    loop {
        let (element, is_open) = match reader.read_event() {
            Ok(Event::Start(element)) => (element, true),
            Ok(Event::Empty(element)) => (element, false),
            Ok(Event::End(end)) => {
                match end.name().as_ref() {
                    b"default" => drop(defaults.pop()),
                    b"body" => drop(bodies.pop()),
                    _ => {}
                }
                continue;
            }
            Ok(Event::Eof) | Err(_) => return (limits, others),
            Ok(_) => continue,
        };
        match element.name().as_ref() {
            b"default" => {
                // The outermost class is the one of all who name none, whatever it is called.
                let parent = defaults.last().cloned();
                let name = match (&parent, attribute(&element, "class")) {
                    (Some(_), Some(name)) => name,
                    _ => MAIN.to_owned(),
                };
                let inherited = parent.and_then(|parent| classes.get(&parent).cloned()).unwrap_or_default();
                classes.entry(name.clone()).or_insert(inherited);
                if is_open {
                    defaults.push(name);
                }
            }
            b"joint" if !defaults.is_empty() => {
                if let Some(said) = defaults.last().and_then(|class| classes.get_mut(class)) {
                    said.add(&element);
                }
            }
            b"body" if is_open => {
                let class = attribute(&element, "childclass").or_else(|| bodies.last().cloned());
                bodies.push(class.unwrap_or_default());
            }
            b"joint" => {
                let Some(name) = attribute(&element, "name") else { continue };
                let class = attribute(&element, "class").or_else(|| bodies.last().cloned());
                let mut said = class.and_then(|class| classes.get(&class).cloned()).unwrap_or_default();
                said.add(&element);
                match said.limit() {
                    Some(Ok(limit)) => drop(limits.insert(name, limit)),
                    Some(Err(())) => others.push(name),
                    None => {}
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_come_from_the_joint_its_class_and_the_bodies_around_it() {
        let text = r#"<mujoco><default><joint solimplimit="0 .99 .01"/>
            <default class="stiff"><joint solreflimit=".01 2"/><default class="stiffer"><joint solreflimit=".005 1"/></default></default>
            </default>
            <worldbody><body><joint name="plain"/><body childclass="stiff"><joint name="child"/>
            <body><joint name="own" class="stiffer" solimplimit=".5 .6 .1 .4 3"/></body></body><joint name="after"/>
            <joint name="direct" solreflimit="-100 -2"/></body></worldbody>
            <equality><joint joint1="plain" solref="1 1"/></equality></mujoco>"#;
        let (limits, others) = soft_limits(text);
        let found = |name: &str| limits.get(name).map(|limit| (limit.solref, limit.solimp));
        let soft = [0.0, 0.99, 0.01, 0.5, 2.0];
        assert_eq!(found("plain"), Some(([0.02, 1.0], soft)));
        assert_eq!(found("child"), Some(([0.01, 2.0], soft)));
        assert_eq!(found("own"), Some(([0.005, 1.0], [0.5, 0.6, 0.1, 0.4, 3.0])));
        assert_eq!(found("after"), Some(([0.02, 1.0], soft)));
        assert_eq!(others, ["direct"]);
        assert_eq!(limits.len(), 4);
    }

    #[test]
    fn an_mjcf_without_soft_limits_has_hard_ends_and_nonsense_is_no_panic() {
        let hard = r#"<mujoco><worldbody><body><joint name="a" range="0 1"/></body></worldbody></mujoco>"#;
        assert_eq!(soft_limits(hard), (BTreeMap::new(), Vec::new()));
        for text in [
            "",
            "<",
            "<default><joint solreflimit=",
            "</default></body></body>",
            "<body/></body><joint name='x'/>",
        ] {
            let _ = soft_limits(text);
        }
    }
}
