//! Messages of a dead-letter queue, back to their queue.

use std::io::Write as _;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use drawbridge_aws::{Advice, Fault};
use drawbridge_poll::Stop;
use sha2::{Digest as _, Sha256};

use crate::cli::ReplayDeadLetters;
use crate::data_location::{NamedStack, StackQueue, given_stack};
use crate::failure::Failure;
use crate::progress::{counted, say};
use crate::signals::stop_on_signal;

/// Messages that are received at once: SQS's limit.
const BATCH: i32 = 10;

/// How long to wait for messages: from one second on, SQS asks all of its servers.
const WAIT_SECS: i32 = 2;

/// Appended to the deduplication id of a message, so that a FIFO queue does not take it for the original. It is
/// always the same, so that sending it twice makes one message.
const SUFFIX: &str = "-redriven";

/// SQS's limit for a deduplication id.
const MAX_ID_CHARS: usize = 128;

pub(super) async fn run(args: &ReplayDeadLetters) -> Result<(), Failure> {
    let config = drawbridge_aws::sdk_config().await;
    let pairs = pairs(args, &config).await?;
    let client = Client::new(&config);
    let stop = stop_on_signal();
    let mut out = crate::screen::stdout();
    let mut left = args.max.unwrap_or(u64::MAX);
    for Pair { from, to } in pairs {
        let queues = Queues {
            client: &client,
            from: &from,
            to: &to,
        };
        let mut moved = 0;
        let result = queues.move_all(left, &stop, &mut moved).await;
        left -= moved;
        if args.json {
            let line = serde_json::json!({"from": from, "to": to, "moved": moved});
            writeln!(out, "{line}")?;
        } else {
            writeln!(
                out,
                "{} sent to {to} and deleted from {from}",
                counted(moved, "message was", "messages were"),
            )?;
        }
        result?;
    }
    Ok(())
}

/// A dead-letter queue, and where its messages go.
struct Pair {
    from: String,
    to: String,
}

/// The queues that were asked for.
async fn pairs(args: &ReplayDeadLetters, config: &SdkConfig) -> Result<Vec<Pair>, Failure> {
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        if from == to {
            return Err(Failure::usage("--from and --to are the same queue"));
        }
        let (from, to) = (from.clone(), to.clone());
        return Ok(vec![Pair { from, to }]);
    }
    let name = given_stack(args.stack.as_deref())?.ok_or_else(|| {
        Failure::usage(
            "give the stack's name as --stack NAME, or both queues as --from URL and --to URL",
        )
    })?;
    let stack = NamedStack::look(config, &name).await?;
    let queues = match &args.output {
        Some(output) => vec![stack.queue(output)?],
        None => stack
            .queues()
            .into_iter()
            .filter(StackQueue::is_of_output)
            .collect(),
    };
    let pair = |queue: StackQueue| Pair {
        from: queue.dead_letters_url,
        to: queue.url,
    };
    Ok(queues.into_iter().map(pair).collect())
}

struct Queues<'a> {
    client: &'a Client,
    from: &'a str,
    to: &'a str,
}

impl Queues<'_> {
    /// Moves message after message, in their order, until there is none.
    async fn move_all(&self, max: u64, stop: &Stop, moved: &mut u64) -> Result<(), Failure> {
        while *moved < max {
            let left = i32::try_from(max - *moved).unwrap_or(BATCH);
            let messages = self.receive(BATCH.min(left)).await?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in messages {
                if stop.is_asked() {
                    return Err(Failure::of(
                        "stopped; nothing is lost: run it again for the rest",
                    ));
                }
                self.send(&message).await?;
                self.delete(&message).await?;
                *moved += 1;
                if moved.is_multiple_of(100) {
                    say(&format!("{moved} messages moved"));
                }
            }
        }
        Ok(())
    }

    async fn receive(&self, count: i32) -> Result<Vec<Message>, Failure> {
        let from = self.from;
        let received = self
            .client
            .receive_message()
            .queue_url(from)
            .max_number_of_messages(count)
            .wait_time_seconds(WAIT_SECS)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .map_err(|error| failure(from, "sqs:ReceiveMessage", Fault::of(&error)))?;
        Ok(received.messages.unwrap_or_default())
    }

    async fn send(&self, message: &Message) -> Result<(), Failure> {
        let to = self.to;
        let system = |name| message.attributes.as_ref()?.get(&name).cloned();
        let group = system(MessageSystemAttributeName::MessageGroupId);
        let deduplication = system(MessageSystemAttributeName::MessageDeduplicationId)
            .or_else(|| message.message_id.clone())
            .filter(|_| to.ends_with(".fifo"));
        if to.ends_with(".fifo") && group.is_none() {
            return Err(Failure::of(format!(
                "a message of {} has no group, which the FIFO queue {to} asks for: is it the right \
                 queue?",
                self.from
            )));
        }
        self.client
            .send_message()
            .queue_url(to)
            .message_body(message.body.clone().unwrap_or_default())
            .set_message_attributes(message.message_attributes.clone())
            .set_message_group_id(group)
            .set_message_deduplication_id(deduplication.as_deref().map(another))
            .send()
            .await
            .map_err(|error| failure(to, "sqs:SendMessage", Fault::of(&error)))?;
        Ok(())
    }

    async fn delete(&self, message: &Message) -> Result<(), Failure> {
        let from = self.from;
        self.client
            .delete_message()
            .queue_url(from)
            .set_receipt_handle(message.receipt_handle.clone())
            .send()
            .await
            .map_err(|error| {
                let failure = failure(from, "sqs:DeleteMessage", Fault::of(&error));
                Failure::of(format!(
                    "{failure}; the message was sent and is in both queues"
                ))
            })?;
        Ok(())
    }
}

fn failure(url: &str, action: &str, fault: Fault) -> Failure {
    let allow = format!("allow {action} on it to the role that you are signed in as");
    let advice = Advice {
        allow: &allow,
        missing: "check the queue's URL, its account and its region",
        codes: &[],
    };
    Failure::of(fault.at(url, &advice))
}

/// The deduplication id of the message that `id` was sent again as.
fn another(id: &str) -> String {
    let another = format!("{id}{SUFFIX}");
    if another.len() <= MAX_ID_CHARS {
        another
    } else {
        hex::encode(Sha256::digest(another))
    }
}

#[cfg(test)]
mod tests {
    use super::another;

    #[test]
    fn an_id_becomes_another_one_that_fits_each_time() {
        assert_eq!(another("a"), "a-redriven");
        assert_eq!(another("a"), another("a"));
        let mut id = "x".repeat(115);
        for _ in 0..5 {
            let next = another(&id);
            assert!(next.len() <= 128);
            assert_ne!(next, id);
            id = next;
        }
    }
}
