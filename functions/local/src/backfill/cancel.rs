use drawbridge_poll::BackfillProgress;
use jiff::Timestamp;

use super::known::with_id;
use crate::cli::BackfillCancel;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::screen::print_done;

/// Suspends what is left of a backfill in its tenant's state.
pub(super) async fn run(args: &BackfillCancel) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    let progress = with_id(&place, &args.id).await?;
    let tell = |text: String| print_done(args.json, ("backfill", &progress.id), &[text]);
    if progress.is_done() {
        tell(format!("{} is done already", progress.id))?;
        return Ok(());
    }
    let store = place.store.as_ref();
    let cancelled =
        BackfillProgress::cancel(store, &progress.tenant, &progress.id, Timestamp::now());
    cancelled.await.map_err(Failure::of)?;
    let far = match progress.is_read() {
        true => "after everything was read once: nothing of it is verified".to_owned(),
        false => format!("at {} %: nothing more of it is read", progress.percent()),
    };
    tell(format!(
        "{} is cancelled {far}, and what it wrote stays",
        progress.id
    ))?;
    Ok(())
}
