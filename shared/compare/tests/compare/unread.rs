//! What cannot be read has its place, and what is a record is read wherever it stands.

use serde_json::{Value, json};

use crate::export::{alert, compare, key, lines, old, try_compare};

/// The report of three old records, the second one as this line, and the line that is told.
fn with_second(line: &str) -> (drawbridge_compare::Report, Option<u64>) {
    let text = format!("{}{line}\n{}", lines(&[old(1)]), lines(&[old(3)]));
    let news = lines(&(1..=3).map(alert).collect::<Vec<_>>());
    let report = compare(text.as_bytes(), news.as_bytes());
    let line = report.old.places().next().map(|part| part.position.line);
    (report, line)
}

#[test]
fn an_event_that_is_cut_off_has_its_place() {
    let raw = old(2).to_string();
    let cut = &raw[..raw.len() / 2];
    for event in [
        json!({"preview": false, "offset": 1, "result": {"_time": "x", "_raw": cut}}),
        json!({"_raw": cut}),
        json!({"result": {"_raw": ""}}),
        json!({"result": {"_raw": format!("<13>Sep 1 host x: {raw}")}}),
        json!({"result": {"_raw": format!("[{raw},{cut}")}}),
        json!({"_source": {"event": {"original": cut}}}),
        json!({"_source": {"event.original": cut}}),
        json!({"_source": {"message": cut}}),
        json!({"fields": {"event.original": [cut]}}),
        json!({"time": 1, "event": cut}),
    ] {
        let (report, line) = with_second(&event.to_string());
        assert_eq!((report.old.broken, line), (1, Some(2)), "{event}");
        assert_eq!(report.alerts.by_id, 2, "{event}");
    }
    // The fields that were taken from it are compared, and may not be all.
    let mut fields = old(2);
    fields["_raw"] = json!(cut);
    let (report, line) = with_second(&json!({"result": fields}).to_string());
    assert_eq!(
        (report.old.broken, line, report.alerts.by_id),
        (1, Some(2), 3)
    );
}

#[test]
fn an_object_of_another_kind_has_its_place() {
    for other in [
        json!({"class_uid": 2004}),
        json!({"result": {"x": 1}}),
        json!({"AlertId": "da1", "Severity": "High"}),
        json!({"fields": ["AlertId", "AlertTitle", "Severity"], "rows": [["da1", "A"]]}),
    ] {
        let (report, line) = with_second(&other.to_string());
        assert_eq!((report.old.others, line), (1, Some(2)), "{other}");
        assert_eq!(
            report.old.first_others[0].why,
            "is neither a record nor an alert"
        );
    }
}

/// However many objects of another kind come before it.
#[test]
fn a_broken_line_behind_others_has_its_place() {
    let others = "{\"x\":1}\n".repeat(50);
    let (report, _) = with_second(&format!("{others}{{\"AlertId\": \"cut"));
    assert_eq!((report.old.others, report.old.broken), (50, 1));
    let lines: Vec<u64> = report.old.places().map(|part| part.position.line).collect();
    assert_eq!((lines[0], lines.len()), (52, 11), "{lines:?}");
}

#[test]
fn every_record_of_an_event_is_read() {
    let [two, more] = [old(2), old(2)].map(|record| record.to_string());
    let nothing = Value::Null;
    for event in [
        json!({"result": {"_raw": format!("[{two}]")}}),
        json!({"result": {"_raw": format!("[{two},{more}]")}}),
        json!({"result": {"_raw": format!("{two}\n{more}\n")}}),
        json!({"_source": {"event": {"original": [two]}}}),
        json!({"_source": {"message": two, "fields": {"env": "prod"}}}),
        json!({"event": two}),
        json!({"a": old(2), "b": nothing}),
        json!({"a": nothing, "records": [old(2), old(2)]}),
        json!({"responses": [{"hits": {"hits": [{"_source": old(2)}]}}]}),
    ] {
        let (report, line) = with_second(&event.to_string());
        assert_eq!((report.alerts.by_id, line), (3, None), "{event}");
        assert_eq!((report.old.broken, report.old.others), (0, 0), "{event}");
    }
    let (report, _) = with_second(&json!({"a": old(2), "b": old(3)}).to_string());
    assert_eq!((report.alerts.by_id, report.old.repeated), (3, 1));
}

/// A key of a record may have the name that an answer has for its list, or a wrapper for its object.
#[test]
fn a_record_with_a_member_of_a_wrapper_is_a_record() {
    let news = lines(&(1..=3).map(alert).collect::<Vec<_>>());
    let values = [
        json!([]),
        json!(["siem"]),
        json!([{"feed": "vt"}]),
        json!({}),
        json!({"x": 1}),
        json!("{"),
    ];
    let names = [
        "results",
        "hits",
        "alerts",
        "value",
        "result",
        "_source",
        "rows",
        "columns",
        "responses",
        "lastrow",
        "preview",
        "event",
        "message",
        "evidence",
    ];
    for (name, value) in names
        .iter()
        .flat_map(|name| values.iter().map(move |value| (name, value)))
    {
        let mut last = old(2);
        last[*name] = value.clone();
        last["id"] = json!("7");
        let (report, line) = with_second(&last.to_string());
        assert_eq!((report.alerts.by_id, line), (3, None), "{name} {value}");
        let array = Value::from(vec![old(1), last, old(3)]).to_string();
        let of_array = compare(array.as_bytes(), news.as_bytes());
        let keys =
            |report: &drawbridge_compare::Report| serde_json::to_value(&report.keys).unwrap();
        assert_eq!(keys(&report), keys(&of_array), "{name} {value}");
        // Before its other members, the list is that of an answer: the record is read, and what is
        // in the list has its place.
        let mut first = json!({*name: value});
        first
            .as_object_mut()
            .unwrap()
            .extend(old(2).as_object().unwrap().clone());
        let (report, _) = with_second(&first.to_string());
        assert_eq!(
            (report.alerts.by_id, report.old.records),
            (3, 3),
            "{name} {value}"
        );
        assert_eq!(key(&report, "Severity").same, 3);
    }
}

#[test]
fn bytes_that_are_no_text_have_their_place() {
    let named = |title: &[u8]| {
        let mut record = old(2);
        record["AlertTitle"] = json!("caf@");
        let text = format!(
            "{}{}{}",
            lines(&[old(1)]),
            lines(&[record]),
            lines(&[old(3)])
        );
        let at = text.find('@').unwrap();
        [&text.as_bytes()[..at], title, &text.as_bytes()[at + 1..]].concat()
    };
    for (a, b) in [(&b"\xe9"[..], &b"\xe8"[..]), (b"\xe9", "é".as_bytes())] {
        let report = compare(&named(a), &named(b));
        let told = |side: &drawbridge_compare::SideReport| {
            let first = side.first_broken.first();
            (
                side.broken,
                first.map(|part| (part.position.line, part.why.contains("UTF-8"))),
            )
        };
        assert_eq!(told(&report.old), (1, Some((2, true))));
        assert_eq!(report.alerts.by_id, 2);
        assert_eq!(key(&report, "AlertTitle").same, 2);
    }
    let report = compare(&named("é".as_bytes()), &named("é".as_bytes()));
    assert_eq!((report.old.broken, report.alerts.by_id), (0, 3));
}

#[test]
fn what_is_no_export_is_called_by_its_name() {
    let news = lines(&[alert(1)]);
    let preview = json!({"preview": true, "result": old(1)}).to_string();
    let previews =
        json!({"preview": true, "init_offset": 0, "results": [old(1), old(2)]}).to_string();
    let utf32: Vec<u8> = "\u{feff}[]"
        .chars()
        .flat_map(|c| (c as u32).to_le_bytes())
        .collect();
    for (text, words) in [
        (preview.as_bytes(), "1 previews and the like"),
        (previews.as_bytes(), "2 previews and the like"),
        (
            b"_time,_raw\nx,\"{\"\"AlertId\"\": 1}\"\n",
            "CSV: export it as JSON",
        ),
        (
            b"<results preview='0'>\n</results>",
            "XML: export it as JSON",
        ),
        (&utf32, "UTF-32"),
    ] {
        let error = try_compare(text, news.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// A search gives 10,000 hits at most, and fewer if it was not asked for more.
#[test]
fn a_part_of_an_answer_is_told() {
    let hits = |ns: std::ops::RangeInclusive<u64>| -> Vec<Value> {
        ns.map(|n| json!({"_source": old(n)})).collect()
    };
    let answer = |total: Value, hits: Vec<Value>, more: Value| {
        let mut answer = json!({"took": 1, "hits": {"total": total, "hits": hits}});
        answer
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        answer
    };
    let news = lines(&(1..=3).map(alert).collect::<Vec<_>>());
    let told = |answers: &[Value]| {
        let report = compare(lines(answers).as_bytes(), news.as_bytes());
        assert_eq!(report.alerts.by_id, 3);
        let old = serde_json::to_value(&report.old).unwrap();
        ["hits_read", "hits", "broken"].map(|name| old[name].as_u64().unwrap())
    };
    let none = json!({"timed_out": false, "_shards": {"total": 2, "failed": 0}});
    let total = json!({"value": 9000, "relation": "eq"});
    assert_eq!(
        told(&[answer(json!(3), hits(1..=3), none.clone())]),
        [3, 3, 0]
    );
    assert_eq!(
        told(&[answer(total.clone(), hits(1..=3), none.clone())]),
        [3, 9000, 0]
    );
    let pages = [
        answer(json!(3), hits(1..=2), none.clone()),
        answer(json!(3), hits(3..=3), none),
    ];
    assert_eq!(told(&pages), [3, 3, 0]);
    for more in [
        json!({"timed_out": true}),
        json!({"is_partial": true}),
        json!({"_clusters": {"total": 2, "successful": 1, "skipped": 1}}),
        json!({"_shards": {"total": 2, "failed": 1}}),
    ] {
        assert_eq!(told(&[answer(json!(3), hits(1..=3), more)]), [3, 3, 1]);
    }
}
