//! The table in `docs/guarantees.md` is the one that this code makes.

use std::path::Path;

use drawbridge_schedules::peers::{SCHEDULES, table};
use drawbridge_schedules::{Kind, Step};

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
