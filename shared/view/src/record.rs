use drawbridge_record::{Explained, ExplainedKey};
use drawbridge_telemetry::shown;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::alert::{AlertTree, MAX_VALUES, PlaceId};
use crate::sources::sources;
use crate::text::clipped;

/// How the sentence begins about a value that is not from the alert.
const MADE: &str = "synthesised: ";

/// A record, with where each of its values came from.
pub(crate) struct RecordView {
    number: usize,
    of: String,
    rows: Vec<Row>,
    body: String,
}

/// A key of it.
pub(crate) struct Row {
    /// The id of its element.
    pub(crate) id: String,
    pub(crate) key: String,
    value: String,
    from: String,
    /// The values of the alert that it is made of.
    pub(crate) sources: Vec<PlaceId>,
}

impl RecordView {
    /// The record of that number, from 0, and as it is written.
    pub(crate) fn new(number: usize, explained: Explained, body: String, tree: &AlertTree) -> Self {
        let evidence = explained.evidence.map(|place| format!(", {place}"));
        let rows = explained.keys.into_iter().enumerate();
        Self {
            number,
            of: format!("{}{}", explained.of, evidence.unwrap_or_default()),
            rows: rows
                .map(|(n, key)| Row::new(format!("r{number}k{n}"), key, tree))
                .collect(),
            body,
        }
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn markup(&self, all: usize, tree: &AlertTree) -> Markup {
        let title = format!("Record {} of {all}", self.number + 1);
        html! {
            details.record id={ "r" (self.number) } open[self.number == 0] {
                summary { b { (title) } " (" (self.of) ")" }
                div.wide {
                    table aria-label=(title) {
                        thead { tr { @for head in ["Key", "Value", "From"] { th scope="col" { (head) } } } }
                        tbody { @for row in &self.rows { (row.markup(tree)) } }
                    }
                }
                details.written {
                    summary { "As it is written" }
                    (clipped(&self.body))
                }
            }
        }
    }
}

impl Row {
    fn new(id: String, key: ExplainedKey, tree: &AlertTree) -> Self {
        let value = match key.value {
            Json::Null => String::new(),
            Json::String(text) => text,
            other => other.to_string(),
        };
        Self {
            id,
            sources: sources(&key.from, &value, tree),
            key: key.key.into_owned(),
            from: key.from,
            value,
        }
    }

    fn markup(&self, tree: &AlertTree) -> Markup {
        let targets: Vec<String> = self.sources.iter().map(|id| format!("a{id}")).collect();
        let is_the_path = matches!(self.sources[..], [one] if tree.path(one) == self.from);
        html! {
            tr id=(self.id) class=[self.value.is_empty().then_some("empty")]
                data-key=(shown(&self.key)) data-from=[(!targets.is_empty()).then(|| targets.join(" "))] {
                th scope="row" { (clipped(&self.key)) }
                td { @if self.value.is_empty() { span.nothing { "(empty)" } } @else { (clipped(&self.value)) } }
                td.from {
                    @for id in &self.sources {
                        @let path = clipped(tree.path(*id));
                        // What is not shown of the alert is no target.
                        @if *id <= MAX_VALUES { a.source href={ "#a" (id) } { (path) } } @else { (path) }
                        " "
                    }
                    @match self.from.strip_prefix(MADE) {
                        Some(how) => span.words { "made by Drawbridge: " (clipped(how)) },
                        None if is_the_path => {},
                        None => span.words { (clipped(&self.from)) },
                    }
                }
            }
        }
    }
}
