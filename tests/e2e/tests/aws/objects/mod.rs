//! From records to objects, from objects to S3's own notifications, from those to what readers do.

mod notified;
mod readers;
pub(crate) mod rules;
