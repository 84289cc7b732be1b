use std::sync::Arc;

use drawbridge_secrets::{Secrets, StoredSecret};
use drawbridge_time::SystemClock;

use crate::assertion_file::AssertionFile;
use crate::certificate::Certificate;
use crate::client_secret::ClientSecret;
use crate::cloud::Cloud;
use crate::federated::{AssertionSource, Federated};
use crate::identity::Identity;
use crate::identity_error::IdentityError;
use crate::token::TokenProvider;
use crate::token_endpoint::TokenEndpoint;

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
            Self::Certificate(name) => Arc::new(Certificate::new(
                endpoint,
                stored(name),
                Arc::new(SystemClock),
            )),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federated::AssertionError;
    use drawbridge_http::HttpTransport;
    use drawbridge_secrets::EnvSecrets;
    use secrecy::SecretString;

    struct Silent;

    #[async_trait::async_trait]
    impl AssertionSource for Silent {
        async fn assertion(&self) -> Result<SecretString, AssertionError> {
            Err(AssertionError {
                reason: "the role is asked".to_owned(),
                is_retryable: false,
            })
        }
    }

    /// What a fetch says to sources that have nothing: each identity asks its own, when asked.
    #[tokio::test]
    async fn each_identity_asks_its_own_source() {
        let secrets: Arc<dyn Secrets> = Arc::new(EnvSecrets);
        let aws: AwsAssertions = Arc::new(|cloud| {
            assert_eq!(cloud, Cloud::Dod);
            Arc::new(Silent)
        });
        let provider = |identity: Identity<'_>, aws: Option<&AwsAssertions>| {
            let transport = Arc::new(HttpTransport::new());
            let endpoints = Cloud::Dod.endpoints();
            let endpoint = TokenEndpoint::new(transport, &endpoints, "t.example", "c");
            identity.provider(endpoint, Cloud::Dod, &secrets, aws)
        };
        for (identity, said) in [
            (Identity::Secret("NO_SUCH_SECRET"), "NO_SUCH_SECRET"),
            (Identity::Certificate("NO_SUCH_PEM"), "NO_SUCH_PEM"),
            (Identity::FederationAws, "the role is asked"),
            (
                Identity::FederationFile("/nonexistent/token"),
                "/nonexistent/token",
            ),
        ] {
            let error = provider(identity, Some(&aws)).unwrap().fetch().await;
            let error = error.unwrap_err().to_string();
            assert!(error.contains(said), "{identity:?}: {error}");
        }
        let refused = provider(Identity::FederationAws, None).map(drop);
        assert_eq!(refused, Err(IdentityError::NoRole));
    }
}
