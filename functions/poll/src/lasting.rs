/// What is the same of an error from one poll to the next: without "(5 tries in 6.3 s, request-id …)", and
/// without the ids that Entra gives to each answer.
#[must_use]
pub fn lasting(error: &str) -> String {
    let mut lasting = String::new();
    let mut rest = error;
    while let Some((before, after)) = rest.split_once(" (") {
        lasting.push_str(before);
        match after.split_once(')') {
            Some((inner, after)) if is_tries(inner) => rest = after,
            _ => {
                lasting.push_str(" (");
                rest = after;
            }
        }
    }
    lasting.push_str(rest);
    ["trace id ", "correlation id "]
        .iter()
        .fold(lasting, |error, name| without_ids(&error, name))
}

/// Whether two errors are of one kind: they differ in counts, times and ids at most. What is told by a
/// number, an HTTP status or an error code of Entra, counts.
pub(crate) fn is_same_kind(one: &str, other: &str) -> bool {
    kind(one) == kind(other)
}

fn kind(error: &str) -> String {
    let lasting = lasting(error);
    let (mut kind, mut before) = (String::new(), "");
    for word in lasting.split(' ') {
        let is_code = before.ends_with("HTTP") || word.contains("AADSTS");
        if is_code || !word.contains(|c: char| c.is_ascii_digit()) {
            kind.push_str(word);
        }
        kind.push(' ');
        before = word;
    }
    kind
}

fn is_tries(inner: &str) -> bool {
    let mut words = inner.split(' ');
    let count = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
    count && matches!(words.next(), Some("try" | "tries")) && words.next() == Some("in")
}

/// A text without the ids that follow this name.
fn without_ids(text: &str, name: &str) -> String {
    let is_of_id = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut parts = text.split(name);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + name + part.trim_start_matches(is_of_id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_answer_has_of_its_own_is_left_out() {
        let refused = |tries, id| {
            format!(
                "POST login/t/token ({tries}): no token: the client secret is wrong (AADSTS7000215, \
                 trace id {id}, correlation id {id}-1)"
            )
        };
        let lasting_of = |tries, id| lasting(&refused(tries, id));
        assert_eq!(
            lasting_of("1 try in 0.1 s", "a1"),
            lasting_of("2 tries in 3 s, request-id r", "b2")
        );
        assert!(lasting_of("1 try in 0.1 s", "a1").contains("AADSTS7000215"));
        assert_eq!(
            lasting("the range (a) of b (2 items)"),
            "the range (a) of b (2 items)"
        );
        assert_eq!(lasting("not closed (5 tries in"), "not closed (5 tries in");
    }

    #[test]
    fn errors_of_one_kind_differ_in_counts_and_times_alone() {
        for (one, other, is_same) in [
            (
                "Graph asks to wait for 30 s",
                "Graph asks to wait for 290 s",
                true,
            ),
            (
                "3 alerts were quarantined",
                "12 alerts were quarantined",
                true,
            ),
            (
                "since 2026-01-01T00:00:00Z",
                "since 2026-01-02T00:00:00Z",
                true,
            ),
            (
                "the service failed (HTTP 503): x",
                "the service failed (HTTP 500): x",
                false,
            ),
            (
                "no token (AADSTS7000215)",
                "no token (AADSTS7000222)",
                false,
            ),
            ("connection refused", "the client secret is wrong", false),
        ] {
            assert_eq!(is_same_kind(one, other), is_same, "{one} / {other}");
        }
    }
}
