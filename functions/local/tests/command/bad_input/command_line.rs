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

/// Where the administrator has tenants read is in two variables.
#[test]
fn hosts_that_cannot_be_are_named() {
    let folder = Folder::new();
    let hosts = |login: &str, graph: &str| {
        let mut command = drawbridge(&["poll", "--tenant-id", TENANT, "--client-id", CLIENT]);
        let out = folder.path().join("out");
        command.args(["--once", "--out"]).arg(&out);
        command.envs([
            ("DRAWBRIDGE_CLIENT_SECRET", SECRET),
            ("DRAWBRIDGE_LOGIN_URL", login),
            ("DRAWBRIDGE_GRAPH_URL", graph),
        ]);
        let outcome = run(command).discreet();
        assert!(!out.exists());
        outcome
    };
    for (login, graph) in [
        ("http://192.0.2.1", "https://192.0.2.1"),
        ("https://192.0.2.1", "http://192.0.2.1"),
    ] {
        hosts(login, graph).failed(1, &["is not https", "use https", "127.0.0.1"]);
    }
    for (login, graph) in [("http://127.0.0.1:1", ""), ("", "http://127.0.0.1:1")] {
        hosts(login, graph).failed(1, &["DRAWBRIDGE_LOGIN_URL", "set both or neither"]);
    }
    hosts("nonsense", "x").failed(1, &["DRAWBRIDGE_LOGIN_URL", "is not a URL"]);
}

/// They did nothing, without a word.
#[test]
fn a_variable_that_has_no_effect_is_refused() {
    let with = |name: &str, value: &str| {
        let mut command = drawbridge(&["map", "/nonexistent/alerts.json"]);
        command.env(name, value);
        run(command)
    };
    let slip = with("DRAWBRIDGE_STAK", "hunter2-value");
    let words = ["DRAWBRIDGE_STAK is set", "did you mean DRAWBRIDGE_STACK?"];
    let slip = slip.failed(2, &words);
    assert!(!slip.stderr.contains("hunter2"), "{}", slip.stderr);
    for value in ["1", "verbose", "hunter2"] {
        let refused = with("DRAWBRIDGE_LOG", value);
        let refused = refused.failed(2, &["DRAWBRIDGE_LOG", "error, warn, info, debug"]);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
    // Help is there whatever is set, and the variables of others are not looked at.
    let mut help = drawbridge(&["map", "--help"]);
    help.env("DRAWBRIDGE_STAK", "x");
    run(help).well();
    with("DRAWBRIDGE_SERVICE_HOST", "10.0.0.1").failed(1, &["/nonexistent/alerts.json"]);
    with("DRAWBRIDGE_LOG", "").failed(1, &["/nonexistent/alerts.json"]);
}

/// A script that asked for JSON reads why.
#[test]
fn a_variable_that_has_no_effect_is_told_in_json() {
    let folder = Folder::new();
    let mut status = drawbridge(&["status", "--json", "--out"]);
    status.arg(folder.path()).env("DRAWBRIDGE_LOGS", "debug");
    let refused = run(status).failed(2, &["did you mean DRAWBRIDGE_LOG?"]);
    let json: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert!(json["error"].as_str().unwrap().contains("DRAWBRIDGE_LOGS"));
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
    poll(&folder, &slip).failed(2, &["did you mean \"microsoftDefenderForEndpoint\"?"]);
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
    for args in [
        &["poll"][..],
        &["poll", "--once"],
        &["poll", "--json", "--every", "5m"],
    ] {
        run(drawbridge(args)).failed(2, &["<--tenant-id <ID>|--tenant <NAME>|--all>"]);
    }
    run(drawbridge(&["poll", "--tenant-id", TENANT])).failed(2, &["--client-id"]);
}
