//! The names of ATT&CK's techniques.

use std::sync::LazyLock;

/// A heading, an empty line, and then a technique on each line: id, blank, name; sorted by the id.
const TECHNIQUES: &str = include_str!("techniques.txt");

/// The lines taken apart, once an alert has a technique.
static BY_ID: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = TECHNIQUES.split_once("\n\n").map_or("", |(_, lines)| lines);
    lines
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect()
});

/// The name of a technique or a sub-technique of ATT&CK Enterprise, if it is in this version.
pub(super) fn name(id: &str) -> Option<&'static str> {
    let found = BY_ID.binary_search_by_key(&id, |(id, _)| id).ok()?;
    Some(BY_ID[found].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let (_, lines) = TECHNIQUES.split_once("\n\n").unwrap();
        assert!(lines.lines().count() > 800);
        for line in lines.lines() {
            let (id, title) = line.split_once(' ').unwrap();
            assert_eq!(name(id), Some(title));
        }
        assert_eq!(name("T1059.001"), Some("PowerShell"));
        for id in ["", "T", "T1059.", "T9999", "A", "é", "T1059.001 PowerShell"] {
            assert_eq!(name(id), None, "{id}");
        }
    }
}
