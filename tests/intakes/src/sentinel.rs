//! Microsoft's sign-in and the Logs Ingestion API of Azure Monitor, on one address.

use std::collections::HashMap;

use serde_json::Value;
use url::Url;

use crate::http::{ReceivedRequest, Reply, json};

/// The tenant that has the application.
pub const TENANT: &str = "tenant.example";
/// The data collection rule.
pub const DCR: &str = "dcr-0123";
/// The rule's stream.
pub const STREAM: &str = "Custom-DrawbridgeSiem_CL";

const TOKEN: &str = "MARKER-jwt";

/// The sign-in, which knows one client secret, and whatever `intake` says for the API, once the
/// call is in order.
pub fn azure(
    asked: &ReceivedRequest,
    secret: &str,
    intake: impl FnOnce(&ReceivedRequest) -> Reply,
) -> Reply {
    if is_sign_in(asked) {
        assert_eq!(asked.path, format!("/{TENANT}/oauth2/v2.0/token"));
        return signed_in(asked, secret);
    }
    assert_eq!(
        asked.path,
        format!("/dataCollectionRules/{DCR}/streams/{STREAM}?api-version=2023-01-01")
    );
    assert_eq!(asked.headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(asked.headers["content-encoding"], "gzip");
    assert!(asked.body.len() <= 1_000_000 && asked.raw.len() <= 1_000_000);
    intake(asked)
}

/// Whether a request is the sign-in's.
pub fn is_sign_in(asked: &ReceivedRequest) -> bool {
    asked.path.contains("oauth2")
}

fn signed_in(asked: &ReceivedRequest, secret: &str) -> Reply {
    let form: HashMap<String, String> = Url::parse(&format!("http://x/?{}", asked.body))
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect();
    assert_eq!(form["scope"], "https://monitor.azure.com/.default");
    if form["client_secret"] == secret {
        let token =
            format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{TOKEN}"}}"#);
        return json(200, &token);
    }
    json(
        401,
        r#"{"error":"invalid_client","error_codes":[7000215],"error_description":"AADSTS7000215: MARKER"}"#,
    )
}

/// A call that is taken: its rows have columns that Log Analytics has room for, whole.
pub fn taken(asked: &ReceivedRequest) -> Reply {
    for row in rows(asked) {
        for (name, value) in row.as_object().unwrap() {
            assert!(name.len() <= 45 && !["id", "Title", "TenantId", "Type"].contains(&&**name));
            assert!(
                value.as_str().is_none_or(|text| text.len() <= 64 * 1024),
                "{name}"
            );
        }
    }
    Reply::Answer(204, vec![], String::new())
}

/// The rows of a call.
pub fn rows(asked: &ReceivedRequest) -> Vec<Value> {
    serde_json::from_str(&asked.body).unwrap()
}
