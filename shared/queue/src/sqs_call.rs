//! One `SendMessageBatch` through the AWS SDK.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use drawbridge_aws::{Advice, Fault, Kind};

use crate::entry::Entry;
use crate::retry::{BatchCall, Failed};
use crate::{QueueError, code};

/// A queue and the client to reach it.
#[derive(Clone, Debug)]
pub(crate) struct SdkCall {
    pub(crate) client: Client,
    pub(crate) url: Arc<str>,
}

#[async_trait]
impl BatchCall for SdkCall {
    async fn call(&self, entries: &[&Entry<'_>]) -> Result<Vec<Failed>, QueueError> {
        let entries_sent = entries.len();
        let entries = entries
            .iter()
            .enumerate()
            .map(|(position, entry)| request_entry(position, entry))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| {
                let fault = Fault::new(format!("request not sent: {error}"), Kind::Other);
                queue_error(&self.url, fault)
            })?;
        let request = self.client.send_message_batch().queue_url(&*self.url);
        match request.set_entries(Some(entries)).send().await {
            Ok(answer) => Ok(failed(&answer, entries_sent)),
            Err(error) => Err(queue_error(&self.url, Fault::of(&error))),
        }
    }
}

/// An entry's id is its position in the batch.
fn request_entry(
    position: usize,
    entry: &Entry<'_>,
) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let mut request = SendMessageBatchRequestEntry::builder()
        .id(position.to_string())
        .message_body(entry.body.as_ref())
        .set_message_group_id(entry.group.as_deref().map(str::to_owned))
        .set_message_deduplication_id(entry.deduplication.as_deref().map(str::to_owned));
    for attribute in &entry.attributes {
        let value = MessageAttributeValue::builder()
            .data_type(attribute.kind)
            .string_value(attribute.value.as_ref())
            .build()?;
        request = request.message_attributes(attribute.name, value);
    }
    request.build()
}

/// What of a batch was not taken. An entry that the answer does not mention counts as failed.
fn failed(answer: &SendMessageBatchOutput, entries: usize) -> Vec<Failed> {
    (0..entries)
        .filter_map(|position| {
            let id = position.to_string();
            if answer.successful().iter().any(|entry| entry.id() == id) {
                return None;
            }
            Some(
                match answer.failed().iter().find(|entry| entry.id() == id) {
                    Some(entry) => Failed {
                        position,
                        code: entry.code().to_owned(),
                        sender_fault: entry.sender_fault(),
                    },
                    None => Failed {
                        position,
                        code: code::NO_ANSWER.to_owned(),
                        sender_fault: false,
                    },
                },
            )
        })
        .collect()
}

/// Says what `fault` means for the queue.
fn queue_error(url: &str, fault: Fault) -> QueueError {
    let advice = Advice {
        allow: "allow sqs:SendMessage on it to the role (and kms:GenerateDataKey and kms:Decrypt on its key if it has one)",
        missing: "check the queue's URL, its account and its region",
        codes: &[],
    };
    fault.at(format!("the queue {url}"), &advice).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchResultEntry};

    fn taken(id: &str) -> SendMessageBatchResultEntry {
        let entry = SendMessageBatchResultEntry::builder()
            .id(id)
            .message_id("m");
        entry.md5_of_message_body("0").build().unwrap()
    }

    fn not_taken(id: &str) -> BatchResultErrorEntry {
        let entry = BatchResultErrorEntry::builder()
            .id(id)
            .code("InternalError");
        entry
            .sender_fault(false)
            .message("sensitive")
            .build()
            .unwrap()
    }

    #[test]
    fn every_entry_is_accounted_for() {
        let answer = SendMessageBatchOutput::builder()
            .successful(taken("0"))
            .successful(taken("99"))
            .failed(not_taken("2"))
            .set_failed(Some(vec![not_taken("2")]))
            .build()
            .unwrap();
        let told: Vec<_> = failed(&answer, 4)
            .into_iter()
            .map(|f| (f.position, f.code))
            .collect();
        assert_eq!(
            told,
            [
                (1, "NoAnswer".to_owned()),
                (2, "InternalError".to_owned()),
                (3, "NoAnswer".to_owned())
            ]
        );
    }

    #[test]
    fn errors_name_the_queue_the_code_and_what_to_do() {
        for (code, kind, hint, retryable) in [
            ("AccessDenied", Kind::Denied, "sqs:SendMessage", false),
            ("QueueDoesNotExist", Kind::Missing, "URL", false),
            ("ExpiredToken", Kind::Credentials, "sign in", false),
            ("time-out", Kind::Unavailable, "again", true),
            ("BatchRequestTooLong", Kind::Other, "check", false),
        ] {
            let error = queue_error("https://sqs/1/q", Fault::new(code, kind));
            assert_eq!(error.is_retryable(), retryable);
            let text = error.to_string();
            for part in ["https://sqs/1/q", code, hint] {
                assert!(text.contains(part), "{part} is not in: {text}");
            }
        }
    }
}
