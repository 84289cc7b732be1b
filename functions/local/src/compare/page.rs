//! A report as one page: no network, and no script or style but its own.

use drawbridge_compare::{Example, KeyReport, OnlyOne, Outcome, Report, Verdict};
use drawbridge_telemetry::shown;
use drawbridge_view::{BASE_STYLE, digest};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::screen;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

const TITLE: &str = "Old records against new";

/// The parts of a bar: the class, and the word.
const PARTS: [(&str, &str); 6] = [
    ("same", "same"),
    ("spelling", "spelling"),
    ("filled", "filled"),
    ("emptied", "emptied"),
    ("different", "different"),
    ("none", "empty on both sides"),
];

const VERDICTS: [Verdict; 8] = [
    Verdict::Never,
    Verdict::Partly,
    Verdict::Spelling,
    Verdict::MadeUp,
    Verdict::More,
    Verdict::AsBefore,
    Verdict::NoValue,
    Verdict::NotExported,
];

/// The element by which a file is known to be such a page.
pub(crate) fn title() -> String {
    format!("<title>{TITLE}</title>")
}

/// The page. `names` are those of the two sides.
pub(crate) fn page(names: &[String; 2], report: &Report) -> String {
    let style = format!("{BASE_STYLE}{STYLE}");
    // What is allowed are these very texts.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        digest(&style),
        digest(SCRIPT)
    );
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                (PreEscaped(title()))
                style { (PreEscaped(&style)) }
            }
            body {
                main {
                    h1 { (TITLE) }
                    (summary(names, report))
                    @if report.alerts.shared() == 0 {
                        p.alarm role="alert" { (first_upper(&super::nothing_shared(report))) "." }
                    } @else {
                        (keys(&report.keys))
                    }
                    (other_names(report))
                    @for (title, only) in screen::one_sided(report) { (one_sided(title, only)) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn summary(names: &[String; 2], report: &Report) -> Markup {
    html! {
        dl.summary {
            @for (title, name, side) in [("OLD", &names[0], &report.old), ("NEW", &names[1], &report.new)] {
                dt { (title) }
                dd {
                    b { (shown(name)) } ": " (shown(&screen::side_in_words(side)))
                    @if side.places().next().is_some() {
                        ul {
                            @for part in side.places() {
                                li { (shown(&part.file)) ", line " (part.position.line) ": " (shown(&part.why)) }
                            }
                        }
                    }
                }
            }
            dt { "Alerts" } dd { (screen::alerts_in_words(&report.alerts)) }
            dt { "Records" } dd { (screen::records_in_words(&report.records)) }
            dt { "Lost" } dd { (screen::losses(&report.losses)) }
        }
    }
}

fn keys(keys: &[KeyReport]) -> Markup {
    // What needs work comes first; of the rest, the order of the record.
    let mut worst_first: Vec<&KeyReport> = keys.iter().collect();
    worst_first.sort_by_key(|key| key.verdict);
    html! {
        section aria-labelledby="keys" {
            h2 #keys { "What a rule on each key will do" }
            form.controls role="search" aria-label="Keys" {
                label { "Search " input #search type="search" placeholder="key, value or advice" autocomplete="off"; }
                label {
                    "Show "
                    select #verdict {
                        option value="" { "all verdicts" }
                        @for verdict in VERDICTS {
                            @let count = keys.iter().filter(|key| key.verdict == verdict).count();
                            @if count > 0 {
                                option value=(class(verdict)) { (verdict.words()) " (" (count) ")" }
                            }
                        }
                    }
                }
                button #all type="button" { "Open all" }
                output #shown aria-live="polite" { (keys.len()) " of " (keys.len()) " keys" }
            }
            ul.legend aria-label="Colours of the bars" {
                @for (class, word) in PARTS { li { span class={ "swatch " (class) } {} (word) } }
            }
            @for key in worst_first { (one_key(key)) }
        }
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Never => "never",
        Verdict::Partly => "partly",
        Verdict::Spelling => "check",
        Verdict::MadeUp => "made-up",
        Verdict::More => "more",
        Verdict::AsBefore => "as-before",
        Verdict::NoValue => "no-value",
        Verdict::NotExported => "not-exported",
    }
}

fn one_key(key: &KeyReport) -> Markup {
    html! {
        details.key data-verdict=(class(key.verdict)) {
            summary {
                span.name { (key.key) }
                span class={ "badge " (class(key.verdict)) } { (key.verdict.words()) }
                (bar(key))
            }
            p { (shown(&key.text)) }
            @if !key.examples.is_empty() {
                div.examples {
                    @for example in &key.examples { (one_example(example)) }
                }
            }
        }
    }
}

/// A bar of the counts, which its label says in words.
fn bar(key: &KeyReport) -> Markup {
    let counts = key.counts();
    let all: u64 = counts.iter().sum();
    let said = PARTS.iter().zip(counts).filter(|(_, n)| *n > 0);
    let said: Vec<String> = said.map(|((_, word), n)| format!("{n} {word}")).collect();
    let label = match said.is_empty() {
        true => "nothing was compared".to_owned(),
        false => said.join(", "),
    };
    let mut start = 0;
    html! {
        span.counts {
            svg.bar viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=(label) {
                @for ((class, _), n) in PARTS.iter().zip(counts) {
                    @let from = start * 1000 / all.max(1);
                    @let to = { start += n; start * 1000 / all.max(1) };
                    @if n > 0 { rect class=(class) x=(from) y="0" width=((to - from).max(4)) height="10" {} }
                }
            }
            span.said aria-hidden="true" { (label) }
        }
    }
}

fn one_example(example: &Example) -> Markup {
    let (old, new) = (example.old.as_deref(), example.new.as_deref());
    let ends = common_ends(old.unwrap_or_default(), new.unwrap_or_default());
    let is_same = matches!(example.outcome, Outcome::Same);
    html! {
        div.example {
            div.about { (example.outcome.words()) span.alert { (shown(&example.alert_id)) } }
            @for (side, value) in [("old", old), ("new", new)] {
                div.side {
                    span.which { (side) }
                    @match value {
                        None => span.nothing { "(none)" },
                        Some("") => span.nothing { "(empty)" },
                        Some(text) if is_same => code { (shown(text)) },
                        Some(text) => (marked(text, ends)),
                    }
                }
            }
        }
    }
}

/// How many bytes two texts have in common at their beginning and at their end.
fn common_ends(a: &str, b: &str) -> (usize, usize) {
    let bytes = |chars: &mut dyn Iterator<Item = (char, char)>| -> usize {
        chars
            .take_while(|(a, b)| a == b)
            .map(|(c, _)| c.len_utf8())
            .sum()
    };
    let start = bytes(&mut a.chars().zip(b.chars()));
    let end = bytes(&mut a[start..].chars().rev().zip(b[start..].chars().rev()));
    (start, end)
}

fn marked(text: &str, (start, end): (usize, usize)) -> Markup {
    let (before, rest) = text.split_at(start);
    let (middle, after) = rest.split_at(rest.len() - end);
    html! {
        code {
            (shown(before))
            @if !middle.is_empty() { mark { (shown(middle)) } }
            (shown(after))
        }
    }
}

fn other_names(report: &Report) -> Markup {
    let lines = screen::names_in_words(report);
    html! {
        @if !lines.is_empty() {
            section aria-labelledby="names" {
                h2 #names { "Keys of other names" }
                @for line in lines { p { (shown(&line)) } }
            }
        }
    }
}

/// The columns of what only one side has.
const HEADS: [&str; 5] = ["Alert", "Time", "Device", "Title", "Record of"];

fn one_sided(title: &str, only: &OnlyOne) -> Markup {
    html! {
        @if only.count > 0 {
            section {
                h2 { (title) }
                p { (screen::only_in_words(only)) }
                div.wide tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr { @for head in HEADS { th scope="col" { (head) } } } }
                        tbody {
                            @for it in &only.first {
                                tr {
                                    @for (head, cell) in HEADS.into_iter().zip([&it.alert_id, &it.time, &it.device, &it.title, &it.entity]) { td data-head=(head) { (shown(cell)) } }
                                }
                            }
                        }
                    }
                }
                @if only.count > only.first.len() as u64 {
                    p { "The first " (only.first.len()) " are shown." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked_and_nothing_is_markup() {
        for (a, b, expected) in [
            (
                "C:\\Tools",
                "C:\\tools",
                "<code>C:\\<mark>T</mark>ools</code>",
            ),
            ("abc", "abc", "<code>abc</code>"),
            ("aa", "a", "<code>a<mark>a</mark></code>"),
            ("", "x", "<code></code>"),
            ("é<b>", "è<b>", "<code><mark>é</mark>&lt;b&gt;</code>"),
            ("a\u{202e}b", "", "<code><mark>a\\u202eb</mark></code>"),
        ] {
            assert_eq!(marked(a, common_ends(a, b)).into_string(), expected);
        }
    }
}
