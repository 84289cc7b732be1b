//! Tenant documents and function settings, checked once and named in every error.

mod bindings;
mod data_stream;
pub mod defaults;
mod documents;
mod error;
mod function;
mod output;
mod own_client;
mod polled_alerts;
mod read;
#[cfg(feature = "schema")]
mod schema;
mod serve;
mod tenant;
mod trust;
mod variables;
mod without_effect;
mod words;

pub use bindings::{
    BINDINGS_KEY, Binding, Bindings, MAX_LIST_MEMORY_BYTES, MAX_LIST_READING_BYTES,
};
pub use data_stream::DataStreamSettings;
pub use documents::{
    Document, DocumentVersion, Documents, PAUSED_FOLDER, TENANTS_FOLDER, document,
    document_version, documents, parse, read_document,
};
pub use error::{ConfigError, RENAME_DOCUMENT};
pub use function::{FunctionSettings, given_tenants};
pub use output::{OutputSettings, Oversize, Shape, When};
pub use own_client::{OwnClient, SECRET_HASH_PREFIX};
pub use polled_alerts::PolledAlerts;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use serve::{SERVED, ServeSettings, served_format};
pub use tenant::{Tenant, is_name};
pub use trust::{Hosts, OwnSecrets, Trust};
pub use variables::{UnknownVariable, check_variables};
pub use words::{KNOWN_SERVICE_SOURCES, KNOWN_SEVERITIES};
