use std::sync::Mutex;

use drawbridge_store::LocalStore;

use super::*;
use crate::retry::Failed;

/// Takes everything except what `refuse` says, and notes each call's bodies in order.
#[derive(Default)]
struct Recorder {
    calls: Mutex<Vec<Vec<String>>>,
    refuse: Option<&'static str>,
}

#[async_trait]
impl BatchCall for Recorder {
    async fn call(&self, entries: &[&Entry<'_>]) -> Result<Vec<Failed>, QueueError> {
        let bodies: Vec<_> = entries.iter().map(|entry| entry.body.to_string()).collect();
        let refused = (0..bodies.len()).filter(|&at| Some(bodies[at].as_str()) == self.refuse);
        let failed = refused
            .map(|position| Failed {
                position,
                code: "AccessDenied".into(),
                sender_fault: true,
            })
            .collect();
        self.calls.lock().unwrap().push(bodies);
        Ok(failed)
    }
}

fn queue(recorder: &Arc<Recorder>, fifo: bool) -> SqsQueue {
    SqsQueue {
        call: recorder.clone(),
        url: "https://sqs/1/q".into(),
        fifo,
        offload: None,
        settings: SqsSettings::default(),
    }
}

fn message(group: usize, body: String) -> Message {
    Message {
        key: body.clone(),
        group: format!("g{group}"),
        time: None,
        body,
        attributes: Vec::new(),
    }
}

#[tokio::test]
async fn refusals_of_all_stages_come_in_the_order_of_their_index() {
    let recorder = Arc::new(Recorder {
        refuse: Some("1"),
        ..Recorder::default()
    });
    let mut messages: Vec<_> = (0..4).map(|n| message(0, n.to_string())).collect();
    messages[3].body = "\n".to_owned();
    messages[0].body = "x".repeat(batch::MAX_BYTES + 1);
    let refused = queue(&recorder, true).send(&messages).await.unwrap();
    let told: Vec<_> = refused
        .iter()
        .map(|r| (r.index, r.code.as_str(), r.retryable))
        .collect();
    assert_eq!(
        told,
        [
            (0, "MessageTooLong", false),
            (1, "AccessDenied", false),
            (3, "InvalidMessageContents", false)
        ]
    );
}

#[tokio::test]
async fn fifo_groups_keep_their_order_over_many_batches() {
    let recorder = Arc::new(Recorder::default());
    let messages: Vec<_> = (0..300)
        .map(|n| message(n % 7, format!("{{\"n\":{n}}}")))
        .collect();
    assert_eq!(queue(&recorder, true).send(&messages).await.unwrap(), []);
    let sent: Vec<String> = recorder
        .calls
        .lock()
        .unwrap()
        .iter()
        .flatten()
        .cloned()
        .collect();
    assert_eq!(sent.len(), 300);
    for group in 0..7 {
        let wanted: Vec<_> = messages
            .iter()
            .filter(|m| m.group == format!("g{group}"))
            .map(|m| &m.body)
            .collect();
        let got: Vec<_> = sent.iter().filter(|body| wanted.contains(body)).collect();
        assert_eq!(got, wanted);
    }
}

#[tokio::test]
async fn a_big_body_goes_to_the_store_and_the_pointer_counts_for_packing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStore::new(dir.path()));
    let recorder = Arc::new(Recorder::default());
    let queue = queue(&recorder, false).with_offload(Offload::new(store, "bucket", "large"));
    let big = "x".repeat(batch::MAX_BYTES + 1);
    let messages: Vec<_> = (0..10)
        .map(|n| message(0, format!("\"{n}{big}\"")))
        .collect();
    assert_eq!(queue.send(&messages).await.unwrap(), []);
    let calls = recorder.calls.lock().unwrap();
    assert_eq!(calls.len(), 1);
    assert!(
        calls[0]
            .iter()
            .all(|body| body.contains("\"s3Key\":\"large/"))
    );
    assert_eq!(
        std::fs::read_dir(dir.path().join("large")).unwrap().count(),
        10
    );
}

#[tokio::test]
async fn a_store_that_fails_fails_the_call_and_says_whether_to_retry() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let store = Arc::new(LocalStore::new(file));
    let recorder = Arc::new(Recorder::default());
    let settings = SqsSettings {
        max_message_bytes: 100,
        ..SqsSettings::default()
    };
    let queue = queue(&recorder, false)
        .with_offload(Offload::new(store, "bucket", ""))
        .with_settings(settings);
    let error = queue
        .send(&[message(0, "1".repeat(101))])
        .await
        .unwrap_err();
    assert!(matches!(error, QueueError::Offload { .. }) && !error.is_retryable());
    assert!(recorder.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nothing_to_send_makes_no_call() {
    let recorder = Arc::new(Recorder::default());
    assert_eq!(queue(&recorder, true).send(&[]).await.unwrap(), []);
    assert!(recorder.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_goes_as_a_pointer_is_told_and_what_is_refused_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStore::new(dir.path()));
    let recorder = Arc::new(Recorder::default());
    let without = queue(&recorder, false);
    let with = queue(&recorder, false).with_offload(Offload::new(store, "b", "oversize"));
    let exact = message(0, "x".repeat(batch::MAX_BYTES));
    let over = message(0, "x".repeat(batch::MAX_BYTES + 1));
    // By its attributes, and by what its body becomes.
    let mut attributes = exact.clone();
    attributes.attributes.push(("a", "b".into()));
    let escaped = message(0, "\u{ffff}".repeat(batch::MAX_BYTES / 6 + 1));
    for (message, is_over) in [
        (exact, false),
        (over, true),
        (attributes, true),
        (escaped, true),
    ] {
        let told = with.exceeded(&message);
        assert_eq!(told.len(), usize::from(is_over));
        assert!(told.iter().all(|bound| bound.bytes == batch::MAX_BYTES));
        assert_eq!(without.exceeded(&message), []);
        let send = async |queue: &SqsQueue| queue.send(std::slice::from_ref(&message)).await;
        assert_eq!(send(&with).await.unwrap(), []);
        let refused = send(&without).await.unwrap();
        assert_eq!(refused.len(), usize::from(is_over));
        assert!(
            refused
                .iter()
                .all(|refused| refused.is_too_long() && !refused.retryable)
        );
    }
}
