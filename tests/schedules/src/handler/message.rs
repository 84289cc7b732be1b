//! A message of the jobs queue: a job and nothing else, for what is to be read is in the state.

use aws_lambda_events::sqs::SqsMessage;
use jiff::Timestamp;

use crate::origin;

/// When a message was received for the first time.
const FIRST_RECEIVED: &str = "ApproximateFirstReceiveTimestamp";

/// A message while it is on the queue.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) id: String,
    /// Whose job it is, by the tenant's place.
    pub(super) tenant: usize,
    pub(super) body: String,
    pub(super) sent_ms: u64,
    /// From when on it is there to be received.
    pub(super) from_ms: u64,
    pub(super) first_received_ms: Option<u64>,
    /// How often it was received.
    pub(super) tries: u64,
}

/// A message in the hands of a worker.
#[derive(Clone)]
pub(super) struct Received {
    /// As it is on the queue.
    pub(super) waiting: Waiting,
    /// As Lambda hands it to a function.
    pub(super) sqs: SqsMessage,
}

impl Waiting {
    /// Receives it: for so long nobody else will.
    pub(super) fn receive(&mut self, now_ms: u64, hidden_ms: u64) -> Received {
        self.tries += 1;
        self.from_ms = now_ms + hidden_ms;
        self.first_received_ms.get_or_insert(now_ms);
        Received {
            waiting: self.clone(),
            sqs: self.to_sqs(),
        }
    }

    /// What a process has in its hands since it was received last: the next time it is another one.
    pub(super) fn receipt(&self) -> String {
        format!("{}#{}", self.id, self.tries)
    }

    fn to_sqs(&self) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(self.id.clone());
        message.receipt_handle = Some(self.receipt());
        message.body = Some(self.body.clone());
        let attributes = [
            ("ApproximateReceiveCount", Some(self.tries)),
            ("SentTimestamp", Some(epoch_ms(self.sent_ms))),
            (FIRST_RECEIVED, self.first_received_ms.map(epoch_ms)),
        ];
        for (name, number) in attributes {
            let number = number.map(|number| number.to_string());
            message
                .attributes
                .extend(number.map(|n| (name.to_owned(), n)));
        }
        message
    }
}

/// The message as a process has it that goes by its own clock and not by the queue's.
pub(super) fn received_at(message: &mut SqsMessage, now: Timestamp) {
    let at = now.as_millisecond().to_string();
    message.attributes.insert(FIRST_RECEIVED.to_owned(), at);
}

/// The message as if it had been received for the first time.
pub(super) fn as_fresh(message: &mut SqsMessage) {
    let name = "ApproximateReceiveCount".to_owned();
    message.attributes.insert(name, "1".to_owned());
}

fn epoch_ms(elapsed_ms: u64) -> u64 {
    origin().as_millisecond().unsigned_abs() + elapsed_ms
}
