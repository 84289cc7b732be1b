//! What the function and the command are told: where records go.

mod document;
mod suggest;
mod target;

pub use document::{DeliverSettings, SettingsError};
pub use target::{
    Body, Confirm, Kind, SentinelSettings, SplunkHecSettings, SplunkSoarSettings, SyslogSettings,
    WebhookSettings,
};

/// What the function reads from its environment; the template sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `DRAWBRIDGE_DELIVER`: the target, as a JSON object.
    pub deliver: DeliverSettings,
    /// `DRAWBRIDGE_DELIVER_FORMAT`: the format of the queue's records, which is the output's name
    /// too. The target has to take it.
    pub format: Option<String>,
    /// `DRAWBRIDGE_BUCKET`: the bucket with the bodies of large records, and the quarantine.
    pub bucket: String,
    /// `DRAWBRIDGE_QUEUE_URL`: the queue whose messages invoke the function.
    pub queue_url: String,
}

impl Settings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`SettingsError`] that names the variable and the field.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let get = |name: &'static str, meaning: &'static str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or(SettingsError::Missing { name, meaning })
        };
        let deliver = get(
            "DRAWBRIDGE_DELIVER",
            "a JSON object such as {\"target\":\"splunk-hec\",\"url\":…,\"secret\":…}",
        )?;
        let deliver = DeliverSettings::parse(&deliver)?;
        let format = variable("DRAWBRIDGE_DELIVER_FORMAT");
        if let Some(format) = &format {
            deliver.takes(format)?;
        }
        Ok(Self {
            deliver,
            format,
            bucket: get("DRAWBRIDGE_BUCKET", "the name of the bucket")?,
            queue_url: get("DRAWBRIDGE_QUEUE_URL", "the URL of the queue of records")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEC: &str = r#"{"target":"splunk-hec","url":"https://s:8088","secret":"arn"}"#;

    #[test]
    fn a_format_that_the_target_does_not_take_is_refused() {
        let read = |format: &str| {
            let body = r#"{"target":"webhook","url":"https://h","secret":"arn","body":"array"}"#;
            Settings::read(|name| {
                let value = match name {
                    "DRAWBRIDGE_DELIVER" => body,
                    "DRAWBRIDGE_DELIVER_FORMAT" => format,
                    _ => "x",
                };
                Some(value.to_owned())
            })
        };
        assert!(read("native").is_ok());
        let error = read("cef").unwrap_err().to_string();
        assert!(error.contains("body is for records of JSON"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let read = |without: &str| {
            Settings::read(|name| {
                (name != without).then(|| match name {
                    "DRAWBRIDGE_DELIVER" => HEC.to_owned(),
                    _ => "x".to_owned(),
                })
            })
        };
        assert_eq!(read("").unwrap().queue_url, "x");
        for name in [
            "DRAWBRIDGE_DELIVER",
            "DRAWBRIDGE_BUCKET",
            "DRAWBRIDGE_QUEUE_URL",
        ] {
            let error = read(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is not set")), "{error}");
        }
    }
}
