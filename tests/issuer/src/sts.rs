//! A stand-in of AWS STS: `GetWebIdentityToken` of the query API, version 2011-06-15.

use std::collections::HashMap;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::issued::Issued;
use crate::key::Error;
use crate::{StsAnswer, StsRequest};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(crate) fn answer(issued: &Issued, headers: &HeaderMap, body: &str) -> Result<Response, Error> {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let is_signed = authorization.starts_with("AWS4-HMAC-SHA256 ")
        && authorization.contains("/sts/aws4_request");
    let (answer, count) = {
        let mut inner = issued.inner();
        inner.count += 1;
        inner.requests.push(StsRequest {
            form: form.clone(),
            is_signed,
        });
        (inner.answer.clone(), inner.count)
    };
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("Action") != "GetWebIdentityToken" || !is_signed {
        return Ok(refusal(400, "InvalidAction"));
    }
    let now = Timestamp::now();
    let seconds: i64 = field("DurationSeconds").parse().unwrap_or(300);
    let end = now.checked_add(SignedDuration::from_secs(seconds))?;
    let token = match answer {
        StsAnswer::Error { status, code } => return Ok(refusal(status, &code)),
        StsAnswer::Text(text) => text,
        StsAnswer::Token { subject } => issued.sign(&json!({
            "iss": issued.url(),
            "sub": subject,
            "aud": field("Audience.member.1"),
            "iat": now.as_second(),
            "exp": end.as_second(),
            "jti": format!("sts-{count}"),
            "https://sts.amazonaws.com/": { "aws_account": "000000000000" },
        }))?,
    };
    let body = format!(
        "<GetWebIdentityTokenResponse xmlns=\"{NAMESPACE}\"><GetWebIdentityTokenResult>\
         <WebIdentityToken>{token}</WebIdentityToken><Expiration>{end:.0}</Expiration>\
         </GetWebIdentityTokenResult><ResponseMetadata><RequestId>request-1</RequestId>\
         </ResponseMetadata></GetWebIdentityTokenResponse>"
    );
    Ok(xml(StatusCode::OK, body))
}

fn refusal(status: u16, code: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>about {code}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>"
    );
    xml(status, body)
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}
