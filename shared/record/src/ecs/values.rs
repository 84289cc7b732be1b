//! The values of a record's ECS fields, and how they are written.

use std::sync::LazyLock;

use super::field::{Ecs, FIELDS, Type};
use super::name;
use super::value::Value;
use super::write::{self, MOST_KEYWORD_BYTES};
use crate::json::{float, int, string};

/// As many distinct values as a field may have: what is told apart is compared with all before it,
/// and nobody can read more. The evidence below `m365_defender.alert` is whole.
const MOST_VALUES: u32 = 256;

/// The values of every field, each once and in the order of its first appearance.
pub(super) struct Values<'n> {
    entries: Vec<Entry<'n>>,
    chains: [Chain; FIELDS.len()],
    /// Where each entry came from; only where a record is explained.
    sources: Option<Vec<String>>,
}

struct Entry<'n> {
    value: Value<'n>,
    next: u32,
}

/// The entries of one field.
#[derive(Clone, Copy, Default)]
struct Chain {
    first: u32,
    last: u32,
    count: u32,
}

/// As many values as most alerts have.
const USUAL_VALUES: usize = 96;

impl<'n> Values<'n> {
    /// None yet; `explained` says whether the sources are wanted.
    pub(super) fn new(explained: bool) -> Self {
        Self {
            entries: Vec::with_capacity(USUAL_VALUES),
            chains: [Chain::default(); FIELDS.len()],
            sources: explained.then(Vec::new),
        }
    }

    /// Adds a value, unless it is there. False where there is no room: a field that is no array
    /// keeps its first, and no keyword is longer than Lucene takes.
    pub(super) fn add(
        &mut self,
        to: Ecs,
        value: Value<'n>,
        source: impl FnOnce() -> String,
    ) -> bool {
        if let Value::Text(text) = &value
            && text.len() > MOST_KEYWORD_BYTES
            && to.field().kind == Type::Keyword
        {
            return false;
        }
        if self.of(to).any(|(_, known)| *known == value) {
            return true;
        }
        let has_many = to.field().array || matches!(value, Value::Label(..));
        let most = if has_many { MOST_VALUES } else { 1 };
        if self.chains[to as usize].count >= most {
            return false;
        }
        let at = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { value, next: 0 });
        if let Some(sources) = &mut self.sources {
            sources.push(source());
        }
        let chain = &mut self.chains[to as usize];
        if chain.count == 0 {
            chain.first = at;
        } else if let Some(last) = self.entries.get_mut(chain.last as usize) {
            last.next = at;
        }
        chain.last = at;
        chain.count += 1;
        true
    }

    /// Adds a value that is made here.
    pub(super) fn make(&mut self, to: Ecs, value: Value<'n>, source: &str) {
        self.add(to, value, || source.to_owned());
    }

    /// The values of a field, with the number of their entry.
    pub(super) fn of(&self, field: Ecs) -> impl Iterator<Item = (usize, &Value<'n>)> {
        let chain = self.chains[field as usize];
        let mut next = chain.first as usize;
        (0..chain.count).filter_map(move |_| {
            let at = next;
            let entry = self.entries.get(at)?;
            next = entry.next as usize;
            Some((at, &entry.value))
        })
    }

    /// The first text of a field.
    pub(super) fn text(&self, field: Ecs) -> Option<&str> {
        match self.of(field).next() {
            Some((_, Value::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Where the values of a field came from, each place once.
    pub(super) fn sources(&self, field: Ecs) -> Vec<&str> {
        let mut found = Vec::new();
        for (at, _) in self.of(field) {
            let source = self.sources.as_ref().and_then(|all| all.get(at));
            if let Some(source) = source.filter(|s| !found.contains(&s.as_str())) {
                found.push(source);
            }
        }
        found
    }

    /// Writes the members of the record that are ECS, nested, without the braces around them.
    pub(super) fn write(&self, json: &mut String) {
        let (mut depth, mut shared) = (0, 0);
        for ((field, opening), chain) in FIELDS.iter().zip(&*OPENINGS).zip(&self.chains) {
            shared = shared.min(opening.shared);
            if chain.count == 0 {
                continue;
            }
            opening.write(depth, shared, json);
            (depth, shared) = (opening.starts.len(), usize::MAX);
            self.write_field(field.array, *chain, json);
        }
        json.extend((1..depth).map(|_| '}'));
    }

    fn write_field(&self, is_array: bool, chain: Chain, json: &mut String) {
        let mut next = chain.first as usize;
        let (open, close) = match (is_array, &self.entries[next].value) {
            (_, Value::Label(..)) => ("{", "}"),
            (true, _) => ("[", "]"),
            (false, _) => ("", ""),
        };
        json.push_str(open);
        let mut names = name::Names::default();
        for n in 0..chain.count {
            let entry = &self.entries[next];
            next = entry.next as usize;
            if n > 0 {
                json.push(',');
            }
            match &entry.value {
                Value::Text(text) => string(text, json),
                Value::Long(number) => int(*number, json),
                Value::Flag(flag) => json.push_str(if *flag { "true" } else { "false" }),
                Value::Point { lat, lon } => {
                    json.push_str("{\"lat\":");
                    float(*lat, json);
                    json.push_str(",\"lon\":");
                    float(*lon, json);
                    json.push('}');
                }
                Value::Label(label, value) => {
                    string(&names.free(label, |_| false, |_| false), json);
                    json.push(':');
                    write::text(value, json);
                }
            }
        }
        json.push_str(close);
    }
}

/// How a field begins: for `process.parent.pid` that is `"process":{"parent":{"pid":`.
struct Opening {
    text: String,
    /// Where each part of the path starts in the text.
    starts: Vec<usize>,
    /// How many parts it has in common with the field before it in the table. The table is in
    /// order, so that two fields have in common what all between them have.
    shared: usize,
}

static OPENINGS: LazyLock<Vec<Opening>> = LazyLock::new(|| {
    let mut before: Vec<&str> = Vec::new();
    let openings = FIELDS.iter().map(|field| {
        let parts: Vec<&str> = field.path.split('.').collect();
        let shared = before
            .iter()
            .zip(&parts)
            .take_while(|(a, b)| a == b)
            .count();
        let (mut text, mut starts) = (String::new(), Vec::new());
        for part in &parts {
            if !text.is_empty() {
                text.push('{');
            }
            starts.push(text.len());
            text.push_str(&format!("\"{part}\":"));
        }
        before = parts;
        Opening {
            text,
            starts,
            shared,
        }
    });
    openings.collect()
});

impl Opening {
    /// Closes the objects of the field before, which has `depth` parts and `shared` of them in
    /// common with this one, and opens those of this one.
    fn write(&self, depth: usize, shared: usize, json: &mut String) {
        json.extend((shared + 1..depth).map(|_| '}'));
        if depth > 0 {
            json.push(',');
        }
        let start = self.starts.get(shared).copied().unwrap_or_default();
        json.push_str(&self.text[start..]);
    }
}
