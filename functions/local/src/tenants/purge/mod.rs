//! `drawbridge tenants purge`: all that is kept of a tenant, removed.

mod files;
mod kind;
mod report;

use std::io::Write as _;

use drawbridge_config::{BINDINGS_KEY, is_name};
use drawbridge_files::Root;
use drawbridge_store::Listed;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use self::kind::{Kind, prefixes};
use super::bindings::{change_bindings, read_bindings};
use super::first_tenant::FirstTenant;
use super::unknown_tenant::check_known;
use crate::cli::{self, TenantsPurge};
use crate::confirm::confirm;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::screen::{columns, print_line, wrapped};
use crate::state_head::read_whether_polled_lately;

/// Objects that are removed at once.
const AT_ONCE: usize = 16;

/// Something that is kept.
pub(super) struct Kept {
    kind: Kind,
    key: String,
    bytes: Option<u64>,
}

pub(super) async fn run(args: &TenantsPurge) -> Result<(), Failure> {
    let name = &args.name;
    cli::check_name(name)?;
    let place = DataLocation::open_existing(&args.place).await?;
    check_not_polled(name, &place).await?;
    let kept = kept(name, &place).await?;
    if kept.is_empty() {
        // A mistyped name must not pass for one whose data are gone.
        check_known(name, &place).await.map_err(|unknown| {
            Failure::of(format!(
                "nothing is kept of {} in {}, unless it has another name: {unknown}",
                cli::quoted(name),
                place.name()
            ))
        })?;
    }
    if let Some(folder) = place.as_folder() {
        files::check_unused(&Root::new(folder), &kept)?;
    }
    let (sums, left) = (report::sums(&kept), report::left(name, &place));
    let things = if place.as_folder().is_some() {
        "files"
    } else {
        "objects"
    };
    let count = match kept.len() {
        1 => format!("1 {}", things.trim_end_matches('s')),
        count => format!("{count} {things}"),
    };
    if !args.json && !kept.is_empty() {
        let mut out = crate::screen::stdout();
        report::table(&mut out, &sums, &things.to_uppercase())?;
    }
    let is_removed = !args.dry_run && !kept.is_empty();
    if is_removed {
        let first = match FirstTenant::of(name, &place)? {
            FirstTenant::NotGiven => {
                " If it is the tenant of the stack's parameters, take it out of them first, or it is \
                 polled again."
            }
            _ => "",
        };
        let question = format!(
            "All that is kept of {name} in {} WILL BE REMOVED FOR EVER: {count}.{first}",
            place.name()
        );
        confirm(&question, args.yes)?;
        remove(name, &place, &kept).await?;
    }
    let mut out = crate::screen::stdout();
    if args.json {
        writeln!(out, "{}", report::json(name, &sums, is_removed, &left))?;
        return Ok(());
    }
    let ending = match (kept.len(), is_removed) {
        (0, _) => format!("nothing is kept of {name} in {}", place.name()),
        (_, true) => format!(
            "removed {count} of {name} from {}. If it was paused less than {} ago, or a \
             poll or a replay of it was under way, run this again in ten minutes: it removes what \
             that wrote, or ends with exit code 1 if there is nothing",
            place.name(),
            place.heard_within()
        ),
        (_, false) => format!("a dry run: {count} would be removed, nothing was"),
    };
    print_line(&ending)?;
    print_line("not within reach, see docs/operations.md:")?;
    for left in left {
        writeln!(out, "{}", wrapped(&left, 2, columns()))?;
    }
    Ok(())
}

/// Refuses if the next poll would bring back what is removed.
async fn check_not_polled(name: &str, place: &DataLocation) -> Result<(), Failure> {
    let store = place.store.as_ref();
    let [polled_toml, polled_json, paused @ ..] = super::pause::keys(name);
    for key in [polled_toml, polled_json]
        .into_iter()
        .filter(|_| is_name(name))
    {
        if store.get(&key).await.map_err(Failure::of)?.is_some() {
            return Err(Failure::of(format!(
                "nothing was removed: {name} is polled, by {key} in {}, and what is removed would \
                 come back. Pause it first: `drawbridge tenants pause {name}{}`",
                place.name(),
                place.options()
            )));
        }
    }
    let first = FirstTenant::of(name, place)?;
    first.check_purgeable(name)?;
    if place.as_folder().is_some() {
        return Ok(());
    }
    // Without a document, it may be that of the stack's parameters, which are not seen from here.
    for key in paused {
        if store.get(&key).await.map_err(Failure::of)?.is_some() {
            return Ok(());
        }
    }
    if !read_whether_polled_lately(name, place).await? {
        return Ok(());
    }
    let first = match first {
        FirstTenant::NotGiven => {
            "If it is the tenant of the stack's parameters, take it out of them first; if its"
        }
        _ => "Its",
    };
    Err(Failure::of(format!(
        "nothing was removed: {name} has no document, and was polled within the last 75 minutes. \
         {first} document was just removed: wait so long, or add it again and pause it"
    )))
}

/// Whether something is kept of a tenant. Where that cannot be known, something may be.
pub(super) async fn is_anything_kept(name: &str, place: &DataLocation) -> bool {
    kept(name, place)
        .await
        .map_or(true, |kept| !kept.is_empty())
}

/// What is kept of a tenant, in the order in which it is removed.
async fn kept(name: &str, place: &DataLocation) -> Result<Vec<Kept>, Failure> {
    let store = place.store.as_ref();
    let mut kept = match place.as_folder() {
        Some(folder) => files::kept(&Root::new(folder), name)?,
        None => {
            let mut kept = Vec::new();
            for prefix in prefixes(name, false) {
                // In a bucket there is no folder that cannot be entered.
                let listing = store.list_readable(&prefix).await.map_err(Failure::of)?;
                kept.extend(listing.objects.into_iter().filter_map(|object| {
                    let Listed { key, bytes, .. } = object;
                    let kind = Kind::of(&key, name)?;
                    // Records of a single machine are no objects.
                    (kind != Kind::Records).then_some(Kept { kind, key, bytes })
                }));
            }
            kept
        }
    };
    if read_bindings(store).await?.remove(name) {
        kept.push(Kept {
            kind: Kind::Allowance,
            key: BINDINGS_KEY.to_owned(),
            bytes: Some(0),
        });
    }
    kept.sort_unstable_by(|one, other| (one.kind, &one.key).cmp(&(other.kind, &other.key)));
    // One prefix may lie within another.
    kept.dedup_by(|one, other| one.key == other.key);
    Ok(kept)
}

/// Removes kind after kind. What is gone already is no error, so that an interrupted run is ended by
/// the next one.
async fn remove(name: &str, place: &DataLocation, kept: &[Kept]) -> Result<(), Failure> {
    let mut done = 0;
    for kind in kept.chunk_by(|one, other| one.kind == other.kind) {
        let mut removed = stream::iter(kind)
            .map(|kept| remove_one(name, place, kept))
            .buffer_unordered(AT_ONCE);
        loop {
            match removed.try_next().await {
                Ok(None) => break,
                Ok(Some(())) => {
                    done += 1;
                    if done % 1000 == 0 {
                        say(&format!("{done} of {} removed", kept.len()));
                    }
                }
                Err(failure) => {
                    return Err(Failure::of(format!(
                        "{failure}; {done} of {} are removed: mend that, then run this again for \
                         the rest",
                        kept.len()
                    )));
                }
            }
        }
    }
    Ok(())
}

async fn remove_one(name: &str, place: &DataLocation, kept: &Kept) -> Result<(), Failure> {
    match (kept.kind, place.as_folder()) {
        (Kind::Allowance, _) => {
            let store = place.store.as_ref();
            change_bindings(store, |bindings| bindings.remove(name)).await?;
            Ok(())
        }
        (_, Some(folder)) => files::remove(&Root::new(folder), &kept.key),
        (_, None) => place.store.delete(&kept.key).await.map_err(Failure::of),
    }
}
