//! Keeps the table in the documentation.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::{markdown, table};

/// The schedules of the table in the documentation.
pub const SCHEDULES: u64 = 300;

const BEGIN: &str = "<!-- schedules: begin -->\n";
const END: &str = "<!-- schedules: end -->";

/// The page with the table that this code makes.
///
/// # Errors
/// When the page cannot be read or has no place for the table.
pub fn page(path: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(path)?;
    let no_place = || Error::new(ErrorKind::InvalidData, "it has no markers for the table");
    let (before, rest) = text.split_once(BEGIN).ok_or_else(no_place)?;
    let (_, after) = rest.split_once(END).ok_or_else(no_place)?;
    let table = markdown(&table(SCHEDULES), SCHEDULES);
    Ok(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// Writes the table into the page.
///
/// # Errors
/// As [`page`], or when it cannot be written.
pub fn bless(path: &Path) -> Result<(), Error> {
    std::fs::write(path, page(path)?)
}
