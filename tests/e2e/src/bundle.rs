use std::path::{Path, PathBuf};
use std::process::Command;

use drawbridge_emulator::Emulator;
use tempfile::TempDir;

use crate::Error;

const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/package");

/// The stack as it is released, unpacked in a folder of its own, far from the sources.
#[derive(Debug)]
pub struct Bundle {
    _place: TempDir,
    folder: PathBuf,
}

impl Bundle {
    /// Packs the functions of a folder as `infra/package stack` does for a release, and unpacks the
    /// bundle as who downloads it does.
    ///
    /// # Errors
    /// What the script or the unpacking complained of.
    pub fn make(emulator: &Emulator, binaries: &Path) -> Result<Self, Error> {
        let place = tempfile::tempdir()?;
        let mut package = Command::new(emulator.python());
        package.arg(PACKAGE).arg("--out").arg(place.path());
        let printed = standard_output(package.args(["stack", "--binaries"]).arg(binaries))?;
        let zip = Path::new(printed.trim());
        let unpack = ["-m", "zipfile", "--extract"];
        let mut python = Command::new(emulator.python());
        standard_output(python.args(unpack).arg(zip).arg(place.path()))?;
        Ok(Self {
            folder: zip.with_extension(""),
            _place: place,
        })
    }

    /// Where the template and all that it names are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
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
