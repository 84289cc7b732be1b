use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use drawbridge_files::Root;

/// A line of a file, with its number from the first that is read.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
}

/// The end of a file of records.
pub(super) struct RecordFile {
    /// Its name within the data folder.
    pub(super) name: PathBuf,
    /// Whether something lies before what is read.
    pub(super) is_cut: bool,
    lines: io::Take<BufReader<File>>,
}

impl RecordFile {
    /// Opens a tenant's file of a format; `most_bytes` of its end are read. `None` where there is none, or
    /// none that can be read.
    pub(super) fn open(folder: &Path, below: &str, format: &str, most_bytes: u64) -> Option<Self> {
        let name = Path::new(below).join(format!("{format}.ndjson"));
        let mut file = Root::new(folder).read(&name).ok()?;
        let start = file.metadata().ok()?.len().saturating_sub(most_bytes);
        file.seek(SeekFrom::Start(start)).ok()?;
        // A poll may be writing on: what comes then is not read.
        let mut lines = BufReader::new(file).take(most_bytes);
        if start > 0 {
            // The end of a line whose beginning is not read.
            lines.read_until(b'\n', &mut Vec::new()).ok()?;
        }
        Some(Self {
            name,
            is_cut: start > 0,
            lines,
        })
    }

    /// The lines that are text; a file that cannot be read on ends there.
    pub(super) fn lines(self) -> impl Iterator<Item = Line> {
        let lines = self.lines.split(b'\n').map_while(Result::ok);
        lines.enumerate().filter_map(|(number, line)| {
            let text = String::from_utf8(line).ok()?;
            Some(Line { number, text })
        })
    }
}
