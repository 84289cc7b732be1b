//! A world with a token endpoint, and a client of it.

use drawbridge_config::Tenant;
use drawbridge_served::{ClientSecret, TokenKey};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::form_urlencoded;

use crate::world::{Answer, DIRECTORY, World};

/// A client of the token endpoint.
pub(crate) const CONNECTOR: &str = "00000000-0000-0000-0000-00000000000e";

/// A world with a token endpoint, and the secret of its one client.
pub(crate) struct Endpoint {
    pub(crate) world: World,
    pub(crate) secret: ClientSecret,
}

impl Endpoint {
    pub(crate) fn new() -> Self {
        let endpoint = Self {
            world: World::new(),
            secret: ClientSecret::generate().unwrap(),
        };
        endpoint.world.key.change(&TokenKey::generate().unwrap());
        endpoint.has(&[&endpoint.secret]);
        endpoint
    }

    /// From now on the document has these secrets of the client; without any, it has no client.
    pub(crate) fn has(&self, secrets: &[&ClientSecret]) {
        self.world
            .serve(&[self.tenant("contoso", DIRECTORY, secrets)]);
    }

    pub(crate) fn tenant(&self, name: &str, directory: &str, secrets: &[&ClientSecret]) -> Tenant {
        let hashes: Vec<_> = secrets.iter().map(|secret| secret.hash()).collect();
        let more = match hashes.is_empty() {
            true => String::new(),
            false => format!(r#","own_clients":[{{"id":"{CONNECTOR}","secrets":{hashes:?}}}]"#),
        };
        self.world.tenant(name, directory, &more)
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.secret().expose_secret()
    }

    /// Posts a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, &[], fields).await
    }

    /// The same with headers.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = [&[form_type][..], headers].concat();
        let answer = self
            .world
            .send("POST", path, &headers, form.as_bytes())
            .await;
        assert!(!format!("{answer:?}").contains(self.secret()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer
    }

    /// Gets tokens with the client's credentials, with more fields.
    pub(crate) async fn tokens(&self, more: &[(&str, &str)]) -> Value {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", CONNECTOR),
            ("client_secret", self.secret()),
        ];
        let path = format!("/{DIRECTORY}/oauth2/v2.0/token");
        let answer = self.post(&path, &[&fields[..], more].concat()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// A token to read with.
    pub(crate) async fn access(&self) -> String {
        let tokens = self.tokens(&[]).await;
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// The status with which a token is answered.
    pub(crate) async fn status_of(&self, token: &str) -> u16 {
        self.world.get_with(token).await.status.as_u16()
    }
}

/// What a refusal of the token endpoint says, which has this status and this code.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, code: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge.is_some(), code == "invalid_client");
    assert_eq!(
        answer.header("retry-after").is_some(),
        status == 429 || status == 503
    );
    body["error_description"].as_str().unwrap().to_owned()
}
