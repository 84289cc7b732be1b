use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::template::{FILES, expanded, folder, python, run};

/// It has no module to run.
const CFN_LINT: &str = "from cfnlint.runner import main; main()";

#[test]
fn cfn_lint_finds_nothing() {
    run(python().args(["-c", CFN_LINT]).args(FILES), "cfn-lint");
}

/// The role that Sentinel assumes is a stack of its own, in the account of its user.
#[test]
fn the_linters_find_nothing_in_sentinels_role() {
    let file = "sentinel/aws-role.yaml";
    run(python().args(["-c", CFN_LINT, file]), "cfn-lint");
    let mut checkov = python();
    checkov.args(["-m", "checkov.main", "--config-file", "checkov.yaml"]);
    run(checkov.args(["--file", file]), "checkov");
    // Whoever may name the session may read what any customer of Sentinel's may: this workspace alone.
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    assert!(text.contains("sts:RoleSessionName: !Sub \"MicrosoftSentinel_${WorkspaceId}\""));
    assert!(text.contains("PermissionsBoundary: !If [HasBoundary, !Ref PermissionsBoundaryArn"));
}

/// The files with their loops written out: checkov passes over a loop, and what it makes.
fn without_loops() -> &'static [PathBuf] {
    static WRITTEN: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("without_loops");
        std::fs::create_dir_all(&folder).unwrap();
        let written = FILES.map(|file| {
            let path = folder.join(file).with_extension("json");
            std::fs::write(&path, expanded(file)).unwrap();
            path
        });
        written.into()
    });
    &WRITTEN
}

#[test]
fn checkov_finds_nothing_beyond_the_list() {
    for file in without_loops() {
        let mut command = checkov(file);
        command
            .arg("--config-file")
            .arg(folder().join("checkov.yaml"));
        run(&mut command, "checkov");
    }
}

/// checkov for a file, which is named without its folder: a path of forty letters and slashes would be taken for a secret
/// key.
fn checkov(file: &Path) -> Command {
    let mut command = python();
    command.current_dir(file.parent().unwrap());
    command.args(["-m", "checkov.main", "--file"]);
    command.arg(file.file_name().unwrap());
    command
}

/// What checkov says without the exceptions.
fn report(file: &Path) -> Value {
    let mut command = checkov(file);
    command.args(["--framework", "cloudformation"]);
    command.args(["--skip-download", "--output", "json", "--soft-fail"]);
    let report = run(&mut command, "checkov");
    serde_json::from_str(&report).unwrap()
}

#[test]
fn every_exception_is_needed_and_has_its_reason() {
    let text = std::fs::read_to_string(folder().join("checkov.yaml")).unwrap();
    let (_, list) = text.split_once("skip-check:\n").unwrap();
    let mut exceptions = BTreeSet::new();
    let mut has_reason = false;
    for line in list.lines().map(str::trim) {
        if let Some(id) = line.strip_prefix("- ") {
            assert!(has_reason, "checkov.yaml: write the reason above {id}");
            exceptions.insert(id.to_owned());
        }
        has_reason = line.starts_with('#');
    }

    let mut found = BTreeSet::new();
    for (file, name) in without_loops().iter().zip(FILES) {
        let report = report(file);
        // It has no rule for anything that this one makes, and then it counts nothing.
        if name == "monitoring.yaml" {
            assert_eq!(report["passed"], 0, "{name}: compare the resources, too");
            continue;
        }
        let template: Value = serde_json::from_str(&expanded(name)).unwrap();
        let resources = template["Resources"].as_object().unwrap().len();
        assert_eq!(report["summary"]["resource_count"], resources, "{name}");
        let failed = report["results"]["failed_checks"].as_array().unwrap();
        found.extend(
            failed
                .iter()
                .map(|check| check["check_id"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(
        exceptions, found,
        "left: the exceptions in infra/checkov.yaml, right: what checkov finds without them"
    );
}

/// A person reads the template from its beginning to its end: what makes it longer makes something else
/// in it shorter, or goes into one of the nested ones.
#[test]
fn the_template_can_be_read_in_one_sitting() {
    let path = crate::template::folder().join("template.yaml");
    let lines = std::fs::read_to_string(path).unwrap().lines().count();
    assert!(lines <= 1100, "{lines} lines");
}
