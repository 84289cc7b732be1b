//! More tenants than files that a process may have open.

use std::process::Command;

use drawbridge_simulator::{Alerts, Credential, Options, SimulatedTenant};

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, run};
use crate::support::documents::{command, lines, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};

const TENANTS: usize = 3000;
/// What a process may have open unless somebody raised it.
const USUAL_LIMIT: usize = 1024;

fn tenant_id(n: usize) -> String {
    match n {
        0 => TENANT.to_owned(),
        n => format!("33333333-3333-4333-8333-{n:012}"),
    }
}

fn name(n: usize) -> String {
    format!("tenant-{n:04}")
}

/// As many tenants with an alert each, and their documents in a folder.
fn tenants(count: usize) -> (Tenant, Folder) {
    let alerts = Alerts::parse(list(&[alert(1, 1)]).as_bytes()).unwrap();
    let others = (1..count).map(|n| SimulatedTenant {
        alerts: alerts.clone(),
        ..SimulatedTenant::new(&tenant_id(n), CLIENT, Credential::Secret(SECRET.into()))
    });
    let options = Options {
        tenants: others.collect(),
        ..Options::default()
    };
    let (tenant, folder) = (Tenant::of(options, alerts.clone()), Folder::new());
    for n in 0..count {
        write_of(&folder, &name(n), &tenant, &tenant_id(n), "");
    }
    (tenant, folder)
}

/// `poll --all --once` as a process that may have `limit` files open.
fn poll(folder: &Folder, limit: usize) -> Outcome {
    let poll = command(folder, &["poll", "--all", "--once"]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")])
        .arg(poll.get_program())
        .args(poll.get_args())
        .envs(
            poll.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    run(limited).discreet()
}

#[test]
fn three_thousand_tenants_are_polled_under_the_usual_limit() {
    let (tenant, folder) = tenants(TENANTS);
    poll(&folder, USUAL_LIMIT).well();
    // Once by itself, and once with the number of alerts that there are.
    assert_eq!(tenant.simulator.stats().alerts_served, 2 * TENANTS as u64);
    for n in 0..TENANTS {
        assert_eq!(lines(&folder, &name(n), "siem.ndjson").len(), 1, "{n}");
    }
}

#[test]
fn a_limit_that_is_reached_is_named_with_the_way_out() {
    let (_tenant, folder) = tenants(64);
    // Enough to start with, and not for 64 polls at once.
    let outcome = poll(&folder, 40);
    outcome.failed(
        1,
        &[
            // Whether it is a connection or the store's lock that comes too late.
            "(this process has as many files and connections open as it may",
            "ulimit -n",
            "LimitNOFILE=",
        ],
    );
    poll(&folder, USUAL_LIMIT).well();
}
