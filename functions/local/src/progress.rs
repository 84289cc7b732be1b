use std::collections::HashSet;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use drawbridge_poll::{Progress, Report};
use drawbridge_telemetry::shown;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::bars;
use crate::screen::{error_columns, hanging};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows a poll's progress on standard error: one line that changes on a terminal, plain lines
/// elsewhere.
pub(crate) enum Shown {
    Terminal(ProgressBar),
    Lines {
        /// What a line begins with: the tenant, unless it is the demo's.
        of: String,
        last: Mutex<Instant>,
    },
}

impl Shown {
    /// Starts to show.
    pub(crate) fn start(tenant: Option<&str>) -> Self {
        let Some(bar) = spinner() else {
            return Self::Lines {
                of: tenant.map_or_else(String::new, |tenant| format!("{tenant}: ")),
                last: Mutex::new(Instant::now()),
            };
        };
        // Until the first page is here.
        bar.set_message("signing in and asking Graph");
        Self::Terminal(bar)
    }

    /// Takes the line off the terminal.
    pub(crate) fn end(&self) {
        if let Self::Terminal(bar) = self {
            bars::cleared(bar);
        }
    }
}

impl Progress for Shown {
    fn page(&self, so_far: &Report) {
        let text = || {
            format!(
                "{} read, {} written",
                counted(so_far.alerts, "alert", "alerts"),
                counted(so_far.records, "record", "records")
            )
        };
        match self {
            Self::Terminal(bar) => bar.set_message(text()),
            Self::Lines { of, last } => {
                if is_due(last) {
                    say(&format!("{of}{}", text()));
                }
            }
        }
    }
}

/// Shows on a terminal how many of several polls that began together have ended: one line that is there while any of
/// them is under way.
#[derive(Default)]
pub(crate) struct ShownPolls {
    bar: Option<ProgressBar>,
    begun: HashSet<String>,
}

impl ShownPolls {
    /// Notes that a tenant's poll has begun.
    pub(crate) fn begin(&mut self, tenant: &str, under_way: usize) {
        self.begun.insert(tenant.to_owned());
        if self.bar.is_none() {
            self.bar = spinner();
        }
        self.show(under_way);
    }

    /// Shows that so many are under way; nothing if none is.
    pub(crate) fn show(&mut self, under_way: usize) {
        let all = self.begun.len();
        if under_way == 0 {
            self.begun.clear();
            if let Some(bar) = self.bar.take() {
                bars::cleared(&bar);
            }
        } else if let Some(bar) = &self.bar {
            let ended = all.saturating_sub(under_way);
            bar.set_message(format!(
                "{ended} of {} polled",
                counted(all as u64, "tenant", "tenants")
            ));
        }
    }
}

/// A line that moves while somebody waits, if there is a terminal.
fn spinner() -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
        bar.set_style(style);
    }
    let bar = bars::drawn(bar);
    bar.enable_steady_tick(Duration::from_millis(100));
    Some(bar)
}

/// Whether it is time for another line.
fn is_due(last: &Mutex<Instant>) -> bool {
    let Ok(mut last) = last.lock() else {
        return false;
    };
    let is_due = last.elapsed() >= LINE_EVERY;
    if is_due {
        *last = Instant::now();
    }
    is_due
}

/// A number with its noun: `1 alert`, `2 alerts`.
pub(crate) fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// The line with the current time, for readers of a log.
pub(crate) fn timed(text: &str) -> String {
    format!("{:.0} {text}", Timestamp::now())
}

/// Whether every line has the time.
static IS_LOG: AtomicBool = AtomicBool::new(false);

/// Has every line on standard error begin with the time from now on, as those of a command that runs for days do
/// where they are kept.
pub(crate) fn time_every_line() {
    IS_LOG.store(true, Ordering::Relaxed);
}

/// Writes a line with the time to standard error.
pub(crate) fn say_timed(text: &str) {
    write_line(&timed(text));
}

/// Writes a line for the user to standard error.
pub(crate) fn say(text: &str) {
    match IS_LOG.load(Ordering::Relaxed) {
        true => say_timed(text),
        false => write_line(text),
    }
}

/// Writes one line and never two: a name that breaks the line would forge one. On a terminal it goes on below,
/// between words. Standard error that is full or closed ends nothing: `eprintln!` would panic.
fn write_line(text: &str) {
    let text = hanging(&shown(text), error_columns());
    bars::without_bars(|| {
        let _ = writeln!(crate::screen::stderr(), "{text}");
    });
}
