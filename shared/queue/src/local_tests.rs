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

#[test]
fn a_write_that_could_not_be_cut_off_is_cut_off_before_the_next_one() {
    let (_dir, path) = folder();
    let mut log = Log::open(&path).unwrap();
    log.append(b"1\n", 1).unwrap();
    log.file.write_all(b"ha").unwrap();
    log.torn_at = Some(2);
    log.append(b"2\n", 1).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
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

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_and_an_unwritable_folder_are_told_apart() {
    // A device that is always full; it cannot be cut back, so the log remembers to do it.
    let file = File::options().append(true).open("/dev/full").unwrap();
    let mut log = Log {
        file,
        torn_at: None,
        written: Written::default(),
    };
    let error = log.append(b"1\n", 1).unwrap_err();
    let error = queue_error(Path::new("out"), &error);
    assert!(matches!(error, QueueError::NoSpace { .. }) && !error.is_retryable());
    assert_eq!(log.torn_at, Some(0));
    assert_eq!(log.written, Written::default());

    let error = LocalQueue::open("/proc/drawbridge/out.ndjson")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("/proc/drawbridge"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_batch_that_does_not_fit_leaves_no_part_of_itself() {
    // `ulimit -f` is the portable way to a full disk; it needs a process of its own.
    if std::env::var_os("DRAWBRIDGE_TEST_FULL").is_some() {
        return full_disk_child();
    }
    let (_dir, path) = folder();
    let program = std::env::current_exe().unwrap();
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact local::tests::a_batch_that_does_not_fit_leaves_no_part_of_itself"])
        .arg(program)
        .env("DRAWBRIDGE_TEST_FULL", &path)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
}

#[cfg(unix)]
fn full_disk_child() {
    let path = PathBuf::from(std::env::var_os("DRAWBRIDGE_TEST_FULL").unwrap());
    let mut log = Log::open(&path).unwrap();
    log.append(b"1\n", 1).unwrap();
    // More than eight blocks, whichever their size: part of it is written before it fails.
    assert!(log.append("x".repeat(100_000).as_bytes(), 1).is_err());
    log.append(b"2\n", 1).unwrap();
}
