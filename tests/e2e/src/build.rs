use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Builds the functions for release, as they would be deployed; the folder with the binaries.
///
/// Always all: built alone, each would select other features of what they share, and undo the
/// other's build.
///
/// # Errors
/// When the build fails; cargo has said why.
pub fn release() -> Result<PathBuf, Error> {
    let target = target_dir()?;
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked"])
        .args(["--package", "drawbridge-dispatch"])
        .args(["--package", "drawbridge-deliver"])
        .args(["--package", "drawbridge-poll"])
        .args(["--package", "drawbridge-serve"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status()?;
    if !status.success() {
        return Err("the release build of the functions failed: see above".into());
    }
    Ok(target.join("release"))
}

/// The folder of all builds: this program lies in `target/<profile>/` or, if it is a test, in
/// `target/<profile>/deps/`.
fn target_dir() -> Result<PathBuf, Error> {
    let program = std::env::current_exe()?;
    let mut folders = program.ancestors().skip(1);
    let folder = folders.find(|folder| !folder.ends_with("deps"));
    folder
        .and_then(Path::parent)
        .map(Path::to_owned)
        .ok_or_else(|| format!("{} is not in cargo's target folder", program.display()).into())
}
