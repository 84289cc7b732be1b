//! A standard queue as SQS documents it, and Lambda's event source in front of it, on a clock that
//! is set.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::SqsMessage;
use drawbridge_lambda::VisibilityControl;

use crate::handler::message;
use drawbridge_time::testing::ManualClock;

/// As the template has them.
const VISIBILITY_SECS: i64 = 720;
const MAX_RECEIVES: u32 = 1000;
const RETENTION_SECS: i64 = 14 * 24 * 60 * 60;
const BATCH_SIZE: usize = 1000;

/// Messages that SQS hands over at once; Lambda gathers them into batches.
const RECEIVE: usize = 10;

struct Held {
    message: SqsMessage,
    sent: i64,
    received: i64,
    visible: i64,
    receives: u32,
}

/// The queue; times are in milliseconds.
pub(super) struct Queue {
    clock: Arc<ManualClock>,
    held: Mutex<Vec<Option<Held>>>,
    /// How far from the order of age it hands messages out, in seconds of their age.
    disorder_secs: u64,
    pub(super) random: Mutex<Random>,
    pub(super) most_receives: Mutex<u32>,
}

impl Queue {
    pub(super) fn new(clock: Arc<ManualClock>, disorder_secs: u64) -> Self {
        Self {
            clock,
            held: Mutex::default(),
            disorder_secs,
            random: Mutex::new(Random(0x9e37_79b9)),
            most_receives: Mutex::default(),
        }
    }

    /// Takes the next record, sent then.
    pub(super) fn send(&self, sent: i64) {
        let mut held = self.held.lock().unwrap();
        let message = message(held.len(), &sent.to_string(), "0");
        held.push(Some(Held {
            message,
            sent,
            received: 0,
            visible: sent,
            receives: 0,
        }));
    }

    /// When the next message can be received.
    pub(super) fn next_visible(&self) -> Option<i64> {
        let held = self.held.lock().unwrap();
        held.iter().flatten().map(|held| held.visible).min()
    }

    /// Hands out all that is visible, roughly the oldest first, ten by ten, to that many
    /// invocations at once.
    pub(super) fn receive(&self, invocations: usize) -> Vec<Vec<SqsMessage>> {
        let now = self.clock.millis();
        let mut random = self.random.lock().unwrap();
        let mut held = self.held.lock().unwrap();
        let mut visible: Vec<(i64, &mut Held)> = Vec::new();
        for held in held.iter_mut().flatten().filter(|held| held.visible <= now) {
            let age = now - held.sent;
            assert!(
                age < RETENTION_SECS * 1000,
                "the queue has deleted a record"
            );
            let place = held.sent + random.below(self.disorder_secs * 1000 + 1);
            visible.push((place, held));
        }
        visible.sort_by_key(|(place, _)| *place);
        let mut batches = vec![Vec::new(); invocations];
        visible.truncate(invocations * BATCH_SIZE);
        for ten in visible.chunks_mut(RECEIVE) {
            let free: Vec<usize> = (0..invocations)
                .filter(|&n| batches[n].len() + ten.len() <= BATCH_SIZE)
                .collect();
            let Some(&of) = free.get(random.below(free.len() as u64) as usize) else {
                break;
            };
            for (_, held) in ten {
                held.receives += 1;
                assert!(held.receives <= MAX_RECEIVES, "a record is a dead letter");
                held.received = now;
                held.visible = now + VISIBILITY_SECS * 1000;
                let mut message = held.message.clone();
                let count = held.receives.to_string();
                message
                    .attributes
                    .insert("ApproximateReceiveCount".into(), count);
                batches[of].push(message);
            }
        }
        batches.retain(|batch: &Vec<SqsMessage>| !batch.is_empty());
        batches
    }

    /// Deletes what an invocation did not say has failed.
    pub(super) fn delete(&self, given: &[String], failed: &HashSet<String>) {
        let mut held = self.held.lock().unwrap();
        for id in given.iter().filter(|id| !failed.contains(*id)) {
            let gone = held[number(id)].take().unwrap();
            let mut most = self.most_receives.lock().unwrap();
            *most = gone.receives.max(*most);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.lock().unwrap().iter().all(Option::is_none)
    }
}

#[async_trait]
impl VisibilityControl for Queue {
    async fn hide(&self, messages: &[(String, Duration)]) {
        let now = self.clock.millis();
        let mut held = self.held.lock().unwrap();
        for (receipt, delay) in messages {
            let held = held[number(receipt)].as_mut().unwrap();
            held.visible = now + i64::try_from(delay.as_millis()).unwrap();
            let total = held.visible - held.received;
            assert!(total <= 12 * 60 * 60 * 1000, "SQS refuses to hide it");
        }
    }
}

/// The number in a message's id (`m7`) or receipt (`r7`).
fn number(id: &str) -> usize {
    id[1..].parse().unwrap()
}

/// Numbers that look random and are the same every time (xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn below(&mut self, end: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % end.max(1)).unwrap()
    }
}
