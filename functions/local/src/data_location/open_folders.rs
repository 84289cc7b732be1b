use std::path::{Path, PathBuf};

use drawbridge_files::shell_quoted;

use super::FOLDERS;
use crate::progress::say_timed;

/// What other users of the machine, those of the group included, can do with a folder that they should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Replace what is in the data folder, such as the state and the documents.
    Write,
    /// Read what is in a private folder. The group may read records alone.
    Look,
    /// Nobody knows, since a link is in its place: what it leads to may be anything, and is left alone.
    Link,
}

impl Reach {
    fn told(self, names: &str) -> String {
        match self {
            Self::Write => format!("other users of this machine can write to {names}"),
            Self::Look => format!("other users of this machine can look into {names}"),
            Self::Link => format!("in the place of a folder there is a symbolic link: {names}"),
        }
    }

    fn todo(self, names: &str) -> String {
        match self {
            Self::Write => format!("run `chmod go-w {names}`"),
            // Of a link, this would close what it leads to.
            Self::Look => format!("run `chmod -R go= {names}`"),
            Self::Link => "put the folder itself there, or mount it there".to_owned(),
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

    /// What puts it right, which is a command if it can be one.
    pub(crate) fn todo(&self) -> String {
        todo(std::slice::from_ref(self), self.reach)
    }
}

fn told(folders: &[OpenFolder], reach: Reach) -> String {
    let names = folders.iter().map(|open| open.path.display().to_string());
    let names: Vec<String> = names.collect();
    reach.told(&names.join(", "))
}

fn todo(folders: &[OpenFolder], reach: Reach) -> String {
    let names = folders
        .iter()
        .map(|open| shell_quoted(&open.path.display().to_string()).into_owned());
    let names: Vec<String> = names.collect();
    reach.todo(&names.join(" "))
}

/// Warns of the folders that are too open, in one line for each command that would put some right.
pub(crate) fn warn_of_open_folders(folder: &Path) {
    let mut open = open_folders(folder);
    open.sort_by_key(|open| open.reach);
    for alike in open.chunk_by(|a, b| a.reach == b.reach) {
        let reach = alike[0].reach;
        say_timed(&format!(
            "drawbridge: {}; what to do: {}",
            told(alike, reach),
            todo(alike, reach)
        ));
    }
}

/// The data folder, if others can write to it, and the private folders in it that they can look into, or that are
/// links.
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
    let private = private.filter_map(|path| {
        let reach = match path.is_symlink() {
            true => Reach::Link,
            false => others_may(&path, 0o077).then_some(Reach::Look)?,
        };
        Some(OpenFolder { path, reach })
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
            let todo = found.first().map(OpenFolder::todo);
            let expected = format!("run `chmod go-w {}`", folder.path().display());
            assert_eq!(todo, is_open.then_some(expected), "{mode:o}");
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_no_folder_to_close() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for path in [folder.path(), elsewhere.path()] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for name in ["admin", "pages", "quarantine"] {
            let link = folder.path().join(name);
            std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
            let found = open_folders(folder.path());
            let [open] = found.as_slice() else {
                panic!("{found:?}");
            };
            let told = open.told();
            assert!(
                told.contains("symbolic link") && told.contains(name),
                "{told}"
            );
            assert!(!open.todo().contains("chmod"), "{}", open.todo());
            fs::remove_file(link).unwrap();
        }
    }
}
