//! The pages of `view`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Child;

use super::{HOSTILE, alert};
use crate::support::alerts::{list, recent_alert};
use crate::support::command::drawbridge;
use crate::support::documents::{on, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// The command that shows a folder; ended when dropped.
struct Pages {
    child: Child,
    url: String,
}

impl Pages {
    fn of(folder: &Folder) -> Self {
        let mut command = drawbridge(&["view", "--out"]);
        command.arg(folder.path()).env_remove("DRAWBRIDGE_BUCKET");
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let url = url.trim().to_owned();
        Self { child, url }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn check(name: &str) {
    let pages = Pages::of(&Folder::new());
    drawbridge_browser::check("view.py", name, &[&pages.url]);
}

#[test]
fn they_look_right_in_light_and_dark_on_a_desk_and_on_a_phone() {
    check("looks_right");
}

#[test]
fn pointing_at_a_key_shows_where_it_came_from_and_the_other_way_round() {
    check("shows_where_a_value_came_from_by_mouse");
}

#[test]
fn the_keyboard_shows_the_same() {
    check("shows_where_a_value_came_from_by_keyboard");
}

#[test]
fn they_can_be_walked_through_and_read_out() {
    check("is_read_out");
}

#[test]
fn an_alert_is_pasted_by_keyboard() {
    check("takes_an_alert_that_is_pasted");
}

#[test]
fn hostile_alerts_are_text_and_large_ones_leave_the_page_in_use() {
    let pages = Pages::of(&Folder::new());
    let folder = tempfile::tempdir().unwrap();
    let megabyte = HOSTILE.repeat((1 << 20) / HOSTILE.len());
    let thousands = alert("da1", "T", "d", 5_000);
    for (check, name, alert, records) in [
        (
            "shows_a_file",
            "hostile",
            alert("da1", HOSTILE, HOSTILE, 2),
            "2",
        ),
        (
            "shows_a_file",
            "megabyte",
            alert("da1", "T", &megabyte, 1),
            "1",
        ),
        // The page shows 50 records.
        ("shows_a_large_file", "thousands", thousands, "50"),
    ] {
        let file = folder.path().join(format!("{name}.json"));
        fs::write(&file, alert.to_string()).unwrap();
        let (file, shown) = (file.display().to_string(), format!("view-{name}"));
        let args = [&*pages.url, &file, records, &shown];
        drawbridge_browser::check("view.py", check, &args);
    }
}

#[test]
fn tenants_quarantine_and_versions_of_a_folder_are_shown() {
    let (tenant, folder) = (
        Tenant::new(&list(&[recent_alert(1, 3), recent_alert(2, 1)])),
        Folder::new(),
    );
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let below = |path: &str| folder.path().join(path);
    fs::create_dir_all(below("quarantine/contoso/alerts")).unwrap();
    for n in 0..60 {
        let alert = alert("da1", HOSTILE, "d", 1);
        let item = format!(r#"{{"reason":"it is <odd>","alert_id":"da1","alert":{alert}}}"#);
        fs::write(
            below(&format!("quarantine/contoso/alerts/{n:02}.json")),
            item,
        )
        .unwrap();
    }
    let versions = r#"{"id":"da1","lastUpdateDateTime":"2026-01-01T00:00:00Z","status":"new","evidence":[]}
{"id":"da1","lastUpdateDateTime":"2026-01-02T00:00:00Z","status":"<b>","evidence":[{"ipAddress":"192.0.2.7"}]}
"#;
    let alert = |n: usize| format!("{}\n", alert(&format!("da1{n:02}"), HOSTILE, "d", 1));
    let native = format!("{versions}{}", (0..60).map(alert).collect::<String>());
    fs::write(below("contoso/native.ndjson"), native).unwrap();
    let siem = fs::read_to_string(below("contoso/siem.ndjson")).unwrap();
    let late = r#"{"AlertId":"da2","AlertPart":0,"FullId":"da2:0","ComputerDnsName":"ws-1","LastProcessedTimeUtc":"2026-01-01T00:00:00Z"}
{"AlertId":"da2","AlertPart":1,"FullId":"da2:1","FileName":"a.exe","ComputerDnsName":"ws-1","LastProcessedTimeUtc":"2026-01-01T00:00:00Z"}
{"AlertId":"da3","AlertPart":0,"FullId":"da3:0"}
{"AlertId":"da2","AlertPart":2,"FullId":"da2:2","UserName":"chioma","ComputerDnsName":"ws-1","LastProcessedTimeUtc":"2026-01-01T00:00:00Z"}
"#;
    fs::write(below("contoso/siem.ndjson"), siem + late).unwrap();
    let pages = Pages::of(&folder);
    drawbridge_browser::check("view.py", "shows_what_a_folder_holds", &[&pages.url]);
}

#[test]
fn no_other_site_can_frame_or_read_them() {
    let pages = Pages::of(&Folder::new());
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.html");
    fs::write(&other, "<!doctype html><title>Another site</title>").unwrap();
    let other = format!("file://{}", other.display());
    drawbridge_browser::check(
        "view.py",
        "is_shown_to_no_other_site",
        &[&pages.url, &other],
    );
}
