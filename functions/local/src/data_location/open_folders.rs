use std::path::{Path, PathBuf};

use drawbridge_files::shell_quoted;

use super::FOLDERS;
use crate::progress::say_timed;

/// What other users of the machine, those of the group included, can do with a folder that they should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Replace what is in the data folder, such as the state and the documents.
    Write,
    /// Read what is in a private folder. The group may read records alone.
    Look,
}

impl Reach {
    fn told(self) -> &'static str {
        match self {
            Self::Write => "can write to",
            Self::Look => "can look into",
        }
    }

    fn chmod(self) -> &'static str {
        match self {
            Self::Write => "chmod go-w",
            Self::Look => "chmod -R go=",
        }
    }
}

/// A folder whose mode gives other users too much. Somebody made it by hand, or an older release did. The mode is
/// left to whoever set it.
#[derive(Debug)]
pub(crate) struct OpenFolder {
    path: PathBuf,
    reach: Reach,
}

impl OpenFolder {
    /// What is wrong with it.
    pub(crate) fn told(&self) -> String {
        told(std::slice::from_ref(self), self.reach)
    }

    /// The command that puts it right.
    pub(crate) fn chmod(&self) -> String {
        chmod(std::slice::from_ref(self), self.reach)
    }
}

fn told(folders: &[OpenFolder], reach: Reach) -> String {
    let names = folders.iter().map(|open| open.path.display().to_string());
    let names: Vec<String> = names.collect();
    format!(
        "other users of this machine {} {}",
        reach.told(),
        names.join(", ")
    )
}

fn chmod(folders: &[OpenFolder], reach: Reach) -> String {
    let names = folders
        .iter()
        .map(|open| shell_quoted(&open.path.display().to_string()).into_owned());
    let names: Vec<String> = names.collect();
    format!("{} {}", reach.chmod(), names.join(" "))
}

/// Warns of the folders that are too open, in one line for each command that would put some right.
pub(crate) fn warn_of_open_folders(folder: &Path) {
    for alike in open_folders(folder).chunk_by(|a, b| a.reach == b.reach) {
        let reach = alike[0].reach;
        say_timed(&format!(
            "drawbridge: {}; this would stop that: `{}`",
            told(alike, reach),
            chmod(alike, reach)
        ));
    }
}

/// The data folder, if others can write to it, and the private folders in it that they can look into.
pub(crate) fn open_folders(folder: &Path) -> Vec<OpenFolder> {
    // What lies below a folder that others may not enter is out of their reach.
    if !others_may(folder, 0o011) {
        return Vec::new();
    }
    let itself = others_may(folder, 0o022).then(|| OpenFolder {
        path: folder.to_owned(),
        reach: Reach::Write,
    });
    let private = FOLDERS.iter().map(|name| folder.join(name));
    let private = private.filter(|path| others_may(path, 0o077));
    let private = private.map(|path| OpenFolder {
        path,
        reach: Reach::Look,
    });
    itself.into_iter().chain(private).collect()
}

#[cfg(unix)]
fn others_may(path: &Path, bits: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & bits != 0)
}

#[cfg(not(unix))]
fn others_may(_path: &Path, _bits: u32) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn folders_that_others_can_look_into_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        for (name, mode) in [
            ("admin", 0o755),
            ("secrets", 0o755),
            ("state", 0o755),
            ("quarantine", 0o700),
            ("tenants", 0o750),
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
            set(&folder.path().join(name), mode);
        }
        let open = ["admin", "secrets", "state", "tenants"].map(|name| folder.path().join(name));
        for mode in [0o755, 0o750] {
            set(folder.path(), mode);
            let mut found: Vec<PathBuf> = open_folders(folder.path())
                .into_iter()
                .map(|open| open.path)
                .collect();
            found.sort_unstable();
            assert_eq!(found, open, "{mode:o}");
        }
        set(folder.path(), 0o700);
        assert!(open_folders(folder.path()).is_empty());
        assert!(open_folders(Path::new("/nonexistent")).is_empty());
    }

    #[test]
    fn a_data_folder_that_others_can_write_to_is_found() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, is_open) in [(0o777, true), (0o770, true), (0o755, false), (0o766, false)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            let found = open_folders(folder.path());
            let chmod = found.first().map(OpenFolder::chmod);
            let expected = format!("chmod go-w {}", folder.path().display());
            assert_eq!(chmod, is_open.then_some(expected), "{mode:o}");
        }
    }
}
