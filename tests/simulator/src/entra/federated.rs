//! Assertions of another identity provider (Microsoft Entra Workload ID, "Workload identity
//! federation").

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::assertion::Assertion;
use super::{Credential, Refusal, Request};

/// More keys are not looked at.
const MOST_KEYS: usize = 100;

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

pub(super) async fn check(
    credentials: &[Credential],
    assertion: &Assertion<'_>,
    request: &Request<'_>,
) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    matching(credentials, assertion)?;
    if assertion.header.alg != Algorithm::RS256 {
        return Err(Refusal::OTHER_ALGORITHM);
    }
    let keys = keys(&claims.iss).await.ok_or(Refusal::ISSUER_SILENT)?;
    let key = assertion
        .header
        .kid
        .as_deref()
        .and_then(|kid| {
            keys.keys
                .iter()
                .take(MOST_KEYS)
                .find(|key| key.common.key_id.as_deref() == Some(kid))
        })
        .and_then(|key| DecodingKey::from_jwk(key).ok())
        .ok_or(Refusal::UNKNOWN_KEY)?;
    if !assertion.is_signed_by(&key, Algorithm::RS256) {
        return Err(Refusal::FORGED);
    }
    claims.check_time(request.now)
}

/// Looks for the federated credential; says what is missing of the one that comes nearest.
fn matching(credentials: &[Credential], assertion: &Assertion<'_>) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    let mut nearest = (0, Refusal::NO_MATCH);
    for credential in credentials {
        let Credential::Federated {
            issuer,
            subject,
            audience,
        } = credential
        else {
            continue;
        };
        let found = if *issuer != claims.iss {
            (1, Refusal::OTHER_ISSUER)
        } else if *subject != claims.sub {
            (2, Refusal::OTHER_SUBJECT)
        } else if claims.audience() != Some(audience) {
            (3, Refusal::OTHER_AUDIENCE)
        } else {
            return Ok(());
        };
        if found.0 > nearest.0 {
            nearest = found;
        }
    }
    Err(nearest.1)
}

async fn keys(issuer: &str) -> Option<JwkSet> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .ok()?;
    let address = format!("{issuer}/.well-known/openid-configuration");
    let discovery: Discovery = json(&client, &address).await?;
    if discovery.issuer != issuer {
        return None;
    }
    json(&client, &discovery.jwks_uri).await
}

async fn json<T: DeserializeOwned>(client: &reqwest::Client, address: &str) -> Option<T> {
    let answer = client.get(address).send().await.ok()?;
    let body = answer.error_for_status().ok()?.bytes().await.ok()?;
    serde_json::from_slice(&body).ok()
}
