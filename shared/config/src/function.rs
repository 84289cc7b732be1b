use crate::{ConfigError, Tenant};

/// What the functions read from their environment; the template sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSettings {
    /// `DRAWBRIDGE_TENANTS`: a JSON list of tenants.
    pub tenants: Vec<Tenant>,
    /// `DRAWBRIDGE_BUCKET`: the bucket that keeps state, quarantine and over-size bodies.
    pub bucket: String,
    /// `DRAWBRIDGE_QUEUE_URL`: the queue that the records go to.
    pub queue_url: String,
    /// `DRAWBRIDGE_JOBS_QUEUE_URL`: the queue that the rest of an unfinished window goes back to.
    pub jobs_queue_url: String,
}

impl FunctionSettings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable, the tenant and the field.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &'static str, meaning: &'static str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or(ConfigError::Missing { name, meaning })
        };
        let tenants = get("DRAWBRIDGE_TENANTS", "a JSON list of the tenants to poll")?;
        Ok(Self {
            tenants: Tenant::parse_list("DRAWBRIDGE_TENANTS", &tenants)?,
            bucket: get("DRAWBRIDGE_BUCKET", "the name of the state bucket")?,
            queue_url: get(
                "DRAWBRIDGE_QUEUE_URL",
                "the URL of the queue for the records",
            )?,
            jobs_queue_url: get("DRAWBRIDGE_JOBS_QUEUE_URL", "the URL of the queue for jobs")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        Some(match name {
            "DRAWBRIDGE_TENANTS" => "[]".into(),
            other => format!("value of {other}"),
        })
    }

    #[test]
    fn every_variable_is_read() {
        let settings = FunctionSettings::read(variables).unwrap();
        assert_eq!(settings.bucket, "value of DRAWBRIDGE_BUCKET");
        assert_eq!(settings.queue_url, "value of DRAWBRIDGE_QUEUE_URL");
        assert_eq!(
            settings.jobs_queue_url,
            "value of DRAWBRIDGE_JOBS_QUEUE_URL"
        );
    }

    #[test]
    fn a_missing_or_blank_variable_is_named() {
        for missing in [
            "DRAWBRIDGE_TENANTS",
            "DRAWBRIDGE_BUCKET",
            "DRAWBRIDGE_QUEUE_URL",
            "DRAWBRIDGE_JOBS_QUEUE_URL",
        ] {
            for value in [None, Some("  ".to_owned())] {
                let error = FunctionSettings::read(|name| {
                    if name == missing {
                        value.clone()
                    } else {
                        variables(name)
                    }
                })
                .unwrap_err();
                assert!(
                    error
                        .to_string()
                        .starts_with(&format!("{missing} is not set")),
                    "{error}"
                );
            }
        }
    }
}
