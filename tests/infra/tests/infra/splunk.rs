//! The add-on for Splunk: Splunk's own inspection, and its fields against the records.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use drawbridge_deliver::splunk_sourcetype;
use drawbridge_record::{Body, Field, format, formats, names};
use serde_json::Value;

use crate::packages::{empty, package};
use crate::template::{folder, python};

const APPINSPECT: &str = include_str!("../../appinspect.txt");
const TESTS: &str = env!("CARGO_MANIFEST_DIR");
/// What each stanza fills of the CIM data model Alerts.
const CIM: [&str; 10] = [
    "app",
    "description",
    "dest",
    "id",
    "mitre_technique_id",
    "severity",
    "signature",
    "signature_id",
    "type",
    "user",
];

/// A stanza's settings, by their names.
type Stanza = BTreeMap<String, String>;

/// A file of the add-on: its stanzas by their names.
fn stanzas(file: &str) -> BTreeMap<String, Stanza> {
    let path = folder().join("splunk/TA-drawbridge/default").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut stanzas = BTreeMap::<String, Stanza>::new();
    let mut name = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(begun) = line.strip_prefix('[') {
            name = begun.strip_suffix(']').unwrap();
            stanzas.insert(name.to_owned(), Stanza::new());
        } else if let Some((setting, value)) = line.split_once(" = ") {
            let stanza = stanzas.get_mut(name).unwrap();
            let twice = stanza.insert(setting.to_owned(), value.to_owned());
            assert!(twice.is_none(), "{file} [{name}] {setting}");
        }
    }
    stanzas
}

/// The format of a stanza of props.
fn format_name(stanza: &str) -> &str {
    stanza.strip_prefix("drawbridge:").unwrap()
}

#[test]
fn splunk_appinspect_finds_nothing() {
    let out = empty("splunk");
    let packed = package(&out, &["splunk"]);
    assert!(
        packed.status.success(),
        "{}",
        String::from_utf8_lossy(&packed.stderr)
    );
    let archive = String::from_utf8(packed.stdout).unwrap();
    let inspector = drawbridge_emulator::python_environment("appinspect", APPINSPECT)
        .unwrap_or_else(|error| panic!("{error}"));
    let report = out.join("report.json");
    let output = Command::new(inspector.with_file_name("splunk-appinspect"))
        .args(["inspect", archive.trim(), "--mode", "precert"])
        .args(["--data-format", "json", "--output-file"])
        .arg(&report)
        .env("PYTHONPATH", Path::new(TESTS).join("python/appinspect"))
        .env("HOME", &out)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let summary = &report["summary"];
    for kind in ["error", "failure", "future_failure", "warning"] {
        assert_eq!(summary[kind], 0, "{kind}: {said}");
    }
    assert!(summary["success"].as_u64().unwrap() > 50, "{summary}");
}

/// Every format but `native`, which has another add-on's sourcetype, under the name that `deliver`
/// gives its events.
#[test]
fn it_knows_the_sourcetypes_that_deliver_sends() {
    let mut sent: BTreeSet<_> = names().into_iter().map(splunk_sourcetype).collect();
    assert!(sent.remove("ms365:defender:incident:alerts"), "{sent:?}");
    let props = stanzas("props.conf");
    let known: BTreeSet<_> = props.keys().map(Cow::from).collect();
    assert_eq!(known, sent);
    let events = stanzas("eventtypes.conf");
    // Other inputs may use `drawbridge:native` (docs/pull.md), of whose events `props.conf` says nothing.
    assert_eq!(
        events["drawbridge_alert"]["search"],
        r#"sourcetype="drawbridge:*" NOT sourcetype="drawbridge:native""#
    );
    let is_searched = |name: &str| name.starts_with("drawbridge:") && name != "drawbridge:native";
    assert!(sent.iter().all(|name| is_searched(name)), "{sent:?}");
    assert_eq!(
        stanzas("tags.conf")["eventtype=drawbridge_alert"]["alert"],
        "enabled"
    );
}

/// In an EVAL, what stands between single quotes is a field: of the record, with `{}` for a list.
#[test]
fn each_field_in_props_is_one_of_the_record() {
    let functions = [
        "case", "coalesce", "lower", "mvappend", "mvdedup", "nullif", "split", "true",
    ];
    for (stanza, settings) in stanzas("props.conf") {
        let format = format(format_name(&stanza)).unwrap();
        let known: BTreeSet<String> = format.fields().iter().map(name_in_splunk).collect();
        let is_text = format.body() == Body::Text;
        let mut filled = BTreeSet::new();
        for (setting, expression) in &settings {
            let Some(field) = setting.strip_prefix("EVAL-") else {
                continue;
            };
            filled.insert(field);
            let mut outside = String::new();
            for (n, part) in expression.split('\'').enumerate() {
                if n % 2 == 0 {
                    outside.extend(part.split('"').step_by(2));
                } else {
                    assert!(
                        known.contains(part),
                        "[{stanza}] {setting}: no field {part}"
                    );
                }
            }
            // A field without quotes would be one that this test does not see.
            let words = outside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for word in words.filter(|word| !word.is_empty()) {
                assert!(functions.contains(&word), "[{stanza}] {setting}: {word}");
            }
        }
        for field in CIM {
            assert!(filled.contains(field), "[{stanza}] fills no {field}");
        }
        assert_eq!(settings["TRUNCATE"], "0");
        assert_eq!(settings["KV_MODE"], ["json", "none"][usize::from(is_text)]);
    }
    assert_eq!(formats().len(), stanzas("props.conf").len() + 1);
}

/// As Splunk calls a field: a list that is not one of objects gets its braces as well.
fn name_in_splunk(field: &Field) -> String {
    let name = field.name.replace("[]", "{}");
    if field.kind.ends_with("array") {
        return name + "{}";
    }
    name
}

/// Each line of the goldens, hostile ones included: the transforms find its keys, and no others, with
/// their values as they stand there.
#[test]
fn the_transforms_take_lines_apart() {
    let goldens = folder().join("../shared/record/tests/golden");
    for name in ["cef", "leef"] {
        let settings = &stanzas("props.conf")[&format!("drawbridge:{name}")];
        let mut lines = 0;
        for case in std::fs::read_dir(goldens.join(name)).unwrap() {
            let expected = case.unwrap().path();
            for file in std::fs::read_dir(&expected).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_none_or(|ending| ending != "ndjson") {
                    continue;
                }
                for line in std::fs::read_to_string(&path).unwrap().lines() {
                    let found = found(&settings["REPORT-fields"], line);
                    let wanted = if name == "cef" {
                        of_cef(line)
                    } else {
                        of_leef(line)
                    };
                    assert_eq!(found, wanted, "{}: {line}", path.display());
                    lines += 1;
                }
            }
        }
        assert!(lines > 20, "{name}: {lines}");
    }
}

/// What the transforms find in a line.
fn found(transforms: &str, line: &str) -> BTreeMap<String, String> {
    let mut command = python();
    let script = Path::new(TESTS).join("python/splunk_fields.py");
    let mut child = command
        .arg(script)
        .arg(folder().join("splunk/TA-drawbridge/default/transforms.conf"))
        .arg(transforms.replace(' ', ""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(line.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The header's fields and the pairs of a line of CEF, read from left to right.
fn of_cef(line: &str) -> BTreeMap<String, String> {
    let mut header = Vec::new();
    let mut rest = line;
    while header.len() < 7 {
        let end = unescaped(rest, '|');
        header.push(&rest[..end]);
        rest = &rest[end + 1..];
    }
    let mut fields = BTreeMap::from([
        ("deviceEventClassId".to_owned(), header[4].to_owned()),
        ("name".to_owned(), header[5].to_owned()),
        ("cef_severity".to_owned(), header[6].to_owned()),
        ("cef_extension".to_owned(), rest.to_owned()),
    ]);
    while !rest.is_empty() {
        let (key, behind) = rest.split_once('=').unwrap();
        // The value ends before the blank that is before the next key.
        let next = unescaped(behind, '=');
        let end = match behind.get(next..) {
            Some("") | None => behind.len(),
            Some(_) => behind[..next].rfind(' ').unwrap(),
        };
        fields.insert(key.to_owned(), behind[..end].to_owned());
        rest = behind[end..].trim_start_matches(' ');
    }
    fields
}

/// Where a character is first without a backslash before it, or the end.
fn unescaped(text: &str, wanted: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == wanted => return at,
            _ => {}
        }
    }
    text.len()
}

/// The header's field and the pairs of a line of LEEF.
fn of_leef(line: &str) -> BTreeMap<String, String> {
    let header: Vec<&str> = line.splitn(7, '|').collect();
    let pairs = header[6].split('\t').map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        (key.to_owned(), value.to_owned())
    });
    let event = ("EventID".to_owned(), header[4].to_owned());
    pairs.chain([event]).collect()
}
