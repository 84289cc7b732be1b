use drawbridge_entra::is_guid;
use serde::{Deserialize, Serialize};

/// How a hash of a secret begins in a document.
pub const SECRET_HASH_PREFIX: &str = "sha256:";

/// The most clients of a tenant at the token endpoint of its own, and the most secrets of one: the second
/// is for the time in which the first one is replaced.
const MAX_CLIENTS: usize = 64;
const MAX_SECRETS: usize = 2;

/// A client of Drawbridge's own token endpoint, for connectors that cannot ask Entra for a token for the
/// customer's own API.
///
/// `drawbridge serve client` makes the secret, shows it once, and prints what a document has of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnClient {
    /// The client id, a GUID.
    pub id: String,
    /// SHA-256 of its secret, as `sha256:` and 64 hexadecimal digits; two while one secret takes the
    /// place of the other. What was issued with a secret ends when its hash is removed.
    pub secrets: Vec<String>,
}

impl OwnClient {
    /// What is wrong with the clients of a document, if anything. Values are not repeated, since someone
    /// may have written a secret instead of its hash.
    pub(crate) fn problem(clients: &[Self]) -> Option<&'static str> {
        let mut ids: Vec<_> = clients.iter().map(|c| c.id.to_ascii_lowercase()).collect();
        ids.sort_unstable();
        if clients.len() > MAX_CLIENTS || ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Some("must be at most 64 clients, each with an id of its own");
        }
        if !clients.iter().all(|client| is_guid(&client.id)) {
            return Some("must have a GUID as each id: `drawbridge serve client` makes one");
        }
        let is_count = |client: &Self| (1..=MAX_SECRETS).contains(&client.secrets.len());
        let are_hashes = |client: &Self| client.secrets.iter().all(|secret| is_hash(secret));
        let are_whole = clients.iter().all(|c| is_count(c) && are_hashes(c));
        (!are_whole).then_some(
            "must have one or two secrets each, as sha256: and 64 hexadecimal digits in lower case, \
             and never the secret itself: `drawbridge serve client` makes one and prints its hash",
        )
    }
}

fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix(SECRET_HASH_PREFIX).unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digits.len() == 64 && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-0000-0000-00000000000e";

    fn client(id: &str, secrets: &[&str]) -> OwnClient {
        OwnClient {
            id: id.to_owned(),
            secrets: secrets.iter().map(|&secret| secret.to_owned()).collect(),
        }
    }

    #[test]
    fn a_client_has_an_id_and_one_or_two_hashes() {
        let (one, other) = (
            format!("sha256:{}", "0a".repeat(32)),
            format!("sha256:{}", "0b".repeat(32)),
        );
        assert_eq!(OwnClient::problem(&[]), None);
        assert_eq!(OwnClient::problem(&[client(ID, &[&one])]), None);
        assert_eq!(OwnClient::problem(&[client(ID, &[&one, &other])]), None);
        let upper = one.to_uppercase();
        for (secrets, named) in [
            (&[][..], "one or two secrets"),
            (&[&*one, &*other, &*one], "one or two secrets"),
            (&["hunter2"], "never the secret itself"),
            (&[&upper], "lower case"),
            (&[&one[7..]], "sha256:"),
            (&[&one[..70]], "64 hexadecimal digits"),
        ] {
            let problem = OwnClient::problem(&[client(ID, secrets)]).unwrap();
            assert!(problem.contains(named), "{problem}");
        }
        let problem = OwnClient::problem(&[client("arcsight", &[&one])]).unwrap();
        assert!(problem.contains("GUID"), "{problem}");
        let twice = [client(ID, &[&one]), client(&ID.to_uppercase(), &[&other])];
        assert!(OwnClient::problem(&twice).is_some());
        assert!(OwnClient::problem(&vec![client(ID, &[&one]); 65]).is_some());
    }
}
