//! A state object that cannot be used: nothing is written over it, and nothing beside it.

use std::fs;

use super::{nothing_is_lost, three};
use crate::support::alerts::{alert, files_of, list};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Polls one alert, spoils the state, polls three alerts in vain, mends the state.
fn spoilt(spoil: impl Fn(&str) -> String, words: &[&str]) {
    let folder = Folder::new();
    run(Tenant::new(&list(&[alert(1, 2)])).poll(&folder)).well();
    let good = fs::read_to_string(folder.state()).unwrap();
    let bad = spoil(&good);
    assert_ne!(bad, good);
    fs::write(folder.state(), &bad).unwrap();

    let recent = list(&[alert(1, 2), crate::support::alerts::recent_alert(2, 2)]);
    let tenant = Tenant::new(&recent);
    run(tenant.poll(&folder)).failed(1, words).discreet();
    assert_eq!(fs::read_to_string(folder.state()).unwrap(), bad);
    assert_eq!(folder.files(), files_of([(1, 2)]));

    fs::write(folder.state(), &good).unwrap();
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.files(), files_of([(1, 2), (2, 2)]));
}

#[test]
fn a_state_from_the_future_is_left_to_the_newer_release() {
    spoilt(
        |state| state.replacen("\"version\":6", "\"version\":999", 1),
        &["version 999", "run the newer release", "state/"],
    );
}

#[test]
fn a_state_that_is_cut_off_says_how_to_go_on() {
    spoilt(
        |state| state[..state.len() / 2].to_owned(),
        &[
            "is damaged",
            "cut off",
            "earlier version",
            "move it away",
            "state/",
        ],
    );
}

#[test]
fn an_empty_state_or_another_file_is_no_state() {
    spoilt(|_| String::new(), &["is damaged", "state/"]);
    spoilt(|_| "[1]".to_owned(), &["is damaged", "not a state object"]);
    spoilt(
        |state| state.replace("\"keys\":2", "\"keys\":3"),
        &["is damaged", "it was changed"],
    );
}

#[test]
fn moving_a_damaged_state_away_starts_again() {
    let (tenant, folder) = (Tenant::new(&three()), Folder::new());
    fs::create_dir_all(folder.state().parent().unwrap()).unwrap();
    fs::write(folder.state(), "{").unwrap();
    run(tenant.poll(&folder))
        .failed(1, &["move it away"])
        .discreet();
    fs::remove_file(folder.state()).unwrap();
    nothing_is_lost(&tenant, &folder);
}
