use crate::alert::AlertTree;

/// What is another in one JSON text than in another, by the paths of its values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Those that only the second has.
    pub added: Vec<String>,
    /// Those that are another in the second.
    pub changed: Vec<String>,
    /// Those that only the first has.
    pub removed: Vec<String>,
}

/// What changed from one version of an alert, or from one record of it, to the next; `None` where one of
/// them cannot be taken apart. Null and empty are the same as absent.
#[must_use]
pub fn changes(old: &str, new: &str) -> Option<Changes> {
    let (old, new) = (AlertTree::read(old)?, AlertTree::read(new)?);
    let mut changes = Changes::default();
    for (path, value) in new.values() {
        match old.value_at(path) {
            None => changes.added.push(path.to_owned()),
            Some(before) if before != value => changes.changed.push(path.to_owned()),
            Some(_) => {}
        }
    }
    let gone = old
        .values()
        .filter(|(path, _)| new.value_at(path).is_none());
    changes.removed = gone.map(|(path, _)| path.to_owned()).collect();
    Some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_by_their_paths() {
        let old = r#"{"a":1,"b":null,"c":[{"x":"1"}],"d":"gone","e":""}"#;
        let new = r#"{"a":2,"b":"new","c":[{"x":"1"},{"x":"2"}],"d":null,"e":[]}"#;
        let changes = changes(old, new).unwrap();
        assert_eq!(changes.added, ["b", "c[1].x"]);
        assert_eq!(changes.changed, ["a"]);
        assert_eq!(changes.removed, ["d"]);
        assert_eq!(super::changes(old, old), Some(Changes::default()));
        assert_eq!(super::changes(old, "{"), None);
    }
}
