//! The served API: `GET /api/alerts` as the retired SIEM API answered it, from the segments that a poll
//! writes ([`drawbridge_queue::ServedQueue`]), so that a client of that API changes only the host.
//!
//! A [`Router`] takes a request's head and gives an answer; it knows no connection and no listener, so
//! that a command and a function can have it behind either. In the order of a request:
//!
//! - `path`: what is asked for: `/api/alerts`, in all spellings that clients have, or `/api/FORMAT`.
//! - `token`: who asks. A token of Entra names the tenant, and no path or parameter does.
//!   `own`: or one of Drawbridge's own, which a client got here for its secret.
//! - `rate`: whether he asks too often.
//! - `query`: what of it: the window, the filters, the limit. `far_ahead`: and whether his clock is wrong.
//! - `segments`, `ahead`, `newest` and `answer_reader`: the segments of it, one at a time, whatever their number.
//!   What was read last is `kept`.
//! - `body`: the answer that is made of them.
//! - `refusal`: every other answer, as a JSON object that says what to do.
//!
//! No token, no query and no record is in an event or an error of this crate.

mod ahead;
mod answer_reader;
mod body;
mod far_ahead;
mod filter;
mod kept;
mod log;
mod newest;
mod own;
mod path;
mod query;
mod rate;
mod refusal;
mod router;
mod segments;
mod tenant;
mod time_value;
mod token;

pub use body::{Body, BrokenOff};
pub use own::{ClientSecret, KeyProblem, MAX_BODY_BYTES, TokenKey};
pub use router::{Router, RouterSettings, Unanswerable};
pub use tenant::{Login, ServedTenant, TENANTS_KNOWN_FOR};
