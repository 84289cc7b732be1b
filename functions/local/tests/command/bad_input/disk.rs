//! A folder that cannot be written.

use std::fs;

use super::{nothing_is_lost, three};
use crate::support::alerts::{alert, files_of, list};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, TENANT, Tenant};

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let file = folder.path().join("out");
    fs::write(&file, "mine").unwrap();
    // The file itself, and a folder below it: neither can be made, for root neither.
    for out in [file.clone(), file.join("below")] {
        run(tenant.poll_as(TENANT, CLIENT, &out))
            .failed(
                1,
                &["out", "a file is where a folder should be", "move it away"],
            )
            .discreet();
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
    assert_eq!(tenant.simulator.stats().list_requests, 0);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_folder_where_the_output_should_be_is_named() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    fs::create_dir_all(folder.output()).unwrap();
    run(tenant.poll(&folder))
        .failed(1, &["siem.ndjson", "move it away"])
        .discreet();
    fs::remove_dir(folder.output()).unwrap();
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_file_where_the_state_should_be_is_named() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let state = folder.path().join("state");
    fs::write(&state, "mine").unwrap();
    run(tenant.poll(&folder))
        .failed(1, &["state", "move it away"])
        .discreet();
    assert_eq!(fs::read_to_string(&state).unwrap(), "mine");
    fs::remove_file(state).unwrap();
    // The records went out before the state could be saved: they come again, with the same ids.
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.counts().len(), 6);
    run(tenant.poll(&folder)).well();
    assert!(folder.counts().values().all(|&count| count <= 2));
}

/// With a link, who may write in the folder could have any file of this user written.
#[cfg(unix)]
#[test]
fn a_link_where_the_output_should_be_is_named_and_not_followed() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let victim = folder.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    fs::create_dir(folder.output().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&victim, folder.output()).unwrap();
    run(tenant.poll(&folder))
        .failed(1, &["siem.ndjson", "a symbolic link", "put the file"])
        .discreet();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    fs::remove_file(folder.output()).unwrap();
    nothing_is_lost(&tenant, &folder);
}

/// A limit on the size of files stops a write in its middle, as a disk does that fills up.
#[cfg(target_os = "linux")]
#[test]
fn a_write_that_stops_in_the_middle_leaves_no_half_line() {
    // More than 100 KB of records, in files of at most 80 KB, in which the state has room.
    let served = list(&[alert(1, 40), alert(2, 40), alert(3, 40)]);
    let (tenant, folder) = (Tenant::new(&served), Folder::new());
    let poll = tenant.poll(&folder);
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 160; exec \"$0\" \"$@\""])
        .arg(poll.get_program())
        .args(poll.get_args())
        .envs(
            poll.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    run(limited)
        .failed(1, &["siem.ndjson", "check the disk"])
        .discreet();
    assert!(folder.records().is_empty());
    run(tenant.poll(&folder)).well().discreet();
    assert_eq!(folder.files(), files_of([(1, 40), (2, 40), (3, 40)]));
}
