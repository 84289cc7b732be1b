/// What names of secrets have in them, in lower case.
const WORDS: [&str; 4] = ["secret", "token", "password", "passwd"];

/// How names of secrets end, in lower case. Anywhere else, letters as few as these are there by chance.
const ENDINGS: [&str; 2] = ["key", "pwd"];

/// What stands before a name, in lower case: in a comment, a shell, PowerShell or a batch file.
const BEFORE: [&str; 7] = ["#", ";", "$env:", "export ", "set ", "setx ", "declare -x "];

/// Whether a text is a line of a settings file that gives a value to what is called a secret, such as
/// `CLIENT_SECRET=value`, `export HEC_TOKEN=value`, `$env:CLIENT_SECRET = "value"` or
/// `aws_secret_access_key: value`.
///
/// A secret in base64 may end in `=`; nothing follows it there.
pub(crate) fn is_assignment(text: &str) -> bool {
    let line = text.trim();
    if line.contains(['\n', '\r']) {
        return false;
    }
    let line = line.to_ascii_lowercase();
    let mut line = line.as_str();
    while let Some(rest) = BEFORE.iter().find_map(|before| line.strip_prefix(before)) {
        line = rest.trim_start();
    }
    let Some((name, value)) = line.split_once(['=', ':']) else {
        return false;
    };
    let name = name.trim_end();
    let has_value = !value.trim_matches(['=', ' ']).is_empty();
    is_name(name) && has_value && is_of_a_secret(name)
}

/// Whether a text is the name of a variable that was to be replaced by its value, such as `${CLIENT_SECRET}`,
/// `$CLIENT_SECRET`, `%CLIENT_SECRET%` or `{{ CLIENT_SECRET }}`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let between = |before, after| text.strip_prefix(before)?.strip_suffix(after);
    // In braces, no other name is likely, either.
    if let Some(name) = between("${", "}") {
        return is_name(name.strip_prefix("env:").unwrap_or(name));
    }
    let names = [
        between("{{", "}}").map(str::trim),
        between("%", "%"),
        between("$(", ")"),
        between("<", ">"),
        text.strip_prefix("$env:"),
        text.strip_prefix('$'),
    ];
    let mut names = names.into_iter().flatten();
    names.any(|name| is_name(name) && is_of_a_secret(name))
}

fn is_name(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(is_of_name)
}

/// Whether a name in lower case is that of a secret.
fn is_of_a_secret(name: &str) -> bool {
    WORDS.iter().any(|word| name.contains(word))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
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
            "CLIENT_SECRET_VALUE=x",
            "#CLIENT_SECRET=x",
            "# export CLIENT_SECRET=x",
            "$env:CLIENT_SECRET=x",
            "$Env:CLIENT_SECRET = \"x\"",
            "set CLIENT_SECRET=x",
            "pwd=x",
            "Password=x",
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
            "#bC=dE",
            "aKeyB=dE",
            "$x7u:PzJmWvK2",
            "CLIENT_SECRET=x\nCLIENT_ID=y",
        ] {
            assert!(!is_assignment(text), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_variable_is_known_by_what_stands_around_it() {
        for text in [
            "${CLIENT_SECRET}",
            "${env:CLIENT_SECRET}",
            "${HEC}",
            "$CLIENT_SECRET",
            "$env:HEC_TOKEN",
            "$(CLIENT_SECRET)",
            "%CLIENT_SECRET%",
            "{{ client_secret }}",
            "<client-secret>",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "<xY7@:/=?*>",
            "{xY7@/=?*z}",
            "${xY7@/=?*z}",
            "$xY7uPz",
            "%xY7uPz%",
            "<xY7uPz>",
            "CLIENT_SECRET",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
