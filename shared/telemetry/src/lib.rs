//! Logs and metrics.
//!
//! A metric is a [`Metric`] in one table, so that what the code emits and what a dashboard or an
//! alarm reads cannot drift apart. Neither a log nor a metric ever carries a secret or the content
//! of an alert: only names, numbers and ids.

mod escape;
mod log;
mod metric;
mod numbers;
mod openmetrics;
mod survive;
#[cfg(feature = "testing")]
pub mod testing;

pub use escape::{Escaped, shown};
pub use log::{UnclearFilter, check_filter, log_panics, log_to_cloudwatch, log_to_terminal};
pub use metric::{METRICS, Metric, NAMESPACE, Unit};
pub use numbers::{Numbers, print_line};
pub use openmetrics::openmetrics;
pub use survive::{Panicked, survive};
