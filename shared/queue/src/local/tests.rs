use std::fs::{self, File};

use super::*;

fn message(body: &str) -> Message {
    Message {
        key: body.to_owned(),
        group: String::new(),
        time: None,
        body: body.to_owned(),
        attributes: Vec::new(),
    }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out/siem.ndjson");
    (dir, path)
}

#[tokio::test]
async fn bodies_become_lines_and_are_counted() {
    let (_dir, path) = folder();
    let queue = LocalQueue::open(&path).await.unwrap();
    assert_eq!(
        queue
            .send(&[message("{\"a\":1}"), message("{}")])
            .await
            .unwrap(),
        []
    );
    assert_eq!(queue.send(&[]).await.unwrap(), []);
    assert_eq!(queue.send(&[message("\"\u{ffff}\"")]).await.unwrap(), []);
    queue.flush().await.unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "{\"a\":1}\n{}\n\"\\uffff\"\n"
    );
    assert_eq!(
        queue.written(),
        Written {
            records: 3,
            bytes: 20
        }
    );
}

#[tokio::test]
async fn what_cannot_be_a_line_is_refused_and_the_rest_is_taken() {
    let (_dir, path) = folder();
    let queue = LocalQueue::open(&path).await.unwrap();
    let refused = queue
        .send(&[message("1"), message("{\n}"), message(""), message("2")])
        .await;
    let refused: Vec<_> = refused
        .unwrap()
        .into_iter()
        .map(|r| (r.index, r.code, r.retryable))
        .collect();
    assert_eq!(
        refused,
        [
            (1, "InvalidMessageContents".to_owned(), false),
            (2, "EmptyMessage".to_owned(), false)
        ]
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
}

#[tokio::test]
async fn a_second_writer_is_told_so_and_the_lock_ends_with_the_first() {
    let (_dir, path) = folder();
    let first = LocalQueue::open(&path).await.unwrap();
    let error = LocalQueue::open(&path).await.unwrap_err();
    assert!(matches!(error, QueueError::Locked { .. }));
    assert!(
        error
            .to_string()
            .starts_with("another drawbridge is writing to"),
        "{error}"
    );
    drop(first);
    LocalQueue::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_when_opened() {
    let long = "x".repeat(200_000);
    let whole_then_torn = format!("1\n{long}\n{long}");
    for (found, kept) in [
        ("", ""),
        ("1\n", "1\n"),
        ("1\n2\n{\"half", "1\n2\n"),
        ("half", ""),
        (long.as_str(), ""),
        (whole_then_torn.as_str(), &whole_then_torn[..200_003]),
    ] {
        let (_dir, path) = folder();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
        let queue = LocalQueue::open(&path).await.unwrap();
        queue.send(&[message("next")]).await.unwrap();
        assert!(fs::read_to_string(&path).unwrap() == format!("{kept}next\n"));
    }
}

#[tokio::test]
async fn a_truncated_file_is_written_on_from_its_new_end() {
    let (_dir, path) = folder();
    let queue = LocalQueue::open(&path).await.unwrap();
    queue.send(&[message("1")]).await.unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(0)
        .unwrap();
    queue.send(&[message("2")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "2\n");
}

/// A file with one record, and its queue.
async fn written(hold: Hold) -> (tempfile::TempDir, PathBuf, LocalQueue) {
    let (dir, path) = folder();
    let root = Root::new(dir.path());
    let queue = LocalQueue::open_below(root, "out/siem.ndjson", hold).await;
    let queue = queue.unwrap();
    queue.send(&[message("1")]).await.unwrap();
    (dir, path, queue)
}

#[cfg(unix)]
#[tokio::test]
async fn a_renamed_file_gets_nothing_more_and_the_new_one_all() {
    for hold in [Hold::Always, Hold::WhileSending] {
        for create in [false, true] {
            for in_a_poll in [false, true] {
                let (_dir, path, queue) = written(hold).await;
                if !in_a_poll {
                    queue.flush().await.unwrap();
                }
                let old = path.with_extension("ndjson.1");
                fs::rename(&path, &old).unwrap();
                if create {
                    fs::write(&path, "").unwrap();
                }
                queue.send(&[message("2")]).await.unwrap();
                queue.send(&[message("3")]).await.unwrap();
                queue.flush().await.unwrap();
                assert_eq!(fs::read_to_string(&old).unwrap(), "1\n");
                assert_eq!(fs::read_to_string(&path).unwrap(), "2\n3\n");
                assert_eq!(queue.written().records, 3);
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_removed_file_and_its_folder_are_made_again() {
    let (_dir, path, queue) = written(Hold::Always).await;
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    queue.send(&[message("2")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "2\n");
}

#[cfg(unix)]
#[tokio::test]
async fn it_can_be_told_to_let_go_of_a_renamed_file() {
    let (_dir, path, queue) = written(Hold::Always).await;
    let old = path.with_extension("1");
    fs::rename(&path, &old).unwrap();
    queue.reopen().await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
    // Its lock is gone with it.
    File::open(&old).unwrap().try_lock().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_that_another_writes_is_told_of() {
    let (_dir, path, queue) = written(Hold::Always).await;
    fs::rename(&path, path.with_extension("1")).unwrap();
    let other = LocalQueue::open(&path).await.unwrap();
    let error = queue.send(&[message("2")]).await.unwrap_err();
    assert!(matches!(error, QueueError::Locked { .. }));
    drop(other);
    queue.send(&[message("2")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "2\n");
}

#[tokio::test]
async fn between_polls_a_file_is_closed_if_it_is_to_be() {
    for (hold, is_free) in [(Hold::Always, false), (Hold::WhileSending, true)] {
        let (_dir, path, queue) = written(hold).await;
        assert!(File::open(&path).unwrap().try_lock().is_err());
        queue.flush().await.unwrap();
        let lock = File::open(&path).unwrap().try_lock();
        assert_eq!(lock.is_ok(), is_free, "{hold:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_its_place_is_named_and_not_followed() {
    let (dir, path) = folder();
    let victim = dir.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    fs::create_dir(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&victim, &path).unwrap();
    let error = LocalQueue::open(&path).await.unwrap_err().to_string();
    for words in ["siem.ndjson", "it is a symbolic link"] {
        assert!(error.contains(words), "{error}");
    }
    // The same where a link takes the place of the open file.
    fs::remove_file(&path).unwrap();
    let queue = LocalQueue::open(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&victim, &path).unwrap();
    let error = queue.send(&[message("1")]).await.unwrap_err().to_string();
    assert!(error.contains("is a symbolic link"), "{error}");
    assert_eq!(fs::read_to_string(victim).unwrap(), "mine");
}
