//! Tenant documents and function settings, checked once and named in every error.

mod error;
mod function;
mod tenant;

pub use error::ConfigError;
pub use function::FunctionSettings;
pub use tenant::Tenant;
