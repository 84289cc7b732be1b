//! Two polls of one tenant into one folder at the same time.

use std::time::Duration;

use drawbridge_simulator::Options;

use crate::support::alerts::{alert, files_of, list, recent_alert};
use crate::support::command::{Outcome, run};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

#[test]
fn one_that_comes_while_another_writes_is_told_so_and_loses_nothing() {
    let options = Options {
        page_latency: Duration::from_millis(300),
        ..Options::default()
    };
    let alerts: Vec<_> = (0..20).map(|n| recent_alert(n, 2)).collect();
    let (tenant, folder) = (Tenant::with(options, &list(&alerts)), Folder::new());
    let mut first = tenant.poll(&folder);
    first.args(["--page-size", "2"]);
    let first = first.spawn().unwrap();
    // It opens its output before it asks for a page, and has ten to read.
    tenant.until(|stats| stats.list_requests > 0);

    run(tenant.poll(&folder))
        .failed(
            1,
            &[
                "another drawbridge is writing",
                "siem.ndjson",
                "another output folder",
            ],
        )
        .discreet();
    Outcome::of(first.wait_with_output().unwrap()).well();
    assert_eq!(folder.files(), files_of((0..20).map(|n| (n, 2))));
    let third = run(tenant.poll(&folder)).well();
    assert!(
        third
            .stdout
            .contains("20 alerts, 0 new records, 40 already written"),
        "{}",
        third.stdout
    );
}

#[test]
fn several_at_once_leave_every_record_and_a_sound_state() {
    let alerts: Vec<_> = (0..50).map(|n| alert(n, 3)).collect();
    let (tenant, folder) = (Tenant::new(&list(&alerts)), Folder::new());
    let polls: Vec<_> = (0..4)
        .map(|_| tenant.poll(&folder).spawn().unwrap())
        .collect();
    let outcomes: Vec<Outcome> = polls
        .into_iter()
        .map(|poll| Outcome::of(poll.wait_with_output().unwrap()).discreet())
        .collect();
    assert!(
        outcomes.iter().any(|outcome| outcome.code == Some(0)),
        "{outcomes:?}"
    );
    for outcome in outcomes
        .into_iter()
        .filter(|outcome| outcome.code != Some(0))
    {
        outcome.failed(1, &["another drawbridge"]);
    }
    assert_eq!(folder.files(), files_of((0..50).map(|n| (n, 3))));
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.records().len(), 150);
}
