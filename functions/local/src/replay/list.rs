use std::io::Write as _;

use drawbridge_quarantine::{Item, StoredItem, stored_items};
use drawbridge_telemetry::shown;
use futures::{StreamExt as _, stream};
use serde_json::json;

use crate::cli::{self, ReplayList};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{counted, say};
use crate::screen::{columns, print_line, wrapped};
use crate::tenants::check_known;

/// Items that are read at once; one may be of megabytes.
const AT_ONCE: usize = 8;

pub(super) async fn run(args: &ReplayList) -> Result<(), Failure> {
    args.tenant.as_deref().map_or(Ok(()), cli::check_name)?;
    let place = DataLocation::open_existing(&args.place).await?;
    let store = place.store.as_ref();
    let items = stored_items(store, args.tenant.as_deref())
        .await
        .map_err(Failure::of)?;
    for error in &items.unreadable {
        say_unreadable(error, args.json);
    }
    let mut unreadable = items.unreadable.len();
    let items = items.found;
    let mut out = crate::screen::stdout();
    if let (Some(tenant), true) = (&args.tenant, items.is_empty()) {
        check_known(tenant, &place).await?;
    }
    if items.is_empty() && unreadable == 0 && !args.json {
        print_line(&format!("nothing is in quarantine in {}", place.name()))?;
        return Ok(());
    }
    let read = |item: StoredItem| async move {
        let content = item.read(store).await;
        (item, content)
    };
    let mut contents = stream::iter(items).map(read).buffered(AT_ONCE);
    while let Some((item, content)) = contents.next().await {
        match content {
            Ok(None) => {}
            Ok(Some(content)) if args.json => {
                let line = json!({
                    "item": item.id,
                    "tenant": item.tenant,
                    "kind": item.kind.word(),
                    "reason": content.reason,
                    "alert_id": content.alert_id,
                    "output": content.output,
                    "window": content.window,
                });
                writeln!(out, "{line}")?;
            }
            Ok(Some(content)) => {
                let why = describe(&content);
                writeln!(out, "{}", shown(&item.id))?;
                writeln!(out, "{}", wrapped(&shown(&why), 2, columns()))?;
            }
            Err(failure) => {
                unreadable += 1;
                say_unreadable(&failure, args.json);
            }
        }
    }
    if unreadable > 0 {
        return Err(Failure::of(format!(
            "{} cannot be read",
            counted(unreadable, "item or folder", "items or folders")
        )));
    }
    Ok(())
}

/// Says what cannot be read, to a script as well.
fn say_unreadable(error: &impl ToString, json: bool) {
    let error = error.to_string();
    say(&format!("drawbridge: {error}"));
    if json {
        Failure::print_json(&error, ("item", None));
    }
}

/// What may be said of an item: not what the alert says.
fn describe(content: &Item<'_>) -> String {
    match (content.window, &content.alert_id) {
        (Some(window), _) => format!("{} to {}: {}", window.from(), window.to(), content.reason),
        (None, Some(id)) if !content.reason.contains(&**id) => {
            format!("alert {id}: {}", content.reason)
        }
        _ => content.reason.clone().into_owned(),
    }
}
