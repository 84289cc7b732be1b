//! Command lines that make no sense: told before anything is asked or written.

use super::three;
use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};

/// `drawbridge poll` with these arguments, into `folder`.
fn poll(folder: &Folder, args: &[&str]) -> crate::support::command::Outcome {
    let mut command = drawbridge(&["poll", "--tenant-id", TENANT, "--client-id", CLIENT]);
    command
        .args(args)
        .arg("--out")
        .arg(folder.path().join("out"));
    command.env("DRAWBRIDGE_CLIENT_SECRET", SECRET);
    let outcome = run(command).discreet();
    assert!(!folder.path().join("out").exists());
    outcome
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let folder = Folder::new();
    for (login, graph) in [
        ("http://192.0.2.1", "https://192.0.2.1"),
        ("https://192.0.2.1", "http://192.0.2.1"),
    ] {
        poll(
            &folder,
            &["--once", "--login-url", login, "--graph-url", graph],
        )
        .failed(1, &["is not https", "use https", "127.0.0.1"]);
    }
}

#[test]
fn both_addresses_or_none() {
    let folder = Folder::new();
    poll(&folder, &["--once", "--login-url", "http://127.0.0.1:1"]).failed(2, &["--graph-url"]);
    poll(&folder, &["--once", "--graph-url", "http://127.0.0.1:1"]).failed(2, &["--login-url"]);
    poll(&folder, &["--login-url", "nonsense", "--graph-url", "x"]).failed(2, &["--login-url"]);
}

#[test]
fn values_that_cannot_be_are_named() {
    let folder = Folder::new();
    poll(&folder, &["--every", "0s"]).failed(2, &["--every must be at least 1s"]);
    poll(&folder, &["--every", "soon"]).failed(2, &["--every"]);
    poll(&folder, &["--once", "--every", "5m"]).failed(2, &["--every", "--once"]);
    poll(&folder, &["--once", "--page-size", "1001"]).failed(2, &["--page-size"]);
    poll(&folder, &["--once", "--since", "yesterday"]).failed(2, &["--since"]);
    poll(&folder, &["--once", "--since", "9000-01-01T00:00:00Z"])
        .failed(2, &["--since must be in the past"]);
    poll(&folder, &["--once", "--cloud", "moon"]).failed(2, &["moon", "global", "gcc-high", "dod"]);
    let slip = [
        "--once",
        "--service-source",
        "microsoftDefenderForEndpoints",
    ];
    poll(&folder, &slip).failed(1, &["did you mean \"microsoftDefenderForEndpoint\"?"]);
    poll(&folder, &["--once", "--format", "xml"]).failed(2, &["xml", "siem"]);
}

#[test]
fn a_tenant_id_that_is_a_path_is_refused() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    for id in ["../x", "", "a b", "contoso", "common"] {
        let outcome = run(tenant.poll_as(id, CLIENT, &folder.path().join("out"))).discreet();
        outcome.failed(2, &["--tenant-id must be the directory id"]);
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn an_unknown_command_or_option_is_exit_code_2() {
    run(drawbridge(&["pole"])).failed(2, &["pole", "--help"]);
    run(drawbridge(&["map", "--nonsense"])).failed(2, &["--nonsense", "--help"]);
    run(drawbridge(&["poll"])).failed(2, &["--tenant-id", "--client-id"]);
}
