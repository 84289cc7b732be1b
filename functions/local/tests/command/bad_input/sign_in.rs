//! Who may not sign in, or not read.

use std::path::Path;

use drawbridge_simulator::Options;
use serde_json::Value;

use super::{nothing_is_lost, three};
use crate::support::command::run;
use crate::support::documents::{VARIABLE, command, write};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};

#[test]
fn a_script_is_told_of_a_poll_that_failed() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let mut poll = tenant.poll(&folder);
    poll.env("DRAWBRIDGE_CLIENT_SECRET", "MARKER~another-secret");
    poll.arg("--json");
    let one = run(poll).discreet();
    // And of one that was added, by its name.
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    let mut all = command(&folder, &["poll", "--all", "--once", "--json"]);
    all.env(VARIABLE, "MARKER~another-secret");
    let all = run(all).discreet();
    for (outcome, tenant) in [(one, TENANT), (all, "contoso")] {
        let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(
            (&told["ending"], &told["tenant"]),
            (&Value::from("failed"), &Value::from(tenant))
        );
        let error = told["error"].as_str().unwrap();
        assert!(error.contains("the client secret is wrong"), "{error}");
        outcome.failed(1, &["the client secret is wrong"]);
    }
}

#[test]
fn a_wrong_secret_is_named_and_costs_nothing() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let mut poll = tenant.poll(&folder);
    poll.env("DRAWBRIDGE_CLIENT_SECRET", "MARKER~another-secret");
    let outcome = run(poll).discreet();
    assert!(!outcome.stderr.contains("MARKER~another-secret"));
    outcome.failed(
        1,
        &["the client secret is wrong", "Value, not its Secret ID"],
    );
    assert!(folder.records().is_empty());
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_secret_that_is_not_set_names_the_variable() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    for value in [None, Some("")] {
        let mut poll = tenant.poll(&folder);
        match value {
            None => poll.env_remove("DRAWBRIDGE_CLIENT_SECRET"),
            Some(value) => poll.env("DRAWBRIDGE_CLIENT_SECRET", value),
        };
        run(poll)
            .failed(1, &["DRAWBRIDGE_CLIENT_SECRET", "set it"])
            .discreet();
    }
    assert_eq!(tenant.simulator.stats().token_requests, 0);
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn a_secret_file_is_read_and_one_that_is_missing_is_named() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let secrets = folder.path().join("secrets");
    let file = secrets.join(format!("{TENANT}.txt"));
    let poll = |file: &Path| {
        let mut poll = tenant.poll(&folder);
        poll.env_remove("DRAWBRIDGE_CLIENT_SECRET")
            .arg("--secret-file")
            .arg(file);
        poll
    };
    // Which it may read is said, as of every document.
    let elsewhere = folder.path().join("secret.txt");
    run(poll(&elsewhere)).failed(
        1,
        &["secret", "not this tenant's", "DRAWBRIDGE_CLIENT_SECRET"],
    );
    assert!(!folder.path().join("tenants").exists());
    let name = format!("{TENANT}.txt");
    run(poll(&file)).failed(1, &[&name, "does not exist"]);
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    run(poll(&file)).well().discreet();
    nothing_is_lost(&tenant, &folder);
}

#[test]
fn an_app_without_the_permission_is_told_which_to_grant() {
    let options = Options {
        token_without_roles: true,
        ..Options::default()
    };
    let (refusing, folder) = (Tenant::with(options, &three()), Folder::new());
    run(refusing.poll(&folder))
        .failed(1, &["403", "SecurityAlert.Read.All", "admin consent"])
        .discreet();
    nothing_is_lost(&Tenant::new(&three()), &folder);
}

#[test]
fn an_unknown_tenant_or_application_is_named() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    let nobody = "33333333-3333-4333-8333-333333333333";
    run(tenant.poll_as(nobody, CLIENT, folder.path()))
        .failed(1, &["does not know the tenant", "check tenant-id"])
        .discreet();
    let other = Folder::new();
    run(tenant.poll_as(TENANT, nobody, other.path()))
        .failed(1, &["does not know the application", "check client-id"])
        .discreet();
    nothing_is_lost(&tenant, &folder);
}
