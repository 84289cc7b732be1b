use std::sync::Arc;

use drawbridge_graph::{
    AssertionSource, Certificate, ClientSecret, Cloud, Federated, TokenEndpoint, TokenProvider,
    system_clock,
};
use drawbridge_secrets::{Secrets, StoredSecret};

use crate::{AssertionFile, Identity, IdentityError};

/// Asks AWS for the assertions of a cloud's federated credentials.
pub type AwsAssertions = Arc<dyn Fn(Cloud) -> Arc<dyn AssertionSource> + Send + Sync>;

impl Identity<'_> {
    /// The provider of the tokens that `endpoint` hands out for this identity. Nothing is asked of
    /// any service yet.
    ///
    /// `cloud` is that of the endpoint: the audience of AWS's assertions hangs on it. `secrets`
    /// keeps client secrets and certificates; `aws` is `None` where there is no role to ask about.
    ///
    /// # Errors
    /// [`IdentityError::NoRole`] for [`FederationAws`](Self::FederationAws) without `aws`.
    pub fn provider(
        &self,
        endpoint: TokenEndpoint,
        cloud: Cloud,
        secrets: &Arc<dyn Secrets>,
        aws: Option<&AwsAssertions>,
    ) -> Result<Arc<dyn TokenProvider>, IdentityError> {
        let stored = |name: &str| Arc::new(StoredSecret::new(Arc::clone(secrets), name));
        Ok(match self {
            Self::Secret(name) => Arc::new(ClientSecret::new(endpoint, stored(name))),
            Self::Certificate(name) => {
                Arc::new(Certificate::new(endpoint, stored(name), system_clock()))
            }
            Self::FederationAws => {
                let ask = aws.ok_or(IdentityError::NoRole)?;
                Arc::new(Federated::new(endpoint, ask(cloud)))
            }
            Self::FederationFile(path) => Arc::new(Federated::new(
                endpoint,
                Arc::new(AssertionFile::new(*path)),
            )),
        })
    }
}
