//! Who asks, and of which tenant: by a token of Microsoft Entra for the customer's own API.

mod keys;

use std::sync::Arc;

use drawbridge_config::ServeSettings;
use drawbridge_entra::{is_guid, jwt};
use drawbridge_time::Clock;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::keys::{Keys, NoKey, Version};
use crate::tenant::ServedTenant;

/// The most bytes of a token: one of a user in many groups has some thousands.
const MAX_BYTES: usize = 16 * 1024;

/// How far clocks may differ, in seconds.
const LEEWAY_SECS: i64 = 5 * 60;

/// Why a token is refused that Entra could not have signed.
pub(crate) const NO_ENTRA_SIGNATURE: &str = "is not signed with RS256";

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) tenant: ServedTenant,
    /// The application (client) id.
    pub(crate) client: String,
}

/// Why somebody may not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    NoToken,
    /// The token is not good. The text ends the sentence "the token …" and repeats nothing of it.
    Invalid(&'static str),
    /// No directory that is served here signed it. The text is for the log only, so that someone who
    /// makes up tokens does not learn which directories are served.
    Unproven(&'static str),
    /// The token is good but does not grant this.
    Forbidden(Forbidden),
    /// The keys are missing to tell whether it is good.
    NoKeys,
}

/// What a good token lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// Its application is on no list.
    Client,
    /// It is of a user who is on no list.
    User,
    /// It has not the role.
    Role,
    /// It does not tell one tenant's document from another.
    Ambiguous,
}

/// What a token says before it is known to be good: it only decides whose keys are looked at.
#[derive(Deserialize)]
struct Unverified {
    tid: String,
    ver: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    tid: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    /// The application, in a token of version 1 and of version 2.
    #[serde(default)]
    appid: Option<String>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// What a user lets the application do in his name. A token of the application itself has none.
    #[serde(default)]
    scp: Option<IgnoredAny>,
    /// `app` or `user`, where the API wants that claim.
    #[serde(default)]
    idtyp: Option<String>,
    /// The user, or the application's own object.
    #[serde(default)]
    oid: Option<String>,
}

impl Claims {
    /// Whether it is a user's, in whose name the application asks.
    fn is_of_a_user(&self) -> bool {
        self.scp.is_some() || self.idtyp.as_ref().is_some_and(|kind| kind != "app")
    }

    /// What a token of the application `client` lacks to read what a document serves.
    fn lacks(&self, client: &str, settings: &ServeSettings) -> Option<Forbidden> {
        let user = self.oid.as_deref().unwrap_or_default();
        let has_role = |role: &String| self.roles.contains(role);
        if !settings.lists_client(client) {
            Some(Forbidden::Client)
        } else if self.is_of_a_user() && !settings.lists_user(user) {
            Some(Forbidden::User)
        } else if !settings.role.as_ref().is_none_or(has_role) {
            Some(Forbidden::Role)
        } else {
            None
        }
    }
}

/// A token that was looked at, and not checked.
struct Looked<'t> {
    token: &'t str,
    kid: String,
    version: Version,
    /// The directory that it says it is of.
    tid: String,
}

impl<'t> Looked<'t> {
    /// Reads the header `authorization`.
    fn at(authorization: Option<&'t [u8]>) -> Result<Self, Denied> {
        let token = bearer(authorization.ok_or(Denied::NoToken)?)?;
        let header = jsonwebtoken::decode_header(token);
        let header = header.map_err(|_| Denied::Invalid("is not a signed token of Entra"))?;
        if header.alg != Algorithm::RS256 {
            return Err(Denied::Invalid(NO_ENTRA_SIGNATURE));
        }
        let kid = header.kid.ok_or(Denied::Invalid("names no key"))?;
        let unverified: Unverified =
            jwt::claims(token).ok_or(Denied::Invalid("is not a token of Entra"))?;
        let version = match unverified.ver.as_str() {
            "1.0" => Version::V1,
            "2.0" => Version::V2,
            _ => return Err(Denied::Invalid("is of a version that is not known")),
        };
        Ok(Self {
            token,
            kid,
            version,
            tid: unverified.tid,
        })
    }
}

/// Why a header `authorization` is refused whoever is served; `Ok` if only that decides.
pub(crate) fn look(authorization: Option<&[u8]>) -> Result<(), Denied> {
    Looked::at(authorization).map(drop)
}

/// Checks tokens.
pub(crate) struct Tokens {
    clock: Arc<dyn Clock>,
    keys: Keys,
}

impl Tokens {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            keys: Keys::new(Arc::clone(&clock)),
            clock,
        }
    }

    /// Who sends the header `authorization`, and the one of `tenants` whose document lets him.
    pub(crate) async fn caller(
        &self,
        authorization: Option<&[u8]>,
        tenants: &[ServedTenant],
    ) -> Result<Caller, Denied> {
        let looked = Looked::at(authorization)?;
        // Only directories of documents: nobody makes others be asked.
        let tenants = tenants
            .iter()
            .filter(|tenant| tenant.id.eq_ignore_ascii_case(&looked.tid));
        let mut callers = Vec::new();
        let mut denied = Denied::Unproven("is of a directory that is not served here");
        for tenant in tenants {
            match self.check(&looked, tenant).await {
                Ok(caller) => callers.push(caller),
                Err(reason) => denied = nearer(denied, reason),
            }
        }
        match callers.pop() {
            None => Err(denied),
            Some(caller) if callers.is_empty() => Ok(caller),
            Some(_) => Err(Denied::Forbidden(Forbidden::Ambiguous)),
        }
    }

    /// Checks a token by one tenant's document.
    async fn check(&self, looked: &Looked<'_>, tenant: &ServedTenant) -> Result<Caller, Denied> {
        let Looked {
            token,
            kid,
            version,
            ..
        } = looked;
        let found = self
            .keys
            .get(&tenant.login, &tenant.id, *version, kid)
            .await
            .map_err(|reason| match reason {
                NoKey::Unknown => {
                    Denied::Unproven("is signed with a key that the directory has not")
                }
                NoKey::Unavailable => Denied::NoKeys,
            })?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["iss", "exp", "aud"]);
        validation.set_issuer(&[&found.issuer]);
        // By the clock that is given, and with the document's audiences: below.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &found.key, &validation)
            .map_err(|_| Denied::Unproven("has no good signature or issuer"))?
            .claims;
        let now = self.clock.now().as_second();
        if now > claims.exp.saturating_add(LEEWAY_SECS) {
            return Err(Denied::Invalid("has expired: ask for a new one"));
        }
        if claims
            .nbf
            .is_some_and(|nbf| now < nbf.saturating_sub(LEEWAY_SECS))
        {
            return Err(Denied::Invalid("is not valid yet: check the clocks"));
        }
        if !claims.tid.eq_ignore_ascii_case(&tenant.id) {
            return Err(Denied::Invalid("is of another directory"));
        }
        let settings = &tenant.settings;
        if !settings.takes_audience(&claims.aud) {
            return Err(Denied::Invalid(
                "is for another audience: ask for one of serve.audiences of the tenant's document",
            ));
        }
        let client = match version {
            Version::V1 => &claims.appid,
            Version::V2 => &claims.azp,
        };
        let client = client.as_deref().unwrap_or_default();
        if let Some(lacks) = claims.lacks(client, settings) {
            // Who it is: the directory has signed that, and it is no secret.
            tracing::info!(
                tenant = tenant.name,
                client = Some(client).filter(|client| is_guid(client)),
                lacks = ?lacks,
                "a good token that may not read"
            );
            return Err(Denied::Forbidden(lacks));
        }
        Ok(Caller {
            tenant: tenant.clone(),
            client: client.to_ascii_lowercase(),
        })
    }
}

/// The token of a header.
pub(crate) fn bearer(authorization: &[u8]) -> Result<&str, Denied> {
    let text = str::from_utf8(authorization).map_err(|_| Denied::NoToken)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(Denied::NoToken)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("Bearer") || token.is_empty() {
        return Err(Denied::NoToken);
    }
    if token.len() > MAX_BYTES {
        return Err(Denied::Invalid("is too long"));
    }
    Ok(token)
}

/// The one of two reasons that says more.
fn nearer(one: Denied, other: Denied) -> Denied {
    let rank = |denied: &Denied| match denied {
        Denied::NoToken => 0,
        Denied::Unproven(_) => 1,
        Denied::Invalid(_) => 2,
        Denied::NoKeys => 3,
        Denied::Forbidden(_) => 4,
    };
    if rank(&other) >= rank(&one) {
        other
    } else {
        one
    }
}
