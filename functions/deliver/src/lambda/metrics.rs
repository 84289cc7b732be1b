use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsMessage;
use drawbridge_lambda::sent_at;
use drawbridge_telemetry::{Metric, Numbers, print_line};
use jiff::Timestamp;

use crate::Outcome;

/// What became of the records of an invocation, by tenant.
#[derive(Default)]
pub(super) struct Tally {
    records: usize,
    tenants: BTreeMap<String, Numbers>,
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
        let tenant = tenant.unwrap_or("unknown").to_owned();
        self.records += 1;
        let numbers = self.tenants.entry(tenant).or_default();
        numbers.add(&counted(message, outcome, again, now));
    }

    /// The lines of numbers, for CloudWatch to read out of the log: one for all records, behind one
    /// for those of each tenant, if that is asked for.
    fn lines(&self, by_tenant: bool, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        let mut all = Numbers::default();
        for (tenant, numbers) in &self.tenants {
            if by_tenant {
                lines.push(numbers.tenant_line(tenant, now.as_millisecond()));
            }
            all.add(numbers);
        }
        lines.push(all.batch_line("delivered", ("records", self.records)));
        lines
    }

    /// Prints them.
    pub(super) fn print(&self, by_tenant: bool, now: Timestamp) {
        for line in self.lines(by_tenant, now) {
            print_line(&line);
        }
    }
}

/// The numbers of a record.
fn counted(message: &SqsMessage, outcome: &Outcome, again: bool, now: Timestamp) -> Numbers {
    let numbers = Numbers::default();
    match outcome {
        _ if again => numbers.with(Metric::DeliverRetried, 1.0),
        Outcome::Refused(_) => numbers.with(Metric::DeliverRefused, 1.0),
        Outcome::Taken | Outcome::TakenInPart(_) => {
            let is_cut = matches!(outcome, Outcome::TakenInPart(_));
            let numbers = numbers
                .with(Metric::Delivered, 1.0)
                .with(Metric::DeliverCut, f64::from(u8::from(is_cut)));
            match sent_at(message) {
                Some(sent) => {
                    let lag_secs = now.duration_since(sent).as_secs_f64().max(0.0);
                    numbers.with(Metric::DeliverLag, lag_secs)
                }
                None => numbers,
            }
        }
        Outcome::Later(_) => numbers,
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
        assert_eq!(
            tally.lines(false, now),
            [concat!(
                r#"{"level":"INFO","message":"delivered","records":5,"batch":{"Delivered":2,"#,
                r#""DeliverRefused":1,"DeliverRetried":2,"DeliverCut":1,"DeliverLag":60}}"#
            )]
        );
        let lines = tally.lines(true, now);
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].contains(r#""Tenant":"unknown","Delivered":2.0"#),
            "{lines:?}"
        );
    }
}
