//! The names of ATT&CK's techniques.

/// A heading, an empty line, and then a technique on each line: id, blank, name; sorted by the id.
const TECHNIQUES: &str = include_str!("techniques.txt");

/// The name of a technique or a sub-technique of ATT&CK Enterprise, if it is in this version.
///
/// The lines are searched as they are: nothing is built at start-up for the few names that an alert
/// needs.
pub(super) fn name(id: &str) -> Option<&'static str> {
    let (_, lines) = TECHNIQUES.split_once("\n\n")?;
    let (mut from, mut to) = (0, lines.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let start = lines[..middle].rfind('\n').map_or(0, |end| end + 1);
        let end = lines[middle..]
            .find('\n')
            .map_or(lines.len(), |end| middle + end);
        let (found, name) = lines[start..end].split_once(' ')?;
        match found.cmp(id) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => from = end + 1,
            std::cmp::Ordering::Greater => to = start,
        }
    }
    None
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
