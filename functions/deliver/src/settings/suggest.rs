/// The one of `known` that is nearest to `given`, if any is near.
pub(super) fn nearest<'k>(
    given: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    const NEAR: f64 = 0.75;
    let given = given.to_ascii_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, name), name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The names in backticks in a message such as ``unknown field `x`, expected one of `a`, `b` ``.
pub(super) fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name_and_other_words_do_not() {
        let known = ["url", "secret", "sourcetype", "acknowledge"];
        assert_eq!(nearest("source_type", known), Some("sourcetype"));
        assert_eq!(nearest("URL", known), Some("url"));
        assert_eq!(nearest("aknowledge", known), Some("acknowledge"));
        assert_eq!(nearest("zzz", known), None);
    }

    #[test]
    fn quoted_names_are_found() {
        assert_eq!(
            quoted("unknown field `x`, expected `a` or `b`"),
            ["x", "a", "b"]
        );
        assert!(quoted("nothing").is_empty());
    }
}
