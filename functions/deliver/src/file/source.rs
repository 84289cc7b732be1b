use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};

use flate2::read::MultiGzDecoder;

use super::content::PIECE_BYTES;
use super::identity::{FileIdentity, FileState};
use super::packing::{MARK_BYTES, Magic, OtherPacking, magic, magic_of};

/// A file of records that is held open, so that it can be read to its end whatever becomes of its
/// name.
pub(super) struct Source {
    /// The name that it had when it was opened.
    pub(super) name: OsString,
    pub(super) identity: Option<FileIdentity>,
    /// What it was when it was opened, before any of it was read.
    state: Option<FileState>,
    body: Body,
}

enum Body {
    Plain(File),
    Packed(Box<Packed>),
}

impl Source {
    /// A file; what is packed with gzip is read unpacked, whatever its name ends in: logrotate makes
    /// `siem.ndjson.1.gz-2026113003.backup`.
    ///
    /// # Errors
    /// [`OtherPacking`] of one that is packed with anything else, whatever its name is: its bytes are no lines.
    pub(super) fn new(name: OsString, file: File) -> io::Result<Self> {
        let meta = file.metadata()?;
        let body = match magic(&file)? {
            Magic::Other => return Err(OtherPacking.into()),
            Magic::None if !name.to_string_lossy().ends_with(".gz") => Body::Plain(file),
            Magic::Gzip | Magic::None => Body::Packed(Box::new(Packed::new(file)?)),
        };
        let mut source = Self::with(name, &meta, body);
        // An archive may be packed with gzip, too. What cannot be read of a damaged file is said when it is.
        let inside = match source.is_packed() {
            true => source.bytes(0, MARK_BYTES).unwrap_or_default(),
            false => Vec::new(),
        };
        match magic_of(&inside) {
            Magic::None => Ok(source),
            Magic::Gzip | Magic::Other => Err(OtherPacking.into()),
        }
    }

    /// A file that is read as it is, packed or not.
    pub(super) fn raw(name: OsString, file: File) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Self::with(name, &meta, Body::Plain(file)))
    }

    fn with(name: OsString, meta: &Metadata, body: Body) -> Self {
        Self {
            name,
            identity: FileIdentity::of(meta),
            state: FileState::of(meta),
            body,
        }
    }

    pub(super) fn is_packed(&self) -> bool {
        matches!(self.body, Body::Packed(_))
    }

    /// What a packed file was when it was opened.
    pub(super) fn packed_state(&self) -> Option<FileState> {
        self.state.filter(|_| self.is_packed())
    }

    /// The file itself.
    pub(super) fn file(&self) -> &File {
        match &self.body {
            Body::Plain(file) => file,
            Body::Packed(packed) => &packed.file,
        }
    }

    /// How many bytes it has, unpacked.
    pub(super) fn len(&mut self) -> io::Result<u64> {
        match &mut self.body {
            Body::Plain(file) => Ok(file.metadata()?.len()),
            Body::Packed(packed) => packed.len(),
        }
    }

    /// Where the last whole line ends, if one does behind byte `from`; otherwise there.
    pub(super) fn end_of_lines(&mut self, from: u64) -> io::Result<u64> {
        let len = self.len()?;
        if len <= from || self.bytes_before(len, 1)? == b"\n" {
            return Ok(len);
        }
        let (mut reader, mut at, mut end) = (self.reader_at(from)?, from, from);
        loop {
            let piece = reader.fill_buf()?;
            let read = piece.len();
            if read == 0 {
                return Ok(end);
            }
            if let Some(last) = piece.iter().rposition(|&byte| byte == b'\n') {
                end = at + last as u64 + 1;
            }
            at += read as u64;
            reader.consume(read);
        }
    }

    /// Goes to byte `bytes` if there are so many, and says whether there are.
    pub(super) fn try_reach(&mut self, bytes: u64) -> io::Result<bool> {
        match &mut self.body {
            Body::Plain(file) => Ok(file.metadata()?.len() >= bytes),
            Body::Packed(packed) => packed.go_to(bytes),
        }
    }

    /// Up to `most` bytes from byte `from` on.
    pub(super) fn bytes(&mut self, from: u64, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if most > 0 {
            self.reader_at(from)?.take(most).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Up to `most` bytes, and no more than are kept of a packed file, that lie before byte `end`.
    pub(super) fn bytes_before(&mut self, end: u64, most: u64) -> io::Result<Vec<u8>> {
        let bytes = most.min(end).min(PIECE_BYTES);
        if let Body::Packed(packed) = &self.body
            && packed.at == end
            && let Some(from) = packed.last.len().checked_sub(bytes as usize)
        {
            return Ok(packed.last[from..].to_vec());
        }
        self.bytes(end - bytes, bytes)
    }

    /// Reads from byte `from` on.
    pub(super) fn reader_at(&mut self, from: u64) -> io::Result<Box<dyn BufRead + '_>> {
        match &mut self.body {
            Body::Plain(file) => {
                file.seek(SeekFrom::Start(from))?;
                Ok(Box::new(BufReader::with_capacity(64 * 1024, &*file)))
            }
            Body::Packed(packed) => {
                packed.go_to(from)?;
                Ok(Box::new(packed))
            }
        }
    }
}

/// How much of a file another one begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlap {
    /// Not all of it, or it has nothing.
    None,
    /// All of it, and more follows.
    Beginning,
    /// All of it, and nothing else.
    Same,
    /// What can be read of it, a line at least: the rest is not written yet, or damaged. Less than a line may be
    /// the beginning of many.
    Readable,
}

/// Whether `whole` begins with all that there is of `part`.
pub(super) fn overlap(part: &mut Source, whole: &mut Source) -> io::Result<Overlap> {
    let (mut part, mut whole) = (part.reader_at(0)?, whole.reader_at(0)?);
    let mut piece = vec![0; 64 * 1024];
    let (mut is_empty, mut has_a_line) = (true, false);
    loop {
        let (read, is_readable) = match part.read(&mut piece) {
            Ok(read) => (read, true),
            Err(_) => (0, false),
        };
        if read == 0 {
            return Ok(match (is_empty, is_readable) {
                (true, _) => Overlap::None,
                (false, false) if !has_a_line => Overlap::None,
                (false, false) => Overlap::Readable,
                (false, true) if whole.fill_buf().is_ok_and(<[u8]>::is_empty) => Overlap::Same,
                (false, true) => Overlap::Beginning,
            });
        }
        is_empty = false;
        has_a_line |= piece[..read].contains(&b'\n');
        let mut same = vec![0; read];
        // The other one may be shorter, or damaged.
        if whole.read_exact(&mut same).is_err() || same != piece[..read] {
            return Ok(Overlap::None);
        }
    }
}

/// A file that is unpacked while it is read.
struct Packed {
    file: File,
    unpacked: BufReader<MultiGzDecoder<File>>,
    /// How many bytes were read, unpacked.
    at: u64,
    /// The last bytes that were read, [`PIECE_BYTES`] at least if there were so many: the way back to them is long.
    last: Vec<u8>,
    /// How many there are, once somebody asked.
    bytes: Option<u64>,
}

/// Behind an error, from where one can only begin again: what is damaged would look as if it ended there.
const NOWHERE: u64 = u64::MAX;

impl Packed {
    fn new(file: File) -> io::Result<Self> {
        let unpacked = Self::unpack(&file)?;
        Ok(Self {
            file,
            unpacked,
            at: 0,
            last: Vec::new(),
            bytes: None,
        })
    }

    fn len(&mut self) -> io::Result<u64> {
        if let Some(bytes) = self.bytes {
            return Ok(bytes);
        }
        if self.at == NOWHERE {
            self.go_to(0)?;
        }
        io::copy(self, &mut io::sink())?;
        Ok(*self.bytes.insert(self.at))
    }

    fn unpack(mut file: &File) -> io::Result<BufReader<MultiGzDecoder<File>>> {
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::new(MultiGzDecoder::new(file.try_clone()?)))
    }

    /// Goes to a byte, and says whether there are so many. The way back is from the beginning.
    fn go_to(&mut self, byte: u64) -> io::Result<bool> {
        if byte < self.at {
            self.unpacked = Self::unpack(&self.file)?;
            self.at = 0;
            self.last.clear();
        }
        let skipped = byte - self.at;
        io::copy(&mut self.by_ref().take(skipped), &mut io::sink())?;
        Ok(self.at == byte)
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacked.read(buffer);
        match read {
            Ok(read) => {
                self.at += read as u64;
                keep_last(&mut self.last, &buffer[..read]);
            }
            Err(_) => self.at = NOWHERE,
        }
        read
    }
}

/// Keeps the last bytes, and at times some more, so that few are moved.
fn keep_last(last: &mut Vec<u8>, read: &[u8]) {
    const KEPT: usize = PIECE_BYTES as usize;
    last.extend_from_slice(&read[read.len().saturating_sub(KEPT)..]);
    if last.len() > 4 * KEPT {
        last.drain(..last.len() - KEPT);
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let piece = self.unpacked.fill_buf();
        if piece.is_err() {
            self.at = NOWHERE;
        }
        piece
    }

    fn consume(&mut self, bytes: usize) {
        keep_last(&mut self.last, &self.unpacked.buffer()[..bytes]);
        self.unpacked.consume(bytes);
        self.at += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_cannot_be_unpacked_never_looks_as_if_it_were_empty() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"this is not packed").unwrap();
        let mut source = Source::new("a.gz".into(), file).unwrap();
        for _ in 0..3 {
            source.bytes(0, 9).unwrap_err();
            source.len().unwrap_err();
        }
    }

    #[test]
    fn the_end_of_the_lines_of_a_packed_file_is_found() {
        let mut packer = flate2::write::GzEncoder::new(
            tempfile::tempfile().unwrap(),
            flate2::Compression::default(),
        );
        packer.write_all(b"0123\n45").unwrap();
        let mut source = Source::new("a.gz".into(), packer.finish().unwrap()).unwrap();
        assert_eq!(source.bytes(0, 2).unwrap(), b"01");
        assert_eq!(source.len().unwrap(), 7);
        assert_eq!(source.bytes(2, 2).unwrap(), b"23");
        assert_eq!(source.end_of_lines(0).unwrap(), 5);
    }

    #[test]
    fn a_file_that_begins_with_another_one_is_found() {
        let plain = |text: &str| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            Source::new("a".into(), file).unwrap()
        };
        for (part, whole, found) in [
            ("", "ab", Overlap::None),
            ("ab", "a", Overlap::None),
            ("ab", "ac", Overlap::None),
            ("ab", "ab", Overlap::Same),
            ("a", "ab", Overlap::Beginning),
        ] {
            let overlap = overlap(&mut plain(part), &mut plain(whole)).unwrap();
            assert_eq!(overlap, found, "{part} {whole}");
        }
    }

    #[test]
    fn a_packed_file_is_read_from_anywhere() {
        let mut file = tempfile::tempfile().unwrap();
        // Two members, as `cat a.gz b.gz` makes.
        for text in ["0123", "456789"] {
            let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::default());
            packer.write_all(text.as_bytes()).unwrap();
            file = packer.finish().unwrap();
        }
        let mut source = Source::new("a.gz".into(), file).unwrap();
        assert!(source.is_packed());
        for (from, most, text) in [(3, 4, "3456"), (0, 2, "01"), (8, 9, "89"), (12, 1, "")] {
            assert_eq!(source.bytes(from, most).unwrap(), text.as_bytes());
        }
        assert_eq!(source.len().unwrap(), 10);
        assert!(
            source.try_reach(10).unwrap()
                && !source.try_reach(11).unwrap()
                && source.try_reach(0).unwrap()
        );
    }
}
