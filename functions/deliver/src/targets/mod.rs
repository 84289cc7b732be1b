//! One folder a target. A new one is a folder, a line in [`build`] and a section in
//! `docs/deliver.md`.

pub mod sentinel;
mod splunk_hec;
mod splunk_soar;
mod syslog;
mod webhook;

pub(crate) fn syslog_address(text: &str) -> Result<(), SettingsError> {
    syslog::address(text).map(drop)
}

use std::sync::Arc;

use drawbridge_entra::AwsAssertions;
use drawbridge_http::{HttpSettings, HttpTransport, Transport};
use drawbridge_secrets::Secrets;
use drawbridge_time::Clock;

use crate::Target;
use crate::http::Client;
use crate::settings::{DeliverSettings, Kind, SettingsError};

/// What targets reach the world through.
#[derive(Clone)]
pub struct Ports {
    /// Where tokens and keys are kept.
    pub secrets: Arc<dyn Secrets>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Asks AWS for assertions; `None` where there is no role to ask about.
    pub aws_assertions: Option<AwsAssertions>,
}

/// Builds the target that the settings name; nothing is asked of it yet.
///
/// # Errors
/// [`SettingsError`] for a private CA that cannot be read, or an identity that there is not here.
pub fn build(settings: &DeliverSettings, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
    let client = |ca: Option<&str>| -> Result<(Client, Arc<dyn Transport>), SettingsError> {
        let transport: Arc<dyn Transport> = match ca {
            None => Arc::new(HttpTransport::new()),
            Some(ca) => {
                let trusting = HttpTransport::trusting(&pem(ca)?, HttpSettings::default());
                Arc::new(trusting.map_err(|_| wrong_ca("holds no PEM certificate"))?)
            }
        };
        Ok((Client::new(Arc::clone(&transport)), transport))
    };
    Ok(match &settings.kind {
        Kind::SplunkHec(hec) => Arc::new(splunk_hec::SplunkHec::new(
            hec,
            client(hec.ca.as_deref())?.0,
            &ports.secrets,
        )),
        Kind::SplunkSoar(soar) => Arc::new(splunk_soar::SplunkSoar::new(
            soar,
            client(soar.ca.as_deref())?.0,
            &ports.secrets,
        )),
        Kind::Sentinel(sentinel) => {
            let (client, transport) = client(None)?;
            Arc::new(self::sentinel::Sentinel::new(
                sentinel, client, transport, ports,
            )?)
        }
        Kind::Syslog(syslog) => {
            let ca = syslog.ca.as_deref().map(pem).transpose()?;
            Arc::new(self::syslog::Syslog::new(syslog, ca.as_deref())?)
        }
        Kind::Webhook(webhook) => Arc::new(self::webhook::Webhook::new(
            webhook,
            client(webhook.ca.as_deref())?.0,
            ports,
        )),
    })
}

/// A private CA: PEM text as it is, or a file with it.
fn pem(ca: &str) -> Result<Vec<u8>, SettingsError> {
    if ca.trim_start().starts_with("-----BEGIN") {
        return Ok(ca.as_bytes().to_vec());
    }
    std::fs::read(ca).map_err(|error| wrong_ca(&format!("cannot be read: {}", error.kind())))
}

fn wrong_ca(problem: &str) -> SettingsError {
    SettingsError::Field {
        field: "ca",
        problem: format!("{problem}; it is PEM text, or the path of a file with it"),
    }
}
