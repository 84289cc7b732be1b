use bytes::{BufMut as _, Bytes, BytesMut};
use url::Url;

use crate::world::List;

/// One page of a list.
pub(crate) struct Page {
    pub(crate) body: Bytes,
    pub(crate) alerts: u64,
}

/// Puts a page together out of the alerts' own bytes.
///
/// `foreign` replaces the next link.
pub(crate) fn page(
    list: &List,
    number: u64,
    offset: usize,
    root: &Url,
    foreign: Option<&str>,
) -> Page {
    let end = (offset + list.top).min(list.matching.len());
    let indices = list.matching.get(offset..end).unwrap_or_default();
    let size: usize = indices
        .iter()
        .map(|&index| list.rows[index].json.len() + 1)
        .sum();
    let mut body = BytesMut::with_capacity(size + 1024);
    body.put_slice(
        format!("{{\"@odata.context\":\"{root}v1.0/$metadata#security/alerts_v2\"").as_bytes(),
    );
    if list.count {
        body.put_slice(format!(",\"@odata.count\":{}", list.matching.len()).as_bytes());
    }
    body.put_slice(b",\"value\":[");
    for (n, &index) in indices.iter().enumerate() {
        if n > 0 {
            body.put_u8(b',');
        }
        body.put_slice(&list.rows[index].json);
    }
    body.put_u8(b']');
    let own = (end < list.matching.len()).then(|| {
        format!(
            "{root}v1.0/security/alerts_v2?$skiptoken={}",
            skip_token(number, end)
        )
    });
    if let Some(link) = foreign.map(str::to_owned).or(own) {
        body.put_slice(format!(",\"@odata.nextLink\":\"{link}\"").as_bytes());
    }
    body.put_u8(b'}');
    Page {
        body: body.freeze(),
        alerts: indices.len() as u64,
    }
}

/// Nobody is to read anything into a token but the simulator.
fn skip_token(number: u64, offset: usize) -> String {
    format!("{number:08x}{offset:08x}").chars().rev().collect()
}

/// The list and the offset of a token of [`skip_token`].
pub(crate) fn read_skip_token(token: &str) -> Option<(u64, usize)> {
    let token: String = token.chars().rev().collect();
    let (number, offset) = token.split_at_checked(8)?;
    Some((
        u64::from_str_radix(number, 16).ok()?,
        usize::from_str_radix(offset, 16).ok()?,
    ))
}
