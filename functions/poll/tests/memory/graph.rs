//! A Graph with three pages, each as large as a page may be.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_graph::{Graph, Settings};
use drawbridge_http::{Body, Transport, TransportError};
use futures::StreamExt as _;

/// How large a page may be: a sixteenth of what it may be in the function, for the sake of the test's
/// time.
pub(crate) const PAGE_BYTES: usize = 2 << 20;

/// How many alerts a page has; of each, there is one record.
pub(crate) const ALERTS: usize = 40;

/// A client of that Graph.
pub(crate) fn client() -> Graph {
    let settings = Settings {
        max_body_bytes: PAGE_BYTES,
        ..Settings::default()
    };
    crate::client::client(Arc::new(Pages), settings)
}

struct Pages;

#[async_trait]
impl Transport for Pages {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        // Long enough for all tenants to wait for their pages at the same time.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let page = query
            .split_once("skiptoken=")
            .map_or(0, |(_, n)| n.parse().unwrap());
        let next = match page {
            // How many alerts there are is not said.
            _ if query.contains("$count") => String::new(),
            2 => String::new(),
            _ => format!(
                r#""@odata.nextLink":"https://graph.example/v1.0/security/alerts_v2?$skiptoken={}","#,
                page + 1
            ),
        };
        let is_count = query.contains("$count");
        let start = format!(r#"{{{next}"value":["#);
        // Piece by piece, as it comes from the network.
        let alerts = (0..if is_count { 0 } else { ALERTS }).map(move |n| {
            let comma = if n == 0 { "" } else { "," };
            let text = "x".repeat(PAGE_BYTES / ALERTS - 300);
            let alert = format!(
                r#"{comma}{{"id":"{page}-{n}","lastUpdateDateTime":"2026-03-01T11:00:00Z","x":"{text}"}}"#
            );
            Ok(Bytes::from(alert))
        });
        let start = std::iter::once(Ok(Bytes::from(start)));
        let end = std::iter::once(Ok(Bytes::from_static(b"]}")));
        let body = futures::stream::iter(start.chain(alerts).chain(end)).then(async |piece| {
            tokio::task::yield_now().await;
            piece
        });
        let response = http::Response::builder().header("content-type", "application/json");
        Ok(response.body(body.boxed()).unwrap())
    }
}
