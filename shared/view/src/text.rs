use drawbridge_telemetry::shown;
use maud::{Markup, html};

/// The most characters that are shown of one value.
pub const MAX_CHARS: usize = 10_000;

/// A text as a value on a page: nothing in it acts, its line breaks are kept, and of one that is longer
/// than [`MAX_CHARS`] the beginning is shown and how much there is besides.
#[must_use]
pub fn clipped(text: &str) -> Markup {
    let end = text.char_indices().nth(MAX_CHARS).map(|(at, _)| at);
    let (head, rest) = text.split_at(end.unwrap_or(text.len()));
    html! {
        code {
            @for (n, line) in head.split('\n').enumerate() {
                @if n > 0 { "\n" }
                (shown(line))
            }
        }
        @if !rest.is_empty() {
            " " span.note { "(and " (rest.chars().count()) " more characters, which are not shown)" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out_and_what_is_long_is_cut_and_said() {
        for (text, expected) in [
            ("<b>&\"", "<code>&lt;b&gt;&amp;&quot;</code>"),
            ("a\nb\r\u{202e}", "<code>a\nb\\u000d\\u202e</code>"),
        ] {
            assert_eq!(clipped(text).into_string(), expected);
        }
        let long = clipped(&"é".repeat(MAX_CHARS + 7)).into_string();
        assert_eq!(long.matches('é').count(), MAX_CHARS);
        assert!(long.contains("and 7 more characters"), "{long}");
    }
}
