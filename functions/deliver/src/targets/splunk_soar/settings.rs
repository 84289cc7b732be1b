use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::SplunkSoar;
#[cfg(test)]
use crate::effect::{Effect, Effects};
use crate::fields::{SettingsError, check_base, check_ca, check_secret_name};
use crate::http::Client;
use crate::target_type::TargetSettings;
use crate::{Ports, Target};

/// `{"target":"splunk-soar", …}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplunkSoarSettings {
    /// The instance without a path: `https://soar.example.com`.
    pub(super) url: Url,
    /// Where the automation user's token is kept: a secret's name or ARN, never the token.
    pub(super) secret: String,
    /// The label of containers.
    #[serde(default = "events")]
    pub(super) label: String,
    /// Whether an alert's last artifact starts the playbooks of the label.
    #[serde(default = "yes")]
    pub(super) run_automation: bool,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    ca: Option<String>,
}

impl TargetSettings for SplunkSoarSettings {
    fn check(&self) -> Result<(), SettingsError> {
        check_base("url", &self.url, "/rest")?;
        check_ca(self.ca.as_deref(), &self.url)?;
        check_secret_name(&self.secret)
    }

    fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        let client = Client::trusting(self.ca.as_deref())?;
        Ok(Arc::new(SplunkSoar::new(self, client, &ports.secrets)))
    }

    #[cfg(test)]
    fn effects() -> Effects {
        &[
            ("url", Effect::Always),
            ("secret", Effect::Always),
            ("label", Effect::Always),
            ("run_automation", Effect::Always),
            ("ca", Effect::CA),
        ]
    }
}

fn events() -> String {
    "events".to_owned()
}

fn yes() -> bool {
    true
}
