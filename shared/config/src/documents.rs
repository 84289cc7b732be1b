//! Tenants as documents in the store: `tenants/<name>.toml`, or `.json`. One that is paused lies in
//! `tenants/paused/`.

use std::collections::BTreeMap;

use drawbridge_store::{Catalogue, ETag, Listed, Store};

use crate::read::{DocumentLocation, at_most, read_json, read_toml, too_long};
use crate::tenant::is_name;
use crate::{ConfigError, Tenant};

/// The folder of the documents.
pub const TENANTS_FOLDER: &str = "tenants/";

/// The folder of those that are paused.
pub const PAUSED_FOLDER: &str = "tenants/paused/";

/// The most bytes of a document.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// A document by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The tenant's name.
    pub name: String,
    /// The object's key.
    pub key: String,
    /// Whether it is polled.
    pub is_paused: bool,
    /// Its version, where a listing of the store tells it.
    pub etag: Option<ETag>,
}

impl Document {
    /// Where a name is there more than once: one that is polled comes first, then TOML, as for
    /// [`document`].
    fn rank(&self) -> (bool, bool) {
        (self.is_paused, !self.key.ends_with(".toml"))
    }
}

/// The documents that a store has.
#[derive(Debug, Default)]
pub struct Documents {
    /// Sorted by name. If a name is there twice, this is the document that is polled.
    pub found: Vec<Document>,
    /// The folders among them that cannot be entered, and the symbolic links in the place of a folder
    /// or a document: which documents lie there is not known. And the files whose names are no tenants'.
    pub unreadable: Vec<ConfigError>,
}

/// The documents that a store has. A folder that cannot be entered is named, and no reason to leave
/// the documents elsewhere alone.
///
/// # Errors
/// [`ConfigError::Store`] when none can be listed.
pub async fn documents(store: &dyn Catalogue) -> Result<Documents, ConfigError> {
    let listing = store.list_readable(TENANTS_FOLDER).await?;
    let mut misnamed = listing.others;
    let keys = listing.objects.iter().map(|object| &object.key);
    misnamed.extend(keys.filter(|key| named(key).is_none()).cloned());
    misnamed.retain(|key| is_taken_for_a_document(key));
    let links = listing.links.into_iter();
    let links: Vec<_> = links.filter(|(key, _)| is_looked_at(key)).collect();
    // A link where a document should be counts as a document that cannot be read.
    let linked = links.iter().map(|(key, _)| key.clone());
    let others = linked.chain(listing.folders).map(Listed::of_key);
    let found = by_name(listing.objects.into_iter().chain(others));
    let links = links.into_iter().map(|(_, error)| error);
    let unreadable = listing.unreadable.into_iter().chain(links);
    let unreadable = unreadable
        .map(ConfigError::from)
        .chain(misnamed_error(misnamed));
    Ok(Documents {
        found,
        unreadable: unreadable.collect(),
    })
}

/// Whether a document, or documents, could be in this place.
fn is_looked_at(key: &str) -> bool {
    key == PAUSED_FOLDER.trim_end_matches('/')
        || named(key).is_some()
        || is_taken_for_a_document(key)
}

/// What lies among documents and is obviously none, by the ends of names: notes, and what editors and
/// copies leave behind.
const NO_DOCUMENTS: [&str; 12] = [
    ".bak",
    ".md",
    ".orig",
    ".rej",
    ".swp",
    ".tmp",
    "/desktop.ini",
    "/license",
    "/readme",
    "/readme.txt",
    "/thumbs.db",
    "~",
];

/// Whether somebody may take a file for a tenant's document, whatever its name is. What begins with a
/// dot, or with the sign of Emacs's copies, is hidden; and what ends with a slash stands for a folder
/// of a bucket.
fn is_taken_for_a_document(key: &str) -> bool {
    let is_hidden = |part: &str| part.is_empty() || part.starts_with(['.', '#']);
    let lower = key.to_ascii_lowercase();
    !key.split('/').any(is_hidden) && !NO_DOCUMENTS.iter().any(|end| lower.ends_with(end))
}

/// The most names of files that are no documents which one error shows.
const MISNAMED_SHOWN: usize = 5;

/// One error for all of them: a folder of somebody else's may hold thousands.
fn misnamed_error(mut misnamed: Vec<String>) -> Option<ConfigError> {
    misnamed.sort_unstable();
    let more = misnamed.len().saturating_sub(MISNAMED_SHOWN);
    misnamed.truncate(MISNAMED_SHOWN);
    let mut places = misnamed.join(", ");
    if more > 0 {
        places += &format!(" and {more} more");
    }
    (!misnamed.is_empty()).then_some(ConfigError::Misnamed { places })
}

/// The tenant whose document lies under a key, and whether it is paused there.
fn named(key: &str) -> Option<(&str, bool)> {
    let (file, is_paused) = match key.strip_prefix(PAUSED_FOLDER) {
        Some(file) => (file, true),
        None => (key.strip_prefix(TENANTS_FOLDER)?, false),
    };
    let name = file
        .strip_suffix(".toml")
        .or_else(|| file.strip_suffix(".json"));
    let name = name.filter(|name| is_name(name))?;
    Some((name, is_paused))
}

fn by_name(objects: impl IntoIterator<Item = Listed>) -> Vec<Document> {
    let mut found: BTreeMap<String, Document> = BTreeMap::new();
    for Listed { key, etag, .. } in objects {
        let Some((name, is_paused)) = named(&key) else {
            continue;
        };
        let document = Document {
            name: name.to_owned(),
            is_paused,
            key: key.clone(),
            etag,
        };
        let entry = found.entry(name.to_owned());
        let kept = entry.or_insert_with(|| document.clone());
        if document.rank() < kept.rank() {
            *kept = document;
        }
    }
    found.into_values().collect()
}

/// The document of the tenant `name`, or `None` if there is no document or it is paused.
///
/// # Errors
/// [`ConfigError`] when it cannot be reached, does not parse or does not hold.
pub async fn document(store: &dyn Store, name: &str) -> Result<Option<Tenant>, ConfigError> {
    match document_version(store, name).await? {
        Some((tenant, _)) => tenant.map(Some),
        None => Ok(None),
    }
}

/// The same with the version that was read, whether or not it holds.
///
/// # Errors
/// [`ConfigError`] when it cannot be reached or is too long.
pub async fn document_version(
    store: &dyn Store,
    name: &str,
) -> Result<Option<DocumentVersion>, ConfigError> {
    if !is_name(name) {
        return Ok(None);
    }
    for ending in ["toml", "json"] {
        let key = format!("{TENANTS_FOLDER}{name}.{ending}");
        if let Some(read) = read_document(store, name, &key).await? {
            return Ok(Some(read));
        }
    }
    Ok(None)
}

/// What a document says, or why it does not hold, and the version that was read.
pub type DocumentVersion = (Result<Tenant, ConfigError>, ETag);

/// The content of the document under `key` and the version that was read, or `None` if it does not
/// exist. Whoever may write a document may write a long one, so no more is read than a document may have.
///
/// # Errors
/// [`ConfigError`] when it cannot be reached or is too long.
pub async fn read_document(
    store: &dyn Store,
    name: &str,
    key: &str,
) -> Result<Option<DocumentVersion>, ConfigError> {
    let object = at_most(store, key, MAX_DOCUMENT_BYTES).await?;
    Ok(object.map(|object| (parse(name, key, &object.body), object.etag)))
}

/// Reads the text of the document under `key`.
///
/// # Errors
/// [`ConfigError`] that names the key and the place in the text.
pub fn parse(name: &str, key: &str, body: &[u8]) -> Result<Tenant, ConfigError> {
    let place = DocumentLocation::object(key);
    if body.len() > MAX_DOCUMENT_BYTES {
        return Err(too_long(key, MAX_DOCUMENT_BYTES));
    }
    let text = std::str::from_utf8(body).map_err(|_| ConfigError::Unreadable {
        place: key.to_owned(),
        path: ".".to_owned(),
        reason: "it is not UTF-8".to_owned(),
    })?;
    let mut tenant: Tenant = if key.ends_with(".json") {
        read_json(&place, text)?
    } else {
        read_toml(&place, text)?
    };
    if tenant.name.is_empty() {
        name.clone_into(&mut tenant.name);
    } else if tenant.name != name {
        // What it says instead may be anything, a secret included.
        name.clone_into(&mut tenant.name);
        return Err(tenant.wrong("name", "is not that of its file: leave it out"));
    }
    tenant.is_document = true;
    tenant.check()?;
    tenant.check_effects()?;
    Ok(tenant)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use bytes::Bytes;
    use drawbridge_store::testing::{Call, Hook, Hooked, MemoryStore};
    use drawbridge_store::{LocalStore, StoreError};

    use super::*;
    use crate::Bindings;

    const TOML: &str = "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-00000000000c\"\nsecret = \"s\"\n";

    #[tokio::test]
    async fn documents_are_found_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        for key in [
            "tenants/b.toml",
            "tenants/a.json",
            "tenants/paused/c.toml",
            "tenants/paused/a.toml",
            "tenants/both.json",
            "tenants/both.toml",
            "tenants/README.md",
            "tenants/Not-A-Name.toml",
        ] {
            store
                .put(key, Bytes::from(TOML), "text/plain")
                .await
                .unwrap();
        }
        let Documents { found, unreadable } = documents(&store).await.unwrap();
        let [ConfigError::Misnamed { places }] = unreadable.as_slice() else {
            panic!("{unreadable:?}");
        };
        assert_eq!(places, "tenants/Not-A-Name.toml");
        let shown: Vec<_> = found.iter().map(|d| (&*d.name, d.is_paused)).collect();
        let expected = [("a", false), ("b", false), ("both", false), ("c", true)];
        assert_eq!(shown, expected);
        // What is looked at and vouched for is what is polled.
        assert_eq!(found[2].key, "tenants/both.toml");
        let both = document(&store, "both").await.unwrap().unwrap();
        assert_eq!(both.name, "both");
        assert_eq!(document(&store, "b").await.unwrap().unwrap().name, "b");
        assert_eq!(document(&store, "c").await.unwrap(), None);
        assert_eq!(document(&store, "../b").await.unwrap(), None);
        // What is there in its place is no document, and nobody knows what the document would say.
        std::fs::create_dir(folder.path().join("tenants/d.toml")).unwrap();
        let with_folder = documents(&store).await.unwrap().found;
        assert_eq!(with_folder.last().unwrap().key, "tenants/d.toml");
        assert!(document(&store, "d").await.is_err());
        let error = document(&store, "a").await.unwrap_err().to_string();
        assert!(error.contains("tenants/a.json cannot be read"), "{error}");
    }

    #[test]
    fn what_is_obviously_no_document_is_told_apart() {
        for (file, is_taken) in [
            ("Contoso.toml", true),
            ("contoso gmbh.toml", true),
            ("contoso_de.toml", true),
            ("contoso.TOML", true),
            ("contoso.toml.txt", true),
            ("contoso.yaml", true),
            ("contoso", true),
            ("emea/contoso.toml", true),
            (".DS_Store", false),
            (".git/config", false),
            (".contoso.toml.swp", false),
            ("contoso.toml~", false),
            ("#contoso.toml#", false),
            ("contoso.toml.bak", false),
            ("README.md", false),
            ("paused/README", false),
            ("Thumbs.db", false),
            ("paused/", false),
        ] {
            let key = format!("{TENANTS_FOLDER}{file}");
            assert_eq!(is_taken_for_a_document(&key), is_taken, "{file}");
        }
        let long = format!("tenants/{}.toml", "b".repeat(65));
        assert!(named(&long).is_none() && is_taken_for_a_document(&long));
    }

    #[test]
    fn of_many_files_that_are_no_documents_some_are_named() {
        let files = |count| (0..count).map(|n| format!("tenants/{n}_x.toml")).collect();
        assert_eq!(misnamed_error(Vec::new()), None);
        for (count, expected) in [
            (5, "tenants/4_x.toml: "),
            (7, "tenants/4_x.toml and 2 more: "),
        ] {
            let error = misnamed_error(files(count)).unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    /// The store of long objects: each may be asked for up to a length only, which is noted.
    #[derive(Default)]
    struct Long(Mutex<Vec<usize>>);

    #[async_trait]
    impl Hook for Long {
        async fn before(&self, call: Call, key: &str) -> Result<(), StoreError> {
            let Call::GetAtMost(most) = call else {
                panic!("{call:?} {key}, whatever its length is");
            };
            self.0.lock().unwrap().push(most);
            Err(StoreError::TooLarge {
                place: key.to_owned(),
                bytes: 200 << 20,
                most,
            })
        }
    }

    #[tokio::test]
    async fn no_more_is_read_than_a_document_may_have() {
        let store = Hooked {
            store: &MemoryStore::default(),
            hook: Long::default(),
        };
        let by_name = document(&store, "a").await.unwrap_err();
        let by_key = read_document(&store, "a", "tenants/a.toml").await;
        let list = Bindings::load(&store).await.unwrap_err();
        for (error, bytes) in [
            (by_name, 64 << 10),
            (by_key.unwrap_err(), 64 << 10),
            (list, 1 << 20),
        ] {
            let said = format!("longer than {bytes} bytes");
            assert!(error.to_string().contains(&said), "{error}");
        }
        assert_eq!(*store.hook.0.lock().unwrap(), [64 << 10, 64 << 10, 1 << 20]);
    }

    #[test]
    fn a_broken_document_is_explained_without_its_values() {
        for (text, named) in [
            ("tenant_id = hunter2", "it is not valid TOML (line 1)"),
            ("a = 1\nb = \"hunter2", "it is not valid TOML (line 2)"),
            (
                "tenant_id = \"t.example\"\nclientid = \"hunter2\"",
                "unknown field `clientid`; did you mean `client_id`?",
            ),
            (
                "tenant_id = \"t.example\"\nclient_id = [\"hunter2\"]",
                "client_id: the value has a wrong type",
            ),
            (
                "name = \"hunter2\"\ntenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-00000000000c\"\nsecret = \"s\"",
                "is not that of its file",
            ),
        ] {
            let error = parse("a", "tenants/a.toml", text.as_bytes()).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(named), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
