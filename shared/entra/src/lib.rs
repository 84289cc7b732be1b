//! Sign-in to Microsoft Entra as an application: with a client secret, with a certificate, or with the
//! assertion of another identity provider, for which nothing is stored that could be stolen or would
//! have to be rotated.
//!
//! [`Identity`] is one of the three as settings name it, and [`Identity::provider`] makes the
//! [`TokenProvider`] of it: a [`ClientSecret`], a [`Certificate`] or a [`Federated`] credential, each of
//! which asks a [`TokenEndpoint`] of a [`Cloud`]. A [`TokenCache`] keeps the token, for Graph as for any
//! other resource. Assertions come from
//!
//! - [`AssertionFile`]: a token file that a platform projects and renews (Kubernetes, CI).
//! - `AwsAssertion` (feature `aws`): `sts:GetWebIdentityToken`, so that an IAM role is the
//!   application's identity.
//!
//! A [`SignInError`] says in words what Entra's code means and what to do. Nothing in this crate puts a
//! secret, a token or an assertion into an error, an event or a `Debug` output.

mod aadsts;
mod advice;
mod assertion_file;
#[cfg(feature = "aws")]
mod aws_assertion;
#[cfg(feature = "aws")]
mod aws_assertion_error;
mod certificate;
mod certificate_error;
mod client_secret;
mod cloud;
mod endpoints;
mod error;
mod federated;
mod identity;
mod identity_error;
pub mod jwt;
mod provider;
mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod token_cache;
mod token_endpoint;

pub use assertion_file::AssertionFile;
#[cfg(feature = "aws")]
pub use aws_assertion::{AwsAssertion, aws_assertions};
#[cfg(feature = "aws")]
pub use aws_assertion_error::AwsAssertionError;
pub use certificate::{Certificate, whole_days};
pub use certificate_error::CertificateError;
pub use client_secret::ClientSecret;
pub use cloud::{Cloud, CloudError};
pub use endpoints::{EndpointError, Endpoints};
pub use error::{SignInError, SignInErrorKind};
pub use federated::{AssertionError, AssertionSource, Federated};
pub use identity::Identity;
pub use identity_error::IdentityError;
pub use provider::AwsAssertions;
pub use tenant::{TenantError, TenantId, is_guid};
pub use token::{Token, TokenProvider};
pub use token_cache::{Lease, TokenCache};
pub use token_endpoint::{MAX_REPLY_BYTES, TokenEndpoint};
