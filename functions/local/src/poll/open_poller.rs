use std::path::Path;

use drawbridge_poll::Poller;
use drawbridge_poll::assembly::{Admitted, Services};
use drawbridge_queue::Hold;

use crate::data_location::DataLocation;
use crate::failure::Failure;

/// Opens the outputs of a tenant's document in a folder, and returns the tenant's poller. `hold` says for how
/// long the output files stay open.
pub(crate) async fn open_poller(
    place: &DataLocation,
    services: &Services,
    tenant: Admitted<'_>,
    hold: Hold,
) -> Result<Poller, Failure> {
    let folder = place
        .as_folder()
        .ok_or_else(|| Failure::of("a stack is polled by its poll function"))?;
    // This comes before the files, so that a document that cannot be used leaves no file behind.
    services.client(tenant).map_err(Failure::of)?;
    let below = Path::new(&tenant.name);
    let outputs = crate::outputs::open(folder, below, &tenant, hold).await?;
    let poller = services.poller(tenant, outputs);
    poller.map_err(Failure::of)
}
