use drawbridge_store::{Catalogue, Store, StoreError};

use crate::{Item, Kind};

/// The folder of what is in quarantine.
const FOLDER: &str = "quarantine/";

/// The folder of what was delivered after all.
const REPLAYED: &str = "quarantine/replayed/";

/// What the name of an item ends in while it is replayed.
const TAKEN: &str = ".taken";

/// An item by its key: `quarantine/TENANT/KIND/NAME.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredItem {
    /// `TENANT/KIND/NAME`.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// What it is about.
    pub kind: Kind,
}

/// Why an item cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object was not written by Drawbridge.
    #[error("{key} is not an item of a quarantine")]
    NoItem {
        /// The object's key.
        key: String,
    },
}

impl StoredItem {
    /// The item that a key names; `None` for what is no item, or was delivered.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let id = key.strip_prefix(FOLDER)?.strip_suffix(".json")?;
        let parts: Vec<&str> = id.split('/').collect();
        let &[tenant, folder, _name] = parts.as_slice() else {
            return None;
        };
        let kind = Kind::ALL.into_iter().find(|kind| kind.folder() == folder)?;
        Some(Self {
            id: id.to_owned(),
            tenant: tenant.to_owned(),
            kind,
        })
    }

    fn key(&self) -> String {
        format!("{FOLDER}{}.json", self.id)
    }

    /// Reads it; `None` when it is gone meanwhile.
    ///
    /// # Errors
    /// [`ReadError`], which holds nothing of its content.
    pub async fn read(&self, store: &dyn Store) -> Result<Option<Item<'static>>, ReadError> {
        let Some(object) = store.get(&self.key()).await? else {
            return Ok(None);
        };
        let item = serde_json::from_slice(&object.body);
        item.map(Some)
            .map_err(|_| ReadError::NoItem { key: self.key() })
    }

    /// Whether it has the name under which it is replayed.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.id.ends_with(TAKEN)
    }

    /// Gives it a name that no poll uses, under which it is still an item. A poll that quarantines the
    /// same thing anew while this one is replayed uses its old name, which is free by then.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn take(&self, store: &dyn Catalogue) -> Result<Self, StoreError> {
        if self.is_taken() {
            return Ok(self.clone());
        }
        let taken = Self {
            id: format!("{}{TAKEN}", self.id),
            ..self.clone()
        };
        self.move_to(&taken.key(), store).await?;
        Ok(taken)
    }

    /// Moves it to what was delivered, and gives its new key.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn move_to_replayed(&self, store: &dyn Catalogue) -> Result<String, StoreError> {
        let id = self.id.strip_suffix(TAKEN).unwrap_or(&self.id);
        let to = format!("{REPLAYED}{id}.json");
        self.move_to(&to, store).await?;
        Ok(to)
    }

    /// Moves its object, which is at its new key before it is gone from the old one.
    async fn move_to(&self, to: &str, store: &dyn Catalogue) -> Result<(), StoreError> {
        if let Some(object) = store.get(&self.key()).await? {
            store.put(to, object.body, "application/json").await?;
            store.delete(&self.key()).await?;
        }
        Ok(())
    }
}

/// What is in quarantine.
pub struct StoredItems {
    /// The items in the order of their ids.
    pub found: Vec<StoredItem>,
    /// The folders that cannot be entered, and the symbolic links: what lies there is not known.
    pub unreadable: Vec<StoreError>,
}

/// All items, of one tenant or of all. A folder that cannot be entered is no reason to leave the
/// others alone.
///
/// # Errors
/// Those of the store, when nothing can be listed.
pub async fn stored_items(
    store: &dyn Catalogue,
    tenant: Option<&str>,
) -> Result<StoredItems, StoreError> {
    let prefix = match tenant {
        Some(tenant) => format!("{FOLDER}{tenant}/"),
        None => FOLDER.to_owned(),
    };
    let listing = store.list_readable(&prefix).await?;
    let links = listing.links.into_iter().map(|(_, error)| error);
    let found = listing.objects.iter();
    Ok(StoredItems {
        found: found
            .filter_map(|object| StoredItem::of_key(&object.key))
            .collect(),
        unreadable: listing.unreadable.into_iter().chain(links).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Older releases left out what their successors say of a record.
    #[tokio::test]
    async fn items_of_older_releases_are_read_and_others_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let store = drawbridge_store::LocalStore::new(folder.path());
        let item = StoredItem::of_key("quarantine/contoso/records/ab.json").unwrap();
        assert!(item.read(&store).await.unwrap().is_none());
        let old = r#"{"reason":"r","key":"k","record":"{}","later":"unknown"}"#;
        store
            .put(&item.key(), old.into(), "application/json")
            .await
            .unwrap();
        let read = item.read(&store).await.unwrap().unwrap();
        assert_eq!((read.key.as_deref(), read.output), (Some("k"), None));
        store
            .put(&item.key(), "MARKER".into(), "application/json")
            .await
            .unwrap();
        let error = item.read(&store).await.map(drop).unwrap_err().to_string();
        assert_eq!(
            error,
            "quarantine/contoso/records/ab.json is not an item of a quarantine"
        );
    }

    #[test]
    fn items_are_told_from_what_was_delivered() {
        let item = StoredItem::of_key("quarantine/contoso/gaps/ab.json").unwrap();
        assert_eq!(
            (item.id.as_str(), item.kind),
            ("contoso/gaps/ab", Kind::Gap)
        );
        for other in [
            "quarantine/replayed/contoso/gaps/ab.json",
            "quarantine/contoso/others/ab.json",
            "quarantine/contoso/gaps/ab.txt",
            "state/contoso.json",
        ] {
            assert_eq!(StoredItem::of_key(other), None, "{other}");
        }
    }
}
