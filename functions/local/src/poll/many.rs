use std::time::Duration;

use drawbridge_poll::Stop;
use jiff::Timestamp;

use super::document;
use super::fleet::Fleet;
use crate::cli;
use crate::data_location::{DataLocation, Polling};
use crate::failure::Failure;
use crate::progress::{say, say_timed};
use crate::signals::{is_interrupted, stop_on_signal};
use crate::state_head::state_head;
use crate::tenants::{TenantDocuments, tenant_documents};

/// Polls the tenants of a folder side by side. Each has a pace of its own: a round begins a poll of
/// every tenant whose last one has ended.
pub(super) async fn run(args: &cli::Poll, every: Duration) -> Result<(), Failure> {
    let stop = stop_on_signal();
    let (mut fleet, asked) = begin(args, stop.clone()).await?;
    // Until this ends, `status` knows that somebody reads on.
    let mut polling = Polling::begin(&args.out, &asked).await;
    if args.once {
        fleet.finish().await;
        if fleet.has_failures() {
            // This polls the tenants that were refused in favour of one that cannot be polled.
            let documents = unpaused(&asked, fleet.place()).await?;
            fleet.begin(documents).await;
        }
        let ended = fleet.end().await;
        // Whoever presses Ctrl-C wants no poll. Ended by `timeout`, for example, it is one of those that cron
        // starts, which starts the next one.
        if !is_interrupted() {
            polling.ends(Timestamp::now());
        }
        return ended;
    }
    polling.goes_on();
    // With --tenant-id somebody sits at the terminal and can mend it; a service tries again.
    let is_tried_on = args.tenant_id.is_none();
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        if fleet.is_hopeless() && !is_tried_on {
            return fleet.end().await;
        }
        tokio::select! {
            () = stop.asked() => return fleet.end().await,
            () = fleet.next() => {}
            _ = ticks.tick() => {
                polling.take();
                match unpaused(&asked, fleet.place()).await {
                    Ok(found) => fleet.begin(found).await,
                    Err(failure) => say_timed(&format!("drawbridge: {failure}")),
                }
            }
        }
    }
}

/// Starts the first round. Also returns the names that were asked for.
async fn begin(args: &cli::Poll, stop: Stop) -> Result<(Fleet, Vec<String>), Failure> {
    let place = DataLocation::folder(args.out.clone());
    if args.since.is_some_and(|since| since > Timestamp::now()) {
        return Err(Failure::usage("--since must be in the past"));
    }
    // Graph knows no time before 1970.
    let since = args.since.map(|since| since.max(Timestamp::UNIX_EPOCH));
    let asked = match &args.tenant_id {
        Some(id) => vec![document::name_of(id, args, &place).await?],
        None => args.tenants.clone(),
    };
    if let (Some(since), [tenant]) = (since, asked.as_slice()) {
        say_if_ignored(&place, tenant, since).await;
    }
    let documents = unpaused(&asked, &place).await?;
    let found = &documents.found;
    if let Some(missing) = asked
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
            "there is no tenant to poll in {}: add one with {}, or resume a paused one",
            place.name(),
            place.command("tenants add NAME …")
        )));
    }
    let services = place.services()?;
    let fleet = Fleet::new(place, services, stop, args.once, args.json);
    let fleet = fleet.with_metrics(args.metrics_file.clone());
    let mut fleet = fleet.of(&asked).since(since);
    if documents.found.is_empty() {
        // A service goes on: what is added later is polled.
        let add = fleet.place().command("tenants add NAME …");
        say_timed(&format!(
            "there is no tenant to poll in {}: add one with {add}, or resume a paused one; it is polled \
             from then on",
            fleet.place().name()
        ));
    }
    fleet.begin(documents).await;
    Ok((fleet, asked))
}

/// Says that --since has no effect if the tenant was polled before, from another time on.
async fn say_if_ignored(place: &DataLocation, tenant: &str, since: Timestamp) {
    // What cannot be read of it stops the poll itself.
    let Ok(Some(state)) = state_head(place, tenant).await else {
        return;
    };
    let is_same = state.first_from.is_none_or(|first| first == since);
    if let Some(watermark) = state.watermark.filter(|_| !is_same) {
        say(&format!(
            "{tenant}: --since is ignored: this tenant was polled before, and is read from {watermark:.0} \
             on; {} moves that",
            place.command(&format!("state reset --tenant {tenant} --to {since:.0}"))
        ));
    }
}

/// The tenants that are not paused.
async fn unpaused(asked: &[String], place: &DataLocation) -> Result<TenantDocuments, Failure> {
    let mut documents = tenant_documents(place.store.as_ref()).await?;
    documents.found.retain(|found| !found.document.is_paused);
    let found = &documents.found;
    let is_found = |name: &String| found.iter().any(|found| found.document.name == *name);
    if !asked.is_empty() && asked.iter().all(is_found) {
        // Tenants in unreadable folders were not asked for.
        documents.unreadable.clear();
    }
    Ok(documents)
}
