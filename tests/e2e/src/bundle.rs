use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use drawbridge_emulator::Emulator;
use tempfile::TempDir;

use crate::Error;

const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/package");

/// The stack as it is released, unpacked in a folder of its own, far from the sources.
#[derive(Debug)]
pub struct Bundle {
    _place: TempDir,
    folder: PathBuf,
    /// Kept for the tests that run at the same time.
    _packed: Arc<Packed>,
}

/// The bundle as a file. It takes longer to pack than most tests take for everything else, so those that
/// run at the same time share one.
#[derive(Debug)]
struct Packed {
    binaries: PathBuf,
    zip: PathBuf,
    _place: TempDir,
}

static PACKED: Mutex<Weak<Packed>> = Mutex::new(Weak::new());

impl Bundle {
    /// Packs the functions of a folder as `infra/package stack` does for a release, and unpacks the
    /// bundle as who downloads it does.
    ///
    /// # Errors
    /// What the script or the unpacking complained of.
    pub fn make(emulator: &Emulator, binaries: &Path) -> Result<Self, Error> {
        let packed = Packed::of(emulator, binaries)?;
        let place = tempfile::tempdir()?;
        let unpack = ["-m", "zipfile", "--extract"];
        let mut python = Command::new(emulator.python());
        standard_output(python.args(unpack).arg(&packed.zip).arg(place.path()))?;
        let name = packed.zip.file_stem().ok_or("the bundle has no name")?;
        Ok(Self {
            folder: place.path().join(name),
            _place: place,
            _packed: packed,
        })
    }

    /// Where the template and all that it names are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Packed {
    fn of(emulator: &Emulator, binaries: &Path) -> Result<Arc<Self>, Error> {
        let mut shared = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(packed) = shared.upgrade().filter(|it| it.binaries == binaries) {
            return Ok(packed);
        }
        let place = tempfile::tempdir()?;
        let mut package = Command::new(emulator.python());
        package.arg(PACKAGE).arg("--out").arg(place.path());
        let printed = standard_output(package.args(["stack", "--binaries"]).arg(binaries))?;
        let packed = Arc::new(Self {
            binaries: binaries.to_owned(),
            zip: PathBuf::from(printed.trim()),
            _place: place,
        });
        *shared = Arc::downgrade(&packed);
        Ok(packed)
    }
}

/// What a program printed, if it ended well.
fn standard_output(command: &mut Command) -> Result<String, Error> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {complaint}").into())
}
