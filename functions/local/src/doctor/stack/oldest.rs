//! For how long the oldest message of each queue waits. The queues do not say it: CloudWatch does.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy};
use drawbridge_aws::Fault;
use jiff::{SignedDuration, Timestamp};

use super::{Line, refusal};

/// CloudWatch has a number of each queue every five minutes at least, and some minutes late.
const PERIOD_SECS: i32 = 300;
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(20);

/// As many as are asked for at once.
const AT_ONCE: usize = 500;

/// For how many seconds the oldest message of each of these queues waits, by the queue's name; those of which
/// that is unknown are left out.
pub(super) async fn oldest_secs(
    config: &SdkConfig,
    names: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, i64>, Line> {
    let client = Client::new(config);
    let mut oldest = HashMap::new();
    for names in names.chunks(AT_ONCE) {
        let queries = names.iter().enumerate().map(|(n, name)| query(n, name));
        let asked = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_secs((now - LOOK_BACK).as_second()))
            .end_time(DateTime::from_secs(now.as_second()))
            .scan_by(ScanBy::TimestampDescending);
        let answer = asked.send().await.map_err(|error| {
            let (about, action) = ("age of messages", "cloudwatch:GetMetricData");
            refusal(
                about,
                "the metrics of the queues",
                action,
                Fault::of(&error),
            )
        })?;
        for result in answer.metric_data_results() {
            let number = result
                .id()
                .and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
            let name = number.and_then(|number| names.get(number));
            if let (Some(name), Some(secs)) = (name, result.values().first()) {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a queue keeps messages for 14 days"
                )]
                oldest.insert((*name).to_owned(), *secs as i64);
            }
        }
    }
    Ok(oldest)
}

fn query(number: usize, queue: &str) -> MetricDataQuery {
    let dimension = Dimension::builder().name("QueueName").value(queue).build();
    let metric = Metric::builder()
        .namespace("AWS/SQS")
        .metric_name("ApproximateAgeOfOldestMessage")
        .dimensions(dimension)
        .build();
    let of_queue = MetricStat::builder()
        .metric(metric)
        .period(PERIOD_SECS)
        .stat("Maximum")
        .build();
    MetricDataQuery::builder()
        .id(format!("q{number}"))
        .metric_stat(of_queue)
        .build()
}
