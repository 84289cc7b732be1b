//! An upgrade: records of ours on both sides.

use drawbridge_compare::{PairedBy, Report, Verdict};
use serde_json::{Value, json};

use crate::export::{alert, compare, key, lines};

/// The records of ours of three alerts.
pub(crate) fn mapped() -> Vec<Value> {
    let mut records = Vec::new();
    for n in 1..=3 {
        let alert = alert(n).to_string();
        let alert = drawbridge_alert::Alert::decode(&alert).unwrap();
        for record in drawbridge_record::records(&drawbridge_record::siem::SIEM, &alert) {
            records.push(serde_json::from_str(&record.body).unwrap());
        }
    }
    records
}

/// An upgrade is judged before it is made: both sides are records of ours.
#[test]
fn two_releases_of_ours() {
    let mapped = lines(&mapped());
    let report = compare(mapped.as_bytes(), mapped.as_bytes());
    assert_eq!(report.losses.count, 0);
    assert!(report.losses.of > 60, "{:?}", report.losses);
    assert_eq!(report.records.pairs[&PairedBy::Key], 3);
    for key in &report.keys {
        let as_before = matches!(key.verdict, Verdict::AsBefore | Verdict::NoValue);
        assert!(as_before, "{}: {}", key.key, key.text);
    }
}

/// Records of ours as OLD beside an export as NEW are most likely given in the wrong order.
#[test]
fn sides_in_the_wrong_order_are_hinted_at() {
    let exported: Vec<Value> = (1..=3).map(crate::export::old).collect();
    let (ours, exported) = (lines(&mapped()), lines(&exported));
    let report = compare(ours.as_bytes(), exported.as_bytes());
    for name in ["FullId", "LastProcessedTimeUtc"] {
        let text = &key(&report, name).text;
        assert!(text.contains("given in the wrong order"), "{text}");
        assert!(!text.contains("Both sides"), "{text}");
    }
    let report = compare(exported.as_bytes(), ours.as_bytes());
    let mut keys = report.keys.iter();
    assert!(keys.all(|key| !key.text.contains("wrong order")));
}

/// A release with other identities writes every record a second time.
#[test]
fn identities_that_change_between_two_releases_of_ours_are_losses() {
    let made_up = ["FullId", "ReportID", "ExternalId", "IocUniqueId"];
    let mut changed = mapped();
    for record in &mut changed {
        let id = record["AlertId"].as_str().unwrap().to_owned();
        let unique = record["Sha1"].as_str().unwrap().to_uppercase();
        record["FullId"] = json!(format!("{id}:{unique}"));
        record["ReportID"] = json!(1);
        record["ExternalId"] = json!(unique);
        record["IocUniqueId"] = json!(unique);
        for name in ["LinkToWDATP", "LinkToMTP"] {
            record[name] = json!(format!("https://security.microsoft.com/alerts/{id}"));
        }
    }
    let with_links = |mut records: Vec<Value>| {
        for (record, changed) in records.iter_mut().zip(&changed) {
            record["LinkToWDATP"] = changed["LinkToWDATP"].clone();
            record["LinkToMTP"] = changed["LinkToMTP"].clone();
        }
        lines(&records)
    };
    let (before, after) = (with_links(mapped()), lines(&changed));
    // Which of the two is the older one makes no difference.
    for [old, new] in [[&before, &after], [&after, &before]] {
        let report = compare(old.as_bytes(), new.as_bytes());
        assert_eq!(report.losses.count, 3 * 4, "{:?}", report.losses);
        for name in made_up {
            let key = key(&report, name);
            assert_eq!(key.verdict, Verdict::Never, "{}", key.text);
            assert!(!key.text.contains("as before"), "{}", key.text);
        }
        assert!(
            key(&report, "FullId")
                .text
                .contains("each of these records twice")
        );
    }
}

/// The records of three alerts against the same, each changed.
fn after(change: impl Fn(&mut Value)) -> Report {
    let before = mapped();
    let mut after = before.clone();
    after.iter_mut().for_each(change);
    compare(lines(&before).as_bytes(), lines(&after).as_bytes())
}

/// What deduplicates compares texts: other letters are another key.
#[test]
fn a_respelt_identity_is_lost() {
    let lower = |value: &Value| json!(value.as_str().unwrap().to_lowercase());
    let part = |_: &Value| json!("00");
    type Change = fn(&Value) -> Value;
    let changes: [(&str, Change); 4] = [
        ("FullId", lower),
        ("ExternalId", lower),
        ("IocUniqueId", lower),
        ("AlertPart", part),
    ];
    for (name, change) in changes {
        let report = after(|record| record[name] = change(&record[name]));
        assert_eq!(report.alerts.shared(), 3);
        assert_eq!(report.losses.count, 3, "{name}: {:?}", report.losses);
        let key = key(&report, name);
        assert_eq!(
            (key.verdict, key.different),
            (Verdict::Never, 3),
            "{}",
            key.text
        );
    }
    // An export may have made a text of a number: it is the same text.
    let report = after(|record| record["AlertPart"] = json!("0"));
    assert_eq!(report.losses.count, 0);
    // Of any other key, a rule may ignore the case.
    let report = after(|record| record["FileName"] = json!("READER.EXE"));
    assert_eq!(report.losses.count, 0);
    assert_eq!(key(&report, "FileName").verdict, Verdict::Spelling);
}

#[test]
fn what_a_release_changes_is_no_design() {
    let changed = [
        ("AlertTime", "2023-04-05T05:07:08Z"),
        ("LastProcessedTimeUtc", "2023-04-06T06:07:08Z"),
        ("ThreatCategory", "T1"),
        ("LinkToMTP", "https://example.com"),
        ("DeviceCreatedMachineTags", "other"),
    ];
    // The alerts have neither tags nor links of their own.
    let mut before = mapped();
    for record in &mut before {
        record["DeviceCreatedMachineTags"] = json!("pilot");
        record["LinkToMTP"] = json!("https://security.microsoft.com/alerts/1");
    }
    let mut after = before.clone();
    for record in &mut after {
        for (name, value) in changed {
            record[name] = json!(value);
        }
    }
    let report = compare(lines(&before).as_bytes(), lines(&after).as_bytes());
    assert_eq!(report.losses.count, 3 * 5, "{:?}", report.losses);
    for (name, _) in changed {
        let key = key(&report, name);
        assert_eq!(key.verdict, Verdict::Never, "{}", key.text);
        assert!(!key.text.contains("By design"), "{}", key.text);
        assert!(key.text.contains("no design explains it"), "{}", key.text);
    }
}

/// A record with the key of another one and another content is compared, too, in whatever order they
/// come.
#[test]
fn a_record_that_comes_twice_with_two_contents_is_compared_twice() {
    let before = mapped();
    let mut other = before[0].clone();
    other["Severity"] = json!("ZZZ");
    let with = |at: usize, record: &Value| {
        let mut all = before.clone();
        all.insert(at, record.clone());
        all
    };
    let repeated = |report: &Report| {
        let sides = [&report.old, &report.new].map(|side| serde_json::to_value(side).unwrap());
        sides.map(|side| (side["repeated"].clone(), side["repeated_otherwise"].clone()))
    };
    let counts = |alike: u64, otherwise: u64| (json!(alike), json!(otherwise));
    for at in 0..=before.len() {
        let [before, with_other] = [lines(&before), lines(&with(at, &other))];
        for [old, new] in [[&before, &with_other], [&with_other, &before]] {
            let report = compare(old.as_bytes(), new.as_bytes());
            let severity = key(&report, "Severity");
            assert_eq!((severity.same, severity.different), (3, 1), "{at}");
            assert_eq!(report.losses.count, 1, "{at}");
            let side = usize::from(old == &before);
            assert_eq!(repeated(&report)[side], counts(0, 1), "{at}");
            assert_eq!(repeated(&report)[1 - side], counts(0, 0), "{at}");
        }
        let report = compare(with_other.as_bytes(), with_other.as_bytes());
        assert_eq!(
            (report.losses.count, repeated(&report)),
            (0, [counts(0, 1), counts(0, 1)])
        );
    }
    let with_same = lines(&with(2, &before[0]));
    let report = compare(lines(&before).as_bytes(), with_same.as_bytes());
    assert_eq!(
        (report.losses.count, repeated(&report)),
        (0, [counts(0, 0), counts(1, 0)])
    );
}
