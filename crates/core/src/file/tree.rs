//! A YAML document as a tree in which every key and value knows where it stands in the text.

use std::ops::Range;

use saphyr::Scalar;
use saphyr_parser::{Event, Parser, Span};

use super::Problem;

/// Deeper nesting is refused: no file of ours needs it, and the stack is finite.
const MAX_DEPTH: usize = 64;
/// More nodes are refused, copies made by aliases included ("billion laughs").
const MAX_NODES: usize = 1_000_000;

/// One value and the bytes of the text that it covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Byte range in the text; `None` for a value that came from the command line.
    pub place: Option<Range<usize>>,
    /// The value itself.
    pub value: Value,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number, `.inf` and `.nan` among them.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file.
    Mapping(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Byte range of the key; `None` if it came from the command line.
    pub key_place: Option<Range<usize>>,
    /// Its value.
    pub value: Node,
}

impl Entry {
    /// An entry without a place and without a value yet.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), key_place: None, value: Node { place: None, value: Value::Null } }
    }
}

impl Node {
    /// The value of `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// The text under `name`, by which people speak of the members of a list.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self.get("name").map(|node| &node.value) {
            Some(Value::String(name)) => Some(name),
            _ => None,
        }
    }

    /// The node at the JSON pointer, or the deepest one on the way there.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Self {
        let mut node = self;
        for part in pointer.split('/').filter(|part| !part.is_empty()) {
            let next = match &node.value {
                Value::Sequence(items) => part.parse::<usize>().ok().and_then(|i| items.get(i)),
                _ => node.get(part),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// What a person would call this kind of value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The value as JSON; a number that JSON cannot say becomes `null`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(i) => Json::from(*i),
            Value::Float(f) => Json::from(*f),
            Value::String(s) => Json::String(s.clone()),
            Value::Sequence(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Mapping(entries) => {
                Json::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect())
            }
        }
    }

    /// Drops all places: the value did not come from the file.
    pub fn forget_place(&mut self) {
        self.place = None;
        match &mut self.value {
            Value::Sequence(items) => items.iter_mut().for_each(Self::forget_place),
            Value::Mapping(entries) => {
                for entry in entries {
                    entry.key_place = None;
                    entry.value.forget_place();
                }
            }
            _ => {}
        }
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::Sequence(items) => items.iter().map(Self::count).sum(),
            Value::Mapping(entries) => entries.iter().map(|e| e.value.count()).sum(),
            _ => 0,
        }
    }
}

/// Parses the one document of `text`. A key that stands twice is reported into `doubles` and its
/// second value dropped, so that the rest can still be checked.
///
/// # Errors
/// The first place where the text is not YAML, or goes beyond the bounds of this reader.
pub fn parse(text: &str, doubles: &mut Vec<Problem>) -> Result<Node, Problem> {
    let bytes = ByteIndex::new(text);
    let mut builder =
        Builder { bytes: &bytes, doubles, stack: Vec::new(), anchors: Vec::new(), nodes: 0, root: None };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => {
                let at = bytes.of(error.marker().index());
                let mut problem = Problem::new(Some(at..at), format!("this is not YAML: {}", error.info()));
                "the reader stopped here".clone_into(&mut problem.label);
                return Err(problem);
            }
        }
    }
    Ok(builder.root.unwrap_or(Node { place: Some(0..0), value: Value::Null }))
}

/// From the parser's character indices to bytes.
struct ByteIndex {
    /// Byte offset of each character; empty if the text is ASCII and both are the same.
    offsets: Vec<usize>,
    length: usize,
}

impl ByteIndex {
    fn new(text: &str) -> Self {
        let offsets =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(byte, _)| byte).collect() };
        Self { offsets, length: text.len() }
    }

    fn of(&self, character: usize) -> usize {
        if self.offsets.is_empty() {
            character.min(self.length)
        } else {
            self.offsets.get(character).copied().unwrap_or(self.length)
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let start = self.of(span.start.index());
        start..self.of(span.end.index()).max(start)
    }
}

/// A collection that is still open, or a key that waits for its value.
enum Open {
    Sequence { start: usize, anchor: usize, items: Vec<Node> },
    Mapping { start: usize, anchor: usize, entries: Vec<Entry>, key: Option<(String, Range<usize>)> },
}

struct Builder<'a> {
    bytes: &'a ByteIndex,
    doubles: &'a mut Vec<Problem>,
    stack: Vec<Open>,
    anchors: Vec<(usize, Node, usize)>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let place = self.bytes.range(span);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Problem::new(Some(place), "a second document starts here; one file holds one".to_owned()))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar::parse_from_cow_and_metadata(text, style, tag.as_ref());
                let Some(scalar) = scalar else {
                    return Err(Problem::new(Some(place), "the value does not fit its tag".to_owned()));
                };
                let value = match scalar {
                    Scalar::Null => Value::Null,
                    Scalar::Boolean(b) => Value::Bool(b),
                    Scalar::Integer(i) => Value::Int(i),
                    Scalar::FloatingPoint(f) => Value::Float(f.into_inner()),
                    Scalar::String(s) => Value::String(s.into_owned()),
                };
                self.close(Node { place: Some(place), value }, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                self.open(Open::Sequence { start: place.start, anchor, items: Vec::new() }, &place)
            }
            Event::MappingStart(anchor, _) => self
                .open(Open::Mapping { start: place.start, anchor, entries: Vec::new(), key: None }, &place),
            Event::SequenceEnd | Event::MappingEnd => {
                let (start, anchor, value) = match self.stack.pop() {
                    Some(Open::Sequence { start, anchor, items }) => (start, anchor, Value::Sequence(items)),
                    Some(Open::Mapping { start, anchor, entries, .. }) => {
                        (start, anchor, Value::Mapping(entries))
                    }
                    None => return Ok(()),
                };
                self.close(Node { place: Some(start..place.end.max(start)), value }, anchor)
            }
            Event::Alias(id) => {
                let found = self.anchors.iter().find(|(anchor, ..)| *anchor == id);
                let Some((_, node, count)) = found else {
                    return Err(Problem::new(
                        Some(place),
                        "nothing is anchored under this name yet".to_owned(),
                    ));
                };
                self.nodes += count;
                let node = node.clone();
                self.check_size(&place)?;
                self.close(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open, place: &Range<usize>) -> Result<(), Problem> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Problem::new(Some(place.clone()), format!("nested deeper than {MAX_DEPTH} levels")));
        }
        // A collection as a key would have to be compared by value; no file of ours needs it.
        if let Some(Open::Mapping { key: None, .. }) = self.stack.last() {
            return Err(Problem::new(
                Some(place.clone()),
                "a key must be a word, not a list or mapping".to_owned(),
            ));
        }
        self.stack.push(open);
        Ok(())
    }

    fn check_size(&self, place: &Range<usize>) -> Result<(), Problem> {
        if self.nodes > MAX_NODES {
            return Err(Problem::new(Some(place.clone()), format!("more than {MAX_NODES} values")));
        }
        Ok(())
    }

    /// Hands a finished node to the collection that it belongs to.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.nodes += 1;
        let place = node.place.clone().unwrap_or(0..0);
        self.check_size(&place)?;
        if anchor > 0 {
            let count = node.count();
            self.anchors.push((anchor, node.clone(), count));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, key, .. }) => match key.take() {
                None => {
                    let text = match node.value {
                        Value::String(text) => text,
                        Value::Int(i) => i.to_string(),
                        Value::Bool(b) => b.to_string(),
                        Value::Float(f) => f.to_string(),
                        Value::Null => "null".to_owned(),
                        Value::Sequence(_) | Value::Mapping(_) => String::new(),
                    };
                    *key = Some((text, place));
                }
                Some((key, key_place)) => {
                    if entries.iter().any(|entry| entry.key == key) {
                        let mut problem =
                            Problem::new(Some(key_place), format!("the key `{key}` stands twice"));
                        "a second time".clone_into(&mut problem.label);
                        problem.help = Some("keep one of the two".to_owned());
                        self.doubles.push(problem);
                    } else {
                        entries.push(Entry { key, key_place: Some(key_place), value: node });
                    }
                }
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> Node {
        parse(text, &mut Vec::new()).expect("valid YAML")
    }

    #[test]
    fn places_are_bytes_even_after_umlauts() {
        let text = "größe: 3\nname: käfer\n";
        let node = ok(text);
        let name = node.get("name").expect("there");
        assert_eq!(&text[name.place.clone().expect("placed")], "käfer");
    }

    #[test]
    fn a_double_key_is_reported_and_the_rest_kept() {
        let mut doubles = Vec::new();
        let node = parse("a: 1\nb: 2\na: 3\n", &mut doubles).expect("tree");
        assert_eq!(node.to_json(), serde_json::json!({"a": 1, "b": 2}));
        assert_eq!(doubles.len(), 1);
        assert_eq!(doubles[0].place, Some(10..11));
    }

    #[test]
    fn alias_bombs_are_refused() {
        let deep = "[".repeat(100);
        assert!(parse(&deep, &mut Vec::new()).is_err());
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..10 {
            let line = format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", "));
            laughs += &line;
        }
        let problem = parse(&laughs, &mut Vec::new()).expect_err("too many");
        assert!(problem.message.contains("more than"), "{}", problem.message);
    }

    #[test]
    fn numbers_and_words_are_told_apart() {
        let node = ok("{ a: 1, b: 1.5, c: .inf, d: true, e: ~, f: 'x', g: [1, 2], h: 1e-3 }");
        let kinds: Vec<_> = match &node.value {
            Value::Mapping(entries) => entries.iter().map(|e| e.value.kind()).collect(),
            _ => panic!("a mapping"),
        };
        assert_eq!(
            kinds,
            [
                "a whole number",
                "a number",
                "a number",
                "true or false",
                "nothing",
                "text",
                "a list",
                "a number"
            ]
        );
    }
}
