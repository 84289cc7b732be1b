//! What is done with tenants that have documents in the folder.

mod backfill;
mod check;
mod fleet;
mod in_its_place;
mod mistyped;
mod names;
mod purge;
mod replay;
mod shared_secret;
mod state;
mod status;
mod tenants;
mod trust;
mod unpolled;
