use std::io::Write as _;

use drawbridge_poll::state_key;

use super::first_poll;
use super::first_tenant::FirstTenant;
use super::tenant_document::{tenant_documents, unknown};
use crate::cli::TenantsRemove;
use crate::confirm::confirm;
use crate::data_location::DataLocation;
use crate::failure::Failure;

pub(super) async fn run(args: &TenantsRemove) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    let found = tenant_documents(place.store.as_ref()).await?.told();
    let name = &args.name;
    let document = found.iter().find(|found| found.document.name == *name);
    let document = document.ok_or_else(|| unknown(name, &found, &place))?;
    let then = FirstTenant::of(name, &place)?.removed(name);
    let question = format!("The document of {name} in {} is deleted.", place.name());
    let warning = then.as_ref().map(|then| format!(" Note: {then}."));
    confirm(&(question + &warning.unwrap_or_default()), args.yes)?;
    // Whatever notation and folder it is in: left in one of them, it would still be there.
    // The one that was found goes last: where another one cannot be removed, the tenant is still there.
    let mut keys: Vec<_> = super::pause::keys(name).into();
    if place.as_folder().is_some() {
        // A tenant of this name that comes back is no longer the first to have polled.
        keys.push(first_poll::key(name));
    }
    keys.sort_by_key(|key| *key == document.document.key);
    for key in keys {
        place.store.delete(&key).await.map_err(Failure::of)?;
    }
    let mut out = crate::screen::stdout();
    let then =
        then.unwrap_or_else(|| format!("no poll of it begins after {}", place.heard_within()));
    writeln!(out, "removed {name} from {}; {then}", place.name())?;
    let first = match place.as_folder() {
        Some(_) => ", but does not count as the first one that polled its alerts",
        None => "",
    };
    writeln!(
        out,
        "kept: its state, {}, its records and its quarantine. Added again under this name, it goes \
         on from its watermark{first}. All of that goes with: drawbridge tenants purge {name}{}",
        state_key(name),
        place.options()
    )?;
    Ok(())
}
