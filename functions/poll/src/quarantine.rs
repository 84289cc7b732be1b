//! What could not be delivered is put aside whole, with the reason, and never lost.
//!
//! An object's name comes from its content, so that putting the same thing aside again writes the
//! same object.

use std::collections::BTreeMap;

use bytes::Bytes;
use drawbridge_alert::DecodeError;
use drawbridge_cursor::Window;
use drawbridge_queue::{Message, Refused};
use drawbridge_store::Store;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::PollError;

/// What to do about a record that no message holds.
const TOO_LONG: &str = ": a message holds 1 MiB. If the output's reader resolves Amazon's pointers \
    into the bucket, set MessagePointers to yes and replay it with --pointers; else read objects";

/// The most characters of a record's key in the log: an alert's id is in it, of any length.
const KEY_CHARS: usize = 200;

/// The folder of a tenant's quarantine in the store.
pub(crate) struct Quarantine<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) tenant: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    tenant: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

impl<'a> Quarantine<'a> {
    /// Puts an alert aside that does not parse, exactly as Graph sent it.
    pub(crate) async fn alert(&self, raw: &str, error: &DecodeError) -> Result<(), PollError> {
        let id = error.alert_id.as_deref();
        let reason = error.to_string();
        tracing::error!(tenant = self.tenant, alert_id = id, %reason, "alert put aside");
        let alert = serde_json::from_str(raw).ok();
        // What is not even JSON is kept as text.
        let text = alert.is_none().then_some(raw);
        let item = Item {
            alert_id: id,
            alert,
            text,
            ..self.item(&reason)
        };
        self.put("alerts", &digest(raw), &item).await
    }

    /// Puts a record aside that the queue of `output` will never take, with all that it takes to
    /// send it again.
    pub(crate) async fn record(
        &self,
        output: &str,
        message: &Message,
        refused: &Refused,
    ) -> Result<(), PollError> {
        let mut reason = format!("the queue refused it: {}", refused.code);
        if refused.is_too_long() {
            reason += TOO_LONG;
        }
        let (tenant, key) = (self.tenant, shown(&message.key));
        let bytes = message.body.len();
        tracing::error!(tenant, output, key, bytes, %reason, "record put aside");
        let item = Item {
            key: Some(&message.key),
            record: Some(&message.body),
            output: Some(output),
            group: Some(&message.group),
            attributes: message.attributes.iter().map(|(k, v)| (*k, &**v)).collect(),
            ..self.item(&reason)
        };
        // Several formats name their records alike.
        let name = digest(&format!("{output}/{}", message.key));
        self.put("records", &name, &item).await
    }

    /// Puts a window aside that Graph would not answer; a replay reads it again.
    pub(crate) async fn gap(&self, window: Window, reason: &str) -> Result<(), PollError> {
        tracing::error!(
            tenant = self.tenant, from = %window.from(), to = %window.to(), %reason,
            "gap recorded: alerts of this window were not read"
        );
        let name = digest(&format!("{}/{}", window.from(), window.to()));
        self.put(
            "gaps",
            &name,
            &Item {
                window: Some(window),
                ..self.item(reason)
            },
        )
        .await
    }

    fn item<'b>(&self, reason: &'b str) -> Item<'b>
    where
        'a: 'b,
    {
        Item {
            tenant: self.tenant,
            reason,
            alert_id: None,
            key: None,
            alert: None,
            text: None,
            record: None,
            output: None,
            group: None,
            attributes: BTreeMap::new(),
            window: None,
        }
    }

    async fn put(&self, kind: &str, name: &str, item: &Item<'_>) -> Result<(), PollError> {
        let key = format!("quarantine/{}/{kind}/{name}.json", self.tenant);
        let body =
            serde_json::to_vec(item).map_err(|_| PollError::Quarantine { key: key.clone() })?;
        self.store
            .put(&key, Bytes::from(body), "application/json")
            .await?;
        Ok(())
    }
}

/// As much of a record's key as the log is to hold.
pub(crate) fn shown(key: &str) -> String {
    key.chars().take(KEY_CHARS).collect()
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
