use std::collections::HashMap;

use drawbridge_telemetry::shown;
use maud::{Markup, html};

use crate::node::Node;
use crate::text::clipped;

/// The most values of an alert that are shown: a browser does not bear millions.
pub(crate) const MAX_VALUES: usize = 20_000;

/// The number of a value within the alert, in the order of its text. Its element is `a` and the number.
pub(crate) type PlaceId = usize;

/// A key of a record that is made of a value.
pub(crate) struct Use {
    /// The id of its row.
    pub(crate) row: String,
    /// The key, and which record it is of, for a reader.
    pub(crate) label: String,
}

/// What is known of a value by its number.
struct NumberedValue {
    path: String,
    plain: Option<String>,
    is_nothing: bool,
}

/// An alert whose values are numbered and found by their paths, such as `evidence[2].userAccount.domainName`.
pub(crate) struct AlertTree {
    root: Node,
    places: Vec<NumberedValue>,
    by_path: HashMap<String, PlaceId>,
}

impl AlertTree {
    /// Takes an alert's text apart; `None` where it cannot be.
    pub(crate) fn read(json: &str) -> Option<Self> {
        let root = serde_json::from_str(json).ok()?;
        let mut tree = Self {
            root: Node::Null,
            places: Vec::new(),
            by_path: HashMap::new(),
        };
        tree.number(&root, "");
        tree.root = root;
        Some(tree)
    }

    fn number(&mut self, node: &Node, path: &str) {
        let id = self.places.len();
        // Of two members of one name, the readers of alerts take the last.
        self.by_path.insert(path.to_owned(), id);
        self.places.push(NumberedValue {
            path: path.to_owned(),
            plain: node.plain(),
            is_nothing: node.is_nothing(),
        });
        match node {
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.number(item, &format!("{path}[{index}]"));
                }
            }
            Node::Object(members) => {
                for (name, value) in members {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    self.number(value, &path);
                }
            }
            _ => {}
        }
    }

    /// The value at a path; never the alert itself.
    pub(crate) fn at(&self, path: &str) -> Option<PlaceId> {
        self.by_path.get(path).copied().filter(|id| *id > 0)
    }

    pub(crate) fn path(&self, id: PlaceId) -> &str {
        &self.places[id].path
    }

    pub(crate) fn plain(&self, id: PlaceId) -> Option<&str> {
        self.places[id].plain.as_deref()
    }

    pub(crate) fn is_nothing(&self, id: PlaceId) -> bool {
        self.places[id].is_nothing
    }

    /// Each value that holds no others and is not empty, by its path.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        let places = self.places.iter().filter(|place| !place.is_nothing);
        places.filter_map(|place| Some((place.path.as_str(), place.plain.as_deref()?)))
    }

    /// The value at a path, as [`values`](Self::values) has it.
    pub(crate) fn value_at(&self, path: &str) -> Option<&str> {
        let id = self.at(path).filter(|id| !self.is_nothing(*id))?;
        self.plain(id)
    }

    /// The alert with, at each value, what is made of it.
    pub(crate) fn markup(&self, uses: &HashMap<PlaceId, Vec<Use>>) -> Markup {
        let mut next = 0;
        let left = self.places.len().saturating_sub(MAX_VALUES + 1);
        html! {
            div.tree { (self.inner(&self.root, &mut next, uses)) }
            @if left > 0 {
                p.note { "The first " (MAX_VALUES) " values are shown; " (left) " more are not." }
            }
        }
    }

    /// What is within a value, whose number is `next`; `next` is that of the value after it then.
    fn inner(&self, node: &Node, next: &mut PlaceId, uses: &HashMap<PlaceId, Vec<Use>>) -> Markup {
        *next += 1;
        match node {
            Node::Null => html! { span.nothing { "null" } },
            Node::Flag(_) | Node::Number(_) => {
                html! { code { (node.plain().unwrap_or_default()) } }
            }
            Node::Text(text) if text.is_empty() => html! { span.nothing { "(empty)" } },
            Node::Text(text) => clipped(text),
            Node::List(items) if items.is_empty() => html! { span.nothing { "(empty list)" } },
            Node::Object(members) if members.is_empty() => {
                html! { span.nothing { "(empty object)" } }
            }
            Node::List(items) => html! {
                ul {
                    @for (index, item) in items.iter().enumerate() {
                        (self.member(&format!("[{index}]"), item, next, uses))
                    }
                }
            },
            Node::Object(members) => html! {
                ul {
                    @for (name, value) in members { (self.member(name, value, next, uses)) }
                }
            },
        }
    }

    fn member(
        &self,
        name: &str,
        node: &Node,
        next: &mut PlaceId,
        uses: &HashMap<PlaceId, Vec<Use>>,
    ) -> Markup {
        let id = *next;
        if id > MAX_VALUES {
            return html! {};
        }
        let used = uses.get(&id).map(Vec::as_slice).unwrap_or_default();
        let is_leaf = !matches!(node, Node::List(_) | Node::Object(_)) || node.is_nothing();
        let inner = self.inner(node, next, uses);
        html! {
            li id={ "a" (id) } data-path=(shown(&self.places[id].path)) data-used[!used.is_empty()] {
                div.line {
                    span.member { (clipped(name)) } ": "
                    @if is_leaf { (inner) " " }
                    @if let Some(first) = used.first() {
                        a.uses href={ "#" (first.row) } aria-label=(said(used)) { "→ " (used.len()) }
                    }
                }
                @if !is_leaf { (inner) }
            }
        }
    }
}

/// The keys that are made of a value, for a screen reader.
fn said(uses: &[Use]) -> String {
    let first: Vec<&str> = uses.iter().take(3).map(|of| of.label.as_str()).collect();
    let first = first.join(", ");
    match uses.len().saturating_sub(3) {
        0 => format!("Used by {first}"),
        more => format!("Used by {first} and {more} more"),
    }
}
