use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};

use flate2::read::MultiGzDecoder;

use super::identity::FileIdentity;

/// A file of records that is held open, so that it can be read to its end whatever becomes of its
/// name.
pub(super) struct Source {
    /// The name that it had when it was opened.
    pub(super) name: OsString,
    pub(super) identity: Option<FileIdentity>,
    body: Body,
}

enum Body {
    Plain(File),
    Packed(Box<Packed>),
}

impl Source {
    /// A file; what is packed with gzip is read unpacked.
    pub(super) fn new(name: OsString, file: File) -> io::Result<Self> {
        let identity = FileIdentity::of(&file.metadata()?);
        let is_packed = name.to_string_lossy().ends_with(".gz");
        let body = match is_packed {
            true => Body::Packed(Box::new(Packed::new(file)?)),
            false => Body::Plain(file),
        };
        Ok(Self {
            name,
            identity,
            body,
        })
    }

    pub(super) fn is_packed(&self) -> bool {
        matches!(self.body, Body::Packed(_))
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

/// Whether `packed` is what was made of `plain`, or the beginning of it that is written by now.
pub(super) fn is_made_of(packed: &mut Source, plain: &mut Source) -> io::Result<bool> {
    let (mut unpacked, mut whole) = (packed.reader_at(0)?, plain.reader_at(0)?);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let Ok(read) = unpacked.read(&mut piece) else {
            // The rest is not written yet, or damaged.
            return Ok(true);
        };
        if read == 0 {
            return Ok(whole.fill_buf()?.is_empty());
        }
        let mut same = vec![0; read];
        match whole.read_exact(&mut same) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
        if same != piece[..read] {
            return Ok(false);
        }
    }
}

/// A file that is unpacked while it is read.
struct Packed {
    file: File,
    unpacked: BufReader<MultiGzDecoder<File>>,
    /// How many bytes were read, unpacked.
    at: u64,
    /// How many there are, once somebody asked.
    bytes: Option<u64>,
}

impl Packed {
    fn new(file: File) -> io::Result<Self> {
        let unpacked = Self::unpack(&file)?;
        Ok(Self {
            file,
            unpacked,
            at: 0,
            bytes: None,
        })
    }

    fn len(&mut self) -> io::Result<u64> {
        if let Some(bytes) = self.bytes {
            return Ok(bytes);
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
        }
        let skipped = byte - self.at;
        io::copy(&mut self.by_ref().take(skipped), &mut io::sink())?;
        Ok(self.at == byte)
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacked.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.unpacked.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.unpacked.consume(bytes);
        self.at += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

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
