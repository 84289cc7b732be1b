//! The administrator's list, changed.

use bytes::Bytes;
use drawbridge_config::{BINDINGS_KEY, Bindings};
use drawbridge_store::{Catalogue, StoreError};

use super::list_text::rewritten;
use crate::failure::Failure;

/// Reads the list.
pub(super) async fn read_bindings(store: &dyn Catalogue) -> Result<Bindings, Failure> {
    Bindings::load(store).await.map_err(Failure::of)
}

/// Whether it has the document of that name take the place of the tenant in the stack's parameters.
pub(super) async fn replaces_first(store: &dyn Catalogue, name: &str) -> Result<bool, Failure> {
    Ok(read_bindings(store).await?.replaces(name))
}

/// Changes the list, unless somebody else writes it meanwhile. `change` says whether it has changed
/// anything; if not, nothing is written.
pub(crate) async fn change_bindings(
    store: &dyn Catalogue,
    change: impl FnOnce(&mut Bindings) -> bool,
) -> Result<bool, Failure> {
    let (text, version) = Bindings::load_text(store).await.map_err(Failure::of)?;
    let before = Bindings::parse(text.as_bytes()).map_err(Failure::of)?;
    let mut bindings = before.clone();
    if !change(&mut bindings) {
        return Ok(false);
    }
    let edited = rewritten(&text, &before, &bindings);
    let edited = edited.ok().filter(|text| bindings.check_text(text).is_ok());
    let text = match edited {
        Some(text) => text,
        // Without the comments, there may be room.
        None => bindings.to_toml().map_err(|error| {
            Failure::of(format!(
                "nothing was changed, because the list would become unreadable: {error}"
            ))
        })?,
    };
    let body = Bytes::from(text);
    let written = store.put_if(BINDINGS_KEY, body, "application/toml", version.as_ref());
    match written.await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { place }) => Err(Failure::of(format!(
            "somebody else wrote {place} meanwhile; nothing was changed: run this again"
        ))),
        Err(error) => Err(Failure::of(error)),
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_config::parse;
    use drawbridge_store::Store as _;
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    #[tokio::test]
    async fn what_the_administrator_wrote_beside_it_stays() {
        let list = "# Our customers.\n\n[a]\ntenant_id = \"t\" # Theirs.\nclient_id = \"c\"\n";
        let store = FaultyStore::default();
        store.insert(
            BINDINGS_KEY,
            format!("{list}[b]\ntenant_id = \"u\"\nclient_id = \"c\"\n"),
        );
        change_bindings(&store, |bindings| bindings.remove("b"))
            .await
            .unwrap();
        let kept = store.get(BINDINGS_KEY).await.unwrap().unwrap();
        assert_eq!(kept.body, list);
    }

    #[tokio::test]
    async fn no_list_is_written_that_nobody_could_read() {
        let ids = "tenant_id = \"t.example\"\n\
                   client_id = \"00000000-0000-0000-0000-0000000000ab\"\n";
        let document = format!("{ids}federation = \"aws\"\n");
        let tenant = parse(
            "one-more-tenant",
            "tenants/one-more-tenant.toml",
            document.as_bytes(),
        )
        .unwrap();
        let store = FaultyStore::default();
        // A list that is read, and has no room for another tenant.
        let full = (0..60_000)
            .map(|n| format!("[{}-{n}]\n{ids}", "t".repeat(60)))
            .take_while({
                let mut bytes = 0;
                move |entry| {
                    bytes += entry.len() + 1;
                    bytes < 1024 * 1024
                }
            })
            .collect::<Vec<_>>()
            .join("\n");
        store.insert(BINDINGS_KEY, full.clone());
        read_bindings(&store).await.unwrap();
        let bound = change_bindings(&store, |bindings| {
            bindings.bind(&tenant, false);
            true
        });
        let error = bound.await.unwrap_err().to_string();
        assert!(error.contains("nothing was changed"), "{error}");
        let kept = store.get(BINDINGS_KEY).await.unwrap().unwrap();
        assert_eq!(kept.body, full);
        // One less is always possible.
        change_bindings(&store, |bindings| {
            bindings.remove(&format!("{}-0", "t".repeat(60)))
        })
        .await
        .unwrap();
    }
}
