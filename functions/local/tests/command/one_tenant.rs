//! A tenant of the command line has a document, and is polled as every other.

use std::path::Path;

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::documents::{lines, on, output, write};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, SINCE, TENANT, Tenant};

#[test]
fn text_goes_to_a_log_and_what_is_no_json_is_not_called_so() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll_since(SINCE, &["--once", "--format", "cef"], &folder)).well();
    let text = std::fs::read_to_string(output(&folder, TENANT, "cef.log")).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|line| line.starts_with("CEF:0|")));
    assert!(!output(&folder, TENANT, "cef.ndjson").exists());
}

#[test]
fn a_client_id_that_cannot_be_is_refused_before_anything_is_asked() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let out = folder.path().join("out");
    let outcome = run(tenant.poll_as(TENANT, "my-app", &out)).discreet();
    outcome.failed(2, &["client_id", "a GUID"]);
    assert!(!out.exists());
    assert_eq!(tenant.simulator.stats().token_requests, 0);
}

/// The document is written before anything is asked, and the refusal prints what takes it away.
#[test]
fn a_mistyped_client_id_is_mended_by_what_the_refusal_prints() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let mistyped = CLIENT.replacen('2', "3", 1);
    run(tenant.poll_as(TENANT, &mistyped, folder.path())).failed(1, &[]);
    let mend = format!("drawbridge tenants remove {TENANT} --yes --out ");
    run(tenant.poll(&folder)).failed(1, &["--client-id", &mend, "then this again"]);
    asked(&tenant, &folder, &["tenants", "remove", TENANT, "--yes"]).well();
    run(tenant.poll(&folder)).well();
    assert_eq!(lines(&folder, TENANT, "siem.ndjson").len(), 2);
}

/// What another command says of the tenant, by the same variables that polled it.
fn asked(tenant: &Tenant, folder: &Folder, args: &[&str]) -> Outcome {
    let mut command = drawbridge(args);
    command
        .arg("--out")
        .arg(folder.path())
        .env("DRAWBRIDGE_CLIENT_SECRET", SECRET)
        .env(
            "DRAWBRIDGE_LOGIN_URL",
            tenant.simulator.login_url().as_str(),
        )
        .env(
            "DRAWBRIDGE_GRAPH_URL",
            tenant.simulator.graph_url().as_str(),
        )
        .env_remove("DRAWBRIDGE_BUCKET");
    run(command).discreet()
}

#[test]
fn every_command_knows_it_and_goes_on_where_it_was() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let polled = run(tenant.poll(&folder)).well();
    assert!(polled.stderr.contains("wrote tenants/"), "{polled:?}");
    // Said once, when it is written.
    let polled = run(tenant.poll(&folder)).well();
    assert!(!polled.stderr.contains("wrote"), "{polled:?}");
    for args in [
        &["tenants", "list"][..],
        &["tenants", "check", TENANT],
        &["status"],
    ] {
        let outcome = asked(&tenant, &folder, args).well();
        assert!(outcome.stdout.contains(TENANT), "{args:?} {outcome:?}");
    }
    let polled = asked(&tenant, &folder, &["poll", "--all", "--once"]).well();
    assert!(polled.stdout.contains(" 0 new records"), "{polled:?}");
    let range = ["--from", "2021-01-01", "--to", "2021-01-02", "--yes"];
    let backfill = [&["backfill", "--tenant", TENANT][..], &range].concat();
    asked(&tenant, &folder, &backfill).well();
    assert_eq!(lines(&folder, TENANT, "siem.ndjson").len(), 2);
}

/// Whichever way it was added, no alert is read under two names.
#[test]
fn a_tenant_that_was_added_is_the_one_that_is_polled() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let mut poll = tenant.poll(&folder);
    poll.env("CONTOSO_SECRET", SECRET);
    let polled = run(poll).well();
    assert!(
        polled.stdout.contains("contoso: ") && polled.stdout.contains(" 0 new records"),
        "{polled:?}"
    );
    assert!(!folder.path().join(TENANT).exists());

    // The other way round.
    let folder = Folder::new();
    run(tenant.poll(&folder)).well();
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT];
    let add = [
        &["tenants", "add", "contoso", "--secret", "CONTOSO_SECRET"][..],
        &ids,
    ]
    .concat();
    asked(&tenant, &folder, &add).failed(1, &["contoso.toml was not written", TENANT]);
}

#[test]
fn what_the_document_says_otherwise_is_named_and_not_ignored() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll(&folder)).well();
    for (option, value) in [
        ("--format", "ocsf"),
        ("--page-size", "7"),
        ("--cloud", "dod"),
        ("--service-source", "all"),
        ("--secret-file", "secret.txt"),
    ] {
        run(tenant.poll_since(SINCE, &["--once", option, value], &folder))
            .failed(1, &[option, &format!("tenants/{TENANT}.toml")]);
    }
    let another = "44444444-4444-4444-8444-444444444444";
    run(tenant.poll_as(TENANT, another, folder.path())).failed(1, &["--client-id"]);
    let same = ["--once", "--format", "siem", "--page-size", "1000"];
    run(tenant.poll_since(SINCE, &same, &folder)).well();

    asked(&tenant, &folder, &["tenants", "pause", TENANT]).well();
    run(tenant.poll(&folder)).failed(1, &["is paused", "tenants resume"]);
    assert!(!Path::new(&output(&folder, TENANT, "ocsf.ndjson")).exists());
}

/// There may be no alert for hours.
#[cfg(unix)]
#[test]
fn the_first_poll_is_told_even_if_there_is_nothing_new() {
    use std::io::{BufRead as _, BufReader};

    use crate::support::command::signal;

    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let poll = tenant
        .poll_since(SINCE, &["--every", "1h"], &folder)
        .spawn();
    let mut poll = poll.unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(poll.stdout.take().unwrap());
    lines.read_line(&mut told).unwrap();
    signal(&poll, "-INT");
    Outcome::of(poll.wait_with_output().unwrap()).well();
    assert!(told.contains(": 0 alerts, 0 new records"), "{told}");
}

/// The secret of the command line is not that of whoever calls his document after an id.
#[test]
fn the_secret_of_the_command_line_needs_an_entry_in_the_administrators_list() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll(&folder)).well();
    let list = folder.path().join("admin/tenants.toml");
    assert!(std::fs::read_to_string(&list).unwrap().contains(TENANT));
    let other = "22222222-2222-4222-8222-222222222222";
    let document = format!(
        "tenant_id = \"{other}\"\nclient_id = \"{CLIENT}\"\nsecret = \"DRAWBRIDGE_CLIENT_SECRET\"\n"
    );
    std::fs::write(
        folder.path().join(format!("tenants/{other}.toml")),
        document,
    )
    .unwrap();
    let asked_before = tenant.simulator.stats().token_requests;
    let is_refused = |name: &str| {
        let check = asked(&tenant, &folder, &["tenants", "check", name]);
        let said = format!("{}{}", check.stdout, check.stderr);
        assert!(
            check.code == Some(1) && said.contains("must approve this document"),
            "{said}"
        );
        assert!(said.contains(&format!("tenants allow {name}")), "{said}");
    };
    is_refused(other);
    assert_eq!(tenant.simulator.stats().token_requests, asked_before);
    // One that was written before the list was, is listed by the same command.
    std::fs::remove_file(&list).unwrap();
    is_refused(TENANT);
    run(tenant.poll(&folder)).well();
    asked(&tenant, &folder, &["tenants", "check", TENANT]).well();
}

/// A domain's dots are hyphens in the name, which another domain may have itself.
#[test]
fn a_document_of_that_name_with_another_id_is_not_taken_for_it() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    run(tenant.poll(&folder)).well();
    let document = folder.path().join(format!("tenants/{TENANT}.toml"));
    let text = std::fs::read_to_string(&document).unwrap();
    let other = text.replace(TENANT, "22222222-2222-4222-8222-222222222222");
    std::fs::write(&document, other).unwrap();
    run(tenant.poll(&folder)).failed(1, &["differs from what you gave for --tenant-id"]);
}
