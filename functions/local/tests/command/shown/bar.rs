//! The bar of a backfill, and what is written beside it.

use std::process::Command;

use drawbridge_simulator::Options;

use super::terminal::{assert_fits, on_terminal};
use crate::support::alerts::{alert, list};
use crate::support::documents::{command, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// What the terminal showed, each time that its line was drawn anew, without codes that move the cursor.
fn drawn(command: &Command, columns: usize) -> Vec<String> {
    let (shown, is_well) = on_terminal(command, columns, "");
    assert!(is_well, "{shown}");
    let without_codes = |line: &str| {
        let mut parts = line.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |line, part| {
            let text = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            line + text.get(1..).unwrap_or_default()
        })
    };
    shown
        .split(['\r', '\n'])
        .map(without_codes)
        .filter(|line| line.contains(" % "))
        .collect()
}

fn percent(line: &str) -> u64 {
    let (before, _) = line.split_once(" %").unwrap();
    before.split(' ').next_back().unwrap().parse().unwrap()
}

#[test]
fn the_bar_comes_on_with_each_page_and_never_goes_back() {
    let alerts: Vec<_> = (0..16)
        .map(|n| {
            let mut alert = alert(n, 1);
            let time = format!("2021-05-{:02}T{:02}:30:00Z", 1 + n / 4, 6 * (n % 4));
            alert["lastUpdateDateTime"] = time.into();
            alert
        })
        .collect();
    let options = Options {
        page_latency: std::time::Duration::from_millis(60),
        ..Options::default()
    };
    let tenant = Tenant::with(options, &list(&alerts));
    for (columns, length) in [(60, 12), (200, 40)] {
        let folder = Folder::new();
        write(&folder, "contoso", &tenant, "page_size = 1");
        let range = ["--from", "2021-05-01", "--to", "2021-05-05"];
        let args = [&["backfill", "--tenant", "contoso", "--yes"][..], &range].concat();
        let lines = drawn(&command(&folder, &args), columns);
        // The last one is what the command says at its end.
        let bars: Vec<_> = lines
            .iter()
            .filter(|line| !line.contains("done,"))
            .collect();
        let mut percents: Vec<u64> = bars.iter().map(|line| percent(line)).collect();
        assert!(percents.is_sorted(), "{percents:?}");
        percents.dedup();
        // A day is a quarter, and has four pages.
        assert!(percents.len() > 8, "{percents:?}");
        for line in &bars {
            assert!(line.chars().count() <= columns, "{line:?}");
            let bar = line.chars().take_while(|c| "█▉▊▋▌▍▎▏░".contains(*c));
            assert!(bar.count() >= length, "{line:?}");
            assert!(line.contains(" alert"), "{line:?}");
        }
    }
}

/// Graph lists the newest alerts first, by when they were created: when they were updated is in no order.
#[test]
fn the_bar_comes_on_within_a_day_whose_alerts_are_updated_in_no_order() {
    let alerts: Vec<_> = (0..24)
        .map(|n| {
            let mut alert = alert(n, 1);
            alert["createdDateTime"] = format!("2021-05-01T{n:02}:10:00Z").into();
            alert["lastUpdateDateTime"] = format!("2021-05-01T{:02}:30:00Z", n * 7 % 24).into();
            alert
        })
        .collect();
    let options = Options {
        page_latency: std::time::Duration::from_millis(60),
        ..Options::default()
    };
    let (tenant, folder) = (Tenant::with(options, &list(&alerts)), Folder::new());
    write(&folder, "contoso", &tenant, "page_size = 2");
    let range = ["--from", "2021-05-01", "--to", "2021-05-02"];
    let args = [&["backfill", "--tenant", "contoso", "--yes"][..], &range].concat();
    let mut percents: Vec<_> = drawn(&command(&folder, &args), 60)
        .iter()
        .filter(|line| !line.contains("done,"))
        .map(|line| percent(line))
        .collect();
    assert!(percents.is_sorted(), "{percents:?}");
    percents.dedup();
    assert!(percents.len() > 6, "{percents:?}");
}

#[test]
fn lines_of_the_log_leave_no_bar_behind_and_errors_end_between_words() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let range = ["--from", "2021-05-01", "--to", "2021-05-02"];
    let backfill = [&["backfill", "--tenant", "contoso", "--yes"][..], &range].concat();
    for args in [&["poll", "--tenant", "contoso", "--once"], &backfill[..]] {
        let mut command = command(&folder, args);
        command
            .env("NO_COLOR", "1")
            .env("DRAWBRIDGE_LOGIN_URL", "http://127.0.0.1:1/");
        let (shown, is_well) = on_terminal(&command, 60, "");
        assert!(!is_well && shown.contains("WARN"), "{shown}");
        let is_poll = args[0] == "poll";
        assert_eq!(shown.contains("signing in"), is_poll, "{shown}");
        // What stands in each line that the terminal went on from.
        let left: Vec<_> = shown
            .split('\n')
            .map(|line| line.rsplit("\u{1b}[2K").next().unwrap_or_default())
            .collect();
        let is_of_a_bar = |c: char| "█░".contains(c) || ('\u{2800}'..'\u{28ff}').contains(&c);
        for line in &left[..left.len() - 1] {
            assert!(!line.contains(is_of_a_bar), "{line:?} in {shown:?}");
        }
        assert_fits(&left[..left.len() - 1], 60);
    }
}
