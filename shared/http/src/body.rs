//! Reading a body without ever holding more than is allowed.

use futures::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::transport::{Body, TransportError};

/// Why a body could not be read whole.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyProblem {
    /// More than the limit.
    TooLarge,
    /// The stream broke.
    Transport(TransportError),
}

/// Collects at most `limit` decoded bytes. Memory never exceeds the limit, whatever the answer
/// announces or unpacks to; a body shorter than announced is an error.
///
/// Room for all that is allowed is reserved at once, whatever is announced. That is address space
/// only, the memory comes with the bytes. Growing in steps would hold a page twice; and glibc's
/// allocator learns from each freed block of up to 32 MiB to keep more free memory to itself, so
/// that a process which reads many pages of a few megabytes would end up with twice what it needs.
pub async fn collect(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Vec<u8>, BodyProblem> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyProblem::TooLarge);
    }
    let mut bytes = Vec::new();
    bytes.reserve_exact(limit);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(BodyProblem::Transport)?;
        if chunk.len() > limit - bytes.len() {
            return Err(BodyProblem::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    match announced {
        Some(length) if bytes.len() < length => Err(BodyProblem::Transport(
            TransportError::CutOff(format!("{} of {length} bytes", bytes.len())),
        )),
        _ => Ok(bytes),
    }
}

/// The length of the decoded body, if the answer says so.
fn announced(headers: &HeaderMap) -> Option<usize> {
    if headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    headers
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures::stream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn chunks(count: usize, size: usize) -> Body {
        stream::iter((0..count).map(move |_| Ok(Bytes::from(vec![b'x'; size])))).boxed()
    }

    fn length(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, value.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn the_limit_itself_fits_and_one_byte_more_does_not() {
        let none = HeaderMap::new();
        let bytes = collect(&none, chunks(10, 1000), 10_000).await.unwrap();
        assert_eq!((bytes.len(), bytes.capacity()), (10_000, 10_000));
        assert_eq!(
            collect(&none, chunks(10, 1000), 9_999).await,
            Err(BodyProblem::TooLarge)
        );
    }

    #[tokio::test]
    async fn memory_stays_within_the_limit() {
        let limit = 300_000;
        let bytes = collect(&HeaderMap::new(), chunks(250, 1000), limit)
            .await
            .unwrap();
        assert_eq!(bytes.len(), 250_000);
        assert!(bytes.capacity() <= limit);
    }

    #[tokio::test]
    async fn reading_stops_where_the_limit_is_passed() {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let endless = stream::repeat_with(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(Bytes::from_static(&[0; 1000]))
        });
        let result = collect(&HeaderMap::new(), endless.boxed(), 5_000).await;
        assert_eq!(result, Err(BodyProblem::TooLarge));
        assert_eq!(read.load(Ordering::Relaxed), 6);
    }

    #[tokio::test]
    async fn an_announced_length_is_held_against_the_body() {
        assert_eq!(
            collect(&length("20001"), chunks(1, 1), 20_000).await,
            Err(BodyProblem::TooLarge)
        );
        let cut = collect(&length("3000"), chunks(2, 1000), 20_000).await;
        assert!(matches!(
            cut,
            Err(BodyProblem::Transport(TransportError::CutOff(_)))
        ));
        let whole = collect(&length("2000"), chunks(2, 1000), 20_000).await;
        assert_eq!(whole.map(|bytes| bytes.len()), Ok(2000));
    }

    #[tokio::test]
    async fn the_length_of_a_packed_body_says_nothing_about_the_unpacked_one() {
        let mut headers = length("10");
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        let bytes = collect(&headers, chunks(2, 1000), 20_000).await;
        assert_eq!(bytes.map(|bytes| bytes.len()), Ok(2000));
    }
}
