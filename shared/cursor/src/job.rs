use serde::{Deserialize, Serialize};

/// A piece of work for `poll`: a tenant's name. What is to be read of the tenant is in its
/// [`State`](crate::State), so that doing a job twice, or losing one, changes nothing.
///
/// On the wire it is one JSON object: `{"tenant":"contoso"}`, with the `document`'s version beside it
/// where the sender knows it. What else stands in it is ignored: older releases said there what to
/// read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The tenant's name in the configuration.
    pub tenant: String,
    /// The ETag of the tenant's document as it was listed, so that the document is read only when it
    /// has changed; none where the sender does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// A job that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the job could not be read ({reason}, column {column}): send {{\"tenant\":\"NAME\"}}")]
pub struct JobError {
    reason: &'static str,
    column: usize,
}

impl Job {
    /// A poll of `tenant`.
    #[must_use]
    pub fn of(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            document: None,
        }
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
        let not_an_object = JobError {
            reason: "it is not one JSON object",
            column: 0,
        };
        // serde would take an array for the fields in order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(not_an_object);
        }
        let job: Self = serde_json::from_str(text).map_err(|error| JobError {
            reason: match error.classify() {
                serde_json::error::Category::Data => "the tenant is missing or no text",
                _ => "it is not one JSON object",
            },
            column: error.column(),
        })?;
        if job.tenant.is_empty() {
            return Err(JobError {
                reason: "the tenant is empty",
                column: 0,
            });
        }
        Ok(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_survives_the_wire() {
        let job = Job::of("contoso");
        assert_eq!(job.to_json(), r#"{"tenant":"contoso"}"#);
        assert_eq!(Job::parse(&job.to_json()).unwrap(), job);
    }

    #[test]
    fn a_job_of_an_older_release_is_one_for_its_tenant() {
        let old = r#"{"tenant":"contoso","why":"backfill","id":"b",
            "window":{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"},"then":[]}"#;
        assert_eq!(Job::parse(old).unwrap(), Job::of("contoso"));
    }

    #[test]
    fn what_is_not_a_job_is_refused_without_repeating_it() {
        for bad in [
            "",
            "[]",
            r#"["hunter2"]"#,
            "hunter2",
            r#"{"tenant":""}"#,
            r#"{"tenant":7}"#,
            r#"{"hunter2":1}"#,
        ] {
            let error = Job::parse(bad).unwrap_err().to_string();
            assert!(error.contains("send {\"tenant\""), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
