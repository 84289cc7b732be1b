use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drawbridge_entra::testing::shown;
use drawbridge_graph::{ErrorKind, GraphError};
use drawbridge_http::TransportError;
use drawbridge_http::script::{Answer, MARKER, Script, page};
use drawbridge_time::Deadline;
use tokio::time::Instant;

use crate::support::{Client, query};

/// Plays `answers` and gives back the error and the script.
async fn fail(answers: Vec<Answer>) -> (GraphError, usize) {
    let script = Script::pages(answers);
    let error = script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap_err();
    shown(&error);
    (error, script.gets().len())
}

/// Plays `answer` and then a page, and gives back how many requests that took.
async fn recovers(answer: Answer) -> usize {
    let script = Script::pages([answer, Answer::page(&["a"])]);
    let page = script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    assert_eq!(page.alerts().len(), 1);
    script.gets().len()
}

fn cut() -> TransportError {
    TransportError::CutOff("connection reset".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_for_the_same_request() {
    let script = Script::pages([
        Answer::error(401, "InvalidAuthenticationToken"),
        Answer::page(&["a"]),
    ]);
    script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    let gets = script.gets();
    assert_eq!(gets[0].url, gets[1].url);
    assert_eq!(
        gets[0].headers["authorization"],
        format!("Bearer token-1-{MARKER}")
    );
    assert_eq!(
        gets[1].headers["authorization"],
        format!("Bearer token-2-{MARKER}")
    );
    assert_eq!(script.pauses(), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_refused_too_names_the_permission() {
    let (error, tries) = fail(vec![
        Answer::error(401, "A"),
        Answer::error(401, "InvalidToken"),
    ])
    .await;
    assert_eq!((error.kind(), tries), (ErrorKind::Unauthorized, 2));
    let text = shown(&error);
    assert!(
        text.contains("SecurityAlert.Read.All") && text.contains("admin consent"),
        "{text}"
    );
    assert!(text.contains("InvalidToken"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn forbidden_is_final_and_names_the_permission() {
    let (error, tries) = fail(vec![Answer::error(403, "Forbidden")]).await;
    assert_eq!((error.kind(), tries), (ErrorKind::Forbidden, 1));
    assert!(!error.is_retryable());
    let text = shown(&error);
    assert!(
        text.contains("SecurityAlert.Read.All") && text.contains("admin consent"),
        "{text}"
    );
}

/// What Graph says decides, then what the token shows; what neither tells has both causes named.
#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_cause_and_not_what_is_there() {
    const ROLE: &str = "SecurityAlert.Read.All";
    let (grant, onboard) = ("give it admin consent", "security.microsoft.com");
    let missing = "Missing application roles. API required roles: SecurityAlert.Read.All";
    for (status, said, roles, words, absent) in [
        (
            403,
            "Account is not provisioned.",
            Some(ROLE),
            vec![onboard],
            grant,
        ),
        (
            401,
            "Unauthorized request Account is not provisioned",
            None,
            vec![onboard],
            grant,
        ),
        (
            403,
            "The tenant has no valid license",
            None,
            vec![onboard],
            grant,
        ),
        (
            403,
            "Access has been blocked by Conditional Access policies.",
            Some(ROLE),
            vec!["exclude the application", "sign-in logs"],
            onboard,
        ),
        (
            403,
            "AADSTS53003: the access policy does not allow token issuance",
            None,
            vec!["a Conditional Access policy"],
            grant,
        ),
        (403, missing, None, vec![grant], onboard),
        // Nobody is told to grant what is there.
        (
            403,
            missing,
            Some(ROLE),
            vec!["the token has", "within the last hour", onboard],
            grant,
        ),
        (403, missing, Some("User.Read.All"), vec![grant], onboard),
        (
            403,
            "",
            Some(ROLE),
            vec![onboard, "has the permission"],
            grant,
        ),
        (403, "", Some("User.Read.All"), vec![grant], onboard),
        (403, "", None, vec![grant, onboard], "has the permission"),
        (401, "", Some(ROLE), vec!["cloud", "clock"], grant),
        (401, "", None, vec!["cloud", grant], onboard),
    ] {
        let token = roles.map_or(format!("opaque-{MARKER}"), |role| {
            let part = |json: String| URL_SAFE_NO_PAD.encode(json);
            let claims = part(format!(r#"{{"roles":["{role}"]}}"#));
            format!(
                "{}.{claims}.{MARKER}",
                part(r#"{"alg":"RS256"}"#.to_owned())
            )
        });
        let tokens = [Answer::token(&token, 3599), Answer::token(&token, 3599)];
        let body = format!(r#"{{"error":{{"code":"Forbidden","message":"{said}"}}}}"#);
        let refusals = [
            Answer::json(status, body.clone()),
            Answer::json(status, body),
        ];
        let script = Script::new(tokens, refusals);
        let error = script.graph().list(&query(), Deadline::none()).await;
        let text = shown(&error.unwrap_err());
        for word in words.iter().chain([&said]) {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
        assert!(!text.contains(absent), "{absent:?} is in: {text}");
    }
}

/// A policy of the tenant refuses a token that nothing is wrong with.
#[tokio::test(start_paused = true)]
async fn a_challenge_with_claims_names_the_policy() {
    let challenge = format!(r#"Bearer realm="", error="insufficient_claims", claims="{MARKER}""#);
    let with_header = || Answer::error(401, "X").header("www-authenticate", &challenge);
    let said =
        "Continuous access evaluation resulted in challenge with result: InteractionRequired";
    let with_words = || {
        let body = format!(r#"{{"error":{{"code":"X","message":"{said}"}}}}"#);
        Answer::json(401, body)
    };
    for answers in [[with_header(), with_header()], [with_words(), with_words()]] {
        let (error, _) = fail(answers.into()).await;
        let text = shown(&error);
        for word in ["access policy", "sign-in logs"] {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
        assert!(!text.contains("clock"), "{text}");
    }
    // One without such words may be of that kind as well.
    let (error, _) = fail(vec![Answer::error(401, "X"), Answer::error(401, "X")]).await;
    assert!(shown(&error).contains("access policy"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_refusal_of_the_token_says_what_to_check() {
    for (status, code, words) in [
        (404, "ResourceNotFound", ["cloud", "graph_url"]),
        (400, "BadRequest", ["service_sources", "report"]),
        (409, "Conflict", ["try again", "report"]),
    ] {
        let (error, _) = fail(vec![Answer::error(status, code)]).await;
        let text = shown(&error);
        for word in words.into_iter().chain([code]) {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
    }
}

/// Graph's words are shown, a token in them and what a terminal would obey are not.
#[tokio::test(start_paused = true)]
async fn graphs_words_are_bounded_and_without_tokens() {
    let said = format!(
        "Token eyJ{MARKER}.e30.x refused\\u001b[31m {}",
        "because ".repeat(100)
    );
    let body = format!(r#"{{"error":{{"code":"Forbidden","message":"{said}"}}}}"#);
    let (error, _) = fail(vec![Answer::json(403, body)]).await;
    let text = shown(&error);
    assert!(
        text.contains("Token [removed] refused [31m because"),
        "{text}"
    );
    assert!(text.matches("because").count() < 30, "{text}");

    let body = r#"{"error":{"code":"Forbidden","message":"access_token=short1, Bearer short2"}}"#;
    let (error, _) = fail(vec![Answer::json(403, body)]).await;
    let text = shown(&error);
    assert!(
        text.contains("access_token=[removed], Bearer [removed]"),
        "{text}"
    );
}

/// The proxy that forbids it knows nothing of Graph's permissions.
#[tokio::test(start_paused = true)]
async fn a_proxys_page_is_not_taken_for_graphs_refusal() {
    for status in [401, 403] {
        let page = || {
            let html = Answer::status(status).header("content-type", "text/html");
            html.body(format!("<html>{MARKER}"))
        };
        let (error, _) = fail(vec![page(), page()]).await;
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = shown(&error);
        assert!(
            text.contains("proxy") && !text.contains("admin consent"),
            "{text}"
        );
    }
}

/// Nor is one without a page, which cannot be told from Graph's: it is named as one cause more.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_not_in_graphs_form_may_be_a_proxys() {
    for status in [401, 403] {
        for body in ["", "Forbidden", r#"{"message":"Forbidden"}"#] {
            let plain = || Answer::status(status).body(body);
            let (error, _) = fail(vec![plain(), plain()]).await;
            let text = shown(&error);
            for word in ["proxy on the way", "admin consent"] {
                assert!(text.contains(word), "{word:?} is not in: {text}");
            }
        }
        let graphs = || Answer::error(status, "Forbidden");
        let (error, _) = fail(vec![graphs(), graphs()]).await;
        assert!(!shown(&error).contains("proxy"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn forbidden_after_a_renewed_token_is_final_too() {
    let (error, tries) = fail(vec![Answer::error(401, "A"), Answer::error(403, "B")]).await;
    assert_eq!((error.kind(), tries), (ErrorKind::Forbidden, 2));
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again() {
    let half = &page(&["a", "b"], None)[..40];
    for answer in [
        Answer::error(500, "UnknownError"),
        Answer::status(502),
        Answer::json(503, format!("<html>{MARKER}")),
        Answer::status(504),
        Answer::status(408),
        Answer::broken(TransportError::Connect("refused".to_owned())),
        Answer::broken(cut()),
        Answer::json(200, half).then(cut()),
        Answer::json(200, half).then(TransportError::Timeout("read".to_owned())),
        Answer::json(200, half),
        Answer::json(200, half).header("content-length", "4000"),
        Answer::json(200, ""),
        Answer::json(200, format!(r#"{{"value":[{{"{MARKER}":}}]}}"#)),
        Answer::json(
            200,
            format!(r#"{{"value":[],"@odata.nextLink":[["{MARKER}"]]}}"#),
        ),
        Answer::json(200, format!(r#"{{"value":["{MARKER}"],"value":[]}}"#)),
        Answer::error(200, "UnknownError"),
        Answer::page(&["a"]).after(Duration::from_secs(3600)),
    ] {
        assert_eq!(recovers(answer).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn five_failures_are_enough() {
    let answers = || (0..5).map(|_| Answer::error(504, "UnknownError")).collect();
    let (error, tries) = fail(answers()).await;
    assert_eq!(
        (error.kind(), error.status(), tries),
        (ErrorKind::Server, Some(504), 5)
    );
    assert!(error.is_retryable());
    assert!(shown(&error).contains("5 tries in"), "{error}");

    let answers = (0..5).map(|_| Answer::json(200, r#"{"value":["#)).collect();
    let (error, _) = fail(answers).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(
        shown(&error).contains("ends too early at line 1"),
        "{error}"
    );

    let answers = (0..5).map(|_| Answer::broken(cut())).collect();
    let (error, _) = fail(answers).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(
        shown(&error).contains("cut off (connection reset)"),
        "{error}"
    );
}

/// As a Graph that does not count answers each `$count`.
#[tokio::test(start_paused = true)]
async fn what_is_not_implemented_is_asked_once() {
    let (error, tries) = fail(vec![Answer::error(501, "NotImplemented")]).await;
    assert_eq!((error.status(), tries), (Some(501), 1));
    assert!(error.is_retryable(), "the next poll asks again");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_tries() {
    let script = Script::pages((0..5).map(|_| Answer::status(500)));
    let begun = Instant::now();
    let deadline = Deadline::after(Duration::from_secs(2));
    let error = script.graph().list(&query(), deadline).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(script.gets().len() < 5);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_request_that_hangs() {
    let hangs = || Answer::page(&["a"]).after(Duration::from_secs(3600));
    let script = Script::pages([hangs(), hangs(), hangs(), hangs(), hangs()]);
    let begun = Instant::now();
    let deadline = Deadline::after(Duration::from_secs(20));
    let error = script.graph().list(&query(), deadline).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(shown(&error).contains("s for the whole request"), "{error}");
    // One try takes half of the time, so that there is another.
    assert!(script.posts().len() <= 5 && begun.elapsed().as_secs() <= 20);
    assert!(begun.elapsed().as_secs() > 10);
}

#[tokio::test(start_paused = true)]
async fn without_time_nothing_is_sent() {
    let script = Script::pages([]);
    let error = script
        .graph()
        .list(&query(), Deadline::after(Duration::ZERO))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.is_retryable() && error.exchange().is_none());
    assert!(script.posts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_page_over_the_limit_is_not_asked_for_again() {
    let large = format!(r#"{{"value":["{}"]}}"#, MARKER.repeat(20_000));
    for answer in [
        Answer::json(200, large),
        Answer::json(200, "{").header("content-length", "100001"),
    ] {
        let (error, tries) = fail(vec![answer]).await;
        assert_eq!((error.kind(), tries), (ErrorKind::TooLarge, 1));
        assert!(!error.is_retryable());
        assert!(shown(&error).contains("smaller $top"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_repeats_graphs_code_and_a_tame_message() {
    let message = format!(
        "Invalid filter clause:\\r\\n\\u001b[31m ü {}",
        "x".repeat(900)
    );
    let body = format!(r#"{{"error":{{"code":"BadRequest","message":"{message}","x":{{}}}}}}"#);
    let answer = Answer::json(400, body).header("request-id", "id-7");
    let (error, tries) = fail(vec![answer]).await;
    assert_eq!((error.kind(), tries), (ErrorKind::BadRequest, 1));
    let GraphError::BadRequest {
        code,
        message,
        exchange,
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(code.as_deref(), Some("BadRequest"));
    assert!(message.starts_with("Invalid filter clause: [31m x") && message.len() == 200);
    assert_eq!(exchange.request_id.as_deref(), Some("id-7"));
}

#[tokio::test(start_paused = true)]
async fn an_expired_continuation_is_a_bad_request() {
    let (error, _) = fail(vec![Answer::error(410, "resyncRequired")]).await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::BadRequest, Some(410))
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_graph_is_told_apart() {
    for answer in [
        Answer::status(200)
            .header("content-type", "text/html; charset=utf-8")
            .body(MARKER),
        Answer::status(200).body(format!("\n <!doctype html>{MARKER}")),
        Answer::json(200, format!(r#"{{"{MARKER}":1}}"#)),
        Answer::json(200, format!(r#"["{MARKER}"]"#)),
        Answer::json(200, format!(r#"{{"value":"{MARKER}"}}"#)),
        Answer::status(404).body(MARKER),
        Answer::status(418),
    ] {
        let (error, tries) = fail(vec![answer]).await;
        assert_eq!((error.kind(), tries), (ErrorKind::Configuration, 1));
        let text = shown(&error);
        assert!(
            text.contains("is not Microsoft Graph: check graph-url"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_never_followed() {
    let location = "https://MARKER:MARKER@elsewhere.example:8443/MARKER?MARKER";
    for status in [301, 302, 303, 307, 308] {
        let (error, tries) = fail(vec![Answer::status(status).header("location", location)]).await;
        assert_eq!((error.kind(), tries), (ErrorKind::Configuration, 1));
        let text = shown(&error);
        assert!(
            text.contains("redirects to elsewhere.example:8443"),
            "{text}"
        );
    }
    let (error, _) = fail(vec![Answer::status(304)]).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test(start_paused = true)]
async fn requests_refused_together_renew_together() {
    let refused = || Answer::error(401, "A").after(Duration::from_secs(1));
    let pages = (0..4).map(|_| Answer::page(&["a"]));
    let script = Script::pages((0..4).map(|_| refused()).chain(pages));
    let graph = Arc::new(script.graph());
    let query = query();
    let all = (0..4).map(|_| graph.list(&query, Deadline::none()));
    for page in futures::future::join_all(all).await {
        assert_eq!(page.unwrap().alerts().len(), 1);
    }
    assert_eq!(script.seen(&http::Method::POST).len(), 2);
}
