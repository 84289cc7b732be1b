//! The template, and the tools that read it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Map, Value};

const REQUIREMENTS: &str = include_str!("../../requirements.txt");
const TRANSFORM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/transform.py");

/// `infra/`.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra")
}

/// What CloudFormation makes of the template: no SAM in it any more.
pub(crate) fn transformed() -> &'static Value {
    static TEMPLATE: LazyLock<Value> = LazyLock::new(|| {
        let template = folder().join("template.yaml");
        let text = run(python().arg(TRANSFORM).arg(template), "the SAM transform");
        serde_json::from_str(&text).unwrap()
    });
    &TEMPLATE
}

/// The resources of a type, with their logical ids.
pub(crate) fn resources(kind: &str) -> Vec<(&'static str, &'static Value)> {
    all_resources()
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), resource))
        .collect()
}

/// Every resource.
pub(crate) fn all_resources() -> &'static Map<String, Value> {
    transformed()["Resources"].as_object().unwrap()
}

/// An interpreter with the linters, which sees nothing of the environment that could change what
/// they say.
pub(crate) fn python() -> Command {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
        drawbridge_emulator::python_environment("infra", REQUIREMENTS)
            .unwrap_or_else(|error| panic!("{error}"))
    });
    // Caches go into the environment, and nobody's own settings are read.
    let home = PYTHON.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(&*PYTHON);
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

#[test]
fn every_tool_is_pinned() {
    let lines = REQUIREMENTS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        assert!(line.contains("=="), "requirements.txt: pin {line:?}");
    }
}
