use std::fmt;
use std::sync::Arc;

use drawbridge_document::from_value;
use drawbridge_entra::AwsAssertions;
use drawbridge_secrets::Secrets;
use drawbridge_time::Clock;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Target;
#[cfg(test)]
use crate::effect::Effects;
use crate::fields::SettingsError;

/// A type of target: a row of the registry in `targets/mod.rs`.
pub struct TargetType {
    /// Its name, as the setting `target` has it.
    pub name: &'static str,
    /// What it delivers to, in a few words.
    pub title: &'static str,
    /// An example of its settings: a JSON object without `target`, which names secrets as
    /// `env:VARIABLE`.
    pub example: &'static str,
    read: fn(Fields) -> ReadSettings,
    #[cfg(test)]
    pub(crate) effects: fn() -> Effects,
}

/// The members of a settings document, without `target`.
type Fields = Map<String, Value>;

/// What reading them gives.
type ReadSettings = Result<Arc<dyn TargetSettings>, SettingsError>;

/// The settings of a target: the one trait besides [`Target`] that a folder of `targets/` implements.
pub(crate) trait TargetSettings: fmt::Debug + Send + Sync {
    /// Checks what the types of the fields do not say.
    fn check(&self) -> Result<(), SettingsError>;

    /// Checks whether the target takes records of that format, and says what to do if not.
    fn check_format(&self, _format: &str) -> Result<(), SettingsError> {
        Ok(())
    }

    /// Builds the target, without a request to it.
    fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError>;

    /// When each field has an effect.
    #[cfg(test)]
    fn effects() -> Effects
    where
        Self: Sized;
}

/// What targets reach the world through.
#[derive(Clone)]
pub struct Ports {
    /// Where tokens and keys are kept.
    pub secrets: Arc<dyn Secrets>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Asks AWS for assertions; `None` where there is no role to ask about.
    pub aws_assertions: Option<AwsAssertions>,
}

impl TargetType {
    /// The type of target whose settings are an `S`.
    pub(crate) const fn of<S: TargetSettings + DeserializeOwned + 'static>(
        name: &'static str,
        title: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            name,
            title,
            example,
            read: |fields| {
                let settings: S = from_value(Value::Object(fields))?;
                settings.check()?;
                Ok(Arc::new(settings))
            },
            #[cfg(test)]
            effects: S::effects,
        }
    }

    /// Reads and checks the fields of a document.
    pub(crate) fn read(&self, fields: Fields) -> ReadSettings {
        (self.read)(fields)
    }
}
