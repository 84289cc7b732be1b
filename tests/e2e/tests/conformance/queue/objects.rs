//! Where objects are written to, and the way to read back what lies there.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::Client;
use drawbridge_queue::{Content, Naming, ObjectsQueue, ServedQueue};
use drawbridge_store::{Catalogue, LocalStore, S3Store, s3_client};
use drawbridge_time::SystemClock;

use crate::cloud;

/// Where objects are written to.
pub(crate) enum Destination {
    Folder(tempfile::TempDir),
    Bucket(Client, String),
}

/// What all objects of these tests are called.
pub(crate) fn naming() -> Naming {
    Naming {
        format: "siem".to_owned(),
        version: 1,
        tenant: "contoso".to_owned(),
        content: Content::Json,
    }
}

impl Destination {
    pub(crate) fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn bucket() -> Self {
        let client = s3_client(&cloud::config().await);
        let name = cloud::unique("objects");
        client.create_bucket().bucket(&name).send().await.unwrap();
        Self::Bucket(client, name)
    }

    /// A queue that writes there, with nothing in memory.
    pub(crate) fn queue(&self) -> ObjectsQueue {
        ObjectsQueue::new(self.store(), naming())
    }

    /// The same of one that writes segments, of a format whose records do not say when they are shown.
    pub(crate) fn served(&self) -> ServedQueue {
        ServedQueue::new(
            self.store(),
            Arc::new(SystemClock),
            "contoso",
            "directory",
            "native",
        )
    }

    fn store(&self) -> Arc<dyn Catalogue> {
        match self {
            Self::Folder(dir) => Arc::new(LocalStore::new(dir.path())),
            Self::Bucket(client, name) => Arc::new(S3Store::new(client.clone(), name)),
        }
    }

    /// The objects' keys, in order.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let mut keys = match self {
            Self::Folder(dir) => files(dir.path(), dir.path()),
            Self::Bucket(client, name) => {
                let listed = client.list_objects_v2().bucket(name).send().await.unwrap();
                let objects = listed.contents().iter();
                objects.map(|o| o.key().unwrap().to_owned()).collect()
            }
        };
        keys.sort_unstable();
        keys
    }

    /// The lines of all objects, in the order of their keys.
    pub(crate) async fn lines(&self) -> Vec<String> {
        let mut all = Vec::new();
        for key in self.keys().await {
            all.extend(lines(&self.body(&key).await));
        }
        all
    }

    /// An object's bytes.
    pub(crate) async fn body(&self, key: &str) -> Vec<u8> {
        match self {
            Self::Folder(dir) => std::fs::read(dir.path().join(key)).unwrap(),
            Self::Bucket(client, name) => {
                let object = client.get_object().bucket(name).key(key).send().await;
                object.unwrap().body.collect().await.unwrap().to_vec()
            }
        }
    }
}

/// The lines of a compressed object, which has no blank one and ends with a line end.
pub(crate) fn lines(body: &[u8]) -> Vec<String> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(body)
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.ends_with('\n') && !text.contains("\n\n") && !text.starts_with('\n'));
    text.lines().map(str::to_owned).collect()
}

/// The files below `folder`, named from `root` on; the store's own lock aside.
fn files(root: &Path, folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(root, &path));
        } else if path.file_name().unwrap() != ".lock" {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.push(name.to_owned());
        }
    }
    found
}
