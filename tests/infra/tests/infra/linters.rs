use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{FILES, folder, python, run};

/// It has no module to run.
const CFN_LINT: &str = "from cfnlint.runner import main; main()";

#[test]
fn cfn_lint_finds_nothing() {
    run(python().args(["-c", CFN_LINT]).args(FILES), "cfn-lint");
}

#[test]
fn checkov_finds_nothing_beyond_the_list() {
    for file in FILES {
        let arguments = ["--config-file", "checkov.yaml", "--file", file];
        run(
            python().args(["-m", "checkov.main"]).args(arguments),
            "checkov",
        );
    }
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
    for file in FILES {
        let arguments = [
            "--file",
            file,
            "--framework",
            "cloudformation",
            "--skip-download",
            "--output",
            "json",
            "--soft-fail",
        ];
        let report = run(
            python().args(["-m", "checkov.main"]).args(arguments),
            "checkov",
        );
        let report: Value = serde_json::from_str(&report).unwrap();
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
