//! How replicas write one version of an alert: the same by what it means.

use std::borrow::Cow;

use drawbridge_alert::without_lone_surrogates;
use serde_json::{Map, Value};

/// A text of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// As the schedule has it, and as Graph shows it in the end.
    AsItIs,
    /// With properties that are null.
    Nulls,
    /// With the evidence in another order.
    Evidence,
    /// With the members of each object in another order.
    Members,
}

impl Text {
    /// Every text.
    pub const ALL: [Self; 4] = [Self::AsItIs, Self::Nulls, Self::Evidence, Self::Members];

    pub(crate) fn of(number: u64) -> Self {
        let place = usize::try_from(number).unwrap_or(0) % Self::ALL.len();
        Self::ALL[place]
    }

    /// The alert in this text.
    #[must_use]
    pub fn write(self, alert: &str) -> Cow<'_, str> {
        if self == Self::AsItIs {
            return Cow::Borrowed(alert);
        }
        let whole = without_lone_surrogates(alert);
        let mut alert: Value = serde_json::from_str(&whole).expect("an alert is JSON");
        match self {
            Self::AsItIs => {}
            Self::Nulls => {
                alert["assignedTo"] = Value::Null;
                for evidence in alert["evidence"].as_array_mut().into_iter().flatten() {
                    evidence["remediationStatusDetails"] = Value::Null;
                    evidence["tags"] = Value::Array(Vec::new());
                }
            }
            Self::Evidence => {
                if let Some(evidence) = alert["evidence"].as_array_mut() {
                    evidence.reverse();
                }
            }
            Self::Members => turn(&mut alert),
        }
        Cow::Owned(alert.to_string())
    }
}

fn turn(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(turn),
        Value::Object(members) => {
            let turned: Map<String, Value> = std::mem::take(members).into_iter().rev().collect();
            *members = turned;
            members.values_mut().for_each(turn);
        }
        _ => {}
    }
}
