//! The items of the quarantine.

use std::collections::HashMap;

use drawbridge_cursor::Window;
use drawbridge_store::Catalogue;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// The folder of what was put aside.
const FOLDER: &str = "quarantine/";

/// The folder of what was delivered after all.
const REPLAYED: &str = "quarantine/replayed/";

/// What a gap's name ends with while it is replayed.
const TAKEN: &str = ".taken";

/// What was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Alert,
    Record,
    Undeliverable,
    Gap,
}

/// The folder of each kind.
const KINDS: [(&str, Kind); 4] = [
    ("alerts", Kind::Alert),
    ("records", Kind::Record),
    // What the target of the deliver function refused.
    ("undeliverable", Kind::Undeliverable),
    ("gaps", Kind::Gap),
];

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Record | Self::Undeliverable => "record",
            Self::Gap => "gap",
        }
    }
}

/// An item by its place: `quarantine/<tenant>/<kind>/<name>.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// `<tenant>/<kind>/<name>`.
    pub(super) id: String,
    pub(super) tenant: String,
    pub(super) kind: Kind,
}

/// What the object of an item says. Without `Debug`: it holds an alert.
#[derive(Deserialize)]
pub(super) struct Content {
    pub(super) reason: String,
    #[serde(default)]
    pub(super) alert_id: Option<String>,
    #[serde(default)]
    pub(super) key: Option<String>,
    #[serde(default)]
    pub(super) alert: Option<Box<RawValue>>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) record: Option<String>,
    #[serde(default)]
    pub(super) output: Option<String>,
    /// The format of what a target refused, which is the name of the output that it came from.
    #[serde(default)]
    pub(super) format: Option<String>,
    #[serde(default)]
    pub(super) group: Option<String>,
    #[serde(default)]
    pub(super) attributes: HashMap<String, String>,
    #[serde(default)]
    pub(super) window: Option<Window>,
}

impl Item {
    /// The item that a key names; `None` for what is no item, or was delivered.
    pub(super) fn of(key: &str) -> Option<Self> {
        let id = key.strip_prefix(FOLDER)?.strip_suffix(".json")?;
        let parts: Vec<&str> = id.split('/').collect();
        let &[tenant, folder, _name] = parts.as_slice() else {
            return None;
        };
        let kind = KINDS.iter().find(|(name, _)| *name == folder)?.1;
        Some(Self {
            id: id.to_owned(),
            tenant: tenant.to_owned(),
            kind,
        })
    }

    fn key(&self) -> String {
        format!("{FOLDER}{}.json", self.id)
    }

    /// Reads it; `None` when it is gone meanwhile, an error when it cannot be read.
    pub(super) async fn read(&self, store: &dyn Catalogue) -> Result<Option<Content>, Failure> {
        let object = store.get(&self.key()).await.map_err(Failure::of)?;
        let content = object.map(|object| serde_json::from_slice(&object.body));
        content
            .transpose()
            .map_err(|_| Failure::of(format!("{} is no item of a quarantine", self.key())))
    }

    /// Moves it to what was delivered; it is there before it is gone here.
    pub(super) async fn move_away(&self, store: &dyn Catalogue) -> Result<String, Failure> {
        let id = self.id.strip_suffix(TAKEN).unwrap_or(&self.id);
        let to = format!("{REPLAYED}{id}.json");
        self.move_to(&to, store).await?;
        Ok(to)
    }

    /// Gives it a name that no poll uses, under which it is still an item. A poll that puts the same
    /// aside anew while this one is replayed uses the name that it had, which is free by then.
    pub(super) async fn take(&self, store: &dyn Catalogue) -> Result<Self, Failure> {
        if self.id.ends_with(TAKEN) {
            return Ok(self.clone());
        }
        let taken = Self {
            id: format!("{}{TAKEN}", self.id),
            ..self.clone()
        };
        self.move_to(&taken.key(), store).await?;
        Ok(taken)
    }

    async fn move_to(&self, to: &str, store: &dyn Catalogue) -> Result<(), Failure> {
        if let Some(object) = store.get(&self.key()).await.map_err(Failure::of)? {
            let put = store.put(to, object.body, "application/json").await;
            put.map_err(Failure::of)?;
            store.delete(&self.key()).await.map_err(Failure::of)?;
        }
        Ok(())
    }
}

/// All items, of one tenant or of all, by their ids.
pub(super) async fn items(
    store: &dyn Catalogue,
    tenant: Option<&str>,
) -> Result<Vec<Item>, Failure> {
    let prefix = match tenant {
        Some(tenant) => format!("{FOLDER}{tenant}/"),
        None => FOLDER.to_owned(),
    };
    let keys = store.list(&prefix).await.map_err(Failure::of)?;
    Ok(keys.iter().filter_map(|key| Item::of(key)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_told_from_what_was_delivered() {
        let item = Item::of("quarantine/contoso/gaps/ab.json").unwrap();
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
            assert_eq!(Item::of(other), None, "{other}");
        }
    }
}
