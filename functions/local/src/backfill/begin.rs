use drawbridge_config::{Tenant, is_name};
use drawbridge_poll::BackfillProgress;
use jiff::Timestamp;

use super::known::with_id;
use super::request::{BackfillRequest, beyond_retention, range};
use super::shown::{print_ended, print_ended_here};
use super::{local, shown, stack};
use crate::cli;
use crate::confirm::confirm;
use crate::data_location::{DataLocation, NamedStack};
use crate::failure::Failure;
use crate::progress::say;
use crate::tenants::{is_paused, polled_document};

/// What is said if no poll would read the tenant.
const NOT_STARTED: &str = "the backfill was not started";

/// Whether to watch the backfill, and how to print what came of it.
struct RunOptions {
    no_wait: bool,
    json: bool,
}

/// Begins a backfill, or goes on with it when the same was asked for before.
pub(super) async fn run(args: cli::Backfill) -> Result<(), Failure> {
    let (Some(tenant), Some(from), Some(to)) = (args.tenant, args.from, args.to) else {
        // The command line asks for all three.
        return Err(Failure::usage("--tenant, --from and --to are needed"));
    };
    let now = Timestamp::now();
    let window = range(from, to, now).map_err(Failure::usage)?;
    if !is_name(&tenant) {
        return Err(Failure::usage(format!(
            "{} cannot be a tenant's name: the command `tenants list` shows those that there are",
            cli::quoted(&tenant)
        )));
    }
    if let Some(note) = beyond_retention(&window, now) {
        say(&note);
    }
    let place = DataLocation::open_existing(&args.place).await?;
    check_no_wait(&place, args.no_wait)?;
    let document = polled_document(&place, &tenant, NOT_STARTED).await?;
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
    if let Some(before) = &before {
        check_sent_again(&place, before).await?;
    }
    if let Some(before) = before.filter(|before| !before.is_read()) {
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
    let place = DataLocation::open_existing(&args.place).await?;
    check_no_wait(&place, args.no_wait)?;
    let mut progress = with_id(&place, &args.id).await?;
    progress.left.append(&mut progress.failed);
    progress.left.sort_unstable();
    if progress.is_done() {
        say(&format!("{} is done already", progress.id));
        return print_ended(&place, &progress, args.json).await;
    }
    let document = polled_document(&place, &progress.tenant, NOT_STARTED).await?;
    let options = RunOptions {
        no_wait: args.no_wait,
        json: args.json,
    };
    go_on(&place, document, progress, &options).await
}

/// Until a backfill that sends everything again is verified, its records are known as sent again: asked for once more,
/// it would send none.
async fn check_sent_again(place: &DataLocation, before: &BackfillProgress) -> Result<(), Failure> {
    if !before.again || !before.is_read() || before.is_done() {
        return Ok(());
    }
    let (how, command) = match shown::state(before) {
        "verifying" if is_paused(place.store.as_ref(), &before.tenant).await => (
            "it is verified only when the tenant is not paused any more",
            "status".to_owned(),
        ),
        "verifying" => (
            "polls still verify that nothing was missed",
            "status".to_owned(),
        ),
        _ => (
            "was cancelled before that was verified",
            format!("resume {}", before.id),
        ),
    };
    Err(Failure::of(format!(
        "{} has sent everything again, and {how}: ask for it once more when {} says that it is done",
        before.id,
        place.command(&format!("backfill {command}"))
    )))
}

fn check_no_wait(place: &DataLocation, no_wait: bool) -> Result<(), Failure> {
    match place.as_folder() {
        Some(_) if no_wait => Err(Failure::usage(
            "--no-wait goes with --stack or --bucket: in a folder the backfill is read here, and ends with this \
             command; leave it out",
        )),
        _ => Ok(()),
    }
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
        (Some(_), Some(tenant)) => {
            let (progress, shown_percent) = local::run(place, &tenant, progress).await?;
            return print_ended_here(place, &progress, shown_percent, options.json).await;
        }
        (Some(_), None) => return Err(Failure::of("the tenant has no document")),
        (None, _) => match stack::run(place, progress, options.no_wait).await? {
            Some(progress) => progress,
            None => return Ok(()),
        },
    };
    print_ended(place, &progress, options.json).await
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
        Some(tenant) if !tenant.outputs.is_empty() => tenant.outputs.clone(),
        // All of the stack's.
        _ => place
            .as_named_stack()
            .map_or_else(Vec::new, NamedStack::output_names),
    };
    let is_known = named.is_empty() || named.iter().any(|name| name == output);
    let can_be = crate::outputs::shape(output).is_some();
    if is_known && can_be {
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
    let refusal = format!("there is no output {}; {known}", cli::quoted(output));
    Err(match can_be {
        true => Failure::of(refusal),
        false => Failure::usage(refusal),
    })
}

fn meaning(request: &BackfillRequest) -> String {
    let outputs = request.output.as_deref().unwrap_or("all outputs");
    let again = if request.again {
        "Records that the outputs have WILL BE WRITTEN AGAIN, with the same keys."
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use drawbridge_store::testing::FaultyStore;

    use super::{DataLocation, check_output};

    /// The tenant of the stack's parameters writes to all that the stack has, as each does that names none.
    #[test]
    fn an_output_that_the_stack_does_not_have_is_refused() {
        let outputs = [
            ("SiemQueueUrl", "https://q/siem"),
            ("SiemDeadLetterQueueUrl", "https://q/siem-dead"),
        ];
        let place = DataLocation::test_stack(Arc::<FaultyStore>::default(), &outputs, &[]);
        let refusal = |output| {
            let checked = check_output(&place, None, Some(output));
            checked.err().map(|failure| failure.to_string())
        };
        assert_eq!(refusal("siem"), None);
        let refused = refusal("ocsf").unwrap();
        assert!(
            refused.contains("no output \"ocsf\"; the tenant has siem"),
            "{refused}"
        );
    }
}
