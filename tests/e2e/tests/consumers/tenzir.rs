//! Tenzir, a pipeline engine for security data, reads the objects off the emulated S3 with its own
//! client, and its own parsers of gzip, NDJSON, CEF and LEEF.

use std::collections::BTreeSet;
use std::process::Command;

use drawbridge_readers::tenzir;
use serde_json::Value;

use crate::{bridge, cloud};

/// A pipeline that reads one object.
fn pipeline(endpoint: &str, bucket: &str, key: &str, parser: &str) -> String {
    let host = endpoint.trim_start_matches("http://");
    format!(
        "from_s3 \"s3://{bucket}/{key}?endpoint_override={host}&scheme=http&region=us-east-1\" {{\n  \
         decompress_gzip\n  {parser}\n}}\nwrite_ndjson\n"
    )
}

/// Runs a pipeline; the events, and what it complained of.
fn run(
    program: &std::path::Path,
    pipeline: &str,
    env: &[(&'static str, String)],
) -> (Vec<Value>, String) {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .arg(pipeline)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .envs(env.iter().map(|(name, value)| (*name, value.as_str())))
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaints}");
    let events = String::from_utf8(output.stdout).unwrap();
    let events = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (events.collect(), complaints)
}

#[tokio::test]
async fn tenzir_reads_the_objects_off_s3() {
    let Some(program) = tokio::task::spawn_blocking(tenzir).await.unwrap() else {
        println!("skipped: Tenzir's wheels are for Linux on x86-64");
        return;
    };
    let emulator = cloud::emulator().await;
    for (format, parser, key) in [
        ("siem", "read_ndjson", "/FullId"),
        ("ocsf", "read_ndjson", "/metadata/uid"),
        ("leef", "read_leef", "/attributes/FullId"),
    ] {
        let read = bridge::read(format).await;
        let mut keys = BTreeSet::new();
        for object in &read.notified.objects {
            let pipeline = pipeline(emulator.endpoint_url(), &object.bucket, &object.key, parser);
            let (program, env) = (program.clone(), emulator.env());
            let (events, complaints) =
                tokio::task::spawn_blocking(move || run(&program, &pipeline, &env))
                    .await
                    .unwrap();
            assert_eq!(complaints, "", "{format}");
            assert_eq!(events.len(), object.lines.len(), "{format}");
            keys.extend(events.iter().map(|event| {
                let key = event.pointer(key).and_then(Value::as_str);
                key.unwrap_or_else(|| panic!("no key in {format}"))
                    .to_owned()
            }));
        }
        let wanted = read
            .messages
            .iter()
            .map(|message| message.attributes["key"].clone());
        assert!(keys == wanted.collect(), "{format}");
    }
}
