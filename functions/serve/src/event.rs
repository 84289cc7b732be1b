//! The event of a function URL: a request's head, and the body of one for a token.
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html> (payload format 2.0)

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drawbridge_served::MAX_BODY_BYTES;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use secrecy::zeroize::Zeroizing;
use serde_json::Value;

/// The headers that an answer depends on.
const HEADERS: [HeaderName; 3] = [AUTHORIZATION, ACCEPT_ENCODING, CONTENT_TYPE];

/// The head of a request; `None` if its address is longer than one may be (64 KiB).
///
/// It is read of a plain [`Value`], and not by serde: an error of serde's quotes what it failed on, and
/// Lambda's runtime logs it. What is missing or of another kind is as if it was not sent.
pub(crate) fn head(event: &Value) -> Option<Parts> {
    let text = |place| event.pointer(place).and_then(Value::as_str);
    // What is no path leads nowhere.
    let path = text("/rawPath").filter(|path| path.starts_with('/'));
    let path = path.unwrap_or("/");
    let query = text("/rawQueryString").unwrap_or_default();
    let target = match query {
        "" => printable(path),
        query => format!("{}?{}", printable(path), printable(query)),
    };
    let method = text("/requestContext/http/method").unwrap_or_default();
    let (mut head, ()) = Request::new(()).into_parts();
    // An invalid method is treated like one that is not served.
    head.method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::OPTIONS);
    head.uri = Uri::from(PathAndQuery::try_from(target).ok()?);
    let headers = event.pointer("/headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        let known = HEADERS.iter().find(|known| *known == name.as_str());
        let value = value
            .as_str()
            .and_then(|value| HeaderValue::from_str(value).ok());
        if let (Some(known), Some(value)) = (known, value) {
            head.headers.append(known, value);
        }
    }
    Some(head)
}

/// The body of a request; `None` if it is longer than one may be. What cannot be decoded is no form either.
pub(crate) fn body(event: &Value) -> Option<Zeroizing<Vec<u8>>> {
    let text = event["body"].as_str().unwrap_or_default();
    // Base64 has four characters for three bytes.
    if text.len() > MAX_BODY_BYTES.div_ceil(3) * 4 {
        return None;
    }
    let body = match event["isBase64Encoded"] == true {
        true => STANDARD.decode(text).unwrap_or_default(),
        false => text.as_bytes().to_vec(),
    };
    (body.len() <= MAX_BODY_BYTES).then(|| Zeroizing::new(body))
}

/// A part of an address, in which all that cannot stand in one is escaped, such as a blank: Lambda has
/// taken the request, and hands over some parts decoded.
fn printable(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                text.push_str(&format!("%{byte:02X}"));
            }
            b'!'..=b'~' => text.push(byte.into()),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(path: &str, query: &str) -> Value {
        json!({
            "rawPath": path, "rawQueryString": query,
            "requestContext": {"http": {"method": "GET"}},
            "headers": {"authorization": "Bearer x", "accept-encoding": "gzip", "cookie": "c"},
        })
    }

    #[test]
    fn a_head_has_what_an_answer_depends_on() {
        let head = head(&event(
            "//api/Alerts/",
            "sinceTimeUtc=2026-01-01T00:00:00Z&x",
        ))
        .unwrap();
        assert_eq!(head.method, Method::GET);
        assert_eq!(head.uri.path(), "//api/Alerts/");
        assert_eq!(
            head.uri.query(),
            Some("sinceTimeUtc=2026-01-01T00:00:00Z&x")
        );
        assert_eq!(head.headers.len(), 2);
        assert_eq!(head.headers["authorization"], "Bearer x");
    }

    #[test]
    fn what_cannot_stand_in_an_address_is_escaped() {
        for (query, expected) in [
            ("t=2026-01-01 02:00", "t=2026-01-01%2002:00"),
            ("t=\"2026\"", "t=%222026%22"),
            ("t=%222026%22+x", "t=%222026%22+x"),
            ("ü#<{^", "%C3%BC%23%3C%7B%5E"),
        ] {
            let head = head(&event("/api/alerts", query)).unwrap();
            assert_eq!(head.uri.query(), Some(expected));
        }
        for path in ["", "api/alerts", "/ü <>", "*", "http://x/api/alerts", "?"] {
            let path = head(&event(path, "")).map(|head| head.uri.path().to_owned());
            assert_ne!(path.as_deref(), Some("/api/alerts"), "{path:?}");
        }
    }

    #[test]
    fn a_body_is_read_as_text_and_in_base64_up_to_its_bound() {
        let of = |body: Value, is_encoded: Value| {
            let event = json!({"body": body, "isBase64Encoded": is_encoded});
            super::body(&event).map(|body| body.to_vec())
        };
        let text = |text: &str| Some(text.as_bytes().to_vec());
        assert_eq!(of(json!("a=b"), json!(false)), text("a=b"));
        assert_eq!(of(json!("YT1i"), json!(true)), text("a=b"));
        assert_eq!(of(json!("???"), json!(true)), text(""));
        assert_eq!(of(json!(null), json!(null)), text(""));
        assert_eq!(of(json!({"a": "b"}), json!(1)), text(""));
        let longest = "x".repeat(MAX_BODY_BYTES);
        assert_eq!(of(json!(longest), json!(false)), text(&longest));
        assert_eq!(
            of(json!(STANDARD.encode(&longest)), json!(true)),
            text(&longest)
        );
        let longer = longest + "x";
        assert_eq!(of(json!(longer), json!(false)), None);
        assert_eq!(
            of(json!(STANDARD.encode(longer + "xxx")), json!(true)),
            None
        );
        assert_eq!(super::body(&json!("no event")).as_deref(), Some(&vec![]));
    }

    #[test]
    fn whatever_an_event_is_there_is_a_head_of_it_or_it_is_too_long() {
        for event in [
            json!(null),
            json!([]),
            json!({"rawPath": 1, "headers": [], "requestContext": "x"}),
            json!({"headers": {"authorization": {"a": 1}, "accept-encoding": "\u{0}"}}),
            json!({"requestContext": {"http": {"method": "G ET"}}}),
        ] {
            let head = head(&event).unwrap();
            assert!(head.headers.is_empty() && head.method == Method::OPTIONS);
        }
        assert!(head(&event("/api/alerts", &"x".repeat(70_000))).is_none());
        assert!(head(&event("/api/alerts", &"x".repeat(60_000))).is_some());
    }
}
