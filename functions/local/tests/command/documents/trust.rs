//! A document of somebody who may write documents and nothing else: no secret of another leaves, and
//! none goes to a host of his own.

use std::fs;

use crate::support::alerts::{list, recent_alert};
use crate::support::command::{Outcome, run};
use crate::support::documents::{command, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};

/// What the administrator allows: by default nothing.
#[derive(Default)]
struct Allowed<'a> {
    hosts: &'a str,
    secrets: &'a str,
}

/// Runs a command in which the victim's secret is set.
fn on(folder: &Folder, allowed: &Allowed<'_>, args: &[&str]) -> Outcome {
    let mut command = command(folder, args);
    command
        .env("VICTIM_SECRET", SECRET)
        .env("DRAWBRIDGE_ALLOWED_HOSTS", allowed.hosts)
        .env("DRAWBRIDGE_ALLOWED_SECRETS", allowed.secrets);
    run(command).discreet()
}

/// The document of `name` with these lines.
fn document(folder: &Folder, name: &str, lines: &str) {
    let text = format!(
        "tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nservice_sources = []\n{lines}\n"
    );
    write_text(folder, &format!("{name}.toml"), &text);
}

fn hosts(tenant: &Tenant) -> String {
    let (login, graph) = (tenant.simulator.login_url(), tenant.simulator.graph_url());
    format!("login_url = \"{login}\"\ngraph_url = \"{graph}\"\n")
}

/// `check` and `poll` both refuse it with these words, and nobody is asked anything.
fn refused(folder: &Folder, allowed: &Allowed<'_>, tenants: &[&Tenant], words: &[&str]) {
    let checked = on(folder, allowed, &["tenants", "check", "--all"]);
    for word in words {
        assert!(
            checked.stdout.contains(word),
            "no {word:?} in: {}",
            checked.stdout
        );
    }
    checked.failed(1, &["do not work"]);
    on(folder, allowed, &["poll", "--all", "--once"]).failed(1, words);
    for tenant in tenants {
        let stats = tenant.simulator.stats();
        assert_eq!((stats.token_requests, stats.list_requests), (0, 0));
    }
}

#[test]
fn a_secret_goes_to_no_host_that_the_administrator_has_not_allowed() {
    let (evil, folder) = (Tenant::new("[]"), Folder::new());
    document(
        &folder,
        "victim",
        &format!("secret = \"VICTIM_SECRET\"\n{}", hosts(&evil)),
    );
    let words = ["login_url", "has not allowed", "DRAWBRIDGE_ALLOWED_HOSTS"];
    refused(&folder, &Allowed::default(), &[&evil], &words);
    // The host of another.
    let allowed = Allowed {
        hosts: "127.0.0.1:1,gateway.example",
        ..Allowed::default()
    };
    refused(&folder, &allowed, &[&evil], &words);
}

#[test]
fn a_document_reads_no_secret_of_another_tenant_and_no_other_file() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let file = folder.path().join("elsewhere.txt");
    fs::write(&file, SECRET).unwrap();
    let allowed = Allowed {
        hosts: "127.0.0.1",
        ..Allowed::default()
    };
    for place in [
        "VICTIM_SECRET",
        "env:VICTIM_SECRET",
        "PATH",
        "/etc/hostname",
        &format!("file:{}", file.display()),
        &folder
            .path()
            .join("secrets/evil/../victim")
            .display()
            .to_string(),
    ] {
        for field in ["secret", "certificate"] {
            document(
                &folder,
                "evil",
                &format!("{field} = {place:?}\n{}", hosts(&tenant)),
            );
            let words = [field, "not this tenant's", "EVIL_SECRET", "secrets/evil"];
            refused(&folder, &allowed, &[&tenant], &words);
        }
    }
    let token = format!("federation = \"/etc/hostname\"\n{}", hosts(&tenant));
    document(&folder, "evil", &token);
    refused(
        &folder,
        &allowed,
        &[&tenant],
        &["federation", "not this tenant's"],
    );
}

#[test]
fn its_own_secrets_need_nobodys_leave() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    let secrets = folder.path().join("secrets");
    fs::create_dir_all(secrets.join("victim")).unwrap();
    fs::write(secrets.join("victim.txt"), SECRET).unwrap();
    fs::write(secrets.join("victim/client-secret"), SECRET).unwrap();
    let allowed = Allowed {
        hosts: "127.0.0.1",
        ..Allowed::default()
    };
    for place in [
        "VICTIM_SECRET",
        &format!("file:{}", secrets.join("victim.txt").display()),
        &secrets.join("victim/client-secret").display().to_string(),
    ] {
        document(
            &folder,
            "victim",
            &format!("secret = {place:?}\n{}", hosts(&tenant)),
        );
        on(&folder, &allowed, &["tenants", "check", "victim"]).well();
    }
    let shared = Allowed {
        secrets: "VICTIM_SECRET",
        ..allowed
    };
    document(
        &folder,
        "victim",
        &format!("secret = \"VICTIM_SECRET\"\n{}", hosts(&tenant)),
    );
    on(&folder, &shared, &["tenants", "check", "victim"]).well();
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_no_secret_elsewhere() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let secrets = folder.path().join("secrets");
    fs::create_dir_all(&secrets).unwrap();
    fs::write(folder.path().join("other"), SECRET).unwrap();
    std::os::unix::fs::symlink(folder.path().join("other"), secrets.join("evil.txt")).unwrap();
    let place = secrets.join("evil.txt").display().to_string();
    document(
        &folder,
        "evil",
        &format!("secret = {place:?}\n{}", hosts(&tenant)),
    );
    let allowed = Allowed {
        hosts: "127.0.0.1",
        ..Allowed::default()
    };
    refused(&folder, &allowed, &[&tenant], &["not this tenant's"]);
}

#[test]
fn an_allowed_name_that_stands_for_a_private_address_is_not_connected_to() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let port = tenant.simulator.login_url().port().unwrap();
    let host = format!("https://localhost:{port}/");
    let lines =
        format!("secret = \"VICTIM_SECRET\"\nlogin_url = \"{host}\"\ngraph_url = \"{host}\"");
    document(&folder, "victim", &lines);
    let allowed = Allowed {
        hosts: "localhost",
        ..Allowed::default()
    };
    refused(&folder, &allowed, &[&tenant], &["no public address"]);
}

#[test]
fn a_federated_document_needs_the_administrators_word_for_its_ids() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let token = folder.path().join("token");
    fs::write(&token, "x.y.z").unwrap();
    let token = token.display().to_string();
    let allowed = Allowed {
        hosts: "127.0.0.1",
        secrets: &token,
    };
    let lines = format!("federation = {token:?}\n{}", hosts(&tenant));
    document(&folder, "fabrikam", &lines);
    let words = [
        "federation",
        "admin/tenants.toml",
        "drawbridge tenants allow fabrikam",
        TENANT,
    ];
    refused(&folder, &allowed, &[&tenant], &words);

    on(&folder, &allowed, &["tenants", "allow", "fabrikam"]).well();
    let checked = on(&folder, &allowed, &["tenants", "check", "fabrikam"]);
    assert!(
        !checked.stdout.contains("admin/tenants.toml"),
        "{}",
        checked.stdout
    );
    // Another document with the same ids, and this one with others.
    fs::remove_file(folder.path().join("tenants/fabrikam.toml")).unwrap();
    document(&folder, "evil", &lines);
    let checked = on(&folder, &allowed, &["tenants", "check", "evil"]);
    assert!(
        checked.stdout.contains("tenants allow evil"),
        "{}",
        checked.stdout
    );
    fs::remove_file(folder.path().join("tenants/evil.toml")).unwrap();
    let others = lines.clone() + "\n";
    let text = format!("tenant_id = \"victim.example\"\nclient_id = \"{CLIENT}\"\n{others}");
    write_text(&folder, "fabrikam.toml", &text);
    let checked = on(&folder, &allowed, &["tenants", "check", "fabrikam"]);
    assert!(
        checked.stdout.contains("tenants allow fabrikam"),
        "{}",
        checked.stdout
    );

    on(
        &folder,
        &allowed,
        &["tenants", "allow", "fabrikam", "--revoke"],
    )
    .well();
    on(
        &folder,
        &allowed,
        &["tenants", "allow", "fabrikam", "--revoke"],
    )
    .failed(1, &["not in admin/tenants.toml"]);
    on(&folder, &allowed, &["tenants", "allow", "nobody"]).failed(1, &["nobody"]);
}

#[test]
fn a_document_has_bounds() {
    let folder = Folder::new();
    let filler = "#".repeat(64 * 1024);
    document(
        &folder,
        "huge",
        &format!("secret = \"HUGE_SECRET\"\n{filler}"),
    );
    refused(
        &folder,
        &Allowed::default(),
        &[],
        &["longer than 65536 bytes"],
    );
    fs::remove_file(folder.path().join("tenants/huge.toml")).unwrap();
    for (ids, word) in [
        (
            format!("tenant_id = \"not an id\"\nclient_id = \"{CLIENT}\""),
            "tenant_id",
        ),
        (
            format!("tenant_id = \"common\"\nclient_id = \"{CLIENT}\""),
            "tenant_id",
        ),
        (
            format!("tenant_id = \"{TENANT}\"\nclient_id = \"app\""),
            "client_id",
        ),
    ] {
        write_text(
            &folder,
            "odd.toml",
            &format!("{ids}\nsecret = \"ODD_SECRET\"\n"),
        );
        refused(&folder, &Allowed::default(), &[], &[word, "must be the"]);
    }
}
