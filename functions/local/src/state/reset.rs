use bytes::Bytes;
use drawbridge_cursor::{State, Window};
use drawbridge_poll::state_key;
use drawbridge_store::StoreError;
use jiff::Timestamp;

use crate::cli::{self, StateReset};
use crate::confirm::confirm;
use crate::data_location::{BEFORE, DataLocation};
use crate::failure::Failure;
use crate::screen::print_done;
use crate::span::span;
use crate::tenants::check_known;

const JSON: &str = "application/json";

pub(super) async fn run(args: &StateReset) -> Result<(), Failure> {
    let now = Timestamp::now();
    if args.to > now {
        return Err(Failure::usage(format!(
            "--to is in the future, and it is {now:.0} now: what comes until then would never be read"
        )));
    }
    if args.to < Timestamp::UNIX_EPOCH {
        return Err(Failure::usage(
            "--to is before 1970, and Graph has no earlier times",
        ));
    }
    cli::check_name(&args.tenant)?;
    let place = DataLocation::open_existing(&args.place).await?;
    let key = state_key(&args.tenant);
    let object = place.store.get(&key).await.map_err(Failure::of)?;
    let Some(object) = object else {
        check_known(&args.tenant, &place).await?;
        return Err(Failure::of(format!(
            "there is no state of {} in {}: it has not been polled yet",
            cli::quoted(&args.tenant),
            place.name()
        )));
    };
    let mut state = State::decode(&object.body).map_err(|error| {
        Failure::of(format!(
            "{key}: {error}; put an older version in its place first"
        ))
    })?;
    confirm(&meaning(&state, args, now), args.yes)?;

    reset(&mut state, args.to);
    let body = state.encode().map_err(Failure::of)?;
    let kept = format!(
        "state/{}{BEFORE}{}.json",
        args.tenant,
        now.strftime("%Y%m%dT%H%M%S%3fZ")
    );
    let store = place.store.as_ref();
    store
        .put_if(&kept, object.body, JSON, None)
        .await
        .map_err(Failure::of)?;
    match store
        .put_if(&key, Bytes::from(body), JSON, Some(&object.etag))
        .await
    {
        Ok(_) => {}
        Err(StoreError::Conflict { .. }) => {
            store.delete(&kept).await.map_err(Failure::of)?;
            return Err(Failure::of(format!(
                "a poll saved {key} meanwhile; nothing was changed: run this again"
            )));
        }
        Err(error) => return Err(Failure::of(error)),
    }
    let note = "if you restore the old state later, some records may come again with the same keys; none is lost";
    let done = format!(
        "{} goes on from {}; the old state is {kept}",
        args.tenant, args.to
    );
    print_done(
        args.json,
        ("tenant", &args.tenant),
        &[note.to_owned(), done],
    )?;
    Ok(())
}

/// Moves the watermark, and forgets what was to be read behind it: that is read anyway.
fn reset(state: &mut State, to: Timestamp) {
    state.watermark = Some(to);
    if let Some(behind) = Window::new(to, Timestamp::MAX) {
        state.unread.narrow(behind, &[], to);
        state.again.narrow(behind, &[], to);
    }
    // A poll that is under way takes this for the save of another poll, and does not save its own state.
    state.saved = None;
}

/// What moving the watermark comes to, in words.
fn meaning(state: &State, args: &StateReset, now: Timestamp) -> String {
    let (tenant, to) = (&args.tenant, args.to);
    let Some(watermark) = state.watermark else {
        return format!("{tenant} has no watermark yet; its first poll reads from {to} on.");
    };
    if to > watermark {
        let skipped = span(to.duration_since(watermark).as_secs());
        return format!(
            "The watermark of {tenant} is {watermark}. Alerts that were updated in the {skipped} \
             from there to {to} WILL NOT BE READ by live polls."
        );
    }
    let again = span(now.duration_since(to).as_secs());
    let back = span(watermark.duration_since(to).as_secs());
    format!(
        "The watermark of {tenant} will move back by {back}, from {watermark} to {to}. The next poll \
         will read the last {again} again. Records that the state remembers will not be written again; \
         older ones will, with the same keys."
    )
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::{Due, Ranges};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ranges(windows: &[(&str, &str)]) -> Ranges {
        let mut ranges = Ranges::default();
        for (from, to) in windows {
            ranges.add(Window::new(at(from), at(to)).unwrap(), Due::default());
        }
        ranges
    }

    #[test]
    fn what_lies_before_the_new_watermark_is_still_to_be_read() {
        let all = ranges(&[
            ("2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z"),
            ("2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"),
        ]);
        let mut state = State {
            watermark: Some(at("2026-01-10T00:00:00Z")),
            saved: Some(at("2026-01-10T00:00:00Z")),
            unread: all.clone(),
            again: all,
            ..State::default()
        };
        reset(&mut state, at("2026-01-03T00:00:00Z"));
        assert_eq!(state.watermark, Some(at("2026-01-03T00:00:00Z")));
        assert_eq!(state.saved, None);
        let left = ranges(&[
            ("2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z"),
            ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"),
        ]);
        assert_eq!((&state.unread, &state.again), (&left, &left));
    }
}
