//! Many tenants in trouble among a few hundred with nothing wrong: how long the others wait at most, from
//! the tick until their job is done, and how often the slow ones are polled. docs/guarantees.md has the
//! numbers of a stack ten times as large.

use std::path::{Path, PathBuf};

use drawbridge_schedules::{Crowd, PROCESSES, TENANTS, Waits, waits};

/// How many are in trouble, and in which.
const ROWS: [(usize, Crowd, &str); 14] = [
    (8, Crowd::Stuck, "polls never end"),
    (30, Crowd::Stuck, "polls never end"),
    (150, Crowd::Stuck, "polls never end"),
    (30, Crowd::Unanswered, "Graph does not answer"),
    (30, Crowd::Dies, "polls kill their process within a second"),
    (
        30,
        Crowd::DiesLate,
        "polls kill their process after 20 seconds",
    ),
    (150, Crowd::Slow(3), "Graph takes 3 seconds"),
    (30, Crowd::Slow(8), "Graph takes 8 seconds"),
    (30, Crowd::Slow(12), "Graph takes 12 seconds"),
    (30, Crowd::Slow(24), "Graph takes 24 seconds"),
    (150, Crowd::Slow(8), "Graph takes 8 seconds"),
    (150, Crowd::Slow(12), "Graph takes 12 seconds"),
    (150, Crowd::Slow(24), "Graph takes 24 seconds"),
    (300, Crowd::Slow(12), "Graph takes 12 seconds"),
];

const MINUTES: u64 = 30;
const BEGIN: &str = "<!-- crowds: begin -->\n";
const END: &str = "<!-- crowds: end -->\n";

/// The table of docs/guarantees.md, which `DRAWBRIDGE_BLESS=1` writes.
#[test]
fn a_crowd_in_trouble_keeps_others_waiting_as_long_as_is_said() {
    let page = std::fs::read_to_string(path()).unwrap();
    assert!(page.contains(&format!("{TENANTS} tenants and {PROCESSES} processes")));
    let rows = std::thread::scope(|scope| {
        let rows = ROWS.map(|(tenants, crowd, trouble)| {
            scope.spawn(move || {
                let waits = waits(crowd, tenants, MINUTES);
                println!("{tenants} {crowd:?}: {waits:?}");
                row(tenants, crowd, trouble, &waits)
            })
        });
        rows.map(|row| row.join().unwrap())
    });
    let table = format!(
        "| tenants of 3,000 | trouble | longest wait of the others | of those from the second quarter of an \
         hour | one in trouble is done with every |\n|---|---|---|---|---|\n{}",
        rows.concat()
    );
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        std::fs::write(path(), format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    let words = |line: &str| line.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(
        words(found),
        words(&table),
        "DRAWBRIDGE_BLESS=1 writes the table"
    );
    for (said, is) in found.lines().zip(table.lines()) {
        let no_longer = numbers(said)
            .into_iter()
            .zip(numbers(is))
            .all(|(said, is)| is <= said);
        assert!(
            no_longer,
            "{said}\n{is}\nDRAWBRIDGE_BLESS=1 writes the table"
        );
    }
}

/// The numbers of a row.
fn numbers(row: &str) -> Vec<u64> {
    let digits = row.split(|c: char| !c.is_ascii_digit());
    digits.filter_map(|number| number.parse().ok()).collect()
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guarantees.md")
}

fn row(tenants: usize, crowd: Crowd, trouble: &str, waits: &Waits) -> String {
    let [longest, later] = match waits.jobs {
        0 => ["–".to_owned(), "–".to_owned()],
        _ => [waits.longest_secs, waits.later_secs].map(|secs| format!("{secs} s")),
    };
    let every = match (crowd, waits.own_polls) {
        (Crowd::Slow(_), polls @ 1..) => format!("{} s", 60 * MINUTES * tenants as u64 / polls),
        _ => "–".to_owned(),
    };
    let tenants = tenants * 10;
    format!("| {tenants} | {trouble} | {longest} | {later} | {every} |\n")
}
