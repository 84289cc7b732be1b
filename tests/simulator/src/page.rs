use bytes::{BufMut as _, Bytes, BytesMut};
use url::Url;

use crate::tenant::List;

/// Where a page lies: the tenant, its list and the first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PagePosition {
    pub(crate) tenant: usize,
    pub(crate) list: u64,
    pub(crate) offset: usize,
}

/// One page of a list.
pub(crate) struct Page {
    pub(crate) body: Bytes,
    pub(crate) alerts: u64,
}

/// Puts a page together out of the alerts' own bytes.
///
/// `foreign` replaces the next link.
pub(crate) fn page(list: &List, place: PagePosition, root: &Url, foreign: Option<&str>) -> Page {
    let offset = place.offset;
    let end = (offset + list.top).min(list.matching.len());
    let indices = list.matching.get(offset..end).unwrap_or_default();
    let size: usize = indices
        .iter()
        .map(|&index| list.rows[index].at(list.now).json.len() + 1)
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
        body.put_slice(&list.rows[index].at(list.now).json);
    }
    body.put_u8(b']');
    let own = (end < list.matching.len()).then(|| {
        format!(
            "{root}v1.0/security/alerts_v2?$skiptoken={}",
            skip_token(PagePosition {
                offset: end,
                ..place
            })
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
fn skip_token(place: PagePosition) -> String {
    let PagePosition {
        tenant,
        list,
        offset,
    } = place;
    let plain = format!("{tenant:08x}{list:08x}{offset:08x}");
    plain.chars().rev().collect()
}

/// The place that a token of [`skip_token`] stands for.
pub(crate) fn read_skip_token(token: &str) -> Option<PagePosition> {
    let token: String = token.chars().rev().collect();
    let (tenant, rest) = token.split_at_checked(8)?;
    let (list, offset) = rest.split_at_checked(8)?;
    Some(PagePosition {
        tenant: usize::from_str_radix(tenant, 16).ok()?,
        list: u64::from_str_radix(list, 16).ok()?,
        offset: usize::from_str_radix(offset, 16).ok()?,
    })
}
