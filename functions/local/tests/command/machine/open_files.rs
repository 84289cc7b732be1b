//! More tenants than files that a process may have open.

use std::fs;
use std::process::{Command, Stdio};

use drawbridge_simulator::{Alerts, Credential, Options, SimulatedTenant};

use crate::deliver::{Server, deliver_to};
use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, run, signal};
use crate::support::documents::{command, lines, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};
use crate::support::until;

/// What a process may have open unless somebody raised it.
const USUAL_LIMIT: usize = 1024;
/// More than could have a file open each.
const TENANTS: usize = 1200;

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
    run(limited(&poll, limit)).discreet()
}

/// The command as a process that may have `limit` files open.
fn limited(command: &Command, limit: usize) -> Command {
    under(command, &format!("ulimit -n {limit}"))
}

/// The command as a process of a shell with such a limit.
fn under(command: &Command, limit: &str) -> Command {
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    limited
}

/// A folder with a record of each of so many tenants, and a server that takes them.
fn records(count: usize) -> (Folder, Server) {
    let folder = Folder::new();
    for n in 0..count {
        let of_tenant = folder.path().join("data").join(name(n));
        fs::create_dir_all(&of_tenant).unwrap();
        let record = format!("{{\"AlertId\":\"{n}\",\"FileName\":\"f\"}}\n");
        fs::write(of_tenant.join("siem.ndjson"), record).unwrap();
    }
    (folder, Server::start())
}

fn deliver(folder: &Folder, server: &Server, args: &[&str]) -> Command {
    let mut deliver = deliver_to(folder, server, &["--all", "--out"]);
    deliver.arg(folder.path().join("data")).args(args);
    deliver
}

#[test]
fn more_tenants_than_files_may_be_open_are_polled() {
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

#[test]
fn the_records_of_more_tenants_than_files_may_be_open_are_delivered() {
    let (folder, server) = records(TENANTS);
    run(limited(
        &deliver(&folder, &server, &["--once"]),
        USUAL_LIMIT,
    ))
    .well();
    assert_eq!(server.files().len(), TENANTS);
}

/// What is written to is held open, so that nothing of it is lost if it is rotated.
#[test]
fn a_limit_that_a_delivery_reaches_is_named_with_the_way_out() {
    let (folder, server) = records(64);
    let told = folder.path().join("told.txt");
    let mut child = limited(&deliver(&folder, &server, &["--every", "1s"]), 64)
        .stderr(fs::File::create(&told).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let said = || fs::read_to_string(&told).unwrap();
    until(|| said().contains("LimitNOFILE=") || child.try_wait().unwrap().is_some());
    signal(&child, "-TERM");
    let code = child.wait().unwrap().code();
    let said = said();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("as many files and connections open as it may") && said.contains("ulimit -n"),
        "{said}"
    );
    // Nothing is lost of it.
    run(limited(
        &deliver(&folder, &server, &["--once"]),
        USUAL_LIMIT,
    ))
    .well();
    assert_eq!(server.files().len(), 64);
}

/// The limit that a shell or a service begins with is not the one that the machine sets.
#[test]
fn a_limit_that_the_process_may_raise_is_raised() {
    let (folder, server) = records(64);
    let mut child = under(
        &deliver(&folder, &server, &["--every", "1s"]),
        "ulimit -S -n 64",
    )
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    until(|| server.files().len() == 64 || child.try_wait().unwrap().is_some());
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(server.files().len(), 64);
}
