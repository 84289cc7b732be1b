//! A queue to send to, and the way to read back what arrived.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message as Received, MessageSystemAttributeName, QueueAttributeName};
use drawbridge_queue::{LocalQueue, Queue, SqsQueue};

use super::objects::Destination;
use crate::cloud;

/// One queue of its own.
pub(crate) enum Fixture {
    /// A file.
    Local {
        queue: LocalQueue,
        _dir: tempfile::TempDir,
    },
    /// A queue in the emulated cloud.
    Sqs(Client, SqsQueue),
    /// Objects or segments in a folder or a bucket.
    Objects(Destination, Box<dyn Queue>),
}

impl Fixture {
    pub(crate) async fn local() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let queue = LocalQueue::open(dir.path().join("siem.ndjson"))
            .await
            .unwrap();
        Self::Local { queue, _dir: dir }
    }

    pub(crate) async fn sqs(fifo: bool) -> Self {
        let client = Client::new(&cloud::config().await);
        let name = cloud::unique("queue") + if fifo { ".fifo" } else { "" };
        let mut create = client.create_queue().queue_name(name);
        if fifo {
            create = create.attributes(QueueAttributeName::FifoQueue, "true");
        }
        let url = create.send().await.unwrap().queue_url.unwrap();
        let queue = SqsQueue::new(client.clone(), url);
        Self::Sqs(client, queue)
    }

    pub(crate) fn objects(place: Destination) -> Self {
        let queue = Box::new(place.queue());
        Self::Objects(place, queue)
    }

    pub(crate) fn served(place: Destination) -> Self {
        let queue = Box::new(place.served());
        Self::Objects(place, queue)
    }

    pub(crate) fn queue(&self) -> &dyn Queue {
        match self {
            Self::Objects(_, queue) => &**queue,
            Self::Local { queue, .. } => queue,
            Self::Sqs(_, queue) => queue,
        }
    }

    /// Whether bodies come in the order they were sent (on a FIFO queue: of their group).
    pub(crate) fn keeps_order(&self) -> bool {
        matches!(self, Self::Local { .. } | Self::Objects(..)) || self.is_fifo()
    }

    pub(crate) fn is_fifo(&self) -> bool {
        matches!(self, Self::Sqs(_, queue) if queue.url().ends_with(".fifo"))
    }

    /// The bodies that arrived, which must be `count`.
    pub(crate) async fn read(&self, count: usize) -> Vec<String> {
        let bodies = self.read_all().await;
        assert_eq!(bodies.len(), count);
        bodies
    }

    /// The bodies that arrived.
    pub(crate) async fn read_all(&self) -> Vec<String> {
        match self {
            Self::Objects(place, _) => place.lines().await,
            Self::Local { queue, .. } => {
                let text = std::fs::read_to_string(queue.path()).unwrap();
                assert!(text.is_empty() || text.ends_with('\n'));
                text.lines().map(str::to_owned).collect()
            }
            Self::Sqs(client, queue) => {
                let messages = receive_all(client, queue.url()).await;
                messages
                    .into_iter()
                    .map(|message| message.body.unwrap())
                    .collect()
            }
        }
    }
}

/// Reads and deletes until the queue is empty.
pub(crate) async fn receive_all(client: &Client, url: &str) -> Vec<Received> {
    let mut all = Vec::new();
    loop {
        let received = client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .unwrap()
            .messages
            .unwrap_or_default();
        if received.is_empty() {
            return all;
        }
        for message in received {
            let handle = message.receipt_handle.clone().unwrap();
            client
                .delete_message()
                .queue_url(url)
                .receipt_handle(handle)
                .send()
                .await
                .unwrap();
            all.push(message);
        }
    }
}
