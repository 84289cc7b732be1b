use drawbridge_config::{PAUSED_FOLDER, TENANTS_FOLDER, is_name};
use drawbridge_store::{Catalogue, Object, StoreError};

use super::alone::check_alone;
use super::tenant_document::tenant_documents;
use super::unknown_tenant::unknown;
use super::version::remove_version;
use crate::cli::TenantsMove;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::screen::print_done;

/// Every key that a tenant's document may have.
pub(super) fn keys(name: &str) -> [String; 4] {
    let key = |folder: &str, ending: &str| format!("{folder}{name}.{ending}");
    [
        key(TENANTS_FOLDER, "toml"),
        key(TENANTS_FOLDER, "json"),
        key(PAUSED_FOLDER, "toml"),
        key(PAUSED_FOLDER, "json"),
    ]
}

/// Moves a tenant's document to where it is not polled, or back.
///
/// It is written to its new place first. Ended in between, it is in both, counts as not paused,
/// and the same command ends it.
pub(super) async fn run(args: &TenantsMove, pause: bool) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    let name = &args.name;
    let store = place.store.as_ref();
    let [toml, json, paused_toml, paused_json] = keys(name);
    let pairs = if pause {
        [(toml, paused_toml), (json, paused_json)]
    } else {
        check_resumable(name, &place).await?;
        [(paused_toml, toml), (paused_json, json)]
    };
    let tell = |text: String| print_done(args.json, ("tenant", name), &[text]);
    let mut moved = 0;
    // A name that no tenant can have has no document.
    let pairs = pairs.into_iter().filter(|_| is_name(name));
    for (from, to) in pairs {
        if let Some(object) = store.get(&from).await.map_err(Failure::of)? {
            relocate(store, &from, object, &to).await?;
            moved += 1;
        }
    }
    let word = if pause { "paused" } else { "resumed" };
    if moved > 0 {
        let within = place.heard_within();
        let then = if pause {
            format!("its polls end within {within}, and its state stays")
        } else {
            format!("it goes on from its watermark within {within}")
        };
        tell(format!("{word} {name} in {}; {then}", place.name()))?;
        return Ok(());
    }
    let found = tenant_documents(store).await?.found_and_say_unreadable();
    if found.iter().any(|found| found.document.name == *name) {
        tell(match pause {
            true => format!("{name} is paused already"),
            false => format!("{name} was not paused"),
        })?;
        return Ok(());
    }
    Err(unknown(name, &found, &place))
}

/// Whether a tenant is known to be paused: its document is where nobody polls it, and nowhere else.
pub(crate) async fn is_paused(store: &dyn Catalogue, name: &str) -> bool {
    let there = keys(name).map(|key| async move { matches!(store.get(&key).await, Ok(Some(_))) });
    let [toml, json, paused_toml, paused_json] = futures::future::join_all(there)
        .await
        .try_into()
        .unwrap_or_default();
    !toml && !json && (paused_toml || paused_json)
}

async fn relocate(
    store: &dyn Catalogue,
    from: &str,
    object: Object,
    to: &str,
) -> Result<(), Failure> {
    let kind = if from.ends_with(".json") {
        "application/json"
    } else {
        "application/toml"
    };
    match store.put_if(to, object.body.clone(), kind, None).await {
        Ok(_) => {}
        Err(StoreError::Conflict { .. }) => {
            let there = store.get(to).await.map_err(Failure::of)?;
            if there.is_none_or(|there| there.body != object.body) {
                return Err(Failure::of(format!(
                    "{from} and {to} are both there, and differ; nothing was changed: remove the \
                     one that is wrong"
                )));
            }
        }
        Err(error) => return Err(Failure::of(error)),
    }
    if remove_version(store, from, &object.etag).await? {
        return Ok(());
    }
    Err(Failure::of(format!(
        "somebody else wrote {from} meanwhile: it stays, and {to} is what it was before; remove the \
         one that is wrong"
    )))
}

/// Checks that no other tenant polls the alerts of the paused tenant meanwhile.
async fn check_resumable(name: &str, place: &DataLocation) -> Result<(), Failure> {
    let found = tenant_documents(place.store.as_ref())
        .await?
        .found_and_say_unreadable();
    let this = found
        .iter()
        .find(|f| f.document.name == *name && f.document.is_paused);
    let Some(Ok(tenant)) = this.map(|found| found.tenant.as_ref()) else {
        return Ok(());
    };
    check_alone(tenant, &found, place).await
}

#[cfg(test)]
mod tests {
    use drawbridge_store::Store as _;
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    #[tokio::test]
    async fn an_edit_meanwhile_is_not_lost() {
        let store = FaultyStore::default();
        let (from, to) = ("tenants/a.toml", "tenants/paused/a.toml");
        store.insert(from, "as it was read");
        let read = store.get(from).await.unwrap().unwrap();
        store.insert(from, "as it is now");
        let error = relocate(&store, from, read, to).await.unwrap_err();
        assert!(error.to_string().contains(from), "{error}");
        let kept = store.get(from).await.unwrap().unwrap();
        assert_eq!(kept.body, "as it is now");
    }
}
