use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use url::form_urlencoded;

use super::answer::GrantRefusal;

/// The scope with which a client asks for a refresh token, as it does at Entra.
const WITH_REFRESH: &str = "offline_access";

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// What a request for a token says.
pub(super) struct TokenRequest {
    pub(super) client: String,
    pub(super) secret: SecretString,
    pub(super) grant: Grant,
}

/// What a client gets a token for.
pub(super) enum Grant {
    ClientCredentials { with_refresh: bool },
    RefreshToken(SecretString),
}

impl TokenRequest {
    /// Reads a form: its names without regard to case, since there are clients that write `client_Id`, and
    /// what is not known is ignored, such as `resource`. The query is never looked at.
    pub(super) fn read(request: &Parts, body: &[u8]) -> Result<Self, GrantRefusal> {
        let kind = request.headers.get(CONTENT_TYPE);
        let kind = kind.map(|kind| kind.to_str().unwrap_or_default());
        let is_form = kind.is_none_or(|kind| {
            let kind = kind.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case(FORM)
        });
        if !is_form {
            return Err(GrantRefusal::Request(
                "send a form, application/x-www-form-urlencoded",
            ));
        }
        let mut form: HashMap<String, Zeroizing<String>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            let known = form.insert(
                name.to_ascii_lowercase(),
                Zeroizing::new(value.into_owned()),
            );
            if known.is_some() {
                return Err(GrantRefusal::Request("a parameter is there twice"));
            }
        }
        let mut take = |name: &str| form.remove(name).filter(|value| !value.is_empty());
        let (client, secret) = (take("client_id"), take("client_secret"));
        let (client, secret) = match (basic(request)?, client, secret) {
            (None, Some(client), Some(secret)) => (client, secret),
            (None, ..) => return Err(GrantRefusal::Client),
            (Some(_), _, Some(_)) => {
                return Err(GrantRefusal::Request(
                    "send the secret in the form or in the header, and not in both",
                ));
            }
            (Some((id, _)), Some(client), None) if *id != *client => {
                return Err(GrantRefusal::Request(
                    "the header and the form name two clients",
                ));
            }
            (Some(basic), _, None) => basic,
        };
        let grant = take("grant_type");
        let grant = match grant.as_deref().map(String::as_str) {
            None => return Err(GrantRefusal::Request("grant_type is missing")),
            Some("client_credentials") => {
                let scope = take("scope").unwrap_or_default();
                let with_refresh = scope.split_whitespace().any(|word| word == WITH_REFRESH);
                Grant::ClientCredentials { with_refresh }
            }
            Some("refresh_token") => {
                let token = take("refresh_token");
                let token = token.ok_or(GrantRefusal::Request("refresh_token is missing"))?;
                Grant::RefreshToken(token.as_str().into())
            }
            Some(_) => return Err(GrantRefusal::GrantType),
        };
        Ok(Self {
            client: client.as_str().into(),
            secret: secret.as_str().into(),
            grant,
        })
    }
}

type Credentials = (Zeroizing<String>, Zeroizing<String>);

/// The client of HTTP Basic, whose parts are encoded as in a form (RFC 6749, 2.3.1). Another scheme is as
/// if there were none.
fn basic(request: &Parts) -> Result<Option<Credentials>, GrantRefusal> {
    let header = request.headers.get(AUTHORIZATION);
    let header = header.and_then(|header| header.to_str().ok());
    let parts = header.and_then(|header| header.trim().split_once(' '));
    let Some((_, encoded)) = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
    else {
        return Ok(None);
    };
    let decoded = || {
        let bytes = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
        let text = str::from_utf8(&bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((plain(id)?, plain(secret)?))
    };
    let bad = GrantRefusal::Request("the header Authorization cannot be read");
    decoded().map(Some).ok_or(bad)
}

/// A part without its encoding: as the value of a form that has no name.
fn plain(part: &str) -> Option<Zeroizing<String>> {
    let encoded = Zeroizing::new(format!("={part}"));
    let (_, value) = form_urlencoded::parse(encoded.as_bytes()).next()?;
    Some(Zeroizing::new(value.into_owned()))
}
