//! Tokens that are signed (JWT, RFC 7519), and what is no part of one.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;
use serde_json::{Map, Value};

use crate::bare_secret::{NotBare, found};
use crate::document::Place;

/// What the name of a member contains that is a secret of its own and no claim, in small letters and
/// without marks such as `_`.
const SECRET: [&str; 10] = [
    "secret",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "privatekey",
    "apikey",
    "accesskey",
    "accesstoken",
    "refreshtoken",
];

/// The last word of such a name if it is about a secret and not one: `password_changed_at`, or `pwd_exp` and
/// `pwd_url` in tokens of Entra's.
const ABOUT: [&str; 14] = [
    "at", "count", "date", "exp", "expires", "expiry", "expired", "method", "policy", "required",
    "reset", "time", "type", "url",
];

/// What Kubernetes has in the token of a service account: the name of the object that the token is kept
/// in, as a claim of old tokens, and as members of a claim called `secret`.
const KUBERNETES: &str = "kubernetes.io/serviceaccount/secret.name";
const KUBERNETES_SECRET: [&str; 2] = ["name", "uid"];

/// The members of a private key that is written as JSON (RFC 7518, section 6).
const PRIVATE_JWK: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Some issuers pad, although RFC 7515 forbids it. What is left of the last byte is nobody's secret.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A JWT: three parts in base64 between full stops. The first two are objects.
pub(crate) struct Jwt {
    /// Names how it was signed.
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signature: Zeroizing<Vec<u8>>,
}

impl Jwt {
    /// `None` if it is none, or was damaged.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let [header, claims, signature] = text.split('.').collect::<Vec<_>>()[..] else {
            return None;
        };
        let decoded = |part| BASE64_URL.decode(part).ok().map(Zeroizing::new);
        let object = |part| serde_json::from_slice::<Map<_, _>>(&decoded(part)?).ok();
        let jwt = Self {
            header: object(header).filter(|header| header.contains_key("alg"))?,
            claims: object(claims)?,
            signature: decoded(signature).filter(|signature| !signature.is_empty())?,
        };
        Some(jwt)
    }

    /// What is in it that is no part of a token, such as a password or a key, also where that is encoded
    /// so many times.
    pub(crate) fn found(&self, encodings: usize) -> Option<NotBare> {
        let search = Search { encodings };
        [&self.header, &self.claims]
            .into_iter()
            .find_map(|object| search.object(object, false))
            .or_else(|| search.bytes(&self.signature))
    }
}

/// Whether a text looks like a JWT, or like one that was damaged.
pub(crate) fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

struct Search {
    encodings: usize,
}

impl Search {
    /// `is_secret` if the object belongs to a member that is called one.
    fn object(&self, object: &Map<String, Value>, is_secret: bool) -> Option<NotBare> {
        if is_private_jwk(object) {
            return Some(NotBare::Json);
        }
        object.iter().find_map(|(name, value)| {
            let is_secret = is_secret || is_called_secret(name, value);
            let in_name = self.bytes(name.as_bytes());
            in_name.or_else(|| self.value(value, is_secret))
        })
    }

    fn value(&self, value: &Value, is_secret: bool) -> Option<NotBare> {
        match value {
            Value::Null | Value::Bool(_) => None,
            Value::Number(_) => is_secret.then_some(NotBare::Json),
            Value::String(text) if is_secret && !is_flag(text) => Some(NotBare::Json),
            Value::String(text) => self.bytes(text.as_bytes()),
            Value::Array(values) => values.iter().find_map(|value| self.value(value, is_secret)),
            Value::Object(object) => self.object(object, is_secret),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> Option<NotBare> {
        let fewer = self.encodings.checked_sub(1)?;
        found(bytes, Place::Encoded, fewer)
    }
}

fn is_flag(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn is_private_jwk(object: &Map<String, Value>) -> bool {
    object.contains_key("kty") && PRIVATE_JWK.iter().any(|name| object.contains_key(*name))
}

fn is_called_secret(name: &str, value: &Value) -> bool {
    let is_of_kubernetes = || match value.as_object() {
        Some(object) => object
            .keys()
            .all(|name| KUBERNETES_SECRET.contains(&name.as_str())),
        None => false,
    };
    if name == KUBERNETES || name == "secret" && is_of_kubernetes() {
        return false;
    }
    let last = name.rsplit(['_', '-', '.', ' ']).next().unwrap_or(name);
    let is_about = last != name && ABOUT.iter().any(|word| last.eq_ignore_ascii_case(word));
    let mut name = name.to_ascii_lowercase();
    name.retain(|c| c.is_ascii_alphanumeric());
    SECRET.iter().any(|secret| name.contains(secret)) && !is_about
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
    use secrecy::SecretString;

    use super::*;
    use crate::token::{check_client_secret, check_token};

    /// What is said of a text in the place of a client secret, and of a token.
    fn said(text: &str) -> [Result<(), NotBare>; 2] {
        let secret = SecretString::from(text);
        [check_client_secret(&secret), check_token(&secret)]
    }

    /// Base64 of no structure.
    fn part(chars: usize) -> String {
        let text = "c7uPzJmWvK2oQ1fS9d_R0tYbLcN4eG6hA8iVkU3wM5jI_oAoGCCpHRN38Xd5E";
        text.chars().cycle().take(chars).collect()
    }

    /// One of so many characters.
    fn jwt(header: &str, claims: &str, chars: usize) -> String {
        let text = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part) + ".");
        let text = text.concat();
        // The last character is no more than what is left of a byte.
        let signature = part(chars - text.len() - 1);
        format!("{text}{signature}A")
    }

    const HEADER: &str = r#"{"typ":"JWT","alg":"RS256"}"#;
    const CLAIMS: &str = r#"{"sub":"a"}"#;

    /// What is said of one with these claims, as a token.
    fn of_claims(claims: &str) -> Result<(), NotBare> {
        let chars = URL_SAFE_NO_PAD.encode([HEADER, claims].concat()).len();
        let mut chars = chars + 100;
        // Base64 is never one character longer than a multiple of four.
        while URL_SAFE_NO_PAD
            .decode(jwt(HEADER, claims, chars).rsplit('.').next().unwrap())
            .is_err()
        {
            chars += 1;
        }
        let [as_client_secret, as_token] = said(&jwt(HEADER, claims, chars));
        assert!(as_client_secret.is_err());
        as_token
    }

    #[test]
    fn one_says_how_it_was_signed_and_may_be_as_long_as_a_header() {
        let long = jwt(HEADER, CLAIMS, 8192);
        assert_eq!(said(&long), [Err(NotBare::Long), Ok(())]);
        let longer = jwt(HEADER, CLAIMS, 8196);
        assert_eq!(said(&longer), [Err(NotBare::Long); 2]);
        assert_eq!(
            said(&jwt(HEADER, CLAIMS, 300)),
            [Err(NotBare::Encoded), Ok(())]
        );
        for header in [r#"{"x":"x"}"#, r#"["alg"]"#, r#"{"alg""#, "alg"] {
            let refused = said(&jwt(header, CLAIMS, 900));
            assert!(refused.iter().all(Result::is_err), "{header}");
        }
        for claims in ["", "a", r#"["sub"]"#, r#"{"sub":"#, "\u{80}"] {
            let refused = said(&jwt(HEADER, claims, 900));
            assert!(refused.iter().all(Result::is_err), "{claims}");
        }
        let unsigned = jwt(HEADER, CLAIMS, 300);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        for text in [
            format!("eyJ{}.{}.{}", part(200), part(200), part(200)),
            format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", part(300), part(86)),
            // A signature that is none, or not there, or two.
            jwt(HEADER, CLAIMS, 300) + "~",
            format!("{unsigned}."),
            unsigned.to_owned(),
            jwt(HEADER, CLAIMS, 300) + ".AAAA",
        ] {
            let refused = said(&text);
            assert!(refused.iter().all(Result::is_err), "{text}");
        }
    }

    #[test]
    fn one_with_padding_is_taken() {
        let signature = URL_SAFE_NO_PAD.decode(part(340)).unwrap();
        let parts = [HEADER.as_bytes(), br#"{"sub":"ab"}"#, &signature[..254]];
        let text = parts.map(|part| URL_SAFE.encode(part)).join(".");
        assert!(text.ends_with('='), "{text}");
        assert_eq!(said(&text)[1], Ok(()), "{text}");
    }

    #[test]
    fn claims_are_taken() {
        for claims in [
            r#"{"kubernetes.io":{"secret":{"name":"deployer","uid":"1"}}}"#,
            r#"{"kubernetes.io/serviceaccount/secret.name":"deployer-token-x7k2p"}"#,
            r#"{"must_change_password":false,"has_password":["true"],"sub":"a"}"#,
            r#"{"must_reset_password":"false","client_secret":null}"#,
            r#"{"password_changed_at":1790000000,"pwd_exp":"86400","pwd_url":"https://a.example/"}"#,
            r#"{"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}}}"#,
            r#"{"token_use":"access","auth_time":1790000000,"scp":"Write.Secrets"}"#,
        ] {
            assert_eq!(of_claims(claims), Ok(()), "{claims}");
        }
    }

    #[test]
    fn secrets_in_claims_are_not() {
        for (claims, what) in [
            (r#"{"client_secret":"s3cret"}"#, NotBare::Json),
            (r#"{"client_secre\u0074":"s3cret"}"#, NotBare::Json),
            (r#"{"a":{"private_key":"s3cret"}}"#, NotBare::Json),
            (r#"{"PrivateKey":["s3cret"]}"#, NotBare::Json),
            (r#"{"client_secrets":[{"value":"s3cret"}]}"#, NotBare::Json),
            (r#"{"secretText":"s3cret"}"#, NotBare::Json),
            (r#"{"SecretAccessKey":"s3cret"}"#, NotBare::Json),
            (r#"{"secret":{"value":"s3cret"}}"#, NotBare::Json),
            (r#"{"secret":{"name":"a","value":"s3cret"}}"#, NotBare::Json),
            (r#"{"private-key":{"pem":"s3cret"}}"#, NotBare::Json),
            (r#"{"passphrase":"s3cret"}"#, NotBare::Json),
            (r#"{"api_key":"s3cret"}"#, NotBare::Json),
            (r#"{"refresh_token":"s3cret"}"#, NotBare::Json),
            (r#"{"password":12345678}"#, NotBare::Json),
            (r#"{"secret_account":"s3cret"}"#, NotBare::Json),
            (r#"{"passwordUpdate":"s3cret"}"#, NotBare::Json),
            (r#"{"kty":"oct","k":"c7uPzJmWvK2o"}"#, NotBare::Json),
            (
                r#"{"jwk":{"kty":"OKP","x":"1","d":"c7uPzJmWvK2o"}}"#,
                NotBare::Json,
            ),
            (
                r#"{"a":"{\"client_secret\":\"s3cret of one\"}"}"#,
                NotBare::Json,
            ),
            (r#"{"a":"-----BEGIN PRIVATE KEY-----"}"#, NotBare::Pem),
            (r#"{"-----BEGIN PRIVATE KEY-----":1}"#, NotBare::Pem),
            (
                r#"{"a":"LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t"}"#,
                NotBare::Pem,
            ),
        ] {
            assert_eq!(of_claims(claims), Err(what), "{claims}");
        }
    }

    #[test]
    fn nothing_else_is_a_signature() {
        let unsigned = jwt(HEADER, CLAIMS, 300);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        let der = [
            &[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32][..],
            &[0x87; 32],
        ];
        let text = format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(der.concat()));
        assert_eq!(said(&text), [Err(NotBare::Der); 2]);
    }

    /// Whatever stands in front of it, and however much of its end is lost.
    #[test]
    fn a_document_behind_a_full_stop_is_no_signature() {
        let unsigned = jwt(HEADER, CLAIMS, 300);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        let documents: [&[u8]; 4] = [
            br#"{"contoso":"s3cret of one","fabrikam":"0ther"}"#,
            b"{\"contoso\":\"s3cr\xe9t of one\",\"fabrikam\":\"0ther\"}",
            b"{'client_secret': 's3cret', 'client_id': 'contoso'}",
            b"client_secret: s3cret\nclient_id: contoso\n",
        ];
        for document in documents {
            let text = URL_SAFE_NO_PAD.encode(document);
            for cut in 0..=8 {
                let text = &text[..text.len() - cut];
                for front in ["word", "eyJ1c2VyIjoxfQ", "a.b", "a.b.c", unsigned] {
                    for text in [format!("{front}.{text}"), format!("{front}.{text}.x")] {
                        let refused = said(&text);
                        assert!(refused.iter().all(Result::is_err), "{text}");
                    }
                }
                let text = format!("{text}.{}", part(43));
                let refused = said(&text);
                assert!(refused.iter().all(Result::is_err), "{text}");
            }
        }
    }
}
