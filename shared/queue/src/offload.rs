//! Bodies over the size limit: to the object store, with a pointer in the queue.
//!
//! The pointer is the one of the Amazon SQS Extended Client libraries (Java, Python and others),
//! so that a reader which uses one of them sees the whole body.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use drawbridge_store::{Store, StoreError};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::entry::{Attribute, Entry};

/// The class that the libraries' pointers name.
const POINTER_CLASS: &str = "software.amazon.payloadoffloading.PayloadS3Pointer";

/// The attribute by which a reader knows a pointer; its value is the body's size in bytes.
const SIZE_ATTRIBUTE: &str = "ExtendedPayloadSize";

/// Where the bodies of a stack's outputs lie, each output's in a folder of its own.
const OVERSIZE_FOLDER: &str = "oversize";

/// Where bodies go that are too big for a message.
///
/// An object's name is derived from the message's key and body: a message sent again writes the
/// same object again. A reader whose library deletes objects deletes it with the first of two
/// duplicates; the second one is then a pointer to nothing, and had been read already.
#[derive(Clone)]
pub struct Offload {
    store: Arc<dyn Store>,
    bucket: String,
    prefix: String,
}

impl Offload {
    /// Puts bodies into `store` below `prefix` (slashes around it do not matter; empty: none);
    /// `bucket` is the store's bucket, by the name that readers know.
    pub fn new(store: Arc<dyn Store>, bucket: impl Into<String>, prefix: &str) -> Self {
        Self {
            store,
            bucket: bucket.into(),
            prefix: prefix.trim_matches('/').to_owned(),
        }
    }

    /// Puts the bodies of a stack's output where its readers may read, and where those of other
    /// outputs may not.
    pub fn of_output(store: Arc<dyn Store>, bucket: impl Into<String>, output: &str) -> Self {
        Self::new(store, bucket, &format!("{OVERSIZE_FOLDER}/{output}"))
    }

    /// Puts the entry's body into the store and a pointer in its place. `key` is the message's.
    pub(crate) async fn replace_body(
        &self,
        entry: &mut Entry<'_>,
        key: &str,
    ) -> Result<(), StoreError> {
        let object = self.object_key(key, &entry.body);
        let body = Bytes::copy_from_slice(entry.body.as_bytes());
        let size = body.len().to_string();
        self.store.put(&object, body, "application/json").await?;
        entry.body = Cow::Owned(pointer(&self.bucket, &object));
        entry.attributes.push(Attribute {
            name: SIZE_ATTRIBUTE,
            kind: "Number",
            value: Cow::Owned(size),
        });
        Ok(())
    }

    /// A name in the form of the UUIDs that the libraries use.
    fn object_key(&self, key: &str, body: &str) -> String {
        let digest = Sha256::new()
            .chain_update(key)
            .chain_update([0])
            .chain_update(body)
            .finalize();
        let name = hex::encode(&digest[..16]);
        let name = [
            &name[..8],
            &name[8..12],
            &name[12..16],
            &name[16..20],
            &name[20..],
        ]
        .join("-");
        if self.prefix.is_empty() {
            name
        } else {
            format!("{}/{name}", self.prefix)
        }
    }
}

fn pointer(bucket: &str, key: &str) -> String {
    json!([POINTER_CLASS, { "s3BucketName": bucket, "s3Key": key }]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use drawbridge_store::LocalStore;

    #[test]
    fn the_pointer_is_what_the_extended_client_writes() {
        // The form is that of `PayloadS3Pointer` in
        // <https://github.com/awslabs/payload-offloading-java-common-lib-for-aws> (Apache-2.0), which
        // its JSON library writes as a pair of the class and its properties.
        let written = r#"["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"a-bucket","s3Key":"a/key"}]"#;
        assert_eq!(pointer("a-bucket", "a/key"), written);
    }

    #[tokio::test]
    async fn a_body_goes_to_the_store_under_a_name_that_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(LocalStore::new(dir.path()));
        let offload = Offload::new(store.clone(), "b", "/siem/large/");
        let message = Message {
            key: "k".to_owned(),
            group: String::new(),
            time: None,
            body: "{\"a\":\"\u{ffff}\"}".to_owned(),
            attributes: Vec::new(),
        };
        let mut keys = Vec::new();
        for _ in 0..2 {
            let mut entry = Entry::new(0, &message, false).unwrap_or_else(|_| panic!());
            offload
                .replace_body(&mut entry, &message.key)
                .await
                .unwrap();
            let value: serde_json::Value = serde_json::from_str(&entry.body).unwrap();
            keys.push(value[1]["s3Key"].as_str().unwrap().to_owned());
            assert_eq!(entry.attributes.len(), 1);
            assert_eq!(entry.attributes[0].value, "14");
        }
        assert_eq!(keys[0], keys[1]);
        assert!(
            keys[0].starts_with("siem/large/") && keys[0].len() == 11 + 36,
            "{}",
            keys[0]
        );
        let object = store.get(&keys[0]).await.unwrap().unwrap();
        assert_eq!(object.body, "{\"a\":\"\\uffff\"}");
        assert_ne!(offload.object_key("k", "1"), offload.object_key("k", "2"));
        assert_ne!(offload.object_key("k", "1"), offload.object_key("k2", "1"));
        let of_output = Offload::of_output(store, "b", "siem").object_key("k", "1");
        let name = of_output.strip_prefix("oversize/siem/").unwrap();
        assert_eq!(offload.object_key("k", "1"), format!("siem/large/{name}"));
    }
}
