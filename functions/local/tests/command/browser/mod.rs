//! The pages in a real browser: what is seen, reached by keyboard and read out, what is asked of the
//! network, and what an alert can do in them. Pictures of the pages stay below `target/screenshots`.

mod compare;
mod view;

use serde_json::{Value, json};

/// What would act in a page that took it for markup, and turn its lines around.
const HOSTILE: &str = "</script></textarea></code><script>window.acted=1</script><img src=x onerror=window.acted=1>\u{202e}";

/// An alert of that title, description and number of files.
fn alert(id: &str, title: &str, description: &str, files: usize) -> Value {
    let device = json!({
        "@odata.type": "#microsoft.graph.security.deviceEvidence",
        "deviceDnsName": "ws-1.corp.example.com",
        "tags": [HOSTILE],
    });
    let file = |n: usize| {
        json!({
            "@odata.type": "#microsoft.graph.security.fileEvidence",
            "fileDetails": {"fileName": format!("{n}.exe"), "filePath": HOSTILE, "sha1": format!("{n:040x}")},
        })
    };
    let evidence: Vec<Value> = std::iter::once(device)
        .chain((0..files).map(file))
        .collect();
    json!({
        "id": id,
        "title": title,
        "description": description,
        "severity": "high",
        "serviceSource": "microsoftDefenderForEndpoint",
        "createdDateTime": "2026-01-01T00:00:00Z",
        "lastUpdateDateTime": "2026-01-01T00:00:00Z",
        HOSTILE: HOSTILE,
        "evidence": evidence,
    })
}
