//! The Microsoft Graph client: clouds, tokens, paging and throttling.
//!
//! [`Graph::list`] asks `security/alerts_v2` for one page of a window, [`Graph::follow`] for the
//! page behind a [`NextLink`]. Both wait out throttling, renew the token once, and try again what
//! is worth trying again, all within a [`Deadline`]. What then still fails comes back as a
//! [`GraphError`] whose [`kind`](GraphError::kind) tells the caller which of its own answers fits:
//! come back later, ask for a smaller page, halve the window, or wake somebody up.
//!
//! Nothing in this crate puts a secret, a token or an alert into an error, an event or a `Debug`
//! output.

mod aadsts;
mod answer;
mod bare_secret;
mod body;
mod certificate;
mod certificate_trouble;
mod client;
mod client_secret;
mod clock;
mod cloud;
mod deadline;
mod denial;
mod endpoints;
mod envelope;
mod error;
mod exchange;
mod federated;
mod http;
mod jwt;
mod link;
mod page;
mod proxy;
mod public_address;
mod query;
mod retry;
mod retry_after;
mod settings;
pub mod sign_in;
mod stats;
mod tenant;
mod token;
mod token_cache;
mod token_endpoint;
mod transport;
mod warning;
mod wire_text;

pub use bare_secret::{MAX_BARE_SECRET_BYTES, NotBare, check_bare, check_bare_secret};
pub use certificate::{Certificate, CertificateError};
pub use certificate_trouble::CertificateTrouble;
pub use client::Graph;
pub use client_secret::{ClientSecret, SecretSource};
pub use clock::{Clock, system_clock};
pub use cloud::{Cloud, CloudError};
pub use deadline::Deadline;
pub use denial::Denial;
pub use endpoints::{EndpointError, Endpoints, authority, is_loopback};
pub use error::{ErrorKind, GraphError};
pub use exchange::Exchange;
pub use federated::{AssertionError, AssertionSource, Federated};
pub use http::{HttpSettings, HttpTransport};
pub use link::{LinkProblem, NextLink};
pub use page::Page;
pub use proxy::https_proxy;
pub use public_address::is_public;
pub use query::{AlertQuery, MAX_TOP};
pub use retry::RetryPolicy;
pub use retry_after::retry_after;
pub use settings::Settings;
pub use stats::Stats;
pub use tenant::{TenantError, TenantId, is_guid};
pub use token::{Token, TokenProvider};
pub use token_cache::TokenCache;
pub use token_endpoint::TokenEndpoint;
pub use transport::{Body, Transport, TransportError};
/// Addresses in this crate's API are of this type.
pub use url::Url;
