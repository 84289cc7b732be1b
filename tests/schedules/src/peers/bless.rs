//! Keeps the tables in the documentation.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::{markdown, table};
use crate::Campaign;

/// The schedules of the peers' table in the documentation.
pub const SCHEDULES: u64 = 300;

/// Writes the table of the peers into the page.
///
/// # Errors
/// When the page cannot be read or written, or has no place for the table.
pub fn bless(path: &Path) -> Result<(), Error> {
    let table = markdown(&table(SCHEDULES), SCHEDULES);
    put(path, "schedules", &table)
}

/// Writes what came of many schedules into the page.
///
/// # Errors
/// As [`bless`], and when a schedule broke a property: that is not to be blessed.
pub fn bless_campaign(path: &Path, campaign: &Campaign, schedules: u64) -> Result<(), Error> {
    if !campaign.failed.is_empty() {
        return Err(Error::other("a schedule broke a property"));
    }
    put(path, "campaign", &campaign.lines(schedules))
}

/// Writes the table of the lag into the page.
///
/// # Errors
/// As [`bless`].
pub fn bless_lag(path: &Path, table: &str) -> Result<(), Error> {
    put(path, "lag", table)
}

fn put(path: &Path, name: &str, table: &str) -> Result<(), Error> {
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let text = std::fs::read_to_string(path)?;
    let no_place = || Error::new(ErrorKind::InvalidData, "it has no markers for the table");
    let (before, rest) = text.split_once(&begin).ok_or_else(no_place)?;
    let (_, after) = rest.split_once(&end).ok_or_else(no_place)?;
    std::fs::write(path, format!("{before}{begin}{table}{end}{after}"))
}
