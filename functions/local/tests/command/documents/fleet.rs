//! `drawbridge poll --all`: tenants side by side.

use std::fs;

use drawbridge_simulator::SimulatedTenant;

use crate::support::alerts::{alert, list};
use crate::support::command::run;
use crate::support::documents::{command, lines, objects, on, write, write_of, write_text};
use crate::support::folder::Folder;
#[cfg(unix)]
use crate::support::nobody::Nobody;
use crate::support::tenant::{CLIENT, OTHER, TENANT, Tenant};
use crate::support::until;

#[test]
fn each_tenant_has_its_own_outputs_and_nothing_is_written_twice() {
    let others = list(&[alert(2, 3), alert(3, 1)]);
    let both = Tenant::beside(&list(&[alert(1, 2)]), &others, |_| {});
    let folder = Folder::new();
    write(&folder, "contoso", &both, "");
    write(
        &folder,
        "fabrikam",
        &both,
        "service_sources = []\nseverities = [\"high\"]\noutputs = [\"native\", \"cef\", \"siem-objects\"]",
    );
    let polled = on(&folder, &["poll", "--all", "--once", "--json"]);
    // Both documents name one tenant id, with the same products.
    polled.failed(1, &["fabrikam: tenant", "that of \"contoso\" too"]);
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 2);

    write_of(
        &folder,
        "fabrikam",
        &both,
        OTHER,
        "service_sources = [\"microsoftDefenderForEndpoint\"]\noutputs = [\"native\", \"cef\", \"siem-objects\"]",
    );
    for round in 0..2 {
        let polled = on(&folder, &["poll", "--all", "--once", "--json"]).well();
        let mut told = objects(&polled);
        told.sort_by_key(|one| one["tenant"].to_string());
        assert_eq!(told[0]["tenant"], "contoso");
        assert_eq!(told[0]["records"], 0);
        assert_eq!(told[1]["records"], if round == 0 { 2 + 4 + 4 } else { 0 });
        assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 2);
        assert_eq!(lines(&folder, "fabrikam", "native.ndjson").len(), 2);
        let cef = lines(&folder, "fabrikam", "cef.log");
        assert!(cef.len() == 4 && cef.iter().all(|line| line.starts_with("CEF:0|")));
        assert!(folder.path().join("siem/v1/fabrikam").exists());
    }
}

#[test]
fn one_tenants_trouble_is_its_own() {
    let refused = |other: &mut SimulatedTenant| other.has_consent = false;
    let well = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(9, 1)]), refused);
    let folder = Folder::new();
    write_of(&folder, "a-refused", &well, OTHER, "");
    write_text(&folder, "b-broken.toml", "tenantid = \"t\"");
    write(&folder, "c-well", &well, "");
    write(
        &folder,
        "d-paused",
        &well,
        "service_sources = [\"microsoftSentinel\"]",
    );
    on(&folder, &["tenants", "pause", "d-paused"]).well();
    let outcome = on(&folder, &["poll", "--all", "--once"]);
    let outcome = outcome.failed(
        1,
        &[
            "a-refused",
            "SecurityAlert.Read.All",
            "b-broken",
            "did you mean `tenant_id`",
            "2 tenants",
        ],
    );
    assert!(
        outcome.stdout.contains("c-well: 1 alert, 2 new records"),
        "{}",
        outcome.stdout
    );
    assert_eq!(lines(&folder, "c-well", "siem.ndjson").len(), 2);
    assert!(!folder.path().join("d-paused").exists());
}

/// What cannot even be read, or only with more memory than a document is worth.
#[cfg(unix)]
#[test]
fn a_document_that_cannot_be_read_is_its_own_trouble() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "m-well", &well, "");
    let tenants = folder.path().join("tenants");
    // No block of it is on the disk.
    let huge = fs::File::create(tenants.join("a-huge.toml")).unwrap();
    huge.set_len(300 << 20).unwrap();
    std::os::unix::net::UnixListener::bind(tenants.join("b-socket.toml")).unwrap();
    let outcome = on(&folder, &["poll", "--all", "--once"]);
    let words = ["a-huge", "longer than 65536 bytes", "b-socket", "2 tenants"];
    outcome.failed(1, &words);
    assert_eq!(lines(&folder, "m-well", "siem.ndjson").len(), 2);

    on(&folder, &["tenants", "check", "m-well"]).well();
    on(&folder, &["tenants", "check", "--all"]).failed(1, &["2 of 3 tenants"]);
    let listed = objects(&on(&folder, &["tenants", "list", "--json"]).failed(1, &["broken"]));
    let problem = |at: usize| listed[at]["problem"].as_str().unwrap_or_default();
    assert!(problem(0).contains("longer than 65536 bytes"));
    assert!(problem(1).contains("b-socket.toml"), "{}", problem(1));
    assert!(problem(1).contains("not a regular file"), "{}", problem(1));
    assert_eq!(problem(2), "");

    let replace = [
        "tenants",
        "add",
        "a-huge",
        "--replace",
        "--tenant-id",
        OTHER,
        "--client-id",
        CLIENT,
        "--secret",
        "S",
    ];
    on(&folder, &replace).failed(1, &["longer than", "tenants remove a-huge"]);
    for name in ["a-huge", "b-socket"] {
        on(&folder, &["tenants", "remove", name, "--yes"]).well();
    }
    on(&folder, &["poll", "--all", "--once"]).well();
}

/// Nobody waits for whoever may write to a pipe.
#[cfg(unix)]
#[test]
fn what_is_no_file_under_a_documents_name_is_named_by_each_command() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "m-well", &well, "");
    let tenants = folder.path().join("tenants");
    let pipe = tenants.join("a-pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    fs::create_dir(tenants.join("b-folder.toml")).unwrap();
    std::os::unix::net::UnixListener::bind(tenants.join("c-socket.json")).unwrap();
    let all = [
        "a-pipe.toml could not be read or written (it is not a regular file): move it away",
        "b-folder.toml could not be read or written (it is a folder)",
        "c-socket.json could not be read or written (it is not a regular file): move it away",
    ];
    on(&folder, &["poll", "--all", "--once"]).failed(1, &all);
    assert_eq!(lines(&folder, "m-well", "siem.ndjson").len(), 2);
    let checked = on(&folder, &["tenants", "check", "--all"]).failed(1, &["3 of 4 tenants"]);
    assert!(all.iter().all(|words| checked.stdout.contains(words)));
    for (name, words) in ["a-pipe", "b-folder", "c-socket"].iter().zip(all) {
        on(&folder, &["tenants", "pause", name]).failed(1, &[words]);
    }
}

/// The document that is polled already, or is the first by name of those that may be polled, stays.
#[test]
fn no_document_takes_the_place_of_another() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "victim", &well, "");
    let ids = format!("tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nservice_sources = []\n");
    write_text(
        &folder,
        "aaa.toml",
        &format!("{ids}secret = \"VICTIM_SECRET\"\n"),
    );
    write_text(&folder, "bbb.toml", &format!("{ids}federation = \"aws\"\n"));
    on(&folder, &["poll", "--all", "--once"]).failed(
        1,
        &[
            "aaa",
            "not this tenant's",
            "bbb",
            "tenants allow bbb",
            "2 tenants",
        ],
    );
    assert_eq!(lines(&folder, "victim", "siem.ndjson").len(), 2);

    // One that may name its secret comes second, too: the other one was polled before.
    write(&folder, "aaa", &well, "");
    let twin = ["aaa: tenant", "that of \"victim\" too"];
    on(&folder, &["poll", "--all", "--once"]).failed(1, &twin);
    assert!(!folder.path().join("aaa").exists());
    let listed = objects(&on(&folder, &["tenants", "list", "--json"]).failed(1, &["broken"]));
    let problem = |at: usize| listed[at]["problem"].as_str().unwrap_or_default();
    assert!(
        problem(0).contains("that of \"victim\" too"),
        "{}",
        problem(0)
    );
    let allow = format!(
        "`drawbridge tenants allow bbb --out {}`",
        folder.path().display()
    );
    assert!(problem(1).contains(&allow), "{}", problem(1));
    assert_eq!(problem(2), "");
    on(&folder, &["tenants", "check", "victim"]).well();
}

/// Each has a state, and the other's name comes first.
#[test]
fn one_that_was_polled_takes_no_other_ones_alerts() {
    let both = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(2, 1)]), |_| {});
    let folder = Folder::new();
    write(&folder, "victim", &both, "");
    write_of(&folder, "aaa", &both, OTHER, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let polls = || both.asked(TENANT).list_requests;
    let before = polls();
    write(&folder, "aaa", &both, "");
    let told = on(&folder, &["poll", "--all", "--once"]);
    let told = told.failed(
        1,
        &[
            "aaa: tenant",
            "that of \"victim\" too",
            "aaa was not polled",
        ],
    );
    assert!(told.stdout.contains("victim: 0 alerts"), "{}", told.stdout);
    assert!(polls() > before);
    let listed = objects(&on(&folder, &["tenants", "list", "--json"]).failed(1, &["broken"]));
    assert_eq!(listed[1]["problem"], serde_json::Value::Null);
    // What is kept of that goes with the tenant, and is no tenant itself.
    let shown = objects(&on(&folder, &["state", "show", "--json"]).well());
    assert_eq!(shown.len(), 2);
    let ids = folder.path().join("state/victim.ids.json");
    assert!(ids.exists());
    on(&folder, &["tenants", "pause", "victim"]).well();
    on(&folder, &["tenants", "purge", "victim", "--yes"]).well();
    assert!(!ids.exists());
}

/// Nobody was polled before, and the first by name cannot sign in.
#[test]
fn one_that_cannot_sign_in_keeps_nobody_away() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "victim", &well, "");
    let ids = format!("tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nservice_sources = []\n");
    write_text(
        &folder,
        "aaa.toml",
        &format!("{ids}secret = \"NOT_SET_ANYWHERE\"\n"),
    );
    let told = on(&folder, &["poll", "--all", "--once"]);
    told.failed(1, &["aaa", "NOT_SET_ANYWHERE", "aaa was not polled"]);
    assert_eq!(lines(&folder, "victim", "siem.ndjson").len(), 2);
    let twin = ["aaa: tenant", "that of \"victim\" too"];
    on(&folder, &["poll", "--all", "--once"]).failed(1, &twin);
}

/// A document that nobody is polled by looks like any other to who wrote it.
#[test]
fn a_file_that_is_called_as_no_tenant_is_named_and_the_others_are_polled() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "m-well", &well, "");
    let too_long = "b".repeat(65);
    for file in [".DS_Store", "README.md", "m-well.toml~", "m-well.toml.bak"] {
        write_text(&folder, file, "");
    }
    on(&folder, &["poll", "--all", "--once"]).well();
    let tenants = folder.path().join("tenants");
    for name in ["Contoso", "contoso gmbh", "contoso_de", &too_long] {
        let file = format!("{name}.toml");
        write_text(&folder, &file, "");
        let words = ["not every tenant is known", &file, "a-z, 0-9 and -"];
        for command in [
            &["status"][..],
            &["tenants", "list"],
            &["tenants", "check", "--all"],
            &["poll", "--all", "--once"],
        ] {
            let told = on(&folder, command).failed(1, &words).stderr;
            assert_eq!(told.matches("rename it").count(), 1, "{command:?}: {told}");
        }
        let told = on(&folder, &["doctor"]).stdout;
        assert!(told.contains("rename it"), "{told}");
        assert!(!told.contains("what to do: rename it"), "{told}");
        on(&folder, &["tenants", "check", name]).failed(1, &["no tenant is called", &file]);
        on(&folder, &["tenants", "pause", name]).failed(1, &["no tenant is called", &file]);
        on(&folder, &["tenants", "check", "m-well"]).well();
        on(&folder, &["poll", "--tenant", "m-well", "--once"]).well();
        fs::remove_file(tenants.join(&file)).unwrap();
    }
    write_text(&folder, &format!("{too_long}.toml"), "");
    on(&folder, &["tenants", "purge", &too_long, "--yes"]).failed(1, &["nothing is kept"]);
    assert_eq!(lines(&folder, "m-well", "siem.ndjson").len(), 2);
}

/// Nobody takes the place of one who polled, however little can be read of him for a moment.
#[cfg(unix)]
#[test]
fn a_newcomer_is_not_polled_while_the_owners_document_cannot_be_read() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "owner", &well, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    write(&folder, "a-new", &well, "");
    let twin = ["a-new: tenant", "that of \"owner\" too"];
    on(&folder, &["poll", "--all", "--once"]).failed(1, &twin);
    // Named, it is refused as well.
    on(&folder, &["poll", "--tenant", "a-new", "--once"]).failed(1, &twin);
    on(&folder, &["poll", "--tenant", "owner", "--once"]).well();

    let document = folder.path().join("tenants/owner.toml");
    let sound = fs::read_to_string(&document).unwrap();
    let elsewhere = folder.path().join("elsewhere.toml");
    fs::write(&elsewhere, &sound).unwrap();
    let link = || {
        fs::remove_file(&document).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &document).unwrap();
    };
    let half = || fs::write(&document, &sound[..20]).unwrap();
    for spoil in [&half as &dyn Fn(), &link] {
        spoil();
        let words = ["a-new: tenant", "polled them first", "owner.toml"];
        on(&folder, &["poll", "--all", "--once"]).failed(1, &words);
        on(&folder, &["tenants", "check", "--all"]).failed(1, &["2 of 2 tenants"]);
    }
    assert!(!folder.path().join("a-new").exists());
    // What is in its place is named by its name, and taken away by it.
    let named = on(&folder, &["tenants", "check", "owner"]);
    assert!(named.stdout.contains("a symbolic link"), "{}", named.stdout);
    // Its own document may be changed and resumed beside the other one.
    fs::remove_file(&document).unwrap();
    fs::write(&document, &sound).unwrap();
    for command in ["pause", "resume"] {
        on(&folder, &["tenants", command, "owner"]).well();
    }
    on(&folder, &["poll", "--all", "--once"]).failed(1, &twin);
    assert!(!folder.path().join("a-new").exists());
    link();
    on(&folder, &["tenants", "remove", "owner", "--yes"]).well();
    assert!(elsewhere.exists() && !document.exists());
}

/// As nobody, whom modes hold off: root enters every folder.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_entered_is_named_and_the_others_are_polled() {
    use std::os::unix::fs::PermissionsExt as _;

    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &well, "");
    let closed = folder.path().join("tenants/paused");
    fs::create_dir(&closed).unwrap();
    write_text(&folder, "paused/asleep.toml", "");
    let nobody = Nobody::with(folder.path());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let on = |args: &[&str]| run(nobody.runs(&command(&folder, args))).discreet();
    let named = ["tenants/paused", "ermission"];
    let told = on(&["poll", "--all", "--once"]).failed(1, &named);
    assert!(told.stdout.contains("contoso: 1 alert,"), "{}", told.stdout);
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 2);
    let listed = on(&["tenants", "list", "--json"]).failed(1, &named);
    let listed = objects(&listed);
    assert_eq!((listed.len(), &listed[0]["name"]), (2, &"contoso".into()));
    assert_eq!(listed[1]["ending"], "failed");
    on(&["tenants", "check", "--all"]).failed(1, &named);
    on(&["tenants", "check", "contoso"]).well();
    on(&["poll", "--tenant", "contoso", "--once"]).well();
    on(&["poll", "--tenant", "asleep", "--once"]).failed(1, &named);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    on(&["poll", "--all", "--once"]).well();
}

/// Its records would lie where other tenants' states do, in a folder that the group may read.
#[test]
fn no_tenant_is_called_as_a_folder_beside_its_records() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "state", &tenant, "");
    for args in [
        &["tenants", "check", "state"][..],
        &["poll", "--all", "--once"],
    ] {
        let outcome = on(&folder, args);
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(told.contains("a folder beside the records"), "{told}");
        outcome.failed(1, &[]);
    }
    assert!(!folder.path().join("state").exists());
}

#[test]
fn a_tenant_is_named_or_all_are() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    write_text(&folder, "broken.toml", "");
    on(&folder, &["poll", "--tenant", "contoso", "--once"]).well();
    on(&folder, &["poll", "--tenant", "nobody", "--once"]).failed(1, &["nobody", "tenants list"]);
    on(&folder, &["poll", "--all", "--tenant", "contoso"]).failed(2, &["--all", "--tenant"]);
    for (option, value) in [
        ("--cloud", "dod"),
        ("--format", "cef"),
        ("--tenant-id", "x"),
    ] {
        on(&folder, &["poll", "--all", option, value]).failed(2, &[option, "--all"]);
    }
    let empty = Folder::new();
    on(&empty, &["poll", "--all", "--once"]).failed(1, &["no tenant to poll", "tenants add"]);
}

#[cfg(unix)]
#[test]
fn new_tenants_are_taken_up_and_old_ones_left_between_polls() {
    use crate::support::command::{Outcome, signal};

    let both = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(2, 1)]), |_| {});
    let polls = |tenant: &str| both.asked(tenant).list_requests;
    let folder = Folder::new();
    write(&folder, "contoso", &both, "");
    let child = command(&folder, &["poll", "--all", "--every", "1s"])
        .spawn()
        .unwrap();
    until(|| lines(&folder, "contoso", "siem.ndjson").len() == 2);
    write_of(&folder, "fabrikam", &both, OTHER, "");
    until(|| lines(&folder, "fabrikam", "siem.ndjson").len() == 1);
    fs::remove_file(folder.path().join("tenants/contoso.toml")).unwrap();
    let (after, others) = (polls(TENANT), polls(OTHER));
    until(|| polls(OTHER) > others + 3);
    assert!(polls(TENANT) <= after + 2);
    // Its files are closed: somebody else may write them.
    write(&folder, "contoso", &both, "");
    until(|| polls(TENANT) > after + 2);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap())
        .well()
        .discreet();
}

#[test]
fn a_tenant_that_is_down_does_not_hold_up_another() {
    let well = Tenant::beside(&list(&[alert(1, 2)]), "[]", |_| {});
    well.simulator.tenant(OTHER).unwrap().set_down(true);
    let folder = Folder::new();
    write_of(&folder, "a-down", &well, OTHER, "");
    write(&folder, "b-well", &well, "");
    let mut child = command(&folder, &["poll", "--all", "--every", "1s"])
        .spawn()
        .unwrap();
    until(|| lines(&folder, "b-well", "siem.ndjson").len() == 2);
    until(|| well.asked(TENANT).list_requests >= 3);
    child.kill().unwrap();
    child.wait().unwrap();
}
