//! Only what is new is written.

use drawbridge_simulator::{Alerts, GenerateOptions, Options, Present};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::alerts::{files_of, list, recent_alert};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

#[test]
fn evidence_added_later_is_a_new_record_with_the_next_part() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 2)])), Folder::new());
    run(tenant.poll(&folder)).well();

    // Neither status nor assignment has a key in the record.
    let mut changed = recent_alert(1, 2);
    changed["status"] = json!("resolved");
    changed["assignedTo"] = json!("someone@example.com");
    tenant.simulator.set_alert(&changed.to_string());
    let poll = run(tenant.poll(&folder)).well();
    assert!(
        poll.stdout.contains("1 alert, 0 new records, 2 already"),
        "{}",
        poll.stdout
    );

    let mut grown = recent_alert(1, 4);
    grown["evidence"].as_array_mut().unwrap()[1..].reverse();
    tenant.simulator.set_alert(&grown.to_string());
    let poll = run(tenant.poll(&folder)).well();
    assert!(
        poll.stdout.contains("1 alert, 2 new records, 2 already"),
        "{}",
        poll.stdout
    );
    assert_eq!(folder.files(), files_of([(1, 4)]));
    let records = folder.records();
    let parts: Vec<_> = records.iter().map(|record| &record["AlertPart"]).collect();
    assert_eq!(parts, [0, 1, 2, 3]);
    // Those that are new come in the order of the evidence, which was turned round.
    assert!(
        records[2]["FileName"]
            .as_str()
            .unwrap()
            .ends_with("00003.exe")
    );
    assert!(
        records[3]["FileName"]
            .as_str()
            .unwrap()
            .ends_with("00002.exe")
    );
}

#[test]
fn what_alerts_get_later_is_written_once_and_nothing_is_written_twice() {
    // All of it lies within the overlap that every poll reads again.
    let now = Timestamp::now();
    let alerts = Alerts::generate(&GenerateOptions {
        count: 120,
        seed: 3,
        from: now - SignedDuration::from_mins(10),
        to: now - SignedDuration::from_mins(2),
    });
    let options = Options {
        present: Present::At(Timestamp::MIN),
        ..Options::default()
    };
    let (tenant, folder) = (Tenant::of(options, alerts), Folder::new());
    let poll = || {
        let mut poll = tenant.poll(&folder);
        poll.args(["--service-source", "all"]);
        run(poll).well();
        folder.lines()
    };
    let first = poll();
    tenant.simulator.set_present(Present::AfterAll);
    let grown = poll();
    assert!(first > 120 && grown > first, "{first} {grown}");
    assert_eq!(poll(), grown);
}
