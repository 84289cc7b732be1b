//! One secret for many tenants: a JSON object in which each finds the member that has its own name,
//! and nothing else.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::{NotBare, SecretError, Secrets, check_bare};

/// The most bytes of such a secret, which is the most that Secrets Manager keeps in one.
pub const MAX_SHARED_SECRET_BYTES: usize = 64 * 1024;

/// What a member has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A client secret.
    ClientSecret,
    /// A certificate with its key, as PEM.
    Certificate,
}

/// The secrets of one tenant among those that many share. Of each it gives the member with the tenant's
/// name, whoever asks for it by whatever words, and the others leave it neither as a value nor in an
/// error.
pub struct OwnMember {
    secrets: Arc<dyn Secrets>,
    tenant: String,
    kind: MemberKind,
}

impl OwnMember {
    /// The members of that tenant in what `secrets` keep.
    #[must_use]
    pub fn new(secrets: Arc<dyn Secrets>, tenant: &str, kind: MemberKind) -> Self {
        Self {
            secrets,
            tenant: tenant.to_owned(),
            kind,
        }
    }

    fn own(&self, name: &str, text: &SecretString) -> Result<SecretString, SecretError> {
        let place = format!("the member {:?} of the secret {name}", self.tenant);
        let wrong = |reason: String| SecretError::BadShape {
            place: place.clone(),
            reason,
        };
        let own = match member(text.expose_secret(), &self.tenant).map_err(wrong)? {
            Member::Text(own) => own,
            Member::None => return Err(SecretError::Missing { place, fix: how() }),
            Member::Twice => return Err(wrong("it is there more than once: leave one".to_owned())),
            Member::NoText => return Err(wrong(format!("it is not a text: {}", how()))),
        };
        let own = own.trim();
        if own.is_empty() {
            return Err(SecretError::Empty { place, fix: how() });
        }
        match (self.kind, check_bare(own)) {
            (MemberKind::ClientSecret, Err(what)) => Err(wrong(format!(
                "it is {what}, and was not sent: a client secret is its Value alone, as one line"
            ))),
            (MemberKind::Certificate, Ok(()) | Err(NotBare::Json | NotBare::Xml)) => Err(wrong(
                "it is not PEM text of a certificate and its private key".to_owned(),
            )),
            _ => Ok(SecretString::from(own)),
        }
    }
}

fn how() -> String {
    "the secret is a JSON object with one text for each tenant, under the tenant's name".to_owned()
}

#[async_trait]
impl Secrets for OwnMember {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let text = self.secrets.shared(name).await?;
        match self.own(name, &text) {
            // It may have been put right.
            Err(_) => self.refresh(name).await,
            own => own,
        }
    }

    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        let text = self.secrets.refresh_shared(name).await?;
        self.own(name, &text)
    }
}

/// What an object has under a name.
enum Member {
    Text(Zeroizing<String>),
    NoText,
    None,
    Twice,
}

/// The member of that name, as JSON compares names: by their characters, escaped or not. The values
/// of the others are passed over.
fn member(text: &str, name: &str) -> Result<Member, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.len() > MAX_SHARED_SECRET_BYTES {
        return Err(format!(
            "the secret has more than {MAX_SHARED_SECRET_BYTES} bytes"
        ));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let member = json.deserialize_map(Find(name));
    let member = member.and_then(|member| json.end().map(|()| member));
    // The parser's own message would quote values.
    member.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!(
            "the secret is not a JSON object (line {line}, column {column}): {}",
            how()
        )
    })
}

/// Finds the member of a name.
struct Find<'a>(&'a str);

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        let mut found = Member::None;
        while let Some(name) = map.next_key::<String>()? {
            if name != self.0 {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = match map.next_value()? {
                Value::String(text) => Member::Text(Zeroizing::new(text)),
                _ => Member::NoText,
            };
            found = match found {
                Member::None => value,
                _ => Member::Twice,
            };
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FixedSecret;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----";

    async fn read(text: &str, kind: MemberKind) -> Result<String, SecretError> {
        let secrets = Arc::new(FixedSecret(text.to_owned()));
        let own = OwnMember::new(secrets, "contoso", kind);
        let own = own.get("prod/_shared/1").await;
        own.map(|own| own.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn a_tenant_gets_its_own_member_and_no_other() {
        for text in [
            r#"{"contoso":"s3cr~t","fabrikam":"other"}"#,
            "\u{feff} {\"fabrikam\": \"other\", \"contoso\": \" s3cr~t\\n\"} ",
            // Others are none of its business, whatever they are.
            r#"{"a":1,"b":{"contoso":"nested"},"b":[],"c":null,"contoso":"s3cr~t"}"#,
            // JSON's own way of writing the same name.
            r#"{"cont\u006fso":"s3cr~t"}"#,
        ] {
            let own = read(text, MemberKind::ClientSecret).await;
            assert_eq!(own.unwrap(), "s3cr~t", "{text}");
        }
        let text = format!("{{\"contoso\":\"{PEM}\"}}");
        let own = read(&text, MemberKind::Certificate).await.unwrap();
        assert_eq!(own, PEM.replace("\\n", "\n"));
    }

    #[tokio::test]
    async fn what_is_wrong_names_the_secret_and_the_member_and_shows_nothing() {
        let client_secret = MemberKind::ClientSecret;
        let pem = format!("{{\"contoso\":\"{PEM}\"}}");
        let long = format!(
            "{{\"contoso\":\"s3cr~t\",\"a\":\"{}\"}}",
            "s3cr~t".repeat(11_000)
        );
        for (text, kind, said) in [
            (r#"{"fabrikam":"s3cr~t"}"#, client_secret, "does not exist"),
            ("{}", client_secret, "does not exist"),
            // Names that only look alike, or differ in case.
            (
                r#"{"c\u043entoso":"s3cr~t"}"#,
                client_secret,
                "does not exist",
            ),
            (
                r#"{"Contoso":"s3cr~t","contoso ":"s3cr~t"}"#,
                client_secret,
                "does not exist",
            ),
            (r#"{"contoso":["s3cr~t"]}"#, client_secret, "not a text"),
            (
                r#"{"contoso":{"contoso":"s3cr~t"}}"#,
                client_secret,
                "not a text",
            ),
            (r#"{"contoso":" "}"#, client_secret, "is empty"),
            (
                r#"{"contoso":"s3cr~t","contoso":"s3cr~t"}"#,
                client_secret,
                "more than once",
            ),
            (
                r#"{"contoso":"s3cr~t","cont\u006fso":"s3cr~t"}"#,
                client_secret,
                "more than once",
            ),
            ("s3cr~t", client_secret, "not a JSON object"),
            (
                r#"["contoso","s3cr~t"]"#,
                client_secret,
                "not a JSON object",
            ),
            (r#"{"contoso":"s3cr~t""#, client_secret, "not a JSON object"),
            (
                r#"{"contoso":"s3cr~t"} {"contoso":"s3cr~t"}"#,
                client_secret,
                "not a JSON object",
            ),
            (&long, client_secret, "more than 65536 bytes"),
            (&pem, client_secret, "PEM text"),
            (
                r#"{"contoso":"{\"fabrikam\":\"s3cr~t\"}"}"#,
                client_secret,
                "a JSON document",
            ),
            (
                r#"{"contoso":"s3cr~t"}"#,
                MemberKind::Certificate,
                "not PEM text",
            ),
        ] {
            let error = read(text, kind).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains("s3cr~t") && !shown.contains("MIIB"),
                "{shown}"
            );
            let place = "the member \"contoso\" of the secret prod/_shared/1";
            assert!(error.to_string().starts_with(place), "{error}");
            assert!(error.to_string().contains(said), "{said}: {error}");
        }
    }
}
