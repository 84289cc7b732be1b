//! An IAM role as the application's identity.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use drawbridge_aws::Fault;
use secrecy::SecretString;

use crate::aws_assertion_error::AwsAssertionError;
use crate::cloud::Cloud;
use crate::federated::{AssertionError, AssertionSource};
use crate::provider::AwsAssertions;

/// Entra takes no other of the two that STS offers.
const ALGORITHM: &str = "RS256";
/// Long enough for one exchange; STS allows 60 to 3600.
const LIFE_SECS: i32 = 300;
/// What the SDK calls the endpoint that belongs to no region.
const GLOBAL_REGION: &str = "aws-global";
const GLOBAL_HOST: &str = "sts.amazonaws.com";

/// Tokens of AWS STS about the role that the process runs as (outbound identity federation).
///
/// The account has to allow it once, the role needs `sts:GetWebIdentityToken`, and the
/// application in Entra a federated credential: issuer of the account, ARN of the role, audience.
/// Source: AWS IAM User Guide, "Federating AWS identities to external services".
#[derive(Debug, Clone)]
pub struct AwsAssertion {
    client: Client,
    audience: String,
    is_global: bool,
}

impl AwsAssertion {
    /// Asks for tokens for `audience`, which is the federated credential's own:
    /// [`Cloud::federation_audience`](crate::Cloud::federation_audience).
    ///
    /// `config` has to name a region: the global endpoint of STS does not know the call.
    pub fn new(config: &SdkConfig, audience: impl Into<String>) -> Self {
        let region = config.region().map(AsRef::as_ref);
        let host_is_global = config
            .endpoint_url()
            .and_then(|url| url.split("://").nth(1))
            .is_some_and(|rest| rest.trim_end_matches('/') == GLOBAL_HOST);
        Self {
            client: Client::new(config),
            audience: audience.into(),
            is_global: host_is_global || region.is_none_or(|region| region == GLOBAL_REGION),
        }
    }

    async fn ask(&self) -> Result<SecretString, AwsAssertionError> {
        if self.is_global {
            return Err(AwsAssertionError::NoRegion);
        }
        let answer = self
            .client
            .get_web_identity_token()
            .audience(&self.audience)
            .signing_algorithm(ALGORITHM)
            .duration_seconds(LIFE_SECS)
            .send()
            .await
            .map_err(|error| AwsAssertionError::of(Fault::of(&error), &self.audience))?;
        match answer.web_identity_token {
            Some(token) if !token.is_empty() => Ok(SecretString::from(token)),
            _ => Err(AwsAssertionError::NoToken),
        }
    }
}

/// The assertions of the role that `config` has the credentials of, for any cloud. All of them are asked
/// for by one client: a process may have thousands of tenants.
pub fn aws_assertions(config: &SdkConfig) -> AwsAssertions {
    let any = AwsAssertion::new(config, "");
    Arc::new(move |cloud: Cloud| -> Arc<dyn AssertionSource> {
        Arc::new(AwsAssertion {
            audience: cloud.federation_audience().to_owned(),
            ..any.clone()
        })
    })
}

#[async_trait]
impl AssertionSource for AwsAssertion {
    async fn assertion(&self) -> Result<SecretString, AssertionError> {
        self.ask().await.map_err(|error| AssertionError {
            reason: error.to_string(),
            is_retryable: error.is_retryable(),
        })
    }
}
