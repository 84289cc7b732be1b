//! Programs of Debian's packages that a machine does not have, unpacked for the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::EmulatorError;
use crate::python::run;

/// Written last; a folder without it is thrown away.
const COMPLETE: &str = "complete";
/// Says what would be installed, and brings it here: nothing of the machine changes.
const INSTALL: [&str; 5] = [
    "install",
    "--yes",
    "--download-only",
    "--no-install-recommends",
    "--reinstall",
];

/// A folder below `target/` with the files of Debian's packages, for which nobody has to be root: of
/// `whole`, with all that they need and the machine does not have, and of `alone`, with nothing else.
/// Test processes that get here at the same time wait for the first one.
///
/// # Errors
/// [`EmulatorError`] with what apt or dpkg said.
pub fn debian_packages(
    name: &str,
    whole: &[&str],
    alone: &[&str],
) -> Result<PathBuf, EmulatorError> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let made = fs::create_dir_all(&target).and_then(|()| target.canonicalize());
    let folder = made
        .map_err(EmulatorError::io(format!(
            "creating the folder {}",
            target.display()
        )))?
        .join(name);
    let working_on = || EmulatorError::io(format!("unpacking packages into {}", folder.display()));
    let lock = File::create(folder.with_extension("lock"));
    let _lock = lock
        .and_then(|lock| lock.lock().map(|()| lock))
        .map_err(working_on())?;
    if folder.join(COMPLETE).exists() {
        return Ok(folder);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("lists/partial")).map_err(working_on())?;
    fs::create_dir_all(folder.join("packages/partial")).map_err(working_on())?;
    apt(&folder, &["update"])?;
    if !whole.is_empty() {
        apt(&folder, &[&INSTALL, whole].concat())?;
    }
    apt(&folder, &[&["download"], alone].concat())?;
    for entry in fs::read_dir(folder.join("packages")).map_err(working_on())? {
        let package = entry.map_err(working_on())?.path();
        if package.extension().is_some_and(|end| end == "deb") {
            let mut command = Command::new("dpkg-deb");
            run(
                "dpkg-deb --extract",
                command.arg("--extract").arg(&package).arg(&folder),
            )?;
            fs::remove_file(&package).map_err(working_on())?;
        }
    }
    File::create(folder.join(COMPLETE)).map_err(working_on())?;
    Ok(folder)
}

fn apt(folder: &Path, arguments: &[&str]) -> Result<(), EmulatorError> {
    let packages = folder.join("packages");
    let mut command = Command::new("apt-get");
    command.current_dir(&packages).arg("-q");
    let settings = [
        "Debug::NoLocking=1".to_owned(),
        format!("Dir::State::Lists={}", folder.join("lists").display()),
        format!("Dir::Cache::Archives={}", packages.display()),
        "Dir::Cache::pkgcache=".to_owned(),
        "Dir::Cache::srcpkgcache=".to_owned(),
        // As root, it would go on as a user who may not write here.
        "APT::Sandbox::User=".to_owned(),
    ];
    for setting in settings {
        command.arg("-o").arg(setting);
    }
    run(
        &format!("apt-get {}", arguments.join(" ")),
        command.args(arguments),
    )
}
