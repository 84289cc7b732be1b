use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// The variable that sets what is logged, in `tracing-subscriber`'s filter language.
const FILTER_VARIABLE: &str = "DRAWBRIDGE_LOG";

/// Logs one JSON object a line to standard output, as Lambda collects it; `info` by default.
pub fn log_to_cloudwatch() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        // CloudWatch stamps each line itself, and a span list would repeat the fields.
        .without_time()
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter("info"))
        .init();
}

/// Logs lines for a person to standard error, in colour only on a terminal; `warn` by default.
pub fn log_to_terminal() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .without_time()
        .with_target(false)
        .with_env_filter(filter("warn"))
        .init();
}

fn filter(default: &str) -> EnvFilter {
    EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(default))
}
