//! What `drawbridge status` says where polls have ended.

use std::fs;

use drawbridge_simulator::Fault;
use serde_json::{Value, json};

use super::status::{ago, polls, state};
use crate::support::alerts::{list, recent_alert};
use crate::support::documents::{objects, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Cron starts the next one: between two of them, no lock is held.
#[test]
fn between_two_polls_with_once_a_throttled_tenant_is_retrying() {
    let tenant = Tenant::new(&list(&[recent_alert(1, 1)]));
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    tenant.simulator.inject(Fault::Throttle {
        retry_after_secs: Some(600),
    });
    on(&folder, &["poll", "--all", "--once"]);
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(told[0]["status"], "retrying", "{}", told[0]);
    assert_eq!(polls(&folder).0, "ok");
    // Nobody followed it within ten minutes.
    fs::write(folder.path().join(".polling"), ago(11).to_string()).unwrap();
    let told = objects(&on(&folder, &["status", "--json"]).failed(1, &["not well"]));
    assert_eq!(told[0]["status"], "not polled", "{}", told[0]);
}

/// Nobody tries again where no poll is running.
#[test]
fn where_nobody_polls_nobody_is_said_to_go_on() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let lock = folder.path().join(".polling");
    let told = |others: &Value, error: Option<(i64, bool)>| {
        state(&folder, "contoso", 40, others);
        let file = folder.path().join("state/contoso.error.json");
        let _ = fs::remove_file(&file);
        if let Some((minutes, is_retryable)) = error {
            let error = json!({
                "at": ago(minutes), "error": "MARKED trouble", "is_retryable": is_retryable,
            });
            fs::write(file, error.to_string()).unwrap();
        }
        let shown = on(&folder, &["status"]).stdout;
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let reset = json!({"watermark": ago(60 * 24)});
    let failing = json!({"failing_since": ago(30)});
    let unread = json!({"unread": [{"from": ago(61), "to": ago(50)}]});
    let stuck =
        json!({"unread": [{"from": ago(61), "to": ago(50), "since": ago(40), "failures": 2}]});
    let cases = [
        (&reset, None, "catching up", "not polled"),
        (&json!({}), Some((1, true)), "retrying", "not polled"),
        (&unread, Some((1, true)), "not polled", "not polled"),
        (&failing, Some((1, true)), "failing", "failing"),
        (&failing, Some((1, false)), "failing", "failing"),
        (&stuck, None, "behind", "behind"),
        (&stuck, Some((1, true)), "behind", "not polled"),
    ];
    for (others, error, running, ended) in cases {
        let held = fs::File::create(&lock).unwrap();
        held.lock_shared().unwrap();
        let while_running = told(others, error);
        let of = |word: &str| format!("contoso: {word} ");
        assert!(while_running.contains(&of(running)), "{while_running}");
        assert!(!while_running.contains("start `"), "{while_running}");
        // A process that another test begins at this moment has the file, too.
        held.unlock().unwrap();
        let told = told(others, error);
        assert!(told.contains(&of(ended)), "{told}");
        assert!(told.contains("start `drawbridge poll --all"), "{told}");
        assert!(
            !told.contains("try again") && !told.contains("tries again"),
            "{told}"
        );
        assert_eq!(told.contains("MARKED trouble"), error.is_some(), "{told}");
        // Each is told once, whatever is wrong beside it.
        for words in ["last error", "no poll is running", "start `drawbridge poll"] {
            assert!(told.matches(words).count() <= 1, "{words} in {told}");
        }
        assert_eq!(polls(&folder).0, "failed");
    }
    // Nobody has polled since, so that nothing ended it.
    for (error, is_failing) in [
        ((30, false), true),
        ((30, true), true),
        ((50, false), false),
    ] {
        let told = told(&json!({}), Some(error));
        assert_eq!(told.contains("contoso: failing "), is_failing, "{told}");
    }
}
