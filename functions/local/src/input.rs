use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use drawbridge_files::io_reason;

use crate::failure::Failure;
use crate::progress::say;

/// What is read at most: alerts are a few kilobytes each, so that this is a wrong file.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let is_stdin = path == Path::new("-");
    if is_stdin && io::stdin().is_terminal() {
        say(
            "reading alerts as JSON from this terminal until Ctrl-D; to read a file, give its name",
        );
    }
    let read = if is_stdin {
        io::stdin()
            .lock()
            .take(MOST_BYTES + 1)
            .read_to_end(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text))
    };
    let name = match is_stdin {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    };
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
