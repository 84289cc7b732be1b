//! Drawbridge's own token endpoint, for clients that cannot ask Entra for a token for the customer's API.
//!
//! - `secret`: what a client has, and what its tenant's document has of it.
//! - `key`: what tokens are signed with.
//! - `claims`: the tokens. Nothing is kept of them: whether one is good, its signature and the tenant's
//!   document tell.
//! - `form`: what a request asks for.
//! - `attempts`: how often somebody is wrong.
//! - `answer`: the tokens that go out, and every refusal, as OAuth 2.0 has them (RFC 6749).

mod answer;
mod attempts;
mod claims;
mod form;
mod key;
mod secret;

use std::sync::Arc;

use drawbridge_config::OwnClient;
use drawbridge_entra::is_guid;
use drawbridge_secrets::{SecretError, Secrets};
use drawbridge_time::Clock;
use http::Response;
use http::request::Parts;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use secrecy::ExposeSecret as _;

use self::answer::{GrantRefusal, granted};
use self::attempts::Attempts;
use self::claims::{Claims, Kind, NotGood};
use self::form::{Grant, TokenRequest};
use self::secret::{generation, is_of_hash};
use crate::body::Body;
use crate::path::TokenPath;
use crate::rate::{Bounds, Rates};
use crate::tenant::ServedTenant;
use crate::token::{Caller, Denied, NO_ENTRA_SIGNATURE};

pub use self::key::{KeyProblem, TokenKey};
pub use self::secret::ClientSecret;

/// The most bytes of a request's body. A refresh token has some hundreds.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// Signs tokens and checks them.
pub(crate) struct OwnTokens {
    secrets: Arc<dyn Secrets>,
    /// The name of the secret with the key.
    name: String,
    clock: Arc<dyn Clock>,
    attempts: Attempts,
}

/// Why there is no key at hand.
enum NoKey {
    /// No key is configured, so the endpoint is off.
    Off,
    /// It cannot be read.
    Unreadable,
}

/// A client that has proved who it is.
struct Proven<'t> {
    tenant: &'t ServedTenant,
    client: &'t OwnClient,
    /// Which of its secrets it has.
    generation: String,
}

impl OwnTokens {
    pub(crate) fn new(secrets: Arc<dyn Secrets>, name: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            secrets,
            name,
            clock,
            attempts: Attempts::default(),
        }
    }

    /// The key: as it was read within the last hour, or as it is.
    async fn key(&self, is_fresh: bool) -> Result<TokenKey, NoKey> {
        let text = match is_fresh {
            true => self.secrets.refresh_shared(&self.name).await,
            false => self.secrets.shared(&self.name).await,
        };
        let text = text.map_err(|error| match error {
            SecretError::Missing { .. } => NoKey::Off,
            error => {
                tracing::error!(%error, "the key of the token endpoint cannot be read");
                NoKey::Unreadable
            }
        })?;
        TokenKey::read(text.expose_secret()).map_err(|error| {
            tracing::error!(%error, "the key of the token endpoint cannot be used");
            NoKey::Unreadable
        })
    }

    /// The claims of a token, checked with the key as it is known, and where that did not sign it, as it is.
    async fn claims(&self, token: &str, kind: Kind) -> Result<Claims, NotGood> {
        let now = self.clock.now();
        let mut found = Err(NotGood::Foreign);
        for is_fresh in [false, true] {
            let key = self.key(is_fresh).await.map_err(|no_key| match no_key {
                NoKey::Off => NotGood::Foreign,
                NoKey::Unreadable => NotGood::NoKey,
            })?;
            found = Claims::read(token, kind, &key, now);
            if !matches!(found, Err(NotGood::Foreign)) {
                break;
            }
        }
        found
    }

    /// Who sends a token of this endpoint, and the one of `tenants` whose document lets him.
    pub(crate) async fn caller(
        &self,
        token: &str,
        tenants: &[ServedTenant],
    ) -> Result<Caller, Denied> {
        if !has_own_clients(tenants) {
            return Err(Denied::Invalid(NO_ENTRA_SIGNATURE));
        }
        let claims = self.claims(token, Kind::Access).await;
        let claims = claims.map_err(|reason| match reason {
            NotGood::Foreign => Denied::Unproven("is signed with HS256, and not with the key here"),
            NotGood::Expired => Denied::Invalid("has expired: ask for a new one"),
            NotGood::NoKey => Denied::NoKeys,
        })?;
        let holder = claims.holder(tenants);
        let (tenant, client) = holder.ok_or(Denied::Invalid(
            "is of a client or a secret that the tenant's document has no more: ask for a new one",
        ))?;
        Ok(Caller {
            tenant: tenant.clone(),
            client: client.id.to_ascii_lowercase(),
        })
    }

    /// The answer to a request for a token; `None` if there is no such endpoint.
    pub(crate) async fn answer(
        &self,
        asked: (&TokenPath, &Parts, &[u8]),
        tenants: &[ServedTenant],
        rates: (&Rates, Bounds),
        id: &str,
    ) -> Option<Response<Body>> {
        if !has_own_clients(tenants) {
            return None;
        }
        let key = match self.key(false).await {
            Err(NoKey::Off) => return None,
            Err(NoKey::Unreadable) => Err(GrantRefusal::NoKey),
            Ok(key) => Ok(key),
        };
        let mut proven = None;
        let granted = match key {
            Err(refusal) => Err(refusal),
            Ok(key) => self.granted(asked, tenants, &key, rates, &mut proven).await,
        };
        let (tenant, client) = match &proven {
            Some(Proven { tenant, client, .. }) => {
                (Some(tenant.name()), Some(client.id.to_ascii_lowercase()))
            }
            // Whatever was sent in its place may be a secret.
            None => (None, None),
        };
        Some(match granted {
            Ok(response) => {
                tracing::info!(
                    request = id,
                    tenant,
                    client,
                    status = 200,
                    "a token was issued"
                );
                response
            }
            Err(refusal) => {
                tracing::info!(
                    request = id,
                    tenant,
                    client,
                    status = refusal.status().as_u16(),
                    reason = refusal.description(),
                    "no token was issued"
                );
                refusal.response()
            }
        })
    }

    async fn granted<'t>(
        &self,
        (path, request, body): (&TokenPath, &Parts, &[u8]),
        tenants: &'t [ServedTenant],
        key: &TokenKey,
        rates: (&Rates, Bounds),
        proven: &mut Option<Proven<'t>>,
    ) -> Result<Response<Body>, GrantRefusal> {
        let asked = TokenRequest::read(request, body)?;
        let proven = &*proven.insert(self.prove(path, &asked, tenants)?);
        self.grant(path, &asked, proven, key, rates).await
    }

    /// The client that a request's secret is of.
    fn prove<'t>(
        &self,
        path: &TokenPath,
        asked: &TokenRequest,
        tenants: &'t [ServedTenant],
    ) -> Result<Proven<'t>, GrantRefusal> {
        // A connector that names a directory means that one; `common` and others name none.
        let directory = path.directory.as_deref().filter(|name| is_guid(name));
        let is_asked = |tenant: &&ServedTenant| directory.is_none_or(|id| id == tenant.id);
        let named = tenants.iter().filter(is_asked).flat_map(|tenant| {
            let clients = tenant.settings.own_clients.iter();
            let named = clients.filter(|client| client.id.eq_ignore_ascii_case(&asked.client));
            named.map(move |client| (tenant, client))
        });
        let named: Vec<_> = named.collect();
        let mut proven = named.iter().filter_map(|(tenant, client)| {
            let mut hashes = client.secrets.iter();
            let hash = hashes.find(|hash| is_of_hash(&asked.secret, hash))?;
            Some(Proven {
                tenant,
                client,
                generation: generation(hash),
            })
        });
        match (proven.next(), proven.next()) {
            (Some(proven), None) => Ok(proven),
            (Some(_), Some(_)) => Err(GrantRefusal::Ambiguous),
            (None, _) => {
                let named = named.first();
                let named = named.map(|(tenant, client)| (tenant.name(), client.id.as_str()));
                if let Some((tenant, client)) = named {
                    tracing::info!(tenant, client, "a wrong secret");
                }
                Err(match self.attempts.count(named, self.clock.now()) {
                    Ok(()) => GrantRefusal::Client,
                    Err(left_secs) => GrantRefusal::TooManyWrong { left_secs },
                })
            }
        }
    }

    /// The tokens that a client gets.
    async fn grant(
        &self,
        path: &TokenPath,
        asked: &TokenRequest,
        proven: &Proven<'_>,
        key: &TokenKey,
        (rates, bounds): (&Rates, Bounds),
    ) -> Result<Response<Body>, GrantRefusal> {
        let now: Timestamp = self.clock.now();
        let Proven { tenant, client, .. } = proven;
        let counted = rates.count(tenant.name(), &client.id.to_ascii_lowercase(), now, bounds);
        let _turn = counted.map_err(GrantRefusal::TooMany)?;
        let with_refresh = match &asked.grant {
            Grant::ClientCredentials { with_refresh } => *with_refresh,
            Grant::RefreshToken(token) => {
                let claims = self.claims(token.expose_secret(), Kind::Refresh).await;
                let claims = claims.map_err(|reason| match reason {
                    NotGood::Foreign | NotGood::Expired => GrantRefusal::Grant,
                    NotGood::NoKey => GrantRefusal::NoKey,
                })?;
                let holder = claims.holder(std::slice::from_ref(*tenant));
                let is_own = holder.is_some_and(|(_, holder)| holder.id == client.id);
                if !is_own {
                    return Err(GrantRefusal::Grant);
                }
                true
            }
        };
        let sign = |kind| Claims::of(kind, proven, key, now).sign(key, now);
        let access = sign(Kind::Access)?;
        let refresh = with_refresh.then(|| sign(Kind::Refresh)).transpose()?;
        Ok(granted(path.version, key, now, &access, refresh.as_deref()))
    }
}

fn has_own_clients(tenants: &[ServedTenant]) -> bool {
    tenants.iter().any(ServedTenant::has_own_clients)
}

/// Whether a token says that it is of this endpoint.
pub(crate) fn is_own(token: &str) -> bool {
    jsonwebtoken::decode_header(token).is_ok_and(|header| {
        header.alg == Algorithm::HS256 && header.typ.as_deref() == Some(claims::TYPE)
    })
}
