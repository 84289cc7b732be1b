use serde::Deserialize;

/// A count, and which test asserts it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Of what.
    pub what: String,
    /// The test.
    pub by: String,
}

impl Count {
    /// The same for arithmetic.
    #[expect(clippy::cast_precision_loss, reason = "all are small")]
    pub fn number(&self) -> f64 {
        self.count as f64
    }

    /// What is wrong when `found` was counted: nothing if it is this count.
    ///
    /// # Errors
    /// Both numbers, and where to change the one.
    pub fn check(&self, found: u64) -> Result<(), String> {
        if found == self.count {
            return Ok(());
        }
        Err(format!(
            "{found} {}, where tests/costs/measured.toml has {}: what a month costs follows from that",
            self.what, self.count
        ))
    }

    /// The same for what may be less, such as bytes.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_at_most(&self, found: u64) -> Result<(), String> {
        self.check(found.max(self.count))
    }
}

/// What tests measure: `measured.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file says what each is")]
pub struct Measured {
    pub idle_batch: IdleBatch,
    pub first_batch: FirstBatch,
    pub process: Process,
    pub record: Record,
    pub dispatch: Dispatch,
    pub serve: Serve,
    pub idle_day: IdleDay,
    pub busy_day: BusyDay,
    pub stack: Stack,
}

/// A struct of counts.
macro_rules! counts {
    ($(#[$doc:meta] $name:ident { $($count:ident),+ $(,)? })+) => {$(
        #[$doc]
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(#[doc = "As the file says."] pub $count: Count,)+ }
    )+};
}

counts! {
    /// An invocation whose polls find nothing.
    IdleBatch {
        tenants, graph_list, entra_token, s3_get_state, s3_get_document, s3_put, sqs,
        secrets_manager, log_bytes,
    }
    /// The first of a process, of tenants that share a secret.
    FirstBatch { entra_token, secrets_manager, s3_get_document }
    /// A process, whatever it polls.
    Process { s3_get_list }
    /// A poll with a record.
    Record { graph_list, s3_get_state, s3_put, sqs_send }
    /// The dispatch function.
    Dispatch { tenants_per_list, jobs_per_send, ticks_per_list }
    /// The served API.
    Serve {
        s3_list, s3_get_segment, s3_list_documents, s3_list_to_write, s3_put_segment,
    }
    /// A day without news.
    IdleDay { saves, sweeps, sweep_graph_list }
    /// A day with a thousand records.
    BusyDay { page_puts, page_gets }
    /// What the template makes.
    Stack { alarm_metrics, metrics_if_well, poll_memory_mb, serve_memory_mb, dispatch_memory_mb }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_told_with_the_file() {
        let count = Count {
            count: 2,
            what: "calls".to_owned(),
            by: "a test".to_owned(),
        };
        assert_eq!(count.check(2), Ok(()));
        let error = count.check(3).unwrap_err();
        assert!(error.contains("3 calls") && error.contains("measured.toml has 2"));
        assert!(count.check(1).is_err());
        assert!(count.check_at_most(1).is_ok());
        assert!(count.check_at_most(3).is_err());
    }
}
