//! Records, secrets and targets for the tests.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_deliver::{DeliverSettings, Deliverer, Outcome, Ports, Record, Target};
use drawbridge_secrets::Secrets;
use drawbridge_secrets::testing::RotatedSecret;
use drawbridge_store::LocalStore;
use drawbridge_time::Deadline;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Stands in what the records say, and must never show in a reason.
pub(crate) const CONTENT: &str = "MARKER of the alerts";
/// The token that is right, and the one before it.
pub(crate) const TOKEN: &str = "MARKER-token-2";
pub(crate) const OLD_TOKEN: &str = "MARKER-token-1";
pub(crate) const NOW_SECS: i64 = 1_767_323_045;

/// A clock that always tells the same.
pub(crate) fn standing() -> Timestamp {
    Timestamp::from_second(NOW_SECS).unwrap()
}

/// The target of these settings, with a token that is right.
pub(crate) fn target(settings: &Value) -> Arc<dyn Target> {
    target_with(settings, false)
}

/// The same with a token that was rotated meanwhile.
pub(crate) fn target_with(settings: &Value, is_stale: bool) -> Arc<dyn Target> {
    let values = if is_stale {
        vec![OLD_TOKEN, TOKEN]
    } else {
        vec![TOKEN]
    };
    target_keeping(settings, Arc::new(RotatedSecret::of(values)))
}

/// The same with these secrets.
pub(crate) fn target_keeping(settings: &Value, secrets: Arc<dyn Secrets>) -> Arc<dyn Target> {
    let ports = Ports {
        secrets,
        clock: Arc::new(standing),
        aws_assertions: None,
    };
    let settings = DeliverSettings::parse(&settings.to_string()).unwrap();
    settings.build(&ports).unwrap()
}

/// The nth record in the format `siem`, as far as it is looked at.
pub(crate) fn record(n: usize) -> Record {
    let body = json!({
        "AlertTime": "2026-01-02T03:04:00.0000000Z",
        "ComputerDnsName": "ws-1.corp.example.com",
        "AlertTitle": CONTENT,
        "Severity": "High",
        "AlertId": format!("da{}", n / 2),
        "FileName": format!("{n}.exe"),
        "Sha1": format!("{n:040x}"),
        "IpAddress": "",
        "LastProcessedTimeUtc": "2026-01-02T03:04:05.5000000Z",
        "FullId": format!("da{}:{n}", n / 2),
    });
    Record {
        key: format!("da{}:{n}", n / 2),
        alert_id: format!("da{}", n / 2),
        tenant: "contoso".into(),
        format: "siem".into(),
        severity: "High".into(),
        body: body.to_string(),
    }
}

pub(crate) fn records(count: usize) -> Vec<Record> {
    (0..count).map(record).collect()
}

pub(crate) fn text_record(format: &str, body: &str) -> Record {
    Record {
        format: format.into(),
        body: body.into(),
        ..record(0)
    }
}

pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

pub(crate) fn deliverer(target: Arc<dyn Target>) -> (Deliverer, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStore::new(folder.path()));
    (Deliverer::new(target, store), folder)
}

/// What was put aside for the tenant.
pub(crate) fn quarantine(folder: &tempfile::TempDir) -> Vec<Value> {
    let path = folder.path().join("quarantine/contoso/undeliverable");
    let Ok(entries) = std::fs::read_dir(path) else {
        return Vec::new();
    };
    entries
        .map(|entry| {
            serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap()
        })
        .collect()
}

/// All were taken.
#[track_caller]
pub(crate) fn assert_taken(outcomes: &[Outcome]) {
    for outcome in outcomes {
        assert_eq!(*outcome, Outcome::Taken);
    }
}

/// All are to come again, and the reason has those words and nothing that is nobody's business.
#[track_caller]
pub(crate) fn assert_later(outcomes: &[Outcome], words: &[&str]) -> Option<Duration> {
    let mut asked = None;
    assert!(!outcomes.is_empty());
    for outcome in outcomes {
        let Outcome::Later(later) = outcome else {
            panic!("{outcome:?}");
        };
        for word in words {
            assert!(
                later.reason.contains(word),
                "{word:?} is not in: {}",
                later.reason
            );
        }
        assert!(!later.reason.contains("MARKER"), "{}", later.reason);
        asked = later.after;
    }
    asked
}

/// It was refused for good, in those words.
#[track_caller]
pub(crate) fn assert_refused(outcome: &Outcome, words: &str) {
    let Outcome::Refused(reason) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(reason.contains(words), "{words:?} is not in: {reason}");
    assert!(!reason.contains("MARKER"), "{reason}");
}
