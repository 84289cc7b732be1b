//! A report for the terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use drawbridge_compare::{
    Alerts, Example, KeyReport, Losses, OnlyOne, PairedBy, Records, Report, SideReport, Spelling,
    Verdict,
};

use drawbridge_telemetry::shown;

use crate::screen::{columns, continued};
use crate::table;

/// The verdicts that are told with examples; the table has them all.
const TOLD: [Verdict; 5] = [
    Verdict::Never,
    Verdict::Partly,
    Verdict::Spelling,
    Verdict::MadeUp,
    Verdict::More,
];

/// The verdicts that say nothing.
const NOTHING_SAID: [Verdict; 2] = [Verdict::NoValue, Verdict::NotExported];

/// How many alerts or records of one side are shown.
const SHOWN: usize = 3;

/// Writes all of it.
pub(crate) fn write(out: &mut impl Write, names: &[String; 2], report: &Report) -> io::Result<()> {
    for (title, name, side) in [
        ("OLD", &names[0], &report.old),
        ("NEW", &names[1], &report.new),
    ] {
        let text = format!("{name}: {}", side_in_words(side));
        line(out, &format!("{title}      "), &text)?;
        for part in side.places() {
            let (file, n, byte) = (&part.file, part.position.line, part.position.byte);
            let text = format!("{file}, line {n} (byte {byte}): {}", part.why);
            line(out, "         ", &text)?;
        }
    }
    line(out, "alerts   ", &alerts_in_words(&report.alerts))?;
    line(out, "records  ", &records_in_words(&report.records))?;
    line(out, "lost     ", &losses(&report.losses))?;
    for names in names_in_words(report) {
        line(out, "names    ", &names)?;
    }
    if report.alerts.shared() > 0 {
        writeln!(out)?;
        write_table(out, &report.keys)?;
        for verdict in TOLD {
            write_keys(out, verdict, &report.keys)?;
        }
    }
    for (title, only) in one_sided(report) {
        write_only(out, title, only)?;
    }
    Ok(())
}

/// Writes one line, which goes on below where it has no room, whatever the files that are compared have in it: a
/// line break in a title forges none.
fn line(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    writeln!(out, "{}", continued(name, &shown(text), columns()))
}

/// What only one side has, with a title each.
pub(crate) fn one_sided(report: &Report) -> [(&'static str, &OnlyOne); 4] {
    [
        ("Alerts only in OLD", &report.alerts.only_old),
        ("Alerts only in NEW", &report.alerts.only_new),
        (
            "Records only in OLD, of alerts that both have",
            &report.records.only_old,
        ),
        (
            "Records only in NEW, of alerts that both have",
            &report.records.only_new,
        ),
    ]
}

fn write_table(out: &mut impl Write, keys: &[KeyReport]) -> io::Result<()> {
    let rows: Vec<[String; 7]> = keys
        .iter()
        .filter(|key| !NOTHING_SAID.contains(&key.verdict))
        .map(|key| {
            let [same, spelling, filled, emptied, different, _] = key.counts().map(shown_count);
            let is_made_up = key.synthesised && key.verdict != Verdict::MadeUp;
            let verdict = match is_made_up {
                true => format!("{}; made up here", key.verdict.words()),
                false => key.verdict.words().to_owned(),
            };
            [
                key.key.to_owned(),
                same,
                spelling,
                filled,
                emptied,
                different,
                verdict,
            ]
        })
        .collect();
    let head = [
        "KEY",
        "SAME",
        "SPELLING",
        "FILLED",
        "EMPTIED",
        "DIFFERENT",
        "A RULE ON IT",
    ];
    table::write(out, head, rows)?;
    for verdict in NOTHING_SAID {
        let names = keys.iter().filter(|key| key.verdict == verdict);
        let names: Vec<&str> = names.map(|key| key.key).collect();
        if !names.is_empty() {
            let text = format!("{}: {}", verdict.words(), names.join(", "));
            line(out, "", &text)?;
        }
    }
    // What is said of a key that matches as before is not shown otherwise.
    let otherwise_empty = keys
        .iter()
        .filter(|key| key.spelling.contains_key(&Spelling::Nothing));
    let names: Vec<&str> = otherwise_empty.map(|key| key.key).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        let (_, todo) = Spelling::Nothing.words();
        let text = format!("null on one side and \"\" on the other: {names} ({todo})");
        line(out, "", &text)?;
    }
    Ok(())
}

/// A count; nothing for none, so that the others are seen.
fn shown_count(count: u64) -> String {
    match count {
        0 => "-".to_owned(),
        count => count.to_string(),
    }
}

fn write_keys(out: &mut impl Write, verdict: Verdict, keys: &[KeyReport]) -> io::Result<()> {
    let mut of_it = keys.iter().filter(|key| key.verdict == verdict).peekable();
    if of_it.peek().is_none() {
        return Ok(());
    }
    writeln!(out)?;
    line(out, "", &format!("== {}", verdict.words()))?;
    for key in of_it {
        line(out, "", &key.text)?;
        // One shows what a made-up value looks like.
        let most = if verdict == Verdict::MadeUp {
            1
        } else {
            usize::MAX
        };
        for example in examples(key).take(most) {
            let outcome = example.outcome.words();
            line(out, "    ", &format!("{}: {outcome}", example.alert_id))?;
            line(out, "      old  ", &value(example.old.as_deref()))?;
            line(out, "      new  ", &value(example.new.as_deref()))?;
        }
    }
    Ok(())
}

/// The examples of what is not the same.
fn examples(key: &KeyReport) -> impl Iterator<Item = &Example> {
    let all = key.examples.iter();
    all.filter(|example| example.outcome != drawbridge_compare::Outcome::Same)
}

/// A value in quotes, as JSON has it; nothing where there is none.
pub(crate) fn value(value: Option<&str>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(text) => serde_json::Value::from(text).to_string(),
    }
}

fn write_only(out: &mut impl Write, title: &str, only: &OnlyOne) -> io::Result<()> {
    if only.count == 0 {
        return Ok(());
    }
    writeln!(out)?;
    line(out, "", &format!("== {title}: {}", only_in_words(only)))?;
    for of_it in only.first.iter().take(SHOWN) {
        let parts = [
            &of_it.alert_id,
            &of_it.time,
            &of_it.device,
            &of_it.title,
            &of_it.entity,
        ];
        let parts: Vec<&str> = parts
            .into_iter()
            .map(|part| &**part)
            .filter(|part| !part.is_empty())
            .collect();
        line(out, "    ", &parts.join(", "))?;
    }
    Ok(())
}

/// How many there are, and what is known of the cause.
pub(crate) fn only_in_words(only: &OnlyOne) -> String {
    match only.outside_the_others_times {
        0 => only.count.to_string(),
        outside => format!(
            "{}, {outside} of them of a time that the other side does not cover",
            only.count
        ),
    }
}

/// What was read of a side.
pub(crate) fn side_in_words(side: &SideReport) -> String {
    let mut words = count(side.records, "record", "records");
    if side.mapped_alerts > 0 {
        words.push_str(&format!(
            ", mapped from {}",
            count(side.mapped_alerts, "alert", "alerts")
        ));
    }
    for (n, what) in [
        (side.repeated, "repeated"),
        (side.repeated_otherwise, "repeated with other content"),
        (side.passed_over, "previews and the like"),
        (
            side.others,
            if side.others == 1 {
                "other object"
            } else {
                "other objects"
            },
        ),
        (
            side.left_out,
            "left out: the records of their alert are over 64 MiB",
        ),
        (side.broken, "broken"),
        (
            side.files_passed_over.count,
            if side.files_passed_over.count == 1 {
                "file passed over"
            } else {
                "files passed over"
            },
        ),
    ] {
        if n > 0 {
            words.push_str(&format!(", {n} {what}"));
        }
    }
    if side.hits_read < side.hits {
        words.push_str(&format!(
            ", {} of the {} hits of the search",
            side.hits_read, side.hits
        ));
    }
    if let Some([first, last]) = &side.times {
        words.push_str(&format!(", {first} to {last}"));
    }
    words
}

/// How alerts were matched.
pub(crate) fn alerts_in_words(alerts: &Alerts) -> String {
    let by = [
        (alerts.by_id, "by id"),
        (alerts.by_id_without_prefix, "by id without its two letters"),
        (
            alerts.by_detector_device_time,
            "by detector, device and time",
        ),
    ];
    let by = by
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, how)| format!("{n} {how}"));
    let mut words = sides(
        alerts.shared(),
        &by.collect::<Vec<_>>(),
        &alerts.only_old,
        &alerts.only_new,
    );
    if let Some(hint) = zone_in_words(alerts) {
        words.push_str(&format!(". {hint}"));
    }
    words
}

/// What speaks for a zone that old times have lost.
pub(crate) fn zone_in_words(alerts: &Alerts) -> Option<String> {
    let zone = alerts.in_zone?;
    let (sign, minutes) = match zone.offset_minutes {
        minutes @ ..0 => ('-', -minutes),
        minutes => ('+', minutes),
    };
    Some(format!(
        "The times of OLD name no zone: {} would match if they were of {sign}{:02}:{:02}. Export them with \
         their zone or in UTC",
        count(zone.alerts, "alert more", "alerts more"),
        minutes / 60,
        minutes % 60
    ))
}

/// How records were matched.
pub(crate) fn records_in_words(records: &Records) -> String {
    let how = |by: PairedBy| match by {
        PairedBy::Key => "by FullId",
        PairedBy::Hash => "by hash",
        PairedBy::Name => "by name",
        PairedBy::Address => "by address",
        PairedBy::NoEntity => "without an entity",
        PairedBy::AlertAlone => "of different entities, in what is said of the alert",
    };
    let pairs: &BTreeMap<PairedBy, u64> = &records.pairs;
    let by = pairs.iter().map(|(by, n)| format!("{n} {}", how(*by)));
    let sides = sides(
        pairs.values().sum(),
        &by.collect::<Vec<_>>(),
        &records.only_old,
        &records.only_new,
    );
    format!("in shared alerts: {sides}")
}

fn sides(both: u64, by: &[String], old: &OnlyOne, new: &OnlyOne) -> String {
    let by = match by.is_empty() {
        true => String::new(),
        false => format!(" ({})", by.join(", ")),
    };
    format!(
        "{both} on both sides{by}, {} only in OLD, {} only in NEW",
        old.count, new.count
    )
}

/// What is lost, and of how much.
pub(crate) fn losses(losses: &Losses) -> String {
    format!(
        "{} of {} ({:.1} %)",
        losses.count,
        count(
            losses.of,
            "old value, alert or record",
            "old values, alerts and records"
        ),
        losses.percent()
    )
}

/// What is to be said of names that are not those of the record.
pub(crate) fn names_in_words(report: &Report) -> Vec<String> {
    let old = &report.old;
    let mut lines = Vec::new();
    for (name, (key, n)) in &old.other_names {
        lines.push(format!(
            "A rule on {name} never matches again: use {key}, as the key is called ({}).",
            count(*n, "record", "records")
        ));
    }
    for (name, (key, n)) in &report.new.other_names {
        if !old.other_names.contains_key(name) {
            lines.push(format!(
                "NEW has {key} as {name} ({}): a rule on {key} does not find it there.",
                count(*n, "record", "records")
            ));
        }
    }
    for (side, values) in [
        ("OLD", &old.other_values),
        ("NEW", &report.new.other_values),
    ] {
        for (name, (key, n)) in values {
            lines.push(format!(
                "{side} has {key} twice in {}, with two values: the one under {name} was not compared.",
                count(*n, "record", "records")
            ));
        }
    }
    let filled = old.unknown.iter().filter(|(_, n)| **n > 0);
    let names: Vec<&str> = filled.map(|(name, _)| &**name).collect();
    if !names.is_empty() {
        lines.push(format!(
            "OLD has keys that are none of the record's 50, so that a rule on them must find them \
             elsewhere: {}.",
            names.join(", ")
        ));
    }
    let new = report.new.unknown.keys();
    let new: Vec<&str> = new
        .filter(|name| !old.unknown.contains_key(*name))
        .map(|name| &**name)
        .collect();
    if !new.is_empty() {
        lines.push(format!(
            "NEW has keys that are none of the record's 50 and that OLD lacks: {}.",
            new.join(", ")
        ));
    }
    lines
}

fn count(n: u64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
