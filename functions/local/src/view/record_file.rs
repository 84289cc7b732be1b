use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use drawbridge_files::{Root, access_error};
use drawbridge_record::Format;
use drawbridge_store::AccessError;

use crate::demo::TENANT;
use crate::outputs::file_name;

/// The most bytes of a file that are read, from its end.
const MAX_BYTES: u64 = 64 << 20;

/// A line of a file, with its number from the first that is read.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
}

impl Line {
    /// Whether it may be of an alert, before anything is made of it. JSON may write some characters of an id
    /// in another way.
    pub(super) fn may_name(&self, id: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !id.bytes().all(is_plain) || self.text.contains(id)
    }
}

/// The end of a file of records.
pub(super) struct RecordFile {
    /// Its name within the data folder.
    name: PathBuf,
    /// Whether something lies before what is read.
    is_cut: bool,
    lines: io::Take<BufReader<File>>,
}

impl RecordFile {
    /// Opens a tenant's file of a format: the one in its folder, or for the demo the one in the data folder
    /// itself. `None` where there is none.
    ///
    /// # Errors
    /// What else lies there, such as a symbolic link, or why it cannot be read.
    pub(super) fn open(
        folder: &Path,
        tenant: &str,
        format: &dyn Format,
    ) -> Result<Option<Self>, AccessError> {
        let root = Root::new(folder);
        // The files of the data folder itself belong to the demo alone: shown under another name, they would show
        // the alerts of one customer to another.
        let below = match tenant {
            "" => return Ok(None),
            TENANT if is_the_demo(folder) => "",
            tenant => tenant,
        };
        let name = Path::new(below).join(file_name(format));
        match root
            .read(&name)
            .and_then(|file| Self::end_of(name.clone(), file))
        {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(access_error(&root.join(name), &error)),
        }
    }

    fn end_of(name: PathBuf, mut file: File) -> io::Result<Self> {
        let start = file.metadata()?.len().saturating_sub(MAX_BYTES);
        file.seek(SeekFrom::Start(start))?;
        // A poll may be writing on: what comes then is not read.
        let mut lines = BufReader::new(file).take(MAX_BYTES);
        if start > 0 {
            // The end of a line whose beginning is not read.
            lines.read_until(b'\n', &mut Vec::new())?;
        }
        Ok(Self {
            name,
            is_cut: start > 0,
            lines,
        })
    }

    /// What of it is read, for a person.
    pub(super) fn said(&self) -> String {
        let part = if self.is_cut {
            format!("the last {} MiB of ", MAX_BYTES >> 20)
        } else {
            String::new()
        };
        let name = self.name.display();
        format!("From {part}{name}; files that were rotated are not read.")
    }

    /// The lines; a file that cannot be read on ends there. Bytes that are no text become U+FFFD.
    pub(super) fn lines(self) -> impl Iterator<Item = Line> {
        let lines = self.lines.split(b'\n').map_while(Result::ok);
        lines.enumerate().map(|(number, line)| {
            let text = String::from_utf8_lossy(&line).into_owned();
            Line { number, text }
        })
    }
}

/// Whether the tenant of the demo's name is the demo's, and no other that is called so.
fn is_the_demo(folder: &Path) -> bool {
    let document = Path::new("tenants").join(format!("{TENANT}.toml"));
    !folder.join(document).exists() && !folder.join(TENANT).exists()
}
