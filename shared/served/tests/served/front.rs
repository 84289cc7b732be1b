//! What is between a client and the router: nothing.

use drawbridge_served::{Body, Router};
use http::Response;
use http::request::Parts;

pub(crate) async fn answer(router: &Router, head: Parts, body: &[u8]) -> Response<Body> {
    router.answer(&head, body).await
}
