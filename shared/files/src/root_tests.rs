use std::fs;
use std::io::{Read as _, Write as _};

use super::*;

fn root() -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    let root = Root::new(dir.path().join("deep/data"));
    (dir, root)
}

fn text(root: &Root, below: &str) -> String {
    let mut text = String::new();
    root.read(below).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_is_written_is_read_replaced_and_removed() {
    let (_dir, root) = root();
    root.append("a/records", Access::Group)
        .unwrap()
        .write_all(b"1\n")
        .unwrap();
    root.append("a/records", Access::Group)
        .unwrap()
        .write_all(b"2\n")
        .unwrap();
    assert_eq!(text(&root, "a/records"), "1\n2\n");
    for content in ["old", "new"] {
        root.replace("state", content.as_bytes(), Access::Private)
            .unwrap();
        assert_eq!(text(&root, "state"), content);
    }
    let mut entries = root.entries("").unwrap();
    entries.sort_by_key(|entry| format!("{entry:?}"));
    assert_eq!(
        entries,
        [Entry::File("state".into()), Entry::Folder("a".into())]
    );
    root.remove("state").unwrap();
    root.remove("state").unwrap();
    root.remove("nowhere/state").unwrap();
    let error = root.read("state").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

/// An empty path is the system's for nothing.
#[test]
fn the_folder_of_a_bare_name_is_the_working_folder() {
    let (root, name) = Root::around(Path::new("siem.ndjson")).unwrap();
    assert_eq!(
        (root.path(), name.as_os_str()),
        (Path::new("."), OsStr::new("siem.ndjson"))
    );
    assert!(root.path().is_dir());
    // It is told of as it was named.
    assert_eq!(root.join(name), Path::new("siem.ndjson"));
}

#[test]
fn a_file_that_was_renamed_or_removed_is_not_at_its_path() {
    let (_dir, root) = root();
    let file = root.append("records", Access::Group).unwrap();
    assert!(root.is_at("records", &file).unwrap());
    fs::rename(root.join("records"), root.join("records.1")).unwrap();
    assert!(!root.is_at("records", &file).unwrap());
    #[cfg(unix)]
    {
        root.append("records", Access::Group).unwrap();
        assert!(!root.is_at("records", &file).unwrap());
    }
}

#[test]
fn a_path_below_is_made_of_names() {
    let (_dir, root) = root();
    for path in ["", "..", "../x", "a/../../x", "/etc/passwd"] {
        let error = root.append(path, Access::Group).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path:?}");
        assert!(root.read(path).is_err() && root.remove(path).is_err());
        assert!(root.replace(path, b"x", Access::Group).is_err());
    }
    let (root, name) = Root::around(Path::new("data/siem.ndjson")).unwrap();
    assert_eq!(root, Root::new("data"));
    assert_eq!(name, "siem.ndjson");
    assert_eq!(
        Root::around(Path::new("siem.ndjson")).unwrap().0,
        Root::new("")
    );
    assert!(Root::around(Path::new("data/..")).is_err());
    // The folder of such a file is the current one.
    assert!(Root::new("").entries("").is_ok());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;
    use crate::trouble;

    fn mode(path: impl AsRef<Path>) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    /// What the umask of whoever runs the tests takes away.
    fn umask(dir: &Path) -> u32 {
        fs::write(dir.join("any"), "").unwrap();
        0o666 & !mode(dir.join("any"))
    }

    #[test]
    fn modes_say_who_may_read() {
        let (dir, root) = root();
        let umask = umask(dir.path());
        root.append("contoso/siem.ndjson", Access::Group).unwrap();
        root.replace("state/contoso.json", b"{}", Access::Private)
            .unwrap();
        root.lock_file(".lock").unwrap();
        for (path, expected) in [
            ("contoso", 0o750),
            ("contoso/siem.ndjson", 0o640),
            ("state", 0o700),
            ("state/contoso.json", 0o600),
            (".lock", 0o600),
            ("", 0o750),
        ] {
            assert_eq!(mode(root.join(path)), expected & !umask, "{path}");
        }
        assert_eq!(mode(dir.path().join("deep")), 0o750 & !umask);
    }

    #[test]
    fn a_temporary_file_is_private_from_its_first_byte_whatever_was_left_there() {
        let (_dir, root) = root();
        root.replace("state", b"old", Access::Private).unwrap();
        let temporary = root.join(".state.tmp");
        fs::write(&temporary, "of an older release").unwrap();
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o666)).unwrap();
        root.replace("state", b"new", Access::Private).unwrap();
        assert_eq!(
            (text(&root, "state").as_str(), mode(root.join("state"))),
            ("new", 0o600)
        );

        // A link there would have led the write elsewhere.
        let victim = root.join("victim");
        fs::write(&victim, "mine").unwrap();
        symlink(&victim, &temporary).unwrap();
        root.replace("state", b"newer", Access::Private).unwrap();
        assert_eq!(fs::read_to_string(victim).unwrap(), "mine");
        assert_eq!(text(&root, "state"), "newer");
    }

    #[test]
    fn no_link_below_the_folder_is_followed() {
        let (dir, root) = root();
        root.replace("a/b", b"x", Access::Private).unwrap();
        let victim = dir.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("file"), "mine").unwrap();
        symlink(victim.join("file"), root.join("file")).unwrap();
        symlink(&victim, root.join("folder")).unwrap();
        symlink(victim.join("new"), root.join("dangling")).unwrap();
        for (path, link) in [
            ("file", "file"),
            ("folder/file", "folder"),
            ("folder/new", "folder"),
        ] {
            let errors = [
                root.read(path).map(drop),
                root.append(path, Access::Group).map(drop),
                root.lock_file(path).map(drop),
                root.replace(path, b"x", Access::Private),
            ];
            for error in errors.map(Result::unwrap_err) {
                let trouble = trouble(&error).unwrap();
                assert_eq!(trouble.code, "it is a symbolic link", "{path}");
                assert_eq!(trouble.place, Some(root.join(link)), "{path}");
            }
        }
        let error = root.append("dangling", Access::Group).unwrap_err();
        assert_eq!(trouble(&error).unwrap().place, Some(root.join("dangling")));
        assert!(root.entries("folder").is_err() && root.remove("folder/file").is_err());
        assert!(
            root.entries("")
                .unwrap()
                .contains(&Entry::Link("file".into()))
        );
        assert_eq!(fs::read_to_string(victim.join("file")).unwrap(), "mine");
        assert!(!victim.join("new").exists());
        // It is the link that is removed.
        root.remove("file").unwrap();
        assert!(victim.join("file").exists() && !root.join("file").exists());
    }

    #[test]
    fn the_folder_itself_may_be_a_link() {
        let (dir, root) = root();
        let link = dir.path().join("link");
        symlink(root.path(), &link).unwrap();
        root.replace("state", b"x", Access::Private).unwrap();
        assert_eq!(text(&Root::new(link), "state"), "x");
    }

    #[test]
    fn a_pipe_in_a_files_place_is_refused_and_not_waited_for() {
        let (_dir, root) = root();
        root.lock_file(".lock").unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.join("pipe"))
            .status();
        assert!(made.unwrap().success());
        for error in [
            root.read("pipe").unwrap_err(),
            root.append("pipe", Access::Group).unwrap_err(),
        ] {
            assert!(trouble(&error).unwrap().code.contains("not a regular file"));
        }
    }

    /// The system cannot open it, and says nothing that helps.
    #[test]
    fn a_socket_in_a_files_place_is_named_as_a_pipe_is() {
        let (_dir, root) = root();
        root.lock_file(".lock").unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
        for error in [
            root.read("socket").unwrap_err(),
            root.append("socket", Access::Group).unwrap_err(),
            crate::read_through_links(&root.join("socket")).unwrap_err(),
        ] {
            let trouble = trouble(&error).unwrap();
            assert!(trouble.code.contains("not a regular file"), "{trouble:?}");
            assert_eq!(trouble.place.unwrap(), root.join("socket"));
        }
    }
}
