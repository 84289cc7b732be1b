use std::io::Write as _;

use drawbridge_poll::state_key;

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
    if !found.iter().any(|found| found.document.name == *name) {
        return Err(unknown(name, &found, &place));
    }
    let then = FirstTenant::of(name, &place)?.removed(name);
    let question = format!("The document of {name} in {} is deleted.", place.name());
    let warning = then.as_ref().map(|then| format!(" Note: {then}."));
    confirm(&(question + &warning.unwrap_or_default()), args.yes)?;
    // Whatever notation and folder it is in: left in one of them, it would still be there.
    for key in super::pause::keys(name) {
        place.store.delete(&key).await.map_err(Failure::of)?;
    }
    let mut out = crate::screen::stdout();
    let then =
        then.unwrap_or_else(|| format!("no poll of it begins after {}", place.heard_within()));
    writeln!(out, "removed {name} from {}; {then}", place.name())?;
    writeln!(
        out,
        "kept: its state, {}, its records and its quarantine. Added again under this name, it goes \
         on from its watermark. All of that goes with: drawbridge tenants purge {name}{}",
        state_key(name),
        place.options()
    )?;
    Ok(())
}
