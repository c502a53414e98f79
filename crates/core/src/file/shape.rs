//! Holds a [`tree`](super::tree) against a JSON Schema and reports everything that does not fit.
//!
//! It reads the part of JSON Schema that `schemars` writes for our types. That is on purpose no
//! general validator: it knows the place of each value, names the nearest key, and goes on.

use serde_json::Value as Json;

use super::problem::{Problem, did_you_mean};
use super::tree::{Entry, Node, Value};

/// Adds to `found` everything in `tree` that `schema` does not allow.
pub fn check(tree: &Node, schema: &Json, found: &mut Vec<Problem>) {
    Checker { root: schema, found }.node(tree, schema, "");
}

struct Checker<'a> {
    root: &'a Json,
    found: &'a mut Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn resolve(&self, schema: &'a Json) -> &'a Json {
        let mut schema = schema;
        while let Some(pointer) = schema.get("$ref").and_then(Json::as_str) {
            match self.root.pointer(pointer.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn report(&mut self, node: &Node, path: &str, message: String, help: Option<String>) {
        let mut problem = Problem::new(node.place.clone(), message);
        if problem.place.is_none() {
            problem.message = format!("`{path}`: {}", problem.message);
        }
        problem.help = help;
        self.found.push(problem);
    }

    fn node(&mut self, node: &Node, schema: &'a Json, path: &str) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("anyOf").and_then(Json::as_array) {
            // `Option<T>`: null, or one other shape.
            if matches!(node.value, Value::Null) {
                return;
            }
            let inner = choices.iter().find(|c| c.get("type").and_then(Json::as_str) != Some("null"));
            if let Some(inner) = inner {
                self.node(node, inner, path);
            }
            return;
        }
        if let Some(choices) = schema.get("oneOf").and_then(Json::as_array) {
            self.one_of(node, choices, path);
            return;
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
            self.word(node, &words, path);
            return;
        }
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Json::String(kind)) => vec![kind],
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            _ => return,
        };
        if !kinds.iter().any(|kind| fits(&node.value, kind)) {
            let expected: Vec<&str> = kinds.iter().filter(|k| **k != "null").map(|k| spoken(k)).collect();
            let message = format!("expected {}, found {}", expected.join(" or "), node.kind());
            self.report(node, path, message, example(schema));
            return;
        }
        match &node.value {
            Value::Int(_) | Value::Float(_) => self.number(node, schema, path),
            Value::String(text) => self.text(node, text, schema, path),
            Value::Sequence(items) => self.sequence(node, items, schema, path),
            Value::Mapping(entries) => self.mapping(node, entries, schema, path, None),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A choice: of plain words, of mappings that a key (`kind`) tells apart, or of mappings with
    /// one key each.
    fn one_of(&mut self, node: &Node, choices: &'a [Json], path: &str) {
        let choices: Vec<&Json> = choices.iter().map(|c| self.resolve(c)).collect();
        // The key that has another constant in each choice.
        let tag =
            choices.first().and_then(|first| first.get("properties")).and_then(Json::as_object).and_then(
                |properties| {
                    properties.iter().find(|(_, p)| p.get("const").is_some()).map(|(key, _)| key.as_str())
                },
            );
        if let Some(tag) = tag {
            let Value::Mapping(entries) = &node.value else {
                let message = format!("expected a mapping with the key `{tag}`, found {}", node.kind());
                return self.report(node, path, message, None);
            };
            let constant =
                |c: &'a Json| c.pointer(&format!("/properties/{tag}/const")).and_then(Json::as_str);
            let known: Vec<&str> = choices.iter().filter_map(|c| constant(c)).collect();
            let Some(entry) = entries.iter().find(|e| e.key == tag) else {
                let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
                let help = format!("add `{tag}:` and one of {}", list.join(", "));
                return self.report(node, path, format!("the key `{tag}` is missing"), Some(help));
            };
            let chosen = match &entry.value.value {
                Value::String(word) => choices.iter().find(|c| constant(c) == Some(word)),
                _ => None,
            };
            match chosen {
                Some(choice) => self.mapping(node, entries, choice, path, Some(tag)),
                None => self.word(&entry.value, &known, &join(path, tag)),
            }
            return;
        }
        // Words, each with its own description.
        let mut words = Vec::new();
        for choice in &choices {
            if let Some(word) = choice.get("const").and_then(Json::as_str) {
                words.push(word);
            }
            words.extend(
                choice.get("enum").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str),
            );
        }
        if words.len() >= choices.len() {
            return self.word(node, &words, path);
        }
        // One key a choice: `{ box: {...} }`.
        let Value::Mapping(entries) = &node.value else {
            let message = format!("expected a mapping with one key, found {}", node.kind());
            return self.report(node, path, message, None);
        };
        let keys: Vec<&str> = choices
            .iter()
            .filter_map(|c| c.get("properties").and_then(Json::as_object).and_then(|p| p.keys().next()))
            .map(String::as_str)
            .collect();
        if let [entry] = entries.as_slice() {
            let chosen =
                choices.iter().find(|c| c.pointer("/properties").and_then(|p| p.get(&entry.key)).is_some());
            match chosen.and_then(|c| c.pointer("/properties")).and_then(|p| p.get(&entry.key)) {
                Some(schema) => self.node(&entry.value, schema, &join(path, &entry.key)),
                None => self.unknown_key(entry, &keys, path),
            }
        } else {
            let list: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
            let message = format!("expected exactly one key, found {}", entries.len());
            self.report(node, path, message, Some(format!("one of {}", list.join(", "))));
        }
    }

    fn word(&mut self, node: &Node, words: &[&str], path: &str) {
        match &node.value {
            Value::String(word) if words.contains(&word.as_str()) => {}
            Value::String(word) => {
                let message = format!("`{word}` is not one of the choices here");
                self.report(node, path, message, Some(did_you_mean(word, words)));
            }
            _ => {
                let list: Vec<String> = words.iter().map(|k| format!("`{k}`")).collect();
                let message = format!("expected one of {}, found {}", list.join(", "), node.kind());
                self.report(node, path, message, None);
            }
        }
    }

    fn number(&mut self, node: &Node, schema: &Json, path: &str) {
        let value = match node.value {
            Value::Int(i) => i as f64,
            Value::Float(f) => f,
            _ => return,
        };
        if !value.is_finite() {
            return self.report(node, path, format!("{value} is not a number that can be used here"), None);
        }
        let bound = |key: &str| schema.get(key).and_then(Json::as_f64);
        let (low, high) = (bound("minimum"), bound("maximum"));
        if low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high) {
            let allowed = match (low, high) {
                (Some(low), Some(high)) => format!("from {low} to {high}"),
                (Some(low), None) => format!("{low} or more"),
                (None, Some(high)) => format!("{high} or less"),
                (None, None) => return,
            };
            let help = example(schema);
            self.report(node, path, format!("{value} is out of range: expected {allowed}"), help);
        }
    }

    fn text(&mut self, node: &Node, text: &str, schema: &Json, path: &str) {
        let least = schema.get("minLength").and_then(Json::as_u64).unwrap_or(0);
        if (text.chars().count() as u64) < least {
            self.report(node, path, "the text is empty".to_owned(), None);
        }
    }

    fn sequence(&mut self, node: &Node, items: &[Node], schema: &'a Json, path: &str) {
        let count = items.len() as u64;
        let least = schema.get("minItems").and_then(Json::as_u64);
        let most = schema.get("maxItems").and_then(Json::as_u64);
        if least.is_some_and(|n| count < n) || most.is_some_and(|n| count > n) {
            let expected = match (least, most) {
                (Some(a), Some(b)) if a == b => format!("{a}"),
                (Some(a), Some(b)) => format!("{a} to {b}"),
                (Some(a), None) => format!("at least {a}"),
                (None, Some(b)) => format!("at most {b}"),
                (None, None) => return,
            };
            let message = format!("expected a list of {expected}, found {count}");
            self.report(node, path, message, example(schema));
        }
        let prefix = schema.get("prefixItems").and_then(Json::as_array);
        for (i, item) in items.iter().enumerate() {
            let member = prefix.and_then(|p| p.get(i)).or_else(|| schema.get("items"));
            if let Some(member) = member {
                self.node(item, member, &join(path, &i.to_string()));
            }
        }
    }

    fn mapping(&mut self, node: &Node, entries: &[Entry], schema: &'a Json, path: &str, tag: Option<&str>) {
        // A tagged variant that holds a struct: the struct's keys stand beside the tag.
        let inner = schema.get("$ref").map(|_| self.resolve(schema));
        let property = |key: &str| {
            let of = |s: &'a Json| s.get("properties").and_then(|p| p.get(key));
            of(schema).or_else(|| inner.and_then(of))
        };
        let keys = |s: Option<&'a Json>| {
            s.and_then(|s| s.get("properties")).and_then(Json::as_object).into_iter().flat_map(|p| p.keys())
        };
        let known: Vec<&str> = keys(Some(schema)).chain(keys(inner)).map(String::as_str).collect();
        let free = schema.get("additionalProperties").filter(|a| a.is_object());
        for entry in entries {
            if Some(entry.key.as_str()) == tag {
                continue;
            }
            match property(&entry.key).or(free) {
                Some(schema) => self.node(&entry.value, schema, &join(path, &entry.key)),
                None => self.unknown_key(entry, &known, path),
            }
        }
        let required = |s: Option<&'a Json>| {
            s.and_then(|s| s.get("required"))
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
        };
        let needed: Vec<&str> = required(Some(schema)).chain(required(inner)).collect();
        for key in needed {
            if !entries.iter().any(|entry| entry.key == key) {
                let described =
                    property(key).and_then(|p| p.get("description")).and_then(Json::as_str).map(|text| {
                        format!("`{key}`: {}", text.split_whitespace().collect::<Vec<_>>().join(" "))
                    });
                self.report(node, path, format!("the key `{key}` is missing"), described);
            }
        }
    }

    fn unknown_key(&mut self, entry: &Entry, known: &[&str], path: &str) {
        let mut problem = Problem::new(entry.key_place.clone(), format!("unknown key `{}`", entry.key));
        if problem.place.is_none() {
            problem.message = format!("unknown key `{}`", join(path, &entry.key));
        }
        problem.help = Some(did_you_mean(&entry.key, known));
        self.found.push(problem);
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => matches!(value, Value::Null),
        "boolean" => matches!(value, Value::Bool(_)),
        "integer" => matches!(value, Value::Int(_)),
        "number" => matches!(value, Value::Int(_) | Value::Float(_)),
        "string" => matches!(value, Value::String(_)),
        "array" => matches!(value, Value::Sequence(_)),
        "object" => matches!(value, Value::Mapping(_)),
        _ => true,
    }
}

fn spoken(kind: &str) -> &'static str {
    match kind {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "text",
        "array" => "a list",
        _ => "a mapping",
    }
}

/// The schema's description as help, if it has one.
fn example(schema: &Json) -> Option<String> {
    schema
        .get("description")
        .and_then(Json::as_str)
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}
