//! What a stack has, as far as the command uses it.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName as Attribute};
use bytes::Bytes;
use drawbridge_store::{S3Store, Store as _};
use serde_json::{Value, json};

use crate::cloud;

/// The tenant of these tests, and how it signs in.
pub(crate) const TENANT: &str = "contoso";

/// A bucket and queues of one test's own.
pub(crate) struct Stack {
    pub(crate) bucket: String,
    pub(crate) store: S3Store,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

impl Stack {
    pub(crate) async fn create() -> Self {
        let config = cloud::config().await;
        let bucket = cloud::unique("stack");
        let s3 = drawbridge_store::s3_client(&config);
        s3.create_bucket().bucket(&bucket).send().await.unwrap();
        Self {
            store: S3Store::new(s3, &bucket),
            sqs: aws_sdk_sqs::Client::new(&config),
            bucket,
        }
    }

    /// A queue; FIFO if its name says so.
    pub(crate) async fn queue(&self, name: &str) -> String {
        let name = cloud::unique("queue") + "-" + name;
        let mut queue = self.sqs.create_queue().queue_name(&name);
        if name.ends_with(".fifo") {
            queue = queue.attributes(Attribute::FifoQueue, "true");
        }
        queue.send().await.unwrap().queue_url.unwrap()
    }

    /// All messages that a queue has, deleted as they are read.
    pub(crate) async fn drain(&self, url: &str) -> Vec<Message> {
        let mut all = Vec::new();
        loop {
            let receive = self
                .sqs
                .receive_message()
                .queue_url(url)
                .max_number_of_messages(10);
            let receive = receive
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All);
            let messages = receive.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return all;
            }
            for message in messages {
                let delete = self.sqs.delete_message().queue_url(url);
                let receipt = message.receipt_handle.clone().unwrap();
                delete.receipt_handle(receipt).send().await.unwrap();
                all.push(message);
            }
        }
    }

    /// Writes an object.
    pub(crate) async fn put(&self, key: &str, body: &Value) {
        let body = Bytes::from(body.to_string());
        self.store.put(key, body, "application/json").await.unwrap();
    }

    /// An object's text; `None` when there is none.
    pub(crate) async fn text(&self, key: &str) -> Option<String> {
        let object = self.store.get(key).await.unwrap()?;
        Some(String::from_utf8(object.body.to_vec()).unwrap())
    }

    /// Writes a document of [`TENANT`] that nobody can sign in with.
    pub(crate) async fn put_tenant(&self) {
        let document = json!({"tenant_id": "t.example", "client_id": "00000000-0000-0000-0000-00000000000c", "secret": "s"});
        self.put(&format!("tenants/{TENANT}.json"), &document).await;
    }
}

/// A system attribute of a message.
pub(crate) fn system(message: &Message, name: &MessageSystemAttributeName) -> Option<String> {
    message.attributes.as_ref()?.get(name).cloned()
}

/// The value of a message's own attribute.
pub(crate) fn attribute(message: &Message, name: &str) -> Option<String> {
    message
        .message_attributes
        .as_ref()?
        .get(name)?
        .string_value
        .clone()
}
