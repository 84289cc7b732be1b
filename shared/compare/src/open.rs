//! The text of an export, whatever it is packed in.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// Why a file cannot be read as an export at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is encoded as Windows PowerShell writes redirected output.
    #[error("is UTF-16 text: save it as UTF-8, as with `Out-File -Encoding utf8`")]
    Utf16,
    /// It is encoded in four bytes per character.
    #[error("is UTF-32 text: save it as UTF-8")]
    Utf32,
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Unpacks gzip, of one part or several, and takes a byte order mark off; either is told by the first
/// bytes.
///
/// # Errors
/// [`OpenError`] if the first bytes cannot be read, or are of UTF-16 or UTF-32.
pub(crate) fn open<'r>(input: impl Read + 'r) -> Result<Box<dyn BufRead + 'r>, OpenError> {
    let mut raw = BufReader::new(input);
    if begins_with(&mut raw, &[0x1f, 0x8b])? {
        without_mark(BufReader::new(MultiGzDecoder::new(raw)))
    } else {
        without_mark(raw)
    }
}

fn without_mark<'r>(mut text: impl BufRead + 'r) -> Result<Box<dyn BufRead + 'r>, OpenError> {
    // The mark of UTF-16 is how the one of UTF-32 begins.
    for mark in [[0xff, 0xfe, 0, 0], [0, 0, 0xfe, 0xff]] {
        if begins_with(&mut text, &mark)? {
            return Err(OpenError::Utf32);
        }
    }
    for mark in [[0xff, 0xfe], [0xfe, 0xff]] {
        if begins_with(&mut text, &mark)? {
            return Err(OpenError::Utf16);
        }
    }
    const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
    if begins_with(&mut text, &MARK)? {
        text.consume(MARK.len());
    }
    Ok(Box::new(text))
}

/// Whether the text begins so. A first read that brings less than a mark is of a file that short.
fn begins_with(text: &mut impl BufRead, mark: &[u8]) -> io::Result<bool> {
    Ok(text.fill_buf()?.starts_with(mark))
}
