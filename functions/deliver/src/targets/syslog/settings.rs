use std::sync::Arc;

use serde::Deserialize;

use super::Syslog;
use super::address::address;
#[cfg(test)]
use crate::effect::{Effect, Effects};
use crate::fields::{SettingsError, drawbridge, number};
use crate::target_type::TargetSettings;
use crate::{Ports, Target};

/// `{"target":"syslog", …}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyslogSettings {
    /// Host and port, `siem.example.com:6514`; the certificate must be for that name.
    pub(super) address: String,
    /// A private certificate authority: PEM, or a file with it. It alone is trusted then.
    #[serde(default)]
    pub(super) ca: Option<String>,
    /// `HOSTNAME` of every message.
    #[serde(default = "drawbridge")]
    pub(super) hostname: String,
    /// `APP-NAME` of every message.
    #[serde(default = "drawbridge")]
    pub(super) app_name: String,
    /// The facility, 0 to 23; 16 is local0.
    #[serde(default = "number::<16>")]
    pub(super) facility: u64,
    /// The longest message in bytes, header included; a longer one goes to quarantine whole, since a
    /// server would cut it without a word.
    #[serde(default = "number::<65_536>")]
    pub(super) max_message_bytes: u64,
    /// What counts as delivered.
    #[serde(default)]
    pub(super) confirm: Confirm,
    /// Seconds that the connection, and the server's answer to its end, may take.
    #[serde(default = "number::<10>")]
    pub(super) timeout_secs: u64,
}

/// When records that were written to a syslog server count as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Confirm {
    /// When the server has closed its side after ours: it has read everything by then.
    #[default]
    Close,
    /// When the operating system has taken them. For servers that never close.
    Write,
}

impl TargetSettings for SyslogSettings {
    fn check(&self) -> Result<(), SettingsError> {
        address(&self.address)?;
        let plain = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        };
        let checks = [
            ("facility", self.facility <= 23, "must be 0 to 23"),
            (
                "hostname",
                plain(&self.hostname, 255),
                "must be printable ASCII, at most 255",
            ),
            (
                "app_name",
                plain(&self.app_name, 48),
                "must be printable ASCII, at most 48",
            ),
            (
                "max_message_bytes",
                (480..=4_194_304).contains(&self.max_message_bytes),
                "must be 480 to 4194304",
            ),
            (
                "timeout_secs",
                (1..=60).contains(&self.timeout_secs),
                "must be 1 to 60",
            ),
        ];
        match checks.into_iter().find(|(_, holds, _)| !holds) {
            Some((field, _, problem)) => Err(SettingsError::field(field, problem)),
            None => Ok(()),
        }
    }

    fn build(&self, _ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        Ok(Arc::new(Syslog::new(self)?))
    }

    #[cfg(test)]
    fn effects() -> Effects {
        &[
            ("address", Effect::Always),
            ("ca", Effect::Always),
            ("hostname", Effect::Always),
            ("app_name", Effect::Always),
            ("facility", Effect::Always),
            ("max_message_bytes", Effect::Always),
            ("confirm", Effect::Always),
            ("timeout_secs", Effect::Always),
        ]
    }
}
