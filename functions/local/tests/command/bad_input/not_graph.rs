//! Answers that are not what Graph gives.

use drawbridge_simulator::Fault;

use super::{nothing_is_lost, three};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Bytes of the body that is far larger than any page.
const HUGE: u64 = 200 << 20;

#[test]
fn a_web_page_in_place_of_graph_is_recognised() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    tenant.simulator.inject(Fault::Html);
    run(tenant.poll(&folder))
        .failed(1, &["is not Microsoft Graph", "check graph-url"])
        .discreet();
    assert!(folder.records().is_empty());
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_page_that_breaks_off_is_asked_for_again() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    tenant.simulator.inject(Fault::Malformed);
    tenant.simulator.inject(Fault::CutBody);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn pages_that_always_break_off_end_the_poll() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    // Five tries of the page, and five of the empty window that tells whether Graph is at fault.
    for _ in 0..10 {
        tenant.simulator.inject(Fault::Malformed);
    }
    run(tenant.poll(&folder))
        .failed(1, &["malformed", "ask again"])
        .discreet();
    assert!(folder.records().is_empty());
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_huge_page_is_asked_for_in_smaller_ones() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    tenant.simulator.inject(Fault::HugeBody(HUGE));
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_host_whose_every_answer_is_huge_ends_the_poll() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    for _ in 0..20 {
        tenant.simulator.inject(Fault::HugeBody(HUGE));
    }
    run(tenant.poll(&folder))
        .failed(1, &["larger than", "smaller $top"])
        .discreet();
    assert!(folder.records().is_empty());
    // The host of before still has faults left.
    nothing_is_lost(&Tenant::new(&three()), &folder);
}
