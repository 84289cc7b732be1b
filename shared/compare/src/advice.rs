//! What the author of a rule should do about a key, in sentences.

use drawbridge_record::siem::{KEYS, Source};

use crate::keys;
use crate::spelling::Spelling;
use crate::tally::Tally;
use crate::value::Outcome;

/// What is seen in fewer old values than this is told as what it is.
pub(crate) const FEW: u64 = 10;

/// The names under which the new records have what is empty.
pub(crate) fn renamed_to(tally: &Tally) -> String {
    let names = tally.renamed_to.iter();
    let names = names.map(|(name, n)| {
        format!(
            " In {} NEW has it as {name}.",
            count(*n, "record", "records")
        )
    });
    names.collect()
}

/// What it means that OLD alone has records of ours.
const SWAPPED: &str = " Records of OLD are ours and those of NEW are not: the two sides may have been given in the wrong order.";

/// What it means that a key that is made up here is another one in a record of ours.
pub(crate) fn between_releases(name: &str, tally: &Tally) -> &'static str {
    match name {
        _ if !tally.is_new_ours => SWAPPED,
        "FullId" | "IocUniqueId" | "ExternalId" => {
            " Both sides are records of ours, so that it should have stayed the same: what deduplicates on \
             it takes each of these records twice, once as OLD has it and once as NEW."
        }
        "ReportID" => {
            " Both sides are records of ours, so that it should have stayed the same: what groups by it \
             takes each of these alerts for two."
        }
        _ => " It counts the records of an alert in the order in which they were first written.",
    }
}

/// What to use instead.
pub(crate) fn advice(tally: &Tally) -> String {
    let mut text = String::new();
    if let Some((other, times)) = tally.instead() {
        let of = of(times, tally.lost());
        text.push_str(&format!(" Use {other}: it holds the old value in {of}."));
    }
    let renamed = tally.words.renamed();
    if !renamed.is_empty() {
        let words = renamed
            .iter()
            .map(|change| format!("{:?} by {:?}", change.old, change.new));
        let words: Vec<String> = words.collect();
        text.push_str(&format!(" Replace {}.", words.join(", ")));
    }
    for (n, parts) in [
        (tally.longer_lists, "all old parts are"),
        (tally.other_lists, "some of the old parts are"),
    ] {
        if n > 0 {
            let records = count(n, "record", "records");
            text.push_str(&format!(
                " In {records} {parts} in the new list: a rule that looks for one of them finds it there."
            ));
        }
    }
    text
}

/// What it means that a key of a record of ours is another one.
pub(crate) fn of_ours(tally: &Tally) -> String {
    let records = match tally.ours_lost {
        0 => return String::new(),
        _ if !tally.is_new_ours => return SWAPPED.to_owned(),
        lost if lost == tally.lost() => "Both sides are records of ours".to_owned(),
        lost => format!(
            "{} of ours in OLD",
            count(lost, "is a record", "are records")
        ),
    };
    format!(
        " {records}, so that no design explains it: the alert changed between them, or the releases differ."
    )
}

/// Why a key is another one on purpose, where that is seen. A record of ours held it as it is now.
pub(crate) fn by_design(n: usize, tally: &Tally) -> Option<&'static str> {
    if tally.ours_lost > 0 {
        return None;
    }
    let is_never_filled = matches!(KEYS[n].source, Source::Never(_));
    let is_said = is_never_filled || tally.count(Outcome::Different) > 0;
    keys::note(n).filter(|_| is_said)
}

/// What speaks against relying on a loss of which no cause is known.
pub(crate) fn how_sure(tally: &Tally) -> String {
    let mut text = String::new();
    if tally.count(Outcome::Emptied) > 0 && tally.instead().is_none() {
        text.push_str(
            " It is filled wherever Graph sends a value for it: `drawbridge explain` tells what it sent.",
        );
    }
    let had = tally.had();
    if had < FEW {
        text.push_str(&format!(
            " Only {} had a value: compare more of them before you change the rule.",
            count(had, "record", "records")
        ));
    }
    text
}

pub(crate) fn spelling_advice(tally: &Tally) -> String {
    let advice = tally.spellings().map(|(spelling, n)| {
        let (what, todo) = spelling.words();
        format!(
            " In {} the difference is {what}: {todo}.",
            count(n, "record", "records")
        )
    });
    let count_of = |spelling| tally.count(Outcome::Spelling(spelling));
    let unread = count_of(Spelling::TimeUnread);
    let unread = (unread > 0).then(|| {
        let (what, todo) = Spelling::TimeUnread.words();
        let records = count(unread, "record has", "records have");
        format!(" {records} {what}: {todo}.")
    });
    let nothing = (count_of(Spelling::Nothing) > 0).then(|| {
        let (what, todo) = Spelling::Nothing.words();
        format!(" What is empty is written otherwise ({what}): {todo}.")
    });
    advice.chain(unread).chain(nothing).collect()
}

pub(crate) fn of(part: u64, all: u64) -> String {
    format!("{part} of {}", count(all, "record", "records"))
}

pub(crate) fn count(n: u64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
