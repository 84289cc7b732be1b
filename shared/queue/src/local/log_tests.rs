use std::fs;
use std::path::Path;

use drawbridge_access::AccessError;

use super::*;

fn log() -> (tempfile::TempDir, PathBuf, Log) {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(Root::new(dir.path()), "siem.ndjson".into(), Hold::Always);
    let path = dir.path().join("siem.ndjson");
    (dir, path, log.unwrap())
}

/// Leaves half a line that could not be cut off, as on a disk that is full and then ill.
fn tear(log: &mut Log) {
    let open = log.open.as_mut().unwrap();
    open.torn_at = Some(open.file.metadata().unwrap().len());
    open.file.write_all(b"ha").unwrap();
}

#[test]
fn a_write_that_could_not_be_cut_off_is_cut_off_before_the_next_one() {
    let (_dir, path, mut log) = log();
    log.append(b"1\n", 1).unwrap();
    tear(&mut log);
    log.append(b"2\n", 1).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
}

#[cfg(unix)]
#[test]
fn it_is_cut_off_even_if_the_file_is_renamed_first() {
    let (_dir, path, mut log) = log();
    log.append(b"1\n", 1).unwrap();
    tear(&mut log);
    let old = path.with_extension("1");
    fs::rename(&path, &old).unwrap();
    log.append(b"2\n", 1).unwrap();
    assert_eq!(fs::read_to_string(&old).unwrap(), "1\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "2\n");
}

#[test]
fn a_file_that_was_truncated_meanwhile_is_not_stretched() {
    for (left, expected) in [("", ""), ("ha", ""), ("9\nha", "9\n")] {
        let (_dir, path, mut log) = log();
        log.append(b"1\n2\n3\n", 3).unwrap();
        tear(&mut log);
        fs::write(&path, left).unwrap();
        log.append(b"4\n", 1).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{expected}4\n"));
    }
}

/// Somebody cut the file inside a line: the next record does not become its end.
#[test]
fn what_is_left_of_a_line_takes_no_record_with_it() {
    let (_dir, path, mut log) = log();
    log.append(b"one\ntwo\n", 2).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(6)
        .unwrap();
    log.append(b"three\n", 1).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\nthree\n");
}

/// The moment between a look at the path and the end of a write: what packs the file at once may
/// have read it before.
#[cfg(unix)]
#[test]
fn a_batch_during_which_the_file_is_renamed_goes_to_the_new_one_too() {
    let (_dir, path, mut log) = log();
    let old = path.with_extension("1");
    let mut turns = 0;
    log.append_then(b"1\n", 1, || {
        if turns == 0 {
            fs::rename(&path, &old).unwrap();
        }
        turns += 1;
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&old).unwrap(), "1\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
    assert_eq!(log.written().records, 1);
}

#[cfg(unix)]
#[test]
fn one_that_is_renamed_for_ever_is_not_chased_for_ever() {
    let (dir, path, mut log) = log();
    let mut turns = 0;
    log.append_then(b"1\n", 1, || {
        turns += 1;
        fs::rename(&path, dir.path().join(turns.to_string())).unwrap();
    })
    .unwrap();
    assert_eq!(turns, MAX_TURNS);
}

#[cfg(unix)]
#[test]
fn where_files_have_no_number_each_batch_is_written_once_to_what_is_at_the_path() {
    let (_dir, path, mut log) = log();
    let mut append = |line: &str| {
        log.open.as_mut().unwrap().is_known = false;
        log.append(line.as_bytes(), 1).unwrap();
    };
    append("1\n");
    append("2\n");
    fs::rename(&path, path.with_extension("1")).unwrap();
    append("3\n");
    assert_eq!(
        fs::read_to_string(path.with_extension("1")).unwrap(),
        "1\n2\n"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "3\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_an_unwritable_folder_are_told_apart() {
    // A device that is always full; it cannot be cut back, so the log remembers to do it.
    let file = File::options().append(true).open("/dev/full").unwrap();
    let mut open = Open {
        file,
        is_known: true,
        torn_at: None,
    };
    let error = open.append(b"1\n").unwrap_err();
    let error = queue_error(Path::new("out"), &error);
    assert!(
        matches!(error, QueueError::Access(AccessError::NoSpace { .. })) && !error.is_retryable()
    );
    for words in ["no space left", "free some space", "nothing was lost"] {
        assert!(error.to_string().contains(words), "{error}");
    }

    let root = Root::new("/proc/drawbridge");
    let error = Log::open(root, "out.ndjson".into(), Hold::Always).unwrap_err();
    assert!(error.to_string().contains("/proc/drawbridge"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_batch_that_does_not_fit_leaves_no_part_of_itself() {
    // `ulimit -f` is the portable way to a full disk; it needs a process of its own.
    if std::env::var_os("DRAWBRIDGE_TEST_FULL").is_some() {
        return full_disk_child();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out/siem.ndjson");
    let program = std::env::current_exe().unwrap();
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact local::log::tests::a_batch_that_does_not_fit_leaves_no_part_of_itself"])
        .arg(program)
        .env("DRAWBRIDGE_TEST_FULL", dir.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
}

#[cfg(unix)]
fn full_disk_child() {
    let root = Root::new(std::env::var_os("DRAWBRIDGE_TEST_FULL").unwrap());
    let mut log = Log::open(root, "out/siem.ndjson".into(), Hold::Always).unwrap();
    log.append(b"1\n", 1).unwrap();
    // More than eight blocks, whichever their size: part of it is written before it fails.
    assert!(log.append("x".repeat(100_000).as_bytes(), 1).is_err());
    log.append(b"2\n", 1).unwrap();
}
