//! The deliver function: records off a queue, into a SIEM's own intake.
//!
//! For SIEMs that cannot read a queue. [`Deliverer`] is the handler, the same in Lambda and on one
//! machine: it hands batches to a [`Target`], several at once, and puts aside what the target will
//! never take. `docs/deliver.md` has the settings and the guarantees.

mod backoff;
mod credential;
mod deliverer;
mod event_time;
pub mod file;
mod format;
mod http;
#[cfg(feature = "lambda")]
pub mod lambda;
mod line;
mod named_secrets;
mod quarantine;
mod record;
mod settings;
mod target;
mod targets;

pub use backoff::retry_delay;
pub use deliverer::{Deliverer, IN_FLIGHT, MAX_RECORD_BYTES};
pub use named_secrets::NamedSecrets;
pub use record::{Parcel, Record, Stored};
pub use settings::{
    Body, Confirm, DeliverSettings, Kind, SentinelSettings, Settings, SettingsError,
    SplunkHecSettings, SplunkSoarSettings, SyslogSettings, WebhookSettings,
};
pub use target::{Later, Limits, Outcome, Target};
pub use targets::{Ports, build, sentinel};
