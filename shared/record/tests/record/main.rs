//! What each format makes of an alert: goldens, properties, schemas and the facts of others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod documentation;
mod ecs;
mod ecs_mapping;
mod ecs_properties;
mod ecs_values;
mod goldens;
mod lines;
mod ocsf;
mod ocsf_fields;
mod old_api;
mod properties;
mod schema;
