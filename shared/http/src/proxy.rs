//! The proxy that the environment names.

/// The variable that names a proxy for https, if one does; never its value, which may hold a
/// password.
///
/// The HTTP client reads these variables itself; this is for errors that may be the proxy's doing.
pub fn https_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find(|name| variable(name).is_some_and(|value| !value.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_named_and_not_its_value() {
        let of =
            |set: &str, value: &str| https_proxy(|name| (name == set).then(|| value.to_owned()));
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(of(name, "http://user:secret@proxy"), Some(name));
            assert_eq!(of(name, " "), None);
        }
        assert_eq!(of("HTTP_PROXY", "http://proxy"), None);
    }
}
