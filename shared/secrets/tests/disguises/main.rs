//! What is no bare secret is told whatever it is dressed as, and what services hand out is taken.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod disguise;
mod keys;
mod made_up;
mod tokens;

use drawbridge_secrets::{NotBare, check_bare, check_client_secret, check_token};
use proptest::collection::vec;
use proptest::prelude::*;
use secrecy::SecretString;

use disguise::{Disguise, MAX_ENCODINGS, disguises};
use keys::{Kind, key};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whatever is cut off of its end, as long as half of it is left.
    #[test]
    fn no_key_is_a_bare_secret(
        kind in any::<Kind>(),
        random in vec(any::<u8>(), 64),
        percent_left in 50_usize..=100,
        encoding in any::<Disguise>().prop_filter("an encoding", Disguise::is_encoding),
        disguises in disguises(MAX_ENCODINGS - 1),
    ) {
        let der = key(kind, &random);
        let der = &der[..(der.len() * percent_left).div_ceil(100)];
        let text = disguises.iter().fold(encoding.dress(der), |text, disguise| disguise.dress(text.as_bytes()));
        prop_assert!(is_refused(&text), "{kind:?}: {text}");
    }

    #[test]
    fn no_text_that_is_refused_is_taken_in_a_disguise(
        text in prop::sample::select(TEXTS),
        disguises in disguises(MAX_ENCODINGS),
    ) {
        prop_assert!(is_refused(text), "{text}");
        let text = disguises.iter().fold(text.to_owned(), |text, disguise| disguise.dress(text.as_bytes()));
        prop_assert!(is_refused(&text), "{text}");
    }

    /// Less than one of a million is, by chance, but for four dashes in a row, of which this generator makes many.
    #[test]
    fn no_random_text_is_refused(
        hex in "[0-9a-f]{16,200}",
        capitals in "[0-9A-F]{16,200}",
        base64 in "[A-Za-z0-9+/]{16,200}={0,2}",
        base64_url in "[A-Za-z0-9_-]{16,200}",
        letters in "[A-Za-z0-9]{16,200}",
        of_entra in "[A-Za-z0-9]{3}8Q~[A-Za-z0-9._~-]{34}",
        password in "[A-Za-z0-9!#$%&()*+,./:;<=>?@^_`|~-]{8,40}",
    ) {
        let [base64_url, of_entra] = [base64_url, of_entra].map(|text| text.replace("---", "-a-"));
        for text in [&hex, &capitals, &base64, &base64_url, &letters, &of_entra, &password] {
            prop_assert_eq!(check_bare(text), Ok(()), "{}", text);
        }
        for text in [&hex, &capitals, &base64, &base64_url, &letters, &of_entra] {
            let short = |chars: usize| text.chars().take(chars).collect::<String>();
            prop_assert_eq!(said(&short(64))[0], Ok(()), "{}", text);
            prop_assert_eq!(said(&short(99))[1], Ok(()), "{}", text);
        }
    }

    /// What is left of PEM text that was cut in its first or its last line, at the dashes or within its words.
    #[test]
    fn no_line_of_a_key_with_its_dashes_is_sent(
        body in "[A-Za-z0-9+/]{4,64}",
        kind in prop::sample::select(&["CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "PUBLIC KEY"][..]),
        is_begin in any::<bool>(),
        left in 0_usize..=9,
        between in prop::sample::select(&["", "\n", " ", "\r\n\t"][..]),
        disguise in any::<Disguise>().prop_filter("an encoding", Disguise::is_encoding),
    ) {
        let text = match is_begin {
            true => {
                let begin = format!("{kind}-----");
                format!("{}{between}{body}", &begin[begin.len() - 5 - left.min(kind.len())..])
            }
            false => format!("{body}{between}{}", &"-----END PRIVATE"[..5 + left]),
        };
        prop_assert!(said(&text).iter().all(Result::is_err), "{text}");
        // A part of less than 24 characters may be anything.
        if text.len() >= 24 {
            let text = disguise.dress(text.as_bytes());
            prop_assert!(said(&text).iter().all(Result::is_err), "{text}");
        }
    }

    /// Nothing of it panics, whatever it is.
    #[test]
    fn any_text_is_judged(text in "\\PC{0,300}") {
        let _ = check_bare(&text);
    }
}

/// Documents of secrets, and keys that are texts.
const TEXTS: &[&str] = &[
    "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF",
    "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
    "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ",
    "AGE-SECRET-KEY-PQ-1K30MYPZAHAXHR22YHH27EGDVLU0QNSUH3DSV7J7NR3X6D9LHXNWSDLTV4T",
    "age-secret-key-1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyq",
    "AGE-PLUGIN-SIMPLEPQ-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGP",
    "{\"contoso\":\"s3cr\u{e9}t\",\"fabrikam\":\"0ther\"}",
    "{\n  \"type\": \"service_account\",\n  \"private_key\": \"7777\"",
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}",
    "client_secret: s3cret\nclient_id: contoso\n",
    "[\"s3cret of one\",\"s3cret of another\"]",
    "[{\"name\":\"contoso\",\"value\":\"s3cret\"}]",
    "\u{feff}{\"client_secret\":\"s3cret\"}",
    "{'client_secret': 's3cret'}",
    // Cut out of a document.
    "\"password\":\"abc8Q~defGhi_jkl\"}",
    "\"client_secret\":\"abc8Q~defGhi\",\"tenant\":\"x\"",
    "'client_secret':'abc8Q~defGhi_jkl'",
    "\"uk\":\"abc8Q~defGhi_jkl\",\"de\":\"jkl8Q~mnoPqr\"}",
    "abc8Q~defGhi_jkl.mnoPqr\",\"de\":\"jkl8Q~mn\"}",
    "contoso:abc8Q~defGhi_jkl,other:jkl8Q~mnoPqr}",
    "client_secret:abc8Q~defGhi_jkl,client_id:x}",
    "<RSAKeyValue><D>x</D></RSAKeyValue>",
    "<?xml version=\"1.0\"?><a/>",
];

/// Whether it is never sent as a client secret or a token, nor signed with.
fn is_refused(text: &str) -> bool {
    check_bare(text).is_err()
}

/// What is said of a text in the place of a client secret, and of a token.
fn said(text: &str) -> [Result<(), NotBare>; 2] {
    let secret = SecretString::from(text);
    [check_client_secret(&secret), check_token(&secret)]
}
