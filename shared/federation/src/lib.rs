//! Assertions of other identity providers, for an application with a federated credential: nothing
//! is stored that could be stolen or would have to be rotated.
//!
//! - [`AssertionFile`]: a token file that a platform projects and renews (Kubernetes, CI).
//! - [`AwsAssertion`] (feature `aws`): `sts:GetWebIdentityToken`, so that an IAM role is the
//!   application's identity.
//!
//! Each is an [`AssertionSource`](drawbridge_graph::AssertionSource) for
//! [`Federated`](drawbridge_graph::Federated), which exchanges the assertion at Entra.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
mod aws_error;
mod file;

#[cfg(feature = "aws")]
pub use aws::AwsAssertion;
#[cfg(feature = "aws")]
pub use aws_error::AwsAssertionError;
pub use file::AssertionFile;
