use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use drawbridge_alert::Alert;
use drawbridge_record::{Format, records};
use drawbridge_simulator::input::split;

use crate::cli;
use crate::failure::Failure;
use crate::progress::say;

/// Maps the alerts of a file: one record per line on standard output.
pub(crate) fn run(args: &cli::Map) -> Result<(), Failure> {
    let format = named(&args.format)?;
    let text = crate::input::read(&args.file)?;
    let elements = split(&text).map_err(Failure::of)?;
    let all = elements.len();
    if all == 0 {
        return Err(no_alert());
    }
    let mut bad = 0;
    // Records are written as they are, unless a person reads them.
    let stdout: Box<dyn io::Write> = if io::stdout().is_terminal() {
        Box::new(crate::screen::stdout())
    } else {
        Box::new(io::stdout().lock())
    };
    let mut out = BufWriter::new(stdout);
    for element in elements {
        let mapped = match element.json {
            Ok(json) => write_records(format, json, &mut out)?,
            Err(why) => Err(why),
        };
        if let Err(why) = mapped {
            bad += 1;
            say(&format!("alert {}: {why}", element.position));
        }
    }
    out.flush()?;
    if bad > 0 {
        Err(Failure::SomeAlerts { bad, all })
    } else {
        Ok(())
    }
}

/// That a file is a list, and an empty one.
pub(crate) fn no_alert() -> Failure {
    Failure::of("the list holds no alert")
}

/// The format of that name.
pub(crate) fn named(name: &str) -> Result<&'static dyn Format, Failure> {
    drawbridge_record::format(name).ok_or_else(|| {
        let known = drawbridge_record::names().join(", ");
        Failure::of(format!(
            "no format is called {}; there is {known}",
            crate::cli::quoted(name)
        ))
    })
}

/// Writes an alert's records; the inner error is why the alert has none.
fn write_records(
    format: &dyn Format,
    json: &str,
    out: &mut impl io::Write,
) -> io::Result<Result<(), String>> {
    let alert = match Alert::decode(json) {
        Ok(alert) => alert,
        Err(error) => return Ok(Err(error.to_string())),
    };
    for record in records(format, &alert) {
        writeln!(out, "{}", record.body)?;
    }
    Ok(Ok(()))
}
