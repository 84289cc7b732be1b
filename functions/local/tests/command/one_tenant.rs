//! A tenant of the command line is polled as one with a document is.

use crate::support::alerts::{alert, list};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::{SINCE, TENANT, Tenant};

#[test]
fn text_goes_to_a_log_and_what_is_no_json_is_not_called_so() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll_since(SINCE, &["--once", "--format", "cef"], &folder)).well();
    let text = std::fs::read_to_string(folder.path().join("cef.log")).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|line| line.starts_with("CEF:0|")));
    assert!(!folder.path().join("cef.ndjson").exists());
}

#[test]
fn a_client_id_that_cannot_be_is_refused_before_anything_is_asked() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let out = folder.path().join("out");
    let outcome = run(tenant.poll_as(TENANT, "my-app", &out)).discreet();
    outcome.failed(1, &["client_id", "a GUID"]);
    assert!(!out.exists());
    assert_eq!(tenant.simulator.stats().token_requests, 0);
}
