//! The deliver function: records off a queue, into a SIEM's own intake.
//!
//! For SIEMs that cannot read a queue. [`Deliverer`] is the handler, the same in Lambda and on one
//! machine: it hands batches to a [`Target`], several at once, and writes to quarantine what the
//! target will never take. `docs/deliver.md` has the settings and the guarantees.
//!
//! # Adding a target
//! 1. A folder `src/targets/NAME/` with two types. One implements `TargetSettings`: its fields, their
//!    checks, the formats that it takes, and how it is built. The other implements [`Target`]; if
//!    the intake takes several records per request over HTTP, it implements `BatchApi` of `src/http/`
//!    as well, which splits batches and interprets answers. `TYPE` names the target and has an
//!    example of its settings. `webhook` is the smallest one: one file, and one for its signature.
//! 2. `NAME::TYPE` in [`TARGETS`]. `DeliverSettings`, the errors with "did you mean" and
//!    `drawbridge deliver --help` follow from it.
//! 3. `NAME` in `AllowedValues` of the parameter `DeliverTarget` in `infra/template.yaml`; the tests
//!    of `infra` fail without it.
//! 4. A section of `docs/deliver.md` whose heading ends in the name, and which names every field; the
//!    tests of this crate fail without it.
//! 5. A test in `tests/deliver/` with a line in its `main.rs`, against a server of
//!    `drawbridge_intakes`. One that `fake::http::Fake` cannot stand for is a file there and a line in
//!    its `lib.rs`.
//!
//! These are six files, or eight with a server of its own.

mod backoff;
mod credential;
mod deliverer;
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
pub use named_secrets::NamedSecrets;
pub use record::{BodyLocation, Record, StoredRecord};
pub use settings::{DeliverSettings, Settings};
pub use target::{Later, Limits, Outcome, Target};
pub use target_type::{Ports, TargetType};
pub use targets::{TARGETS, sentinel};
