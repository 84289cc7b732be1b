use crate::line::one_line;
use crate::{Record, StoredRecord};

/// A line that is no record of the format, and why.
pub(super) type Unfit = (Record, String);

/// What lines hold.
pub(super) struct Records {
    /// Those that are records.
    pub(super) fit: Vec<StoredRecord>,
    /// For each line, what it is if it is no record.
    pub(super) unfit: Vec<Option<Unfit>>,
}

impl Records {
    pub(super) fn of(lines: &[String], format: &str, tenant: &str) -> Self {
        let mut records = Self {
            fit: Vec::new(),
            unfit: Vec::new(),
        };
        for line in lines {
            let record = Record::of_line(line, format, tenant);
            match one_line(&record) {
                Ok(_) => {
                    records.fit.push(record.into());
                    records.unfit.push(None);
                }
                Err(why) => records.unfit.push(Some((record, why))),
            }
        }
        records
    }
}
