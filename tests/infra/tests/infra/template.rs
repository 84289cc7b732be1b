//! The template, and the tools that read it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Map, Value};

const REQUIREMENTS: &str = include_str!("../../requirements.txt");
pub(crate) const EXPAND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/expand.py");
const TRANSFORM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/transform.py");

/// `infra/`.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra")
}

/// The template, those that it makes stacks of, and the one that is deployed beside it.
pub(crate) const FILES: [&str; 6] = [
    "template.yaml",
    "jobs.yaml",
    "messages.yaml",
    "monitoring.yaml",
    "objects.yaml",
    "serve.yaml",
];

/// What CloudFormation makes of the template: no loop and no SAM in it any more.
pub(crate) fn transformed() -> &'static Value {
    file(FILES[0])
}

/// The same of a file.
pub(crate) fn file(name: &str) -> &'static Value {
    &templates()[name]
}

/// A file with its loops written out, as JSON.
pub(crate) fn expanded(file: &str) -> String {
    run(python().arg(EXPAND).arg(file), "writing out the loops")
}

fn templates() -> &'static Map<String, Value> {
    static TEMPLATES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
        let transformed = |file: &str| {
            let mut command = python();
            let text = run(command.arg(TRANSFORM).arg(file), "the SAM transform");
            (file.to_owned(), serde_json::from_str(&text).unwrap())
        };
        FILES.into_iter().map(transformed).collect()
    });
    &TEMPLATES
}

/// The resources of a type in all files, with their logical ids; those of the other files have the
/// file's name before them.
pub(crate) fn resources(kind: &str) -> Vec<(String, &'static Value)> {
    let mut found = everything();
    found.retain(|(_, resource)| resource["Type"] == kind);
    found
}

/// Every resource of the template itself.
pub(crate) fn all_resources() -> &'static Map<String, Value> {
    transformed()["Resources"].as_object().unwrap()
}

/// Every resource of all files.
pub(crate) fn everything() -> Vec<(String, &'static Value)> {
    let mut found = Vec::new();
    for (file, template) in templates() {
        let prefix = match file.as_str() {
            "template.yaml" => String::new(),
            other => format!("{}/", other.trim_end_matches(".yaml")),
        };
        for (id, resource) in template["Resources"].as_object().unwrap() {
            found.push((format!("{prefix}{id}"), resource));
        }
    }
    found
}

/// The parameters of all files.
pub(crate) fn parameters() -> impl Iterator<Item = (&'static String, &'static Value)> {
    let templates = templates().values();
    templates.flat_map(|template| template["Parameters"].as_object().unwrap())
}

/// An interpreter with the linters.
pub(crate) fn python() -> Command {
    tool("python")
}

/// A program of the linters' environment, which sees nothing of the outer environment that could
/// change what it says.
pub(crate) fn tool(name: &str) -> Command {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
        drawbridge_emulator::python_environment("infra", REQUIREMENTS)
            .unwrap_or_else(|error| panic!("{error}"))
    });
    // Caches go into the environment, and nobody's own settings are read.
    let home = PYTHON.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(PYTHON.with_file_name(name));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .current_dir(folder());
    command
}

/// Runs a command that must succeed, and gives its standard output.
pub(crate) fn run(command: &mut Command, what: &str) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{what} failed; mend infra/template.yaml:\n{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}
