//! Graph alerts to SIEM records: one module per format, one registry.
//!
//! A [`Format`] is pure: an alert in, records out. It is asked for by name through [`format()`].

mod canonical;
pub mod cef;
mod detection;
mod draft;
pub mod ecs;
mod eight;
mod fact;
mod format;
mod json;
mod layout;
pub mod leef;
pub mod native;
pub mod ocsf;
mod record;
mod scan;
mod seen;
pub mod siem;
mod tactic;
mod tree;
mod version;

pub use detection::DetectionFormat;
pub use draft::{Draft, Drafts, FirstReading};
pub use fact::{Fact, Facts};
pub use format::{Format, records};
pub use layout::{Layout, Notation, TimeNotation};
pub use record::{Body, Change, Explained, ExplainedKey, Field, Record, Rewrite};

/// The most memory that an alert of as many values as are read takes in any format while it is mapped,
/// on top of its text and with the record; the text of a longer one comes on top of that.
pub const MAX_MAPPING_BYTES: usize = 84 << 20;

/// Every format.
static FORMATS: &[&dyn Format] = &[
    &siem::SIEM,
    &native::Native,
    &ocsf::Ocsf,
    &ecs::Ecs::new(ecs::DataStream::DEFAULT),
    &cef::CEF,
    &leef::LEEF,
];

/// Every format, the default one first.
#[must_use]
pub fn formats() -> &'static [&'static dyn Format] {
    FORMATS
}

/// The format of that name.
#[must_use]
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The names of all formats.
#[must_use]
pub fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name()).collect()
}
