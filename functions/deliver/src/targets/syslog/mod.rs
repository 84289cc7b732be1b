//! Syslog over TLS (RFC 5425): for QRadar, ArcSight and others that read CEF or LEEF.
//!
//! The protocol has no acknowledgement. What narrows the gap: each batch has a connection of its
//! own; when all of it is written, the connection is closed in order (`close_notify`, then the end
//! of the stream), and the records count as delivered when the server has closed its side in turn.
//! A server that died with messages unread resets the connection instead, and they are sent again.

mod address;
mod connection;
mod frame;
mod settings;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_time::Deadline;
use tokio_rustls::rustls::ClientConfig;

use crate::fields::{SettingsError, authority};
use crate::{Later, Outcome, Record, Target, TargetType};
use address::{Address, address};
use settings::SyslogSettings;

pub(super) const TYPE: TargetType = TargetType::of::<SyslogSettings>(
    "syslog",
    "a syslog server over TLS",
    r#"{"address":"siem.example.com:6514","ca":"/etc/siem-ca.pem"}"#,
);

/// The target `syslog`.
struct Syslog {
    address: Address,
    tls: Arc<ClientConfig>,
    settings: SyslogSettings,
    max_message_bytes: usize,
    timeout: Duration,
}

impl Syslog {
    fn new(settings: &SyslogSettings) -> Result<Self, SettingsError> {
        let ca = settings.ca.as_deref().map(authority).transpose()?;
        Ok(Self {
            address: address(&settings.address)?,
            tls: tls::config(ca.as_deref())?,
            settings: settings.clone(),
            max_message_bytes: usize::try_from(settings.max_message_bytes).unwrap_or(usize::MAX),
            timeout: Duration::from_secs(settings.timeout_secs),
        })
    }
}

#[async_trait]
impl Target for Syslog {
    fn name(&self) -> &'static str {
        TYPE.name
    }

    async fn deliver(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        let mut frames = Vec::new();
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            let message = frame::message(&self.settings, record);
            outcomes.push(match message {
                Ok(message) if message.len() <= self.max_message_bytes => {
                    frame::append(&message, &mut frames);
                    Outcome::Taken
                }
                Ok(message) => Outcome::Refused(format!(
                    "its message has {} bytes, more than max_message_bytes ({}): set both that \
                     and the server's own limit higher",
                    message.len(),
                    self.max_message_bytes
                )),
                Err(reason) => Outcome::Refused(reason),
            });
        }
        if frames.is_empty() {
            return outcomes;
        }
        let Err(reason) = self.send_once(&frames, until).await else {
            return outcomes;
        };
        let later = Outcome::Later(Later::because(format!("{}: {reason}", self.address)));
        for outcome in &mut outcomes {
            if *outcome == Outcome::Taken {
                *outcome = later.clone();
            }
        }
        outcomes
    }
}
