use std::borrow::Cow;
use std::io::Write as _;
use std::sync::Arc;

use drawbridge_alert::{Alert, without_lone_surrogates};
use drawbridge_poll::{PollError, Poller, Stop};
use drawbridge_quarantine::{Item, Kind, StoredItem, stored_items};
use drawbridge_queue::Message;
use drawbridge_telemetry::shown;
use serde_json::json;

use super::done::Done;
use super::gap::GapReplay;
use super::left::Left;
use super::outputs::Pollers;
use crate::cli::{self, ReplayRun};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::outputs;
use crate::progress::{counted, say};
use crate::screen::{columns, hanging, print_line};
use crate::signals::stop_on_signal;
use crate::tenants::{check_known, polled_document};

/// How often an alert is delivered anew because a poll saved its tenant's state meanwhile.
const TRIES: u32 = 5;

/// What to do about a record that no message holds.
const TOO_LONG: &str = ": a message holds 1 MiB; if the output's reader resolves Amazon's pointers \
    into the bucket, give --pointers";

/// Why what is no record is not sent.
const NO_RECORD: &str = "it is a part of a line, or no record of its format, and is never sent as one: polls write a \
    record again, whole, that was cut off. Once you have seen what it is, remove quarantine/ITEM.json";

/// The attributes that records have.
const ATTRIBUTES: [&str; 7] = [
    "tenant", "format", "schema", "alert-id", "key", "severity", "change",
];

pub(super) async fn run(args: &ReplayRun) -> Result<(), Failure> {
    args.tenant.as_deref().map_or(Ok(()), cli::check_name)?;
    let place = DataLocation::open_existing(&args.place).await?;
    if let Some(output) = &args.output
        && outputs::shape(output).is_none()
    {
        return Err(Failure::usage(format!(
            "no output can be called {}: it is a format, which `drawbridge map --help` lists, or one with \
             -objects or -served behind it",
            cli::quoted(output)
        )));
    }
    let all = stored_items(place.store.as_ref(), args.tenant.as_deref())
        .await
        .map_err(Failure::of)?;
    for error in &all.unreadable {
        say(&format!("drawbridge: {error}"));
        if args.json && args.all {
            Failure::print_json(&error.to_string(), ("item", None));
        }
    }
    if let (Some(tenant), true) = (&args.tenant, all.found.is_empty()) {
        check_known(tenant, &place).await?;
    }
    let (chosen, unreadable) = if args.all {
        (all.found, all.unreadable.len())
    } else {
        (
            chosen(&args.items, &all.found, &place.command("replay list"))?,
            0,
        )
    };
    let mut replay = Replay {
        // Refuses options that have no effect here.
        pollers: Pollers::open(&place, args).await?,
        place: &place,
        output: args.output.as_deref(),
        stop: stop_on_signal(),
    };
    let mut out = crate::screen::stdout();
    if chosen.is_empty() && unreadable == 0 && !args.json {
        print_line(&format!("nothing is in quarantine in {}", place.name()))?;
    }
    // Whether an item is delivered does not depend on who hears of it.
    let mut printed = Ok(());
    let (mut failed, count) = (0, chosen.len());
    let mut left = Left::default();
    let mut is_stopped = false;
    for item in chosen {
        is_stopped = replay.stop.is_asked();
        if is_stopped {
            break;
        }
        let done = replay.item(&item).await;
        let is_left = done.is_err();
        let Done { what, is_all } = done.unwrap_or_else(|failure| Done {
            what: failure.to_string(),
            is_all: false,
        });
        failed += usize::from(!is_all);
        if args.json {
            let kind = item.kind.word();
            let line = json!({"item": item.id, "kind": kind, "done": is_all, "what": what});
            printed = printed.and(writeln!(out, "{line}"));
        } else if is_left {
            left.add(item.id, what);
        } else {
            let line = format!("{}: {}", shown(&item.id), shown(&what));
            printed = printed.and(writeln!(out, "{}", hanging(&line, columns())));
        }
    }
    for line in left.lines() {
        printed = printed.and(writeln!(out, "{}", hanging(&line, columns())));
    }
    if is_stopped {
        return Err(Failure::of("stopped; run it again for the rest"));
    }
    let trouble = match (failed, count) {
        (0, _) => None,
        (_, 1) => Some("the item was not delivered and is still in quarantine".to_owned()),
        (1, all) => Some(format!(
            "1 of {all} items was not delivered and is still in quarantine"
        )),
        (failed, all) => Some(format!(
            "{failed} of {all} items were not delivered and are still in quarantine"
        )),
    };
    if let Some(trouble) = trouble {
        return Err(Failure::of(trouble));
    }
    if unreadable > 0 {
        return Err(Failure::of(format!(
            "{} of the quarantine cannot be entered; the others were replayed",
            counted(unreadable, "folder", "folders")
        )));
    }
    Ok(printed?)
}

/// The items that the command line names, each by its beginning.
fn chosen(named: &[String], all: &[StoredItem], list: &str) -> Result<Vec<StoredItem>, Failure> {
    let mut chosen: Vec<StoredItem> = Vec::new();
    for name in named {
        let mut alike = all.iter().filter(|item| item.id.starts_with(name.as_str()));
        let item = match (alike.next(), alike.next()) {
            (Some(item), None) => item,
            (Some(item), Some(_)) if item.id == *name => item,
            (Some(_), Some(_)) => {
                return Err(Failure::of(format!(
                    "several items begin with {}: give more of it",
                    cli::quoted(name)
                )));
            }
            (None, _) => {
                return Err(Failure::of(format!(
                    "no item begins with {}: see {list}",
                    cli::quoted(name)
                )));
            }
        };
        if !chosen.contains(item) {
            chosen.push(item.clone());
        }
    }
    Ok(chosen)
}

struct Replay<'a> {
    pollers: Pollers<'a>,
    place: &'a DataLocation,
    output: Option<&'a str>,
    stop: Stop,
}

impl Replay<'_> {
    /// Delivers an item and moves it away; gives what was done.
    async fn item(&mut self, item: &StoredItem) -> Result<Done, Failure> {
        let store = self.place.store.as_ref();
        let Some(content) = item.read(store).await.map_err(Failure::of)? else {
            return Ok(Done::all("somebody else delivered it meanwhile".to_owned()));
        };
        let (done, item) = match item.kind {
            Kind::Alert => (Done::all(self.alert(item, &content).await?), item.clone()),
            Kind::Record | Kind::Undeliverable => {
                (Done::all(self.record(item, content).await?), item.clone())
            }
            Kind::Gap => self.gap(item, &content).await?,
        };
        let to = item.move_to_replayed(store).await.map_err(Failure::of)?;
        Ok(Done {
            what: format!("{}; moved to {to}", done.what),
            ..done
        })
    }

    async fn alert(&mut self, item: &StoredItem, content: &Item<'_>) -> Result<String, Failure> {
        let raw = content.alert.as_ref().map(|alert| alert.get());
        let raw = raw.or(content.text.as_deref());
        let raw = raw.ok_or_else(|| Failure::of("the item holds no alert"))?;
        // It may lie there on account of what is repaired since.
        let raw = without_lone_surrogates(raw);
        let alert = Alert::decode(&raw)
            .map_err(|error| Failure::of(format!("this release cannot read it either: {error}")))?;
        let poller = self.pollers.of(&item.tenant).await?;
        self.pollers
            .check_all_outputs(&item.tenant, &poller)
            .await?;
        let mut tries = 1;
        let report = loop {
            match poller.deliver_again(&alert).await {
                Err(PollError::Superseded) if tries < TRIES => tries += 1,
                result => break result.map_err(Failure::of)?,
            }
        };
        if report.quarantined > 0 {
            return Err(Failure::of(format!(
                "{} of its records were refused and are in quarantine themselves",
                report.quarantined
            )));
        }
        let (new, known) = (report.records, report.suppressed);
        Ok(format!(
            "mapped anew: {} {}, {known} there already",
            counted(new, "record", "records"),
            self.sent()
        ))
    }

    /// What becomes of records: in a folder they are appended to a file.
    fn sent(&self) -> &'static str {
        match self.place.as_folder() {
            Some(_) => "written",
            None => "sent",
        }
    }

    async fn record(&mut self, item: &StoredItem, content: Item<'_>) -> Result<String, Failure> {
        if is_no_record(item, &content) {
            return Err(Failure::of(NO_RECORD));
        }
        let (queue, name) = match self.pollers.file_without_document(item, &content).await? {
            Some(file) => file,
            None => {
                let poller = self.pollers.of(&item.tenant).await?;
                let output = &poller.outputs[self.output_of(&poller, &content)?];
                (Arc::clone(&output.queue), output.name.clone())
            }
        };
        let has_effect = self.output.is_none_or(|given| given == name);
        let message = message(item, content)?;
        queue.begin().await;
        let refused = queue.send(&[message]).await.map_err(Failure::of)?;
        queue.flush().await.map_err(Failure::of)?;
        match refused.first() {
            Some(refused) => {
                let advice = if refused.is_too_long() { TOO_LONG } else { "" };
                let code = &refused.code;
                Err(Failure::of(format!(
                    "{name} refused it again: {code}{advice}"
                )))
            }
            None => Ok(match has_effect {
                true => format!("{} to {name}", self.sent()),
                false => format!(
                    "{} to {name}, the output that the item names: --output had no effect",
                    self.sent()
                ),
            }),
        }
    }

    /// Which of a poller's outputs a record goes to.
    fn output_of(&self, poller: &Poller, content: &Item<'_>) -> Result<usize, Failure> {
        let names: Vec<&str> = poller.outputs.iter().map(|output| &*output.name).collect();
        let said = content.output.as_deref().or(content.format.as_deref());
        match (said.or(self.output), names.as_slice()) {
            (None, [_]) => Ok(0),
            (Some(name), names) => names
                .iter()
                .position(|other| *other == name)
                .ok_or_else(|| {
                    Failure::of(format!(
                        "it is of the output {name}; there is {}",
                        names.join(", ")
                    ))
                }),
            (None, names) => Err(Failure::of(format!(
                "it does not say of which output it is: give --output, one of {}",
                names.join(", ")
            ))),
        }
    }

    /// Has polls read a gap again: it is unread from now on. Gives the item under its new name.
    async fn gap(
        &mut self,
        item: &StoredItem,
        content: &Item<'_>,
    ) -> Result<(Done, StoredItem), Failure> {
        let window = content.window;
        let replay = GapReplay {
            place: self.place,
            window: window.ok_or_else(|| Failure::of("the item holds no window"))?,
            item,
        };
        // First, so that nothing is noted for a tenant that is none, or read for one that is not polled.
        polled_document(self.place, &item.tenant, "its gap was not replayed").await?;
        if !item.is_taken() && !replay.unread().await?.is_empty() {
            // A poll that quarantined it may not have saved yet; its save would undo this.
            return Err(Failure::of(
                "its window is unread already: polls are at it; try again in some minutes",
            ));
        }
        if self.place.as_folder().is_none() {
            let item = replay.begin().await?;
            let done = "its window is in the tenant's state: the next poll reads it";
            return Ok((Done::all(done.to_owned()), item));
        }
        let poller = self.pollers.of(&item.tenant).await?;
        let item = replay.begin().await?;
        let done = replay.read(&poller, &self.stop).await?;
        Ok((done, item))
    }
}

/// Whether an item was put aside because it is no record of its format, or only a part of one: whoever it is sent
/// to would take it for one.
fn is_no_record(item: &StoredItem, content: &Item<'_>) -> bool {
    let body = content.record.as_deref().unwrap_or_default();
    let format = content.format.as_deref().unwrap_or_default();
    let is_refused = item.kind == Kind::Undeliverable;
    content.is_no_record || is_refused && !drawbridge_deliver::is_record(format, body)
}

/// The message that a record was.
fn message(item: &StoredItem, content: Item<'_>) -> Result<Message, Failure> {
    let (Some(body), Some(key)) = (content.record, content.key) else {
        return Err(Failure::of("the item holds no record"));
    };
    let of_item = [
        ("key", Some(key.clone())),
        ("format", content.format),
        ("alert-id", content.alert_id),
    ];
    let attributes = ATTRIBUTES.iter().filter_map(|&name| {
        // Its folder says whose it is, whatever the item says of itself.
        if name == "tenant" {
            return Some((name, item.tenant.clone()));
        }
        // What a target refused has no attributes, nor have items of older releases.
        let of_item = of_item.iter().find(|(other, _)| *other == name);
        let of_item = of_item.and_then(|(_, value)| value.as_ref());
        let value = content.attributes.get(name).or(of_item)?;
        Some((name, value.clone().into_owned()))
    });
    Ok(Message {
        attributes: attributes.collect(),
        group: content
            .group
            .map_or_else(|| item.tenant.clone(), Cow::into_owned),
        time: None,
        key: key.into_owned(),
        body: body.into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_of_the_tenant_in_whose_folder_it_lies() {
        let item = StoredItem::of_key("quarantine/contoso/records/ab.json").unwrap();
        let content = json!({
            "tenant": "victim", "reason": "r", "record": "{}", "key": "k",
            "attributes": {"tenant": "victim", "format": "siem"},
        });
        let content = serde_json::from_value(content).unwrap();
        let message = message(&item, content).unwrap_or_else(|error| panic!("{error}"));
        let tenant = message
            .attributes
            .iter()
            .find(|(name, _)| *name == "tenant");
        assert_eq!(tenant, Some(&("tenant", "contoso".to_owned())));
        assert_eq!(message.group, "contoso");
    }
}
