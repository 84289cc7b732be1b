//! The names of ATT&CK's techniques.

use std::sync::LazyLock;

/// A heading, an empty line, and then a technique on each line: id, blank, name; sorted by the id.
const TECHNIQUES: &str = include_str!("techniques.txt");

/// The lines taken apart, once an alert has a technique.
static BY_NUMBER: LazyLock<Vec<(u32, &str)>> = LazyLock::new(|| {
    let lines = TECHNIQUES.split_once("\n\n").map_or("", |(_, lines)| lines);
    let parts = lines.lines().filter_map(|line| line.split_once(' '));
    parts
        .filter_map(|(id, name)| Some((number(id)?, name)))
        .collect()
});

/// The name of a technique or a sub-technique of ATT&CK Enterprise, if it is in this version.
pub(super) fn name(id: &str) -> Option<&'static str> {
    let wanted = number(id)?;
    let found = BY_NUMBER.binary_search_by_key(&wanted, |(number, _)| *number);
    Some(BY_NUMBER[found.ok()?].1)
}

/// An id as a number, which is compared faster: 1,059,000 for `T1059`, 1,059,001 for `T1059.001`.
fn number(id: &str) -> Option<u32> {
    let digits = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    match id.as_bytes() {
        [b'T', technique @ ..] if technique.len() == 4 => Some(digits(technique)? * 1000),
        [b'T', technique @ .., b'.', x, y, z] if technique.len() == 4 => {
            // None has the number 000, which would be the technique itself.
            let sub = digits(&[*x, *y, *z]).filter(|sub| *sub > 0)?;
            Some(digits(technique)? * 1000 + sub)
        }
        _ => None,
    }
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
        for id in [
            "",
            "T",
            "T1059.",
            "T1059.000",
            "T10591",
            "T1059-001",
            "T9999",
            "A",
            "é",
            "T1059.001 PowerShell",
        ] {
            assert_eq!(name(id), None, "{id}");
        }
    }
}
