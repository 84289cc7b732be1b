use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsMessage;
use drawbridge_lambda::sent_at;
use drawbridge_telemetry::{Emf, Metric};
use jiff::Timestamp;

use crate::Outcome;

/// What became of the records of an invocation, by tenant.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<String, Counts>);

#[derive(Default, Debug, PartialEq)]
struct Counts {
    delivered: f64,
    refused: f64,
    retried: f64,
    cut: f64,
    lag_secs: Option<f64>,
}

impl Tally {
    /// Counts a record; `again` if it will be delivered again whatever became of it.
    pub(super) fn count(
        &mut self,
        message: &SqsMessage,
        outcome: &Outcome,
        again: bool,
        now: Timestamp,
    ) {
        let tenant = message.message_attributes.get("tenant");
        let tenant = tenant.and_then(|tenant| tenant.string_value.as_deref());
        let counts = self
            .0
            .entry(tenant.unwrap_or("unknown").to_owned())
            .or_default();
        match outcome {
            _ if again => counts.retried += 1.0,
            Outcome::Refused(_) => counts.refused += 1.0,
            Outcome::Taken | Outcome::TakenInPart(_) => {
                counts.delivered += 1.0;
                if matches!(outcome, Outcome::TakenInPart(_)) {
                    counts.cut += 1.0;
                }
                if let Some(sent) = sent_at(message) {
                    let lag_secs = now.duration_since(sent).as_secs_f64().max(0.0);
                    counts.lag_secs = Some(counts.lag_secs.unwrap_or(0.0).max(lag_secs));
                }
            }
            Outcome::Later(_) => {}
        }
    }

    /// Prints a line of metrics per tenant, for CloudWatch to read out of the log.
    pub(super) fn print(&self, now: Timestamp) {
        for (tenant, counts) in &self.0 {
            let mut line = Emf::new(tenant, now.as_millisecond())
                .with(Metric::Delivered, counts.delivered)
                .with(Metric::DeliverRefused, counts.refused)
                .with(Metric::DeliverRetried, counts.retried)
                .with(Metric::DeliverCut, counts.cut);
            if let Some(secs) = counts.lag_secs {
                line = line.with(Metric::DeliverLag, secs);
            }
            line.print();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Later;

    #[test]
    fn a_record_counts_once_and_the_lag_is_that_of_the_oldest() {
        let mut tally = Tally::default();
        let mut message = SqsMessage::default();
        let now = Timestamp::from_second(100).unwrap();
        for (sent, outcome, again) in [
            ("40000", Outcome::Taken, false),
            ("90000", Outcome::TakenInPart(String::new()), false),
            ("0", Outcome::Taken, true),
            ("0", Outcome::Refused(String::new()), false),
            ("0", Outcome::Later(Later::because("")), true),
        ] {
            message
                .attributes
                .insert("SentTimestamp".into(), sent.into());
            tally.count(&message, &outcome, again, now);
        }
        let expected = Counts {
            delivered: 2.0,
            refused: 1.0,
            retried: 2.0,
            cut: 1.0,
            lag_secs: Some(60.0),
        };
        assert_eq!(tally.0["unknown"], expected);
    }
}
