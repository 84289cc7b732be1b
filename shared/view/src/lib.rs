//! An alert beside its records, as a page for `drawbridge view`: each value of a record points at where
//! it came from in the alert, and each value of the alert at the keys that are made of it.
//!
//! Pure: an alert's text and a format in, HTML out. Whatever an alert holds is text on the page: markup is
//! escaped, characters that act instead of being shown are written out, and what is longer or more than a
//! browser can bear is cut where the page says so.

mod alert;
mod changes;
mod node;
mod plot;
mod record;
mod shell;
mod side_by_side;
mod sources;
mod text;

pub use changes::{Changes, changes};
pub use plot::plot;
pub use shell::{BASE_STYLE, Page, digest};
pub use side_by_side::side_by_side;
pub use text::{MAX_CHARS, clipped};
