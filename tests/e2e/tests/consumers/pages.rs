//! The pages of the consumers against the code: every row has one, the samples are what the code
//! yields, and the settings exist.
//!
//! After a change of a format: `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-e2e --test e2e consumers`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_deliver::TARGETS;
use drawbridge_record::{Body, format, formats};
use serde_json::Value;

use crate::consumers::alerts;
use crate::consumers::index::{Row, Shape, folder, rows, ticked};

const BEGIN: &str = "<!-- sample: ";
/// What each page has to say.
const SECTIONS: [&str; 6] = [
    "## Set it up",
    "## IAM",
    "## What arrives",
    "## Duplicates",
    "## Limits",
    "## Checked",
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> BTreeSet<String> {
    rows().into_iter().map(|row| row.page).collect()
}

#[test]
fn every_row_has_a_page_and_every_page_a_row() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && name != "README.md")
        .collect();
    assert_eq!(files, pages());
    for page in files {
        let text = fs::read_to_string(folder().join(&page)).unwrap();
        let missing: Vec<_> = SECTIONS.iter().filter(|&s| !text.contains(s)).collect();
        assert!(missing.is_empty(), "{page} lacks {missing:?}");
    }
}

/// Each page shows a sample of each format that its rows name, as the code writes it.
#[test]
fn the_samples_are_what_the_code_yields() {
    let alert = alerts::sample();
    for page in pages() {
        let path = folder().join(&page);
        let text = fs::read_to_string(&path).unwrap();
        let mut parts = text.split(BEGIN);
        let mut renewed = parts.next().unwrap().to_owned();
        let mut shown = BTreeSet::new();
        for part in parts {
            let (name, rest) = part.split_once(" -->\n```").unwrap();
            let (_, after) = rest.split_once("\n```\n").unwrap();
            let format = format(name).unwrap_or_else(|| panic!("{page}: no format {name}"));
            let record = alerts::records(format, &alert).remove(0).body;
            let kind = match format.body() {
                Body::Json => "json",
                Body::Text => "text",
            };
            renewed += &format!("{BEGIN}{name} -->\n```{kind}\n{record}\n```\n{after}");
            shown.insert(name.to_owned());
        }
        let wanted = rows().into_iter().filter(|row| row.page == page);
        assert_eq!(shown, wanted.map(|row| row.format).collect(), "{page}");
        if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
            fs::write(path, renewed).unwrap();
        } else {
            assert!(
                text == renewed,
                "run with DRAWBRIDGE_BLESS=1 to renew {page}"
            );
        }
    }
}

/// A parameter is called after its format, and the template has it.
#[test]
fn the_parameters_exist() {
    let template = fs::read_to_string(project().join("infra/template.yaml")).unwrap();
    let has = |name: &str| template.contains(&format!("\n  {name}:\n"));
    // The outputs of all formats are made in a loop each for messages and objects.
    let is_made = |name: &str| {
        let makes = |word: &str, rest: &str| template.contains(&format!("${{{word}}}{rest}:\n"));
        let mut rests = formats()
            .iter()
            .filter_map(|format| name.strip_prefix(&capital(format.name())));
        rests.any(|rest| {
            let of_objects = rest.strip_prefix("Objects");
            makes("Format", rest) || of_objects.is_some_and(|rest| makes("Output", rest))
        })
    };
    for row in rows().iter().filter(|row| row.shape != Shape::Deliver) {
        assert_eq!(row.setting, parameter(&row.format));
        assert!(has(&row.setting), "the template has no {}", row.setting);
    }
    // Parameters and outputs of the stack, where a page names one between backticks.
    for page in pages().iter().map(String::as_str).chain(["README.md"]) {
        let text = fs::read_to_string(folder().join(page)).unwrap();
        for name in ticked(&prose(&text))
            .iter()
            .filter(|name| is_of_stack(name))
        {
            let output = format!("\n  {name}: ");
            assert!(
                has(name) || is_made(name) || template.contains(&output),
                "{page}: the stack has no {name}"
            );
        }
    }
}

fn capital(format: &str) -> String {
    let (first, rest) = format.split_at(1);
    first.to_uppercase() + rest
}

fn parameter(format: &str) -> String {
    capital(format) + "Output"
}

fn is_of_stack(name: &str) -> bool {
    let ends = [
        "Output",
        "QueueUrl",
        "ConsumerPolicyArn",
        "TopicArn",
        "BucketName",
    ];
    let named = [
        "Fanout",
        "DeliverTarget",
        "DeliverSettings",
        "DeliverSecretArn",
        "DeliverIdentity",
        "ObjectsRetentionDays",
        "ConsumerPrincipalArn",
        "KmsKeyArn",
        "OutputFifo",
    ];
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric());
    is_word && (named.contains(&name) || ends.iter().any(|end| name.ends_with(end)))
}

/// A page without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// Each target that a row names is one of `deliver`, and its page shows how to set it.
#[test]
fn the_targets_exist() {
    let docs = fs::read_to_string(project().join("docs/deliver.md")).unwrap();
    for row in rows().iter().filter(|row| row.shape == Shape::Deliver) {
        let target = format!("\"target\":\"{}\"", row.setting);
        let is_there = TARGETS.iter().any(|known| known.name == row.setting);
        assert!(is_there, "deliver has no {target}");
        assert!(docs.contains(&target), "docs/deliver.md has no {target}");
    }
}

/// Each path of the search for Splunk is in some alert, as a text or a list.
#[test]
fn the_search_for_splunk_reads_what_alerts_have() {
    let page = fs::read_to_string(folder().join("splunk.md")).unwrap();
    let (_, search) = page.split_once("```spl\n").unwrap();
    let (search, _) = search.split_once("\n```").unwrap();
    let alerts = alerts::generated(4 * 48);
    let evidence: Vec<&Value> = alerts
        .iter()
        .flat_map(|alert| alert["evidence"].as_array().unwrap())
        .collect();
    let alerts: Vec<&Value> = alerts.iter().collect();
    let mut paths = 0;
    for call in search.split("json_extract(").skip(1) {
        let (of, rest) = call.split_once(", \"").unwrap();
        let (path, _) = rest.split_once('"').unwrap();
        let values = match of {
            "_raw" => &alerts,
            "evidence" => &evidence,
            other => panic!("{other} is no JSON"),
        };
        let pointer = format!("/{}", path.replace('.', "/"));
        let found = |value: &&&Value| {
            let value = value.pointer(&pointer);
            value.is_some_and(|value| value.is_string() || value.is_array())
        };
        assert!(
            values.iter().any(|value| found(&value)),
            "no alert has {of} {path}"
        );
        paths += 1;
    }
    assert!(paths > 10, "{paths}");
}

/// No row that `deliver` serves is without a test that asks for it.
#[test]
fn the_rows_of_deliver_are_those_that_are_shown() {
    let shown = [
        ("IBM QRadar", "leef", "syslog"),
        ("Microsoft Sentinel", "siem", "sentinel"),
        ("Others", "cef", "syslog"),
        ("Others", "siem", "webhook"),
        ("Splunk", "native", "splunk-hec"),
        ("Splunk SOAR", "siem", "splunk-soar"),
    ];
    let rows = rows();
    let delivered = rows.iter().filter(|row| row.shape == Shape::Deliver);
    let named = |row: &Row| {
        (
            row.consumer.clone(),
            row.format.clone(),
            row.setting.clone(),
        )
    };
    let delivered: BTreeSet<_> = delivered.map(named).collect();
    let shown = shown.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(delivered, BTreeSet::from(shown));
}

/// What each page's reader calls, where its documentation or its source says so; taking messages
/// off a queue and reading an object where it says nothing.
const CALLS: &[(&str, &[&str])] = &[
    (
        "cribl.md",
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject"],
    ),
    // The input, and Logstash.
    (
        "elastic.md",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "s3:GetObject",
        ],
    ),
    (
        "google-secops.md",
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject"],
    ),
    (
        "others.md",
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject"],
    ),
    (
        "qradar.md",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "s3:GetObject",
            "s3:ListBucket",
        ],
    ),
    (
        "security-lake.md",
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject"],
    ),
    (
        "sentinel.md",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueUrl",
            "s3:GetObject",
            "s3:ListBucket",
        ],
    ),
    (
        "splunk.md",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "s3:GetObject",
            "s3:ListBucket",
        ],
    ),
    (
        "wazuh.md",
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject"],
    ),
];

/// A page of which nothing of ours is read: the policy is that of the function that delivers, which
/// the tests of `infra` compare with the stack's.
const WRITTEN_TO: &str = "splunk-soar.md";

/// The policies are JSON, let a reader make its calls, and grant no more than reading takes and the
/// stack's own grant has.
#[test]
fn the_policies_let_a_consumer_read_and_no_more() {
    let mut reading = vec![
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "s3:GetObject",
        "s3:ListBucket",
    ];
    let stack = fs::read_to_string(project().join("infra/objects.yaml")).unwrap();
    reading.retain(|action| stack.contains(action));
    assert_eq!(reading.len(), 7, "the stack grants {reading:?}");
    let readers: BTreeSet<String> = CALLS.iter().map(|(page, _)| (*page).to_owned()).collect();
    let mut read = pages();
    assert!(read.remove(WRITTEN_TO));
    assert_eq!(read, readers, "what does a new page's reader call?");
    for (page, calls) in CALLS {
        let text = fs::read_to_string(folder().join(page)).unwrap();
        let (_, section) = text.split_once("\n## IAM\n").unwrap();
        let (_, policy) = section.split_once("```json\n").unwrap();
        let (policy, _) = policy.split_once("\n```").unwrap();
        let policy: Value = serde_json::from_str(policy).unwrap();
        assert_eq!(policy["Version"], "2012-10-17");
        let mut granted = BTreeSet::new();
        for statement in policy["Statement"].as_array().unwrap() {
            assert_eq!(statement["Effect"], "Allow", "{page}");
            let action = &statement["Action"];
            let several = action.as_array();
            let actions = several.map_or(std::slice::from_ref(action), Vec::as_slice);
            let resource = statement["Resource"].as_str().unwrap();
            for action in actions {
                let action = action.as_str().unwrap();
                assert!(reading.contains(&action), "{page}: {action}");
                // A right on what it is not a right of is none.
                let on = match action {
                    "s3:GetObject" => "arn:aws:s3:::BUCKET/",
                    "s3:ListBucket" => "arn:aws:s3:::BUCKET",
                    _ => "arn:aws:sqs:REGION:ACCOUNT:QUEUE",
                };
                assert!(resource.starts_with(on), "{page}: {action} on {resource}");
                granted.insert(action);
            }
        }
        for call in *calls {
            assert!(granted.contains(call), "{page}: {call} is missing");
        }
    }
}

/// The tests that a row names are there.
#[test]
fn the_tests_that_verify_a_row_exist() {
    // Those that show a row end to end are here.
    for row in rows() {
        let mut tests = row.verified_by.iter();
        assert!(
            tests.any(|test| test.starts_with("consumers ")),
            "{}",
            row.consumer
        );
    }
    for test in rows().iter().flat_map(|row| &row.verified_by) {
        let (binary, path) = test.split_once(' ').unwrap();
        let (module, name) = path.split_once("::").unwrap();
        let folder = match binary {
            "consumers" => "tests/e2e/tests/consumers",
            "deliver" => "functions/deliver/tests/deliver",
            _ => panic!("{test}: which tests?"),
        };
        let file = project().join(folder).join(format!("{module}.rs"));
        let code = fs::read_to_string(file).unwrap();
        assert!(code.contains(&format!("fn {name}(")), "{test}");
    }
}

/// `SiemOutput` is on unless it is switched off, and an output without a reader sets off an alarm: a
/// page whose reader takes another format says so.
#[test]
fn a_page_switches_off_what_its_reader_does_not_read() {
    for row in rows() {
        if row.format == "siem" {
            continue;
        }
        let text = fs::read_to_string(folder().join(&row.page)).unwrap();
        let (_, setup) = text.split_once("## Set it up\n").unwrap();
        let (setup, _) = setup.split_once("\n## IAM").unwrap();
        assert!(setup.contains("`SiemOutput` = `none`"), "{}", row.page);
    }
}

/// What `deliver` needs is in the commands that the page shows: the target and, where it has one, a
/// secret that the page has its reader create.
#[test]
fn a_delivered_row_shows_its_parameters() {
    for row in rows().iter().filter(|row| row.shape == Shape::Deliver) {
        let text = fs::read_to_string(folder().join(&row.page)).unwrap();
        let block = format!("DeliverTarget={} DeliverOutput={}", row.setting, row.format);
        let in_table = format!("`DeliverTarget` = `{}`", row.setting);
        let is_shown = text.contains(&block) || row.page == "others.md" && text.contains(&in_table);
        assert!(is_shown, "{}: {block}", row.page);
    }
}
