//! The table in `docs/guarantees.md` is the one that this code makes.

use std::path::Path;

use drawbridge_schedules::peers::{SCHEDULES, table};
use drawbridge_schedules::{Kind, LAG_SCHEDULES, Step, lags};

/// Not the numbers themselves: they change with every change of the handler, and a test that fails
/// on each of those would be blessed without a look. What the page says about them is checked.
#[test]
fn the_page_says_what_the_table_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guarantees.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains(&format!("{SCHEDULES} schedules, seeds 0 to")));
    let rows = table(60);
    for row in &rows {
        assert!(page.contains(&row.name), "{} is not on the page", row.name);
        assert!(
            page.contains(&row.source) || row.lost == 0,
            "{}",
            row.source
        );
    }
    let (ours, models) = rows.split_first().unwrap();
    assert_eq!((ours.lost, ours.stalled), (0, 0));
    for model in models {
        assert!(model.lost > 0, "{} loses nothing any more", model.name);
    }
}

#[test]
fn the_page_tells_what_every_fault_did() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guarantees.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains(" schedules: 0 broke a property."));
    for kind in Kind::ALL {
        let row = format!("| {} | ", kind.name());
        assert!(page.contains(&row), "{row}");
    }
    for step in Step::ALL {
        assert!(page.contains(step.name()), "{}", step.name());
    }
}

#[test]
fn the_page_tells_how_long_live_alerts_take() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guarantees.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains(&format!("{LAG_SCHEDULES} schedules each, seeds 0 to")));
    let lags = lags(20);
    for lag in &lags {
        assert!(page.contains(&format!("| {} | ", lag.name)), "{}", lag.name);
        assert!(lag.records() > 500, "{}", lag.name);
    }
    // "A minute at most", and shorter with more jobs.
    let [minute, faults, half, third] = &lags[..] else {
        panic!("{lags:?}");
    };
    assert!(minute.percentile(50) <= 60 && minute.percentile(50) < faults.percentile(50));
    assert!(half.percentile(50) < minute.percentile(50));
    assert!(third.percentile(50) < half.percentile(50));
}
