use aws_lambda_events::sqs::{BatchItemFailure, SqsMessage};
use jiff::Timestamp;

/// How often the message was received, this time included.
#[must_use]
pub fn receive_count(message: &SqsMessage) -> u32 {
    let count = number(message, "ApproximateReceiveCount").unwrap_or(1);
    u32::try_from(count).unwrap_or(1)
}

/// When the queue got the message.
#[must_use]
pub fn sent_at(message: &SqsMessage) -> Option<Timestamp> {
    Timestamp::from_millisecond(number(message, "SentTimestamp")?).ok()
}

/// When the queue first handed the message out.
#[must_use]
pub fn first_received_at(message: &SqsMessage) -> Option<Timestamp> {
    let millis = number(message, "ApproximateFirstReceiveTimestamp")?;
    Timestamp::from_millisecond(millis).ok()
}

/// The entry of a partial batch response by which the message is delivered again.
#[must_use]
pub fn batch_item_failure(message: &SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.clone().unwrap_or_default();
    failure
}

/// A number among what SQS says of a message.
fn number(message: &SqsMessage, attribute: &str) -> Option<i64> {
    message.attributes.get(attribute)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attributes: &[(&str, &str)]) -> SqsMessage {
        let mut message = SqsMessage::default();
        for (name, value) in attributes {
            message.attributes.insert((*name).into(), (*value).into());
        }
        message
    }

    #[test]
    fn attributes_are_read_and_what_is_none_counts_as_the_first_time() {
        let known = message(&[
            ("ApproximateReceiveCount", "7"),
            ("SentTimestamp", "1767323045006"),
        ]);
        assert_eq!(receive_count(&known), 7);
        assert_eq!(
            sent_at(&known).map(Timestamp::as_millisecond),
            Some(1_767_323_045_006)
        );
        for odd in [
            message(&[]),
            message(&[("ApproximateReceiveCount", "-1"), ("SentTimestamp", "x")]),
            message(&[("ApproximateReceiveCount", ""), ("SentTimestamp", "")]),
        ] {
            assert_eq!((receive_count(&odd), sent_at(&odd)), (1, None));
        }
    }
}
