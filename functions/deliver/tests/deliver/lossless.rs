//! Whatever goes wrong at the target, every record is there in the end, or lies in quarantine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use drawbridge_deliver::lambda::Handler;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::http::{Fake, ReceivedRequest, Reply, json as answer};
use crate::handler::{RecordedVisibility, message};
use crate::support::{NOW_SECS, deliverer, quarantine, soon, target};
use drawbridge_time::testing::ManualClock;

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Good,
    Busy,
    Throttled,
    ResetBefore,
    /// The events are taken, and the answer is lost.
    ResetAfter,
    CutOffAfter,
    WebPage,
    /// More than three events are too many.
    Small,
}

use Fate::{Busy, CutOffAfter, Good, ResetAfter, ResetBefore, Small, Throttled, WebPage};

/// A collector that indexes what it takes, and never takes the files of some names.
struct Splunk {
    fates: Vec<Fate>,
    poison: BTreeSet<usize>,
    /// Whether it says which event is at fault.
    names_events: bool,
    indexed: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Splunk {
    fn reply(&self, n: usize, asked: &ReceivedRequest) -> Reply {
        let events: Vec<Value> = serde_json::Deserializer::from_str(&asked.body)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let fate = self.fates.get(n).copied().unwrap_or(Good);
        match fate {
            Busy => return answer(503, r#"{"text":"Server is busy","code":9}"#),
            Throttled => return answer(429, ""),
            ResetBefore => return Reply::Reset,
            WebPage => return answer(200, "<html>"),
            Small if events.len() > 3 => return answer(413, ""),
            Good | Small | ResetAfter | CutOffAfter => {}
        }
        let is_poison = |event: &Value| {
            let name = event["event"]["FileName"].as_str().unwrap();
            self.poison
                .contains(&name.trim_end_matches(".exe").parse().unwrap())
        };
        if let Some(at) = events.iter().position(is_poison) {
            let mut reply = json!({"text": "Invalid data format", "code": 6});
            if self.names_events {
                reply["invalid-event-number"] = at.into();
            }
            return answer(400, &reply.to_string());
        }
        let mut indexed = self.indexed.lock().unwrap();
        for event in events {
            let key = event["fields"]["key"].as_str().unwrap().to_owned();
            *indexed.entry(key).or_default() += 1;
        }
        match fate {
            ResetAfter => Reply::Reset,
            CutOffAfter => Reply::CutOff,
            _ => answer(200, r#"{"text":"Success","code":0}"#),
        }
    }
}

async fn run(count: usize, fates: Vec<Fate>, poison: BTreeSet<usize>, names_events: bool) {
    let indexed = Arc::default();
    let splunk = Splunk {
        fates,
        poison: poison.clone(),
        names_events,
        indexed: Arc::clone(&indexed),
    };
    let fake = Fake::start(move |n, asked| splunk.reply(n, asked)).await;
    let target = target(&json!({"target": "splunk-hec", "url": fake.url, "secret": "s"}));
    let (deliverer, folder) = deliverer(target);
    let clock = Arc::new(ManualClock::at_secs(NOW_SECS));
    let handler = Handler::new(
        deliverer,
        Arc::new(RecordedVisibility::default()),
        Arc::clone(&clock) as _,
        "b".into(),
    );
    // A queue that hands out everything it has, and new records as time goes by.
    let mut next = count;
    let mut queue: BTreeSet<usize> = (0..count).collect();
    let mut rounds = 0;
    while !queue.is_empty() {
        rounds += 1;
        assert!(rounds < 200, "records stay for ever: {queue:?}");
        // Long enough for all that is hidden to be there again.
        clock.advance_secs(12 * 60 * 60);
        let messages = queue.iter().map(|&n| message(n, "1", "1")).collect();
        let failures = handler.handle(messages, soon()).await;
        let failed: BTreeSet<usize> = failures
            .iter()
            .map(|failure| failure.item_identifier[1..].parse().unwrap())
            .collect();
        assert!(failed.is_subset(&queue));
        queue = failed;
        if !queue.is_empty() {
            queue.insert(next);
            next += 1;
        }
    }
    let keys = |n: &usize| crate::support::record(*n).key;
    let expected: BTreeSet<String> = (0..next)
        .filter(|n| !poison.contains(n))
        .map(|n| keys(&n))
        .collect();
    let indexed: BTreeSet<String> = indexed.lock().unwrap().keys().cloned().collect();
    assert_eq!(indexed, expected);
    let aside: BTreeSet<String> = quarantine(&folder)
        .iter()
        .map(|item| item["key"].as_str().unwrap().to_owned())
        .collect();
    let given: BTreeSet<String> = poison.iter().filter(|n| **n < next).map(keys).collect();
    assert_eq!(aside, given);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_record_is_there_in_the_end_or_in_quarantine(
        count in 1..40_usize,
        fates in prop::collection::vec(prop_oneof![
            Just(Good), Just(Busy), Just(Throttled), Just(ResetBefore), Just(ResetAfter),
            Just(CutOffAfter), Just(WebPage), Just(Small),
        ], 0..40),
        poison in prop::collection::btree_set(0..40_usize, 0..5),
        names_events: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(count, fates, poison, names_events));
    }
}
