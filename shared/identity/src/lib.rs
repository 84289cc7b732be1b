//! What an application signs in to Entra with: a client secret, a certificate, or the assertion of
//! another identity provider, for which nothing is stored that could be stolen or would have to be
//! rotated.
//!
//! [`Identity`] is one of the three as settings name it, and [`Identity::provider`] makes the
//! [`TokenProvider`](drawbridge_graph::TokenProvider) of it, for Graph as for any other resource.
//! Assertions come from
//!
//! - [`AssertionFile`]: a token file that a platform projects and renews (Kubernetes, CI).
//! - `AwsAssertion` (feature `aws`): `sts:GetWebIdentityToken`, so that an IAM role is the
//!   application's identity.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
mod aws_error;
mod error;
mod file;
mod identity;
mod provider;

#[cfg(feature = "aws")]
pub use aws::{AwsAssertion, aws_assertions};
#[cfg(feature = "aws")]
pub use aws_error::AwsAssertionError;
pub use error::IdentityError;
pub use file::AssertionFile;
pub use identity::Identity;
pub use provider::AwsAssertions;
