//! Python environments for the tests, each with the packages that a requirements file pins.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::EmulatorError;

const CANDIDATES: [&str; 5] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
];
/// Prints what identifies the interpreter, if it is new enough.
const PROBE: &str =
    "import sys; assert sys.version_info >= (3, 11); print(sys.executable, sys.version)";
/// Written last; an environment without it is thrown away.
const COMPLETE: &str = "complete";

/// The interpreter of an environment with all that `requirements` lists, the text of a
/// requirements file; made now under the workspace's `target/` if it does not exist yet. Test
/// processes that get here at the same time wait for the first one. `name` tells environments
/// apart for people and locks.
///
/// # Errors
/// [`EmulatorError`] that says what is missing, or what pip said.
pub fn python_environment(name: &str, requirements: &str) -> Result<PathBuf, EmulatorError> {
    let (command, version) = base_python()?;
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    fs::create_dir_all(&target)
        .and_then(|()| target.canonicalize())
        .map_err(EmulatorError::io(format!(
            "creating the folder {}",
            target.display()
        )))
        .and_then(|target| environment_in(&target, name, requirements, command, &version))
}

fn environment_in(
    target: &Path,
    name: &str,
    requirements: &str,
    command: &str,
    version: &str,
) -> Result<PathBuf, EmulatorError> {
    let folder = target.join(folder_name(name, requirements, version));
    let python = folder.join("bin/python");

    let lock_path = target.join(format!("{name}-venv.lock"));
    let _lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(EmulatorError::io(format!(
            "locking {}",
            lock_path.display()
        )))?;
    if folder.join(COMPLETE).exists() {
        return Ok(python);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .map_err(EmulatorError::io(format!("removing {}", folder.display())))?;
    }
    let list = target.join(format!("{name}-requirements.txt"));
    fs::write(&list, requirements)
        .map_err(EmulatorError::io(format!("writing {}", list.display())))?;

    run(
        "python3 -m venv",
        Command::new(command).args(["-m", "venv"]).arg(&folder),
    )?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        // What is built from source runs its author's code, and what has no digest may be anything.
        "--only-binary=:all:",
        "--require-hashes",
        // The list has all there is to be, and nothing comes beside it.
        "--no-deps",
        // Python compiles what is imported, which is a small part of it.
        "--no-compile",
    ];
    run(
        "pip install",
        Command::new(&python)
            .args(pip)
            .arg("--requirement")
            .arg(&list),
    )?;
    File::create(folder.join(COMPLETE)).map_err(EmulatorError::io(format!(
        "writing into {}",
        folder.display()
    )))?;
    Ok(python)
}

/// Another interpreter or another requirement makes another environment.
fn folder_name(name: &str, requirements: &str, version: &str) -> String {
    let digest = Sha256::new()
        .chain_update(requirements)
        .chain_update(version)
        .finalize();
    let digest = hex::encode(&digest[..6]);
    format!("{name}-venv-{digest}")
}

/// The first command that is a Python of at least 3.11, and which one it is exactly.
fn base_python() -> Result<(&'static str, String), EmulatorError> {
    CANDIDATES
        .into_iter()
        .find_map(|command| {
            let probe = Command::new(command)
                .args(["-c", PROBE])
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .output()
                .ok()?;
            let version = String::from_utf8_lossy(&probe.stdout).trim().to_owned();
            probe.status.success().then_some((command, version))
        })
        .ok_or_else(|| EmulatorError::NoPython {
            tried: CANDIDATES.join(", "),
        })
}

pub(crate) fn run(step: &str, command: &mut Command) -> Result<(), EmulatorError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(EmulatorError::io(step))?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let lines: Vec<_> = text.lines().collect();
    let output = lines[lines.len().saturating_sub(15)..].join("\n");
    Err(EmulatorError::Environment {
        step: step.to_owned(),
        output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIREMENTS: &str = "nothing==1.0";

    fn make(target: &Path) -> Result<PathBuf, EmulatorError> {
        environment_in(target, "some", REQUIREMENTS, "false", "3.99")
    }

    #[test]
    fn a_complete_environment_is_used_as_it_is() {
        let target = tempfile::tempdir().unwrap();
        let first = make(target.path()).unwrap_err();
        assert!(
            matches!(first, EmulatorError::Environment { .. }),
            "{first}"
        );
        let folder = target
            .path()
            .join(folder_name("some", REQUIREMENTS, "3.99"));
        fs::create_dir(&folder).unwrap();
        File::create(folder.join(COMPLETE)).unwrap();
        let python = make(target.path()).unwrap();
        assert_eq!(python, folder.join("bin/python"));
    }

    #[test]
    fn half_an_environment_is_thrown_away() {
        let target = tempfile::tempdir().unwrap();
        let folder = target
            .path()
            .join(folder_name("some", REQUIREMENTS, "3.99"));
        fs::create_dir(&folder).unwrap();
        assert!(make(target.path()).is_err());
        assert!(!folder.exists());
    }

    #[test]
    fn a_package_without_a_digest_is_not_installed() {
        let target = tempfile::tempdir().unwrap();
        let (command, version) = base_python().unwrap();
        let made = environment_in(target.path(), "some", "six==1.17.0", command, &version);
        let error = made.unwrap_err().to_string();
        assert!(error.contains("hashes"), "{error}");
    }

    #[test]
    fn another_name_or_list_or_interpreter_makes_another_environment() {
        let names = [
            folder_name("some", REQUIREMENTS, "3.99"),
            folder_name("other", REQUIREMENTS, "3.99"),
            folder_name("some", "nothing==1.1", "3.99"),
            folder_name("some", REQUIREMENTS, "3.98"),
        ];
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
