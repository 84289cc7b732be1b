//! The deliver function: records off a queue, into a SIEM's own intake.
//!
//! For SIEMs that cannot read a queue. [`Deliverer`] is the handler, the same in Lambda and on one
//! machine: it hands batches to a [`Target`], several at once, and writes to quarantine what the
//! target will never take. `docs/deliver.md` has the settings and the guarantees.
//!
//! # Adding a target
//! 1. `src/targets/NAME/mod.rs` with two types. One implements `TargetSettings`: its fields, their
//!    checks, when each has an effect, the formats that it takes, and how the target is built. The other
//!    implements [`Target`]; if the intake takes several records per request over HTTP, it implements
//!    `BatchApi` of `src/http/` as well, which splits batches and interprets answers. `TYPE` names the
//!    target and has an example of its settings. `webhook` is the smallest one: this file, and one for
//!    its signature.
//! 2. `NAME::TYPE` in [`TARGETS`], in `src/targets/mod.rs`. `DeliverSettings`, the errors with "did you
//!    mean" and `drawbridge deliver --help` follow from it.
//! 3. `NAME` in `AllowedValues` of the parameter `DeliverTarget` in `infra/template.yaml`; the tests
//!    of `infra` fail without it.
//! 4. A section of `docs/deliver.md` whose heading ends in the name, and which names every field; the
//!    tests of this crate fail without it.
//! 5. A test in `tests/deliver/NAME.rs`, with a line in its `main.rs`. It talks to
//!    `drawbridge_intakes::http::Fake`, or, if that cannot play the part, to a server of its own in
//!    `tests/intakes/src/NAME.rs`, with a line in its `lib.rs`.
//!
//! That makes six files, or eight with a server of its own. The change is also a line in
//! `CHANGELOG.md`.

mod backoff;
mod credential;
mod deliverer;
#[cfg(test)]
mod effect;
mod event_time;
mod fields;
pub mod file;
mod format;
mod http;
#[cfg(feature = "lambda")]
pub mod lambda;
mod line;
mod named_secrets;
mod record;
mod settings;
#[cfg(test)]
mod settings_effects;
mod target;
mod target_type;
mod targets;
mod undecided;

pub use backoff::retry_delay;
pub use deliverer::{Deliverer, IN_FLIGHT, MAX_RECORD_BYTES};
pub use fields::SettingsError;
pub use line::is_record;
pub use named_secrets::NamedSecrets;
pub use record::{BodyLocation, Record, StoredRecord};
pub use settings::{DeliverSettings, Settings};
pub use target::{Later, Limits, Outcome, Target};
pub use target_type::{Ports, TargetType};
pub use targets::{TARGETS, sentinel, splunk_sourcetype};
