//! Answers that Graph gives on a bad day: the poll says what it could not do, and the next one
//! does it.

use drawbridge_simulator::Fault;

use super::{nothing_is_lost, three};
use crate::support::alerts::files_of;
use crate::support::command::run;
use crate::support::documents::{objects, on};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// A poll of [`three`] that these faults make fail so; the next one does what it could not.
fn fails(faults: &[Fault], words: &[&str]) -> (Tenant, Folder) {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    for fault in faults {
        tenant.simulator.inject(fault.clone());
    }
    run(tenant.poll(&folder)).failed(1, words).discreet();
    (tenant, folder)
}

#[test]
fn an_incomplete_answer_is_delivered_and_read_again() {
    let warning = r#"199 - "{\"code\":\"504\"}""#.into();
    let (tenant, folder) = fails(
        &[Fault::Partial { warning }],
        &["1 answer of Graph was incomplete", "read again"],
    );
    assert_eq!(folder.files(), files_of([(1, 2), (2, 2), (3, 2)]));
    // Not at once, but as soon as Graph may have all of it.
    let shown = on(&folder, &["state", "show", "--json"]).well();
    let unread = &objects(&shown)[0]["unread"][0];
    assert_eq!(unread["incomplete"], 1);
    assert_eq!(unread["wait_secs"], 30);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_longer_wait_than_a_poll_has_is_told() {
    let retry_after_secs = Some(3600);
    let (tenant, folder) = fails(
        &[Fault::Throttle { retry_after_secs }],
        &["Graph asks to wait", "nothing is lost", "poll again"],
    );
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_next_link_to_another_host_is_not_followed() {
    let link = "https://192.0.2.1/v1.0/security/alerts_v2?$skiptoken=x";
    // Other questions are answered so, too.
    let faults = vec![Fault::ForeignNextLink(link.into()); 3];
    let (tenant, folder) = fails(&faults, &["nextLink was not followed"]);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_token_that_is_refused_is_renewed_once() {
    let (tenant, folder) = fails(
        &[Fault::Unauthorized, Fault::Unauthorized],
        &["a new token was refused", "401", "has expired", "clock"],
    );
    tenant.simulator.inject(Fault::Unauthorized);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_query_that_graph_refuses_is_told_with_its_code() {
    let faults = vec![Fault::Status(400); 3];
    let (tenant, folder) = fails(&faults, &["HTTP 400", "UnknownError"]);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_service_that_is_down_is_named() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    tenant.simulator.set_down(true);
    run(tenant.poll(&folder))
        .failed(1, &["HTTP 503", "again"])
        .discreet();
    tenant.simulator.set_down(false);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_sign_in_host_that_is_not_entra_is_recognised() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let elsewhere = tenant.simulator.login_url().join("elsewhere/").unwrap();
    let mut poll = tenant.poll_at(&elsewhere, &folder);
    poll.arg("--once");
    run(poll).failed(1, &["login-url"]).discreet();
    nothing_is_lost(&tenant, &folder);
}
