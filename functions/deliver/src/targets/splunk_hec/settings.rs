use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::SplunkHec;
use crate::fields::{SettingsError, check_base, check_secret_name, drawbridge, number};
use crate::http::Client;
use crate::target_type::TargetSettings;
use crate::{Ports, Target};

/// `{"target":"splunk-hec", …}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplunkHecSettings {
    /// The collector without a path: `https://splunk.example.com:8088`.
    pub(super) url: Url,
    /// Where the token is kept: a secret's name or ARN, never the token.
    pub(super) secret: String,
    /// The index; the token's own where none is named.
    #[serde(default)]
    pub(super) index: Option<String>,
    /// The sourcetype in place of the format's own.
    #[serde(default)]
    pub(super) sourcetype: Option<String>,
    /// `source` of every event.
    #[serde(default = "drawbridge")]
    pub(super) source: String,
    /// `host` of every event.
    #[serde(default = "drawbridge")]
    pub(super) host: String,
    /// Whether to wait until the indexers have the events. The token must have it turned on.
    #[serde(default)]
    pub(super) acknowledge: bool,
    /// Seconds that an acknowledgement is waited for.
    #[serde(default = "number::<60>")]
    pub(super) ack_timeout_secs: u64,
    /// Milliseconds between two questions for it.
    #[serde(default = "number::<1000>")]
    pub(super) ack_poll_millis: u64,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    ca: Option<String>,
}

impl TargetSettings for SplunkHecSettings {
    fn check(&self) -> Result<(), SettingsError> {
        check_base("url", &self.url, "/services/collector")?;
        check_secret_name(&self.secret)?;
        if self.ack_poll_millis == 0 {
            return Err(SettingsError::field(
                "ack_poll_millis",
                "must be at least 1",
            ));
        }
        Ok(())
    }

    fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        let client = Client::trusting(self.ca.as_deref())?;
        Ok(Arc::new(SplunkHec::new(self, client, &ports.secrets)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_fields_are_enough() {
        let fields = json!({"url": "https://s:8088", "secret": "arn"});
        let settings: SplunkHecSettings = drawbridge_document::from_value(fields).unwrap();
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(
            (&*settings.source, &*settings.host),
            ("drawbridge", "drawbridge")
        );
        assert_eq!((settings.index, settings.sourcetype), (None, None));
        assert!(!settings.acknowledge);
        assert_eq!(
            (settings.ack_timeout_secs, settings.ack_poll_millis),
            (60, 1000)
        );
    }
}
