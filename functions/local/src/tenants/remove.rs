use drawbridge_config::{BINDINGS_KEY, is_name};
use drawbridge_poll::state_key;
use jiff::Timestamp;

use super::bindings::read_bindings;
use super::first_tenant::FirstTenant;
use super::forget::{forget, read_whether_remembered};
use super::tenant_document::tenant_documents;
use super::unknown_tenant::unknown;
use crate::cli::TenantsRemove;
use crate::confirm::confirm;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::screen::print_done;

/// Removes a tenant's document and then, in a folder, the evidence that it was polled.
///
/// If the command is interrupted, the tenant keeps its claim; run it again to finish.
pub(super) async fn run(args: &TenantsRemove) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    let store = place.store.as_ref();
    let documents = tenant_documents(store).await?;
    let name = &args.name;
    let found = &documents.found;
    let is_folder = place.as_folder().is_some();
    let Some(document) = found.iter().find(|found| found.document.name == *name) else {
        documents.say_unreadable();
        if !is_folder || !is_name(name) || !read_whether_remembered(store, name).await {
            return Err(unknown(name, found, &place));
        }
        // Its document may only be away for an edit, and its place is not given back.
        let question = format!(
            "{name} has no document in {}. If it comes back, it no longer counts as the first one that \
             polled its alerts.",
            place.name()
        );
        confirm(&question, args.yes)?;
        let forgotten = forget(store, name, Timestamp::now()).await;
        forgotten.map_err(Failure::of)?;
        let done = format!("{name} no longer counts as the first one that polled its alerts");
        print_done(args.json, ("tenant", name), &[done])?;
        return Ok(());
    };
    // A link in its place is no trouble for who removes it.
    let link = place.as_folder().is_some_and(|folder| {
        let document = folder.join(&document.document.key);
        document.is_symlink()
    });
    let link = match link {
        true => ". It was a symbolic link: what it leads to is left alone",
        false => "",
    };
    let then = FirstTenant::of(name, &place)?.removed(name);
    let question = format!(
        "The document of {name} in {} will be deleted.",
        place.name()
    );
    let warning = then.as_ref().map(|then| format!(" Note: {then}."));
    confirm(&(question + &warning.unwrap_or_default()), args.yes)?;
    // All notations and folders are covered, as a document left in one of them would still count. The document
    // that was found goes last, so that the tenant is still there if another one cannot be removed.
    let mut keys = super::pause::keys(name);
    keys.sort_by_key(|key| *key == document.document.key);
    for key in keys {
        store.delete(&key).await.map_err(Failure::of)?;
    }
    if is_folder {
        let forgotten = forget(store, name, Timestamp::now()).await;
        forgotten.map_err(|error| {
            Failure::of(format!("the document of {name} was removed, but {error}"))
        })?;
    }
    let then = then.unwrap_or_else(|| format!("its polls end within {}", place.heard_within()));
    let removed = format!("removed {name} from {}; {then}{link}", place.name());
    let first = match is_folder {
        true => ", but does not count as the first one that polled its alerts",
        false => "",
    };
    // A list that cannot be read may have it.
    let listed = read_bindings(store).await;
    let entry = match listed.is_ok_and(|list| list.tenant_id_of(name).is_none()) {
        true => String::new(),
        false => format!(
            ", and in {BINDINGS_KEY} what the administrator allows a document of that name, which {} takes \
             out",
            place.command(&format!("tenants allow {name} --revoke"))
        ),
    };
    let kept = format!(
        "kept: its state, {}, its records and its quarantine{entry}. Added again under this name, it goes \
         on from its watermark{first}. All of that goes with `drawbridge tenants purge {name}{}`",
        state_key(name),
        place.options()
    );
    print_done(args.json, ("tenant", name), &[removed, kept])?;
    Ok(())
}
