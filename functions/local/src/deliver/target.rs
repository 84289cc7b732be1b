use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_alert::Alert;
use drawbridge_deliver::{DeliverSettings, NamedSecrets, Outcome, Ports, Record, SettingsError};
use drawbridge_files::io_reason;
use drawbridge_record::Format;
use drawbridge_time::{Deadline, SystemClock};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::failure::Failure;

/// The variable that holds the settings.
pub(crate) const SETTINGS_VARIABLE: &str = "DRAWBRIDGE_DELIVER";

/// How long the target may take for a test record.
const TIME: Duration = Duration::from_secs(60);

/// Where records go, and their format.
pub(crate) struct Target {
    pub(super) target: Arc<dyn drawbridge_deliver::Target>,
    pub(super) format: &'static dyn Format,
}

impl Target {
    /// Reads the settings and checks that the target takes the format; nothing is asked of it yet.
    pub(crate) fn open(file: Option<&Path>, format: &str) -> Result<Self, Failure> {
        let format = crate::map::named(format)?;
        // Of several files, it is clear which one is wrong.
        let failure = |error: SettingsError| match file {
            Some(file) => Failure::of(format!("{}: {error}", file.display())),
            None => Failure::of(format!("{SETTINGS_VARIABLE}: {error}")),
        };
        let settings = DeliverSettings::parse(&settings(file)?).map_err(failure)?;
        settings.check_format(format.name()).map_err(failure)?;
        let ports = Ports {
            secrets: Arc::new(NamedSecrets::new(None)),
            clock: Arc::new(SystemClock),
            aws_assertions: None,
        };
        let target = settings.build(&ports).map_err(Failure::of)?;
        Ok(Self { target, format })
    }

    /// The target's name.
    pub(crate) fn name(&self) -> &'static str {
        self.target.name()
    }
}

fn settings(file: Option<&Path>) -> Result<String, Failure> {
    match file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            let reason = io_reason(&error);
            Failure::of(format!(
                "the settings file {} cannot be read ({reason}): check the path of --to",
                path.display()
            ))
        }),
        None => std::env::var(SETTINGS_VARIABLE).map_err(|_| {
            Failure::usage(format!(
                "name the file with the target's settings as --to FILE, or set \
                 {SETTINGS_VARIABLE} to them: `drawbridge deliver --help` has examples"
            ))
        }),
    }
}

/// Sends one record that says it is a test; what the target said of it. Nothing is kept of it here.
pub(crate) async fn send_test(target: &Target) -> Result<String, Failure> {
    let id = test_id();
    let record = test_record(&id, target.format)?;
    let deadline = Deadline::after(TIME);
    let outcomes = target.target.deliver(&[record], deadline).await;
    let name = target.name();
    match outcomes.into_iter().next() {
        Some(Outcome::Taken) => Ok(format!(
            "{name} took a test record: search for {id} in the SIEM to see that it arrived"
        )),
        Some(Outcome::TakenInPart(reason)) => Ok(format!(
            "{name} took a test record, but not all of it: {reason}; search for {id} in the SIEM"
        )),
        Some(Outcome::Later(later)) => Err(Failure::of(format!(
            "{name} did not take a test record: {}",
            later.reason
        ))),
        Some(Outcome::Refused(reason)) => Err(Failure::of(format!(
            "{name} refused a test record: {reason}"
        ))),
        None => Err(Failure::of(format!("{name} said nothing of a test record"))),
    }
}

/// An id of its own for each test record, also for two within a second: one of them may arrive and the other not.
fn test_id() -> String {
    let mut unique = Uuid::new_v4().simple().to_string();
    unique.truncate(8);
    format!("drawbridge-test-{}-{unique}", Timestamp::now().as_second())
}

/// A record as a poll would make it, of an alert that says that it is a test.
fn test_record(id: &str, format: &dyn Format) -> Result<Record, Failure> {
    let now = Timestamp::now();
    let alert = json!({
        "id": id,
        "title": "Drawbridge test record: not an alert",
        "description": "Sent by `drawbridge deliver --check` to see whether records arrive. \
            Nothing happened, and nothing is to be done.",
        "category": "Test",
        "severity": "informational",
        "status": "resolved",
        "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": "manual",
        "createdDateTime": now,
        "firstActivityDateTime": now,
        "lastActivityDateTime": now,
        "lastUpdateDateTime": now,
        "evidence": [{
            "@odata.type": "#microsoft.graph.security.deviceEvidence",
            "createdDateTime": now,
            "deviceDnsName": "drawbridge-test.invalid",
        }],
    });
    let none = || Failure::of("the test record could not be made: please report this");
    let text = alert.to_string();
    let alert = Alert::decode(&text).map_err(|_| none())?;
    let mut records = drawbridge_record::records(format, &alert);
    let record = records.next().ok_or_else(none)?;
    Ok(Record::of_line(
        &record.body,
        format.name(),
        "drawbridge-test",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_test_records_within_a_second_have_two_ids() {
        assert_ne!(test_id(), test_id());
    }

    #[test]
    fn a_test_record_says_what_it_is_in_every_format() {
        for format in drawbridge_record::formats() {
            let record = test_record("drawbridge-test-1", *format).unwrap();
            assert!(!record.body.contains('\n'), "{}", format.name());
            for words in ["drawbridge-test-1", "Drawbridge test record: not an alert"] {
                assert!(
                    record.body.contains(words),
                    "{}: {}",
                    format.name(),
                    record.body
                );
            }
        }
    }
}
