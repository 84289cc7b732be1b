use drawbridge_queue::READERS;
use drawbridge_record::{Format, Rewrite};
use serde::{Deserialize, Serialize};

use crate::ConfigError;
use crate::read::{DocumentLocation, read_json};

/// One output of a stack: a format in a shape.
///
/// As JSON: `{"format":"siem","shape":"messages","queue_url":"…","oversize":"pointer"}` or
/// `{"format":"ocsf","shape":"objects","readers":["elastic"]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSettings {
    /// The records' format, by name.
    pub format: String,
    /// How they travel.
    pub shape: Shape,
    /// Where messages go: a standard or FIFO queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_url: Option<String>,
    /// What becomes of a message over the queue's limit; [`Oversize::Quarantine`] if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oversize: Option<Oversize>,
    /// Who reads the objects, by the names of [`READERS`]: records that are longer than these take
    /// are told of. Without, it is all those that read the format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Vec<String>>,
    /// When a record is written again, in place of the format's own rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<When>,
}

/// How records travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A message of a queue for each record.
    Messages,
    /// Compressed lines in objects of the bucket, of which S3 itself tells a queue.
    Objects,
}

/// What becomes of a record that is too large for a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Oversize {
    /// It is put aside whole, with the reason: most readers would take a pointer for the record.
    #[default]
    Quarantine,
    /// Its body goes to the bucket, with a pointer in its place that Amazon's Extended Client
    /// libraries resolve, and Drawbridge's own deliver function.
    Pointer,
}

/// When a record is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Never.
    Never,
    /// When its content has changed.
    Changes,
}

impl OutputSettings {
    /// Reads the JSON list of a stack's outputs out of the variable `name`.
    ///
    /// # Errors
    /// [`ConfigError`] that names the output and what is wrong.
    pub fn parse_list(name: &str, text: &str) -> Result<Vec<Self>, ConfigError> {
        let outputs: Vec<Self> = read_json(&DocumentLocation::variable(name), text)?;
        for (n, output) in outputs.iter().enumerate() {
            output.format()?;
            let has_queue = output.queue_url.as_ref().is_some_and(|url| !url.is_empty());
            if output.shape == Shape::Messages && !has_queue {
                return Err(output.wrong("has no queue: messages need a queue_url".to_owned()));
            }
            output.check_shape()?;
            if outputs[..n]
                .iter()
                .any(|other| other.name() == output.name())
            {
                return Err(output.wrong("is there twice".to_owned()));
            }
        }
        Ok(outputs)
    }

    /// Checks that it has only settings of its shape, and that there are such readers.
    pub(crate) fn check_shape(&self) -> Result<(), ConfigError> {
        let readers = self.readers.iter().flatten();
        let is_known = |name: &str| READERS.iter().any(|reader| reader.name == name);
        let problem = match self.shape {
            Shape::Messages if self.readers.is_some() => {
                "has readers, which only objects have".to_owned()
            }
            Shape::Objects if self.oversize.is_some() => {
                "has oversize, which only messages have: objects have no limit".to_owned()
            }
            _ if !readers.clone().all(|name| is_known(name)) => {
                let known: Vec<_> = READERS.iter().map(|reader| reader.name).collect();
                format!("has an unknown reader; there is {}", known.join(", "))
            }
            _ => return Ok(()),
        };
        Err(self.wrong(problem))
    }

    /// Its name, in the state, in tenant documents and in jobs: the format's for messages, with
    /// `-objects` behind it for objects.
    #[must_use]
    pub fn name(&self) -> String {
        match self.shape {
            Shape::Messages => self.format.clone(),
            Shape::Objects => format!("{}-objects", self.format),
        }
    }

    /// The format.
    ///
    /// # Errors
    /// [`ConfigError::Output`] with the list of formats.
    pub fn format(&self) -> Result<&'static dyn Format, ConfigError> {
        drawbridge_record::format(&self.format).ok_or_else(|| {
            let known = drawbridge_record::names().join(", ");
            self.wrong(format!("there is no such format; there is {known}"))
        })
    }

    /// When its records are written again.
    ///
    /// # Errors
    /// As [`format`](Self::format).
    pub fn rewrite(&self) -> Result<Rewrite, ConfigError> {
        Ok(match self.rewrite {
            Some(When::Never) => Rewrite::Never,
            Some(When::Changes) => Rewrite::Changes,
            None => self.format()?.rewrite(),
        })
    }

    fn wrong(&self, problem: String) -> ConfigError {
        ConfigError::Output {
            output: self.name(),
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<OutputSettings>, ConfigError> {
        OutputSettings::parse_list("DRAWBRIDGE_OUTPUTS", text)
    }

    #[test]
    fn a_format_can_travel_in_both_shapes() {
        let outputs = parse(
            r#"[{"format":"siem","shape":"messages","queue_url":"u"},{"format":"siem","shape":"objects"}]"#,
        )
        .unwrap();
        let names: Vec<_> = outputs.iter().map(OutputSettings::name).collect();
        assert_eq!(names, ["siem", "siem-objects"]);
        assert_eq!(outputs[0].rewrite(), Ok(Rewrite::Never));
    }

    #[test]
    fn readers_and_what_is_too_large_may_be_said() {
        let outputs = parse(
            r#"[{"format":"siem","shape":"messages","queue_url":"u","oversize":"pointer"},
                {"format":"ocsf","shape":"messages","queue_url":"u"},
                {"format":"siem","shape":"objects","readers":["splunk","wazuh"]}]"#,
        )
        .unwrap();
        assert_eq!(outputs[0].oversize, Some(Oversize::Pointer));
        assert_eq!(
            outputs[1].oversize.unwrap_or_default(),
            Oversize::Quarantine
        );
        assert_eq!(outputs[2].readers.as_ref().unwrap().len(), 2);
        assert_eq!(outputs[0].readers, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            (
                r#"[{"format":"xml","shape":"objects"}]"#,
                "no such format; there is siem",
            ),
            (
                r#"[{"format":"siem","shape":"pigeons"}]"#,
                "must be one of messages, objects",
            ),
            (r#"[{"format":"siem","shape":"messages"}]"#, "has no queue"),
            (
                r#"[{"format":"siem","shape":"objects"},{"format":"siem","shape":"objects"}]"#,
                "is there twice",
            ),
            (
                r#"[{"format":"siem","shape":"messages","queue_url":"u","oversize":"split"}]"#,
                "must be one of quarantine, pointer",
            ),
            (
                r#"[{"format":"siem","shape":"objects","oversize":"pointer"}]"#,
                "objects have no limit",
            ),
            (
                r#"[{"format":"siem","shape":"messages","queue_url":"u","readers":["splunk"]}]"#,
                "which only objects have",
            ),
            (
                r#"[{"format":"siem","shape":"objects","readers":["splunk","wasuh"]}]"#,
                "unknown reader; there is sentinel, qradar, splunk",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
