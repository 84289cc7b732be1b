use std::sync::atomic::{AtomicUsize, Ordering};

use drawbridge_deliver::Outcome;
use serde_json::{Value, json};

use crate::fake::http::{Fake, ReceivedRequest, Reply, json as answer};
use crate::fake::sentinel::{self, DCR, STREAM, TENANT, is_sign_in, taken};
use crate::support::{
    TOKEN, assert_later, assert_refused, assert_taken, deliverer, quarantine, record, records,
    soon, target, target_with, text_record,
};

fn settings(fake: &Fake) -> Value {
    json!({
        "target": "sentinel", "url": fake.url, "login_url": fake.url, "dcr": DCR, "stream": STREAM,
        "tenant_id": TENANT, "client_id": "app", "secret": "s",
    })
}

fn azure(asked: &ReceivedRequest, intake: impl FnOnce(&ReceivedRequest) -> Reply) -> Reply {
    sentinel::azure(asked, TOKEN, intake)
}

fn rows(fake: &Fake) -> Vec<Value> {
    fake.asked()
        .iter()
        .filter(|asked| !is_sign_in(asked))
        .flat_map(sentinel::rows)
        .collect()
}

#[tokio::test]
async fn rows_are_records_with_their_time() {
    let fake = Fake::start(|_, asked| azure(asked, taken)).await;
    assert_taken(&target(&settings(&fake)).deliver(&records(3), soon()).await);
    let rows = rows(&fake);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["TimeGenerated"], "2026-01-02T03:04:05.5Z");
    assert_eq!(rows[0]["FullId"], "da0:0");
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn calls_stay_below_a_megabyte_and_the_token_is_kept() {
    let fake = Fake::start(|_, asked| azure(asked, taken)).await;
    let mut given = records(8);
    for (n, record) in given.iter_mut().enumerate() {
        // Text that hardly gets smaller.
        let noise: String = (0..4_600_u64)
            .map(|at| {
                format!(
                    "{:016x}",
                    (at + n as u64 * 7_919 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
                )
            })
            .collect();
        let halves = noise.split_at(noise.len() / 2);
        record.body =
            json!({"FullId": record.key, "a": halves.0, "b": halves.1, "c": halves.0, "d": halves.1})
                .to_string();
    }
    let target = target(&settings(&fake));
    assert_taken(&target.deliver(&given, soon()).await);
    let keys: Vec<_> = rows(&fake)
        .iter()
        .map(|row| row["FullId"].clone())
        .collect();
    assert_eq!(
        keys,
        given.iter().map(|r| r.key.as_str()).collect::<Vec<_>>()
    );
    let tokens = fake.asked().iter().filter(|a| is_sign_in(a)).count();
    assert_eq!((tokens, fake.asked().len()), (1, 3));
}

#[tokio::test]
async fn long_fields_are_cut_and_told_and_huge_rows_are_refused() {
    let fake = Fake::start(|_, asked| azure(asked, taken)).await;
    let mut given = records(3);
    given[0].body = json!({"FullId": "x", "Description": "y".repeat(70_000)}).to_string();
    let fields: serde_json::Map<String, Value> = (0..20)
        .map(|n| (format!("f{n}"), "z".repeat(60_000).into()))
        .collect();
    given[1].body = Value::Object(fields).to_string();
    let outcomes = target(&settings(&fake)).deliver(&given, soon()).await;
    assert!(
        matches!(&outcomes[0], Outcome::TakenInPart(what) if what.contains("Description cut to 64 KB"))
    );
    assert_refused(&outcomes[1], "1 MB at most");
    assert_taken(&outcomes[2..]);
}

/// The API takes what fits no column, drops it and says 204: nothing of that kind is ever sent.
#[tokio::test]
async fn a_record_of_another_format_than_the_tables_is_put_aside() {
    let fake = Fake::start(|_, asked| azure(asked, taken)).await;
    let cef = || text_record("cef", "CEF:0|a|b|c|d|e|8|msg=x");
    let unknown = text_record("MARKER", &record(1).body);
    let given = vec![record(0), cef(), unknown, record(3)];
    let (deliverer, store) = deliverer(target(&settings(&fake)));
    let stored_records = given.into_iter().map(Into::into).collect();
    let outcomes = deliverer.deliver(stored_records, soon()).await;
    assert_refused(&outcomes[1], "deliver the output siem");
    assert_refused(&outcomes[2], "a record of no known format");
    assert_taken(&[outcomes[0].clone(), outcomes[3].clone()]);
    assert_eq!(rows(&fake).len(), 2);
    assert_eq!(quarantine(&store).len(), 2);
    // Alone as well: it is not tried for days.
    let sent = fake.asked().len();
    let outcomes = deliverer.deliver(vec![cef().into()], soon()).await;
    assert_refused(&outcomes[0], "set dcr, stream and format to it");
    assert_eq!(fake.asked().len(), sent);
    // A table of one's own.
    let mut own = settings(&fake);
    own["format"] = "cef".into();
    assert_taken(&target(&own).deliver(&[cef()], soon()).await);
    assert_eq!(rows(&fake)[2]["RawData"], "CEF:0|a|b|c|d|e|8|msg=x");
    let siem = target(&own).deliver(&[record(0)], soon()).await;
    assert_refused(&siem[0], "format is cef");
}

#[tokio::test]
async fn a_413_is_taken_apart() {
    let fake = Fake::start(|_, asked| {
        azure(asked, |asked| match asked.body.matches("FullId").count() {
            3.. => answer(413, r#"{"error":{"code":"ContentLengthLimitExceeded"}}"#),
            _ => taken(asked),
        })
    })
    .await;
    assert_taken(&target(&settings(&fake)).deliver(&records(8), soon()).await);
    let calls = fake.asked().iter().filter(|a| !is_sign_in(a)).count();
    assert_eq!(calls, 7);
}

#[tokio::test]
async fn throttling_and_missing_roles_are_told_apart() {
    let fake = Fake::start(|_, asked| {
        azure(asked, |_| {
            Reply::Answer(429, vec![("retry-after", "60".into())], String::new())
        })
    })
    .await;
    let outcomes = target(&settings(&fake)).deliver(&records(2), soon()).await;
    let asked = assert_later(&outcomes, &["HTTP 429"]);
    assert_eq!(asked.map(|asked| asked.as_secs()), Some(60));
    let fake = Fake::start(|_, asked| {
        azure(asked, |_| {
            answer(
                403,
                r#"{"error":{"code":"OperationFailed","message":"MARKER"}}"#,
            )
        })
    })
    .await;
    let outcomes = target(&settings(&fake)).deliver(&records(2), soon()).await;
    let all = [
        "Monitoring Metrics Publisher",
        "dcr",
        "private link",
        "client_id",
        "firewall",
    ];
    assert_later(&outcomes, &all);
    let gone =
        Fake::start(|_, asked| azure(asked, |_| answer(404, r#"{"error":{"code":"MARKER"}}"#)));
    let outcomes = target(&settings(&gone.await))
        .deliver(&records(2), soon())
        .await;
    assert_later(&outcomes, &["HTTP 404", "url", "dcr", "stream"]);
}

#[tokio::test]
async fn a_revoked_token_is_renewed_once() {
    let calls = AtomicUsize::new(0);
    let fake = Fake::start(move |_, asked| {
        azure(asked, |asked| match calls.fetch_add(1, Ordering::SeqCst) {
            0 => answer(401, r#"{"error":{"code":"AuthenticationTokenProvided"}}"#),
            _ => taken(asked),
        })
    })
    .await;
    assert_taken(&target(&settings(&fake)).deliver(&records(1), soon()).await);
    let tokens = fake.asked().iter().filter(|a| is_sign_in(a)).count();
    assert_eq!(tokens, 2);
}

#[tokio::test]
async fn a_rotated_secret_is_read_anew() {
    let fake = Fake::start(|_, asked| azure(asked, taken)).await;
    assert_taken(
        &target_with(&settings(&fake), true)
            .deliver(&records(1), soon())
            .await,
    );
}

#[tokio::test]
async fn each_cloud_has_its_own_scope() {
    let fake = Fake::start(|_, asked| {
        assert!(
            asked
                .body
                .contains("scope=https%3A%2F%2Fmonitor.azure.us%2F.default")
        );
        answer(400, r#"{"error":"x","error_codes":[70011]}"#)
    })
    .await;
    let mut settings = settings(&fake);
    settings["cloud"] = "gcc-high".into();
    let outcomes = target(&settings).deliver(&records(1), soon()).await;
    assert_later(&outcomes, &["AADSTS70011"]);
}
