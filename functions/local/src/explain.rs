use std::io::{self, BufWriter, Write as _};

use drawbridge_alert::Alert;
use drawbridge_record::Explained;
use drawbridge_simulator::input::split;
use drawbridge_telemetry::shown;

use crate::cli;
use crate::failure::Failure;
use crate::screen::{beside, columns, hanging};

/// Explains the records of the first alert of a file.
pub(crate) fn run(args: &cli::Explain) -> Result<(), Failure> {
    let text = crate::input::read(&args.file)?;
    let elements = split(&text).map_err(Failure::of)?;
    let first = elements.first().ok_or_else(crate::map::no_alert)?;
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

/// The columns of a key's name, with the blanks before it, and how far behind it is where it comes from.
const NAME: usize = 28;
const FROM: usize = 2;

fn show(n: usize, all: usize, record: &Explained, out: &mut impl io::Write) -> io::Result<()> {
    if n > 0 {
        writeln!(out)?;
    }
    let evidence = record
        .evidence
        .as_deref()
        .map(|place| format!(", {place}"))
        .unwrap_or_default();
    let head = format!("record {} of {all} ({}{evidence})", n + 1, record.of);
    writeln!(out, "{}", hanging(&head, columns()))?;
    for key in &record.keys {
        let value = beside(&shown(&key.key), NAME, &key.value.to_string(), columns());
        writeln!(out, "{value}")?;
        // What is empty or made up comes from nowhere, and says why.
        let is_from = !["empty: ", "always empty: ", "synthesised: "]
            .iter()
            .any(|begin| key.from.starts_with(begin));
        let before = if is_from { "from " } else { "" };
        let from = format!("{before}{}", shown(&key.from));
        writeln!(out, "{}", beside("", NAME + FROM, &from, columns()))?;
    }
    Ok(())
}
