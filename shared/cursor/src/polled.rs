use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which alerts the polls of a state read, and since when: a state goes by a tenant's name, which may be
/// given to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polled {
    /// The BLAKE3 digest, in hexadecimal, of what says which alerts they are.
    alerts: String,
    /// When the first poll of them that ended well had begun; `None` as long as none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Polled {
    /// That the alerts which `alerts` describes are polled since then.
    #[must_use]
    pub fn of(alerts: &str, since: Option<Timestamp>) -> Self {
        Self {
            alerts: blake3::hash(alerts.as_bytes()).to_hex().to_string(),
            since,
        }
    }

    /// Whether they are those that `alerts` describes.
    #[must_use]
    pub fn is_of(&self, alerts: &str) -> bool {
        *self.alerts == *blake3::hash(alerts.as_bytes()).to_hex()
    }
}
