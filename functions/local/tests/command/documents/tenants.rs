//! `drawbridge tenants`, but for `check`.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::command::{drawbridge, run};
use crate::support::documents::{command, objects, on, write, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, TENANT, Tenant};

/// `tenants add` with these arguments behind the ids.
fn add<'a>(name: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![
        "tenants",
        "add",
        name,
        "--tenant-id",
        TENANT,
        "--client-id",
        CLIENT,
    ];
    all.extend(args);
    all
}

fn text(folder: &Folder, key: &str) -> String {
    fs::read_to_string(folder.path().join(key)).unwrap()
}

#[test]
fn a_tenant_is_added_listed_paused_resumed_and_removed() {
    let folder = Folder::new();
    let added = on(&folder, &add("contoso", &["--secret", "CONTOSO_SECRET"])).well();
    assert!(
        added.stdout.contains("tenants check contoso"),
        "{}",
        added.stdout
    );
    assert_eq!(
        text(&folder, "tenants/contoso.toml"),
        format!(
            "tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nsecret = \"CONTOSO_SECRET\"\n"
        )
    );
    let list = on(&folder, &["tenants", "list", "--json"]).well();
    let listed = &objects(&list)[0];
    assert_eq!(listed["name"], "contoso");
    assert_eq!(listed["identity"], "secret");
    assert_eq!(listed["paused"], false);
    assert_eq!(listed["lag_secs"], json!(null));

    on(&folder, &["tenants", "pause", "contoso"]).well();
    assert!(!folder.path().join("tenants/contoso.toml").exists());
    let list = on(&folder, &["tenants", "list"]).well();
    assert!(
        list.stdout.contains("paused") && list.stdout.contains("never"),
        "{}",
        list.stdout
    );
    let again = on(&folder, &["tenants", "pause", "contoso"]).well();
    assert!(again.stdout.contains("paused already"), "{}", again.stdout);

    on(&folder, &["tenants", "resume", "contoso"]).well();
    assert!(folder.path().join("tenants/contoso.toml").exists());
    assert!(!folder.path().join("tenants/paused/contoso.toml").exists());

    on(&folder, &["tenants", "remove", "contoso"]).failed(
        1,
        &[
            "nothing was done, for there is no terminal to ask on; --yes",
            "will be deleted",
        ],
    );
    let removed = on(&folder, &["tenants", "remove", "contoso", "--yes"]).well();
    assert!(
        removed.stdout.contains("state/contoso.json"),
        "{}",
        removed.stdout
    );
    let list = on(&folder, &["tenants", "list"]).well();
    assert!(list.stdout.contains("no tenants"), "{}", list.stdout);
}

#[test]
fn what_the_administrator_allowed_is_named_when_the_document_is_removed() {
    let tenant = Tenant::new("[]");
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["tenants", "allow", "contoso"]).well();
    let remove = ["tenants", "remove", "contoso", "--yes"];
    let removed = on(&folder, &remove).well();
    for words in [
        "in admin/tenants.toml what",
        "`drawbridge tenants allow contoso --revoke --out ",
    ] {
        assert!(removed.stdout.contains(words), "{}", removed.stdout);
    }
    on(&folder, &["tenants", "allow", "contoso", "--revoke"]).well();
    write(&folder, "contoso", &tenant, "");
    let removed = on(&folder, &remove).well();
    assert!(!removed.stdout.contains("admin/"), "{}", removed.stdout);
}

/// To remove it is the way out, and no trouble.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_document_is_removed_and_not_what_it_leads_to() {
    let tenant = Tenant::new("[]");
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    let (document, elsewhere) = (
        folder.path().join("tenants/contoso.toml"),
        folder.path().join("elsewhere"),
    );
    fs::rename(&document, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &document).unwrap();
    let removed = on(&folder, &["tenants", "remove", "contoso", "--yes"]).well();
    assert!(
        removed.stdout.contains("what it leads to is left alone"),
        "{}",
        removed.stdout
    );
    assert!(!removed.stderr.contains("could not"), "{}", removed.stderr);
    assert!(!document.is_symlink() && elsewhere.exists());
}

#[test]
fn everything_that_is_given_is_in_the_document() {
    let folder = Folder::new();
    let args = [
        "--certificate",
        "/run/gov.pem",
        "--cloud",
        "gcc-high",
        "--service-source",
        "all",
        "--severity",
        "high",
        "--severity",
        "medium",
        "--severity",
        "critical",
        "--allow-unknown",
        "--output",
        "siem",
        "--output",
        "native-objects",
        "--json-document",
    ];
    on(&folder, &add("gov", &args)).well();
    let document: serde_json::Value =
        serde_json::from_str(&text(&folder, "tenants/gov.json")).unwrap();
    assert_eq!(
        document,
        json!({
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "certificate": "/run/gov.pem",
            "cloud": "gcc-high",
            "service_sources": [],
            "severities": ["high", "medium", "critical"],
            "allow_unknown": true,
            "outputs": ["siem", "native-objects"],
        })
    );
}

#[test]
fn what_is_there_is_only_replaced_when_that_is_said() {
    let folder = Folder::new();
    on(&folder, &add("contoso", &["--secret", "A"])).well();
    on(&folder, &add("contoso", &["--secret", "B"]))
        .failed(1, &["already", "tenants/contoso.toml", "--replace"]);
    assert!(text(&folder, "tenants/contoso.toml").contains("\"A\""));
    on(
        &folder,
        &add(
            "contoso",
            &["--secret", "B", "--replace", "--json-document"],
        ),
    )
    .well();
    assert!(text(&folder, "tenants/contoso.json").contains("\"B\""));
    // In both notations, the old one would go on.
    assert!(!folder.path().join("tenants/contoso.toml").exists());
    on(&folder, &["tenants", "pause", "contoso"]).well();
    on(
        &folder,
        &add("contoso", &["--federation", "/run/token", "--replace"]),
    )
    .well();
    assert!(text(&folder, "tenants/paused/contoso.toml").contains("federation"));
    assert!(!folder.path().join("tenants/contoso.toml").exists());
}

#[test]
fn what_cannot_be_is_refused_and_nothing_written() {
    let folder = Folder::new();
    let secret = ["--secret", "S"];
    for (args, words) in [
        (add("Contoso", &secret), vec!["Contoso", "a-z, 0-9 and -"]),
        (
            add("state", &secret),
            vec!["name", "a folder beside the records"],
        ),
        (
            add("contoso", &[]),
            vec!["--secret", "--certificate", "--federation"],
        ),
        (
            add("contoso", &["--secret", "S", "--federation", "aws"]),
            vec!["cannot be used with"],
        ),
        (
            add("contoso", &["--federation", "gcp"]),
            vec!["federation", "\"aws\"", "slash"],
        ),
        (
            add("contoso", &["--secret", "S", "--cloud", "china"]),
            vec!["cloud is the 21Vianet cloud", "alerts_v2"],
        ),
        (
            add("contoso", &["--secret", "S", "--cloud", "moon"]),
            vec!["gcc-high"],
        ),
        (
            add("contoso", &["--secret", "S", "--output", "xml"]),
            vec!["outputs", "siem"],
        ),
        (
            add("contoso", &["--secret", "S", "--severity", "so so"]),
            vec!["severities", "high"],
        ),
        (
            add("contoso", &["--secret", "S", "--severity", "High"]),
            vec!["did you mean \"high\"?", "--allow-unknown"],
        ),
        (
            add(
                "contoso",
                &["--secret", "abC8Q~0123456789012345678901234567890"],
            ),
            vec!["looks like a secret itself"],
        ),
        (
            add("contoso", &["--secret", "-----BEGIN abC8Q~\n"]),
            vec!["looks like a secret itself", "--secret"],
        ),
        (
            add("contoso", &["--secret", "--abC8Q~"]),
            vec!["not repeated"],
        ),
    ] {
        let outcome = on(&folder, &args).failed(2, &words);
        assert!(!outcome.stderr.contains("abC8Q~"), "{}", outcome.stderr);
        assert!(!folder.path().join("tenants").exists(), "{args:?}");
    }
    let missing = on(&folder, &["tenants", "pause", "nobody"]);
    missing.failed(1, &["no tenant is called \"nobody\"", "tenants add"]);
    on(&folder, &["tenants", "remove", "nobody", "--yes"]).failed(1, &["nobody"]);
}

#[test]
fn two_tenants_with_one_id_need_different_products() {
    let folder = Folder::new();
    on(&folder, &add("contoso", &["--secret", "S"])).well();
    on(&folder, &add("twin", &["--secret", "S"]))
        .failed(1, &["contoso", "every alert would come twice"]);
    assert!(!folder.path().join("tenants/twin.toml").exists());
    let other = [
        "--secret",
        "S",
        "--service-source",
        "microsoftDefenderForIdentity",
    ];
    on(&folder, &add("identity", &other)).well();
    // One that is paused polls nothing; resumed, it would.
    on(&folder, &["tenants", "pause", "contoso"]).well();
    on(&folder, &add("twin", &["--secret", "S"])).well();
    on(&folder, &["tenants", "resume", "contoso"]).failed(1, &["twin"]);
    assert!(folder.path().join("tenants/paused/contoso.toml").exists());
}

#[test]
fn the_list_shows_what_is_broken_and_how_far_each_was_read() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    write_text(
        &folder,
        "broken.toml",
        "tenant_id = \"t.example\"\nclientid = \"MARKER\"",
    );
    run(command(&folder, &["poll", "--tenant", "contoso", "--once"])).well();
    let broken = ["1 of 2 tenants is broken"];
    let list = on(&folder, &["tenants", "list", "--json"]).failed(1, &broken);
    let listed = objects(&list);
    let problem = listed[0]["problem"].as_str().unwrap();
    assert!(problem.contains("did you mean `client_id`"), "{problem}");
    assert!(!problem.contains("MARKER"), "{problem}");
    assert!(
        listed[1]["lag_secs"].as_i64().unwrap() < 300,
        "{}",
        listed[1]
    );
    assert!(listed[1]["last_success"].is_string(), "{}", listed[1]);
    let list = on(&folder, &["tenants", "list"]).failed(1, &broken);
    assert!(list.stdout.contains("did you mean"), "{}", list.stdout);
    assert!(!list.stdout.contains('\u{1b}'), "colour without a terminal");
    // A paused one is nobody's trouble.
    on(&folder, &["tenants", "pause", "broken"]).well();
    on(&folder, &["tenants", "list"]).well();
}

/// What a poll would refuse, and states that cannot be read, are each their tenant's trouble. How far a
/// tenant was read is in the head of its state, whatever the rest holds.
#[cfg(unix)]
#[test]
fn the_list_shows_what_a_poll_would_refuse_and_ends_at_nobodys_state() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let state = |name: &str| folder.path().join(format!("state/{name}.json"));
    for (n, name) in ["a-xml", "b-link", "c-damaged", "d-head", "e-token"]
        .iter()
        .enumerate()
    {
        let lines = match *name {
            "a-xml" => "outputs = [\"xml\"]",
            _ => "",
        };
        write(
            &folder,
            name,
            &tenant,
            &format!("service_sources = [\"{n}\"]\nallow_unknown = true\n{lines}"),
        );
    }
    write_text(
        &folder,
        "e-token.toml",
        &format!(
            "tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nsecret = \"S\"\ncloud = \"mars\""
        ),
    );
    fs::create_dir_all(folder.path().join("state")).unwrap();
    std::os::unix::fs::symlink("/dev/null", state("b-link")).unwrap();
    fs::write(state("c-damaged"), "MARKER").unwrap();
    let head = r#"{"version":3,"watermark":"2021-05-02T00:00:00Z","first_from":null,
        "last_success":null,"saved":null,"outputs":{"siem":"MARKER"}}"#;
    fs::write(state("d-head"), head).unwrap();
    let broken = ["4 of 5 tenants are broken"];
    let listed = objects(&on(&folder, &["tenants", "list", "--json"]).failed(1, &broken));
    for (row, problem) in listed.iter().zip([
        "outputs names one that cannot be",
        "b-link.json could not",
        "state/c-damaged.json: the state object is damaged",
        "",
        "cloud",
    ]) {
        let told = row["problem"].as_str().unwrap_or_default();
        assert_eq!(told.is_empty(), problem.is_empty(), "{row}");
        assert!(told.contains(problem) && !told.contains("MARKER"), "{told}");
    }
    assert!(listed[3]["lag_secs"].is_i64(), "{}", listed[3]);
    let list = on(&folder, &["tenants", "list"]).failed(1, &broken);
    assert!(list.stdout.contains("b-link:\n"), "{}", list.stdout);
}

#[test]
fn a_pause_that_was_interrupted_is_ended_by_the_same_command() {
    let folder = Folder::new();
    on(&folder, &add("contoso", &["--secret", "S"])).well();
    let document = text(&folder, "tenants/contoso.toml");
    let paused = folder.path().join("tenants/paused");
    fs::create_dir_all(&paused).unwrap();
    fs::write(paused.join("contoso.toml"), &document).unwrap();
    let list = on(&folder, &["tenants", "list", "--json"]).well();
    assert_eq!(objects(&list)[0]["paused"], false);
    on(&folder, &["tenants", "pause", "contoso"]).well();
    assert!(!folder.path().join("tenants/contoso.toml").exists());
    assert_eq!(text(&folder, "tenants/paused/contoso.toml"), document);

    fs::write(folder.path().join("tenants/contoso.toml"), "# another").unwrap();
    on(&folder, &["tenants", "pause", "contoso"]).failed(1, &["both there, and differ"]);
}

#[test]
fn the_schema_is_the_published_one() {
    let schema = run(drawbridge(&["tenants", "schema"])).well().stdout;
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tenant.schema.json");
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(&published, &schema).unwrap();
    }
    let there = fs::read_to_string(published).unwrap_or_default();
    assert_eq!(schema, there, "DRAWBRIDGE_BLESS=1 writes it anew");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["required"], json!(["tenant_id", "client_id"]));
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_folder_and_a_bucket_exclude_each_other() {
    let folder = Folder::new();
    on(&folder, &["tenants", "list", "--bucket", "b"]).failed(2, &["--bucket", "--out"]);
    run(drawbridge(&["tenants"])).failed(2, &["add", "check"]);
}

#[test]
fn what_is_removed_is_not_the_first_any_more() {
    let tenant = Tenant::new("[]");
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let (document, note) = (
        folder.path().join("tenants/contoso.toml"),
        folder.path().join("state/contoso.ids.json"),
    );
    assert!(note.exists());
    // Where another file of it cannot be removed, it is still there.
    let paused = folder.path().join("tenants/paused");
    fs::write(&paused, "").unwrap();
    on(&folder, &["tenants", "remove", "contoso", "--yes"]).failed(1, &["tenants/paused"]);
    assert!(document.exists());
    fs::remove_file(&paused).unwrap();
    let state = folder.path().join("state/contoso.json");
    let says_whose = || fs::read_to_string(&state).unwrap().contains("\"polled\"");
    assert!(says_whose());
    // Ended in between, it has removed the document and not what was polled; a second one does.
    let noted = fs::read(&note).unwrap();
    fs::remove_file(&note).unwrap();
    fs::create_dir(&note).unwrap();
    let remove = ["tenants", "remove", "contoso", "--yes"];
    on(&folder, &remove).failed(
        1,
        &["was removed, but", "contoso.ids.json", "run this again"],
    );
    assert!(!document.exists() && says_whose());
    fs::remove_dir(&note).unwrap();
    // A document may only be away for an edit: the place is not given up without asking, whatever the
    // note says.
    for note_says in [noted.as_slice(), b"garbage"] {
        fs::write(&note, note_says).unwrap();
        let asked = on(&folder, &["tenants", "remove", "contoso"]);
        asked.failed(1, &["has no document", "--yes", "nothing was done"]);
        assert!(says_whose() && fs::read(&note).unwrap() == note_says);
    }
    fs::write(&note, noted).unwrap();
    let removed = on(&folder, &remove).well();
    assert!(
        removed.stdout.contains("no longer counts"),
        "{}",
        removed.stdout
    );
    assert!(!says_whose() && fs::read_to_string(&note).unwrap().contains("\"polls\":[]"));
    on(&folder, &remove).failed(1, &["no tenant is called"]);
    // Where the note was never written, and the state is damaged, there is its mark to be made.
    fs::remove_file(&note).unwrap();
    fs::write(&state, "garbage").unwrap();
    on(&folder, &remove).well();
    assert!(fs::read_to_string(&note).unwrap().contains("\"removed\""));
    on(&folder, &remove).failed(1, &["no tenant is called"]);
    fs::remove_file(&state).unwrap();
    // In one go.
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    assert!(says_whose() && fs::read_to_string(&note).unwrap().contains(TENANT));
    let removed = on(&folder, &remove).well();
    assert!(!document.exists() && !says_whose());
    assert!(fs::read_to_string(&note).unwrap().contains("\"polls\":[]"));
    for word in ["its state", "does not count as the first"] {
        assert!(removed.stdout.contains(word), "{}", removed.stdout);
    }
}
