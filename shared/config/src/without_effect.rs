//! Keys of a tenant's document that would be read and change nothing: whoever wrote them believes that
//! they do.

use drawbridge_entra::Identity;

use crate::defaults::OUTPUT;
use crate::{ConfigError, Tenant};

/// The format whose records name a data stream.
const ECS: &str = "ecs";

/// The outputs of a tenant of a folder that names none.
const OF_A_FOLDER: [&str; 1] = [OUTPUT];

impl Tenant {
    /// Refuses a key of a document that has no effect beside the others.
    pub(crate) fn check_effects(&self) -> Result<(), ConfigError> {
        let has_stream = self.data_stream.is_some();
        let is_vouched_for = self.identity() == Ok(Identity::FederationAws);
        self.refuse_first([
            (
                "cloud",
                // Where AWS vouches for the tenant, it says for which cloud.
                self.cloud.is_some() && self.has_hosts() && !is_vouched_for,
                "has no effect beside login_url and graph_url: remove it, or remove these two",
            ),
            (
                "data_stream",
                has_stream && !self.outputs.is_empty() && !writes_ecs(&self.outputs),
                "has no effect: only records of the format ecs name a data stream; name ecs or \
                 ecs-objects in outputs, or remove it",
            ),
        ])
    }

    /// Refuses a key that has no effect on a single machine.
    ///
    /// # Errors
    /// [`ConfigError::Field`] that says what to do.
    pub fn check_effects_on_a_machine(&self) -> Result<(), ConfigError> {
        let has_stream = self.data_stream.is_some();
        self.refuse_first([
            (
                "metrics",
                self.metrics,
                "has no effect on a single machine, where CloudWatch is told nothing: remove it; \
                 `drawbridge poll --all --metrics-file FILE` writes metrics of every tenant",
            ),
            (
                "data_stream",
                has_stream && self.outputs.is_empty() && !writes_ecs(&OF_A_FOLDER),
                "has no effect: a tenant of a folder that names no outputs has siem alone, whose \
                 records name no data stream; add outputs = [\"ecs\"], or remove it",
            ),
        ])
    }

    fn refuse_first<const N: usize>(
        &self,
        settings: [(&'static str, bool, &str); N],
    ) -> Result<(), ConfigError> {
        let idle = settings.iter().find(|(_, is_idle, _)| *is_idle);
        idle.map_or(
            Ok(()),
            |(field, _, problem)| Err(self.wrong(field, problem)),
        )
    }
}

/// Whether any of the outputs is of the format `ecs`, however its records travel.
fn writes_ecs(outputs: &[impl AsRef<str>]) -> bool {
    let format = |output: &str| output.split('-').next() == Some(ECS);
    outputs.iter().any(|output| format(output.as_ref()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::{ConfigError, Tenant, parse};

    const TENANT: &str = "00000000-0000-0000-0000-00000000000d";
    const HOSTS: &str = r#""login_url":"https://l.example","graph_url":"https://g.example","#;

    /// When a key has an effect.
    enum Effect {
        /// Whatever else the document says.
        Always,
        /// Only beside the first of these, and not beside the second: in any place, or only in a folder.
        Beside(&'static str, &'static str, Scope),
        /// Never but on a stack.
        OnAStack,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Scope {
        Any,
        Folder,
    }

    use Effect::{Always, Beside, OnAStack};

    /// Every key of a document, a value, and when that has an effect.
    const KEYS: &[(&str, &str, Effect)] = &[
        ("name", r#""contoso""#, Always),
        ("tenant_id", "", Always),
        ("client_id", "", Always),
        ("secret", "", Always),
        ("certificate", "", Always),
        ("federation", "", Always),
        ("cloud", r#""gcc-high""#, Beside("", HOSTS, Scope::Any)),
        ("login_url", "", Always),
        ("graph_url", "", Always),
        ("service_sources", "[]", Always),
        ("severities", r#"["high"]"#, Always),
        // It permits what the two before it may name.
        ("allow_unknown", "true", Always),
        ("outputs", r#"["siem"]"#, Always),
        ("page_size", "10", Always),
        ("overlap_secs", "10", Always),
        ("settle_secs", "10", Always),
        // On the first poll: it says where that begins.
        ("first_lookback_secs", "10", Always),
        ("sweeps", "false", Always),
        ("retention_days", "10", Always),
        (
            "data_stream",
            r#"{"namespace":"emea"}"#,
            Beside(
                r#""outputs":["siem","ecs-objects"],"#,
                r#""outputs":["siem"],"#,
                Scope::Any,
            ),
        ),
        (
            "data_stream",
            r#"{"namespace":"emea"}"#,
            Beside(r#""outputs":["ecs"],"#, "", Scope::Folder),
        ),
        (
            "serve",
            r#"{"audiences":["api://a"],"clients":["00000000-0000-0000-0000-00000000000b"]}"#,
            Beside(
                r#""outputs":["siem-served"],"#,
                r#""outputs":["siem"],"#,
                Scope::Any,
            ),
        ),
        ("metrics", "true", OnAStack),
    ];

    fn document(more: &str, scope: Scope) -> Result<Tenant, ConfigError> {
        let text = format!(
            r#"{{{more}"tenant_id":"{TENANT}","client_id":"00000000-0000-0000-0000-00000000000c","secret":"s"}}"#
        );
        let tenant = parse("contoso", "tenants/contoso.json", text.as_bytes())?;
        if scope == Scope::Folder {
            tenant.check_effects_on_a_machine()?;
        }
        Ok(tenant)
    }

    #[track_caller]
    fn refused(more: &str, scope: Scope, key: &str) {
        let error = document(more, scope).unwrap_err().to_string();
        for words in [key, "has no effect", "remove it"] {
            assert!(error.contains(words), "{more}: {error}");
        }
    }

    #[test]
    fn a_key_without_effect_is_refused_with_what_to_do() {
        for (key, value, effect) in KEYS {
            let given = format!("\"{key}\":{value},");
            match effect {
                Always if value.is_empty() => {}
                Always => {
                    let read = document(&given, Scope::Folder);
                    assert!(read.is_ok(), "{key}: {read:?}");
                }
                Beside(with, without, scope) => {
                    let read = document(&format!("{with}{given}"), *scope);
                    assert!(read.is_ok(), "{key}: {read:?}");
                    refused(&format!("{without}{given}"), *scope, key);
                }
                OnAStack => {
                    assert!(document(&given, Scope::Any).is_ok(), "{key}");
                    refused(&given, Scope::Folder, key);
                }
            }
        }
    }

    #[test]
    fn aws_is_told_the_cloud_for_which_it_vouches() {
        let text = format!(
            r#"{{{HOSTS}"cloud":"gcc-high","federation":"aws","tenant_id":"{TENANT}","client_id":"00000000-0000-0000-0000-00000000000c"}}"#
        );
        parse("contoso", "tenants/contoso.json", text.as_bytes()).unwrap();
    }

    /// A key that is added says here when it has an effect.
    #[cfg(feature = "schema")]
    #[test]
    fn every_key_is_listed() {
        let schema: Value = serde_json::to_value(crate::schema()).unwrap();
        let keys = schema["properties"].as_object().unwrap().keys();
        for key in keys {
            assert!(KEYS.iter().any(|(known, ..)| known == key), "{key}");
        }
    }
}
