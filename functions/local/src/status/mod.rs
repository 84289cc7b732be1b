//! `drawbridge status`: how every tenant of a folder or a stack is, and what to do.

mod backlog;
mod problem;
mod tenant_status;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;

use drawbridge_config::ConfigError;
use drawbridge_poll::LastError;
use drawbridge_quarantine::stored_items;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::backlog::LONGEST_BEHIND;
pub(crate) use self::tenant_status::TenantStatus;
use crate::advice::Advice;
use crate::cli;
use crate::data_location::{DataLocation, is_polled};
use crate::doctor::todo;
use crate::failure::Failure;
use crate::paint::paint;
use crate::progress::say;
use crate::screen::{columns, wrapped};
use crate::state::tenants_with_state;
use crate::state_head::{STATES_AT_ONCE, state_head};
use crate::tenants::admission::{PollsSoFar, admit};
use crate::tenants::taken::is_taken_by_polls;
use crate::tenants::{TenantDocuments, first_tenant, tenant_documents};

pub(crate) async fn run(args: &cli::Status) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    let documents = tenant_documents(place.store.as_ref()).await?;
    let tenants = tenants(&place, &documents).await;
    let tenants = tenants.inspect_err(|_| documents.say_unreadable())?;
    match show(args, &documents.unreadable, &tenants) {
        // The exit code counts in a pipe, too, as in `set -o pipefail; drawbridge status | head -1`.
        Ok(()) | Err(Failure::ReaderGone) => {}
        failed => return failed,
    }
    if tenants.is_empty() {
        TenantDocuments::check_complete(&documents.unreadable)?;
        return Err(Failure::of(TenantDocuments::none(&place)));
    }
    let unwell = tenants.iter().filter(|tenant| !tenant.is_well()).count();
    let trouble = match (unwell, tenants.len()) {
        (0, _) => None,
        (_, 1) => Some("1 tenant is not well".to_owned()),
        (1, all) => Some(format!("1 of {all} tenants is not well")),
        (_, all) => Some(format!("{unwell} of {all} tenants are not well")),
    };
    TenantDocuments::ended(trouble, &documents.unreadable)
}

fn show(
    args: &cli::Status,
    unreadable_documents: &[ConfigError],
    tenants: &[TenantStatus],
) -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    if args.json {
        let unreadable = unreadable_documents.iter().map(unreadable);
        for line in unreadable.chain(tenants.iter().map(TenantStatus::json)) {
            writeln!(out, "{line}")?;
        }
    } else if !tenants.is_empty() {
        print(&mut out, tenants)?;
    }
    Ok(())
}

/// Those that have a document or a state, in the order of their names.
pub(crate) async fn tenants(
    place: &DataLocation,
    documents: &TenantDocuments,
) -> Result<Vec<TenantStatus>, Failure> {
    let services = place.services()?;
    let verdicts = admit(&documents.found, place, &services, &PollsSoFar::default()).await;
    let given = place.given_tenants();
    let is_given_known = first_tenant::unknown(place).is_none();
    let quarantined = quarantined(place).await?;
    let found: HashMap<&str, _> = documents
        .found
        .iter()
        .map(|found| (found.document.name.as_str(), found))
        .collect();
    let mut names: BTreeSet<String> = found.keys().map(|name| (*name).to_owned()).collect();
    names.extend(given.iter().map(|tenant| tenant.name.clone()));
    names.extend(tenants_with_state(place).await?);
    let now = Timestamp::now();
    let one = |name: String| {
        let document = found.get(name.as_str());
        let refusal = verdicts.get(name.as_str());
        let refusal = refusal.and_then(|verdict| verdict.as_ref().err());
        let mut status = TenantStatus {
            document: document.map(|found| found.document.key.clone()),
            is_paused: document.is_some_and(|found| found.document.is_paused),
            is_given: given.iter().any(|tenant| tenant.name == name),
            is_given_known,
            refusal: refusal.map(ToString::to_string),
            state: Ok(None),
            last_error: None,
            quarantined: quarantined.get(&name).copied().unwrap_or_default(),
            is_stack: place.as_folder().is_none(),
            is_polled: place
                .as_folder()
                .and_then(|folder| is_polled(folder, &name, now)),
            options: place.options(),
            now,
            name,
        };
        async move {
            status.state = state_head(place, &status.name).await;
            // What cannot be read of it is no reason to say nothing of the rest.
            let last_error = LastError::of(place.store.as_ref(), &status.name).await;
            status.last_error = last_error.ok().flatten();
            if let (Some(refusal), Some(key)) = (refusal, &status.document) {
                let of = (status.name.as_str(), key.as_str());
                if is_taken_by_polls(refusal, of, place, status.state(), now).await {
                    status.refusal = None;
                }
            }
            status
        }
    };
    Ok(stream::iter(names)
        .map(one)
        .buffered(STATES_AT_ONCE)
        .collect()
        .await)
}

/// A document, or a folder of them, that belongs to no tenant.
fn unreadable(error: &ConfigError) -> Value {
    let word = match error {
        ConfigError::Misnamed { .. } => "ignored",
        _ => "unreadable",
    };
    let problem = json!({"problem": word, "what": error.to_string(), "do": todo(error)});
    json!({"tenant": null, "status": word, "well": false, "problems": [problem]})
}

/// How many items each tenant has in quarantine.
async fn quarantined(place: &DataLocation) -> Result<BTreeMap<String, usize>, Failure> {
    let items = stored_items(place.store.as_ref(), None).await;
    let items = items.map_err(Failure::of)?;
    for error in &items.unreadable {
        say(&format!("drawbridge: {error}"));
    }
    let mut counts = BTreeMap::new();
    for item in items.found {
        *counts.entry(item.tenant).or_default() += 1;
    }
    Ok(counts)
}

fn print(out: &mut impl std::io::Write, tenants: &[TenantStatus]) -> Result<(), Failure> {
    let head = [
        "TENANT",
        "STATUS",
        "LAG",
        "LAST SUCCESS",
        "FAILING SINCE",
        "UNREAD",
        "QUARANTINE",
    ];
    let rows: Vec<_> = tenants.iter().map(TenantStatus::cells).collect();
    crate::table::write(out, head, rows)?;
    let mut advice = Advice::default();
    for tenant in tenants {
        let lines = tenant.explained();
        if lines.is_empty() {
            continue;
        }
        let (name, colour) = (&tenant.name, tenant.colour());
        writeln!(out, "\n{}: {}", paint(name, colour), tenant.word())?;
        for line in lines {
            writeln!(out, "{}", wrapped(&advice.once(&line), 2, columns()))?;
        }
    }
    Ok(())
}
