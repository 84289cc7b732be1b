//! A Microsoft Graph simulator on loopback: the token endpoint and `security/alerts_v2`.
//!
//! It answers as Microsoft documents it: the filterable fields and operators, pages of at most
//! 1000, an opaque `@odata.nextLink`, errors in Graph's and Entra's shapes, 429 above a rate when
//! asked. Tests inject [`Fault`]s. It serves generated alerts or those of a file, for one tenant or
//! for many ([`SimulatedTenant`]) that know nothing of each other. Generated alerts have what is
//! odd about real ones: the service's clock of 300 ticks a second, devices without a list of
//! addresses or of nothing but nulls, users known by their principal name alone, and evidence that
//! is not known at first ([`Present`]).

mod alerts;
mod control;
mod entra;
mod error_body;
mod faults;
mod filter;
mod first_shown;
mod generate;
pub mod input;
mod options;
mod page;
mod properties;
mod random;
mod server;
mod sign_in;
mod simulated_tenant;
mod stats;
mod tenant;
mod times;
mod values;
mod words;
mod world;

pub use alerts::Alerts;
pub use control::TenantControl;
pub use entra::Credential;
pub use faults::Fault;
pub use generate::GenerateOptions;
pub use input::InputError;
pub use options::{Options, Present};
pub use server::{Simulator, start};
pub use simulated_tenant::SimulatedTenant;
pub use stats::Stats;
