use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use serde_json::Value;

/// What invoked the function: messages of the jobs queue, or a job itself.
pub enum Event {
    /// Messages whose bodies are jobs.
    Messages(Vec<SqsMessage>),
    /// One job's JSON text.
    Direct(String),
}

impl From<Value> for Event {
    fn from(event: Value) -> Self {
        if event.get("Records").is_some_and(Value::is_array) {
            // A record that is no SQS message makes the event a job that will not parse.
            if let Ok(SqsEvent { records, .. }) = serde_json::from_value(event.clone()) {
                return Self::Messages(records);
            }
        }
        Self::Direct(event.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_and_jobs_are_told_apart() {
        let messages =
            json!({"Records": [{"messageId": "m", "body": "{}", "eventSource": "aws:sqs"}]});
        assert!(matches!(Event::from(messages), Event::Messages(m) if m.len() == 1));
        assert!(matches!(
            Event::from(json!({"tenant": "t"})),
            Event::Direct(_)
        ));
        assert!(matches!(
            Event::from(json!({"Records": 1})),
            Event::Direct(_)
        ));
    }
}
