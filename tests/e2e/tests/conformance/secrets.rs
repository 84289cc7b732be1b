//! Every place that keeps secrets answers in the same way.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::primitives::Blob;
use drawbridge_emulator::{Emulator, Options};
use drawbridge_secrets::{
    FileSecrets, MemberKind, OwnMember, SecretError, Secrets, SecretsManager,
};

use crate::cloud;

/// What the tests write; no message may show it.
const VALUE: &str = "s3cr~t.VALUE";

/// A secret that can be written, and what reads it.
enum StoredSecret {
    File(tempfile::TempDir),
    Manager(Client, SecretsManager, String),
}

impl StoredSecret {
    fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    async fn manager() -> Self {
        let client = Client::new(&cloud::config().await);
        let secrets = SecretsManager::new(client.clone());
        Self::Manager(client, secrets, cloud::unique("drawbridge/contoso"))
    }

    fn name(&self) -> String {
        match self {
            Self::File(dir) => dir.path().join("secret").display().to_string(),
            Self::Manager(_, _, name) => name.clone(),
        }
    }

    fn secrets(&self) -> &dyn Secrets {
        match self {
            Self::File(_) => &FileSecrets,
            Self::Manager(_, secrets, _) => secrets,
        }
    }

    async fn write(&self, text: &str) {
        match self {
            Self::File(_) => std::fs::write(self.name(), text).unwrap(),
            Self::Manager(client, secrets, name) => {
                let created = client
                    .create_secret()
                    .name(name)
                    .secret_string(text)
                    .send()
                    .await;
                if created.is_err() {
                    let put = client
                        .put_secret_value()
                        .secret_id(name)
                        .secret_string(text);
                    put.send().await.unwrap();
                    secrets.refresh(name).await.unwrap();
                }
            }
        }
    }

    async fn read(&self) -> Result<String, SecretError> {
        use secrecy::ExposeSecret;
        let value = self.secrets().get(&self.name()).await?;
        assert!(!format!("{value:?}").contains(VALUE));
        Ok(value.expose_secret().to_owned())
    }

    async fn fault(&self) -> SecretError {
        let error = self.read().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(VALUE), "{error}");
        assert!(error.to_string().contains(&self.name()), "{error}");
        assert!(!error.is_retryable());
        error
    }
}

async fn the_value_comes_without_blanks_around_it(place: StoredSecret) {
    place.write(&format!("  {VALUE}\n")).await;
    assert_eq!(place.read().await.unwrap(), VALUE);
}

async fn a_secret_that_is_not_there_is_named(place: StoredSecret) {
    assert!(matches!(place.fault().await, SecretError::Missing { .. }));
}

async fn a_blank_secret_says_how_to_give_it_a_value(place: StoredSecret) {
    place.write(" \n").await;
    let error = place.fault().await;
    assert!(matches!(error, SecretError::Empty { .. }), "{error}");
    assert!(error.to_string().contains("write the"), "{error}");
}

async fn a_rotated_secret_is_seen(place: StoredSecret) {
    place.write("old").await;
    assert_eq!(place.read().await.unwrap(), "old");
    place.write("new").await;
    assert_eq!(place.read().await.unwrap(), "new");
}

/// Ten tenants of one secret are one call, and a member that was changed is found by who was refused
/// with the old one.
#[tokio::test]
async fn a_secret_of_many_is_asked_for_once() {
    use secrecy::ExposeSecret;
    let emulator = Emulator::start_with(Options {
        auth: true,
        ..Options::default()
    });
    let emulator = emulator.await.unwrap();
    let client = Client::new(&emulator.sdk_config().await);
    let name = "drawbridge/prod/_shared/1";
    let members = (0..10).map(|n| (format!("t{n}"), format!("{VALUE}-{n}").into()));
    let text = serde_json::Value::Object(members.collect()).to_string();
    let create = client.create_secret().name(name).secret_string(text);
    create.send().await.unwrap();
    let secrets: Arc<dyn Secrets> = Arc::new(SecretsManager::new(client));
    let before = emulator.calls().len();
    for n in 0..10 {
        let kind = MemberKind::ClientSecret;
        let own = OwnMember::new(Arc::clone(&secrets), &format!("t{n}"), kind);
        let value = own.get(name).await.unwrap();
        assert_eq!(value.expose_secret(), format!("{VALUE}-{n}"));
        // It was read a moment ago.
        own.refresh(name).await.unwrap();
    }
    let error = secrets.get(name).await.unwrap_err().to_string();
    assert!(error.contains(name) && !error.contains(VALUE), "{error}");
    let calls = emulator.calls();
    let calls = calls[before..].iter();
    let asked = calls.filter(|call| call.action == "secretsmanager:GetSecretValue");
    // The last one is of who takes it for one tenant's.
    assert_eq!(asked.count(), 2);
}

macro_rules! conformance {
    ($($check:ident)*) => {
        mod file {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::StoredSecret::file()).await;
            })*
        }

        mod manager {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::StoredSecret::manager().await).await;
            })*
        }
    };
}

conformance! {
    the_value_comes_without_blanks_around_it
    a_secret_that_is_not_there_is_named
    a_blank_secret_says_how_to_give_it_a_value
    a_rotated_secret_is_seen
}

#[tokio::test]
async fn a_json_secret_gives_its_member() {
    let place = StoredSecret::manager().await;
    place
        .write(&format!(r#"{{"client_id":"x","client_secret":"{VALUE}"}}"#))
        .await;
    assert_eq!(place.read().await.unwrap(), VALUE);
}

#[tokio::test]
async fn a_json_secret_of_another_shape_is_refused_without_showing_it() {
    let place = StoredSecret::manager().await;
    place.write(&format!(r#"{{"password":"{VALUE}"}}"#)).await;
    let error = place.fault().await;
    assert!(error.to_string().contains("client_secret"), "{error}");
}

#[tokio::test]
async fn a_binary_secret_is_refused() {
    let place = StoredSecret::manager().await;
    let StoredSecret::Manager(client, _, name) = &place else {
        unreachable!()
    };
    let value = Blob::new(VALUE.as_bytes());
    client
        .create_secret()
        .name(name)
        .secret_binary(value)
        .send()
        .await
        .unwrap();
    assert!(matches!(place.fault().await, SecretError::BadShape { .. }));
}

#[tokio::test]
async fn a_secret_without_a_value_says_how_to_put_one() {
    let place = StoredSecret::manager().await;
    let StoredSecret::Manager(client, _, name) = &place else {
        unreachable!()
    };
    client.create_secret().name(name).send().await.unwrap();
    let error = place.fault().await;
    assert!(error.to_string().contains("put-secret-value"), "{error}");
}

#[tokio::test]
async fn a_value_is_kept_until_it_is_refreshed() {
    let place = StoredSecret::manager().await;
    place.write("old").await;
    assert_eq!(place.read().await.unwrap(), "old");
    let StoredSecret::Manager(client, secrets, name) = &place else {
        unreachable!()
    };
    client
        .put_secret_value()
        .secret_id(name)
        .secret_string("new")
        .send()
        .await
        .unwrap();
    assert_eq!(place.read().await.unwrap(), "old");
    secrets.refresh(name).await.unwrap();
    assert_eq!(place.read().await.unwrap(), "new");
}
