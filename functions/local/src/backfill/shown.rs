//! How far a backfill has come, for people and scripts.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use drawbridge_poll::{BackfillProgress, Progress, Report};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::bars;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{counted, say};
use crate::screen::print_line;
use crate::tenants::is_paused;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The parts of the bar, more than a terminal can show.
const BAR_PARTS: u64 = 10_000;

/// From so many columns on, there is room for a longer bar.
const WIDE_FROM: u16 = 100;

/// Whether there is nothing to wait for: all was read once, or nothing more is to come of it until somebody does
/// something. What is read once more comes a quarter of an hour later, and polls do that.
pub(super) fn has_ended(progress: &BackfillProgress) -> bool {
    progress.is_read() || progress.stopped.is_some() || progress.cancelled
}

/// The word for where it stands.
pub(super) fn state(progress: &BackfillProgress) -> &'static str {
    match (progress.is_done(), progress.is_read()) {
        (true, _) if !progress.failed.is_empty() => "done but for what failed",
        (true, _) => "done",
        _ if progress.cancelled => "cancelled",
        _ if progress.stopped.is_some() => "stopped",
        (_, true) => "verifying",
        _ if progress.interrupted => "interrupted",
        _ => "under way",
    }
}

/// What a script is told: what is known of it, the word and the percentage.
pub(super) fn json(progress: &BackfillProgress, state: &str) -> Value {
    let mut told = serde_json::json!(progress);
    told["state"] = state.into();
    told["percent"] = progress.percent().into();
    told
}

/// What a person is told of one of which everything was read once, and something is read once more.
pub(super) async fn verifying(place: &DataLocation, progress: &BackfillProgress) -> Option<String> {
    let from = progress
        .second_from
        .filter(|_| state(progress) == "verifying")?;
    let ranges = progress.second.len() as u64;
    let why = "in case an alert was missed because others changed meanwhile";
    let (id, tenant) = (&progress.id, &progress.tenant);
    if !is_paused(place.store.as_ref(), tenant).await {
        return Some(format!(
            "everything was read; from {from:.0} on, polls of the tenant read {} once more, {why}",
            counted(ranges, "range", "ranges")
        ));
    }
    let how = match place.as_folder() {
        Some(_) => format!(
            "run {} after {from:.0}, or resume the tenant",
            place.command(&format!("backfill resume {id}"))
        ),
        None => format!("run {}", place.command(&format!("tenants resume {tenant}"))),
    };
    Some(format!(
        "everything was read; {} to be read once more, {why}, which no poll does while the tenant is \
         paused: {how}",
        counted(ranges, "range is", "ranges are")
    ))
}

/// Prints how it ended. Returns an error unless everything was read and delivered, even if the output cannot be
/// written.
pub(super) async fn print_ended(
    place: &DataLocation,
    progress: &BackfillProgress,
    json: bool,
) -> Result<(), Failure> {
    let percent = format!("{} %", progress.percent());
    let printed = print_report(place, progress, &percent, json).await;
    check_complete(place, progress).and(printed)
}

/// The same of one that was read here, under a bar that showed `shown_percent` last.
pub(super) async fn print_ended_here(
    place: &DataLocation,
    progress: &BackfillProgress,
    shown_percent: u64,
    json: bool,
) -> Result<(), Failure> {
    let percent = percent_here(progress.percent(), shown_percent);
    let printed = print_report(place, progress, &percent, json).await;
    check_complete(place, progress).and(printed)
}

/// The bar counts pages, and whoever goes on begins with the window that was not read to its end.
fn percent_here(saved_percent: u64, shown_percent: u64) -> String {
    match shown_percent > saved_percent {
        true => format!(
            "{shown_percent} % ({saved_percent} % saved; the rest of its window is read again)"
        ),
        false => format!("{saved_percent} %"),
    }
}

async fn print_report(
    place: &DataLocation,
    progress: &BackfillProgress,
    percent: &str,
    json: bool,
) -> Result<(), Failure> {
    if json {
        let told = self::json(progress, state(progress));
        writeln!(crate::screen::stdout(), "{told}")?;
    } else {
        let written = if progress.dry_run {
            "would be written"
        } else {
            "written"
        };
        print_line(&format!(
            "{}: {}, {percent}: {} read, {} {written}, {} there already, {}",
            progress.id,
            state(progress),
            counted(progress.alerts, "alert", "alerts"),
            counted(progress.records, "record", "records"),
            progress.suppressed,
            counted(progress.requests, "request", "requests"),
        ))?;
        let verifying = verifying(place, progress).await;
        verifying.map_or(Ok(()), |text| print_line(&text))?;
    }
    Ok(())
}

fn check_complete(place: &DataLocation, progress: &BackfillProgress) -> Result<(), Failure> {
    let resume = place.command(&format!("backfill resume {}", progress.id));
    let go_on = format!("{resume} goes on");
    if progress.cancelled && !progress.is_done() {
        return Err(Failure::of(format!("it was cancelled; {go_on}")));
    }
    if let Some(reason) = &progress.stopped {
        return Err(Failure::of(format!("it stopped: {reason}; {go_on}")));
    }
    if !progress.is_read() {
        return Err(Failure::of(format!(
            "stopped before the end; nothing is lost: {go_on}"
        )));
    }
    match progress.failed.len() {
        0 => {}
        1 => {
            return Err(Failure::of(format!(
                "1 window failed again and again and is in quarantine/; {go_on} with it"
            )));
        }
        failed => {
            return Err(Failure::of(format!(
                "{failed} windows failed again and again and are in quarantine/; {go_on} with them"
            )));
        }
    }
    let list = place.command("replay list");
    match progress.quarantined {
        0 => Ok(()),
        1 => Err(Failure::of(format!(
            "1 alert or record could not be read or sent and is in quarantine/: see {list}"
        ))),
        many => Err(Failure::of(format!(
            "{many} alerts or records could not be read or sent and are in quarantine/: see {list}"
        ))),
    }
}

/// A bar on a terminal, lines elsewhere.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    shown: Mutex<Shown>,
}

/// What is shown. It never goes back: what failed or is read again takes the rest of the bar.
struct Shown {
    last_line: Instant,
    /// What was done before the step at hand.
    before: Counts,
    /// With that.
    now: Counts,
    /// How much was left at last, in milliseconds of the time that was asked for.
    left_ms: u64,
    /// What the bar showed when that last rose, and how much was left then.
    shown_before: f64,
    left_before_ms: u64,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    alerts: u64,
    records: u64,
}

impl Shown {
    fn begin() -> Self {
        Self {
            last_line: Instant::now(),
            before: Counts::default(),
            now: Counts::default(),
            left_ms: 0,
            shown_before: 0.0,
            left_before_ms: 0,
        }
    }

    /// A backfill of which so much is left of what was asked for.
    fn of(&mut self, asked_ms: u64, left_ms: u64) {
        if self.left_before_ms == 0 {
            (self.left_before_ms, self.left_ms) = (asked_ms, asked_ms);
        }
        self.left(left_ms);
    }

    fn left(&mut self, left_ms: u64) {
        if left_ms > self.left_ms {
            self.shown_before = self.shown();
            self.left_before_ms = left_ms;
        }
        self.left_ms = left_ms;
    }

    /// The share of the bar that is shown, between 0 and 1.
    #[expect(clippy::cast_precision_loss, reason = "it is shown in 10,000 parts")]
    fn shown(&self) -> f64 {
        let left = self.left_ms as f64 / self.left_before_ms.max(1) as f64;
        1.0 - (1.0 - self.shown_before) * left
    }

    /// How many parts of `of` are shown; all of them only if nothing is left.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "it is between 0 and `of`"
    )]
    fn share(&self, of: u64) -> u64 {
        match self.left_ms {
            0 if self.left_before_ms > 0 => of,
            0 => 0,
            _ => ((self.shown() * of as f64) as u64).min(of - 1),
        }
    }

    fn counts(&self) -> String {
        let Counts { alerts, records } = self.now;
        format!(
            "{}, {}",
            counted(alerts, "alert", "alerts"),
            counted(records, "record", "records")
        )
    }
}

impl Bar {
    pub(super) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(BAR_PARTS);
            let width = match console::Term::stderr().size() {
                (_, ..WIDE_FROM) => 12,
                _ => 40,
            };
            let look = format!("{{bar:{width}}} {{msg}}  {{elapsed}}");
            if let Ok(style) = ProgressStyle::with_template(&look) {
                bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏░"));
            }
            let bar = bars::drawn(bar);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            bar,
            shown: Mutex::new(Shown::begin()),
        }
    }

    /// Shows what is done.
    pub(super) fn at(&self, progress: &BackfillProgress) {
        let counts = Counts {
            alerts: progress.alerts,
            records: progress.records,
        };
        self.show(|shown| {
            (shown.before, shown.now) = (counts, counts);
            shown.of(progress.asked_ms(), progress.left_ms());
        });
    }

    /// The percentage that is shown.
    pub(super) fn percent(&self) -> u64 {
        self.shown.lock().map_or(0, |shown| shown.share(100))
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bars::cleared(bar);
        }
    }

    fn show(&self, change: impl FnOnce(&mut Shown)) {
        let Ok(mut shown) = self.shown.lock() else {
            return;
        };
        change(&mut shown);
        let percent = format!("{} %", shown.share(100));
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{percent:>5}  {}", shown.counts()));
            bar.set_position(shown.share(BAR_PARTS));
        } else if shown.last_line.elapsed() >= LINE_EVERY {
            shown.last_line = Instant::now();
            say(&format!("{percent}, {}", shown.counts()));
        }
    }
}

impl Progress for Bar {
    fn page(&self, step: &Report) {
        self.show(|shown| {
            shown.now = Counts {
                alerts: shown.before.alerts + step.alerts - step.listed_again,
                records: shown.before.records + step.records,
            };
        });
    }

    fn backfill_left(&self, left_ms: u64) {
        self.show(|shown| shown.left(left_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bar_showed_last_is_said_at_the_end() {
        assert_eq!(
            percent_here(50, 54),
            "54 % (50 % saved; the rest of its window is read again)"
        );
        assert_eq!(percent_here(50, 50), "50 %");
        assert_eq!(percent_here(100, 0), "100 %");
    }

    #[test]
    fn what_is_shown_does_not_go_back_and_is_all_only_at_the_end() {
        let mut shown = Shown::begin();
        assert_eq!(shown.share(100), 0);
        shown.of(1000, 1000);
        // What is to be read again takes the rest of the bar.
        for (left_ms, percent) in [
            (1000, 0),
            (500, 50),
            (700, 50),
            (350, 75),
            (1, 99),
            (0, 100),
        ] {
            shown.left(left_ms);
            assert_eq!(shown.share(100), percent, "{left_ms}");
        }
    }

    #[test]
    fn one_that_goes_on_begins_where_it_was() {
        let mut shown = Shown::begin();
        shown.of(1000, 250);
        assert_eq!(shown.share(100), 75);
    }
}
