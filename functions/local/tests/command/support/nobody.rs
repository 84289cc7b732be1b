//! A user without rights, for what modes hold off: root may do everything.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// The user `nobody` everywhere.
const ID: u32 = 65_534;

/// Runs the command as `nobody` if the tests run as root, and as who they run as otherwise.
pub(crate) struct Nobody {
    /// A folder with the command in it, which `nobody` may enter.
    program: TempDir,
    is_root: bool,
}

impl Nobody {
    /// Gives a folder and all that is in it to that user.
    pub(crate) fn with(folder: &Path) -> Self {
        let program = tempfile::tempdir().unwrap();
        let is_root = fs::metadata(program.path()).unwrap().uid() == 0;
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(program.path(), open).unwrap();
        let from = env!("CARGO_BIN_EXE_drawbridge");
        let to = program.path().join("drawbridge");
        fs::hard_link(from, &to)
            .or_else(|_| fs::copy(from, &to).map(drop))
            .unwrap();
        if is_root {
            give(folder);
        }
        Self { program, is_root }
    }

    /// The same command, run by that user.
    pub(crate) fn runs(&self, command: &Command) -> Command {
        let mut own = Command::new(self.program.path().join("drawbridge"));
        own.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => own.env(name, value),
                None => own.env_remove(name),
            };
        }
        own.stdin(std::process::Stdio::null());
        if self.is_root {
            own.uid(ID).gid(ID);
        }
        own
    }
}

fn give(path: &Path) {
    chown(path, Some(ID), Some(ID)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}
