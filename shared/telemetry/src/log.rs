use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::io::{IsTerminal as _, Write};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Escaped;

/// The variable that sets what is logged: a level, or levels by module, as in
/// `info,drawbridge_graph=debug`.
const FILTER_VARIABLE: &str = "DRAWBRIDGE_LOG";

/// The modules of AWS's SDK.
const SDK: [&str; 4] = ["aws_config", "aws_runtime", "aws_smithy", "aws_sdk"];

/// The modules of Lambda's runtime, which log whole events where they log everything: a token, or the
/// records of a batch.
const RUNTIME: [&str; 2] = ["lambda_runtime", "lambda_runtime_api_client"];

/// Logs one JSON object per line to standard output, as Lambda collects it; `info` by default.
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
    tracing_subscriber::registry()
        .with(layer)
        .with(without_events(filter(Level::INFO)))
        .init();
    log_panics();
    if let Err(error) = check_filter() {
        tracing::warn!("{error}");
    }
}

/// The same without what the runtime would tell of events, whatever is asked for.
fn without_events(filter: Targets) -> Targets {
    let capped = |filter: Targets, module: &&'static str| {
        let most = filter.would_enable(module, &Level::INFO);
        filter.with_target(
            *module,
            if most {
                LevelFilter::INFO
            } else {
                LevelFilter::ERROR
            },
        )
    };
    RUNTIME.iter().fold(filter, capped)
}

/// Logs lines for a person to standard error, in colour only on a terminal; those of `default` and
/// above unless the environment says otherwise. With `is_timed`, each begins with the time, for a command
/// that runs for days. `stderr` writes there, beside what else is on the terminal.
pub fn log_to_terminal<W: Write + 'static>(default: Level, is_timed: bool, stderr: fn() -> W) {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(move || Escaped::new(stderr(), true))
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false);
    let layer = match is_timed {
        true => layer.boxed(),
        false => layer.without_time().boxed(),
    };
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
    log_panics();
}

/// From now on, a panic is logged with the place where it happened, but without its message, which may
/// quote what it failed on, such as the text of an alert.
pub fn log_panics() {
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
    let given = asked(&given()).ok().flatten();
    given.unwrap_or_else(|| Targets::new().with_default(default))
}

/// The variable's value. What is no text is no filter either.
fn given() -> String {
    let given = std::env::var_os(FILTER_VARIABLE).unwrap_or_default();
    given.to_string_lossy().into_owned()
}

/// The variable that sets what is logged holds no such thing, and has no effect. What it holds may be anything, and
/// is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnclearFilter;

impl fmt::Display for UnclearFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{FILTER_VARIABLE} is neither a level nor a list of levels by module: set it to error, warn, info, debug, \
             trace or off, or for example to info,drawbridge_graph=debug"
        )
    }
}

impl std::error::Error for UnclearFilter {}

/// Refuses a filter that has no effect.
///
/// # Errors
/// [`UnclearFilter`]
pub fn check_filter() -> Result<(), UnclearFilter> {
    asked(&given()).map(drop)
}

/// What the variable asks for; `None` if nothing.
fn asked(given: &str) -> Result<Option<Targets>, UnclearFilter> {
    if given.trim().is_empty() {
        return Ok(None);
    }
    // Any other word would be taken for a module, and all the rest be left out.
    let is_clear = |part: &str| {
        // A number is a level to the parser, and to nobody else: 1 would turn all warnings off.
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        if level.parse::<u64>().is_ok() {
            return false;
        }
        part.contains(['=', '_', ':'])
            || part.starts_with("drawbridge")
            || part.parse::<LevelFilter>().is_ok()
    };
    match given.trim().parse() {
        Ok(targets) if given.split(',').all(|part| is_clear(part.trim())) => Ok(Some(targets)),
        _ => Err(UnclearFilter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_not_taken_for_a_module() {
        for (given, is_clear) in [
            ("", true),
            (" ", true),
            ("debug", true),
            ("INFO", true),
            ("off", true),
            ("info,drawbridge_graph=debug", true),
            ("warn, hyper=info", true),
            ("drawbridge", true),
            ("1", false),
            ("drawbridge=5", false),
            ("info,0", false),
            ("verbose", false),
            ("debg", false),
            ("info,verbose", false),
            ("drawbridge=loud", false),
        ] {
            assert_eq!(asked(given).is_ok(), is_clear, "{given}");
        }
    }
}
