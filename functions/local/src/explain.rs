use std::io::{self, BufWriter, Write as _};

use drawbridge_alert::Alert;
use drawbridge_record::Explained;
use drawbridge_simulator::input::split;
use drawbridge_telemetry::shown;

use crate::cli;
use crate::failure::Failure;

/// Explains the records of the first alert of a file.
pub(crate) fn run(args: &cli::Explain) -> Result<(), Failure> {
    let text = crate::input::read(&args.file)?;
    let elements = split(&text).map_err(Failure::of)?;
    let first = elements
        .first()
        .ok_or_else(|| Failure::of("the list holds no alert"))?;
    let json = first.json.clone().map_err(Failure::of)?;
    let format = crate::map::named(&args.format)?;
    let records = format.explain(&Alert::decode(json).map_err(Failure::of)?);
    let mut out = BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &records).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        for (n, record) in records.iter().enumerate() {
            show(n, records.len(), record, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn show(n: usize, all: usize, record: &Explained, out: &mut impl io::Write) -> io::Result<()> {
    if n > 0 {
        writeln!(out)?;
    }
    let evidence = record
        .evidence
        .as_deref()
        .map(|place| format!(", {place}"))
        .unwrap_or_default();
    writeln!(out, "record {} of {all} ({}{evidence})", n + 1, record.of)?;
    for key in &record.keys {
        writeln!(out, "  {:<26} {}", shown(&key.key), key.value)?;
        writeln!(out, "  {:<26}   from {}", "", shown(&key.from))?;
    }
    Ok(())
}
