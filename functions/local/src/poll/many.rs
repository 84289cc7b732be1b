use std::time::Duration;

use super::fleet::Fleet;
use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say_timed;
use crate::signals::stop_on_signal;
use crate::tenants::{TenantDocuments, tenant_documents};

/// Polls the tenants of a folder side by side. Each has a pace of its own: a round begins a poll of
/// every tenant whose last one has ended.
pub(super) async fn run(args: &cli::Poll, every: Duration) -> Result<(), Failure> {
    let place = DataLocation::folder(args.out.clone());
    let stop = stop_on_signal();
    let documents = unpaused(args, &place).await?;
    let found = &documents.found;
    if let Some(missing) = args
        .tenants
        .iter()
        .find(|name| !found.iter().any(|found| found.document.name == **name))
    {
        documents.say_unreadable();
        return Err(Failure::of(format!(
            "no tenant is called {} in {}, or it is paused: see {}",
            cli::quoted(missing),
            place.name(),
            place.command("tenants list")
        )));
    }
    if found.is_empty() && args.once {
        TenantDocuments::check_complete(&documents.unreadable)?;
        return Err(Failure::of(format!(
            "there is no tenant to poll in {}: add one with `drawbridge tenants add`, or resume a \
             paused one",
            place.name()
        )));
    }
    let services = place.services()?;
    let fleet = Fleet::new(place, services, stop.clone(), args.once, args.json);
    let fleet = fleet.with_metrics(args.metrics_file.clone());
    let mut fleet = fleet.of(&args.tenants);
    fleet.begin(documents).await;
    if args.once {
        fleet.finish().await;
        if fleet.is_anyone_failed() {
            // Who was kept away by one that cannot be polled.
            let documents = unpaused(args, fleet.place()).await?;
            fleet.begin(documents).await;
        }
        return fleet.end().await;
    }
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            () = stop.asked() => return fleet.end().await,
            () = fleet.next() => {}
            _ = ticks.tick() => match unpaused(args, fleet.place()).await {
                Ok(found) => fleet.begin(found).await,
                Err(failure) => say_timed(&format!("drawbridge: {failure}")),
            },
        }
    }
}

/// The tenants that are not paused.
async fn unpaused(args: &cli::Poll, place: &DataLocation) -> Result<TenantDocuments, Failure> {
    let mut documents = tenant_documents(place.store.as_ref()).await?;
    documents.found.retain(|found| !found.document.is_paused);
    let found = &documents.found;
    let is_found = |name: &String| found.iter().any(|found| found.document.name == *name);
    if !args.all && args.tenants.iter().all(is_found) {
        // Whoever else there may be was not asked for.
        documents.unreadable.clear();
    }
    Ok(documents)
}
