//! The `ecs` records as Elastic's own query engine reads them: its prebuilt rule finds every alert.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use drawbridge_alert::Alert;
use drawbridge_readers::run;
use drawbridge_record::ecs::{DataStream, Ecs};
use drawbridge_record::{Format, format, records};

const GOLDENS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/record/tests/golden/ecs"
);

/// The condition of Elastic's rule "Microsoft Defender XDR Alert External Alerts", in EQL rather
/// than KQL. A fact of <https://github.com/elastic/detection-rules>,
/// `rules/promotions/m365_defender_alert_external_alerts.toml` at 14cf530f.
const RULE: &str =
    r#"any where event.kind == "alert" and data_stream.dataset == "m365_defender.alert""#;

/// What the same rule makes one alert of, its `alert_suppression.group_by`.
const GROUP_BY: &str = "m365_defender.alert.id, m365_defender.alert.tenant_id";

/// The document of each version of each golden, and the ids of their alerts.
fn documents(ecs: &dyn Format) -> (String, Vec<String>) {
    let (mut documents, mut ids) = (String::new(), Vec::new());
    for case in fs::read_dir(GOLDENS).unwrap() {
        for file in fs::read_dir(case.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let alert = fs::read_to_string(path).unwrap();
            let alert = Alert::decode(&alert).unwrap();
            for record in records(ecs, &alert) {
                documents.push_str(&record.body);
                documents.push('\n');
                ids.push(record.alert_id);
            }
        }
    }
    (documents, ids)
}

/// The ids that a query lets through, each with how often.
fn found(query: &str, documents: &str) -> BTreeMap<String, usize> {
    let printed = run("ecs.py", &[query], documents);
    let mut found = BTreeMap::new();
    for id in printed.lines().filter(|line| !line.is_empty()) {
        *found.entry(id.to_owned()).or_default() += 1;
    }
    found
}

#[test]
fn elastics_rule_finds_every_alert_once() {
    let (documents, ids) = documents(format("ecs").unwrap());
    let all: BTreeSet<String> = ids.iter().cloned().collect();
    assert!(all.len() > 15 && ids.len() > all.len());
    let fired = found(RULE, &documents);
    assert_eq!(fired.values().sum::<usize>(), ids.len());
    // The versions of an alert become one, as the fields that the rule groups by are there.
    let grouped = found(&format!("{RULE} | unique {GROUP_BY}"), &documents);
    assert!(grouped.keys().eq(&all), "{grouped:?}");
    assert!(grouped.values().all(|count| *count == 1), "{grouped:?}");
    // The engine does tell documents apart.
    let other = RULE.replace("m365_defender.alert", "m365_defender.incident");
    assert!(found(&other, &documents).is_empty());
}

#[test]
fn another_dataset_is_none_of_the_rules() {
    let stream = DataStream {
        dataset: "contoso.alert".into(),
        ..DataStream::DEFAULT
    };
    let (documents, _) = documents(Ecs::of_stream(stream));
    assert!(found(RULE, &documents).is_empty());
}
