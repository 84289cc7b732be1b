use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use drawbridge_record::Format;
use drawbridge_simulator::input::split;
use drawbridge_telemetry::shown;
use drawbridge_view::side_by_side;
use futures::StreamExt as _;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;

use super::site::{Answer, Query, Site, Trouble, format_field, format_of, hide_empty, page};

/// The most bytes of a text that is pasted or opened.
pub(super) const MAX_PASTED_BYTES: usize = 4 << 20;

/// The same as a form sends it, which writes a byte as up to three, with the fields beside it.
const MAX_FORM_BYTES: usize = 3 * MAX_PASTED_BYTES + 4096;

/// The most bytes that are read of a form that is refused.
const MAX_DISCARDED_BYTES: usize = 1 << 30;

/// The alert of the demo that is shown first: a program, its parent and a file on one device, by a user,
/// with the values that most alerts have.
pub(super) const FIRST_SHOWN: usize = 22;

/// Which alert of the demo is shown, and how.
#[derive(Deserialize)]
pub(super) struct DemoQuery {
    demo: Option<usize>,
    format: Option<String>,
}

/// An alert of the demo, and the field for another.
pub(super) async fn demo(State(site): State<Arc<Site>>, Query(asked): Query<DemoQuery>) -> Answer {
    let format = format_of(asked.format.as_deref())?;
    let alerts = site.demo()?;
    let (all, number) = (alerts.len(), asked.demo.unwrap_or(FIRST_SHOWN));
    let alert = number.checked_sub(1).and_then(|at| alerts.texts().nth(at));
    let alert = alert.and_then(|json| std::str::from_utf8(json).ok());
    let alert = alert.ok_or_else(|| {
        let why = format!("the demo has alerts 1 to {all}");
        Trouble::asked(StatusCode::NOT_FOUND, why)
    })?;
    let body = html! {
        p {
            "This is one of the demo's invented alerts. Point at a value, or move to its link with the "
            "Tab key, to see where it came from or what is made of it."
        }
        (entry(format, "", 1, 1))
        form.controls method="get" action="./" aria-label="The demo's alerts" {
            label { "Alert of the demo, 1 to " (all) " " input name="demo" type="number" min="1" max=(all) value=(number); }
            (format_field(format))
            button type="submit" { "Show" }
        }
        (hide_empty())
        (side_by_side(alert, format))
    };
    Ok(page("An alert beside its records", "Alert", body))
}

/// What was sent with the form.
#[derive(Default)]
struct Form {
    text: String,
    format: Option<String>,
    number: usize,
}

impl Form {
    fn of(body: &[u8]) -> Self {
        let mut form = Self {
            number: 1,
            ..Self::default()
        };
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "text" => form.text = value.into_owned(),
                "format" => form.format = Some(value.into_owned()),
                "number" => form.number = value.parse().unwrap_or(1),
                _ => {}
            }
        }
        form
    }
}

/// The bytes of a form; `None` if it is too large or breaks off. A form that is too large is still read to its end,
/// because a browser does not show an answer that comes earlier.
async fn read(body: Body) -> Option<Vec<u8>> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.ok()?;
        length += part.len();
        if length <= MAX_FORM_BYTES {
            bytes.extend_from_slice(&part);
        } else if length > MAX_DISCARDED_BYTES {
            return None;
        }
    }
    (length <= MAX_FORM_BYTES).then_some(bytes)
}

/// The alert that was pasted. It stays on the page: nothing of it is kept or logged.
pub(super) async fn pasted(body: Body) -> Answer {
    let too_large = || {
        let most = MAX_PASTED_BYTES >> 20;
        let why =
            format!("this page takes up to {most} MiB; `drawbridge map` and `explain` take 1 GiB");
        Trouble::asked(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let form = Form::of(&read(body).await.ok_or_else(too_large)?);
    if form.text.len() > MAX_PASTED_BYTES {
        return Err(too_large());
    }
    let format = format_of(form.format.as_deref())?;
    let mut text = form.text.clone().into_bytes();
    // As a poll reads them.
    drawbridge_alert::repair_surrogates(&mut text);
    let (shown, all) = match split(&text) {
        Err(error) => (refused(&error.to_string()), 1),
        Ok(elements) => {
            let one = match elements
                .get(form.number.saturating_sub(1))
                .map(|element| &element.json)
            {
                Some(Ok(json)) => side_by_side(json, format),
                Some(Err(why)) => refused(why),
                None => refused(&format!("there are {} alerts in it", elements.len())),
            };
            (one, elements.len())
        }
    };
    let body = html! {
        (entry(format, &form.text, form.number, all))
        (hide_empty())
        (shown)
    };
    Ok(page("An alert beside its records", "Alert", body))
}

fn refused(why: &str) -> Markup {
    html! { p.alarm role="alert" { "This is not an alert: " (shown(why)) } }
}

/// The form for an alert: the text that it holds, and which of its alerts is shown.
fn entry(format: &dyn Format, text: &str, number: usize, all: usize) -> Markup {
    let most = MAX_PASTED_BYTES >> 20;
    html! {
        details.entry open[!text.is_empty()] {
            summary { "Paste or open an alert" }
            form method="post" action="./" aria-label="An alert of yours" {
                label for="text" {
                    "One alert, a list, Graph's response or NDJSON, up to " (most) " MiB. It stays on this machine and is not stored."
                }
                textarea #text name="text" spellcheck="false" autocomplete="off" required { "\n" (kept(text)) }
                div.controls {
                    label { "File " input #file type="file" accept=".json,.ndjson,.jsonl,.txt" data-most=(MAX_PASTED_BYTES); }
                    @if all > 1 {
                        label { "Alert, 1 to " (all) " " input name="number" type="number" min="1" max=(all) value=(number); }
                    }
                    (format_field(format))
                    button type="submit" { "Show" }
                    output #said role="status" {}
                }
            }
        }
    }
}

/// The text as it can be sent again: what would act in the field is written as JSON writes it, and the
/// blanks between its tokens stay.
fn kept(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.split_inclusive(['\n', '\r', '\t']);
    let lines = lines.map(|line| {
        let end = line.trim_end_matches(['\n', '\r', '\t']).len();
        format!("{}{}", shown(&line[..end]), &line[end..])
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn what_stays_in_the_field_is_the_same_json() {
        let text = "\u{feff}{\r\n\t\"a\":\t\"x\u{202e}y\"\n}";
        assert_eq!(kept(text), "{\r\n\t\"a\":\t\"x\\u202ey\"\n}");
    }
}
