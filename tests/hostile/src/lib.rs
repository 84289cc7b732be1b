//! What hostile bytes must not do, as one plain function a target.
//!
//! Each function feeds bytes to the real code and asserts what must hold whatever they are: no
//! panic, output in proportion to the input, no content in an error, one record per line. The corpus
//! (`corpus/<target>/`) is replayed by every `cargo test -p drawbridge-hostile`; `tests/fuzz` calls
//! the same functions with inputs of its own making. `docs/fuzzing.md` is the guide.

mod alert;
mod job;
mod list_page;
mod marker;
mod state_object;
mod tenants;
mod token_reply;
mod wire;

pub use alert::alert;
pub use job::job;
pub use list_page::list_page;
pub use marker::MARKER;
pub use state_object::state_object;
pub use tenants::tenants;
pub use token_reply::token_reply;

/// A function that asserts what must hold for any bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its folder in the corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("alert", alert),
    ("list_page", list_page),
    ("state_object", state_object),
    ("job", job),
    ("token_reply", token_reply),
    ("tenants", tenants),
];

/// More than that is not looked at: what grows with the input shows in less.
const MAX_INPUT_BYTES: usize = 1 << 20;

/// The bytes as text, if they are text of a size that is looked at.
fn text(bytes: &[u8]) -> Option<&str> {
    (bytes.len() <= MAX_INPUT_BYTES)
        .then(|| std::str::from_utf8(bytes).ok())
        .flatten()
}
