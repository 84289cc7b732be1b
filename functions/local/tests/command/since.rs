//! Where the first poll starts.

use drawbridge_simulator::Fault;

use crate::support::alerts::{LONG_AGO, alert, files_of, list};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;
use crate::support::until;

#[test]
fn an_alert_of_the_very_instant_is_read() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll_since(LONG_AGO, &["--once"], &folder)).well();
    assert_eq!(folder.files(), files_of([(1, 2)]));
}

#[test]
fn a_first_poll_that_fails_does_not_move_the_start() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    // Longer than a poll waits: it ends, and the next one comes after more than the margin.
    tenant.simulator.inject(Fault::Throttle {
        retry_after_secs: Some(3600),
    });
    let mut poll = tenant.poll_since(LONG_AGO, &["--every", "6s"], &folder);
    let mut child = poll.spawn().unwrap();
    until(|| !folder.files().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(folder.files(), files_of([(1, 2)]));
}

#[test]
fn a_start_before_every_calendar_is_as_good_as_any() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll_since("1800-01-01T00:00:00Z", &["--once"], &folder)).well();
    assert_eq!(folder.files(), files_of([(1, 2)]));
}

#[test]
fn another_start_than_the_first_polls_is_said_to_be_ignored() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    for _ in 0..2 {
        let outcome = run(tenant.poll_since(LONG_AGO, &["--once"], &folder)).well();
        assert!(!outcome.stderr.contains("ignored"), "{}", outcome.stderr);
    }
    // As a day, as every other time is taken.
    let outcome = run(tenant.poll_since("2020-01-31", &["--once"], &folder)).well();
    let reset = "state reset --tenant 11111111-1111-4111-8111-111111111111 \
                 --to 2020-01-31T00:00:00Z --out ";
    for words in ["--since is ignored", reset] {
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
}
