//! What stands where a value belongs, and was to be replaced by it.

use crate::assignment::{has_word_of_a_secret, is_name, is_of_a_secret, is_words};
use crate::entra_secret::is_old_client_secret;

/// What stands around the name of what is to be put there, and in no secret on both sides.
const AROUND: [(&str, &str); 10] = [
    ("{{", "}}"),
    ("{%", "%}"),
    ("<%", "%>"),
    ("((", "))"),
    ("[[", "]]"),
    ("<<", ">>"),
    ("@@", "@@"),
    ("$(", ")"),
    ("#{", "}"),
    ("#{", "}#"),
];

/// What stands around a name, and by chance around a secret, too.
const LOOSELY_AROUND: [(&str, &str); 8] = [
    ("__", "__"),
    ("%", "%"),
    ("!", "!"),
    ("<", ">"),
    ("{", "}"),
    ("[", "]"),
    ("(", ")"),
    ("@", "@"),
];

/// What a shell does with a variable, behind its name in braces.
const OPERATORS: [&str; 4] = [":-", ":=", ":?", ":+"];

/// What is written where a value is still missing, and what a program writes that has none.
const WHOLE: [&str; 10] = [
    "todo",
    "tbd",
    "fixme",
    "placeholder",
    "redacted",
    "value",
    "null",
    "none",
    "undefined",
    "nil",
];

/// What asks for a value, by its first word and by any other.
const FIRST: [&str; 10] = [
    "your", "insert", "enter", "paste", "put", "replace", "change", "add", "set", "fill",
];
const OTHER: [&str; 9] = [
    "secret", "token", "pass", "value", "key", "here", "this", "me", "it",
];

/// What somebody types until there is a value. A hexadecimal digit may be a token's.
const FILL: [char; 8] = ['x', 'X', '*', '.', '?', '#', '_', '-'];

/// The fewest letters of a function's name that is not there by chance.
const MIN_CALL_CHARS: usize = 3;

/// The most stars in a row that an old client secret of Entra's may have by chance.
const MAX_STARS: usize = 3;

/// Whether a text is the name of a variable, or words, that nobody has replaced by the value: `${NAME}`,
/// `$NAME`, `%NAME%`, `{{ name }}`, `<name>`, `__NAME__`, `CHANGEME`, `your-client-secret` or any words that
/// speak of a secret. So is what a program shows in the place of one, such as `***` or `SecretString(…)`.
///
/// The secrets that services make up mix small and capital letters or have digits, which words do not.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().trim_end_matches([';', ',']);
    let text = text.replace(' ', "_");
    is_variable(&text)
        || is_marked(&text)
        || is_request(&text)
        || is_starred(&text)
        || is_call(&text)
}

/// Whether somebody put stars in the place of a value, or of its middle.
fn is_starred(text: &str) -> bool {
    let stars = text.split(|c| c != '*').map(str::len).max();
    match stars.unwrap_or_default() {
        stars @ ..MAX_STARS => stars == text.len() && stars > 0,
        MAX_STARS => !is_old_client_secret(text),
        _ => true,
    }
}

/// Whether it is what a program calls a value, or a function that would have it, such as
/// `@Microsoft.KeyVault(SecretUri=…)`.
fn is_call(text: &str) -> bool {
    let call = text.trim_start_matches('@').strip_suffix(')');
    let name = call.and_then(|call| Some(call.split_once('(')?.0));
    name.is_some_and(|name| name.len() >= MIN_CALL_CHARS && is_words(name))
}

/// Whether a shell, PowerShell or a batch file would put something in its place.
fn is_variable(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if let Some(name) = lower.strip_prefix("$env:") {
        return is_name(name);
    }
    let Some(name) = text.strip_prefix('$') else {
        return false;
    };
    let Some(braced) = name
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return is_name(name) && is_told(name);
    };
    let braced = braced.strip_prefix("env:").unwrap_or(braced);
    let mut names = OPERATORS
        .iter()
        .filter_map(|operator| Some(braced.split_once(operator)?.0));
    is_name(braced) || names.any(is_name)
}

/// Whether a template would put something in its place.
fn is_marked(text: &str) -> bool {
    let between = |(before, after): &(&str, &str)| -> Option<String> {
        let inner = text.strip_prefix(before)?.strip_suffix(after)?;
        Some(inner.trim_matches('_').to_owned())
    };
    AROUND
        .iter()
        .filter_map(between)
        .any(|name| !name.is_empty())
        || LOOSELY_AROUND
            .iter()
            .filter_map(between)
            .any(|name| is_told(&name))
}

/// Whether it says that something is to be put there.
fn is_request(text: &str) -> bool {
    let fill = text.chars().next().filter(|first| FILL.contains(first));
    if fill.is_some_and(|fill| text.chars().all(|c| c == fill)) {
        return true;
    }
    if !is_words(text) {
        return false;
    }
    let words: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let words = words.to_ascii_lowercase();
    let mut rests = FIRST.iter().filter_map(|first| words.strip_prefix(first));
    WHOLE.contains(&words.as_str())
        || has_word_of_a_secret(&words)
        || rests.any(|rest| OTHER.iter().any(|other| rest.contains(other)))
}

/// Whether it is a name that is not there by chance.
fn is_told(name: &str) -> bool {
    is_words(name) || is_name(name) && is_of_a_secret(&name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_replaced_by_its_value_is_known() {
        for text in [
            "${CLIENT_SECRET}",
            "${env:CLIENT_SECRET}",
            "${HEC}",
            "${VAR}",
            "${VAR:-x}",
            "${VAR:?is not set}",
            "${VAR-x}",
            "${VAR};",
            "$VAR",
            "$VAR;",
            "$CLIENT_SECRET",
            "$clientSecret",
            "$env:HEC",
            "$Env:HEC_TOKEN",
            "$(CLIENT_SECRET)",
            "$(cat /run/secrets/contoso)",
            "%CLIENT_SECRET%",
            "%VAR%",
            "!VAR!",
            "{{ client_secret }}",
            "{{ x }}",
            "{{ .Values.contoso | quote }}",
            "{{vault:kv/contoso#secret}}",
            "<% x %>",
            "((contoso))",
            "#{Contoso}#",
            "#{contoso}",
            "<client-secret>",
            "<secret>",
            "<your client secret>",
            "[SECRET]",
            "{secret}",
            "__X__",
            "__CLIENT_SECRET__",
            "@CLIENT_SECRET@",
            "REPLACE_ME",
            "replace-me",
            "CHANGEME",
            "ChangeMe",
            "change_it",
            "changeme123",
            "your-client-secret",
            "YOUR_CLIENT_SECRET_VALUE",
            "yourClientSecret",
            "YOUR CLIENT SECRET",
            "insert-secret-here",
            "PASTE_VALUE_HERE",
            "TODO",
            "tbd",
            "xxxx",
            "XXXXXXXXXXXXXXXX",
            "****************",
            "...",
            "client_secret",
            "null",
            "None",
            "client-secret-goes-here",
            "SECRET_HERE",
            "my_client_secret",
            "the-client-secret",
            "mysecret",
            "Password1",
            "TOKEN-OF-CONTOSO",
            "***REDACTED***",
            "***",
            "abc************456",
            "SecretString(***)",
            "SecretString([REDACTED])",
            "getSecret(contoso)",
            "@Microsoft.KeyVault(SecretUri=https://x)",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_secret_in_brackets_is_none() {
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "__c8Q~defGhi_jkl.MnoPqr-stuVwx~yz01234__",
            "<xY7@:/=?*>",
            "{xY7@/=?*z}",
            "${xY7@/=?*z}",
            "$xY7uPz",
            "%xY7uPz%",
            "<xY7uPz>",
            "[xY7uPz]",
            "@xY7uPz@",
            "K?-lEGUTDGGJL1wM]A3pJ***8h2oLhA[",
            "a+b&c~[d]*?@",
            "x(7uPz)",
            "to7ken-of-contoso",
            "correct-horse-battery-staple",
            "Splunk4Me!",
            "putter",
            "xxxy",
            "ffffffff",
            "00000000",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
