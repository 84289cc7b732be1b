use std::fs;
use std::sync::Arc;

use drawbridge_access::AccessError;

use super::*;

const JSON: &str = "application/json";

fn body(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

#[tokio::test]
async fn a_new_folder_is_made_and_objects_are_plain_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path().join("deep/er"));
    let tag = store
        .put("state/contoso.json", body("{}"), JSON)
        .await
        .unwrap();
    // SHA-256 of "{}".
    assert_eq!(
        tag.as_str(),
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
    assert_eq!(
        fs::read(dir.path().join("deep/er/state/contoso.json")).unwrap(),
        b"{}"
    );
}

/// Whoever writes holds the lock, and is not overtaken.
#[tokio::test]
async fn a_version_is_removed_under_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStore::new(dir.path()));
    let read = store.put("a", body("as read"), JSON).await.unwrap();
    let lock = fs::File::open(dir.path().join(LOCK_FILE)).unwrap();
    lock.lock().unwrap();
    let removing = {
        let (store, read) = (Arc::clone(&store), read.clone());
        tokio::spawn(async move { store.delete_if("a", &read).await })
    };
    tokio::task::yield_now().await;
    fs::write(dir.path().join("a"), "written meanwhile").unwrap();
    drop(lock);
    let error = removing.await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    let kept = store.get("a").await.unwrap().unwrap();
    assert_eq!(kept.body, "written meanwhile");
    store.delete_if("a", &kept.etag).await.unwrap();
    assert!(store.get("a").await.unwrap().is_none());
    store.delete_if("a", &read).await.unwrap();
}

/// In the order of keys, in which `a/b` lies before `a0`.
#[tokio::test]
async fn what_comes_after_a_key_is_listed_whether_it_is_there_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path());
    for key in ["p/1", "p/a/b", "p/a/c", "p/a0", "p/z", "q/1"] {
        store.put(key, body("x"), JSON).await.unwrap();
    }
    let all = store.list("p/").await.unwrap();
    assert_eq!(all, ["p/1", "p/a/b", "p/a/c", "p/a0", "p/z"]);
    for (after, from) in [
        ("", 0),
        ("p/0", 0),
        ("p/1", 1),
        ("p/a/bb", 2),
        ("p/a/c", 3),
        ("p/a0", 4),
        ("p/z", 5),
    ] {
        let found = store.list_after("p/", after).await.unwrap();
        assert_eq!(found, all[from..], "{after}");
        let listing = walk_after(&store, after);
        assert_eq!(listing.objects.len(), found.len());
    }
}

fn walk_after(store: &LocalStore, after: &str) -> Listing {
    let mut listing = Listing::default();
    walk(&store.root, "p/", after, &mut listing).unwrap();
    listing
}

#[tokio::test]
async fn files_whose_names_are_no_keys_are_told_of() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["a.toml", "with blank.toml", ".hidden"] {
        fs::write(dir.path().join(file), "").unwrap();
    }
    let store = LocalStore::new(dir.path());
    let mut others = store.list_readable("").await.unwrap().others;
    others.sort_unstable();
    assert_eq!(others, [".hidden", "with blank.toml"]);
    assert_eq!(store.list("").await.unwrap(), ["a.toml"]);
}

#[tokio::test]
async fn what_a_killed_writer_left_behind_is_no_object_and_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path());
    fs::write(dir.path().join(".state.tmp"), "half a st").unwrap();
    assert!(store.get("state").await.unwrap().is_none());
    store
        .put_if("state", body("whole"), JSON, None)
        .await
        .unwrap();
    assert_eq!(store.get("state").await.unwrap().unwrap().body, "whole");
    assert!(!dir.path().join(".state.tmp").exists());
}

#[tokio::test]
async fn a_conflict_changes_nothing_and_leaves_no_temporary_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path());
    store.put("k", body("1"), JSON).await.unwrap();
    let error = store.put_if("k", body("2"), JSON, None).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }) && !error.is_retryable());
    assert_eq!(store.get("k").await.unwrap().unwrap().body, "1");
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, [".lock", "k"]);
}

#[tokio::test]
async fn a_folder_is_no_object_and_cannot_become_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path());
    store.put("a/b", body("x"), JSON).await.unwrap();
    // It is not known what would be there.
    for key in ["a", "a/b/c"] {
        let error = store.get(key).await.unwrap_err().to_string();
        assert!(error.contains("move it away"), "{error}");
    }
    assert!(store.get("a/c").await.unwrap().is_none());
    assert_eq!(store.list_readable("").await.unwrap().folders, ["a"]);
    assert!(matches!(
        store.put("a", body("x"), JSON).await,
        Err(StoreError::Access(AccessError::Failed { .. }))
    ));
    assert!(matches!(
        store.put("a/b/c", body("x"), JSON).await,
        Err(StoreError::Access(AccessError::Failed { .. }))
    ));
    assert!(!dir.path().join(".a.tmp").exists());
}

#[tokio::test]
async fn a_bad_key_reaches_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path().join("inside"));
    fs::write(dir.path().join("outside"), "secret").unwrap();
    for result in [
        store.get("../outside").await.map(|_| ()),
        store.put("../outside", body("x"), JSON).await.map(|_| ()),
        store
            .put_if("../outside", body("x"), JSON, None)
            .await
            .map(|_| ()),
    ] {
        assert!(matches!(result, Err(StoreError::BadKey { .. })));
    }
    assert_eq!(fs::read(dir.path().join("outside")).unwrap(), b"secret");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    // Nobody can make a folder there, not even the superuser.
    let store = LocalStore::new("/proc/drawbridge");
    let error = store.put("state", body("x"), JSON).await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("/proc/drawbridge"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_take_turns_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStore::new(dir.path()));
    store.put("n", body("0"), JSON).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                loop {
                    let object = store.get("n").await.unwrap().unwrap();
                    let n: u32 = std::str::from_utf8(&object.body).unwrap().parse().unwrap();
                    let next = body(&(n + 1).to_string());
                    match store.put_if("n", next, JSON, Some(&object.etag)).await {
                        Ok(_) => break,
                        Err(error) => {
                            assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.get("n").await.unwrap().unwrap().body, "8");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    fn mode(path: impl AsRef<Path>) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    #[tokio::test]
    async fn what_is_written_is_private_unless_it_is_for_the_group() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path());
        store.put("state/t.json", body("{}"), JSON).await.unwrap();
        let records = store.for_group();
        records.put("siem/v1/o.gz", body("x"), JSON).await.unwrap();
        // The group's modes are for the umask to take away.
        let others = 0o007;
        for (path, expected, of) in [
            ("state", 0o700, 0o777),
            ("state/t.json", 0o600, 0o777),
            (".lock", 0o600, 0o777),
            ("siem/v1", 0o750, 0o700 | others),
            ("siem/v1/o.gz", 0o640, 0o700 | others),
        ] {
            assert_eq!(mode(dir.path().join(path)) & of, expected & of, "{path}");
        }
    }

    #[tokio::test]
    async fn a_link_is_named_and_neither_read_nor_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (data, victim) = (dir.path().join("data"), dir.path().join("victim"));
        let store = LocalStore::new(&data);
        store.put("state/well", body("1"), JSON).await.unwrap();
        fs::write(&victim, "mine").unwrap();
        symlink(&victim, data.join("state/link")).unwrap();
        symlink(dir.path(), data.join("tenants")).unwrap();
        for (key, place) in [("state/link", "state/link"), ("tenants/victim", "tenants")] {
            for result in [
                store.get(key).await.map(drop),
                store.put(key, body("x"), JSON).await.map(drop),
                store.put_if(key, body("x"), JSON, None).await.map(drop),
            ] {
                let error = result.unwrap_err();
                let expected = format!("{} could not", data.join(place).display());
                assert!(!error.is_retryable());
                let error = error.to_string();
                assert!(
                    error.starts_with(&expected) && error.contains("a symbolic link"),
                    "{error}"
                );
            }
        }
        assert_eq!(store.list("").await.unwrap(), ["state/well"]);
        let listing = store.list_readable("").await.unwrap();
        let keys: Vec<_> = listing.objects.iter().map(|object| &*object.key).collect();
        assert_eq!(keys, ["state/well"]);
        let mut links: Vec<_> = listing.links.iter().map(|(key, _)| key.as_str()).collect();
        links.sort_unstable();
        assert_eq!(links, ["state/link", "tenants"]);
        for (key, error) in &listing.links {
            let error = error.to_string();
            assert!(
                error.contains(key) && error.contains("a symbolic link"),
                "{error}"
            );
        }
        let after = store.list_readable_after("", "state/link").await.unwrap();
        let links: Vec<_> = after.links.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(links, ["tenants"]);
        assert!(store.list("tenants/").await.is_err());
        assert!(store.delete("tenants/victim").await.is_err());
        assert_eq!(fs::read_to_string(victim).unwrap(), "mine");
    }

    #[tokio::test]
    async fn a_lock_behind_a_link_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        symlink(&victim, dir.path().join(".lock")).unwrap();
        let store = LocalStore::new(dir.path());
        let error = store.put("state", body("x"), JSON).await.unwrap_err();
        assert!(error.to_string().contains(".lock"), "{error}");
        assert!(!victim.exists());
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn room_is_held_until_the_object_is_written_and_its_lack_is_told() {
    use std::os::unix::fs::MetadataExt as _;

    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path());
    let held = dir.path().join("state/.a.json.tmp");
    store.reserve("state/a.json", 1 << 20).await.unwrap();
    assert!(fs::metadata(&held).unwrap().blocks() * 512 >= 1 << 20);
    assert!(store.get("state/a.json").await.unwrap().is_none());
    store.put("state/a.json", body("{}"), JSON).await.unwrap();
    assert!(!held.exists());
    // A thousand terabytes.
    assert!(store.reserve("state/a.json", 1 << 50).await.is_err());
    assert!(!held.exists());
    let object = store.get("state/a.json").await.unwrap().unwrap();
    assert_eq!(object.body, "{}");
}
