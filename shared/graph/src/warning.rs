//! Whether an answer says that something is missing from it.

use drawbridge_http::wire_text::{printable, quotable};
use http::header::WARNING;
use http::{HeaderMap, StatusCode};

/// Longest text kept.
const MAX_CHARS: usize = 200;

/// What an answer says is missing from it, or `None` for a whole one.
///
/// When one of the products behind Graph does not answer in time, Graph sends what it has, as
/// `206 Partial Content` or with `Warning: 199 - "Vendor/Provider/Status/Latency"`. Warnings with a
/// `2xx` code (RFC 7234: they persist) are notices such as a coming retirement; taken for missing
/// data they would hold the watermark back for ever, so they count only if they name a provider.
pub(crate) fn missing(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let warnings: Vec<String> = headers
        .get_all(WARNING)
        .iter()
        .filter_map(|value| read(&String::from_utf8_lossy(value.as_bytes())))
        .collect();
    if !warnings.is_empty() {
        return Some(printable(&warnings.join("; "), MAX_CHARS));
    }
    (status == StatusCode::PARTIAL_CONTENT).then(|| "206 Partial Content".to_owned())
}

/// The text of one `Warning` header if it speaks of missing data.
fn read(value: &str) -> Option<String> {
    let providers: Vec<&str> = value
        .split([' ', ',', '"', '{', '}'])
        .filter(|word| is_provider(word))
        .collect();
    if !providers.is_empty() {
        return Some(providers.join("; "));
    }
    let persists = value
        .split_whitespace()
        .next()
        .is_some_and(|code| code.len() == 3 && code.starts_with('2'));
    (!persists).then(|| format!("Warning {}", quotable(value, MAX_CHARS)))
}

/// `Vendor/Provider/Status/Latency`, such as `Microsoft/WDATP/504/10000`.
fn is_provider(word: &str) -> bool {
    let parts: Vec<&str> = word.split('/').collect();
    let [vendor, provider, status, latency] = parts.as_slice() else {
        return false;
    };
    let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    !vendor.is_empty() && !provider.is_empty() && number(status) && number(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(status: u16, warnings: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for warning in warnings {
            headers.append(WARNING, http::HeaderValue::from_bytes(warning).unwrap());
        }
        missing(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn a_whole_answer_misses_nothing() {
        assert_eq!(with(200, &[]), None);
    }

    #[test]
    fn a_provider_is_named_quoted_or_not() {
        for warning in [
            &b"199 - \"Microsoft/WDATP/401/228\""[..],
            b"199 - Microsoft/WDATP/401/228",
            b"199 - \"{Microsoft/WDATP/401/228}\"",
            b"299 - \"Microsoft/WDATP/401/228\"",
        ] {
            for status in [200, 206] {
                let text = with(status, &[warning]);
                assert_eq!(text.as_deref(), Some("Microsoft/WDATP/401/228"));
            }
        }
    }

    #[test]
    fn several_warnings_are_joined() {
        let text = with(
            206,
            &[
                b"199 - \"A/B/504/10\", 199 - \"C/D/500/2\"",
                b"199 - E/F/429/1",
            ],
        );
        assert_eq!(text.as_deref(), Some("A/B/504/10; C/D/500/2; E/F/429/1"));
    }

    #[test]
    fn a_206_alone_is_incomplete_too() {
        assert_eq!(with(206, &[]).as_deref(), Some("206 Partial Content"));
    }

    #[test]
    fn an_unknown_warning_is_incomplete_and_its_text_harmless() {
        let long = [b"110 - \"\xe2\x80\xae\t", &b"x".repeat(900)[..]].concat();
        let text = with(200, &[&long]).unwrap();
        assert!(
            text.starts_with("Warning 110") && text.len() <= 200,
            "{text}"
        );
        assert!(text.chars().all(|c| c.is_ascii_graphic() || c == ' '));
    }

    #[test]
    fn a_token_in_a_warning_is_removed() {
        let text = with(200, &[b"199 - \"access_token=short\""]).unwrap();
        assert_eq!(text, "Warning 199 - 'access_token=[removed]'");
    }

    #[test]
    fn a_notice_that_persists_does_not_hold_the_watermark() {
        assert_eq!(with(200, &[b"299 - \"This API retires soon\""]), None);
        assert_eq!(
            with(206, &[b"299 - \"This API retires soon\""]).as_deref(),
            Some("206 Partial Content")
        );
    }
}
