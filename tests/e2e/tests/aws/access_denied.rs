//! Without permission every port says which one is missing; without a valid key, to sign in.

use std::process::Command;

use aws_config::SdkConfig;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::config::SharedCredentialsProvider;
use bytes::Bytes;
use drawbridge_emulator::{Emulator, Options};
use drawbridge_queue::{Message, Queue as _, QueueError, SqsQueue};
use drawbridge_secrets::{SecretError, Secrets as _, SecretsManager};
use drawbridge_store::{AccessError, S3Store, Store as _, StoreError};

const JSON: &str = "application/json";

struct Errors {
    get: StoreError,
    put: StoreError,
    put_if: StoreError,
    send: QueueError,
    secret: SecretError,
}

/// What each port says to a caller with `key` and `secret`; the bucket, the queue and the secret
/// exist and belong to somebody else.
async fn errors(root: &SdkConfig, key: &str, secret: &str) -> Errors {
    let s3 = drawbridge_store::s3_client(root);
    s3.create_bucket().bucket("bucket").send().await.unwrap();
    let sqs = aws_sdk_sqs::Client::new(root);
    let url = sqs
        .create_queue()
        .queue_name("queue")
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    let manager = aws_sdk_secretsmanager::Client::new(root);
    let _ = manager
        .create_secret()
        .name("secret")
        .secret_string("x")
        .send()
        .await;

    let credentials = Credentials::new(key, secret, None, None, "test");
    let provider = SharedCredentialsProvider::new(credentials);
    let config = root
        .clone()
        .into_builder()
        .credentials_provider(provider)
        .build();
    let store = S3Store::new(drawbridge_store::s3_client(&config), "bucket");
    let body = Bytes::from_static(b"{}");
    let message = Message {
        key: "k".to_owned(),
        group: String::new(),
        time: None,
        body: "{}".to_owned(),
        attributes: Vec::new(),
    };
    let queue = SqsQueue::new(aws_sdk_sqs::Client::new(&config), url);
    let secrets = SecretsManager::new(aws_sdk_secretsmanager::Client::new(&config));
    Errors {
        get: store.get("k").await.unwrap_err(),
        put: store.put("k", body.clone(), JSON).await.unwrap_err(),
        put_if: store.put_if("k", body, JSON, None).await.unwrap_err(),
        send: queue.send(&[message]).await.unwrap_err(),
        secret: secrets.get("secret").await.unwrap_err(),
    }
}

#[tokio::test]
async fn the_missing_permission_or_the_wrong_key_is_told() {
    let options = Options {
        auth: true,
        ..Options::default()
    };
    let emulator = Emulator::start_with(options).await.unwrap();
    let root = emulator.sdk_config().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/create_nobody.py");
    let output = Command::new(emulator.python())
        .arg(script)
        .envs(emulator.env())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let keys = String::from_utf8(output.stdout).unwrap();
    let (key, secret) = keys.trim().split_once(' ').unwrap();

    let nobody = errors(&root, key, secret).await;
    assert!(
        matches!(nobody.get, StoreError::Access(AccessError::Denied { .. })),
        "{}",
        nobody.get
    );
    assert!(
        matches!(nobody.send, QueueError::Access(AccessError::Denied { .. })),
        "{}",
        nobody.send
    );
    assert!(
        matches!(
            nobody.secret,
            SecretError::Access(AccessError::Denied { .. })
        ),
        "{}",
        nobody.secret
    );
    for (text, permission) in [
        (nobody.get.to_string(), "s3:GetObject"),
        (nobody.put.to_string(), "s3:PutObject"),
        (nobody.put_if.to_string(), "s3:PutObject"),
        (nobody.send.to_string(), "sqs:SendMessage"),
        (nobody.secret.to_string(), "secretsmanager:GetSecretValue"),
    ] {
        assert!(text.contains(permission), "{permission} is not in: {text}");
    }

    let stranger = errors(&root, "AKIANOBODYKNOWSTHIS0", "wrong").await;
    for text in [
        stranger.get.to_string(),
        stranger.put.to_string(),
        stranger.send.to_string(),
        stranger.secret.to_string(),
    ] {
        assert!(text.contains("sign in again"), "{text}");
    }
}
