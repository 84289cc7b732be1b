//! Only what is new is written.

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
        poll.stdout.contains("1 alerts, 0 new records, 2 already"),
        "{}",
        poll.stdout
    );

    let mut grown = recent_alert(1, 4);
    grown["evidence"].as_array_mut().unwrap()[1..].reverse();
    tenant.simulator.set_alert(&grown.to_string());
    let poll = run(tenant.poll(&folder)).well();
    assert!(
        poll.stdout.contains("1 alerts, 2 new records, 2 already"),
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
