use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal as _;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Escaped;

/// The variable that sets what is logged: a level, or levels by module, as in
/// `info,drawbridge_graph=debug`.
const FILTER_VARIABLE: &str = "DRAWBRIDGE_LOG";

/// The modules of AWS's SDK.
const SDK: [&str; 4] = ["aws_config", "aws_runtime", "aws_smithy", "aws_sdk"];

/// Logs one JSON object a line to standard output, as Lambda collects it; `info` by default.
pub fn log_to_cloudwatch() {
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .with_writer(|| Escaped::new(std::io::stdout(), false))
        // It would be told with `eprintln!`, which panics where standard error is closed, too.
        .log_internal_errors(false)
        .flatten_event(true)
        // CloudWatch stamps each line itself, and a span list would repeat the fields.
        .without_time()
        .with_current_span(false)
        .with_span_list(false);
    let filter = filter(Level::INFO);
    tracing_subscriber::registry()
        .with(layer)
        .with(filter)
        .init();
    tell_panics();
}

/// Logs lines for a person to standard error, in colour only on a terminal; those of `default` and
/// above unless the environment says otherwise.
pub fn log_to_terminal(default: Level) {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(|| Escaped::new(std::io::stderr(), true))
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .without_time()
        .with_target(false);
    // What the SDK of AWS warns of is pages of its structures, and the command's own errors say it in a
    // sentence.
    let filter = match std::env::var_os(FILTER_VARIABLE) {
        Some(given) if !given.is_empty() => filter(default),
        _ => SDK.iter().fold(filter(default), |filter, sdk| {
            filter.with_target(*sdk, LevelFilter::OFF)
        }),
    };
    tracing_subscriber::registry()
        .with(layer)
        .with(filter)
        .init();
    tell_panics();
}

/// From now on, a panic is logged as the place where it happened. Its message is not: it may quote
/// what it failed on, such as the text of an alert.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        let stack = Backtrace::capture();
        if stack.status() == BacktraceStatus::Captured {
            tracing::error!(%place, %stack, "this is a bug: a thread panicked");
        } else {
            tracing::error!(%place, "this is a bug: a thread panicked");
        }
    }));
}

fn filter(default: Level) -> Targets {
    let given = std::env::var(FILTER_VARIABLE).unwrap_or_default();
    let usual = || Targets::new().with_default(default);
    match given.trim() {
        "" => usual(),
        given => given.parse().unwrap_or_else(|_| usual()),
    }
}
