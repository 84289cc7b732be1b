//! The example of `docs/compare.md` is what the command prints.
//!
//! After a change: `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge --test command compare`.

use std::fs;
use std::path::Path;

use super::{fixture, shown};
use crate::support::command::{drawbridge, run};

const BEGIN: &str = "```console\n$ drawbridge compare old.json alerts.json\n";
const END: &str = "```\n";

#[test]
fn the_page_shows_what_the_command_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compare.md");
    let text = fs::read_to_string(&page).unwrap();
    let mut command = drawbridge(&["compare", "old.json", "alerts.json"]);
    let folder = fixture("old.json");
    command.current_dir(folder.parent().unwrap());
    let printed = run(command).well().stdout;
    // The page shows the beginning, to the second of the keys that are told with examples.
    let (printed, _) = printed
        .split_once("A rule on LastProcessedTimeUtc")
        .unwrap();
    let printed = format!("{printed}…\n");
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(&page, format!("{before}{BEGIN}{printed}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(
        written,
        printed,
        "renew {} with DRAWBRIDGE_BLESS=1",
        shown(&page)
    );
}
