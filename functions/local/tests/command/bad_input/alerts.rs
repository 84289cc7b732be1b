//! Alerts that are too much, or none at all.

use serde_json::{Value, json};

use crate::support::alerts::{CONTENT, alert, files_of, id, list};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

#[test]
fn an_alert_with_5000_entities_is_5000_records() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 5000)])), Folder::new());
    run(tenant.poll(&folder)).well().discreet();
    let records = folder.records();
    assert_eq!(folder.files(), files_of([(1, 5000)]));
    for (part, record) in records.iter().enumerate() {
        assert_eq!(record["AlertPart"], part);
    }
    assert!(folder.counts().values().all(|&count| count == 1));
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.records().len(), 5000);
}

#[test]
fn a_bad_alert_is_put_aside_whole_and_costs_only_itself() {
    let mut bad = alert(2, 2);
    bad["evidence"][1]["fileDetails"]["sha1"] = json!({"unheard": "of"});
    let nameless = json!({"title": CONTENT, "lastUpdateDateTime": bad["lastUpdateDateTime"],
        "createdDateTime": bad["createdDateTime"], "serviceSource": bad["serviceSource"]});
    let alerts = [alert(1, 2), bad.clone(), alert(3, 2), nameless.clone()];
    let (tenant, folder) = (Tenant::new(&list(&alerts)), Folder::new());

    let outcome = run(tenant.poll(&folder)).discreet();
    assert!(
        outcome.stdout.contains("4 alerts, 4 new records"),
        "{}",
        outcome.stdout
    );
    outcome.failed(1, &["2 alerts or records", "quarantine/"]);
    assert_eq!(folder.files(), files_of([(1, 2), (3, 2)]));

    let mut quarantined = folder.quarantine("alerts");
    quarantined.sort_by_key(|item| item["alert_id"].is_null());
    let [with_id, without] = quarantined.as_slice() else {
        panic!("{quarantined:?}");
    };
    assert_eq!(with_id["alert"], bad);
    assert_eq!(with_id["alert_id"], id(2));
    assert!(
        reason(with_id).contains("evidence[1].fileDetails.sha1"),
        "{}",
        reason(with_id)
    );
    assert_eq!(without["alert"], nameless);
    assert!(reason(without).contains("id"), "{}", reason(without));

    // Mended, it comes with the next update that Graph returns; nothing else comes again.
    tenant
        .simulator
        .set_alert(&crate::support::alerts::recent_alert(2, 2).to_string());
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.files(), files_of([(1, 2), (2, 2), (3, 2)]));
}

#[test]
fn elements_that_are_no_alerts_are_put_aside() {
    let mut recent = crate::support::alerts::recent_alert(2, 1);
    recent["evidence"] = json!("none");
    let (tenant, folder) = (Tenant::new(&list(&[recent])), Folder::new());
    run(tenant.poll(&folder))
        .failed(1, &["quarantine/"])
        .discreet();
    assert_eq!(folder.quarantine("alerts").len(), 1);
    // Known and quarantined already: seen again in the overlap, it is not reported again.
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.quarantine("alerts").len(), 1);
    assert_eq!(folder.records(), Vec::<Value>::new());
}

fn reason(item: &Value) -> &str {
    item["reason"].as_str().unwrap()
}
