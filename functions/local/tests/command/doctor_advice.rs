//! Whatever `drawbridge doctor` finds wrong, it says what to do: to people, and to scripts in `do`.

use std::fs;

use serde_json::Value;

use crate::deliver::settings;
use crate::support::command::{Outcome, run};
use crate::support::documents::{VARIABLE, command, objects, write, write_of, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, TENANT, Tenant};

/// A folder with every trouble of a tenant's that a folder can show.
fn folder_with_every_trouble(tenant: &Tenant) -> Folder {
    let folder = Folder::new();
    write(&folder, "a-well", tenant, "");
    write_of(&folder, "b-role", tenant, OTHER, "");
    let ids = |of: &str| {
        format!(
            "tenant_id = \"{TENANT}\"\nclient_id = \"22222222-2222-4222-8222-222222222222\"\n\
             service_sources = [\"{of}\"]\n"
        )
    };
    write_text(&folder, "c-typo.toml", "tenant_idd = \"x\"");
    let unset = ids("microsoftDefenderForOffice365") + "secret = \"NOT_SET_ANYWHERE\"";
    write_text(&folder, "d-unset.toml", &unset);
    let no_pem = ids("microsoftDefenderForIdentity") + "certificate = \"A\"";
    write_text(&folder, "e-no-pem.toml", &no_pem);
    let xml = ids("microsoft365Defender") + "secret = \"B\"\noutputs = [\"xml\"]";
    write_text(&folder, "f-output.toml", &xml);
    write_text(&folder, "Northwind.toml", "");
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("state/a-well.json", "no state");
    put("quarantine/b-role/alerts/1.json", "{}");
    fs::create_dir_all(folder.path().join("a-well/siem.ndjson")).unwrap();
    folder
}

fn doctor(folder: &Folder, args: &[&str], secret: &str) -> Outcome {
    let mut doctor = command(folder, args);
    doctor
        .arg("--to")
        .arg(folder.path().join("to.json"))
        .env(VARIABLE, secret)
        .envs([
            ("A", "no certificate"),
            ("B", secret),
            ("COLUMNS", "100000"),
        ]);
    run(doctor).discreet()
}

/// Checks that each failure says what to do, and gives what they were about.
fn failures(folder: &Folder, secret: &str) -> Vec<String> {
    let told = objects(&doctor(folder, &["doctor", "--json"], secret));
    let shown = doctor(folder, &["doctor"], secret).stdout;
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let bad = told
        .iter()
        .filter(|line| line["level"] == "failed" || line["level"] == "warn");
    bad.map(|line| {
        let (about, todo) = (text(line, "about"), text(line, "do"));
        assert!(!todo.is_empty(), "nothing is said of what to do: {line}");
        // How often something was tried, and for how long, is different each time.
        assert!(shown.contains(&todo), "{todo} is not in:\n{shown}");
        about
    })
    .collect()
}

#[test]
fn every_failure_says_what_to_do() {
    let tenant = Tenant::beside("[]", "[]", |refusing| refusing.has_consent = false);
    let folder = folder_with_every_trouble(&tenant);
    settings(&folder, "{\"target\": \"splunk\"}");
    let right = crate::support::tenant::SECRET;
    let mut failed = failures(&folder, right);
    failed.extend(failures(&folder, "MARKER~a-wrong-secret"));
    for about in [
        "documents",
        "a-well: sign-in",
        "a-well: outputs",
        "a-well: polls",
        "b-role: roles",
        "b-role: alerts",
        "b-role: polls",
        "c-typo: document",
        "d-unset: sign-in",
        "e-no-pem: sign-in",
        "f-output: document",
        "deliver",
    ] {
        assert!(failed.iter().any(|of| of == about), "{about}: {failed:?}");
    }
}

#[test]
fn a_sign_in_that_failed_says_by_itself_what_to_do() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    settings(&folder, "{\"target\": \"splunk\"}");
    let told = objects(&doctor(&folder, &["doctor", "--json"], "MARKER~wrong"));
    let line = told.iter().find(|line| line["about"] == "contoso: sign-in");
    let todo = line.and_then(|line| line["do"].as_str()).unwrap_or("");
    assert!(todo.starts_with("store the secret's Value"), "{told:?}");
}
