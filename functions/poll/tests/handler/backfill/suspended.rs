//! A backfill that is cancelled, or that stopped by itself, and is resumed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use drawbridge_cursor::State;
use drawbridge_poll::state_key;
use drawbridge_store::testing::{Call, Hook, Hooked};
use drawbridge_store::{Store as _, StoreError};

use super::*;
use crate::world::FaultyStore;

/// Cancels it, as an operator does.
async fn cancel(world: &World) -> Result<(), PollError> {
    let (store, now) = (world.store.as_ref(), world.clock.now());
    BackfillProgress::cancel(store, "contoso", "b1", now).await
}

/// Resumes it, as the command does: with what is left and what was quarantined.
async fn resume(world: &World) {
    let mut known = progress(world).await;
    known.left.append(&mut known.failed);
    known.ask(world.store.as_ref()).await.unwrap();
}

/// How often each record was sent.
fn sent_counts(world: &World) -> BTreeMap<String, usize> {
    let mut sent = BTreeMap::new();
    for message in world.queue.messages() {
        *sent.entry(message.key).or_default() += 1;
    }
    sent
}

/// A world in which a backfill with `again` has sent some of the forty records of a day once more.
async fn half_sent_again() -> World {
    let world = world_with(0, |settings| {
        settings.page_size = 10;
        settings.windows.sweeps = false;
    });
    for n in 0..40 {
        world.set(&format!("da{n}"), &format!("2026-01-01T12:00:{n:02}Z"));
    }
    ask(&world, days(1)).await;
    steps(&world).await;
    assert_eq!(sent_counts(&world).len(), 40);
    ask_with(&world, days(1), |backfill| backfill.again = true).await;
    world.graph.latency(12_000);
    while world.written().len() < 50 {
        try_step(&world).await.unwrap();
        world.clock.advance_secs(60);
    }
    assert!(world.written().len() < 80);
    world
}

/// What is left is sent, and nothing a third time.
async fn each_is_sent_twice(world: &World) {
    world.graph.latency(0);
    steps(world).await;
    let often: Vec<usize> = sent_counts(world).into_values().collect();
    assert_eq!(often, [2; 40]);
    let state = world.state().await;
    assert_eq!(state.outputs.keys().collect::<Vec<_>>(), ["siem"]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_and_resumed_it_sends_nothing_a_third_time() {
    let world = half_sent_again().await;
    cancel(&world).await.unwrap();
    let so_far = world.written().len();
    for _ in 0..3 {
        world.clock.advance_secs(4000);
        assert!(world.poll().await.unwrap().saved, "so that it is pruned");
    }
    assert_eq!(world.written().len(), so_far);
    resume(&world).await;
    each_is_sent_twice(&world).await;
}

#[tokio::test(start_paused = true)]
async fn stopped_for_its_output_and_resumed_it_sends_nothing_a_third_time() {
    let mut world = half_sent_again().await;
    let to_siem = |state: &mut State| {
        state.backfills.get_mut("b1").unwrap().output = Some("siem".into());
    };
    let store = world.store.as_ref();
    change_state(store, "contoso", to_siem).await.unwrap();
    world.poller.outputs[0].name = "other".into();
    for _ in 0..3 {
        world.clock.advance_secs(400);
        world.poll().await.unwrap();
    }
    let so_far = progress(&world).await;
    assert!(so_far.stopped.is_some() && !so_far.cancelled);
    // A step of it changes nothing of that.
    try_step(&world).await.unwrap();
    assert_eq!(progress(&world).await.stopped, so_far.stopped);
    world.poller.outputs[0].name = "siem".into();
    resume(&world).await;
    assert_eq!(progress(&world).await.stopped, None);
    world.graph.latency(0);
    steps(&world).await;
    assert_eq!(
        sent_counts(&world).into_values().collect::<Vec<_>>(),
        [2; 40]
    );
}

/// A window whose answer stays incomplete is quarantined; what there was of it was sent.
#[tokio::test(start_paused = true)]
async fn resumed_with_what_failed_it_sends_nothing_a_third_time() {
    let world = world(1);
    ask(&world, days(1)).await;
    steps(&world).await;
    ask_with(&world, days(1), |backfill| backfill.again = true).await;
    while !progress(&world).await.left.is_empty() {
        world.graph.script([Answer::Partial, Answer::Partial]);
        let _ = try_step(&world).await;
        world.clock.advance_secs(300);
    }
    let so_far = progress(&world).await;
    assert!(!so_far.failed.is_empty() && !so_far.cancelled);
    assert_eq!(world.written().len(), 2);
    world.poll().await.unwrap();
    resume(&world).await;
    steps(&world).await;
    assert_eq!(world.written().len(), 2);
    assert!(world.state().await.backfills.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_backfill_is_read_no_more_and_can_be_resumed() {
    let world = world_with(9, |settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    ask(&world, days(9)).await;
    world.graph.latency(5_000);
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert!(!progress(&world).await.left.is_empty());
    // While a poll is under way that has it in its memory.
    let before = world.state().await;
    cancel(&world).await.unwrap();
    let cancelled = world.state().await.encode().unwrap().into();
    let key = state_key("contoso");
    let before = before.encode().unwrap().into();
    world
        .store
        .put(&key, before, "application/json")
        .await
        .unwrap();
    world.store.then_put_if([Put::Overtaken(cancelled)]);
    world.set("new", "2026-03-01T12:01:10Z");
    world.clock.advance_secs(60);
    assert!(world.poll().await.unwrap().saved);
    assert!(
        progress(&world).await.cancelled,
        "the poll tells nothing else"
    );
    let requests = world.graph.requests().len();
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(
        world.graph.requests().len(),
        requests + 1,
        "the live window alone"
    );
    // Nor does a step of it say that it is done, or a poll in trouble that it stopped.
    try_step(&world).await.unwrap();
    world.graph.script([Answer::Status(403)]);
    world.clock.advance_secs(60);
    world.poll().await.unwrap_err();
    let so_far = progress(&world).await;
    assert!(so_far.cancelled && so_far.stopped.is_none() && !so_far.left.is_empty());
    world.clock.advance_secs(300);
    resume(&world).await;
    world.graph.latency(0);
    steps(&world).await;
    assert!((1..=9).all(|n| world.has(&format!("day{n}"))));
    assert!(!progress(&world).await.cancelled);
}

/// The store takes the first or the second of what it writes, or neither.
#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_cancelled_is_not_said_to_be() {
    for (puts, is_read) in [
        (vec![Put::Fails], true),
        (vec![Put::Works, Put::Fails], false),
    ] {
        let world = world_with(1, |settings| settings.windows.sweeps = false);
        world.poll().await.unwrap();
        ask(&world, days(1)).await;
        world.store.then_put_if(puts);
        cancel(&world).await.unwrap_err();
        assert!(!progress(&world).await.cancelled);
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
        assert_eq!(world.has("day1"), is_read);
        if is_read {
            continue;
        }
        // Who waits for it is told with the next step, and done again it is told as well.
        try_step(&world).await.unwrap();
        assert!(progress(&world).await.cancelled);
        cancel(&world).await.unwrap();
        let so_far = progress(&world).await;
        assert!(so_far.cancelled && so_far.left == days(1));
    }
}

/// The calls of one of two operators, each of which waits for its turn.
struct InTurns<'a> {
    who: usize,
    turns: &'a Mutex<VecDeque<usize>>,
}

impl InTurns<'_> {
    async fn turn(&self) {
        loop {
            {
                let mut turns = self.turns.lock().unwrap();
                if turns.front().is_none_or(|&who| who == self.who) {
                    turns.pop_front();
                    return;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Leaves the turns that it had no need of to the other one.
    fn done(&self) {
        let mut turns = self.turns.lock().unwrap();
        turns.retain(|&who| who != self.who);
    }
}

#[async_trait]
impl Hook for InTurns<'_> {
    async fn before(&self, call: Call, _: &str) -> Result<(), StoreError> {
        if call != Call::Reserve {
            self.turn().await;
        }
        Ok(())
    }
}

/// Two operators, one of whom cancels what the other one resumes, in every order of their first ten
/// calls of the store.
#[tokio::test(start_paused = true)]
async fn cancelled_beside_resumed_it_is_what_the_state_says() {
    let mut ends = [0; 2];
    for order in 0..1 << 10 {
        let store = FaultyStore::default();
        let asked = BackfillProgress {
            tenant: "contoso".into(),
            id: "b1".into(),
            windows: days(1),
            left: days(1),
            ..BackfillProgress::default()
        };
        asked.ask(&store).await.unwrap();
        let turns = Mutex::new((0..10).map(|n| order >> n & 1).collect());
        let of = |who| Hooked {
            store: &store,
            hook: InTurns { who, turns: &turns },
        };
        let (one, other) = (of(0), of(1));
        let cancel = async {
            let now = "2026-03-01T12:00:00Z".parse().unwrap();
            let cancelled = BackfillProgress::cancel(&one, "contoso", "b1", now).await;
            one.hook.done();
            cancelled.unwrap();
        };
        let resume = async {
            let resumed = asked.ask(&other).await;
            other.hook.done();
            resumed.unwrap();
        };
        tokio::join!(cancel, resume);
        let object = store.get(&state_key("contoso")).await.unwrap().unwrap();
        let state = State::decode(&object.body).unwrap();
        let is_suspended = state.backfills["b1"].suspended.is_some();
        let known = BackfillProgress::load(&store, "contoso", "b1").await;
        let is_cancelled = known.unwrap().unwrap().cancelled;
        assert_eq!(is_cancelled, is_suspended, "{order:b}");
        ends[usize::from(is_suspended)] += 1;
    }
    assert!(ends.iter().all(|&often| often > 100), "{ends:?}");
}
