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
    assert!(error.is_conflict() && !error.is_retryable());
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
    assert!(store.get("a").await.unwrap().is_none());
    assert!(store.get("a/b/c").await.unwrap().is_none());
    assert!(matches!(
        store.put("a", body("x"), JSON).await,
        Err(StoreError::Failed { .. })
    ));
    assert!(matches!(
        store.put("a/b/c", body("x"), JSON).await,
        Err(StoreError::Failed { .. })
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

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_apart() {
    let error = write_synced(Path::new("/dev/full"), b"x").unwrap_err();
    assert!(matches!(
        store_error(Path::new("x"), &error),
        StoreError::NoSpace { .. }
    ));
}

#[test]
fn relative_paths_of_one_part_work() {
    assert!(create_folders(Path::new("")).is_ok());
    assert!(sync_folder(Path::new("")).is_ok());
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
                        Err(error) => assert!(error.is_conflict(), "{error}"),
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
