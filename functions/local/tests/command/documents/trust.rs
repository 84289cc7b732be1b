//! A document of somebody who may write documents and nothing else: no secret of another leaves, and
//! none goes to a host of his own, nor to one of this machine or of its network.

use std::fs;

use crate::proxy::proxy;
use crate::support::alerts::{list, recent_alert};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::documents::{command, objects, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};

/// What the administrator allows: by default nothing.
#[derive(Default)]
struct Allowed<'a> {
    hosts: &'a str,
    secrets: &'a str,
}

/// Runs a command in which the victim's secret is set, and the simulator is the administrator's choice
/// if the folder has one.
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

/// `check` and `poll` both refuse it with these words, and nobody is asked anything.
fn refused(folder: &Folder, allowed: &Allowed<'_>, tenants: &[&Tenant], words: &[&str]) {
    let checked = on(folder, allowed, &["tenants", "check", "--all"]);
    for word in words {
        let told = &checked.stdout;
        assert!(told.contains(word), "no {word:?} in: {told}");
    }
    // What is refused before anything is asked is listed as broken, too.
    if !words.contains(&"no public address") {
        let listed = on(folder, allowed, &["tenants", "list"])
            .failed(1, &["broken"])
            .stdout;
        for word in words {
            assert!(listed.contains(word), "no {word:?} in: {listed}");
        }
    }
    checked.failed(1, &["not work"]);
    on(folder, allowed, &["poll", "--all", "--once"]).failed(1, words);
    for tenant in tenants {
        let stats = tenant.simulator.stats();
        assert_eq!((stats.token_requests, stats.list_requests), (0, 0));
    }
}

/// The simulator under a name, which a list may have.
fn localhost(tenant: &Tenant) -> String {
    let port = tenant.simulator.login_url().port().unwrap();
    let host = format!("https://localhost:{port}/");
    format!("login_url = \"{host}\"\ngraph_url = \"{host}\"")
}

#[test]
fn a_secret_goes_to_no_host_that_the_administrator_has_not_allowed() {
    let (evil, folder) = (Tenant::new("[]"), Folder::new());
    document(
        &folder,
        "victim",
        &format!("secret = \"VICTIM_SECRET\"\n{}", localhost(&evil)),
    );
    let words = ["login_url", "has not allowed", "DRAWBRIDGE_ALLOWED_HOSTS"];
    refused(&folder, &Allowed::default(), &[&evil], &words);
    // The host of another.
    let allowed = Allowed {
        hosts: "localhost:1,gateway.example",
        ..Allowed::default()
    };
    refused(&folder, &allowed, &[&evil], &words);
}

#[test]
fn no_address_of_this_machine_or_its_network_is_allowed() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let secret = "secret = \"VICTIM_SECRET\"";
    let sentence = ["private network", "LoginUrl", "DRAWBRIDGE_LOGIN_URL"];
    let named = |login: &str| {
        document(
            &folder,
            "victim",
            &format!("{secret}\nlogin_url = \"{login}\"\ngraph_url = \"{login}\""),
        );
    };
    let simulator = tenant.simulator.login_url();
    for login in [
        simulator.as_str(),
        "https://10.0.0.1/",
        "https://[fd00::1]/",
    ] {
        named(login);
        let words = [&["login_url"], &sentence[..]].concat();
        refused(&folder, &Allowed::default(), &[&tenant], &words);
        let add = [
            "tenants",
            "add",
            "victim",
            "--replace",
            "--tenant-id",
            TENANT,
            "--client-id",
            CLIENT,
            "--secret",
            "VICTIM_SECRET",
            "--login-url",
            login,
            "--graph-url",
            login,
        ];
        on(&folder, &Allowed::default(), &add).failed(1, &words);
    }
    // An entry would do nothing; that is said before anything is done.
    for hosts in ["127.0.0.1", "gateway.example,[::1]:8443", "192.168.1.1"] {
        let allowed = Allowed {
            hosts,
            ..Allowed::default()
        };
        let words = [&["DRAWBRIDGE_ALLOWED_HOSTS lists"], &sentence[..]].concat();
        for args in [
            &["tenants", "check", "--all"][..],
            &["poll", "--all", "--once"],
            &["tenants", "list"],
        ] {
            on(&folder, &allowed, args).failed(1, &words);
        }
    }
    assert_eq!(tenant.simulator.stats().token_requests, 0);
}

#[test]
fn the_administrator_has_tenants_read_where_he_likes() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    folder.read_from(&tenant.simulator);
    document(&folder, "victim", "secret = \"VICTIM_SECRET\"");
    let allowed = Allowed::default();
    on(&folder, &allowed, &["tenants", "check", "victim"]).well();
    on(&folder, &allowed, &["poll", "--all", "--once"]).well();
    // Each is listed with where it is read.
    let gateway = "https://gateway.example";
    let own = format!("login_url = \"{gateway}\"\ngraph_url = \"{gateway}\"");
    for (name, lines) in [("own", own.as_str()), ("cloud", "cloud = \"global\"")] {
        let ids = format!("tenant_id = \"{name}.example\"\nclient_id = \"{CLIENT}\"");
        let text = format!("{ids}\nsecret = \"S\"\n{lines}\n");
        write_text(&folder, &format!("{name}.toml"), &text);
    }
    let listed = on(&folder, &allowed, &["tenants", "list", "--json"]);
    let listed = objects(&listed);
    let clouds: Vec<_> = listed.iter().map(|one| one["cloud"].as_str()).collect();
    let simulator = format!("127.0.0.1:{}", tenant.simulator.graph_url().port().unwrap());
    let expected = ["global", "gateway.example", &simulator].map(Some);
    assert_eq!(clouds, expected);
    // The command line is his as well.
    let alone = Folder::new();
    let mut poll = drawbridge(&[
        "poll",
        "--once",
        "--tenant-id",
        TENANT,
        "--client-id",
        CLIENT,
    ]);
    poll.arg("--out")
        .arg(alone.path())
        .envs(folder.hosts())
        .env("DRAWBRIDGE_CLIENT_SECRET", SECRET);
    run(poll).discreet().well();

    let mut half = command(&folder, &["tenants", "check", "victim"]);
    half.env_remove("DRAWBRIDGE_GRAPH_URL");
    run(half).failed(1, &["DRAWBRIDGE_LOGIN_URL and", "both or neither"]);
    let mut plain = command(&folder, &["tenants", "check", "victim"]);
    plain.env("DRAWBRIDGE_LOGIN_URL", "http://relay.example");
    run(plain).failed(1, &["DRAWBRIDGE_LOGIN_URL and", "is not https"]);
}

#[test]
fn a_document_reads_no_secret_of_another_tenant_and_no_other_file() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let file = folder.path().join("elsewhere.txt");
    fs::write(&file, SECRET).unwrap();
    folder.read_from(&tenant.simulator);
    let allowed = Allowed::default();
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
            document(&folder, "evil", &format!("{field} = {place:?}"));
            let words = [field, "not this tenant's", "EVIL_SECRET", "secrets/evil"];
            refused(&folder, &allowed, &[&tenant], &words);
        }
    }
    let token = "federation = \"/etc/hostname\"";
    document(&folder, "evil", token);
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
    folder.read_from(&tenant.simulator);
    let allowed = Allowed::default();
    for place in [
        "VICTIM_SECRET",
        &format!("file:{}", secrets.join("victim.txt").display()),
        &secrets.join("victim/client-secret").display().to_string(),
    ] {
        document(&folder, "victim", &format!("secret = {place:?}"));
        on(&folder, &allowed, &["tenants", "check", "victim"]).well();
    }
    let shared = Allowed {
        secrets: "VICTIM_SECRET",
        ..allowed
    };
    document(&folder, "victim", "secret = \"VICTIM_SECRET\"");
    on(&folder, &shared, &["tenants", "check", "victim"]).well();
}

/// The shell of whoever looks lacks what the service has. What was changed since, no poll has taken.
#[test]
fn a_tenant_is_not_broken_because_a_shell_lacks_what_its_polls_have() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    folder.read_from(&tenant.simulator);
    document(&folder, "fabrikam", "secret = \"VICTIM_SECRET\"");
    let polls = Allowed {
        secrets: "VICTIM_SECRET",
        ..Allowed::default()
    };
    let shell = Allowed::default();
    let broken = || {
        on(&folder, &shell, &["status"])
            .failed(1, &["not well"])
            .stdout
    };
    assert!(broken().contains("DRAWBRIDGE_ALLOWED_SECRETS"));
    on(&folder, &polls, &["poll", "--all", "--once"]).well();
    on(&folder, &shell, &["status"]).well();
    on(&folder, &shell, &["tenants", "list"]).well();
    // Polls have lost the variable, too.
    on(&folder, &shell, &["poll", "--all", "--once"]).failed(1, &["DRAWBRIDGE_ALLOWED_SECRETS"]);
    assert!(broken().contains("DRAWBRIDGE_ALLOWED_SECRETS"));
    on(&folder, &shell, &["tenants", "list"]).failed(1, &["1 tenant is broken"]);
    on(&folder, &polls, &["poll", "--all", "--once"]).well();
    on(&folder, &shell, &["status"]).well();
    // Another document, older than the last poll, is put in its place.
    #[cfg(unix)]
    {
        let path = folder.path().join("tenants/fabrikam.toml");
        let other = folder.path().join("other");
        fs::copy(&path, &other).unwrap();
        let file = fs::File::options().append(true).open(&other).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(broken().contains("DRAWBRIDGE_ALLOWED_SECRETS"));
        on(&folder, &polls, &["poll", "--all", "--once"]).well();
    }
    document(&folder, "fabrikam", "secret = \"VICTIM_SECRET\"");
    assert!(broken().contains("DRAWBRIDGE_ALLOWED_SECRETS"));
    on(&folder, &shell, &["tenants", "list"]).failed(1, &["1 tenant is broken"]);
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
    document(&folder, "evil", &format!("secret = {place:?}"));
    folder.read_from(&tenant.simulator);
    let allowed = Allowed::default();
    refused(&folder, &allowed, &[&tenant], &["not this tenant's"]);
}

#[test]
fn an_allowed_name_that_stands_for_a_private_address_is_not_connected_to() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let lines = format!("secret = \"VICTIM_SECRET\"\n{}", localhost(&tenant));
    document(&folder, "victim", &lines);
    let allowed = Allowed {
        hosts: "localhost",
        ..Allowed::default()
    };
    refused(&folder, &allowed, &[&tenant], &["no public address"]);
}

/// A proxy has a private address as a rule, and it is not the document that names it.
#[test]
fn a_proxy_with_a_private_address_carries_requests_to_an_allowed_host() {
    let check = |hosts: &str, no_proxy: &str| {
        let (url, asked) = proxy("503 X");
        let url = url.replace("127.0.0.1", "localhost");
        let folder = Folder::new();
        let lines = format!(
            "secret = \"VICTIM_SECRET\"\nlogin_url = \"https://{hosts}/\"\ngraph_url = \"https://{hosts}/\""
        );
        document(&folder, "victim", &lines);
        let mut command = command(&folder, &["tenants", "check", "victim"]);
        command
            .env("VICTIM_SECRET", SECRET)
            .env("DRAWBRIDGE_ALLOWED_HOSTS", hosts)
            .env("HTTPS_PROXY", url)
            .env("NO_PROXY", no_proxy);
        let stdout = run(command).discreet().stdout;
        let asked = asked.lock().unwrap().clone();
        (asked, stdout)
    };
    let (asked, stdout) = check("gateway.example", "");
    assert!(asked.starts_with("CONNECT gateway.example:443"), "{stdout}");
    // What stands for a private address is the proxy alone, and nobody gets at that in its place.
    for no_proxy in ["", "localhost"] {
        let (asked, stdout) = check("localhost", no_proxy);
        assert!(
            asked.is_empty() && stdout.contains("the proxy's own"),
            "{stdout}"
        );
    }
}

#[test]
fn a_federated_document_needs_the_administrators_word_for_its_ids() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let token = folder.path().join("token");
    fs::write(&token, "x.y.z").unwrap();
    let token = token.display().to_string();
    folder.read_from(&tenant.simulator);
    let allowed = Allowed {
        secrets: &token,
        ..Allowed::default()
    };
    let lines = format!("federation = {token:?}\n");
    document(&folder, "fabrikam", &lines);
    let words = [
        "federation",
        "an administrator must approve this document first",
        "drawbridge tenants allow fabrikam",
        TENANT,
    ];
    refused(&folder, &allowed, &[&tenant], &words);

    on(&folder, &allowed, &["tenants", "allow", "fabrikam"]).well();
    let checked = on(&folder, &allowed, &["tenants", "check", "fabrikam"]);
    assert!(
        !checked.stdout.contains("must approve"),
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

    // The right ones with hosts of its own, which are allowed for what cannot be used elsewhere.
    let gateway = Allowed {
        hosts: "gateway.invalid",
        ..allowed
    };
    let host = "https://gateway.invalid/";
    let hosts = format!("login_url = \"{host}\"\ngraph_url = \"{host}\"\n");
    document(&folder, "fabrikam", &format!("{lines}{hosts}"));
    let words = ["login_url and graph_url", "tenants allow fabrikam"];
    refused(&folder, &gateway, &[&tenant], &words);

    let replaces = ["tenants", "allow", "fabrikam", "--replaces-first-tenant"];
    on(&folder, &allowed, &replaces).failed(2, &["a folder has no tenant in a stack's parameters"]);
    on(&folder, &allowed, &["tenants", "allow", "fabrikam"]).well();
    let list = folder.path().join("admin/tenants.toml");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, format!("{text}replaces_first_tenant = true\n")).unwrap();
    // Once more, as after a change of the ids: what the list says besides stays.
    let again = on(&folder, &allowed, &["tenants", "allow", "fabrikam"]).well();
    for words in ["gateway.invalid", "the stack's first tenant"] {
        assert!(again.stdout.contains(words), "{}", again.stdout);
    }
    let list = fs::read_to_string(folder.path().join("admin/tenants.toml")).unwrap();
    for line in ["replaces_first_tenant = true", "gateway.invalid"] {
        assert!(list.contains(line), "{list}");
    }

    let revoked = on(
        &folder,
        &allowed,
        &["tenants", "allow", "fabrikam", "--revoke"],
    )
    .well();
    let words = "signs in without a secret of its own";
    assert!(revoked.stdout.contains(words), "{}", revoked.stdout);
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
