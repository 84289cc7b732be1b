//! Tenants that have documents in a folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::command::{Outcome, drawbridge, run};
use super::folder::Folder;
use super::tenant::{CLIENT, SECRET, TENANT, Tenant};

/// The variable that holds the client secret.
pub(crate) const VARIABLE: &str = "CONTOSO_SECRET";

/// The places that documents of tests name; what a document may name without that is a test of its own.
const ALLOWED_SECRETS: &str = "CONTOSO_SECRET,A,B,S,NOT_SET_ANYWHERE,/run/gov.pem,/run/token";

/// `drawbridge` with these arguments and the folder, where the secret is in [`VARIABLE`].
pub(crate) fn command(folder: &Folder, args: &[&str]) -> Command {
    let mut command = drawbridge(args);
    command
        .arg("--out")
        .arg(folder.path())
        .env(VARIABLE, SECRET)
        .env("DRAWBRIDGE_ALLOWED_SECRETS", ALLOWED_SECRETS)
        .envs(folder.hosts())
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK");
    command
}

/// Runs [`command`] to its end.
pub(crate) fn on(folder: &Folder, args: &[&str]) -> Outcome {
    run(command(folder, args)).discreet()
}

/// Writes the document of a tenant that signs in at `tenant`, as all of the folder do, with further
/// lines.
pub(crate) fn write(folder: &Folder, name: &str, tenant: &Tenant, lines: &str) {
    write_of(folder, name, tenant, TENANT, lines);
}

/// The same of a tenant with an id of its own.
pub(crate) fn write_of(folder: &Folder, name: &str, tenant: &Tenant, id: &str, lines: &str) {
    folder.read_from(&tenant.simulator);
    let text = format!(
        "tenant_id = \"{id}\"\nclient_id = \"{CLIENT}\"\nsecret = \"{VARIABLE}\"\n\
         first_lookback_secs = 1000000000\n{lines}\n",
    );
    let lines = if lines.contains("service_sources") {
        ""
    } else {
        "service_sources = []\n"
    };
    write_text(folder, &format!("{name}.toml"), &format!("{text}{lines}"));
}

/// Writes a document as it is.
pub(crate) fn write_text(folder: &Folder, file: &str, text: &str) {
    fs::create_dir_all(folder.path().join("tenants")).unwrap();
    fs::write(folder.path().join("tenants").join(file), text).unwrap();
}

/// A file of a tenant's output.
pub(crate) fn output(folder: &Folder, tenant: &str, file: &str) -> PathBuf {
    folder.path().join(tenant).join(file)
}

/// The lines of a tenant's output; none where there is no file.
pub(crate) fn lines(folder: &Folder, tenant: &str, file: &str) -> Vec<String> {
    let text = fs::read_to_string(output(folder, tenant, file)).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "a line is torn");
    text.lines().map(str::to_owned).collect()
}

/// The JSON objects on standard output, one a line.
pub(crate) fn objects(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
