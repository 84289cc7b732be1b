use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::Error;

/// The folder with the functions, up to date: as the tests were built, or for release if the
/// variable `DRAWBRIDGE_FUNCTIONS` is `release`.
///
/// `cargo test --workspace` has built them already, and the same call finds nothing to do: other
/// arguments would select other features of what the functions share, and build the AWS SDKs again.
///
/// # Errors
/// When the build fails; cargo has said why.
pub fn functions() -> Result<PathBuf, Error> {
    match std::env::var("DRAWBRIDGE_FUNCTIONS").as_deref() {
        Ok("release") => return release(),
        Ok(other) => {
            return Err(format!("DRAWBRIDGE_FUNCTIONS is {other:?}: it can be release").into());
        }
        Err(_) => {}
    }
    as_tested()
}

/// The command `drawbridge`, up to date, as the tests were built.
///
/// # Errors
/// As [`functions`].
pub fn command() -> Result<PathBuf, Error> {
    let name = format!("drawbridge{}", std::env::consts::EXE_SUFFIX);
    Ok(as_tested()?.join(name))
}

/// Asked once per process: cargo takes seconds to see that there is nothing to do.
fn as_tested() -> Result<PathBuf, Error> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = FOLDER.get_or_init(|| {
        let build = || {
            let folder = profile_dir()?;
            let mut build = cargo(&folder)?;
            build.args(["test", "--workspace", "--no-run", "--quiet"]);
            if folder.ends_with("release") {
                build.arg("--release");
            }
            run(build, folder)
        };
        build().map_err(|error: Error| error.to_string())
    });
    Ok(built.clone()?)
}

/// Builds the functions for release, as they would be deployed; the folder with the programs.
///
/// Always all: built alone, each would select other features of what they share, and undo the
/// other's build.
fn release() -> Result<PathBuf, Error> {
    let folder = profile_dir()?.with_file_name("release");
    let mut build = cargo(&folder)?;
    build.args(["build", "--release"]);
    for package in [
        "drawbridge-dispatch",
        "drawbridge-deliver",
        "drawbridge-poll",
        "drawbridge-serve",
    ] {
        build.args(["--package", package]);
    }
    run(build, folder)
}

fn cargo(folder: &Path) -> Result<Command, Error> {
    let target = folder.parent().ok_or("the programs lie in no folder")?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .env("CARGO_TARGET_DIR", target);
    Ok(cargo)
}

fn run(mut build: Command, folder: PathBuf) -> Result<PathBuf, Error> {
    if build.arg("--locked").status()?.success() {
        return Ok(folder);
    }
    Err("the build of the functions failed: see above".into())
}

/// `target/<profile>/`: this program lies there or, if it is a test, in `deps/` below it.
fn profile_dir() -> Result<PathBuf, Error> {
    let program = std::env::current_exe()?;
    let mut folders = program.ancestors().skip(1);
    let folder = folders.find(|folder| !folder.ends_with("deps"));
    folder
        .map(Path::to_owned)
        .ok_or_else(|| format!("{} is not in cargo's target folder", program.display()).into())
}
