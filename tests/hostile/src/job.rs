use drawbridge_cursor::Job;

use crate::marker::{assert_discreet, assert_fit_for_a_log};
use crate::text;

/// A job: what is read is written and read again as the same.
pub fn job(bytes: &[u8]) {
    let Some(json) = text(bytes) else { return };
    let job = match Job::parse(json) {
        Ok(job) => job,
        Err(error) => {
            assert_fit_for_a_log(&error);
            return assert_discreet(&error, json);
        }
    };
    assert!(!job.tenant.is_empty());
    assert!(
        json.trim_ascii_start().starts_with('{'),
        "a job that is no object"
    );
    assert_eq!(Job::parse(&job.to_json()).ok(), Some(job));
}
