use drawbridge_config::{Tenant, is_name};
use drawbridge_poll::{BackfillProgress, state_key};
use jiff::Timestamp;

use super::known::with_id;
use super::request::{BackfillRequest, beyond_retention, range};
use super::shown::{is_done, print_ended};
use super::{local, stack};
use crate::cli;
use crate::confirm::confirm;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::tenants::tenant_documents;

/// Whether to watch the backfill, and how to print what came of it.
struct RunOptions {
    no_wait: bool,
    json: bool,
}

/// Begins a backfill, or goes on with it when the same was asked for before.
pub(super) async fn run(args: cli::Backfill) -> Result<(), Failure> {
    let (Some(tenant), Some(from), Some(to)) = (args.tenant, args.from, args.to) else {
        // The command line asks for all three.
        return Err(Failure::of("--tenant, --from and --to are needed"));
    };
    let now = Timestamp::now();
    let window = range(from, to, now).map_err(Failure::of)?;
    if !is_name(&tenant) {
        return Err(Failure::of(format!(
            "{tenant:?} cannot be a tenant's name: see `drawbridge tenants list`"
        )));
    }
    if let Some(note) = beyond_retention(&window, now) {
        say(&note);
    }
    let place = DataLocation::open(&args.place).await?;
    let document = document(&place, &tenant).await?;
    check_output(&place, document.as_ref(), args.output.as_deref())?;
    let request = BackfillRequest {
        tenant: tenant.clone(),
        window,
        output: args.output,
        again: args.again,
        dry_run: args.dry_run,
    };
    let store = place.store.as_ref();
    let before = BackfillProgress::load(store, &tenant, &request.id())
        .await
        .map_err(Failure::of)?;
    let options = RunOptions {
        no_wait: args.no_wait,
        json: args.json,
    };
    if let Some(before) = before.filter(|before| !is_done(before)) {
        say(&format!(
            "going on with {}, of which {} % is done",
            before.id,
            before.percent()
        ));
        return go_on(&place, document, before, &options).await;
    }
    if !args.dry_run {
        confirm(&meaning(&request), args.yes)?;
    }
    go_on(&place, document, request.progress(now), &options).await
}

/// Goes on with a backfill by its id; the windows that failed are tried again.
pub(super) async fn resume(args: &cli::BackfillResume) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    let mut progress = with_id(&place, &args.id).await?;
    progress.left.append(&mut progress.failed);
    progress.left.sort_unstable();
    if progress.left.is_empty() {
        say(&format!("{} is done already", progress.id));
        return print_ended(&place, &progress, args.json);
    }
    let document = document(&place, &progress.tenant).await?;
    let options = RunOptions {
        no_wait: args.no_wait,
        json: args.json,
    };
    go_on(&place, document, progress, &options).await
}

async fn go_on(
    place: &DataLocation,
    document: Option<Tenant>,
    progress: BackfillProgress,
    options: &RunOptions,
) -> Result<(), Failure> {
    let progress = BackfillProgress {
        stopped: None,
        cancelled: false,
        ..progress
    };
    let progress = match (place.as_folder(), document) {
        (Some(_), Some(tenant)) => local::run(place, &tenant, progress).await?,
        (Some(_), None) => return Err(Failure::of("the tenant has no document")),
        (None, _) => match stack::run(place, progress, options.no_wait).await? {
            Some(progress) => progress,
            None => return Ok(()),
        },
    };
    print_ended(place, &progress, options.json)
}

/// The document of a tenant. On a stack there may be none: tenants may be parameters, too.
async fn document(place: &DataLocation, name: &str) -> Result<Option<Tenant>, Failure> {
    let found = tenant_documents(place.store.as_ref()).await?.told();
    match found.into_iter().find(|found| found.document.name == name) {
        Some(found) if found.document.is_paused && place.as_folder().is_none() => {
            Err(Failure::of(format!(
                "{name:?} is paused, so that the poll function does nothing for it: resume it first"
            )))
        }
        Some(found) => found.tenant.map(Some).map_err(Failure::of),
        None if place.as_folder().is_some() => Err(Failure::of(format!(
            "no tenant is called {name:?} in {}: see {}",
            place.name(),
            place.command("tenants list")
        ))),
        // A state would make a tenant of it that is none.
        None if !find_state(place, name).await? => Err(Failure::of(format!(
            "no tenant is called {name:?} in {}, nor was one polled: see {}",
            place.name(),
            place.command("tenants list")
        ))),
        None => {
            say(&format!(
                "note: {name:?} has no document in {}; the poll function knows it only if it is \
                 the tenant of the stack's parameters",
                place.name()
            ));
            Ok(None)
        }
    }
}

async fn find_state(place: &DataLocation, tenant: &str) -> Result<bool, Failure> {
    let state = place.store.get(&state_key(tenant)).await;
    Ok(state.map_err(Failure::of)?.is_some())
}

fn check_output(
    place: &DataLocation,
    tenant: Option<&Tenant>,
    output: Option<&str>,
) -> Result<(), Failure> {
    let Some(output) = output else {
        return Ok(());
    };
    let named = match tenant {
        Some(tenant) if place.as_folder().is_some() => crate::outputs::names(tenant),
        Some(tenant) => tenant.outputs.clone(),
        None => Vec::new(),
    };
    let is_known = named.is_empty() || named.iter().any(|name| name == output);
    if is_known && crate::outputs::shape(output).is_some() {
        return Ok(());
    }
    let known = if named.is_empty() {
        format!(
            "an output is a format: {}",
            drawbridge_record::names().join(", ")
        )
    } else {
        format!("the tenant has {}", named.join(", "))
    };
    Err(Failure::of(format!(
        "there is no output {output:?}; {known}"
    )))
}

fn meaning(request: &BackfillRequest) -> String {
    let outputs = request.output.as_deref().unwrap_or("all outputs");
    let again = if request.again {
        "Records that the outputs have ARE WRITTEN AGAIN, with the same keys."
    } else {
        "Records that the outputs are remembered to have are not written again."
    };
    format!(
        "Backfill {} of {}: {} to {}, to {outputs}. {again}",
        request.id(),
        request.tenant,
        request.window.from(),
        request.window.to(),
    )
}
