//! Ports of a process that dies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::StoreError;
use drawbridge_store::testing::{Call, Hook};

use super::FaultyQueue;

/// Lets a process die at one of its steps: what it waits for never comes.
#[derive(Default)]
pub(crate) struct Mortal {
    left: Mutex<Option<usize>>,
    died: Mutex<bool>,
    read_ms: Mutex<u64>,
}

impl Mortal {
    /// Dies at the step of that number from now on, or never.
    pub(crate) fn dies_at(&self, step: Option<usize>) {
        *self.left.lock().unwrap() = step;
    }

    /// Each read of an object takes that long.
    pub(crate) fn reads_take(&self, ms: u64) {
        *self.read_ms.lock().unwrap() = ms;
    }

    /// Whether it has died since this was last asked, which is forgotten now.
    pub(crate) fn take_died(&self) -> bool {
        std::mem::take(&mut *self.died.lock().unwrap())
    }

    /// A step: each is before or after something that others can see.
    pub(crate) async fn step(&self) {
        let dies = {
            let mut left = self.left.lock().unwrap();
            let dies = *left == Some(0);
            *left = left.map(|left| left.saturating_sub(1));
            dies
        };
        if dies {
            *self.died.lock().unwrap() = true;
            std::future::pending::<()>().await;
        }
    }
}

/// A store takes part in the deaths of a process.
#[async_trait]
impl Hook for Mortal {
    async fn before(&self, call: Call, _: &str) -> Result<(), StoreError> {
        if call != Call::Reserve {
            self.step().await;
        }
        if call.is_read() {
            let ms = *self.read_ms.lock().unwrap();
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        Ok(())
    }

    async fn after(&self, call: Call, _: &str) {
        if call.is_write() {
            self.step().await;
        }
    }
}

/// A queue that takes part in the deaths of a process.
pub(crate) struct MortalQueue {
    pub(crate) queue: Arc<FaultyQueue>,
    pub(crate) mortal: Arc<Mortal>,
}

#[async_trait]
impl Queue for MortalQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        self.mortal.step().await;
        let sent = self.queue.send(messages).await;
        self.mortal.step().await;
        sent
    }

    async fn flush(&self) -> Result<(), QueueError> {
        self.queue.flush().await
    }
}
