//! Pages and alerts made to do harm: each passes through or is quarantined whole, the others of its
//! page are delivered, and nothing stops in silence.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use drawbridge_alert::Alert;
use drawbridge_graph::ErrorKind;
use drawbridge_poll::{Ending, Grouping, Output, PollError, Silent, Stop};
use drawbridge_record::{Drafts, Field, Format, Layout};
use drawbridge_time::Deadline;
use serde_json::{Value, json};

use crate::world::{Answer, World, alert};

const T1: &str = "2026-03-01T11:00:00Z";
const T2: &str = "2026-03-01T12:00:40Z";
const NEXT: &str = "https://graph.example/v1.0/security/alerts_v2?$skiptoken=";

/// A page of `elements` between two sound alerts.
fn among_sound_ones(elements: &[&str]) -> Vec<u8> {
    let (first, last) = (
        alert("first", T1, &["a.exe"]),
        alert("last", T1, &["z.exe"]),
    );
    let all: Vec<&str> = [&*first]
        .into_iter()
        .chain(elements.iter().copied())
        .chain([&*last])
        .collect();
    format!(r#"{{"value":[{}]}}"#, all.join(",")).into_bytes()
}

/// What was quarantined, the newest names first.
fn quarantined(world: &World) -> Vec<Value> {
    let keys = world.store.keys().into_iter();
    keys.filter(|key| key.starts_with("quarantine/"))
        .map(|key| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.');
            assert!(key.len() < 200 && key.chars().all(plain), "{key}");
            serde_json::from_str(&world.store.body(&key)).unwrap()
        })
        .collect()
}

fn alert_ids(world: &World) -> Vec<String> {
    world.written().into_iter().map(|(id, ..)| id).collect()
}

fn deep(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[tokio::test(start_paused = true)]
async fn what_is_odd_but_can_be_read_passes_through() {
    for odd in [
        r#"{"id":"odd","x":1e999999,"y":-0.0,"z":123456789012345678901234567890}"#.to_owned(),
        r#"{"id":"odd","x":1,"x":2,"\u0000":"\ud800"}"#.into(),
        r#"{"id":"odd","title":"\u0000\u202egnp.exe\u2066\u2028\uffff","severity":"\r\n"}"#.into(),
        format!(r#"{{"id":"odd","x":{}}}"#, deep(50)),
        "{\r\n\"id\"\n:\t\"odd\"}".into(),
    ] {
        let world = World::new();
        world
            .graph
            .script([Answer::Page(among_sound_ones(&[&odd]))]);
        let report = world.poll().await.unwrap();
        assert_eq!(
            (report.alerts, report.records, report.quarantined),
            (3, 3, 0),
            "{odd}"
        );
        assert_eq!(alert_ids(&world), ["first", "odd", "last"]);
        let is_line = |body: &String| !body.contains(|c: char| c < ' ');
        assert!(world.queue.bodies().iter().all(is_line), "{odd}");
    }
}

/// Anybody can put half a surrogate pair into a name, and is not to hide the alert about it.
#[tokio::test(start_paused = true)]
async fn what_is_no_character_costs_a_character_and_not_the_alert() {
    for odd in [&br"\ud800"[..], b"\xff"] {
        let world = World::new();
        let page = [
            &br#"{"value":[{"id":"odd","title":"a"#[..],
            odd,
            br#"z","x":""#,
            odd,
            br#""}]}"#,
        ];
        let page = page.concat();
        world.graph.script([Answer::Page(page)]);
        let report = world.poll().await.unwrap();
        assert_eq!((report.alerts, report.quarantined), (1, 0));
        let record: Value = serde_json::from_str(&world.queue.bodies()[0]).unwrap();
        assert_eq!(record["AlertTitle"], "a\u{fffd}z");
    }
}

/// Larger than a page may be, and Graph answers it all the same.
#[tokio::test(start_paused = true)]
async fn an_alert_of_forty_megabytes_is_delivered() {
    // Not in halves first: each try takes its time.
    let mut world = World::with(|settings| settings.windows.smallest_ms = 24 * 60 * 60 * 1000);
    let large = format!(
        r#"{{"id":"large","lastUpdateDateTime":"{T1}","x":"{}"}}"#,
        "x".repeat(40 << 20)
    );
    for id in ["first", "second"] {
        world.graph.set(id, T1, alert(id, T1, &["a.exe"]));
    }
    world.graph.set("large", T1, large.clone());
    // While the state needs the memory, it is a gap that can be replayed.
    world.poller.settings.most_state_bytes = 100 << 20;
    assert_eq!(world.poll().await.unwrap().gaps, 1);
    assert_eq!(quarantined(&world).len(), 1);

    world.poller.settings.most_state_bytes = 200 << 20;
    world.graph.set("large", T2, large.replace(T1, T2));
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!((report.gaps, report.quarantined), (0, 0));
    let mut ids = alert_ids(&world);
    ids.sort();
    ids.dedup();
    assert_eq!(ids, ["first", "large", "second"]);
    assert_eq!(quarantined(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_put_aside_whole() {
    for bad in [
        r#"{"id":"bad","title":"a","title":"b"}"#.to_owned(),
        r#"{"id":"","title":"a"}"#.into(),
        r#"{"id":7}"#.into(),
        r#"["id","bad"]"#.into(),
        "null".into(),
        "1e999999".into(),
        r#""text""#.into(),
        r#"{"id":"bad","evidence":[{"x":1e999,"@odata.type":"fileEvidence"}]}"#.into(),
        r#"{"id":"bad","evidence":{"a":1}}"#.into(),
        // Each takes far more memory than its two bytes; a page has room for eleven million.
        format!(
            r#"{{"id":"bad","evidence":[{}]}}"#,
            vec!["{}"; 200_000].join(",")
        ),
        format!(r#"{{"id":"bad","x":{}}}"#, deep(100_000)),
        format!(r#"{{"id":"bad","evidence":[{{"x":{}}}]}}"#, deep(200)),
        format!(
            r#"{{"id":{},"title":1}}"#,
            json!("\r\n\u{202e}/../".repeat(1000))
        ),
    ] {
        let world = World::new();
        world
            .graph
            .script([Answer::Page(among_sound_ones(&[&bad]))]);
        let report = world.poll().await.unwrap();
        let shown = &bad[..bad.len().min(80)];
        assert_eq!((report.records, report.quarantined), (2, 1), "{shown}");
        assert_eq!(alert_ids(&world), ["first", "last"], "{shown}");
        assert!(world.state().await.watermark.is_some(), "{shown}");
        let keys = world.store.keys();
        let key = keys.iter().find(|key| key.contains("/alerts/")).unwrap();
        // Whole: as JSON, or as text where it is none.
        let body = world.store.body(key);
        assert!(
            body.contains(&bad) || body.contains(&json!(bad).to_string()),
            "{shown}"
        );
        assert!(body.len() < bad.len() * 2 + 2000, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn broken_utf8_and_a_byte_order_mark_cost_nothing_else() {
    let world = World::new();
    let bad = b"{\"id\":\"odd\",\"title\":\"\xff\xc3\"}";
    let mut page = b"\xef\xbb\xbf".to_vec();
    page.extend(among_sound_ones(&["MARK"]));
    let at = page.windows(4).position(|four| four == b"MARK").unwrap();
    page.splice(at..at + 4, bad.iter().copied());
    world.graph.script([Answer::Page(page)]);
    assert_eq!(world.poll().await.unwrap().records, 3);
    assert_eq!(alert_ids(&world), ["first", "odd", "last"]);
    assert!(world.queue.bodies()[1].contains("\u{fffd}"));
}

#[tokio::test(start_paused = true)]
async fn an_id_of_a_megabyte_or_of_odd_characters_is_delivered() {
    for id in [
        "i".repeat(1 << 20),
        "../../etc/passwd".to_owned(),
        "a\r\n\"b\"\u{0}\u{202e}\\/".to_owned(),
        "\u{ffff}".to_owned(),
        " ".to_owned(),
    ] {
        let world = World::new();
        world.graph.script([Answer::Page(among_sound_ones(&[&alert(
            &id,
            T1,
            &["m.exe"],
        )]))]);
        assert_eq!(world.poll().await.unwrap().records, 3);
        assert_eq!(alert_ids(&world)[1], id);
        assert_eq!(world.store.keys(), ["state/contoso.json"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_one_huge_alert_is_delivered() {
    let world = World::new();
    let title = "t".repeat(16 << 20);
    let page = format!(r#"{{"value":[{{"id":"huge","title":"{title}"}}]}}"#);
    world.graph.script([Answer::Page(page.into_bytes())]);
    assert_eq!(world.poll().await.unwrap().records, 1);
    assert!(world.queue.bodies()[0].len() > 16 << 20);
}

/// An alert with `count` addresses on as many devices.
fn many_entities(id: &str, count: usize) -> String {
    let pieces: Vec<String> = (0..count)
        .map(|n| {
            format!(
                r#"{{"@odata.type":"deviceEvidence","mdeDeviceId":"d{n}"}},{{"@odata.type":"ipEvidence","ipAddress":"{n}","mdeDeviceId":"d{n}"}}"#
            )
        })
        .collect();
    format!(r#"{{"id":"{id}","evidence":[{}]}}"#, pieces.join(","))
}

#[tokio::test(start_paused = true)]
async fn forty_thousand_pieces_of_evidence_are_all_delivered() {
    let world = World::new();
    let count = 20_000;
    let page = among_sound_ones(&[&many_entities("many", count)]);
    world.graph.script([Answer::Page(page)]);
    let report = world.poll().await.unwrap();
    assert_eq!(report.records as usize, count + 2);
    assert_eq!(report.suppressed, 0);
    assert_eq!(alert_ids(&world).last().unwrap(), "last");
}

/// The format `siem`, which counts the alerts that it is asked for.
struct Counted;

static COUNTED: AtomicUsize = AtomicUsize::new(0);

impl Counted {
    fn siem() -> &'static dyn Format {
        drawbridge_record::format("siem").unwrap()
    }
}

impl Format for Counted {
    fn name(&self) -> &'static str {
        Self::siem().name()
    }

    fn about(&self) -> &'static str {
        Self::siem().about()
    }

    fn schema_version(&self) -> u32 {
        Self::siem().schema_version()
    }

    fn layout(&self) -> &'static Layout {
        Self::siem().layout()
    }

    fn fields(&self) -> Vec<Field> {
        Self::siem().fields()
    }

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        COUNTED.fetch_add(1, Relaxed);
        Self::siem().drafts(alert)
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_of_many_batches_is_mapped_once() {
    let mut world = World::new();
    let queue = world.queue.clone();
    world.poller.outputs = vec![Output::new(&Counted, queue, Grouping::Tenant)];
    world.graph.set("many", T1, many_entities("many", 3000));
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.suppressed), (3000, 0));
    assert!(world.queue.sends() > 2);
    assert_eq!(COUNTED.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_takes_longer_than_there_is_time_is_delivered_in_parts() {
    let world = World::new();
    let count = 3000;
    world.graph.set("many", T1, many_entities("many", count));
    world.queue.takes_secs(40);
    let mut rounds = 0;
    let mut more = true;
    while more {
        let stop = Stop::at(Deadline::after(Duration::from_secs(30)));
        let report = world.poller.run(&stop, &Silent).await.unwrap();
        assert!(report.saved);
        if rounds == 0 {
            assert_eq!(report.ending, Ending::OutOfTime);
            assert!((1..count as u64).contains(&report.records));
        }
        more = report.more;
        rounds += 1;
        assert!(rounds < 50, "no progress");
    }
    let parts: Vec<u64> = world
        .written()
        .into_iter()
        .map(|(_, part, _)| part)
        .collect();
    assert_eq!(parts, (0..count as u64).collect::<Vec<_>>());
    assert!(world.state().await.unread.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_link_that_leads_astray_is_told_and_loses_nothing() {
    for link in [
        r#""https://evil.example/v1.0/MARKER""#,
        r#""http://graph.example/v1.0/MARKER""#,
        r#""https://graph.example@evil.example/v1.0/MARKER""#,
        r#""https://MARKER:MARKER@graph.example/v1.0/x""#,
        r#""https://evil.example\\@graph.example/v1.0/MARKER""#,
        r#""https://169.254.169.254/v1.0/MARKER""#,
        r#""https://graph.example:444/v1.0/MARKER""#,
        r#""https://graph.example/beta/MARKER""#,
        r#""https://gr\u0430ph.example/v1.0/MARKER""#,
        r#""MARKER""#,
    ] {
        let world = World::new();
        world.graph.set("da1", T1, alert("da1", T1, &["a.exe"]));
        let page = format!(r#"{{"value":[],"@odata.nextLink":{link}}}"#);
        world
            .graph
            .script([Answer::Page(page.clone().into_bytes())]);
        // Graph answers a smaller question with sound links: nothing is missing.
        let report = world.poll().await.unwrap();
        assert_eq!((report.records, report.gaps), (1, 0), "{link}");
        assert!(world.state().await.watermark.is_some());
        // If the links stay so, that is told, and shows nothing of them.
        let pages = (0..3).map(|_| Answer::Page(page.clone().into_bytes()));
        world.graph.script(pages);
        let error = world.poll().await.unwrap_err();
        assert!(!error.is_retryable() && !error.is_about_access());
        let PollError::Graph(graph) = &error else {
            panic!("{error}");
        };
        assert_eq!(graph.kind(), ErrorKind::BadLink, "{link}");
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("@odata.nextLink was not followed"),
            "{shown}"
        );
        assert!(!shown.contains("MARKER"), "{shown}");
        let hosts = world.graph.requests();
        assert!(
            hosts
                .iter()
                .all(|url| url.starts_with("https://graph.example/v1.0/"))
        );
        world.poll().await.unwrap();
        assert!(world.left().await.is_empty(), "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_no_text_makes_the_window_smaller_and_stops_nothing() {
    for link in ["7", "{}", "[]", "true"] {
        let world = World::new();
        world.graph.set("da1", T1, alert("da1", T1, &["a.exe"]));
        let page = format!(r#"{{"value":[],"@odata.nextLink":{link}}}"#);
        world.graph.script([Answer::Page(page.into_bytes())]);
        let report = world.poll().await.unwrap();
        assert_eq!((report.records, report.gaps), (1, 0), "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_to_each_other_are_noticed() {
    let world = World::new();
    let page = |n: u32| {
        let body = format!(r#"{{"value":[],"@odata.nextLink":"{NEXT}{}#{n}"}}"#, n % 2);
        Answer::Page(body.into_bytes())
    };
    world.graph.script((0..10).map(page));
    assert!(matches!(
        world.poll().await.unwrap_err(),
        PollError::Circular
    ));
    assert!(world.graph.requests().len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_page_moves_nothing_and_says_so() {
    for body in [
        "{}",
        r#"{"value":null}"#,
        r#"{"value":{"id":"MARKER"}}"#,
        r#"{"value":"MARKER"}"#,
        r#"["MARKER"]"#,
        "<html>MARKER",
    ] {
        let world = World::new();
        world.graph.set("da1", T1, alert("da1", T1, &["a.exe"]));
        world.graph.script([Answer::Page(body.into())]);
        let error = world.poll().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("is not Microsoft Graph"), "{shown}");
        assert!(!shown.contains("MARKER"), "{shown}");
        let read_up_to = world.state().await.read_up_to().unwrap();
        assert!(read_up_to < T1.parse().unwrap(), "{body}");
        assert_eq!(quarantined(&world), Vec::<Value>::new());
        assert_eq!(world.poll().await.unwrap().records, 1);
    }
}
