use serde::{Deserialize, Serialize};

use crate::Window;

/// A piece of work for `poll`, complete in itself: repeated or redriven, it does the same again.
///
/// On the wire it is one JSON object:
/// `{"tenant":"contoso","why":"split","window":{"from":"…","to":"…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The tenant's name in the configuration.
    pub tenant: String,
    /// What asked for it.
    #[serde(default)]
    pub why: Why,
    /// What to read. Without one, the job is a live poll: it reads from the watermark to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Set for a backfill, of which the job is one step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<Backfill>,
}

/// An older range that an operator wants, read step by step: each step reads as many of its
/// windows as it has time for and is followed by one with the rest, so that live polls of the
/// tenant, which come in between, wait for one step at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// Names it: in its progress object and in logs.
    pub id: String,
    /// What is to be read after the job's own window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Window>,
    /// The only output to write to; all of the tenant's without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Whether records that the output has are written again, with the same keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Whether to count only: nothing is written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// How often the job's own window failed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What asked for a [`Job`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The schedule.
    #[default]
    Timer,
    /// An operator who wants an older range.
    Backfill,
    /// An operator who wants a failed or quarantined range again.
    Replay,
    /// A poll that ran out of time and put the rest of its window back.
    Split,
}

impl Why {
    /// The word used on the wire, in logs and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Backfill => "backfill",
            Self::Replay => "replay",
            Self::Split => "split",
        }
    }
}

/// A job that could not be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the job could not be read ({reason}, column {column}): send \
     {{\"tenant\":\"NAME\"}} or {{\"tenant\":\"NAME\",\"why\":\"replay\",\
     \"window\":{{\"from\":\"TIME\",\"to\":\"TIME\"}}}}"
)]
pub struct JobError {
    reason: &'static str,
    column: usize,
}

impl Job {
    /// A live poll of `tenant`, as the schedule sends it.
    #[must_use]
    pub fn timer(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            why: Why::Timer,
            window: None,
            backfill: None,
        }
    }

    /// A poll of one window of `tenant`.
    #[must_use]
    pub fn windowed(tenant: &str, why: Why, window: Window) -> Self {
        Self {
            tenant: tenant.to_owned(),
            why,
            window: Some(window),
            backfill: None,
        }
    }

    /// A step of a backfill of `tenant` over `windows`, in their order; `None` when there are none.
    #[must_use]
    pub fn backfill(tenant: &str, mut windows: Vec<Window>, backfill: Backfill) -> Option<Self> {
        if windows.is_empty() {
            return None;
        }
        let first = windows.remove(0);
        Some(Self {
            backfill: Some(Backfill {
                then: windows,
                ..backfill
            }),
            ..Self::windowed(tenant, Why::Backfill, first)
        })
    }

    /// All that the job reads when it has the time, in order; none for a live poll.
    #[must_use]
    pub fn windows(&self) -> Vec<Window> {
        let then = self.backfill.iter().flat_map(|backfill| &backfill.then);
        self.window.iter().chain(then).copied().collect()
    }

    /// The job as the JSON text that [`Job::parse`] reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Reads a job from its JSON text.
    ///
    /// # Errors
    /// [`JobError`] for anything that is not a job; it repeats no value of the text.
    pub fn parse(text: &str) -> Result<Self, JobError> {
        // serde would take an array for the fields in order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(JobError {
                reason: "it is not one JSON object",
                column: 0,
            });
        }
        let job: Self = serde_json::from_str(text).map_err(|error| JobError {
            reason: match error.classify() {
                serde_json::error::Category::Data => {
                    "a field is missing, unknown or of a wrong type"
                }
                _ => "it is not one JSON object",
            },
            column: error.column(),
        })?;
        let problems = [
            (job.tenant.is_empty(), "the tenant is empty"),
            (
                job.backfill.is_some() && job.window.is_none(),
                "a backfill has no window",
            ),
        ];
        for (found, reason) in problems {
            if found {
                return Err(JobError { reason, column: 0 });
            }
        }
        Ok(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_tenant_is_a_timer_job() {
        assert_eq!(
            Job::parse(r#"{"tenant":"contoso"}"#).unwrap(),
            Job::timer("contoso")
        );
    }

    #[test]
    fn a_job_survives_the_wire() {
        let window = Window::new(
            "2026-01-01T00:00:00Z".parse().unwrap(),
            "2026-01-01T00:10:00Z".parse().unwrap(),
        );
        let job = Job::windowed("contoso", Why::Split, window.unwrap());
        let text = job.to_json();
        assert_eq!(
            text,
            r#"{"tenant":"contoso","why":"split","window":{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:10:00Z"}}"#
        );
        assert_eq!(Job::parse(&text).unwrap(), job);
    }

    #[test]
    fn a_step_of_a_backfill_survives_the_wire() {
        let window = |from: &str, to: &str| Window::new(from.parse().unwrap(), to.parse().unwrap());
        let windows = vec![
            window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z").unwrap(),
            window("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z").unwrap(),
        ];
        let backfill = Backfill {
            id: "b1".to_owned(),
            then: Vec::new(),
            output: Some("siem".to_owned()),
            again: true,
            dry_run: false,
            failures: 0,
        };
        let job = Job::backfill("contoso", windows.clone(), backfill.clone()).unwrap();
        assert_eq!(Job::parse(&job.to_json()).unwrap(), job);
        assert_eq!(job.windows(), windows);
        assert_eq!(Job::backfill("contoso", Vec::new(), backfill), None);
    }

    #[test]
    fn what_is_not_a_job_is_refused_without_repeating_it() {
        for bad in [
            "",
            "[]",
            r#"["hunter2"]"#,
            "hunter2",
            r#"{"tenant":""}"#,
            r#"{"tenant":"a","why":"hunter2"}"#,
            r#"{"tenant":"a","hunter2":1}"#,
            r#"{"tenant":"a","backfill":{"id":"hunter2"}}"#,
            r#"{"tenant":"a","window":{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}}"#,
        ] {
            let error = Job::parse(bad).unwrap_err().to_string();
            assert!(error.contains("send {\"tenant\""), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
