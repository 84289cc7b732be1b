//! Tenzir, a pipeline engine for security data, reads the objects off the emulated S3 with its own
//! client, and its own parsers of gzip, NDJSON, CEF and LEEF.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use drawbridge_readers::tenzir;
use serde_json::Value;

use crate::cloud;
use crate::consumers::bridge;

/// A pipeline that reads one object and goes on with `then`.
fn pipeline(endpoint: &str, (bucket, key): (&str, &str), parser: &str, then: &str) -> String {
    let host = endpoint.trim_start_matches("http://");
    format!(
        "from_s3 \"s3://{bucket}/{key}?endpoint_override={host}&scheme=http&region=us-east-1\" {{\n  \
         decompress_gzip\n  {parser}\n}}\n{then}write_ndjson\n"
    )
}

/// Runs a pipeline; the events, and what it complained of.
pub(crate) async fn run(
    program: &Path,
    pipeline: String,
    env: Vec<(&'static str, String)>,
) -> (Vec<Value>, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command
        .arg(pipeline)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .envs(env);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaints}");
    let events = String::from_utf8(output.stdout).unwrap();
    let events = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (events.collect(), complaints)
}

/// The program, installed by now.
pub(crate) async fn program() -> PathBuf {
    tokio::task::spawn_blocking(tenzir).await.unwrap()
}

#[tokio::test]
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    ignore = "Tenzir's wheels are for Linux on x86-64"
)]
async fn tenzir_reads_the_objects_off_s3() {
    let program = program().await;
    let emulator = cloud::emulator().await;
    for (format, parser, key) in [
        ("siem", "read_ndjson", "/FullId"),
        ("ocsf", "read_ndjson", "/metadata/uid"),
        ("leef", "read_leef", "/attributes/FullId"),
    ] {
        let read = bridge::read(format).await;
        let mut keys = BTreeSet::new();
        for object in &read.notified.objects {
            let place = (object.bucket.as_str(), object.key.as_str());
            let pipeline = pipeline(emulator.endpoint_url(), place, parser, "");
            let (events, complaints) = run(&program, pipeline, emulator.env()).await;
            assert_eq!(complaints, "", "{format}");
            assert_eq!(events.len(), object.lines.len(), "{format}");
            keys.extend(events.iter().map(|event| {
                let key = event.pointer(key).and_then(Value::as_str);
                let key = key.unwrap_or_else(|| panic!("no key in {format}"));
                // A line leaves out what the key is padded with.
                let padding = if format == "leef" { "=" } else { "" };
                format!("{key}{padding}")
            }));
        }
        let wanted = read
            .messages
            .iter()
            .map(|message| message.attributes["key"].clone());
        assert!(keys == wanted.collect(), "{format}");
    }
}

/// Tenzir's own copy of the OCSF schema knows every field of the objects, with its type; only times
/// are another type there, and have to be converted before. Its reader of JSON takes a text that
/// looks like a time or an address for one, whatever the field.
#[tokio::test]
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    ignore = "Tenzir's wheels are for Linux on x86-64"
)]
async fn tenzirs_schema_of_ocsf_knows_every_field() {
    let program = program().await;
    let emulator = cloud::emulator().await;
    for object in &bridge::read("ocsf").await.notified.objects {
        let place = (object.bucket.as_str(), object.key.as_str());
        let then = "ocsf_cast\n";
        let pipeline = pipeline(emulator.endpoint_url(), place, "read_ndjson", then);
        let (events, complaints) = run(&program, pipeline, emulator.env()).await;
        assert_eq!(events.len(), object.lines.len());
        let warnings = complaints
            .lines()
            .filter(|line| !line.starts_with([' ', '|']));
        let guessed = [
            "warning: expected type `string` for `metadata.original_time`, but got `time`",
            "warning: expected type `string` for `observables[].value`, but got `ip`",
        ];
        let of_types = |line: &str| {
            line.starts_with("warning: expected type `time` for `") || guessed.contains(&line)
        };
        let others: Vec<&str> = warnings
            .filter(|line| {
                (line.starts_with("warning") || line.starts_with("error")) && !of_types(line)
            })
            .collect();
        assert!(others.is_empty(), "{others:#?}");
    }
}
