//! `drawbridge serve client` and `drawbridge serve key`, and the tokens that they are for.

use std::fs;

use serde_json::Value;

use crate::serve::{API, Server, polled};
use crate::support::command::{Outcome, drawbridge, run, run_with_input};
use crate::support::folder::Folder;
use crate::support::until;

/// What `serve client` printed: the id, the secret and the hash.
fn client(more: &[&str]) -> (String, String, String) {
    let told = run(drawbridge(&[&["serve", "client"][..], more].concat()))
        .well()
        .stdout;
    let word = |label: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(label));
        line.unwrap().trim().to_owned()
    };
    let hash = told.split('"').find(|part| part.starts_with("sha256:"));
    (
        word("client id"),
        word("client secret"),
        hash.unwrap().to_owned(),
    )
}

fn key(folder: &Folder, more: &[&str]) -> Outcome {
    let mut command = drawbridge(&["serve", "key"]);
    command.args(more).arg("--out").arg(folder.path());
    run(command)
}

/// Has the document list clients of the token endpoint.
fn list(folder: &Folder, clients: &str) {
    let file = folder.path().join("tenants/contoso.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (begin, rest) = text.split_once("serve = {").unwrap();
    let rest = &rest[rest.find("audiences").unwrap()..];
    fs::write(
        &file,
        format!("{begin}serve = {{ own_clients = [{clients}], {rest}"),
    )
    .unwrap();
}

/// Posts a form, and gives the status and the answer.
fn post(server: &Server, fields: &[(&str, &str)]) -> (u16, Value) {
    let url = server.url.replace("/api/alerts", "/common/oauth2/token");
    server.runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).form(fields).send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap();
        (status, serde_json::from_str(&body).unwrap())
    })
}

#[test]
#[cfg(unix)]
fn a_connector_gets_a_token_for_its_secret_until_the_client_is_removed() {
    let (_tenant, folder) = polled();
    let (id, secret, hash) = client(&[]);
    list(
        &folder,
        &format!("{{ id = \"{id}\", secrets = [\"{hash}\"] }}"),
    );
    let server = Server::start(&folder);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &*id),
        ("client_secret", &*secret),
    ];
    // Without a key there is no endpoint; with one, there is, without a restart.
    assert_eq!(post(&server, &fields).0, 404);
    key(&folder, &[]).well();
    let (status, answer) = post(&server, &fields);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["expires_in"], "3599");
    let token = answer["access_token"].as_str().unwrap();
    let (status, records) = server.get("/api/alerts", token);
    assert_eq!((status, records.as_array().unwrap().len()), (200, 4));
    // Entra's are as good.
    assert_eq!(server.get("/api/alerts", &server.token(API)).0, 200);
    let wrong = [fields[0], fields[1], ("client_secret", "hunter2-MARKER")];
    let (status, answer) = post(&server, &wrong);
    assert_eq!(
        (status, answer["error"].as_str()),
        (401, Some("invalid_client"))
    );

    key(&folder, &["--rotate"]).well();
    assert_eq!(server.get("/api/alerts", token).0, 200);
    key(&folder, &["--rotate", "--at-once"]).well();
    assert_eq!(server.get("/api/alerts", token).0, 401);
    let (_, answer) = post(&server, &fields);
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(server.get("/api/alerts", token).0, 200);

    list(&folder, "");
    server.process.signal("-HUP");
    until(|| server.get("/api/alerts", token).0 == 401);
    assert_eq!(post(&server, &fields).0, 404);
    server.process.signal("-TERM");
    let outcome = server.process.ended();
    let log = &outcome.stderr;
    for word in [
        "there is no key",
        &*id,
        "a token was issued",
        "no token was issued",
        "status=401",
    ] {
        assert!(log.contains(word), "no {word} in {log}");
    }
    for never in [&*secret, token, "MARKER", &hash] {
        assert!(!log.contains(never), "{log}");
    }
    outcome.well();
}

#[test]
fn a_client_has_another_secret_each_time() {
    let (first, second) = (client(&[]), client(&[]));
    assert_ne!(first.0, second.0);
    assert_ne!(first.1, second.1);
    let again = client(&["--id", &first.0]);
    assert_eq!(again.0, first.0);
    assert_ne!((again.1, again.2), (first.1, first.2));
    let outcome = run(drawbridge(&["serve", "client", "--id", "hunter2"]));
    let outcome = outcome.failed(2, &["--id is no GUID"]);
    assert!(!outcome.stderr.contains("hunter2"));
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let (_tenant, folder) = polled();
    key(&folder, &["--rotate"]).failed(1, &["no key to rotate"]);
    let told = key(&folder, &[]).well().stdout;
    let file = folder.path().join("secrets/serve-key.json");
    let first = fs::read_to_string(&file).unwrap();
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let secret = read(&first)["key"].as_str().unwrap().to_owned();
    assert!(secret.len() == 64 && !told.contains(&secret));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    key(&folder, &[]).failed(1, &["--rotate"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    key(&folder, &["--rotate"]).well();
    let second = read(&fs::read_to_string(&file).unwrap());
    assert_eq!(second["previous"], secret);
    assert_eq!(second["audience"], read(&first)["audience"]);
    key(&folder, &["--rotate", "--at-once"]).well();
    let third = read(&fs::read_to_string(&file).unwrap());
    assert_eq!(
        (third.get("previous"), &third["audience"]),
        (None, &second["audience"])
    );
}

/// As for a stack, whose key is in Secrets Manager.
#[test]
fn a_key_is_rotated_from_standard_input_to_standard_output() {
    let old = format!("{{\"audience\":\"a\",\"key\":\"{}\"}}\n", "Ab1".repeat(20));
    let rotate = || drawbridge(&["serve", "key", "--rotate", "--stdin"]);
    let told = run_with_input(rotate(), old.as_bytes()).well().stdout;
    let new: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&new["audience"], &new["previous"]),
        (&"a".into(), &"Ab1".repeat(20).into())
    );
    let outcome = run_with_input(rotate(), b"hunter2").failed(1, &["drawbridge serve key"]);
    assert!(!outcome.stderr.contains("hunter2"));
}
