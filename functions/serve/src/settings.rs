use drawbridge_config::{ConfigError, Hosts};

/// What the function reads from its environment; the template sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `DRAWBRIDGE_BUCKET`: the bucket with the documents and the segments.
    pub bucket: String,
    /// `DRAWBRIDGE_LOGIN_URL`, `DRAWBRIDGE_GRAPH_URL` and `DRAWBRIDGE_ALLOWED_HOSTS`: where the keys of
    /// tenants are asked for, if not at Microsoft's own hosts. The same as the poll function has.
    pub hosts: Hosts,
    /// `DRAWBRIDGE_TOKEN_KEY`: the ARN of the secret with the key of the token endpoint. Without it,
    /// the endpoint is off.
    pub token_key: Option<String>,
}

impl Settings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const BUCKET: &str = "DRAWBRIDGE_BUCKET";
        let bucket = variable(BUCKET).filter(|value| !value.trim().is_empty());
        let token_key = variable("DRAWBRIDGE_TOKEN_KEY").filter(|name| !name.trim().is_empty());
        Ok(Self {
            token_key,
            bucket: bucket.ok_or(ConfigError::Missing {
                name: BUCKET,
                meaning: "the name of the stack's bucket",
            })?,
            hosts: Hosts::read(variable)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_blank_bucket_is_named() {
        for value in [None, Some(" ".to_owned())] {
            let error = Settings::read(|_| value.clone()).err();
            let text = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(text.starts_with("DRAWBRIDGE_BUCKET is not set"), "{text}");
        }
        let bucket = |name: &str| (name == "DRAWBRIDGE_BUCKET").then(|| "b".to_owned());
        let settings = Settings::read(bucket).unwrap();
        assert_eq!((&*settings.bucket, settings.token_key), ("b", None));
    }
}
