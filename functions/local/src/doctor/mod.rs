//! `drawbridge doctor`: what polls and deliveries need, looked at for real.

mod clock;
mod line;
mod machine;
mod stack;
mod target;

use std::io::Write as _;

use drawbridge_config::{ConfigError, RENAME_DOCUMENT};
use drawbridge_files::RUN_AS_OWNER;
use drawbridge_graph::Level;
use futures::{StreamExt as _, stream};

use self::line::{Line, Mark};
use crate::advice::Advice;
use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::counted;
use crate::status;
use crate::tenants::check::{AT_ONCE, Checked, checked};
use crate::tenants::{KnownTenants, first_tenant};

/// What to do about what cannot be read at all.
const UNREADABLE: &str =
    "check that whoever runs this may read what it names, and that it is there";

pub(crate) async fn run(args: &cli::Doctor) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    if place.as_folder().is_some() && !args.queues.is_empty() {
        return Err(Failure::usage(
            "--queue goes with --stack or --bucket: a folder has no queues",
        ));
    }
    target::check(args)?;
    let mut checklist = Checklist {
        json: args.json,
        all: 0,
        failed: 0,
        advice: Advice::default(),
    };
    if let Some(folder) = place.as_folder() {
        checklist.print(machine::lines(folder))?;
    }
    let services = place.services()?;
    match KnownTenants::of(&place).await {
        Err(failure) => checklist.print([tenants_line(&place, Err(failure))])?,
        Ok(known) => {
            checklist.print([tenants_line(&place, Ok(known.all().len()))])?;
            let unknown = first_tenant::unknown(&place);
            checklist.print(unknown.map(|unknown| Line::note("documents", unknown)))?;
            let documents = &known.documents;
            let unreadable = documents.unreadable.iter();
            checklist.print(unreadable.map(unreadable_document))?;
            let judged = known.judged(&place, &services).await;
            let polled = judged.iter().filter(|judged| !judged.tenant.is_paused());
            let admitted = polled
                .clone()
                .filter_map(|judged| judged.verdict.as_ref().ok().copied());
            checklist.print(clock::lines(admitted.clone(), &services).await)?;
            let checks = polled.map(|judged| checked(judged, &place, &services));
            let mut checks = stream::iter(checks).buffered(AT_ONCE);
            while let Some(checked) = checks.next().await {
                checklist.print(of_check(&checked, &place))?;
            }
            drop(checks);
            if let Some(folder) = place.as_folder() {
                checklist.print(admitted.map(|tenant| machine::outputs(folder, &tenant)))?;
            }
            match status::tenants(&place, documents).await {
                Ok(tenants) => checklist.print(tenants.into_iter().filter_map(of_polls))?,
                Err(failure) => checklist.print([cannot_be_read("polls", &failure)])?,
            }
        }
    }
    checklist.print(target::lines(args, &place).await)?;
    checklist.print(stack::lines(&place, &args.queues).await)?;
    checklist.end()
}

/// Prints the lines of checks as they arrive, and counts those that failed.
struct Checklist {
    json: bool,
    all: usize,
    failed: usize,
    advice: Advice,
}

impl Checklist {
    fn print(&mut self, lines: impl IntoIterator<Item = Line>) -> Result<(), Failure> {
        for line in lines {
            self.all += 1;
            self.failed += usize::from(line.mark == Mark::Failed);
            match self.show(&line) {
                // The exit code counts in a pipe, too, as in `set -o pipefail; drawbridge doctor | head -1`.
                Ok(()) | Err(Failure::ReaderGone) => {}
                failed => return failed,
            }
        }
        Ok(())
    }

    fn show(&mut self, line: &Line) -> Result<(), Failure> {
        let mut out = crate::screen::stdout();
        if self.json {
            writeln!(out, "{}", line.json())?;
        } else {
            line.print(&mut out, &mut self.advice)?;
        }
        out.flush()?;
        Ok(())
    }

    fn end(&self) -> Result<(), Failure> {
        match self.failed {
            0 => Ok(()),
            failed => Err(Failure::of(format!(
                "{failed} of {} failed",
                counted(self.all, "check", "checks")
            ))),
        }
    }
}

/// How many tenants there are, the one of the stack's parameters included.
fn tenants_line(place: &DataLocation, found: Result<usize, Failure>) -> Line {
    let about = "documents";
    match found {
        Ok(0) => Line::warn(
            about,
            format!("there is no tenant in {}", place.name()),
            format!("run {}", place.command("tenants add NAME …")),
        ),
        Ok(1) => Line::ok(about, format!("{} has 1 tenant", place.name())),
        Ok(count) => Line::ok(about, format!("{} has {count} tenants", place.name())),
        Err(failure) => cannot_be_read(about, &failure),
    }
}

/// What cannot be read at all, and what to do about it.
fn cannot_be_read(about: &str, failure: &Failure) -> Line {
    let text = failure.to_string();
    let todo = match text.contains(RUN_AS_OWNER) {
        true => RUN_AS_OWNER,
        false => UNREADABLE,
    };
    Line::failed(about, text, todo)
}

/// A document, or a file among them, that belongs to no tenant.
fn unreadable_document(error: &ConfigError) -> Line {
    Line::failed("documents", error.to_string(), todo(error))
}

/// What to do about a document, or a folder of them, that belongs to no tenant.
pub(crate) const fn todo(error: &ConfigError) -> &'static str {
    match error {
        ConfigError::Misnamed { .. } => RENAME_DOCUMENT,
        _ => UNREADABLE,
    }
}

/// What `tenants check` says of a tenant.
fn of_check(checked: &Checked<'_>, place: &DataLocation) -> Vec<Line> {
    let name = checked.name();
    let check = place.command(&format!("tenants check {name}"));
    let (what, mend) = match checked.is_of_parameters() {
        true => ("parameters", "correct the stack's parameters"),
        false => ("document", "do what it says"),
    };
    let refusal = checked.refusal().map(|error| {
        let todo = format!("{mend}, then run {check}");
        Line::failed(format!("{name}: {what}"), error.to_string(), todo)
    });
    let notes = checked.notes().iter();
    let notes = notes.map(|note| Line::note(format!("{name}: note"), *note));
    let findings = checked.findings().iter().map(|finding| {
        let about = format!("{name}: {}", finding.topic.as_str());
        let todo = || {
            finding
                .todo
                .clone()
                .unwrap_or_else(|| format!("run {check}"))
        };
        match finding.level {
            Level::Passed => Line::ok(about, &*finding.text),
            Level::Warned => Line::warn(about, &*finding.text, todo()),
            Level::Failed => Line::failed(about, &*finding.text, todo()),
        }
    });
    refusal.into_iter().chain(findings).chain(notes).collect()
}

/// What `status` says of a tenant, in one line, but for why it is refused, which its document's line says: then
/// there may be nothing.
fn of_polls(tenant: status::TenantStatus) -> Option<Line> {
    let about = format!("{}: polls", tenant.name);
    let is_refused = tenant.is_refused();
    match tenant.without_refusal().summary() {
        (_, None) if is_refused => None,
        (text, None) => Some(Line::ok(about, text)),
        (text, Some(todo)) => Some(Line::failed(about, text, todo)),
    }
}
