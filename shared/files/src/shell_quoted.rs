use std::borrow::Cow;

/// A path as a shell takes it, for a command that a person is told to run.
#[must_use]
pub fn shell_quoted(path: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(format!("'{}'", path.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::shell_quoted;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_split_it() {
        for (path, expected) in [
            ("/var/lib/drawbridge", "/var/lib/drawbridge"),
            ("my data", "'my data'"),
            ("it's", "'it'\\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(shell_quoted(path), expected);
        }
    }
}
