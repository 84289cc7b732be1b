//! Tokens that are signed (JWT, RFC 7519), and what is no part of one.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;
use serde_json::{Map, Value};

use crate::damaged_jwt::DamagedJwt;
use crate::distinct::Distinct;
use crate::encoded::readings;
use crate::not_bare::NotBare;

/// How the name of a member ends that is a secret of its own and no claim, in small letters and without
/// marks such as `_`. What only has such a word in it is about a secret: `pwdLastSet`, or
/// `secret_id_accessor`.
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

/// What may stand behind it.
const ENDS: [&str; 4] = ["", "s", "text", "value"];

/// The members of a claim called `secret` in the token of a service account of Kubernetes: the object that
/// the token is kept in.
const KUBERNETES_SECRET: [&str; 2] = ["name", "uid"];

/// How many bytes a signature has, by the algorithm (RFC 7518, 8037 and 8812). Keys of RSA have 2048, 3072
/// or 4096 bits; Entra takes no token that is signed otherwise.
const SIGNATURE_BYTES: [(&[&str], &[usize]); 7] = [
    (
        &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
        &[256, 384, 512],
    ),
    (&["ES256", "ES256K", "HS512", "Ed25519"], &[64]),
    (&["ES384"], &[96]),
    (&["ES512"], &[132]),
    (&["EdDSA"], &[64, 114]),
    (&["HS256"], &[32]),
    (&["HS384"], &[48]),
];

/// The fewest characters of what may have been a header: `{"alg":"RS256"}` has 20 of them. What stands before
/// an object in other tokens is shorter.
const MIN_HEADER_CHARS: usize = 16;

/// The members of a private key that is written as JSON (RFC 7518, section 6).
const PRIVATE_JWK: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Some issuers pad, although RFC 7515 forbids it. What is left of the last byte is nobody's secret.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A JWT: three parts in base64 between full stops. The first two are objects, and the last one is as long
/// as the signatures of the algorithm are that the first one names.
pub(crate) struct Jwt {
    /// Names how it was signed.
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signature: Zeroizing<Vec<u8>>,
    /// The same in base64: what was put behind a shorter one begins anywhere in it.
    encoded: Zeroizing<String>,
}

impl Jwt {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, if it begins as one does: with a header that says how it was signed, or what
    /// may have been one before the claims, and a full stop.
    pub(crate) fn parse(text: &str) -> Result<Self, Option<DamagedJwt>> {
        let (first, rest) = text.split_once('.').ok_or(None)?;
        let header = object(first).ok_or_else(|| {
            let claims = rest.split_once('.').map(|(claims, _)| claims);
            let is_one = first.len() >= MIN_HEADER_CHARS && claims.and_then(object).is_some();
            is_one.then_some(DamagedJwt::Header)
        })?;
        let algorithm = header.get("alg").and_then(Value::as_str).ok_or(None)?;
        let parts: Vec<&str> = text.split('.').collect();
        let [_, claims, encoded] = parts[..] else {
            return Err(Some(DamagedJwt::Parts(parts.len())));
        };
        let claims = object(claims).ok_or(DamagedJwt::Claims)?;
        let (algorithm, bytes) = signature_of(algorithm).ok_or(DamagedJwt::Algorithm)?;
        // Neither less nor more than a signature: a key may have been put behind it.
        let signature = decoded(encoded).filter(|signature| bytes.contains(&signature.len()));
        let signature = signature.ok_or_else(|| DamagedJwt::of(encoded, algorithm, bytes))?;
        Ok(Self {
            header,
            claims,
            signature,
            encoded: Zeroizing::new(encoded.to_owned()),
        })
    }

    /// What is in it that is no part of a token, such as a password or a key. `look` says what the bytes
    /// of a member are, or those that the signature stands for.
    pub(crate) fn found(&self, look: Look<'_>) -> Option<NotBare> {
        let search = Search { look };
        [&self.header, &self.claims]
            .into_iter()
            .find_map(|object| search.object(object, false))
            .or_else(|| readings(&self.encoded).find_map(|bytes| search.bytes(&bytes)))
            .or_else(|| is_printable(&self.signature).then_some(NotBare::SecretInToken))
    }
}

fn decoded(part: &str) -> Option<Zeroizing<Vec<u8>>> {
    BASE64_URL.decode(part).ok().map(Zeroizing::new)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&decoded(part)?) {
        Ok(Distinct(Value::Object(object))) => Some(object),
        _ => None,
    }
}

/// An algorithm that tokens are signed with, and the bytes that its signatures have.
fn signature_of(algorithm: &str) -> Option<(&'static str, &'static [usize])> {
    SIGNATURE_BYTES.iter().find_map(|(algorithms, bytes)| {
        let known = algorithms.iter().find(|known| **known == algorithm)?;
        Some((*known, *bytes))
    })
}

/// Whether a text looks like a JWT, or like one that was damaged.
pub(crate) fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

type Look<'l> = &'l dyn Fn(&[u8]) -> Option<NotBare>;

struct Search<'l> {
    look: Look<'l>,
}

impl Search<'_> {
    /// `is_secret` if the object belongs to a member that is called one.
    fn object(&self, object: &Map<String, Value>, is_secret: bool) -> Option<NotBare> {
        if is_private_jwk(object) {
            return Some(NotBare::SecretInToken);
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
            Value::Number(_) => is_secret.then_some(NotBare::SecretInToken),
            Value::String(text) if is_secret && !is_flag(text) => Some(NotBare::SecretInToken),
            Value::String(text) => self.bytes(text.as_bytes()),
            Value::Array(values) => values.iter().find_map(|value| self.value(value, is_secret)),
            Value::Object(object) => self.object(object, is_secret),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> Option<NotBare> {
        (self.look)(bytes)
    }
}

/// Whether it is a text, which the bytes of a signature are by no chance.
fn is_printable(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
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
    if name == "secret" && is_of_kubernetes() {
        return false;
    }
    let mut name = name.to_ascii_lowercase();
    name.retain(|c| c.is_ascii_alphanumeric());
    let mut words = ENDS.iter().filter_map(|end| name.strip_suffix(end));
    words.any(|word| SECRET.iter().any(|secret| word.ends_with(secret)))
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

    /// One with a signature of that length.
    fn jwt(header: &str, claims: &str, signature_bytes: usize) -> String {
        let signature = URL_SAFE_NO_PAD.decode(part(1368)).unwrap();
        let parts = [
            header.as_bytes(),
            claims.as_bytes(),
            &signature[..signature_bytes],
        ];
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    const HEADER: &str = r#"{"typ":"JWT","alg":"RS256"}"#;
    const CLAIMS: &str = r#"{"sub":"a"}"#;

    /// What is said of one with these claims, as a token.
    fn of_claims(claims: &str) -> Result<(), NotBare> {
        let [as_client_secret, as_token] = said(&jwt(HEADER, claims, 256));
        assert!(as_client_secret.is_err());
        as_token
    }

    #[test]
    fn one_says_how_it_was_signed_and_may_be_as_long_as_a_header() {
        let of_bytes = |bytes: usize| {
            let fixed = jwt(HEADER, r#"{"sub":""}"#, 256).len();
            let sub = "a".repeat((bytes - fixed) * 3 / 4);
            jwt(HEADER, &format!(r#"{{"sub":"{sub}"}}"#), 256)
        };
        let long = of_bytes(8192);
        assert!((8189..=8192).contains(&long.len()));
        assert_eq!(said(&long), [Err(NotBare::Long), Ok(())]);
        assert_eq!(said(&of_bytes(8200)), [Err(NotBare::Long); 2]);
        assert_eq!(
            said(&jwt(HEADER, CLAIMS, 256)),
            [Err(NotBare::Encoded), Ok(())]
        );
        for header in [r#"{"x":"x"}"#, r#"["alg"]"#, r#"{"alg""#, "alg"] {
            let refused = said(&jwt(header, CLAIMS, 256));
            assert!(refused.iter().all(Result::is_err), "{header}");
        }
        for claims in ["", "a", r#"["sub"]"#, r#"{"sub":"#, "\u{80}"] {
            let refused = said(&jwt(HEADER, claims, 256));
            assert!(refused.iter().all(Result::is_err), "{claims}");
        }
        let unsigned = jwt(HEADER, CLAIMS, 256);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        for text in [
            format!("eyJ{}.{}.{}", part(200), part(200), part(200)),
            format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", part(300), part(86)),
            // A signature that is none, or not there, or two.
            jwt(HEADER, CLAIMS, 256) + "~",
            format!("{unsigned}."),
            unsigned.to_owned(),
            jwt(HEADER, CLAIMS, 256) + ".AAAA",
        ] {
            let refused = said(&text);
            assert!(refused.iter().all(Result::is_err), "{text}");
        }
    }

    #[test]
    fn one_that_was_damaged_is_told_in_words_of_its_own() {
        let whole = jwt(HEADER, CLAIMS, 256);
        let (unsigned, signature) = whole.rsplit_once('.').unwrap();
        let (header, _) = unsigned.split_once('.').unwrap();
        for (text, words) in [
            (
                whole[..whole.len() - 1].to_owned(),
                "its signature has 341 characters, where RS256 has 342, 512 or 683",
            ),
            (format!("{whole}x"), "its signature has 343 characters"),
            (
                jwt(r#"{"alg":"ES256"}"#, CLAIMS, 63),
                "has 84 characters, where ES256 has 86",
            ),
            (format!("{whole}~"), "a character that is none of base64"),
            (whole[1..].to_owned(), "the header, cannot be read"),
            (format!("e{whole}"), "the header, cannot be read"),
            (unsigned.to_owned(), "it has 2 parts between full stops"),
            (format!("{whole}.x"), "it has 4 parts between full stops"),
            (
                format!("{header}.eyJzdWIi.{signature}"),
                "the claims, cannot be read",
            ),
            (
                jwt(r#"{"alg":"none"}"#, CLAIMS, 256),
                "its header names no algorithm",
            ),
        ] {
            for refused in said(&text) {
                let told = refused.unwrap_err().to_string();
                assert!(
                    told.contains(words) && told.contains("copy it anew"),
                    "{told}"
                );
            }
        }
    }

    /// A key, a secret or a document that was put behind a token.
    #[test]
    fn one_with_something_behind_its_signature_is_not() {
        let ed25519 = [
            &[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32][..],
            &[0x87; 32],
        ]
        .concat();
        let hex: String = ed25519.iter().map(|byte| format!("{byte:02x}")).collect();
        for (algorithm, bytes) in [
            ("RS256", 256),
            ("RS256", 384),
            ("HS512", 64),
            ("ES512", 132),
        ] {
            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            let token = jwt(&header, CLAIMS, bytes);
            assert_eq!(said(&token)[1], Ok(()), "{algorithm}");
            for behind in [
                URL_SAFE_NO_PAD.encode(&ed25519),
                hex.clone(),
                format!("A{}", URL_SAFE_NO_PAD.encode("-----BEGIN PRIVATE KEY-----")),
                URL_SAFE_NO_PAD.encode(r#"{"client_secret":"abc8Q~defGhi_jkl.MnoPqr"}"#),
                "abc8QdefGhi_jklMnoPqr-stuVwxyz0123456".to_owned(),
            ] {
                let refused = said(&format!("{token}{behind}"));
                assert!(refused.iter().all(Result::is_err), "{algorithm} {behind}");
            }
        }
        for (algorithm, bytes) in [("RS256", 255), ("ES256", 63), ("none", 0), ("XS256", 256)] {
            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            let refused = said(&jwt(&header, CLAIMS, bytes));
            assert!(refused.iter().all(Result::is_err), "{algorithm}");
        }
    }

    #[test]
    fn one_with_padding_is_taken() {
        let signature = URL_SAFE_NO_PAD.decode(part(340)).unwrap();
        let signature = [&signature[..], &[7; 256]].concat();
        let parts = [HEADER.as_bytes(), br#"{"sub":"ab"}"#, &signature[..256]];
        let text = parts.map(|part| URL_SAFE.encode(part)).join(".");
        assert!(text.ends_with('='), "{text}");
        assert_eq!(said(&text)[1], Ok(()), "{text}");
    }

    #[test]
    fn claims_are_taken() {
        for claims in [
            r#"{"kubernetes.io":{"secret":{"name":"deployer","uid":"1"}}}"#,
            r#"{"kubernetes.io/serviceaccount/secret.name":"deployer-token-x7k2p"}"#,
            r#"{"pwdLastSet":"133000000000000000","passwordLastSet":1790000000,"password_expiry":"never"}"#,
            r#"{"resource_access":{"secrets-manager":{"roles":["reader"]}}}"#,
            r#"{"https://example.com/secrets/role":"reader","secret_id_accessor":"a","secret_id_num_uses":3}"#,
            r#"{"labels":"env:prod,team:secops,tier:one"}"#,
            r#"{"sub":"{8f2b1a5c-0d3e-4b6f-9a1c-2e4d6f8a0b1c}:{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}"}"#,
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
            (r#"{"client_secret":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"client_secre\u0074":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"a":{"private_key":"s3cret"}}"#, NotBare::SecretInToken),
            (r#"{"PrivateKey":["s3cret"]}"#, NotBare::SecretInToken),
            (
                r#"{"client_secrets":[{"value":"s3cret"}]}"#,
                NotBare::SecretInToken,
            ),
            (r#"{"secretText":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"SecretAccessKey":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"secret":{"value":"s3cret"}}"#, NotBare::SecretInToken),
            (
                r#"{"secret":{"name":"a","value":"s3cret"}}"#,
                NotBare::SecretInToken,
            ),
            (
                r#"{"private-key":{"pem":"s3cret"}}"#,
                NotBare::SecretInToken,
            ),
            (r#"{"passphrase":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"api_key":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"refresh_token":"s3cret"}"#, NotBare::SecretInToken),
            (r#"{"password":12345678}"#, NotBare::SecretInToken),
            (r#"{"passwordValue":"s3cret"}"#, NotBare::SecretInToken),
            (
                r#"{"kty":"oct","k":"c7uPzJmWvK2o"}"#,
                NotBare::SecretInToken,
            ),
            (
                r#"{"jwk":{"kty":"OKP","x":"1","d":"c7uPzJmWvK2o"}}"#,
                NotBare::SecretInToken,
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

    /// Of two members of one name, a reader sees the last one.
    #[test]
    fn one_with_a_member_twice_is_not() {
        let key = r#"{"kty":"OKP","crv":"Ed25519","x":"1","d":"c7uPzJmWvK2o"}"#;
        let twice = format!(r#"{{"alg":"RS256","jwk":{key},"jwk":null}}"#);
        for (header, claims) in [
            (
                HEADER,
                r#"{"client_secret":"hunter2hunter2","client_secret":null}"#,
            ),
            (HEADER, r#"{"a":"-----BEGIN PRIVATE KEY-----","a":"x"}"#),
            (HEADER, r#"{"a":[{"b":1,"\u0062":2}]}"#),
            (&twice, CLAIMS),
        ] {
            let refused = said(&jwt(header, claims, 256));
            assert!(refused.iter().all(Result::is_err), "{header} {claims}");
        }
    }

    #[test]
    fn nothing_else_is_a_signature() {
        let unsigned = jwt(HEADER, CLAIMS, 256);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        // A key of an elliptic curve, and what was made as long as a signature.
        let der = [
            &[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32][..],
            &[0x87; 32],
            &[0; 256],
        ];
        let der = &der.concat()[..256];
        let text = format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(der));
        assert_eq!(said(&text), [Err(NotBare::Der); 2]);
    }

    /// Whatever stands in front of it, and however much of its end is lost.
    #[test]
    fn a_document_behind_a_full_stop_is_no_signature() {
        let unsigned = jwt(HEADER, CLAIMS, 256);
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
