//! A Microsoft Graph simulator on loopback: the token endpoint and `security/alerts_v2`.
//!
//! It answers as Microsoft documents it: the filterable fields and operators, pages of at most
//! 1000, an opaque `@odata.nextLink`, errors in Graph's and Entra's shapes, 429 above a rate when
//! asked. Tests inject [`Fault`]s. It serves generated alerts or those of a file, for one tenant or
//! for many ([`SimulatedTenant`]) that know nothing of each other.

mod alerts;
mod control;
mod entra;
mod error_body;
mod faults;
mod filter;
mod generate;
pub mod input;
mod options;
mod page;
mod properties;
mod random;
mod server;
mod sign_in;
mod tenant;
mod world;

pub use alerts::Alerts;
pub use control::TenantControl;
pub use entra::Credential;
pub use faults::Fault;
pub use generate::GenerateOptions;
pub use input::InputError;
pub use options::Options;
pub use server::{Simulator, start};
pub use tenant::SimulatedTenant;
pub use world::Stats;
