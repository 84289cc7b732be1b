//! `drawbridge tenants check`, which really signs in.

use crate::support::alerts::{list, recent_alert};
use crate::support::command::run;
use crate::support::documents::{VARIABLE, command, objects, on, write, write_of, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, Tenant};

#[test]
fn a_tenant_that_works_is_told_so_and_nothing_is_written() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let outcome = on(&folder, &["tenants", "check", "contoso"]).well();
    for word in ["ok      contoso", "Graph answers with an alert"] {
        assert!(outcome.stdout.contains(word), "{}", outcome.stdout);
    }
    assert!(tenant.simulator.stats().list_requests > 0);
    assert!(!folder.path().join("state").exists());
    assert!(!folder.path().join("contoso").exists());
}

#[test]
fn each_is_told_what_is_wrong_with_it_alone() {
    let well = Tenant::beside("[]", "[]", |refusing| refusing.has_consent = false);
    let folder = Folder::new();
    write(&folder, "a-well", &well, "");
    write_of(&folder, "b-role", &well, OTHER, "");
    write(&folder, "c-twin", &well, "");
    write_text(
        &folder,
        "d-typo.toml",
        "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-00000000000c\"\nsecert = \"s\"",
    );
    let missing = "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-00000000000c\"\nsecret = \"NOT_SET_ANYWHERE\"";
    write_text(&folder, "e-unset.toml", missing);
    write(
        &folder,
        "f-output",
        &well,
        "service_sources = [\"microsoftSentinel\"]\noutputs = [\"siem\", \"xml\"]",
    );
    write(
        &folder,
        "g-paused",
        &well,
        "service_sources = [\"dataLossPrevention\"]",
    );
    on(&folder, &["tenants", "pause", "g-paused"]).well();

    let outcome = on(&folder, &["tenants", "check", "--all", "--json"]);
    let told = objects(&outcome);
    let outcome = outcome.failed(1, &["5 of 6 tenants do not work"]);
    let names: Vec<_> = told
        .iter()
        .map(|one| one["tenant"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "a-well", "b-role", "c-twin", "d-typo", "e-unset", "f-output"
        ]
    );
    for (n, words) in [
        (0, vec!["\"works\":true"]),
        (1, vec!["SecurityAlert.Read.All", "\"works\":false"]),
        (2, vec!["that of \\\"a-well\\\" too"]),
        (3, vec!["did you mean `secret`?"]),
        (4, vec!["NOT_SET_ANYWHERE", "set it"]),
        (5, vec!["outputs", "native"]),
    ] {
        for word in words {
            let line = outcome.stdout.lines().nth(n).unwrap();
            assert!(line.contains(word), "no {word:?} in: {line}");
        }
    }
    let named = on(&folder, &["tenants", "check", "g-paused"]).well();
    assert!(named.stdout.contains("(paused)"), "{}", named.stdout);
}

#[test]
fn the_alert_is_one_that_the_tenant_reads() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    let check = |lines: &str| {
        write(&folder, "contoso", &tenant, lines);
        on(&folder, &["tenants", "check", "contoso"]).well().stdout
    };
    let high = check("severities = [\"high\"]");
    assert!(high.contains("Graph answers with an alert"), "{high}");
    let low = check("severities = [\"low\"]");
    assert!(
        low.contains("it has no alert of the last seven days"),
        "{low}"
    );
}

#[test]
fn words_that_graph_does_not_know_are_refused_with_the_right_one() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    let slip = "severities = [\"High\"]";
    write(&folder, "contoso", &tenant, slip);
    let refused = on(&folder, &["tenants", "check", "contoso"]);
    assert!(
        refused.stdout.contains("did you mean \"high\"?"),
        "{}",
        refused.stdout
    );
    refused.failed(1, &["1 of 1"]);
    on(&folder, &["poll", "--all", "--once"]).failed(1, &["did you mean \"high\"?"]);
    write(
        &folder,
        "contoso",
        &tenant,
        &format!("{slip}\nallow_unknown = true"),
    );
    on(&folder, &["tenants", "check", "contoso"]).well();
}

#[test]
fn a_wrong_secret_is_explained_and_not_shown() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let mut check = command(&folder, &["tenants", "check", "--all"]);
    check.env(VARIABLE, "MARKER~another-secret");
    let outcome = run(check).discreet();
    assert!(
        outcome.stdout.contains("the client secret is wrong"),
        "{}",
        outcome.stdout
    );
    assert!(!outcome.stdout.contains("MARKER") && !outcome.stderr.contains("MARKER"));
    outcome.failed(1, &["1 of 1"]);
}

#[test]
fn there_must_be_somebody_to_check() {
    let folder = Folder::new();
    on(&folder, &["tenants", "check", "--all"]).failed(1, &["no tenant to check"]);
    on(&folder, &["tenants", "check"]).failed(2, &["NAME"]);
    write_text(&folder, "contoso.toml", "");
    on(&folder, &["tenants", "check", "fabrikam"]).failed(1, &["\"fabrikam\"", "there is contoso"]);
}
