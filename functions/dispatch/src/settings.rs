use drawbridge_config::{ConfigError, given_tenants};

/// What the function reads from its environment; the template sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The names in `DRAWBRIDGE_TENANTS`, the same list that the poll function has.
    pub tenants: Vec<String>,
    /// `DRAWBRIDGE_BUCKET`: the bucket with the documents of the other tenants.
    pub bucket: String,
    /// `DRAWBRIDGE_JOBS_QUEUE_URL`: the FIFO queue that the jobs go to.
    pub jobs_queue_url: String,
}

impl Settings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable, the tenant and the field.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let tenants = given_tenants(&variable)?;
        let get = |name: &'static str, meaning: &'static str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or(ConfigError::Missing { name, meaning })
        };
        Ok(Self {
            tenants: tenants.into_iter().map(|tenant| tenant.name).collect(),
            bucket: get("DRAWBRIDGE_BUCKET", "the name of the state bucket")?,
            jobs_queue_url: get("DRAWBRIDGE_JOBS_QUEUE_URL", "the URL of the queue for jobs")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"[{"name":"a","tenant_id":"a.example","client_id":"00000000-0000-0000-0000-00000000000c","secret":"s"},
                          {"name":"b","tenant_id":"b.example","client_id":"00000000-0000-0000-0000-00000000000c","secret":"s"}]"#;

    fn read(tenants: Option<&str>, url: Option<&str>) -> Result<Settings, ConfigError> {
        Settings::read(|name| {
            let value = match name {
                "DRAWBRIDGE_TENANTS" => tenants,
                "DRAWBRIDGE_BUCKET" => Some("bucket"),
                _ => url,
            };
            value.map(str::to_owned)
        })
    }

    #[test]
    fn names_and_queue_are_read() {
        let settings = read(Some(TWO), Some("url")).unwrap();
        assert_eq!(settings.tenants, ["a", "b"]);
        assert_eq!(
            (&*settings.jobs_queue_url, &*settings.bucket),
            ("url", "bucket")
        );
        assert!(read(None, Some("url")).unwrap().tenants.is_empty());
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (tenants, url, named) in [
            (Some("{"), Some("url"), "DRAWBRIDGE_TENANTS cannot be read"),
            (Some(TWO), None, "DRAWBRIDGE_JOBS_QUEUE_URL is not set"),
        ] {
            let error = read(tenants, url).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
