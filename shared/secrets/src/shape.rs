//! The two shapes a secret's text may have: the bare value, or a JSON object that names it.

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::Value;

use crate::SecretError;

/// The member that holds the value in a JSON secret.
const MEMBER: &str = "client_secret";

/// The value in `text`: the text itself without blanks around it, or, where it is a JSON object,
/// the string in its member `client_secret`.
pub(crate) fn value_of(text: &str, place: &str) -> Result<SecretString, SecretError> {
    let text = text.trim();
    let value = if text.starts_with('{') {
        member_of(text, place)?
    } else {
        owned(text)
    };
    let value = value.trim();
    if value.is_empty() {
        return Err(SecretError::Empty {
            place: place.to_owned(),
            fix: how_to_put(place),
        });
    }
    Ok(SecretString::from(value))
}

/// What to run to give a secret its value without leaving it in the shell's history.
pub(crate) fn how_to_put(place: &str) -> String {
    format!(
        "write the value into a file, then run: aws secretsmanager put-secret-value --secret-id {} --secret-string file://FILE",
        id_of(place)
    )
}

/// The same for a secret that was not found: it may have been created without a value, or not at all.
pub(crate) fn how_to_put_or_create(place: &str) -> String {
    let (put, id) = (how_to_put(place), id_of(place));
    // AWS gives a secret its ARN when it is created.
    if id.starts_with("arn:") {
        return put;
    }
    format!(
        "{put}; or, if there is no such secret yet: aws secretsmanager create-secret --name {id} --secret-string file://FILE"
    )
}

fn id_of(place: &str) -> &str {
    match place.strip_prefix("the secret ").unwrap_or(place) {
        // What was not repeated there cannot be named here.
        id if id.starts_with('(') => "NAME",
        id => id,
    }
}

fn member_of(text: &str, place: &str) -> Result<Zeroizing<String>, SecretError> {
    let bad = |reason: String| SecretError::BadShape {
        place: place.to_owned(),
        reason,
    };
    // The parser's own message would quote the value.
    let mut value: Value = serde_json::from_str(text).map_err(|error| {
        bad(format!(
            "it starts like a JSON object but is none (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    match value.get_mut(MEMBER).map(Value::take) {
        Some(Value::String(value)) => Ok(Zeroizing::new(value)),
        Some(_) => Err(bad(format!("its member {MEMBER:?} is not a string"))),
        None => Err(bad(format!(
            "it is a JSON object without the member {MEMBER:?}; add it, or make the secret the bare value"
        ))),
    }
}

fn owned(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn read(text: &str) -> Result<String, SecretError> {
        value_of(text, "the secret s").map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn both_shapes_give_the_same_value() {
        for text in [
            "s3cr~t",
            " s3cr~t\n",
            r#"{"client_secret":"s3cr~t"}"#,
            "{\"client_secret\": \"s3cr~t\\n\", \"a\": 1}\n",
        ] {
            assert_eq!(read(text).unwrap(), "s3cr~t", "{text}");
        }
    }

    #[test]
    fn an_empty_one_says_how_to_put_a_value() {
        for text in ["", " \n", r#"{"client_secret":" "}"#] {
            let error = read(text).unwrap_err();
            assert!(matches!(error, SecretError::Empty { .. }));
            assert!(
                error
                    .to_string()
                    .contains("put-secret-value --secret-id s "),
                "{error}"
            );
        }
    }

    #[test]
    fn one_that_is_not_there_is_created_by_name_alone() {
        let create = "create-secret --name drawbridge/stack/contoso ";
        assert!(how_to_put_or_create("the secret drawbridge/stack/contoso").contains(create));
        let arn = "the secret arn:aws:secretsmanager:eu-west-1:1:secret:a-1";
        assert_eq!(how_to_put_or_create(arn), how_to_put(arn));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        for text in [
            "{s3cr~t",
            r#"{"secret":"s3cr~t"}"#,
            r#"{"client_secret":["s3cr~t"]}"#,
        ] {
            let error = read(text).unwrap_err();
            assert!(matches!(error, SecretError::BadShape { .. }));
            assert!(!format!("{error} {error:?}").contains("s3cr~t"), "{error}");
        }
    }
}
