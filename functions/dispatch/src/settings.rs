use drawbridge_config::{ConfigError, Tenant};

/// What the function reads from its environment; the template sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The names in `DRAWBRIDGE_TENANTS`, the same list that the poll function has.
    pub tenants: Vec<String>,
    /// `DRAWBRIDGE_JOBS_QUEUE_URL`: the FIFO queue that the jobs go to.
    pub jobs_queue_url: String,
}

impl Settings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable, the tenant and the field. An empty list is an
    /// error too: a timer that does nothing would look healthy.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &'static str, meaning: &'static str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or(ConfigError::Missing { name, meaning })
        };
        const TENANTS: &str = "DRAWBRIDGE_TENANTS";
        let tenants = Tenant::parse_list(TENANTS, &get(TENANTS, "a JSON list of tenants")?)?;
        if tenants.is_empty() {
            return Err(ConfigError::Unreadable {
                name: TENANTS,
                path: ".".to_owned(),
                reason: "the list is empty: name at least one tenant".to_owned(),
            });
        }
        Ok(Self {
            tenants: tenants.into_iter().map(|tenant| tenant.name).collect(),
            jobs_queue_url: get("DRAWBRIDGE_JOBS_QUEUE_URL", "the URL of the queue for jobs")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"[{"name":"a","tenant_id":"t","client_id":"c","secret":"s"},
                          {"name":"b","tenant_id":"t","client_id":"c","secret":"s"}]"#;

    fn read(tenants: Option<&str>, url: Option<&str>) -> Result<Settings, ConfigError> {
        Settings::read(|name| {
            let value = if name == "DRAWBRIDGE_TENANTS" {
                tenants
            } else {
                url
            };
            value.map(str::to_owned)
        })
    }

    #[test]
    fn names_and_queue_are_read() {
        let settings = read(Some(TWO), Some("url")).unwrap();
        assert_eq!(settings.tenants, ["a", "b"]);
        assert_eq!(settings.jobs_queue_url, "url");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (tenants, url, named) in [
            (None, Some("url"), "DRAWBRIDGE_TENANTS is not set"),
            (Some(" "), Some("url"), "DRAWBRIDGE_TENANTS is not set"),
            (Some("[]"), Some("url"), "the list is empty"),
            (Some("{"), Some("url"), "DRAWBRIDGE_TENANTS cannot be read"),
            (Some(TWO), None, "DRAWBRIDGE_JOBS_QUEUE_URL is not set"),
        ] {
            let error = read(tenants, url).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
