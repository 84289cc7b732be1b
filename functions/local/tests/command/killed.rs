//! One backlog, and a command that is killed fifty times while it reads it.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use drawbridge_alert::Alert;
use drawbridge_record::{format, records};
use drawbridge_simulator::Options;
use serde_json::Value;

use crate::support::alerts::{alert, list, recent_alert};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

const KILLS: u64 = 50;
/// How many alerts there are, each of two records, and how many come when all were read.
const ALERTS: usize = 40;
const MORE_ALERTS: usize = 10;
const SIGKILL: i32 = 9;

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// When it has asked for this many pages.
    Pages(u64),
    /// When it has written this many records.
    Records(usize),
    /// This long after its start.
    After(Duration),
}

impl Moment {
    /// The `n`th of them; the same ones at each run of the test.
    fn nth(n: u64, records: usize) -> Self {
        let dice = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        match n % 4 {
            0 => Self::Pages(1 + dice % 8),
            1 => Self::Records(1 + usize::try_from(dice).unwrap() % records),
            // All is written, and the state is not saved yet, or just so.
            2 => Self::Records(records),
            _ => Self::After(Duration::from_millis(dice % 400)),
        }
    }
}

/// Every record of the alerts by its key, without its place among those of its alert.
fn expected(alerts: &[Value]) -> BTreeMap<String, Value> {
    let mut expected = BTreeMap::new();
    for alert in alerts {
        let text = alert.to_string();
        let alert = Alert::decode(&text).unwrap();
        expected.extend(records(format("siem").unwrap(), &alert).map(|record| {
            let body = serde_json::from_str(&record.body).unwrap();
            (record.key, without_part(body))
        }));
    }
    expected
}

fn without_part(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("AlertPart").unwrap();
    body
}

/// The distinct bodies in the folder by their keys.
fn written(folder: &Folder) -> BTreeMap<String, BTreeSet<String>> {
    let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in folder.records() {
        let key = record["FullId"].as_str().unwrap().to_owned();
        let bodies = written.entry(key).or_default();
        bodies.insert(without_part(record).to_string());
    }
    written
}

#[test]
fn killed_fifty_times_it_still_writes_every_record() {
    let options = Options {
        page_latency: Duration::from_millis(10),
        ..Options::default()
    };
    let mut alerts: Vec<Value> = (0..ALERTS).map(|n| alert(n, 2)).collect();
    let (tenant, folder) = (Tenant::with(options, &list(&alerts)), Folder::new());
    let (mut killed, mut ended, mut unread) = (0, 0, 2 * ALERTS);
    for n in 0.. {
        if killed == KILLS {
            break;
        }
        let moment = Moment::nth(n, unread);
        let (pages, records) = (tenant.simulator.stats().list_requests, folder.lines());
        let start = Instant::now();
        let mut poll = tenant.poll(&folder);
        let mut child = poll.args(["--page-size", "5"]).spawn().unwrap();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            let has_come = match moment {
                Moment::Pages(n) => tenant.simulator.stats().list_requests >= pages + n,
                Moment::Records(n) => folder.lines() >= records + n,
                Moment::After(delay) => start.elapsed() >= delay,
            };
            if has_come {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            // Not to take the processor from the process that is waited for.
            std::thread::sleep(Duration::from_millis(1));
        };
        if status.signal() == Some(SIGKILL) {
            killed += 1;
            continue;
        }
        // It was faster. Then it has saved its state, and there is more to read.
        assert_eq!(status.code(), Some(0), "{moment:?}");
        ended += 1;
        let first = alerts.len();
        for n in first..first + MORE_ALERTS {
            let alert = recent_alert(n, 2);
            tenant.simulator.set_alert(&alert.to_string());
            alerts.push(alert);
        }
        unread = 2 * MORE_ALERTS;
    }
    run(tenant.poll(&folder)).well().discreet();

    let (expected, written) = (expected(&alerts), written(&folder));
    println!(
        "killed {killed} times, ended {ended} times: {} records, {} lines",
        expected.len(),
        folder.lines()
    );
    assert_eq!(expected.len(), 2 * alerts.len());
    for (key, body) in &expected {
        let bodies = &written[key];
        assert_eq!(bodies.len(), 1, "{key} came with different bodies");
        assert!(bodies.contains(&body.to_string()), "{key} has another body");
    }
    assert_eq!(
        written.len(),
        expected.len(),
        "nobody asked for some records"
    );
    let lines = folder.lines();
    run(tenant.poll(&folder)).well();
    assert_eq!(
        folder.lines(),
        lines,
        "a poll after all is well writes nothing"
    );
}
