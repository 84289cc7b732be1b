use std::io::{self, BufRead};

use crate::Limits;

/// Whole lines of a file, and where each ends.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) texts: Vec<String>,
    pub(super) ends: Vec<u64>,
}

impl Lines {
    /// Reads lines that begin at byte `at`, as many as `most` allows, one at least. A last line
    /// without its end is still being written, and left for later.
    pub(super) fn read(mut reader: impl BufRead, at: u64, most: Limits) -> io::Result<Self> {
        let mut lines = Self {
            texts: Vec::new(),
            ends: Vec::new(),
        };
        let (mut end, mut bytes) = (at, 0);
        while lines.texts.len() < most.records && bytes < most.bytes {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                break;
            }
            end += read as u64;
            let text = text(line);
            if text.trim().is_empty() {
                // An empty line counts as delivered together with the line before it.
                if let Some(last) = lines.ends.last_mut() {
                    *last = end;
                }
                continue;
            }
            bytes += read;
            lines.texts.push(text);
            lines.ends.push(end);
        }
        Ok(lines)
    }

    /// How many bytes the texts have.
    pub(super) fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// The text of a line; of what is no UTF-8, the odd bytes are replaced.
pub(super) fn text(line: Vec<u8>) -> String {
    String::from_utf8(line)
        .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned())
}
