//! The serve function: the served API ([`drawbridge_served`]) behind a Lambda function URL.
//!
//! An event of the URL is a request's head ([`answer`]); the answer goes out as a stream, so that its
//! length is not bounded by what Lambda takes at once. Who is served is what the documents in the bucket
//! say ([`Directory`]), which are listed every five minutes while somebody asks.
//!
//! No token and no query is in an event of the log, an error or an answer.

mod directory;
mod event;
mod function;
mod settings;

pub use directory::Directory;
pub use function::{Function, answer};
pub use settings::Settings;
