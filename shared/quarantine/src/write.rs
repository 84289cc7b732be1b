use std::borrow::Cow;

use bytes::Bytes;
use drawbridge_cursor::Window;
use drawbridge_store::{AccessError, Store, StoreError};
use sha2::{Digest as _, Sha256};

use crate::{Item, Kind};

/// A tenant's quarantine in the store, to write to.
pub struct Quarantine<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The tenant's name. Of an undeliverable record it is what the message says.
    pub tenant: &'a str,
}

/// A record that an output's queue refused, with all that it takes to send it again.
pub struct QueueRecord<'a> {
    /// The output's name.
    pub output: &'a str,
    /// The message's deduplication key.
    pub key: &'a str,
    /// The message's group.
    pub group: &'a str,
    /// The message's attributes.
    pub attributes: &'a [(&'static str, String)],
    /// The record.
    pub body: &'a str,
}

/// A record that a target of the deliver function refused.
pub struct TargetRecord<'a> {
    /// The target's name.
    pub target: &'a str,
    /// The record's deduplication key.
    pub key: &'a str,
    /// The id of its alert; empty if nobody said.
    pub alert_id: &'a str,
    /// The name of its format.
    pub format: &'a str,
    /// The record.
    pub body: &'a str,
    /// Whether it is no record of its format, or only a part of one.
    pub is_no_record: bool,
}

impl<'a> Quarantine<'a> {
    /// Writes an alert, exactly as Graph sent it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn alert(
        &self,
        raw: &str,
        alert_id: Option<&str>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let alert = serde_json::from_str(raw).ok();
        // What is not even JSON is kept as text.
        let text = alert.is_none().then_some(Cow::Borrowed(raw));
        let item = Item {
            alert_id: alert_id.map(Cow::Borrowed),
            alert: alert.map(Cow::Borrowed),
            text,
            ..self.item(reason)
        };
        self.put(Kind::Alert, &[raw.as_bytes()], &item).await
    }

    /// Writes a record that a queue refused.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn record(&self, record: &QueueRecord<'_>, reason: &str) -> Result<(), StoreError> {
        let QueueRecord { output, key, .. } = record;
        let attributes = record.attributes.iter();
        let item = Item {
            key: Some(Cow::Borrowed(key)),
            record: Some(Cow::Borrowed(record.body)),
            output: Some(Cow::Borrowed(output)),
            group: Some(Cow::Borrowed(record.group)),
            attributes: attributes
                .map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(value.as_str())))
                .collect(),
            ..self.item(reason)
        };
        // Several formats name their records alike.
        let name = [output.as_bytes(), b"/", key.as_bytes()];
        self.put(Kind::Record, &name, &item).await
    }

    /// Writes a record that a target refused.
    ///
    /// It goes here and not to the dead-letter queue: a message gets there only by being received
    /// again and again, carries no reason, and is deleted after 14 days.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn undeliverable(
        &self,
        record: &TargetRecord<'_>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let TargetRecord { key, body, .. } = record;
        let item = Item {
            target: Some(Cow::Borrowed(record.target)),
            alert_id: Some(Cow::Borrowed(record.alert_id)),
            key: Some(Cow::Borrowed(key)),
            format: Some(Cow::Borrowed(record.format)),
            record: Some(Cow::Borrowed(body)),
            is_no_record: record.is_no_record,
            ..self.item(reason)
        };
        let name = [key.as_bytes(), &[0], body.as_bytes()];
        self.put(Kind::Undeliverable, &name, &item).await
    }

    /// Writes a window that Graph did not answer; a replay has it read again.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn gap(&self, window: Window, reason: &str) -> Result<(), StoreError> {
        let item = Item {
            window: Some(window),
            ..self.item(reason)
        };
        let name = format!("{}/{}", window.from(), window.to());
        self.put(Kind::Gap, &[name.as_bytes()], &item).await
    }

    fn item<'b>(&self, reason: &'b str) -> Item<'b>
    where
        'a: 'b,
    {
        Item {
            tenant: Cow::Borrowed(self.tenant),
            reason: Cow::Borrowed(reason),
            ..Item::default()
        }
    }

    /// Writes an item under the digest of `name`.
    async fn put(&self, kind: Kind, name: &[&[u8]], item: &Item<'_>) -> Result<(), StoreError> {
        let name = name.iter().fold(Sha256::new(), Sha256::chain_update);
        let key = format!(
            "quarantine/{}/{}/{}.json",
            folder(self.tenant),
            kind.folder(),
            hex::encode(name.finalize())
        );
        let body = serde_json::to_vec(item).map_err(|_| AccessError::Failed {
            place: key.clone(),
            code: "no JSON form".to_owned(),
            fix: "report this as a bug".into(),
        })?;
        let put = self.store.put(&key, Bytes::from(body), "application/json");
        put.await.map(drop)
    }
}

/// The tenant's name as a part of a key. What a message says may be anything: if it cannot be a part,
/// the folder is `unknown`.
fn folder(tenant: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let fits = (1..=200).contains(&tenant.len()) && tenant.chars().all(plain);
    if fits && !tenant.starts_with('.') {
        tenant
    } else {
        "unknown"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use drawbridge_store::LocalStore;

    /// The bytes and the keys that every release has written.
    #[tokio::test]
    async fn items_are_written_byte_for_byte_as_ever() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let quarantine = Quarantine {
            store: &store,
            tenant: "contoso",
        };
        let attributes = [
            ("tenant", "contoso".to_owned()),
            ("format", "siem".to_owned()),
        ];
        let [from, to] = ["2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z"];
        let window = Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let (no_json, no_alert) = (r#"{"id":"da1","x":tru}"#, r#"{"id":"da1","n":1.50}"#);
        quarantine.alert(no_json, None, "r").await.unwrap();
        quarantine.alert(no_alert, Some("da1"), "r").await.unwrap();
        let record = QueueRecord {
            output: "siem",
            key: "da1:1",
            group: "contoso",
            attributes: &attributes,
            body: r#"{"FullId":"da1:1"}"#,
        };
        quarantine.record(&record, "r").await.unwrap();
        let record = TargetRecord {
            target: "webhook",
            key: "da1:1",
            alert_id: "",
            format: "siem",
            body: r#"{"FullId":"da1:1"}"#,
            is_no_record: false,
        };
        quarantine.undeliverable(&record, "r").await.unwrap();
        let torn = TargetRecord {
            format: "cef",
            body: "CEF:0|x",
            is_no_record: true,
            ..record
        };
        quarantine.undeliverable(&torn, "r").await.unwrap();
        quarantine.gap(window, "r").await.unwrap();
        for (key, text) in [
            (
                "alerts/81da909c3727ee75a20563dcb0b99b190312e05300da4c60412beb7774afd03c",
                r#"{"tenant":"contoso","reason":"r","text":"{\"id\":\"da1\",\"x\":tru}"}"#,
            ),
            (
                "alerts/a9c8a2f4d2d0ef561e5c0076eef5d78c5bbc9e40a5cc12efec0c3748308e03af",
                r#"{"tenant":"contoso","reason":"r","alert_id":"da1","alert":{"id":"da1","n":1.50}}"#,
            ),
            (
                "records/7aceb7e867a9955a9f6d44a71902779a1278ef55730e8d2951e50e63131d0f28",
                r#"{"tenant":"contoso","reason":"r","key":"da1:1","record":"{\"FullId\":\"da1:1\"}","output":"siem","group":"contoso","attributes":{"format":"siem","tenant":"contoso"}}"#,
            ),
            (
                "undeliverable/2600d1039c75f7f41d932b37e757e24f8f138c2883b695e0a49362b15cc3b28d",
                r#"{"tenant":"contoso","target":"webhook","reason":"r","alert_id":"","key":"da1:1","format":"siem","record":"{\"FullId\":\"da1:1\"}"}"#,
            ),
            (
                "undeliverable/cf14cead10157c2f73484f1f6b7d481087ea10b0844241eb9eafc4598e50f88f",
                r#"{"tenant":"contoso","target":"webhook","reason":"r","alert_id":"","key":"da1:1","format":"cef","record":"CEF:0|x","is_no_record":true}"#,
            ),
            (
                "gaps/d78c85a5b1db454cbefa3700e234efb618cd7852007f60fc03be0a83284134c0",
                r#"{"tenant":"contoso","reason":"r","window":{"from":"2026-01-02T03:04:05Z","to":"2026-01-02T03:05:05Z"}}"#,
            ),
        ] {
            let key = format!("quarantine/contoso/{key}.json");
            let object = store.get(&key).await.unwrap().unwrap();
            assert_eq!(str::from_utf8(&object.body).unwrap(), text, "{key}");
            // What is read says the same.
            let stored = crate::StoredItem::of_key(&key).unwrap();
            let item = stored.read(&store).await.unwrap().unwrap();
            assert_eq!(serde_json::to_string(&item).unwrap(), text, "{key}");
        }
        assert_eq!(
            crate::stored_items(&store, Some("contoso"))
                .await
                .unwrap()
                .found
                .len(),
            6
        );
    }

    #[test]
    fn no_tenant_names_its_way_out_of_the_folder() {
        assert_eq!(folder("contoso-1"), "contoso-1");
        for odd in ["", "..", "../state", "a/b", "a b", &"x".repeat(201)] {
            assert_eq!(folder(odd), "unknown");
        }
    }
}
