use std::path::{Path, PathBuf};

use super::{FOLDERS, quoted};
use crate::progress::say_timed;

/// Warns of private folders that other users of the machine can look into, those of the group included, who
/// may read records alone. They were made by hand or by an older release. Their modes are left to whoever set them.
pub(crate) fn warn_of_open_folders(folder: &Path) {
    let open = open_below(folder);
    if open.is_empty() {
        return;
    }
    let names: Vec<String> = open.iter().map(|path| path.display().to_string()).collect();
    let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    say_timed(&format!(
        "drawbridge: other users of this machine can look into {}; this would stop that: `chmod -R go= {}`",
        names.join(", "),
        quoted.join(" ")
    ));
}

fn open_below(folder: &Path) -> Vec<PathBuf> {
    // What lies below a folder that others may not enter is out of their reach.
    if !others_may(folder, 0o011) {
        return Vec::new();
    }
    let private = FOLDERS.iter().map(|name| folder.join(name));
    private.filter(|path| others_may(path, 0o077)).collect()
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
            let mut found = open_below(folder.path());
            found.sort_unstable();
            assert_eq!(found, open, "{mode:o}");
        }
        set(folder.path(), 0o700);
        assert!(open_below(folder.path()).is_empty());
        assert!(open_below(Path::new("/nonexistent")).is_empty());
    }
}
