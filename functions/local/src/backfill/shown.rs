//! How far a backfill has come, for people and scripts.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use drawbridge_poll::{BackfillProgress, Progress, Report};
use indicatif::{ProgressBar, ProgressStyle};

use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Whether nothing is left to be read. Windows that failed again and again are not left: they are
/// in quarantine.
pub(super) fn is_done(progress: &BackfillProgress) -> bool {
    progress.left.is_empty()
}

/// Whether nothing more is to come of it until somebody does something.
pub(super) fn has_ended(progress: &BackfillProgress) -> bool {
    is_done(progress) || progress.stopped.is_some() || progress.cancelled
}

/// The word for where it stands.
pub(super) fn state(progress: &BackfillProgress) -> &'static str {
    match (is_done(progress), progress.stopped.is_some()) {
        (false, _) if progress.cancelled => "cancelled",
        (false, true) => "stopped",
        (false, false) => "under way",
        (true, _) if !progress.failed.is_empty() => "done but for what failed",
        (true, _) => "done",
    }
}

/// Prints how it ended. It is an error unless all was read and delivered, even if nobody reads
/// that.
pub(super) fn print_ended(
    place: &DataLocation,
    progress: &BackfillProgress,
    json: bool,
) -> Result<(), Failure> {
    let printed = print_report(progress, json);
    check_complete(place, progress).and(printed)
}

fn print_report(progress: &BackfillProgress, json: bool) -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    if json {
        writeln!(out, "{}", serde_json::json!(progress))?;
    } else {
        let records = if progress.dry_run {
            "records would be written"
        } else {
            "records written"
        };
        writeln!(
            out,
            "{}: {}, {} %: {} alerts read, {} {records}, {} there already, {} requests",
            progress.id,
            state(progress),
            progress.percent(),
            progress.alerts,
            progress.records,
            progress.suppressed,
            progress.requests,
        )?;
    }
    Ok(())
}

fn check_complete(place: &DataLocation, progress: &BackfillProgress) -> Result<(), Failure> {
    let resume = place.command(&format!("backfill resume {}", progress.id));
    let go_on = format!("{resume} goes on");
    if progress.cancelled && !is_done(progress) {
        return Err(Failure::of(format!("it was cancelled; {go_on}")));
    }
    if let Some(reason) = &progress.stopped {
        return Err(Failure::of(format!("it stopped: {reason}; {go_on}")));
    }
    if !is_done(progress) {
        return Err(Failure::of(format!(
            "stopped before the end; nothing is lost: {go_on}"
        )));
    }
    if !progress.failed.is_empty() {
        return Err(Failure::of(format!(
            "{} windows failed again and again and are in quarantine/; {go_on} with them",
            progress.failed.len()
        )));
    }
    if progress.quarantined > 0 {
        return Err(Failure::of(format!(
            "{} alerts or records could not be read or sent and are in quarantine/: see {}",
            progress.quarantined,
            place.command("replay list")
        )));
    }
    Ok(())
}

/// A bar on a terminal, lines elsewhere.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    last: Mutex<(Instant, Before)>,
}

/// What was done before the step at hand.
#[derive(Clone, Copy, Default)]
struct Before {
    percent: u64,
    alerts: u64,
    records: u64,
}

impl Bar {
    pub(super) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(100);
            let look = "{bar:12} {pos:>3} %  {msg}  {elapsed}";
            if let Ok(style) = ProgressStyle::with_template(look) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            bar,
            last: Mutex::new((Instant::now(), Before::default())),
        }
    }

    /// Shows what is done.
    pub(super) fn at(&self, progress: &BackfillProgress) {
        let before = Before {
            percent: progress.percent(),
            alerts: progress.alerts,
            records: progress.records,
        };
        if let Ok(mut last) = self.last.lock() {
            last.1 = before;
        }
        self.show(before);
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self, so_far: Before) {
        let text = format!("{} alerts, {} records", so_far.alerts, so_far.records);
        if let Some(bar) = &self.bar {
            bar.set_position(so_far.percent);
            bar.set_message(text);
            return;
        }
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        if last.0.elapsed() >= LINE_EVERY {
            last.0 = Instant::now();
            say(&format!("{} %, {text}", so_far.percent));
        }
    }
}

impl Progress for Bar {
    fn page(&self, step: &Report) {
        let Ok(before) = self.last.lock().map(|last| last.1) else {
            return;
        };
        self.show(Before {
            alerts: before.alerts + step.alerts,
            records: before.records + step.records,
            ..before
        });
    }
}
