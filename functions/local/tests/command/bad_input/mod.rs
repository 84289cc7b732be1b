//! Bad input: an error that says what to do, an exit code, and nothing lost.

mod alerts;
mod command_line;
mod disk;
mod not_graph;
mod sign_in;
mod state;
mod terminal;
mod trouble;

use crate::support::alerts::{alert, files_of, list};
use crate::support::command::run;
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Three alerts with two records each.
fn three() -> String {
    list(&[alert(1, 2), alert(2, 2), alert(3, 2)])
}

/// With the cause out of the way, the next run writes every record of [`three`], and the one
/// after it none.
#[track_caller]
fn nothing_is_lost(tenant: &Tenant, folder: &Folder) {
    let expected = files_of([(1, 2), (2, 2), (3, 2)]);
    for _ in 0..2 {
        run(tenant.poll(folder)).well().discreet();
        assert_eq!(folder.files(), expected);
    }
}
