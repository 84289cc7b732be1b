//! A target that is down for a day, or for as long as SQS keeps a message: nothing is lost, nothing
//! becomes a dead letter, and the backlog comes in order of age. The real handler and the real
//! webhook, with a queue and a clock of the test's own.

mod queue;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_deliver::lambda::Handler;
use drawbridge_deliver::{IN_FLIGHT, Outcome, Record, Target};
use drawbridge_time::Deadline;
use futures::future::join_all;
use queue::Queue;
use serde_json::json;

use crate::fake::http::{Fake, Reply, json as answer};
use crate::support::{NOW_SECS, deliverer, target};
use drawbridge_time::testing::ManualClock;

const HOUR_SECS: i64 = 60 * 60;
const DAY_SECS: i64 = 24 * HOUR_SECS;
/// As `docs/deliver.md` has them: of an outage of up to a day, and of a longer one.
const SLOT_SECS: i64 = 5 * 60;
const LATE_SLOT_SECS: i64 = 30 * 60;
/// Lambda gathers for five seconds, and a request that fails takes some.
const GATHER_SECS: i64 = 5;
const REQUEST_SECS: i64 = 3;
const CYCLE_SECS: i64 = GATHER_SECS + REQUEST_SECS;
/// The webhook's records per request.
const REQUEST_RECORDS: usize = 50;

/// When a record came, in seconds after the first record was sent.
type Arrivals = Arc<Mutex<Vec<(usize, i64)>>>;

/// The intake of a server that is up, busy, gone, and up again.
struct Outage {
    clock: Arc<ManualClock>,
    plan: Plan,
    up: Arc<dyn Target>,
    busy: Arc<dyn Target>,
    gone: Arc<dyn Target>,
    /// Records in the order in which they were sent to the server that is up.
    begun: Mutex<Vec<usize>>,
    asked_while_down: AtomicU32,
}

#[async_trait]
impl Target for Outage {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn limits(&self) -> drawbridge_deliver::Limits {
        self.up.limits()
    }

    async fn deliver(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        let secs = self.clock.millis() / 1000 - NOW_SECS;
        let now = match secs {
            _ if secs >= self.plan.down_secs => &self.up,
            _ if secs < self.plan.busy_secs => &self.busy,
            _ => &self.gone,
        };
        if Arc::ptr_eq(now, &self.up) {
            let numbers = records.iter().map(|record| number(&record.key));
            self.begun.lock().unwrap().extend(numbers);
        } else {
            self.asked_while_down.fetch_add(1, Ordering::SeqCst);
        }
        now.deliver(records, until).await
    }
}

/// The number of the record with the key `da3:7`.
fn number(key: &str) -> usize {
    key.split_once(':').unwrap().1.parse().unwrap()
}

#[derive(Clone, Copy)]
struct Plan {
    /// The target is down from the first record on for that long.
    down_secs: i64,
    /// It answers 503 so long, and then refuses connections.
    busy_secs: i64,
    /// A record comes this often, until a while after the target is back.
    every_secs: i64,
    retry_after: &'static str,
    /// Invocations at once, each with a container of its own.
    containers: usize,
    /// One invocation in so many finds a container that knows of nothing.
    cold_one_in: Option<u64>,
    disorder_secs: u64,
}

struct Ran {
    /// What came, in the order in which it did.
    arrivals: Vec<(usize, i64)>,
    begun: Vec<usize>,
    most_receives: u32,
    asked_while_down: u32,
    plan: Plan,
}

async fn run(plan: Plan) -> Ran {
    let clock = Arc::new(ManualClock::at_secs(NOW_SECS));
    let arrivals = Arrivals::default();
    let (seen, now) = (Arc::clone(&arrivals), Arc::clone(&clock));
    let up = Fake::start(move |_, asked| {
        let secs = now.millis() / 1000 - NOW_SECS;
        let keys = asked.headers["x-drawbridge-keys"].split(',');
        let keys = keys.map(|key| (number(key), secs));
        seen.lock().unwrap().extend(keys);
        answer(200, "")
    })
    .await;
    let busy = Fake::start(move |_, _| {
        let headers = vec![("retry-after", plan.retry_after.to_owned())];
        Reply::Answer(503, headers, String::new())
    })
    .await;
    // Nobody listens there any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let webhook = |url: &str| target(&json!({"target": "webhook", "url": url, "secret": "s"}));
    let outage = Arc::new(Outage {
        clock: Arc::clone(&clock),
        plan,
        up: webhook(up.url.as_str()),
        busy: webhook(busy.url.as_str()),
        gone: webhook(&gone),
        begun: Mutex::default(),
        asked_while_down: AtomicU32::new(0),
    });
    let queue = Arc::new(Queue::new(Arc::clone(&clock), plan.disorder_secs));
    let container = || {
        let (deliverer, folder) = deliverer(Arc::clone(&outage) as _);
        let hide = Arc::clone(&queue) as _;
        let clock = Arc::clone(&clock) as _;
        (Handler::new(deliverer, hide, clock, "b".into()), folder)
    };
    let mut containers: Vec<_> = (0..plan.containers).map(|_| container()).collect();
    let end = (NOW_SECS + plan.down_secs + 2 * HOUR_SECS) * 1000;
    let mut next_record = NOW_SECS * 1000;
    while next_record < end || !queue.is_empty() {
        let records = (next_record < end).then_some(next_record);
        let next = records
            .into_iter()
            .chain(queue.next_visible())
            .min()
            .unwrap();
        // Lambda's window begins with the first message.
        let now = clock.millis().max(next) + GATHER_SECS * 1000;
        clock.set_millis(now);
        while next_record < end && next_record <= now {
            queue.send(next_record);
            next_record += plan.every_secs * 1000;
        }
        let batches = queue.receive(plan.containers);
        for container_of in &mut containers {
            let roll = |one_in| queue.random.lock().unwrap().below(one_in) == 0;
            if plan.cold_one_in.is_some_and(roll) {
                *container_of = container();
            }
        }
        let handled = batches.into_iter().zip(&containers);
        join_all(handled.map(async |(messages, (handler, _))| {
            let ids = messages.iter().map(|m| m.message_id.clone().unwrap());
            let given: Vec<String> = ids.collect();
            let until = Deadline::after(Duration::from_secs(60));
            let failures = handler.handle(messages, until).await;
            let failed = failures.into_iter().map(|failure| failure.item_identifier);
            queue.delete(&given, &failed.collect());
        }))
        .await;
        clock.advance_secs(REQUEST_SECS);
    }
    let sent = (end / 1000 - NOW_SECS + plan.every_secs - 1) / plan.every_secs;
    let arrivals = arrivals.lock().unwrap().clone();
    let ran = Ran {
        begun: outage.begun.lock().unwrap().clone(),
        asked_while_down: outage.asked_while_down.load(Ordering::SeqCst),
        most_receives: *queue.most_receives.lock().unwrap(),
        arrivals,
        plan,
    };
    // Each came, and once: the server that is up never drops an answer.
    let mut all: Vec<usize> = ran.arrivals.iter().map(|(n, _)| *n).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..usize::try_from(sent).unwrap()));
    ran
}

impl Ran {
    /// The records of the outage: those sent before the target was back.
    fn is_backlog(&self, n: usize) -> bool {
        i64::try_from(n).unwrap() * self.plan.every_secs < self.plan.down_secs
    }

    /// How many seconds after the target's return the last record of the outage came.
    fn drained_after_secs(&self) -> i64 {
        let backlog = self.arrivals.iter().filter(|(n, _)| self.is_backlog(*n));
        backlog
            .map(|(_, secs)| secs - self.plan.down_secs)
            .max()
            .unwrap()
    }

    /// How many seconds a record came after a younger one, at most.
    fn most_late_secs(&self) -> i64 {
        let mut by_age = self.arrivals.clone();
        by_age.sort_unstable();
        let (mut youngers, mut late) = (i64::MAX, 0);
        for (_, secs) in by_age.into_iter().rev() {
            late = late.max(secs.saturating_sub(youngers));
            youngers = youngers.min(secs);
        }
        late
    }

    /// How many younger records came before one, at most.
    fn most_overtaken(&self) -> usize {
        let order: Vec<usize> = self.arrivals.iter().map(|(n, _)| *n).collect();
        let overtaken = |(at, n): (usize, &usize)| order[..at].iter().filter(|m| *m > n).count();
        order.iter().enumerate().map(overtaken).max().unwrap()
    }

    fn summary(&self) -> String {
        format!(
            "drained after {} s, {} s late, overtaken by {}, {} receives, asked {} times while down",
            self.drained_after_secs(),
            self.most_late_secs(),
            self.most_overtaken(),
            self.most_receives,
            self.asked_while_down,
        )
    }
}

const A_DAY: Plan = Plan {
    down_secs: DAY_SECS,
    busy_secs: DAY_SECS / 2,
    every_secs: 60,
    retry_after: "30",
    containers: 1,
    cold_one_in: None,
    disorder_secs: 0,
};

/// Lambda's least concurrency, on a queue that hands out what it has some ten minutes from the
/// order of age, with containers that come and go.
fn loose(plan: Plan) -> Plan {
    Plan {
        containers: 2,
        cold_one_in: Some(10),
        disorder_secs: 600,
        ..plan
    }
}

#[tokio::test]
async fn after_a_day_the_backlog_comes_by_age_and_no_new_record_overtakes_it() {
    let ran = run(A_DAY).await;
    let summary = ran.summary();
    // Sent in the very order of age, those of the hours after the return included; ten requests at
    // once are all that may be out of it when they arrive.
    assert!(ran.begun.is_sorted(), "{summary}");
    assert!(
        ran.most_overtaken() <= IN_FLIGHT * REQUEST_RECORDS,
        "{summary}"
    );
    assert_eq!(ran.most_late_secs(), 0, "{summary}");
    let drained = ran.drained_after_secs();
    assert!(drained <= SLOT_SECS + 2 * CYCLE_SECS, "{summary}");
    assert!(ran.most_receives <= 300, "{summary}");
    // One request per try was all that the target got while it was busy, and two while it was gone.
    assert!(ran.asked_while_down <= 150 + 2 * 150, "{summary}");
}

#[tokio::test]
async fn on_a_loose_queue_no_record_comes_more_than_a_slot_after_a_younger_one() {
    // Back between two moments that all wait for.
    let ran = run(loose(Plan {
        down_secs: 23 * HOUR_SECS + 150,
        ..A_DAY
    }))
    .await;
    let summary = ran.summary();
    assert!(ran.most_late_secs() <= SLOT_SECS + CYCLE_SECS, "{summary}");
    let drained = ran.drained_after_secs();
    assert!(drained <= 2 * (SLOT_SECS + CYCLE_SECS), "{summary}");
    assert!(ran.most_receives <= 300, "{summary}");
}

#[tokio::test]
async fn after_14_days_nothing_is_lost_though_the_target_asked_for_a_second() {
    let down_secs = 14 * DAY_SECS - HOUR_SECS;
    let ran = run(loose(Plan {
        down_secs,
        busy_secs: down_secs,
        every_secs: HOUR_SECS,
        retry_after: "1",
        ..A_DAY
    }))
    .await;
    let summary = ran.summary();
    assert!(
        ran.most_late_secs() <= LATE_SLOT_SECS + CYCLE_SECS,
        "{summary}"
    );
    let drained = ran.drained_after_secs();
    assert!(drained <= LATE_SLOT_SECS + 2 * CYCLE_SECS, "{summary}");
    assert!((850..950).contains(&ran.most_receives), "{summary}");
}

#[tokio::test]
async fn a_short_outage_costs_its_own_length_again_at_most() {
    for (busy_secs, retry_after, soon_secs) in [(60, "5", 5), (0, "", 60)] {
        let ran = run(Plan {
            down_secs: 60,
            busy_secs,
            retry_after,
            every_secs: 10,
            ..A_DAY
        })
        .await;
        let summary = ran.summary();
        assert!(ran.begun.is_sorted(), "{summary}");
        let drained = ran.drained_after_secs();
        assert!(drained <= soon_secs + 2 * CYCLE_SECS, "{summary}");
    }
}
