//! Into a real rsyslogd. A process of its own: where one is started, the locks of other tests' files
//! live on in it for a moment.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::panic, reason = "a test says what is wrong by failing")]

#[path = "deliver/support.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod support;

use drawbridge_intakes::rsyslog::{DRIVERS, Rsyslog};
use serde_json::json;

use crate::support::{assert_taken, record, soon, target, text_record};

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "rsyslogd is for Linux")]
async fn a_real_rsyslogd_reads_every_record_once_and_whole() {
    for driver in DRIVERS {
        let folder = tempfile::tempdir().unwrap();
        let rsyslog = Rsyslog::start(driver, folder.path()).await;
        let settings = json!({
            "target": "syslog", "address": rsyslog.address(), "ca": folder.path().join("ca.pem"),
        });
        let mut given = vec![
            text_record(
                "cef",
                "CEF:0|Microsoft|Defender|1|id|t|8|msg=a\\=b \u{e9}\nCEF:0|forged",
            ),
            text_record("leef", "LEEF:2.0|Microsoft|Defender|1|id|x09|sev=8\tcat=y"),
        ];
        given.extend((0..500).map(record));
        let target = target(&settings);
        assert_taken(&target.deliver(&given, soon()).await);
        let lines = rsyslog.wait_for(given.len()).await;
        assert_eq!(lines.len(), given.len(), "with {driver}");
        assert_eq!(
            lines[0],
            "1|drawbridge|cef|CEF:0|Microsoft|Defender|1|id|t|8|msg=a\\=b \u{e9} CEF:0|forged"
        );
        assert_eq!(
            lines[1],
            "1|drawbridge|leef|LEEF:2.0|Microsoft|Defender|1|id|x09|sev=8\tcat=y"
        );
        for (line, record) in lines[2..].iter().zip(&given[2..]) {
            assert_eq!(*line, format!("1|drawbridge|siem|{}", record.body));
        }
    }
}
