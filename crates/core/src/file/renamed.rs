//! Keys that had another name in earlier versions: they are still read, and whoever wrote them is told the new name.
//!
//! Keys of free maps (`stance:`, `parameters:`) are names that a user chose, and stay as they are. A key says so in the schema: `#[schemars(extend("x-formerly" = ["old name"]))]`. No type has to know its old names.

use std::ops::Range;

use serde_json::Value as Json;

use super::tree::{Entry, Node, Value};

/// A key of a file that has another name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renamed {
    /// Where it stands in the text.
    pub(super) place: Option<Range<usize>>,
    /// As it was called.
    pub(super) before: String,
    /// As it is called.
    pub(super) now: String,
}

/// The names that the keys of a schema had before.
pub(super) struct Renames<'a> {
    root: &'a Json,
}

impl<'a> Renames<'a> {
    /// Those of the schema `root`.
    pub(super) fn new(root: &'a Json) -> Self {
        Self { root }
    }

    /// Gives all keys of `tree` the names that they have now, and says which those were.
    pub(super) fn rename(&self, tree: &mut Node) -> Vec<Renamed> {
        let mut renamed = Vec::new();
        self.node(tree, self.root, &mut renamed);
        renamed
    }

    /// The path of an override, with the names that its keys have now; `tree` says which of several shapes a block has.
    pub(super) fn path(&self, tree: &Node, path: &[String]) -> Vec<String> {
        let (mut node, mut schemas) = (Some(tree), vec![self.root]);
        let mut now = Vec::with_capacity(path.len());
        for part in path {
            let shapes: Vec<&Json> = schemas.iter().flat_map(|schema| self.shapes(schema, node)).collect();
            let items: Vec<&Json> = shapes.iter().filter_map(|shape| shape.get("items")).collect();
            let name = if items.is_empty() { key_now(&shapes, part).unwrap_or(part) } else { part };
            node = node.and_then(|node| match &node.value {
                Value::Mapping(entries) => {
                    entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
                }
                Value::Sequence(list) => list
                    .iter()
                    .find(|item| item.name() == Some(part.as_str()))
                    .or_else(|| list.get(part.parse::<usize>().ok()?)),
                _ => None,
            });
            schemas = if items.is_empty() { properties(&shapes, name).collect() } else { items };
            now.push(name.to_owned());
        }
        now
    }

    fn node(&self, node: &mut Node, schema: &'a Json, renamed: &mut Vec<Renamed>) {
        let shapes = self.shapes(schema, Some(node));
        match &mut node.value {
            Value::Mapping(entries) => {
                for i in 0..entries.len() {
                    if let Some(now) = key_now(&shapes, &entries[i].key)
                        && !entries.iter().any(|entry| entry.key == now)
                    {
                        let entry = &mut entries[i];
                        let before = std::mem::replace(&mut entry.key, now.to_owned());
                        renamed.push(Renamed { place: entry.key_place.clone(), before, now: now.to_owned() });
                    }
                    let Entry { key, value, .. } = &mut entries[i];
                    if let Some(schema) = properties(&shapes, key).next() {
                        self.node(value, schema, renamed);
                    }
                }
            }
            Value::Sequence(items) => {
                if let Some(schema) = shapes.iter().find_map(|shape| shape.get("items")) {
                    for item in items.iter_mut() {
                        self.node(item, schema, renamed);
                    }
                }
            }
            _ => {}
        }
    }

    /// The plain shapes that `schema` may mean, as far as the tag in `node` does not exclude them.
    fn shapes(&self, schema: &'a Json, node: Option<&Node>) -> Vec<&'a Json> {
        let mut shapes = Vec::new();
        let mut open = vec![schema];
        // A schema that refers to itself ends all the same.
        let mut left = 1000;
        while let Some(schema) = open.pop().filter(|_| left > 0) {
            left -= 1;
            let target = schema.get("$ref").and_then(Json::as_str);
            open.extend(target.and_then(|pointer| self.root.pointer(pointer.trim_start_matches('#'))));
            let choices = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
            open.extend(choices.flatten().filter(|choice| fits(choice, node)).rev());
            if schema.get("properties").is_some() || schema.get("items").is_some() {
                shapes.push(schema);
            }
        }
        shapes
    }
}

/// Whether the constants of the shape `choice` (its tag) are those of `node`.
fn fits(choice: &Json, node: Option<&Node>) -> bool {
    let Some(Node { value: Value::Mapping(entries), .. }) = node else { return true };
    let properties = choice.get("properties").and_then(Json::as_object).into_iter().flatten();
    let mut constants =
        properties.filter_map(|(key, property)| Some((key, property.get("const")?.as_str()?)));
    constants.all(|(key, constant)| {
        let said = entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.value.value);
        said.is_none_or(|said| *said == Value::String(constant.to_owned()))
    })
}

/// The properties called `key`.
fn properties<'a>(shapes: &[&'a Json], key: &str) -> impl Iterator<Item = &'a Json> {
    shapes.iter().filter_map(|shape| shape.get("properties")?.get(key)).collect::<Vec<_>>().into_iter()
}

/// What `key` is called now, if none of the shapes has it and one had it.
fn key_now<'a>(shapes: &[&'a Json], key: &str) -> Option<&'a str> {
    let has = |(_, property): &(&'a String, &'a Json)| {
        let before = property.get("x-formerly").and_then(Json::as_array).into_iter().flatten();
        before.filter_map(Json::as_str).any(|before| before == key)
    };
    let all = || shapes.iter().filter_map(|shape| shape.get("properties")?.as_object()).flatten();
    if all().any(|(name, _)| name == key) {
        return None;
    }
    all().find(has).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::JsonSchema;
    use serde::Deserialize;

    use crate::file::{self, Problems, Validate};

    #[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Whole {
        #[schemars(extend("x-formerly" = ["honesty"]))]
        robustness: Option<Inner>,
        #[schemars(extend("x-formerly" = ["errands"]))]
        goals: Vec<One>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Inner {
        #[schemars(extend("x-formerly" = ["gate"]))]
        gating: bool,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
    enum One {
        Explore {
            #[schemars(extend("x-formerly" = ["reach"]))]
            radius: f64,
        },
        Touch {
            reach: f64,
        },
    }

    impl Validate for Whole {
        fn validate(&self, _: &mut Problems<'_>) {}
    }

    fn parse(text: &str, settings: &[&str]) -> Result<(Whole, Vec<String>), String> {
        let overrides: Vec<file::Override> =
            settings.iter().map(|set| set.parse().expect("a setting")).collect();
        let loaded = file::parse::<Whole>(Path::new("it.yaml"), text.to_owned(), &overrides)
            .map_err(|e| e.to_string())?;
        let hints = loaded.hints().collect();
        Ok((loaded.value, hints))
    }

    #[test]
    fn old_keys_are_read_and_named_with_their_place_and_new_name() {
        let text = "honesty:\n  gate: true\nerrands:\n- { kind: explore, reach: 0.5 }\n- { kind: touch, reach: 2 }\n";
        let (value, hints) = parse(text, &[]).expect("it is read");
        assert_eq!(value.robustness, Some(Inner { gating: true }));
        assert_eq!(value.goals, [One::Explore { radius: 0.5 }, One::Touch { reach: 2.0 }], "one by its tag");
        assert_eq!(
            hints,
            [
                "it.yaml:1:1: the key `honesty` is called `robustness` now; it is still read",
                "it.yaml:2:3: the key `gate` is called `gating` now; it is still read",
                "it.yaml:3:1: the key `errands` is called `goals` now; it is still read",
                "it.yaml:4:20: the key `reach` is called `radius` now; it is still read",
            ]
        );
    }

    #[test]
    fn an_override_by_the_old_names_changes_the_new_key() {
        let (value, hints) =
            parse("robustness: { gating: true }\n", &["honesty.gate=false"]).expect("it is read");
        assert_eq!(value.robustness, Some(Inner { gating: false }));
        assert_eq!(
            hints,
            ["it.yaml: the key `honesty.gate` is called `robustness.gating` now; it is still read"]
        );
        let (value, _) = parse("", &["honesty={ gate: true }"]).expect("it is read");
        assert_eq!(value.robustness, Some(Inner { gating: true }), "keys of its value, too");
        let text = "goals: [{ kind: explore, radius: 1 }]\n";
        let (value, _) = parse(text, &["errands.0.reach=2"]).expect("it is read");
        assert_eq!(value.goals, [One::Explore { radius: 2.0 }]);
    }

    #[test]
    fn a_key_under_both_names_is_refused() {
        let error = parse("goals: []\nerrands: []\n", &[]).expect_err("refused");
        assert!(error.contains("unknown key `errands`"), "{error}");
    }
}
