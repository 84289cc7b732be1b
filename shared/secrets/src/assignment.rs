/// How names of secrets end, in lower case.
const ENDINGS: [&str; 5] = ["secret", "token", "password", "passwd", "key"];

/// Whether a text is a line of a settings file that gives a value to what is called a secret, such as
/// `CLIENT_SECRET=value`, `export HEC_TOKEN=value` or `aws_secret_access_key: value`.
///
/// A secret in base64 may end in `=`; nothing follows it there.
pub(crate) fn is_assignment(text: &str) -> bool {
    let line = text.trim();
    if line.contains(['\n', '\r']) {
        return false;
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let Some((name, value)) = line.split_once(['=', ':']) else {
        return false;
    };
    let name = name.trim_end().to_ascii_lowercase();
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let has_value = !value.trim_matches(['=', ' ']).is_empty();
    is_name && has_value && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_settings_file_is_known_by_its_name() {
        for text in [
            "CLIENT_SECRET=abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "DRAWBRIDGE_CLIENT_SECRET=x",
            "export HEC_TOKEN=0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "aws_secret_access_key = wJalrXUtnFEMI",
            "password: hunter2",
            "client-secret:abc",
        ] {
            assert!(is_assignment(text), "{text}");
        }
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5key==",
            "<xY7@:/=?*>",
            "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "A:bC=dE",
            "CLIENT_SECRET=x\nCLIENT_ID=y",
        ] {
            assert!(!is_assignment(text), "{text}");
        }
    }
}
