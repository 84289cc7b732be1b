//! Times as Elastic's pipeline writes them: UTC, three fractional digits, cut and not rounded.

use jiff::Timestamp;

/// What Graph sends where it has no time.
const PLACEHOLDER: &str = "0001-01-01T00:00:00";

/// Whether a text is Graph's word for no time.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.starts_with(PLACEHOLDER)
}

/// The time in milliseconds, such as `2026-01-22T12:09:22.856Z`; none if the text is not a time that
/// Elasticsearch would take.
pub(super) fn millis(text: &str) -> Option<String> {
    if is_placeholder(text) {
        return None;
    }
    let instant = || text.parse::<Timestamp>().ok();
    match plain(text.as_bytes()) {
        Some(fraction) => {
            if !is_in_every_month(text.as_bytes()) {
                instant()?;
            }
            let mut cut = String::with_capacity(24);
            cut.push_str(text.get(..19)?);
            cut.push('.');
            for at in 0..3 {
                cut.push(fraction.get(at).copied().map_or('0', char::from));
            }
            cut.push('Z');
            Some(cut)
        }
        None => match instant()? {
            before if before.as_second() < 0 && text.starts_with('-') => None,
            instant => Some(format!("{instant:.3}")),
        },
    }
}

/// Whether a time of that form surely is one. A calendar has to be asked for the others, such as
/// those of the last days of a month.
fn is_in_every_month(text: &[u8]) -> bool {
    let digits = |at: usize, count| text[at..at + count].iter().all(u8::is_ascii_digit);
    let is_within = |at, from: &[u8], to: &[u8]| {
        let two = &text[at..at + 2];
        digits(at, 2) && from <= two && two <= to
    };
    digits(0, 4)
        && is_within(5, b"01", b"12")
        && is_within(8, b"01", b"28")
        && is_within(11, b"00", b"23")
        && is_within(14, b"00", b"59")
        && is_within(17, b"00", b"59")
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
        [b'.', fraction @ .., b'Z'] => {
            let is_fraction = matches!(fraction.len(), 1..=9);
            (is_fraction && fraction.iter().all(u8::is_ascii_digit)).then_some(fraction)
        }
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
            ("2024-02-29T00:00:00.012345678Z", "2024-02-29T00:00:00.012Z"),
        ] {
            assert_eq!(millis(graph).as_deref(), Some(cut));
        }
        for none in [
            "0001-01-01T00:00:00Z",
            "soon",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-02-28T24:00:00Z",
            "2026-02-28T00:0x:00Z",
            "2026-02-28T00:00:00.Z",
            "2026-02-28T00:00:00.0123456789Z",
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
