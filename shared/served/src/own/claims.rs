use drawbridge_config::OwnClient;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::Proven;
use super::answer::GrantRefusal;
use super::key::TokenKey;
use super::secret::generation;
use crate::tenant::ServedTenant;

/// What the header of a token names it, so that one of Entra's is never taken for it.
pub(super) const TYPE: &str = "drawbridge";

/// Who issues it.
const ISSUER: &str = "drawbridge";

/// How long an access token is good: as long as Entra's, since some clients keep one and ask no sooner.
pub(super) const ACCESS_SECS: i64 = 3600;

/// How long a refresh token is. It is worth nothing without the client's secret, and each use gives a new
/// one; a client that keeps the first one has to be given another each year.
const REFRESH: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// For reading records.
    Access,
    /// For getting another token.
    Refresh,
}

impl Kind {
    fn audience(self, key: &TokenKey) -> String {
        let what = match self {
            Self::Access => "api",
            Self::Refresh => "token",
        };
        format!("{}/{what}", key.audience)
    }

    fn lasts(self) -> SignedDuration {
        match self {
            Self::Access => SignedDuration::from_secs(ACCESS_SECS),
            Self::Refresh => REFRESH,
        }
    }
}

/// What a token says.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Claims {
    iss: String,
    /// The place and what the token is for there.
    aud: String,
    iat: i64,
    exp: i64,
    /// The tenant's name and its directory: a name that was given to another customer is another's.
    tenant: String,
    tid: String,
    client: String,
    /// Which secret it was issued for.
    generation: String,
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotGood {
    /// It was not signed here, or not for this.
    Foreign,
    Expired,
    /// Whether it is good cannot be told.
    NoKey,
}

impl Claims {
    pub(super) fn of(kind: Kind, proven: &Proven<'_>, key: &TokenKey, now: Timestamp) -> Self {
        let end = now.saturating_add(kind.lasts()).unwrap_or(now);
        Self {
            iss: ISSUER.to_owned(),
            aud: kind.audience(key),
            iat: now.as_second(),
            exp: end.as_second(),
            tenant: proven.tenant.name.clone(),
            tid: proven.tenant.id.clone(),
            client: proven.client.id.to_ascii_lowercase(),
            generation: proven.generation.clone(),
        }
    }

    pub(super) fn sign(&self, key: &TokenKey, now: Timestamp) -> Result<String, GrantRefusal> {
        let header = Header {
            typ: Some(TYPE.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        let key = EncodingKey::from_secret(key.signing(now));
        jsonwebtoken::encode(&header, self, &key).map_err(|_| GrantRefusal::NoKey)
    }

    /// Reads the claims of a token that was signed with the key, for this kind, and has not expired.
    pub(super) fn read(
        token: &str,
        kind: Kind,
        key: &TokenKey,
        now: Timestamp,
    ) -> Result<Self, NotGood> {
        // One algorithm, with keys that are for it alone: whoever signs with HS256 over a public key of
        // Entra's is compared with these, and Entra's tokens are not looked at here.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[kind.audience(key)]);
        // By the clock that is given.
        validation.validate_exp = false;
        let decoded = key.verifying().find_map(|key| {
            let key = DecodingKey::from_secret(key);
            jsonwebtoken::decode::<Self>(token, &key, &validation).ok()
        });
        let claims = decoded.ok_or(NotGood::Foreign)?.claims;
        match now.as_second() < claims.exp {
            true => Ok(claims),
            false => Err(NotGood::Expired),
        }
    }

    /// Whose it is, if the document still has the client and the secret.
    pub(super) fn holder<'t>(
        &self,
        tenants: &'t [ServedTenant],
    ) -> Option<(&'t ServedTenant, &'t OwnClient)> {
        let mut tenants = tenants.iter();
        let tenant = tenants.find(|tenant| tenant.name == self.tenant && tenant.id == self.tid)?;
        let mut clients = tenant.settings.own_clients.iter();
        let client = clients.find(|client| client.id.eq_ignore_ascii_case(&self.client))?;
        let mut hashes = client.secrets.iter();
        let has_secret = hashes.any(|hash| generation(hash) == self.generation);
        has_secret.then_some((tenant, client))
    }
}
