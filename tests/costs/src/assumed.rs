use serde::Deserialize;

/// A number that nobody has measured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// Why that much.
    pub why: String,
}

/// What is assumed: `assumed.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file says what each is")]
pub struct Assumed {
    pub days: Assumption,
    pub ticks_a_day: Assumption,
    pub batch_seconds: Assumption,
    pub record_seconds: Assumption,
    pub sweep_seconds: Assumption,
    pub sign_in_seconds: Assumption,
    pub state_seconds: Assumption,
    pub token_minutes: Assumption,
    pub jobs_per_batch: Assumption,
    pub lambda_calls_per_batch: Assumption,
    pub dispatch_seconds: Assumption,
    pub dispatch_seconds_per_1000: Assumption,
    pub serve_seconds: Assumption,
    pub serve_log_bytes: Assumption,
    pub lambda_log_bytes: Assumption,
    pub log_event_bytes: Assumption,
    pub dispatch_log_bytes: Assumption,
    pub log_days_kept: Assumption,
    pub log_compression: Assumption,
    pub pollers: Assumption,
    pub receives_a_minute: Assumption,
    pub processes: Assumption,
    pub process_hours: Assumption,
    pub secret_hours: Assumption,
    pub tenants_per_secret: Assumption,
    pub calls_per_record: Assumption,
    pub polls_with_records_a_day: Assumption,
    pub record_log_bytes: Assumption,
    pub state_mb: Assumption,
    pub idle_state_mb: Assumption,
    pub pages_mb: Assumption,
    pub version_days: Assumption,
    pub request_kb: Assumption,
    pub tenant_metrics: Assumption,
    pub tenant_metrics_busy: Assumption,
    pub output_alarms: Assumption,
}
