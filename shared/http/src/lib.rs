//! HTTP as this project uses it: the port through which requests leave, bodies that never outgrow
//! their limit, addresses that a request may go to, and when to try again.
//!
//! [`HttpTransport`] is the [`Transport`] over the network: TLS with the system's roots, the
//! environment's proxy, no redirects. What a status means is up to who asks.
//!
//! Nothing in this crate puts a URL's query, a header or a body into an error or an event.

mod address;
mod body;
mod certificate_trouble;
mod exchange;
mod http_transport;
mod proxy;
mod public_address;
mod retry;
mod retry_after;
#[cfg(feature = "testing")]
pub mod script;
mod transport;
pub mod wire_text;

pub use address::{authority, decoration, is_loopback};
pub use body::{BodyProblem, collect};
pub use certificate_trouble::{CertificateTrouble, TlsRefusal};
pub use exchange::{Attempts, Exchange};
pub use http_transport::{HttpSettings, HttpTransport};
pub use proxy::https_proxy;
pub use public_address::is_public;
pub use retry::{Retry, RetryPolicy};
pub use retry_after::{LONGEST_RETRY_AFTER, ask_again, retry_after, within_reason};
pub use transport::{Body, Transport, TransportError};
/// Addresses in this crate's API are of this type.
pub use url::Url;
