//! `docs/schema/FORMAT.schema.json` describes the records of each JSON format by the table in code, and
//! `FORMAT.fields.json` the lines of each other one. A field cannot change without a new version of the
//! format's contract and a line in the changelog.
//!
//! After a change of a table: give it a version in `docs/schema/versions.toml`, which says how, then
//! `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-record schema`.

mod of_format;
mod of_line;
mod versions;

use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_record::{Body, Format, formats};
use serde_json::Value;

use self::of_format::{digest, schema};
use self::of_line::fields;
use self::versions::{Versions, problem};

fn docs(file: &str) -> PathBuf {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    Path::new(docs).join(file)
}

/// The description of a format's records, and how the name of its file ends.
fn described(format: &dyn Format, version: &str) -> (Value, &'static str) {
    match format.body() {
        Body::Json => (schema(format, version), "schema.json"),
        Body::Text => (fields(format, version), "fields.json"),
    }
}

#[test]
fn every_format_is_described() {
    let versions = Versions::read(&fs::read_to_string(docs("schema/versions.toml")).unwrap());
    let mut names = Vec::new();
    for &format in formats() {
        let version = &versions.newest(format.name()).version;
        let (description, ending) = described(format, version);
        let text = serde_json::to_string_pretty(&description).unwrap() + "\n";
        let file = format!("{}.{ending}", format.name());
        let path = docs("schema").join(&file);
        names.push(file);
        if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
            fs::write(path, text).unwrap();
            continue;
        }
        let written = fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == text,
            "run the tests with DRAWBRIDGE_BLESS=1 to renew {}",
            names.last().unwrap()
        );
    }
    let files = fs::read_dir(docs("schema")).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|file| file != "versions.toml")
        .collect();
    files.sort();
    names.sort();
    assert_eq!(files, names, "a description of no format");
}

#[test]
fn no_field_changes_without_a_version_and_a_line_in_the_changelog() {
    let versions = Versions::read(&fs::read_to_string(docs("schema/versions.toml")).unwrap());
    let changelog = fs::read_to_string(docs("../CHANGELOG.md")).unwrap();
    let mut problems = Vec::new();
    for &format in formats() {
        let name = format.name();
        let of_format = versions.of(name);
        let now = digest(&described(format, &versions.newest(name).version).0);
        let problem = problem(name, of_format, format.schema_version(), &now, &changelog);
        problems.extend(problem);
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
