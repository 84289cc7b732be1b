use crate::read::entries;
use crate::{ConfigError, OutputSettings, Shape, Tenant};

/// What the poll function reads from its environment; the template sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSettings {
    /// `DRAWBRIDGE_TENANTS`: a JSON list of tenants beside those that have documents; may be empty.
    pub tenants: Vec<Tenant>,
    /// `DRAWBRIDGE_BUCKET`: the bucket that keeps tenants, state, quarantine and objects.
    pub bucket: String,
    /// `DRAWBRIDGE_OUTPUTS`: a JSON list of where the records go. `DRAWBRIDGE_READERS` lists who reads
    /// the objects of those that do not say so themselves, separated by commas.
    pub outputs: Vec<OutputSettings>,
    /// `DRAWBRIDGE_JOBS_QUEUE_URL`: the queue that the rest of an unfinished window goes back to.
    pub jobs_queue_url: String,
    /// `DRAWBRIDGE_TENANT_METRICS`, `yes` or `no`: whether each tenant has metrics of its own. Without
    /// it, those that ask for them in their documents have them.
    pub tenant_metrics: bool,
}

/// The variable that says whether each tenant has metrics of its own.
const TENANT_METRICS: &str = "DRAWBRIDGE_TENANT_METRICS";

/// The variable with the tenants of the stack's parameters, as a JSON list.
pub(crate) const TENANTS: &str = "DRAWBRIDGE_TENANTS";

impl FunctionSettings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable, the tenant and the field.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const OUTPUTS: &str = "DRAWBRIDGE_OUTPUTS";
        let tenants = given_tenants(&variable)?;
        let get = |name: &'static str, meaning: &'static str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or(ConfigError::Missing { name, meaning })
        };
        let outputs = get(OUTPUTS, "a JSON list of the outputs")?;
        let mut outputs = OutputSettings::parse_list(OUTPUTS, &outputs)?;
        if outputs.is_empty() {
            return Err(ConfigError::Missing {
                name: OUTPUTS,
                meaning: "a JSON list with at least one output",
            });
        }
        let readers = variable("DRAWBRIDGE_READERS").unwrap_or_default();
        let readers: Vec<String> = entries(&readers).map(str::to_owned).collect();
        for output in &mut outputs {
            if output.shape == Shape::Objects && output.readers.is_none() && !readers.is_empty() {
                output.readers = Some(readers.clone());
                output.check_shape()?;
            }
        }
        Ok(Self {
            tenants,
            bucket: get("DRAWBRIDGE_BUCKET", "the name of the state bucket")?,
            outputs,
            jobs_queue_url: get("DRAWBRIDGE_JOBS_QUEUE_URL", "the URL of the queue for jobs")?,
            tenant_metrics: variable(TENANT_METRICS).is_some_and(|value| value == "yes"),
        })
    }
}

/// The tenants in `DRAWBRIDGE_TENANTS`; none where it is not set.
///
/// # Errors
/// [`ConfigError`] that names the tenant and the field.
pub fn given_tenants(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Tenant>, ConfigError> {
    match variable(TENANTS).filter(|value| !value.trim().is_empty()) {
        Some(list) => Tenant::parse_list(TENANTS, &list),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        Some(match name {
            "DRAWBRIDGE_TENANTS" => "[]".into(),
            "DRAWBRIDGE_OUTPUTS" => r#"[{"format":"siem","shape":"objects"},
                {"format":"ecs","shape":"objects","readers":["elastic"]},
                {"format":"cef","shape":"messages","queue_url":"u"}]"#
                .into(),
            "DRAWBRIDGE_READERS" => "splunk,wazuh".into(),
            other => format!("value of {other}"),
        })
    }

    #[test]
    fn every_variable_is_read() {
        let settings = FunctionSettings::read(variables).unwrap();
        assert_eq!(settings.bucket, "value of DRAWBRIDGE_BUCKET");
        assert_eq!(settings.outputs[0].name(), "siem-objects");
        assert_eq!(
            settings.jobs_queue_url,
            "value of DRAWBRIDGE_JOBS_QUEUE_URL"
        );
    }

    #[test]
    fn tenants_have_metrics_of_their_own_only_where_that_is_asked_for() {
        for (given, expected) in [(None, false), (Some("no"), false), (Some("yes"), true)] {
            let settings = FunctionSettings::read(|name| match name {
                TENANT_METRICS => given.map(str::to_owned),
                _ => variables(name),
            });
            assert_eq!(settings.unwrap().tenant_metrics, expected, "{given:?}");
        }
    }

    #[test]
    fn those_who_read_objects_are_said_once_for_all_outputs() {
        let settings = FunctionSettings::read(variables).unwrap();
        let readers: Vec<Option<Vec<String>>> =
            settings.outputs.into_iter().map(|o| o.readers).collect();
        let named = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
        let expected = [named(&["splunk", "wazuh"]), named(&["elastic"]), None];
        assert_eq!(readers, expected);
        let given = |value: &'static str| {
            FunctionSettings::read(move |name| match name {
                "DRAWBRIDGE_READERS" => Some(value.to_owned()),
                _ => variables(name),
            })
        };
        assert_eq!(given("").unwrap().outputs[0].readers, None);
        let error = given("splunk,wasuh").unwrap_err().to_string();
        assert!(
            error.contains("siem-objects") && error.contains("wazuh"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_or_blank_variable_is_named() {
        for missing in [
            "DRAWBRIDGE_BUCKET",
            "DRAWBRIDGE_OUTPUTS",
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
        let none = |name: &str| variables(name).filter(|_| name != "DRAWBRIDGE_TENANTS");
        assert!(FunctionSettings::read(none).unwrap().tenants.is_empty());
    }
}
