use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use drawbridge_files::io_reason;

use crate::failure::Failure;

/// What is read at most: alerts are a few kilobytes each, so that this is a wrong file.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(MOST_BYTES + 1)
            .read_to_end(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text))
    };
    let name = path.display();
    match read {
        Err(error) => Err(Failure::of(format!(
            "{name} cannot be read: {}",
            io_reason(&error)
        ))),
        Ok(bytes) if bytes as u64 > MOST_BYTES => Err(Failure::of(format!(
            "{name} is larger than 1 GiB: split it into parts"
        ))),
        Ok(_) => {
            // As a poll reads them.
            drawbridge_alert::repair_surrogates(&mut text);
            Ok(text)
        }
    }
}
