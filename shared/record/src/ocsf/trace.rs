//! Where the values of a record come from, noted while it is written, for who asks.

use std::collections::{BTreeMap, HashMap};

use crate::tree::{Node, Object};

/// The sources of the values of a record.
#[derive(Default)]
pub(super) struct Trace {
    /// The texts of the alert and the names of its members by their addresses: the length, and the
    /// path. What is written is one of them, a part of one, or made of some.
    places: BTreeMap<usize, (usize, String)>,
    /// What the values in the making are made of, where that is said.
    made_of: Vec<String>,
    sources: HashMap<String, Vec<String>>,
}

impl Trace {
    /// Starts the trace of an alert's record.
    pub(super) fn of(alert: &Object<'_>) -> Self {
        let mut trace = Self::default();
        trace.object("", alert);
        trace
    }

    fn object(&mut self, path: &str, object: &Object<'_>) {
        for member in object.members() {
            let path = match path {
                "" => member.name.to_owned(),
                path => format!("{path}.{}", member.name),
            };
            self.place(member.name, &path);
            self.node(&path, &member.value);
        }
    }

    fn node(&mut self, path: &str, node: &Node<'_>) {
        match node {
            Node::Text(text) => self.place(text, path),
            Node::Object(object) => self.object(path, object),
            Node::List(list) => {
                for (index, node) in list.iter().enumerate() {
                    self.node(&format!("{path}[{index}]"), node);
                }
            }
            Node::Null | Node::Flag(_) | Node::Int(_) | Node::Number(_) => (),
        }
    }

    fn place(&mut self, text: &str, path: &str) {
        let place = (text.len(), path.to_owned());
        self.places.insert(text.as_ptr() as usize, place);
    }

    /// The path of a text of the alert or of the member with that name. Other texts have no path.
    fn path(&self, text: &str) -> Option<&str> {
        let address = text.as_ptr() as usize;
        let (start, (length, path)) = self.places.range(..=address).next_back()?;
        (address < start + length).then_some(path)
    }

    /// Says what the next values are made of that are no texts of the alert themselves.
    pub(super) fn made_of(&mut self, texts: &[Option<&str>]) {
        let paths = texts.iter().flatten().filter_map(|text| self.path(text));
        self.made_of = paths.map(str::to_owned).collect();
    }

    /// Notes the source of the value at a path of the record.
    pub(super) fn note(&mut self, path: String, text: &str) {
        let sources = match self.path(text) {
            Some(own) => vec![own.to_owned()],
            None => self.made_of.clone(),
        };
        self.sources.insert(path, sources);
    }

    /// The same for what is left of an object. The alert itself has no path.
    pub(super) fn note_rest(&mut self, path: String, object: &Object<'_>) {
        let member = object.members().first();
        let place = member.and_then(|member| self.path(member.name));
        let parent = place.and_then(|place| place.rsplit_once(']'));
        let sources = parent.map(|(parent, _)| format!("{parent}]"));
        self.sources.insert(path, sources.into_iter().collect());
    }

    /// The paths in the alert that the value came from.
    pub(super) fn sources(&self, path: &str) -> &[String] {
        self.sources.get(path).map_or(&[], Vec::as_slice)
    }
}
