//! Times as Elastic's pipeline writes them: UTC, three fractional digits, cut and not rounded.

use jiff::Timestamp;

/// What Graph sends where it has no time.
const PLACEHOLDER: &str = "0001-01-01T00:00:00";

/// Whether a text is Graph's word for no time.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.starts_with(PLACEHOLDER)
}

/// The time in milliseconds, such as `2026-01-22T12:09:22.856Z`; none if the text is no time that
/// Elasticsearch would take.
pub(super) fn millis(text: &str) -> Option<String> {
    if is_placeholder(text) {
        return None;
    }
    let instant: Timestamp = text.parse().ok()?;
    match plain(text.as_bytes()) {
        Some(fraction) => {
            let mut cut = String::with_capacity(24);
            cut.push_str(text.get(..19)?);
            cut.push('.');
            for at in 0..3 {
                cut.push(fraction.get(at).copied().map_or('0', char::from));
            }
            cut.push('Z');
            Some(cut)
        }
        None if instant.as_second() < 0 && text.starts_with('-') => None,
        None => Some(format!("{instant:.3}")),
    }
}

/// The fraction of a time that needs no conversion: Graph's usual form.
fn plain(text: &[u8]) -> Option<&[u8]> {
    let (head, rest) = text.split_at_checked(19)?;
    let shape = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if shape.iter().any(|&(at, byte)| head[at] != byte) || head.ends_with(b"60") {
        return None;
    }
    match rest {
        b"Z" => Some(&[]),
        [b'.', fraction @ .., b'Z'] if fraction.iter().all(u8::is_ascii_digit) => Some(fraction),
        _ => None,
    }
}

/// The nanoseconds from one of those to another; none where the end comes first by centuries.
pub(super) fn nanos_between(start: &str, end: &str) -> Option<i64> {
    let start: Timestamp = start.parse().ok()?;
    let end: Timestamp = end.parse().ok()?;
    i64::try_from(end.as_nanosecond() - start.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_cut() {
        for (graph, cut) in [
            ("2026-02-25T16:29:33.1Z", "2026-02-25T16:29:33.100Z"),
            ("2026-01-22T12:09:22.8569667Z", "2026-01-22T12:09:22.856Z"),
            ("2026-01-22T12:09:22Z", "2026-01-22T12:09:22.000Z"),
            ("2026-01-22T12:09:22.9999+02:00", "2026-01-22T10:09:22.999Z"),
            ("2026-01-22 12:09:22Z", "2026-01-22T12:09:22.000Z"),
            ("2026-01-22T12:09:60Z", "2026-01-22T12:09:59.000Z"),
        ] {
            assert_eq!(millis(graph).as_deref(), Some(cut));
        }
        for none in [
            "0001-01-01T00:00:00Z",
            "soon",
            "2026-13-01T00:00:00Z",
            "-000500-01-01T00:00:00Z",
            "",
        ] {
            assert_eq!(millis(none), None, "{none}");
        }
    }

    #[test]
    fn a_duration_is_of_what_was_cut() {
        let nanos = nanos_between("2026-01-22T12:08:16.140Z", "2026-01-22T12:08:18.618Z");
        assert_eq!(nanos, Some(2_478_000_000));
    }
}
