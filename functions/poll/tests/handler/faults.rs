//! Each failure in the design's table, shown to happen to the handler and to be survived.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::{State, Window};
use drawbridge_poll::{Ending, Grouping, Output, PollError, Silent, Stop, state_key};
use drawbridge_store::Store as _;
use drawbridge_time::{Clock as _, Deadline};
use serde_json::Value;

use crate::world::{Answer, FaultyQueue, Put, Send, World, alert};

const T1: &str = "2026-03-01T11:00:00Z";

fn one_alert(world: &World) {
    world
        .graph
        .set("da1", T1, alert("da1", T1, &["a.exe", "b.exe", "c.exe"]));
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_answer_is_delivered_and_read_again() {
    let world = World::new();
    one_alert(&world);
    world.graph.script([Answer::Partial]);
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.partial_answers), (3, 1));
    assert!(report.read_up_to < Some(T1.parse().unwrap()));
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.suppressed), (0, 3));
    assert!(report.read_up_to > Some(T1.parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_does_not_parse_costs_only_itself() {
    let world = World::new();
    one_alert(&world);
    world
        .graph
        .set("bad", T1, r#"{"id":"bad","title":{"not":"a text"}}"#.into());
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.quarantined), (3, 1));
    let key = world
        .store
        .keys()
        .into_iter()
        .find(|key| key.contains("/alerts/"))
        .unwrap();
    let item: serde_json::Value = serde_json::from_str(&world.store.body(&key)).unwrap();
    assert_eq!(item["alert_id"], "bad");
    assert_eq!(item["alert"]["title"]["not"], "a text");
    assert!(item["reason"].as_str().unwrap().contains("title"), "{item}");
    // Read again within the overlap, it is not quarantined again.
    assert_eq!(world.poll().await.unwrap().quarantined, 0);
}

#[tokio::test(start_paused = true)]
async fn entries_that_the_queue_refuses_are_sent_again_with_the_same_part() {
    let world = World::new();
    one_alert(&world);
    world.queue.then(Send::Refuse(vec![1]));
    let error = world.poll().await.unwrap_err();
    assert!(matches!(error, PollError::Refused { refused: 1, .. }) && error.is_retryable());
    assert!(world.state().await.read_up_to() < Some(T1.parse().unwrap()));
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.suppressed), (1, 2));
    assert_eq!(
        world.written(),
        [
            ("da1".into(), 0, "a.exe".into()),
            ("da1".into(), 2, "c.exe".into()),
            ("da1".into(), 1, "b.exe".into())
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_down_moves_nothing() {
    let world = World::new();
    one_alert(&world);
    world.queue.then(Send::Fail);
    assert!(matches!(
        world.poll().await.unwrap_err(),
        PollError::Queue(_)
    ));
    assert_eq!(world.state().await.watermark, None);
    assert_eq!(world.poll().await.unwrap().records, 3);
    let parts: Vec<u64> = world
        .written()
        .into_iter()
        .map(|(_, part, _)| part)
        .collect();
    assert_eq!(parts, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_queue_will_never_take_is_put_aside() {
    let world = World::new();
    one_alert(&world);
    world.queue.then(Send::RefuseForGood(vec![1]));
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.quarantined), (2, 1));
    let key = world
        .store
        .keys()
        .into_iter()
        .find(|key| key.contains("/records/"))
        .unwrap();
    assert!(world.store.body(&key).contains("b.exe"));
    assert!(world.state().await.watermark.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_no_message_holds_is_put_aside_with_the_way_out_and_nothing_waits_for_it() {
    let world = World::new();
    let description = "long ".repeat(250_000);
    let large = serde_json::json!({
        "id": "da0", "severity": "high", "title": "T", "description": description,
        "createdDateTime": T1, "lastUpdateDateTime": T1,
    });
    world.graph.set("da0", T1, large.to_string());
    one_alert(&world);
    // The batch of the large one, and that of the others.
    for _ in 0..2 {
        world.queue.then(Send::RefuseTooLong);
    }
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.quarantined), (3, 1));
    assert!(world.state().await.watermark.is_some());
    let keys = world.store.keys().into_iter();
    let quarantined: Vec<_> = keys.filter(|key| key.contains("/records/")).collect();
    let item: Value = serde_json::from_str(&world.store.body(&quarantined[0])).unwrap();
    let reason = item["reason"].as_str().unwrap();
    for words in ["MessageTooLong", "MessagePointers", "--pointers"] {
        assert!(reason.contains(words), "{reason}");
    }
    let record: Value = serde_json::from_str(item["record"].as_str().unwrap()).unwrap();
    assert!(record.to_string().contains(&description), "not whole");
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.quarantined), (0, 0));
    assert_eq!(quarantined.len(), 1);
}

/// `cef` names its records as `siem` does.
#[tokio::test(start_paused = true)]
async fn what_two_outputs_refuse_is_put_aside_twice_and_only_once_each() {
    let mut world = World::new();
    one_alert(&world);
    let cef = Arc::new(FaultyQueue::default());
    let format = drawbridge_record::format("cef").unwrap();
    let output = Output::new(format, cef.clone(), Grouping::Tenant);
    world.poller.outputs.push(output);
    for queue in [&world.queue, &cef] {
        queue.then(Send::RefuseForGood(vec![1]));
    }
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.quarantined), (4, 2));
    let items = || {
        let keys = world.store.keys().into_iter();
        let keys = keys.filter(|key| key.contains("/records/"));
        let items = keys.map(|key| serde_json::from_str(&world.store.body(&key)).unwrap());
        items.collect::<Vec<Value>>()
    };
    let mut outputs: Vec<_> = items().iter().map(|item| item["output"].clone()).collect();
    outputs.sort_by_key(ToString::to_string);
    assert_eq!(outputs, ["cef", "siem"]);
    assert_eq!(items()[0]["key"], items()[1]["key"]);
    // What is quarantined is done with: no poll sends it.
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.quarantined), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn of_two_polls_at_once_one_moves_the_watermark() {
    let world = World::new();
    one_alert(&world);
    let watermark = Some("2026-03-01T11:59:59Z".parse().unwrap());
    let other = State {
        watermark,
        ..State::default()
    };
    let overtaken = Put::Overtaken(other.encode().unwrap().into());
    world.store.then_put_if([overtaken]);
    let report = world.poll().await.unwrap();
    assert_eq!((report.ending, report.saved), (Ending::Superseded, false));
    assert_eq!(world.state().await, other);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_used_stops_the_poll_before_graph_is_asked() {
    for (body, word) in [
        ("{\"version\":9}", "newer release"),
        ("{\"version\":1,\"wat", "damaged"),
    ] {
        let world = World::new();
        one_alert(&world);
        world
            .store
            .put(&state_key("contoso"), body.into(), "application/json")
            .await
            .unwrap();
        let error = world.poll().await.unwrap_err();
        assert!(!error.is_retryable());
        assert!(error.to_string().contains(word), "{error}");
        assert!(error.to_string().contains("state/contoso.json"), "{error}");
        assert!(world.graph.requests().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_always_fails_costs_only_its_instant() {
    let world = World::with(|settings| settings.page_size = 50);
    for n in 0..120 {
        let (id, time) = (
            format!("da{n}"),
            format!("2026-03-01T11:{:02}:{:02}Z", n / 60, n % 60),
        );
        world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
    }
    world.graph.poison("\"da77\"");
    let report = world.poll().await.unwrap();
    assert_eq!(
        (report.records, report.put_off, report.ending),
        (119, 1, Ending::Complete)
    );
    let mut tries = 1;
    while world.poll().await.unwrap().gaps == 0 {
        world.clock.advance_secs(300);
        tries += 1;
    }
    assert_eq!(tries, 5);
    let key = world
        .store
        .keys()
        .into_iter()
        .find(|key| key.contains("/gaps/"))
        .unwrap();
    let item: serde_json::Value = serde_json::from_str(&world.store.body(&key)).unwrap();
    let window: Window = serde_json::from_value(item["window"].clone()).unwrap();
    let poisoned = "2026-03-01T11:01:17Z".parse().unwrap();
    assert!(window.from() <= poisoned && poisoned < window.to() && window.millis() <= 10);
    // Once Graph has mended the page, a replay of the gap reads it.
    world.graph.poison("nothing");
    world.want(window).await;
    assert_eq!(world.poll().await.unwrap().records, 1);
}

#[tokio::test(start_paused = true)]
async fn a_graph_that_is_down_leaves_no_gap() {
    let world = World::new();
    one_alert(&world);
    world.graph.is_down(true);
    let error = world.poll().await.unwrap_err();
    assert!(matches!(error, PollError::Graph(_)) && error.is_retryable());
    assert_eq!(world.store.keys(), ["state/contoso.json"]);
    world.graph.is_down(false);
    assert_eq!(world.poll().await.unwrap().records, 3);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_page_is_asked_for_again() {
    let world = World::new();
    one_alert(&world);
    world.graph.script([Answer::Malformed, Answer::Status(503)]);
    assert_eq!(world.poll().await.unwrap().records, 3);
}

#[tokio::test(start_paused = true)]
async fn a_refused_permission_names_it() {
    let world = World::new();
    world.graph.script([Answer::Status(403)]);
    let error = world.poll().await.unwrap_err();
    assert!(error.is_about_access() && !error.is_retryable());
    assert!(
        error.to_string().contains("SecurityAlert.Read.All"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_postpones_the_job() {
    let world = World::new();
    one_alert(&world);
    world.graph.script([Answer::Throttled(300)]);
    let stop = Stop::at(Deadline::after(Duration::from_secs(60)));
    let report = world.poller.run(&stop, &Silent).await.unwrap();
    assert_eq!(report.ending, Ending::Postponed(Duration::from_secs(300)));
    assert!(report.read_up_to < Some(T1.parse().unwrap()));
    // With time enough it waits.
    world.graph.script([Answer::Throttled(300)]);
    assert_eq!(world.poll().await.unwrap().records, 3);
}

#[tokio::test(start_paused = true)]
async fn a_poll_out_of_time_puts_the_rest_back_and_nothing_is_lost() {
    let world = World::with(|settings| settings.page_size = 2);
    for n in 0..20 {
        let (id, time) = (format!("da{n}"), format!("2026-03-01T11:00:{n:02}Z"));
        world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
    }
    // After one page there is less time than the margin.
    world.graph.latency(3_000);
    let stop = || Stop::at(Deadline::after(Duration::from_secs(12)));
    let report = world.poller.run(&stop(), &Silent).await.unwrap();
    assert_eq!((report.ending, report.records), (Ending::OutOfTime, 2));
    assert!(report.more);
    let state = world.state().await;
    let left = state.unread.next(world.clock.now()).unwrap();
    assert!(left.due.step_ms.is_some(), "{left:?}");
    assert!(state.read_up_to() < state.watermark);

    let mut rounds = 0;
    while world.poller.run(&stop(), &Silent).await.unwrap().more {
        rounds += 1;
        assert!(rounds < 1000, "the halves never end");
    }
    assert_eq!(world.written().len(), 20);
    let state = world.state().await;
    assert!(state.unread.is_empty());
    assert_eq!(state.read_up_to(), state.watermark);
}

#[tokio::test(start_paused = true)]
async fn the_next_tick_goes_on_where_a_job_was_lost() {
    let world = World::with(|settings| settings.page_size = 2);
    for n in 0..6 {
        let (id, time) = (format!("da{n}"), format!("2026-03-01T03:00:{n:02}Z"));
        world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
    }
    let stop = Stop::at(Deadline::after(Duration::from_secs(5)));
    world.poller.run(&stop, &Silent).await.unwrap();
    // The job that was to follow is lost.
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(world.written().len(), 6);
    assert!(world.state().await.unread.is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_room_for_the_state_nothing_is_sent_again_and_again() {
    let world = World::new();
    world.poll().await.unwrap();
    world.set("da1", "2026-03-01T12:00:05Z");
    world.store.set_full(true);
    for _ in 0..5 {
        world.clock.advance_secs(60);
        assert!(world.poll().await.unwrap_err().is_retryable());
        assert!(world.written().is_empty());
    }
    world.store.set_full(false);
    world.clock.advance_secs(60);
    assert_eq!(world.poll().await.unwrap().records, 1);
}
