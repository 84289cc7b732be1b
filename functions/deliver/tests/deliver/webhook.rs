use drawbridge_deliver::Record;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::fake::http::{Fake, ReceivedRequest, Reply, json as answer};
use crate::support::{
    NOW_SECS, OLD_TOKEN, TOKEN, assert_later, assert_refused, assert_taken, records, soon, target,
    target_with, text_record,
};

fn settings(fake: &Fake) -> Value {
    json!({"target": "webhook", "url": format!("{}hook?a=b", fake.url), "secret": "s"})
}

fn with_body(fake: &Fake, body: &str) -> Value {
    let mut settings = settings(fake);
    settings["body"] = json!(body);
    settings
}

/// Whether the request is signed with that key, over its timestamp and its bytes.
fn is_signed(asked: &ReceivedRequest, key: &str) -> bool {
    let timestamp = &asked.headers["x-drawbridge-timestamp"];
    assert_eq!(*timestamp, NOW_SECS.to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(&asked.raw);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    asked.headers["x-drawbridge-signature"] == expected
}

fn receiver(_: usize, asked: &ReceivedRequest) -> Reply {
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/hook?a=b")
    );
    let head: usize = asked
        .headers
        .iter()
        .map(|(n, v)| n.len() + v.len() + 4)
        .sum();
    assert!(head < 8 * 1024, "{head}");
    if is_signed(asked, TOKEN) {
        answer(204, "")
    } else {
        assert!(is_signed(asked, OLD_TOKEN));
        answer(401, "MARKER")
    }
}

/// Delivers 120 records; the requests, whose headers name each key.
async fn delivered(fake: &Fake, settings: &Value, given: &[Record]) -> Vec<ReceivedRequest> {
    assert_taken(&target(settings).deliver(given, soon()).await);
    let asked = fake.asked();
    assert_eq!(asked.len(), 3);
    let keys: Vec<&str> = asked
        .iter()
        .flat_map(|asked| asked.headers["x-drawbridge-keys"].split(','))
        .collect();
    assert_eq!(
        keys,
        given.iter().map(|r| r.key.as_str()).collect::<Vec<_>>()
    );
    asked
}

#[tokio::test]
async fn records_are_a_signed_array_unless_lines_are_asked_for() {
    let given = records(120);
    for array in [None, Some("array")] {
        let fake = Fake::start(receiver).await;
        let settings = array.map_or_else(|| settings(&fake), |body| with_body(&fake, body));
        let mut taken = Vec::new();
        for asked in delivered(&fake, &settings, &given).await {
            assert_eq!(asked.headers["content-type"], "application/json");
            let array: Vec<&RawValue> = serde_json::from_str(&asked.body).unwrap();
            taken.extend(array.into_iter().map(|record| record.get().to_owned()));
        }
        // Byte for byte.
        assert!(taken.iter().eq(given.iter().map(|record| &record.body)));
    }
}

#[tokio::test]
async fn one_record_is_an_array_too() {
    let fake = Fake::start(receiver).await;
    let given = records(1);
    assert_taken(&target(&settings(&fake)).deliver(&given, soon()).await);
    assert_eq!(fake.bodies(), [format!("[{}]", given[0].body)]);
}

#[tokio::test]
async fn lines_are_signed_and_their_keys_are_named() {
    let fake = Fake::start(receiver).await;
    let given = records(120);
    for asked in delivered(&fake, &with_body(&fake, "ndjson"), &given).await {
        assert_eq!(asked.headers["content-type"], "application/x-ndjson");
    }
    let lines: String = fake.bodies().concat();
    assert!(lines.ends_with('\n'));
    assert!(
        lines
            .lines()
            .eq(given.iter().map(|record| record.body.as_str()))
    );
}

#[tokio::test]
async fn a_refused_signature_is_tried_with_the_key_stored_since() {
    let fake = Fake::start(receiver).await;
    assert_taken(
        &target_with(&settings(&fake), true)
            .deliver(&records(1), soon())
            .await,
    );
    assert_eq!(fake.asked().len(), 2);
    let never = Fake::start(|_, _| answer(403, "MARKER")).await;
    let outcomes = target(&settings(&never)).deliver(&records(2), soon()).await;
    assert_later(&outcomes, &["refused the credential", "check secret"]);
}

#[tokio::test]
async fn text_has_its_own_type_and_no_record_has_two_lines() {
    let fake = Fake::start(receiver).await;
    let given = [
        text_record("cef", "CEF:0|a|b|c|d|e|5|msg=x\r\nCEF:0|forged"),
        text_record("leef", "LEEF:2.0|a|b\tc=d\u{2028}e\u{85}f"),
    ];
    assert_taken(&target(&settings(&fake)).deliver(&given, soon()).await);
    let asked = &fake.asked()[0];
    assert_eq!(asked.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(
        asked.body,
        "CEF:0|a|b|c|d|e|5|msg=x  CEF:0|forged\nLEEF:2.0|a|b\tc=d e f\n"
    );
}

#[tokio::test]
async fn odd_keys_stay_in_their_header() {
    let fake = Fake::start(receiver).await;
    let mut given = records(2);
    given[0].key = "a,b\r\nX-Injected: 1".into();
    given[1].key = "k".repeat(4_000);
    assert_taken(&target(&settings(&fake)).deliver(&given, soon()).await);
    let keys = &fake.asked()[0].headers["x-drawbridge-keys"];
    let lengths: Vec<usize> = keys.split(',').map(str::len).collect();
    assert_eq!(lengths, [64, 64]);
}

#[tokio::test]
async fn one_poisonous_record_is_found_among_many() {
    for body in ["array", "ndjson"] {
        let fake = Fake::start(|_, asked| match asked.body.contains("\"17.exe\"") {
            true => answer(422, "MARKER"),
            false => answer(200, ""),
        })
        .await;
        let target = target(&with_body(&fake, body));
        let mut outcomes = target.deliver(&records(50), soon()).await;
        assert_refused(&outcomes.remove(17), "HTTP 422");
        assert_taken(&outcomes);
    }
}

/// It takes requests of that many bytes, and says so of no other.
#[tokio::test]
async fn a_request_that_is_too_large_is_sent_in_halves() {
    let fake = Fake::start(|_, asked| {
        assert!(serde_json::from_str::<Vec<Value>>(&asked.body).is_ok());
        match asked.body.len() > 2_000 {
            true => answer(413, ""),
            false => answer(200, ""),
        }
    })
    .await;
    assert_taken(&target(&settings(&fake)).deliver(&records(50), soon()).await);
    assert!(fake.asked().len() > 3);
}

/// That is no word about the records.
#[tokio::test]
async fn a_proxy_that_takes_nothing_puts_no_record_aside() {
    let fake = Fake::start(|_, _| answer(413, "")).await;
    let target = target(&settings(&fake));
    let outcomes = target.deliver(&records(50), soon()).await;
    assert_later(&outcomes, &["HTTP 413", "proxy"]);
    assert!(fake.asked().len() < 12, "{}", fake.asked().len());
    // A large one does not hold up the others for ever.
    let mut large = records(1);
    large[0].body = json!({"Description": "x".repeat(70_000)}).to_string();
    assert_refused(&target.deliver(&large, soon()).await[0], "HTTP 413");
}

#[tokio::test]
async fn what_is_no_json_breaks_no_array() {
    let fake = Fake::start(receiver).await;
    let mut given = records(3);
    given[1].body = "{} , {}".into();
    let mut outcomes = target(&settings(&fake)).deliver(&given, soon()).await;
    assert_refused(&outcomes.remove(1), "not valid JSON");
    assert_taken(&outcomes);
    let expected = format!("[{},{}]", given[0].body, given[2].body);
    assert_eq!(fake.bodies(), [expected]);
}
