use serde_json::Value;

use crate::Tenant;

/// The JSON Schema (draft 2020-12) of a tenant document, as TOML or JSON.
///
/// It knows names and types; bounds and what goes together are checked when a document is read.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Tenant);
    schema.insert("title".to_owned(), "A tenant of Drawbridge".into());
    schema.to_value()
}
