/// The one of `known` that is nearest to `given`, for a "did you mean"; `None` if none is near.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const NEAR: f64 = 0.75;
    let given = given.to_ascii_lowercase();
    known
        .into_iter()
        .map(|name| {
            (
                strsim::jaro_winkler(&given, &name.to_ascii_lowercase()),
                name,
            )
        })
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
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
        assert_eq!(
            nearest("usERname", ["userName", "username2"]),
            Some("userName")
        );
    }
}
