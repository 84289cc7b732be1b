use std::io::Write as _;

use drawbridge_cursor::{Range, Ranges, State};
use drawbridge_poll::state_key;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::tenants_with_state;
use crate::cli::{self, StateShow};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::counted;
use crate::screen::{beside, columns, hanging};
use crate::span::{ago, span};
use crate::state_head::lag_secs;
use crate::tenants::check_known;

pub(super) async fn run(args: &StateShow) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    let tenants = match &args.tenant {
        Some(tenant) => {
            cli::check_name(tenant)?;
            vec![tenant.clone()]
        }
        None => tenants_with_state(&place).await?,
    };
    let mut out = crate::screen::stdout();
    if tenants.is_empty() && !args.json {
        let none = format!("no tenant was polled yet in {}", place.name());
        writeln!(out, "{}", hanging(&none, columns()))?;
    }
    let mut unreadable = 0;
    for tenant in &tenants {
        let key = state_key(tenant);
        let object = place.store.get(&key).await.map_err(Failure::of)?;
        let Some(object) = object else {
            check_known(tenant, &place).await?;
            return Err(Failure::of(format!(
                "there is no state of {} in {}: it has not been polled yet",
                cli::quoted(tenant),
                place.name()
            )));
        };
        match State::decode(&object.body) {
            Ok(state) => {
                let shown = Shown {
                    tenant,
                    state: &state,
                    bytes: object.body.len(),
                    now: Timestamp::now(),
                };
                if args.json {
                    writeln!(out, "{}", shown.json())?;
                } else {
                    shown.print(&mut out)?;
                }
            }
            Err(error) => {
                unreadable += 1;
                crate::progress::say(&format!("{key}: {error}"));
                if args.json {
                    Failure::print_json(&error.to_string(), ("tenant", Some(tenant)));
                }
            }
        }
    }
    if unreadable > 0 {
        return Err(Failure::of(format!(
            "{} cannot be read: put an older version in its place, as \"Restoring a state\" in \
             docs/operations.md says",
            counted(unreadable, "state", "states")
        )));
    }
    Ok(())
}

/// The columns of a name, with the blanks before it.
const NAME: usize = 18;

struct Shown<'a> {
    tenant: &'a str,
    state: &'a State,
    bytes: usize,
    now: Timestamp,
}

impl Shown<'_> {
    fn lag_secs(&self) -> Option<i64> {
        lag_secs(self.state, self.now)
    }

    fn print(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let state = self.state;
        let time =
            |time: Option<Timestamp>| time.map_or_else(|| "never".to_owned(), |t| t.to_string());
        let lag = self
            .lag_secs()
            .map_or_else(|| "nothing was read yet".to_owned(), span);
        let failing = state.failing_since;
        let failing = failing.map_or_else(|| "-".to_owned(), |_| ago(failing, self.now));
        writeln!(out, "{}", self.tenant)?;
        for (name, value) in [
            ("watermark", time(state.watermark)),
            ("lag", lag),
            ("last success", ago(state.last_success, self.now)),
            ("failing since", failing),
            ("saved", ago(state.saved, self.now)),
            ("sweep of a day", ago(state.swept.day, self.now)),
            ("sweep of a week", ago(state.swept.week, self.now)),
            ("size", format!("{} bytes", self.bytes)),
        ] {
            writeln!(out, "{}", beside(name, NAME, &value, columns()))?;
        }
        print_ranges(out, "unread", "", &state.unread, self.now)?;
        print_ranges(out, "to read again", "", &state.again, self.now)?;
        for (id, backfill) in &state.backfills {
            let suspended = backfill.suspended.map_or("", |_| "suspended, ");
            print_ranges(
                out,
                "backfill",
                &format!("{id}, {suspended}"),
                &backfill.left(),
                self.now,
            )?;
        }
        for (output, written) in &state.outputs {
            let (alerts, keys) = (written.alerts(), written.keys());
            let remembered = format!(
                "{} and {} remembered",
                counted(alerts, "alert", "alerts"),
                counted(keys, "record", "records")
            );
            writeln!(out, "{}", beside(output, NAME, &remembered, columns()))?;
        }
        let (pages, alerts, keys) = state.pages.count();
        if pages > 0 {
            let bytes = state.pages.bytes();
            let shown = format!("{alerts} alerts and {keys} records more, in {bytes} bytes");
            let pages = counted(pages, "page", "pages");
            let pages = format!("in {pages}");
            writeln!(out, "{}", beside(&pages, NAME, &shown, columns()))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let state = self.state;
        let outputs: serde_json::Map<String, Value> = state
            .outputs
            .iter()
            .map(|(name, w)| {
                (
                    name.clone(),
                    json!({"alerts": w.alerts(), "keys": w.keys()}),
                )
            })
            .collect();
        let (pages, alerts, keys) = state.pages.count();
        json!({
            "tenant": self.tenant,
            "watermark": state.watermark,
            "read_up_to": state.read_up_to(),
            "lag_secs": self.lag_secs(),
            "last_success": state.last_success,
            "failing_since": state.failing_since,
            "saved": state.saved,
            "unread": state.unread,
            "again": state.again,
            "backfills": state.backfills,
            "swept": state.swept,
            "outputs": outputs,
            "pages": {"pages": pages, "alerts": alerts, "keys": keys, "bytes": state.pages.bytes()},
            "bytes": self.bytes,
        })
    }
}

fn print_ranges(
    out: &mut impl std::io::Write,
    name: &str,
    of: &str,
    ranges: &Ranges,
    now: Timestamp,
) -> std::io::Result<()> {
    for Range { window, due } in ranges.iter() {
        let (from, to) = (window.from(), window.to());
        let failed = match due.failures {
            0 => String::new(),
            1 => ", failed once".to_owned(),
            failures => format!(", failed {failures} times"),
        };
        // A wait that is over says nothing.
        let waits = due
            .not_before()
            .filter(|time| *time > now)
            .map_or_else(String::new, |time| format!(", not before {time}"));
        let range = format!("{of}{from} to {to}{failed}{waits}");
        writeln!(out, "{}", beside(name, NAME, &range, columns()))?;
    }
    Ok(())
}
