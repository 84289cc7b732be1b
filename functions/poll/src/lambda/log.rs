use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_cursor::Job;
use drawbridge_store::Store;
use drawbridge_time::{Clock as _, SystemClock};

use super::metrics;
use crate::messages::JobLog;
use crate::{JobFailure, Report, overdue_since, why_not_well};

/// Logs how jobs went and prints their metrics.
pub(super) struct Log {
    /// Where the states are.
    store: Arc<dyn Store>,
}

impl Log {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Whether no poll of the tenant has ended well for more than half an hour; says so.
    async fn is_overdue(&self, tenant: &str, cause: &str) -> bool {
        let since = overdue_since(self.store.as_ref(), tenant, SystemClock.now()).await;
        if let Some(since) = since {
            tracing::error!(
                tenant, %since, cause,
                "no poll of the tenant has ended well for more than half an hour"
            );
        }
        since.is_some()
    }
}

#[async_trait]
impl JobLog for Log {
    async fn done(
        &self,
        job: &Job,
        done: &Result<Option<Report>, JobFailure>,
        is_message: bool,
        took: Duration,
    ) {
        match done {
            Ok(Some(report)) => {
                tracing::info!(
                    tenant = job.tenant, alerts = report.alerts,
                    records = report.records, suppressed = report.suppressed,
                    requests = report.requests, saved = report.saved, ending = ?report.ending,
                    more = report.more, "polled"
                );
                let is_overdue = match why_not_well(Ok(report)) {
                    Some(cause) => self.is_overdue(&job.tenant, &cause).await,
                    None => false,
                };
                metrics::print(&job.tenant, Ok(report), is_overdue, SystemClock.now(), took);
            }
            Ok(None) => {
                tracing::info!(
                    tenant = job.tenant,
                    "a later poll has done this job already"
                );
            }
            // A tick from before it was paused or removed.
            Err(error @ JobFailure::UnknownTenant(_)) if is_message => {
                tracing::warn!(tenant = job.tenant, %error, "nothing to poll");
            }
            Err(error) => {
                tracing::error!(tenant = job.tenant, %error, "poll failed");
                let is_overdue = self.is_overdue(&job.tenant, &error.to_string()).await;
                metrics::print(&job.tenant, Err(error), is_overdue, SystemClock.now(), took);
            }
        }
    }
}
