//! Queues for tests: one in memory, and one around it that refuses as it is told.
#![allow(
    clippy::unwrap_used,
    reason = "only tests use this module; it says what is wrong by failing"
)]

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_access::AccessError;

use crate::{Message, Queue, QueueError, Refused, code};

/// A queue in memory.
#[derive(Default)]
pub struct MemoryQueue {
    taken: Mutex<Vec<Message>>,
    is_fifo: bool,
}

impl MemoryQueue {
    /// A FIFO queue: of the messages with one key it takes the first.
    pub fn fifo() -> Self {
        Self {
            is_fifo: true,
            ..Self::default()
        }
    }

    /// What it took, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.taken.lock().unwrap().clone()
    }

    /// The bodies of what it took, in order.
    pub fn bodies(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.iter().map(|message| message.body.clone()).collect()
    }

    fn take<'a>(&self, messages: impl Iterator<Item = &'a Message>) {
        let mut taken = self.taken.lock().unwrap();
        for message in messages {
            if !self.is_fifo || taken.iter().all(|known| known.key != message.key) {
                taken.push(message.clone());
            }
        }
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        self.take(messages.iter());
        Ok(Vec::new())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

/// What a queue does with one send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Send {
    /// It takes all but these, which may be sent again.
    Refuse(Vec<usize>),
    /// It takes all but these, which it will never take.
    RefuseForGood(Vec<usize>),
    /// It takes none that is over the limit of SQS.
    RefuseTooLong,
    /// It takes nothing.
    Fail,
    /// It takes all, and its answer is lost.
    TakeAndFail,
}

impl Send {
    /// Why it refuses the message at `index`, where it does.
    fn refusal(&self, index: usize, message: &Message) -> Option<Refused> {
        let (is_refused, code, retryable) = match self {
            Self::Refuse(indices) => (indices.contains(&index), "Scripted", true),
            Self::RefuseForGood(indices) => (indices.contains(&index), "Scripted", false),
            Self::RefuseTooLong => (message.body.len() > 1 << 20, code::TOO_LONG, false),
            Self::Fail => (true, "Scripted", true),
            Self::TakeAndFail => (false, "", true),
        };
        is_refused.then(|| Refused {
            index,
            code: code.to_owned(),
            retryable,
        })
    }
}

/// A [`MemoryQueue`] whose sends do what a test says.
#[derive(Default)]
pub struct FaultyQueue {
    memory: MemoryQueue,
    script: Mutex<VecDeque<Send>>,
    sends: Mutex<usize>,
    latency: Mutex<Duration>,
}

impl Deref for FaultyQueue {
    type Target = MemoryQueue;

    fn deref(&self) -> &MemoryQueue {
        &self.memory
    }
}

impl FaultyQueue {
    /// One around these messages.
    pub fn of(memory: MemoryQueue) -> Self {
        Self {
            memory,
            ..Self::default()
        }
    }

    /// What the next send does after those that a test named before; then all is taken.
    pub fn then(&self, send: Send) {
        self.script.lock().unwrap().push_back(send);
    }

    /// From now on, everything is taken.
    pub fn heal(&self) {
        self.script.lock().unwrap().clear();
    }

    /// Every send takes that long.
    pub fn takes_secs(&self, secs: u64) {
        *self.latency.lock().unwrap() = Duration::from_secs(secs);
    }

    /// How often something was sent.
    pub fn sends(&self) -> usize {
        *self.sends.lock().unwrap()
    }
}

#[async_trait]
impl Queue for FaultyQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        *self.sends.lock().unwrap() += 1;
        let latency = *self.latency.lock().unwrap();
        tokio::time::sleep(latency).await;
        let Some(send) = self.script.lock().unwrap().pop_front() else {
            return self.memory.send(messages).await;
        };
        if send == Send::TakeAndFail {
            self.memory.take(messages.iter());
        }
        if [Send::Fail, Send::TakeAndFail].contains(&send) {
            return Err(AccessError::unavailable("a queue in memory", "Scripted").into());
        }
        let of_each = messages.iter().enumerate();
        let refused: Vec<Refused> = of_each
            .filter_map(|(index, message)| send.refusal(index, message))
            .collect();
        let is_taken = |index| refused.iter().all(|refused| refused.index != index);
        let taken = messages.iter().enumerate();
        let taken = taken.filter(|(index, _)| is_taken(*index));
        self.memory.take(taken.map(|(_, message)| message));
        Ok(refused)
    }

    async fn flush(&self) -> Result<(), QueueError> {
        self.memory.flush().await
    }
}
