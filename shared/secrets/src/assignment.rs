//! Lines of settings: a name, a mark and a value.

use crate::document::TextForm;
use crate::entra_secret::is_old_client_secret;

/// What names of secrets have in them, in lower case.
const WORDS: [&str; 4] = ["secret", "token", "password", "passwd"];

/// How names of secrets end, in lower case. Anywhere else, letters as few as these are there by chance.
const ENDINGS: [&str; 2] = ["key", "pwd"];

/// What other names have in them in front of a secret. A user's name may have it, too, as in base64 of
/// `client:password`.
const LOOSE_WORDS: [&str; 5] = ["pass", "value", "cred", "client", "auth"];
const LOOSE_ENDINGS: [&str; 3] = ["_pw", "-pw", ".pw"];

/// What stands before a name, in lower case: in a comment, a shell, PowerShell or a batch file.
const BEFORE: [&str; 8] = [
    "#",
    ";",
    "$env:",
    "$",
    "export ",
    "set ",
    "setx ",
    "declare -x ",
];

/// Characters from which on a value is one by itself. The client secrets of Entra that have `=` or `:` in
/// them have 32 characters, and those with `=` at the end nothing behind it.
const LONG_VALUE: usize = 31;

/// Letters from which on a name is not there by chance.
const LONG_NAME: usize = 8;

/// Whether a text is a line of a settings file that gives a value to a name, such as
/// `CLIENT_SECRET=value`, `export HEC_TOKEN=value`, `$env:CLIENT_SECRET = "value"`, `pass: value` or
/// `contoso=` with a secret behind it. What was stored may stand for a user's name and a password: there,
/// only what is called a secret is one.
///
/// A secret in base64 may end in `=`; nothing follows it there.
pub(crate) fn is_assignment(text: &str, form: TextForm) -> bool {
    let line = text.trim();
    if line.contains(['\n', '\r']) {
        return false;
    }
    let mut line = line;
    while let Some(rest) = BEFORE.iter().find_map(|before| without(line, before)) {
        line = rest.trim_start();
    }
    let Some((name, value)) = line.split_once(['=', ':']) else {
        return false;
    };
    // `?=` and `+=` give a value, too.
    let name = name.trim_end_matches(['?', '+']).trim_end();
    let value = value.trim();
    if !is_name(name) {
        return false;
    }
    if value.trim_matches(['=', ' ']).is_empty() {
        // Nobody has written the value yet.
        return is_words(name) && has_word_of_a_secret(&name.to_ascii_lowercase());
    }
    let is_by_chance = !is_words(name) && is_old_client_secret(text);
    let lower = name.to_ascii_lowercase();
    has_word_of_a_secret(&lower)
        || ends_as_of_a_secret(&lower) && !is_by_chance
        || form == TextForm::Whole && is_assigned_here(name, value, text)
}

/// Whether the line is one where nothing stands for it.
fn is_assigned_here(name: &str, value: &str, text: &str) -> bool {
    let is_long = value.chars().count() >= LONG_VALUE;
    let is_old = is_old_client_secret(text);
    let lower = name.to_ascii_lowercase();
    is_long && !name.starts_with(|c: char| c.is_ascii_digit())
        || is_words(name)
            && (has_loose_word(&lower)
                || !is_old && (name.len() >= LONG_NAME || has_loose_ending(&lower)))
}

/// The line behind what it begins with, in whatever case.
fn without<'a>(line: &'a str, before: &str) -> Option<&'a str> {
    let (start, rest) = line.split_at_checked(before.len())?;
    start.eq_ignore_ascii_case(before).then_some(rest)
}

pub(crate) fn is_name(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(is_of_name)
}

fn has_letter(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic())
}

/// Whether a name is of words: letters of one case, or with a capital at the beginning of each word, and
/// digits at the end alone. What is made up at random has not many of them in a row.
pub(crate) fn is_words(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut words = text.split(['_', '-', '.']);
    has_letter(text) && words.all(is_word_or_words)
}

/// `secret`, `SECRET`, `Secret` or `clientSecret`.
fn is_word_or_words(text: &str) -> bool {
    let is_capital = |c: char| c.is_ascii_uppercase();
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphabetic()) {
        return false;
    }
    if text.chars().all(is_capital) {
        return true;
    }
    // Each capital begins a word of two letters or more.
    let mut words = text.split(is_capital).skip(1);
    words.all(|rest| !rest.is_empty())
}

/// Whether a name in lower case is that of a secret.
pub(crate) fn is_of_a_secret(name: &str) -> bool {
    has_word_of_a_secret(name) || ends_as_of_a_secret(name)
}

pub(crate) fn has_word_of_a_secret(name: &str) -> bool {
    WORDS.iter().any(|word| name.contains(word))
}

fn ends_as_of_a_secret(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a name in lower case may be that of a secret.
fn has_loose_word(name: &str) -> bool {
    LOOSE_WORDS.iter().any(|word| name.contains(word))
}

/// The same by so few letters that an old client secret may have them by chance.
fn has_loose_ending(name: &str) -> bool {
    name == "pw" || LOOSE_ENDINGS.iter().any(|ending| name.ends_with(ending))
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
            "pass=x",
            "PASS: x",
            "value=x",
            "app_pass=x",
            "appPass=x",
            "app-pw=x",
            "$pass=x",
            "client_secret?=x",
            "CREDENTIAL:x",
            "contoso_app=x",
            "CONTOSO.APP=x",
            "SharedAccess:x",
            "a=abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            // As long as those of Entra that have marks.
            "client_secret:x7uPzJmWvK2oQ1fS9d",
            "pass=x7uPzJmWvK2oQ1fS9dR0tY?bLcN",
            "apikey:x7uPzJmWvK2oQ1fS9dR0tY?bL",
            "secret=",
            "CLIENT_SECRET: ",
            "hec=0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "b1:x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
        ] {
            assert!(is_assignment(text, TextForm::Whole), "{text}");
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
            "ab=cD7",
            "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw",
            // As Entra's portal made them up to 2021, however they begin.
            "abcdefgh=?x7uPzJmWvK2oQ1fS9dR0tY",
            "PW=GvmyVb]-Q6IPM=?RXCXSXW1eZCCSr",
            "dkeY:n6cLodqL=3uinSy=m6f=m3idQNW",
            "Abcdefghi:[x7uPzJm@vK2oQ1fS9dR0]",
            "CLIENT_SECRET=x\nCLIENT_ID=y",
        ] {
            assert!(!is_assignment(text, TextForm::Whole), "{text}");
        }
    }

    #[test]
    fn what_stands_for_a_users_name_and_a_password_is_none() {
        for text in [
            "drawbridge:correct horse battery staple",
            "client-of-contoso:x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI",
        ] {
            assert!(!is_assignment(text, TextForm::Encoded), "{text}");
        }
        assert!(is_assignment("client_secret:x", TextForm::Encoded));
    }
}
