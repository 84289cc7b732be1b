//! Servers that `deliver` writes to by syslog over TLS. What came on the connections is read by a
//! server, an engine and parsers that others wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use drawbridge_intakes::rsyslog::{DRIVERS, Rsyslog};
use drawbridge_intakes::syslog::{Behaviour, FakeSyslog, frames};
use drawbridge_record::Record;
use serde_json::json;

use crate::consumers::delivery::Delivery;
use crate::consumers::index::delivered;
use crate::consumers::{tenzir, validators};

/// A message without its header, which is RFC 5424's with the record's severity and format.
fn body<'m>(message: &'m str, format: &str) -> &'m str {
    let parts: Vec<&str> = message.splitn(8, ' ').collect();
    let [priority, time, host, app, process, id, data, body] = parts[..] else {
        panic!("{} parts: {message:.80}", parts.len());
    };
    // local0, and from error to informational.
    let known = ["<131>1", "<132>1", "<133>1", "<134>1"];
    assert!(known.contains(&priority), "{priority}");
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert_eq!((host, app, process), ("drawbridge", "drawbridge", "-"));
    assert_eq!((id, data), (format, "-"));
    body
}

/// The key of each of these lines, which must be records as they were mapped.
fn keys<'l>(delivery: &Delivery, lines: impl IntoIterator<Item = &'l str>) -> Vec<String> {
    let by_body: BTreeMap<&str, &Record> = delivery
        .records
        .iter()
        .map(|record| (record.body.as_str(), record))
        .collect();
    assert_eq!(by_body.len(), delivery.records.len());
    let lines = lines.into_iter();
    lines
        .map(|line| {
            let record = by_body.get(line);
            record
                .unwrap_or_else(|| panic!("not as it was mapped: {line}"))
                .key
                .clone()
        })
        .collect()
}

/// The server dies after a few bytes.
#[tokio::test(flavor = "multi_thread")]
async fn every_cef_record_comes_whole_after_a_server_died() {
    let row = delivered("Others", "cef", "syslog");
    let server = FakeSyslog::start("localhost", &[Behaviour::Dies, Behaviour::Good]).await;
    let settings = json!({"address": server.address, "ca": server.issued.ca_pem});
    let delivery = Delivery::begin(&row, settings).await;
    let lines = || -> Vec<String> {
        let messages = server.messages();
        messages
            .iter()
            .map(|message| body(message, "cef").to_owned())
            .collect()
    };
    let arrived = || keys(&delivery, lines().iter().map(String::as_str));
    delivery.arrived_once(arrived).await;
    validators::assert_pycef_and_cefevent_read(&lines()).await;
}

/// The server takes a batch and dies before it could say so: that batch, and no other record, comes
/// twice.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    ignore = "Tenzir's wheels are for Linux on x86-64"
)]
async fn every_leef_record_comes_whole_after_a_server_died() {
    let row = delivered("IBM QRadar", "leef", "syslog");
    let server = FakeSyslog::start("localhost", &[Behaviour::TakesAndDies, Behaviour::Good]).await;
    let settings = json!({"address": server.address, "ca": server.issued.ca_pem});
    let delivery = Delivery::begin(&row, settings).await;
    let of_stream = |stream: &Vec<u8>| {
        let messages = frames(stream);
        keys(
            &delivery,
            messages.iter().map(|message| body(message, "leef")),
        )
    };
    let arrived = || server.streams().iter().flat_map(of_stream).collect();
    let mut came: Vec<String> = delivery.arrived(arrived).await;
    came.sort();
    let again: BTreeSet<String> = came
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].clone())
        .collect();
    assert_eq!(came.len(), delivery.records.len() + again.len());
    let streams = server.streams();
    let is_all_again = |stream| of_stream(stream).into_iter().collect::<BTreeSet<_>>() == again;
    assert!(streams.iter().any(is_all_again), "{again:?}");

    let program = tenzir::program().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("streams");
    fs::write(&file, streams.concat()).unwrap();
    let pipeline = format!(
        "from_file \"{}\" {{\n  read_syslog octet_counting=true\n}}\n\
         leef = message.parse_leef(raw=true)\nwrite_ndjson\n",
        file.display()
    );
    let (events, complaints) = tenzir::run(&program, pipeline, Vec::new()).await;
    assert_eq!(complaints, "");
    let mut read = Vec::new();
    for event in &events {
        assert_eq!(event["app_name"], "drawbridge");
        let attributes = &event["leef"]["attributes"];
        read.push(format!("{}=", attributes["FullId"].as_str().unwrap()));
        let line = event["message"].as_str().unwrap();
        for (name, value) in attributes_of(line) {
            let read = attributes[name].as_str().map(str::trim);
            assert_eq!(read, Some(as_tenzir_reads(value).trim()), "{name}");
        }
    }
    read.sort();
    assert_eq!(read, came);
}

/// Tenzir takes the blanks at a value's ends away, and these for escapes, which LEEF has not.
fn as_tenzir_reads(value: &str) -> String {
    let escapes = [("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\=", "=")];
    let unescaped = |text: String, (escape, of): &(&str, &str)| text.replace(escape, of);
    escapes.iter().fold(value.to_owned(), unescaped)
}

/// What the manual of LEEF says that a line's attributes are.
fn attributes_of(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let attributes = line.splitn(7, '|').last().unwrap().split('\t');
    attributes.map(|attribute| attribute.split_once('=').unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "rsyslogd is for Linux")]
async fn a_real_rsyslogd_writes_every_record_as_it_was_mapped() {
    for (consumer, format) in [("Others", "cef"), ("IBM QRadar", "leef")] {
        let row = delivered(consumer, format, "syslog");
        let folder = tempfile::tempdir().unwrap();
        let server = Rsyslog::start(DRIVERS[0], folder.path()).await;
        let settings = json!({"address": server.address(), "ca": server.ca_pem()});
        let delivery = Delivery::begin(&row, settings).await;
        let head = format!("1|drawbridge|{format}|");
        let arrived = || {
            let lines = server.lines();
            keys(
                &delivery,
                lines.iter().map(|line| line.strip_prefix(&head).unwrap()),
            )
        };
        delivery.arrived_once(arrived).await;
    }
}
