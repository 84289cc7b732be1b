//! Messages to a queue of Amazon SQS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use drawbridge_time::Backoff;
use futures::{StreamExt, TryStreamExt, stream};

use crate::batch::{self, Item, Lane};
use crate::entry::{self, Entry};
use crate::retry::{self, BatchCall, Patience};
use crate::sqs_call::SdkCall;
use crate::{Measure, Message, Offload, Queue, QueueError, ReaderBound, Refused, code};

/// Bodies on their way to the object store at once; each is over a megabyte.
const OFFLOADS_IN_FLIGHT: usize = 4;

/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// How an [`SqsQueue`] sends. The defaults suit a function with a queue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqsSettings {
    /// A message over this many bytes, attributes included, goes to the object store. Set it to
    /// the queue's own `MaximumMessageSize` where that is smaller than SQS's 1,048,576.
    pub max_message_bytes: usize,
    /// Calls on their way at once.
    pub calls_in_flight: usize,
    /// How often an entry that fails in passing is sent, the first time included.
    pub tries: u32,
    /// The longest pause before the second try; it doubles each time, up to five seconds.
    pub first_pause: Duration,
}

impl Default for SqsSettings {
    fn default() -> Self {
        Self {
            max_message_bytes: batch::MAX_BYTES,
            calls_in_flight: 8,
            tries: 5,
            first_pause: Duration::from_millis(100),
        }
    }
}

/// A queue of Amazon SQS; FIFO if its URL ends in `.fifo`, else standard.
///
/// Ten messages or one mebibyte a call, several calls at once; on a FIFO queue the messages of a
/// group stay in one line. A call that timed out may have been carried out: its messages then
/// arrive twice, except on a FIFO queue, which drops the second within five minutes. An entry
/// that fails in passing is sent again alone, and so may come after later ones of its batch.
#[derive(Clone)]
pub struct SqsQueue {
    call: Arc<dyn BatchCall>,
    url: Arc<str>,
    fifo: bool,
    offload: Option<Offload>,
    settings: SqsSettings,
}

impl SqsQueue {
    /// Sends to the queue at `url`. Messages over the limit are refused unless there is an
    /// [`Offload`].
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        let url: Arc<str> = url.into().into();
        let call = SdkCall {
            client,
            url: Arc::clone(&url),
        };
        Self {
            fifo: url.ends_with(".fifo"),
            call: Arc::new(call),
            url,
            offload: None,
            settings: SqsSettings::default(),
        }
    }

    /// Puts the bodies of messages over the limit into an object store.
    #[must_use]
    pub fn with_offload(self, offload: Offload) -> Self {
        Self {
            offload: Some(offload),
            ..self
        }
    }

    /// Sends in another way than the default.
    #[must_use]
    pub fn with_settings(self, settings: SqsSettings) -> Self {
        Self { settings, ..self }
    }

    /// The queue's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn max_message_bytes(&self) -> usize {
        self.settings.max_message_bytes.clamp(1, batch::MAX_BYTES)
    }

    /// Turns messages into entries that fit, in order, and lists those that cannot be sent.
    async fn entries<'m>(
        &self,
        messages: &'m [Message],
    ) -> Result<(Vec<Entry<'m>>, Vec<Refused>), QueueError> {
        // Collected first: a closure inside the stream would not be general enough over lifetimes.
        let work: Vec<_> = messages
            .iter()
            .enumerate()
            .map(|(at, m)| self.entry(at, m))
            .collect();
        let mut prepared = stream::iter(work).buffered(OFFLOADS_IN_FLIGHT);
        let (mut entries, mut refused) = (Vec::with_capacity(messages.len()), Vec::new());
        while let Some(entry) = prepared.try_next().await? {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(refusal) => refused.push(refusal),
            }
        }
        Ok((entries, refused))
    }

    async fn entry<'m>(
        &self,
        index: usize,
        message: &'m Message,
    ) -> Result<Result<Entry<'m>, Refused>, QueueError> {
        let mut entry = match Entry::new(index, message, self.fifo) {
            Ok(entry) => entry,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let limit = self.max_message_bytes();
        if entry.bytes() > limit
            && let Some(offload) = &self.offload
        {
            offload
                .replace_body(&mut entry, &message.key)
                .await
                .map_err(|source| QueueError::Offload {
                    place: format!("the queue {}", self.url),
                    source,
                })?;
        }
        if entry.bytes() > limit {
            let code = code::TOO_LONG.to_owned();
            return Ok(Err(Refused {
                index,
                code,
                retryable: false,
            }));
        }
        Ok(Ok(entry))
    }

    /// Whether a message is over the limit as it is.
    fn is_over(&self, message: &Message) -> bool {
        // Escapes double a body at most: this spares all but large ones a second look.
        let most = 2 * message.body.len() + entry::ATTRIBUTES_BYTES_AT_MOST;
        let limit = self.max_message_bytes();
        most > limit && Entry::new(0, message, self.fifo).is_ok_and(|entry| entry.bytes() > limit)
    }

    fn lanes(&self, entries: &[Entry<'_>]) -> Vec<Lane> {
        let items: Vec<_> = entries
            .iter()
            .map(|entry| Item {
                bytes: entry.bytes(),
                group: entry.group.as_deref().unwrap_or_default(),
            })
            .collect();
        if self.fifo {
            batch::ordered(&items, self.settings.calls_in_flight)
        } else {
            batch::unordered(&items)
        }
    }

    async fn send_lane(
        &self,
        lane: Lane,
        entries: &[Entry<'_>],
    ) -> Result<Vec<Refused>, QueueError> {
        let SqsSettings {
            tries, first_pause, ..
        } = self.settings;
        let mut refused = Vec::new();
        for batch in lane {
            let batch = batch
                .into_iter()
                .filter_map(|position| entries.get(position))
                .collect();
            let pauses = Backoff {
                first: first_pause,
                longest: MAX_PAUSE,
            };
            let patience = Patience { tries, pauses };
            refused.extend(retry::send(&*self.call, batch, patience).await?);
        }
        Ok(refused)
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let (entries, mut refused) = self.entries(messages).await?;
        let lanes = self.lanes(&entries);
        let work: Vec<_> = lanes
            .into_iter()
            .map(|lane| self.send_lane(lane, &entries))
            .collect();
        let lanes: Vec<_> = stream::iter(work)
            .buffer_unordered(self.settings.calls_in_flight.max(1))
            .try_collect()
            .await?;
        refused.extend(lanes.into_iter().flatten());
        refused.sort_by_key(|refusal| refusal.index);
        Ok(refused)
    }

    /// Nothing to do: SQS has stored a message on several servers before it says so.
    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }

    /// The queue's own limit, if the body goes to the object store for it.
    fn exceeded(&self, message: &Message) -> Vec<ReaderBound> {
        if self.offload.is_none() || !self.is_over(message) {
            return Vec::new();
        }
        vec![ReaderBound {
            reader: "sqs",
            measure: Measure::Message,
            bytes: self.max_message_bytes(),
            beyond: "goes to the object store, with a pointer in the queue",
        }]
    }
}

#[cfg(test)]
#[path = "sqs_tests.rs"]
mod tests;
