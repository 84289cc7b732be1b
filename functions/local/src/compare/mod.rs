//! `compare`: an old export beside new records.

mod files;
mod page;
mod page_file;
mod screen;

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use drawbridge_compare::{Comparison, Report, Which};

use crate::cli;
use crate::failure::Failure;

/// Compares the two sides and reports the result.
pub(crate) fn run(args: &cli::Compare) -> Result<(), Failure> {
    if args.old == Path::new("-") && args.new == Path::new("-") {
        return Err(Failure::usage(
            "only one side can be read from standard input",
        ));
    }
    if let Some(file) = &args.html {
        page_file::check(file)?;
    }
    let mut comparison = Comparison::default();
    files::read(&mut comparison, Which::Old, &args.old)?;
    files::read(&mut comparison, Which::New, &args.new)?;
    let report = comparison
        .report()
        .map_err(|error| Failure::of(format!("the temporary files cannot be used: {error}")))?;
    let names = [
        args.old.display().to_string(),
        args.new.display().to_string(),
    ];
    let mut out = BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        screen::write(&mut out, &names, &report)?;
    }
    out.flush()?;
    if let Some(file) = &args.html {
        page_file::write(file, &page::page(&names, &report))?;
    }
    verdict(args, &report)
}

/// Whether all went well.
fn verdict(args: &cli::Compare, report: &Report) -> Result<(), Failure> {
    if report.alerts.shared() == 0 {
        return Err(Failure::of(nothing_shared(report)));
    }
    let unread = [("OLD", &report.old), ("NEW", &report.new)]
        .into_iter()
        .map(|(name, side)| (name, side.broken + side.left_out + side.others))
        .filter(|(_, unread)| *unread > 0)
        .map(|(name, unread)| format!("{unread} in {name}"))
        .collect::<Vec<_>>();
    if !unread.is_empty() {
        return Err(Failure::of(format!(
            "some parts could not be read as records or alerts ({}); the others were compared",
            unread.join(", ")
        )));
    }
    match args.fail_on {
        Some(most) if most.is_below(&report.losses) => Err(Failure::of(format!(
            "{} is lost, which is more than --fail-on allows",
            screen::losses(&report.losses)
        ))),
        _ => Ok(()),
    }
}

/// What was tried, and what may be wrong.
pub(crate) fn nothing_shared(report: &Report) -> String {
    let times = |side: &drawbridge_compare::SideReport| match &side.times {
        Some([first, last]) => format!("is from {first} to {last}"),
        None => "has no AlertTime".to_owned(),
    };
    let zone = screen::zone_in_words(&report.alerts);
    let zone = zone.map_or(String::new(), |zone| format!(". {zone}"));
    format!(
        "the two sides share no alert. Tried: the alert's id, the id without the two letters before it, \
         and detector, device and a time at most ten minutes apart. OLD {}, NEW {}. Give exports of the \
         same tenant and time, such as a backfill of what OLD covers{zone}",
        times(&report.old),
        times(&report.new)
    )
}
