use std::collections::HashMap;
use std::sync::Mutex;

use drawbridge_lambda::{MessageDeletion, VisibilityControl};
use drawbridge_queue::testing::FaultyQueue;
use drawbridge_store::StoreError;
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::Deadline;
use drawbridge_time::testing::ManualClock;
use tokio::time::sleep;

use super::*;

/// How a tenant's job goes. It is done, if by saying that there is no such tenant, or fails for a
/// while.
#[derive(Clone, Copy)]
enum Plan {
    Takes(u64),
    FailsAfter(u64),
    Panics,
    Hangs,
}

/// What happened, and at which second.
#[derive(Default)]
struct Events(Mutex<Vec<String>>, Mutex<Option<Instant>>);

impl Events {
    fn note(&self, what: &str) {
        let began = *self.1.lock().unwrap().get_or_insert_with(Instant::now);
        let secs = began.elapsed().as_secs_f64();
        self.0.lock().unwrap().push(format!("{secs} {what}"));
    }

    fn take(&self) -> Vec<String> {
        *self.1.lock().unwrap() = None;
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Script {
    plans: HashMap<&'static str, Plan>,
    events: Arc<Events>,
}

#[async_trait]
impl Pollers for Script {
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError> {
        self.events.note(&job.tenant);
        match self.plans[&*job.tenant] {
            Plan::Takes(secs) => sleep(Duration::from_secs(secs)).await,
            Plan::FailsAfter(secs) => {
                sleep(Duration::from_secs(secs)).await;
                let access = drawbridge_queue::AccessError::unavailable("the bucket", "503");
                return Err(ConfigError::Store(StoreError::from(access)));
            }
            Plan::Panics => panic!("MARKER of an alert"),
            Plan::Hangs => std::future::pending().await,
        }
        Ok(None)
    }
}

#[async_trait]
impl VisibilityControl for Events {
    async fn hide(&self, messages: &[(String, Duration)]) {
        let receipts: Vec<_> = messages.iter().map(|(receipt, _)| &**receipt).collect();
        let secs = messages[0].1.as_secs();
        assert!(messages.iter().all(|(_, delay)| delay.as_secs() == secs));
        self.note(&format!("hide {} for {secs}", receipts.join(" ")));
    }
}

#[async_trait]
impl MessageDeletion for Events {
    async fn delete(&self, receipts: &[String]) {
        self.note(&format!("delete {}", receipts.join(" ")));
    }
}

#[async_trait]
impl JobLog for Events {
    async fn done(
        &self,
        job: &Job,
        done: &Result<Option<Report>, JobFailure>,
        is_message: bool,
        _: Duration,
    ) {
        assert!(is_message);
        match done {
            Err(JobFailure::UnknownTenant(_)) => {}
            Err(error) => self.note(&format!("{}: {error}", job.tenant)),
            Ok(report) => panic!("{report:?}"),
        }
    }

    fn invocation_ends(&self) {
        self.note("end");
    }
}

/// A message of a tenant, received so often. Its receipt is its id with a small r before.
fn message(id: &str, tenant: &str, count: u32) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(id.to_owned());
    message.receipt_handle = Some(format!("r{id}"));
    message.body = Some(Job::of(tenant).to_json());
    let count = ("ApproximateReceiveCount".to_owned(), count.to_string());
    message.attributes.extend([count]);
    message
}

/// A function whose tenants go by these plans.
struct World {
    events: Arc<Events>,
    messages: Arc<JobMessages<Script>>,
}

impl World {
    fn of(plans: &[(&'static str, Plan)]) -> Self {
        let events = Arc::<Events>::default();
        let messages = JobMessages {
            slow_jobs: SlowJobs::default(),
            pollers: Script {
                plans: plans.iter().copied().collect(),
                events: Arc::clone(&events),
            },
            jobs: Jobs::default(),
            queue: JobsQueue {
                visibility: events.clone(),
                deletion: events.clone(),
                queue: Arc::new(FaultyQueue::default()),
                place: "jobs".to_owned(),
            },
            store: Arc::new(FaultyStore::default()),
            clock: Arc::new(ManualClock::at("2026-03-01T12:00:00Z")),
            log: events.clone(),
        };
        Self {
            events,
            messages: Arc::new(messages),
        }
    }

    /// An invocation of 60 seconds; the ids of the messages that come back.
    async fn answer(&self, messages: &[SqsMessage]) -> Vec<String> {
        let time = Duration::from_secs(60);
        self.events.note("begin");
        let stop = Stop::at(Deadline::after(time - CLOSING_TIME));
        let response = self.messages.answer(messages, &stop);
        let response = tokio::time::timeout(time, response).await;
        let failures = response.expect("Lambda kills it").batch_item_failures;
        let ids = failures.into_iter().map(|failure| failure.item_identifier);
        ids.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn tenants_are_polled_at_the_same_time_and_the_jobs_of_one_in_order() {
    let world = World::of(&[("a", Plan::Takes(3)), ("b", Plan::Takes(4))]);
    let batch = [
        message("1", "a", 1),
        message("2", "b", 1),
        message("3", "a", 1),
    ];
    assert!(world.answer(&batch).await.is_empty());
    let begun = ["0 begin", "0 a", "0 b", "3 a", "5 delete r1 r2", "6 end"];
    assert_eq!(world.events.take(), begun);
}

#[tokio::test(start_paused = true)]
async fn an_idle_batch_costs_no_call() {
    let world = World::of(&[("a", Plan::Takes(0)), ("b", Plan::Takes(1))]);
    let batch = [message("1", "a", 1), message("2", "b", 1)];
    assert!(world.answer(&batch).await.is_empty());
    assert_eq!(world.events.take(), ["0 begin", "0 a", "0 b", "1 end"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_deleted_while_others_go_on() {
    let takes = [
        ("a", Plan::Takes(1)),
        ("b", Plan::Takes(2)),
        ("c", Plan::Takes(8)),
        ("d", Plan::Takes(9)),
    ];
    let world = World::of(&takes);
    let batch = takes.map(|(tenant, _)| message(tenant, tenant, 1));
    assert!(world.answer(&batch).await.is_empty());
    let events = world.events.take();
    assert_eq!(events[5..], ["3 delete ra rb", "8 delete rc", "9 end"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_its_tenants_alone_and_what_comes_behind_it_waits_with_it() {
    let world = World::of(&[("a", Plan::FailsAfter(1)), ("b", Plan::Takes(1))]);
    let batch = [
        message("1", "a", 1),
        message("2", "b", 1),
        message("3", "a", 1),
        message("4", "b", 1),
    ];
    assert_eq!(world.answer(&batch).await, ["1", "3"]);
    let events = world.events.take();
    assert!(events[3].starts_with("1 a: the tenant documents could not be read"));
    assert_eq!(events[4..], ["1 hide r1 r3 for 30", "1 b", "2 end"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_failure_of_one_job_and_its_message_is_not_told() {
    let world = World::of(&[("a", Plan::Panics), ("b", Plan::Takes(1))]);
    let batch = [message("1", "a", 1), message("2", "b", 1)];
    assert_eq!(world.answer(&batch).await, ["1"]);
    let events = world.events.take();
    assert_eq!(
        events[3..],
        [
            "0 a: this is a bug: the function panicked, and its log tells where",
            "0 hide r1 for 30",
            "1 end"
        ]
    );
    assert!(!events.join(" ").contains("MARKER"));
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_hangs_is_given_up_before_the_process_is_killed() {
    let world = World::of(&[("a", Plan::Hangs), ("b", Plan::Takes(1))]);
    let batch = [message("1", "a", 1), message("2", "b", 1)];
    assert_eq!(world.answer(&batch).await, ["1"]);
    let events = world.events.take();
    assert_eq!(events[3], "3 delete r2");
    assert!(events[4].starts_with("58 a: the poll did not end in its time"));
    assert_eq!(events[5..], ["58 hide r1 for 30", "58 end"]);
}

/// A queue that does not answer, either.
struct Silent;

#[async_trait]
impl VisibilityControl for Silent {
    async fn hide(&self, _: &[(String, Duration)]) {
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl MessageDeletion for Silent {
    async fn delete(&self, _: &[String]) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_does_not_answer_keeps_nobody_waiting() {
    let plans = [
        ("a", Plan::Hangs),
        ("b", Plan::Takes(1)),
        ("c", Plan::FailsAfter(2)),
        ("d", Plan::Takes(7)),
    ];
    let mut world = World::of(&plans);
    let messages = Arc::get_mut(&mut world.messages).unwrap();
    messages.queue.visibility = Arc::new(Silent);
    messages.queue.deletion = Arc::new(Silent);
    let batch = plans.map(|(tenant, _)| message(tenant, tenant, 1));
    assert_eq!(world.answer(&batch).await, ["a", "c"]);
    assert_eq!(world.events.take().last().unwrap(), "59 end");
}

/// A log that panics at one tenant, and does not come to an end with another.
struct Unwell;

#[async_trait]
impl JobLog for Unwell {
    async fn done(&self, job: &Job, _: &Result<Option<Report>, JobFailure>, _: bool, _: Duration) {
        match &*job.tenant {
            "a" => panic!("MARKER of a state"),
            _ => std::future::pending::<()>().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_done_whatever_becomes_of_the_log() {
    let mut world = World::of(&[("a", Plan::Takes(1)), ("b", Plan::Takes(1))]);
    Arc::get_mut(&mut world.messages).unwrap().log = Arc::new(Unwell);
    let batch = [message("1", "a", 1), message("2", "b", 1)];
    assert!(world.answer(&batch).await.is_empty());
    let events = world.events.take();
    assert_eq!(events, ["0 begin", "0 a", "0 b", "3 delete r1"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_received_before_is_polled_alone_when_the_others_are_deleted() {
    let plans = ["a", "b", "c", "d"].map(|tenant| (tenant, Plan::Takes(1)));
    let world = World::of(&plans);
    let batch = [
        message("1", "a", 2),
        message("2", "b", 1),
        message("3", "c", 2),
        message("4", "d", 1),
        message("5", "c", 1),
        message("6", "a", 1),
    ];
    assert_eq!(world.answer(&batch).await, ["3", "5"]);
    assert_eq!(
        world.events.take(),
        [
            "0 begin",
            "0 hide r3 r5 for 1",
            "0 b",
            "0 d",
            "1 delete r2 r4",
            "1 a",
            "2 a",
            "3 end"
        ]
    );
    // Where nothing else is to be done it costs no call, and has all of a second try's time.
    let world = World::of(&[("a", Plan::Takes(24))]);
    assert!(world.answer(&[message("1", "a", 2)]).await.is_empty());
    assert_eq!(world.events.take(), ["0 begin", "0 a", "24 end"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_received_before_is_handed_back_when_there_is_little_time_left() {
    let world = World::of(&[("a", Plan::Takes(1)), ("b", Plan::Takes(34))]);
    let batch = [message("1", "a", 2), message("2", "b", 1)];
    assert_eq!(world.answer(&batch).await, ["1"]);
    let events = world.events.take();
    assert_eq!(events[1..], ["0 b", "34 hide r1 for 1", "34 end"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_job_of_a_tenant_does_not_begin_without_time_for_it() {
    let world = World::of(&[("a", Plan::Takes(34)), ("b", Plan::Takes(1))]);
    let batch = [
        message("1", "a", 1),
        message("2", "a", 1),
        message("3", "a", 1),
        message("4", "b", 1),
    ];
    assert_eq!(world.answer(&batch).await, ["2", "3"]);
    let events = world.events.take();
    assert_eq!(
        events[3..],
        ["3 delete r4", "34 hide r2 r3 for 1", "34 end"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_job_comes_back_at_once_and_holds_up_nobody() {
    let world = World::of(&[("a", Plan::Takes(1))]);
    let mut odd = message("1", "a", 3);
    odd.body = Some("hunter2".to_owned());
    let batch = [odd, message("2", "a", 1)];
    assert_eq!(world.answer(&batch).await, ["1"]);
    let events = world.events.take();
    assert_eq!(events, ["0 begin", "0 hide r1 for 0", "0 a", "1 end"]);
}

/// The process dies: nothing of it goes on.
#[tokio::test(start_paused = true)]
async fn polls_end_with_the_invocation_that_began_them() {
    let world = World::of(&[("a", Plan::FailsAfter(9))]);
    let batch = [message("1", "a", 1)];
    let answer = world.answer(&batch);
    assert!(
        tokio::time::timeout(Duration::from_secs(3), answer)
            .await
            .is_err()
    );
    sleep(Duration::from_secs(60)).await;
    assert_eq!(world.events.take(), ["0 begin", "0 a"]);
}

/// What was handed back is polled beside others, as often as it was, and each try but the fourth has
/// little time.
#[tokio::test(start_paused = true)]
async fn what_was_handed_back_is_no_suspect() {
    let world = World::of(&[("a", Plan::FailsAfter(1)), ("b", Plan::Takes(1))]);
    for count in 1..=3 {
        let batch = [message("1", "a", count), message("2", "b", 1)];
        assert_eq!(world.answer(&batch).await, ["1"]);
        let events = world.events.take();
        assert_eq!(events[..3], ["0 begin", "0 a", "0 b"], "{count}");
        let delay = [30, 60, 90][count as usize - 1];
        assert_eq!(events[4], format!("1 hide r1 for {delay}"));
    }
    // It came back once more, and nobody had handed it back.
    let batch = [message("1", "a", 5), message("2", "b", 1)];
    world.answer(&batch).await;
    assert_eq!(
        world.events.take()[..4],
        ["0 begin", "0 b", "1 delete r2", "1 a"]
    );
}

/// It waited for another one, and was not begun: that is no try, and takes no suspicion from it.
#[tokio::test(start_paused = true)]
async fn a_suspect_that_was_handed_back_before_it_began_is_one_still() {
    let world = World::of(&[("a", Plan::FailsAfter(1)), ("b", Plan::FailsAfter(1))]);
    let killed = [message("1", "a", 2), message("2", "b", 2)];
    assert_eq!(world.answer(&killed).await, ["1", "2"]);
    assert_eq!(world.events.take()[1], "0 hide r2 for 1");
    let batch = [message("2", "b", 3), message("1", "a", 3)];
    world.answer(&batch).await;
    let events = world.events.take();
    let has = |expected: &str| events.iter().any(|event| event == expected);
    // The one that was polled is suspect no more.
    assert!(has("0 a") && has("1 hide r1 for 90"), "{events:?}");
    assert!(has("1 b") && has("2 hide r2 for 60"), "{events:?}");
}

/// Before, one that had died with others was never polled while each batch had a tenant with work for all of the time.
#[tokio::test(start_paused = true)]
async fn a_suspect_for_which_there_was_no_time_is_polled_before_the_others_the_next_time() {
    let world = World::of(&[("a", Plan::Takes(1)), ("b", Plan::Takes(44))]);
    for (count, expected) in [
        (2, ["0 b", "44 hide r1 for 1", "44 end"]),
        (3, ["0 hide r2 for 1", "0 a", "1 end"]),
    ] {
        let batch = [message("2", "b", 1), message("1", "a", count)];
        let back = if count == 2 { "1" } else { "2" };
        assert_eq!(world.answer(&batch).await, [back]);
        assert_eq!(world.events.take()[1..], expected);
    }
}

/// What hung once is polled behind the others, the second time with all of the time, and then with little.
#[tokio::test(start_paused = true)]
async fn what_was_given_up_is_polled_behind_the_others_when_it_comes_back() {
    let world = World::of(&[("a", Plan::Hangs), ("b", Plan::Takes(1))]);
    for (count, given_up) in [(1, 58), (2, 58), (3, 26), (4, 26)] {
        tokio::time::advance(Duration::from_secs(180)).await;
        let batch = [message("1", "a", count), message("2", "b", 1)];
        assert_eq!(world.answer(&batch).await, ["1"]);
        let events = world.events.take();
        if count > 1 {
            assert_eq!(events[1..4], ["0 b", "1 delete r2", "1 a"], "{count}");
        }
        let expected = format!("{given_up} a: the poll did not end in its time");
        assert!(events[4].starts_with(&expected), "{count}: {events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_job_of_a_tenant_has_the_time_of_its_own_tries() {
    let world = World::of(&[("a", Plan::FailsAfter(1))]);
    assert_eq!(world.answer(&[message("1", "a", 1)]).await, ["1"]);
    world.events.take();
    let mut again = World::of(&[("a", Plan::Takes(22))]);
    Arc::get_mut(&mut again.messages).unwrap().store = Arc::clone(&world.messages.store);
    let batch = [message("1", "a", 2), message("2", "a", 1)];
    assert!(again.answer(&batch).await.is_empty());
    let events = again.events.take();
    assert_eq!(events, ["0 begin", "0 a", "22 a", "24 delete r1", "44 end"]);
}

/// What is known to hold up its process has a quarter of its time while others wait.
#[tokio::test(start_paused = true)]
async fn what_holds_up_its_process_is_handed_back_while_others_wait() {
    let world = World::of(&[("a", Plan::Hangs), ("b", Plan::Takes(1))]);
    let answered = async |count, with_others| {
        let mut batch = vec![message("1", "a", count)];
        if with_others {
            batch.push(message("2", "b", 1));
        }
        assert_eq!(world.answer(&batch).await, ["1"]);
        world.events.take()
    };
    assert!(answered(1, true).await.contains(&"0 a".to_owned()));
    // The process is 58 seconds old then, and has time for it when it is 60.
    let events = answered(2, true).await;
    assert_eq!(events[1..3], ["0 hide r1 for 30", "0 b"]);
    tokio::time::advance(Duration::from_secs(2)).await;
    let events = answered(3, true).await;
    assert_eq!(events[1..4], ["0 b", "1 delete r2", "1 a"]);
    // It took 57 seconds of them, and gets its next ones 171 seconds later.
    tokio::time::advance(Duration::from_secs(30)).await;
    let events = answered(4, true).await;
    assert_eq!(events[1..3], ["0 hide r1 for 60", "0 b"]);
    // Without others there is nobody who would wait.
    assert_eq!(answered(5, false).await[1], "0 a");
}

/// Polls that fail late are no danger to each other.
#[tokio::test(start_paused = true)]
async fn those_that_took_long_and_failed_are_polled_beside_each_other_and_behind_the_others() {
    let plans = [
        ("a", Plan::FailsAfter(12)),
        ("b", Plan::FailsAfter(12)),
        ("c", Plan::Takes(1)),
    ];
    let world = World::of(&plans);
    for count in 1..=2 {
        let batch = [
            message("1", "a", count),
            message("2", "b", count),
            message("3", "c", 1),
        ];
        assert_eq!(world.answer(&batch).await, ["1", "2"]);
        let events = world.events.take();
        match count {
            1 => assert_eq!(events[1..4], ["0 a", "0 b", "0 c"]),
            _ => assert_eq!(events[1..5], ["0 c", "1 delete r3", "1 a", "1 b"]),
        }
        tokio::time::advance(Duration::from_secs(60)).await;
    }
}

/// Of many, one whose Graph gives no page does not keep the process from others.
#[tokio::test(start_paused = true)]
async fn among_many_what_has_no_page_after_some_seconds_comes_back() {
    let (well, hangs) = (Plan::Takes(1), Plan::Hangs);
    let world = World::of(&[
        ("a", hangs),
        ("b", well),
        ("c", well),
        ("d", well),
        ("e", hangs),
    ]);
    let batch = ["a", "b", "c", "d", "e"].map(|tenant| message(tenant, tenant, 1));
    assert_eq!(world.answer(&batch).await, ["a", "e"]);
    let events = world.events.take();
    let has = |expected: &str| events.iter().any(|event| event == expected);
    assert!(has("10 hide ra for 30") && has("10 end"), "{events:?}");
    assert!(has(&format!("10 a: {}", JobFailure::NoPage)), "{events:?}");
    // They come back beside each other, behind the others and with all of the time.
    tokio::time::advance(Duration::from_secs(60)).await;
    let batch = ["a", "b", "c", "d", "e"].map(|tenant| {
        let is_again = ["a", "e"].contains(&tenant);
        message(tenant, tenant, 1 + u32::from(is_again))
    });
    assert_eq!(world.answer(&batch).await, ["a", "e"]);
    let events = world.events.take();
    assert_eq!(
        events[1..7],
        ["0 b", "0 c", "0 d", "1 delete rb rc rd", "1 a", "1 e"]
    );
    assert_eq!(events.last().unwrap(), "58 end");
    // Only the first batch of a process has so much time.
    let batch = ["a", "b", "c", "d", "e"].map(|tenant| message(&format!("{tenant}2"), tenant, 1));
    assert_eq!(world.answer(&batch).await, ["a2", "e2"]);
    assert_eq!(world.events.take().last().unwrap(), "4 end");
}

/// Whoever comes back is older than what is new, and received before it: that nobody else is in a batch says
/// nothing of who waits.
#[tokio::test(start_paused = true)]
async fn where_all_hold_up_the_process_an_idle_one_has_time_for_them_and_a_busy_one_has_not() {
    let tenants = ["a", "b", "c", "d", "e"];
    let world = World::of(&tenants.map(|tenant| (tenant, Plan::FailsAfter(12))));
    let answered = async |count| {
        let batch = tenants.map(|tenant| message(tenant, tenant, count));
        assert_eq!(world.answer(&batch).await, tenants);
        world.events.take()
    };
    answered(1).await;
    let events = answered(2).await;
    assert_eq!(events[..2], ["0 begin", "0 hide ra for 50"]);
    assert_eq!(events.last().unwrap(), "0 end");
    tokio::time::advance(Duration::from_secs(1)).await;
    let events = answered(3).await;
    assert_eq!(events[1..3], ["0 a", "0 b"]);
    assert_eq!(events.last().unwrap(), "12 end");
    // As long as others may wait, it has none in its first minute.
    let events = answered(4).await;
    assert_eq!(events[1], "0 hide ra for 37");
}
