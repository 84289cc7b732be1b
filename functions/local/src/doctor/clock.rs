//! The clock of this machine beside Microsoft's.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use drawbridge_http::authority;
use drawbridge_poll::assembly::{Admitted, Services};
use drawbridge_time::Deadline;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use url::Url;

use super::Line;
use crate::span::span;

/// A poll stays 30 seconds behind now: with a clock that is further ahead, it reads a time that Graph
/// does not have yet, and alerts come later than they could.
const WARN_SECS: i64 = 30;

/// Entra takes an assertion that is signed with a certificate within five minutes of its own time.
const FAILED_SECS: i64 = 300;

/// How long an answer may take.
const TIME: Duration = Duration::from_secs(20);

/// A line for each host that tenants sign in at.
pub(super) async fn lines(
    polled: impl Iterator<Item = Admitted<'_>>,
    services: &Services,
) -> Vec<Line> {
    let mut hosts: BTreeMap<String, (Url, Admitted<'_>)> = BTreeMap::new();
    for tenant in polled {
        if let Ok(endpoints) = tenant.endpoints(services.trust.endpoints()) {
            hosts
                .entry(authority(&endpoints.login))
                .or_insert((endpoints.login, tenant));
        }
    }
    let mut lines = Vec::new();
    for (host, (url, tenant)) in hosts {
        let before = Timestamp::now();
        let date = date(services, tenant, &url).await;
        let took = Timestamp::now().duration_since(before);
        lines.push(match date {
            Ok(theirs) => {
                let ours = before.saturating_add(took / 2).unwrap_or(before);
                compared(&host, ours.duration_since(theirs).as_secs())
            }
            Err(why) => Line::warn(
                "clock",
                format!("it could not be compared with that of {host}: {why}"),
                "if the sign-in fails, too, mend that first; if not, run this again",
            ),
        });
    }
    lines
}

/// The time that a host's answer tells. Any answer does.
async fn date(services: &Services, tenant: Admitted<'_>, url: &Url) -> Result<Timestamp, String> {
    let request = http::Request::get(url.as_str()).body(Bytes::new());
    let request = request.map_err(|_| "the host has no address of its own".to_owned())?;
    let transport = services.transport(tenant);
    let answer = Deadline::after(TIME).bound(transport.send(request)).await;
    let answer = answer.ok_or("no answer in time")?;
    let answer = answer.map_err(|error| error.to_string())?;
    let date = answer.headers().get(http::header::DATE);
    let date = date.and_then(|date| date.to_str().ok());
    let date = date.ok_or("its answer has no Date")?;
    let date = rfc2822::parse(date)
        .map_err(|_| "the Date header of its answer is not a date".to_owned())?;
    Ok(date.timestamp())
}

/// The line about a clock that is `ahead` seconds ahead, or behind if that is negative.
fn compared(host: &str, ahead: i64) -> Line {
    let off = ahead.abs();
    let how = if ahead < 0 { "behind" } else { "ahead of" };
    let text = format!("it is {} {how} that of {host}", span(off));
    let todo = "let this machine take its time from NTP";
    match off {
        FAILED_SECS.. => Line::failed("clock", text, todo),
        WARN_SECS..FAILED_SECS => Line::warn("clock", text, todo),
        _ => Line::ok(
            "clock",
            format!("it differs from that of {host} by less than {WARN_SECS} s"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Mark;

    #[test]
    fn a_clock_that_is_wrong_is_told_by_how_much() {
        for (ahead, mark, words) in [
            (0, Mark::Ok, "by less than 30 s"),
            (-29, Mark::Ok, "by less than 30 s"),
            (30, Mark::Warn, "30 s ahead of"),
            (-299, Mark::Warn, "4 min 59 s behind"),
            (300, Mark::Failed, "5 min ahead of"),
            (-86_400, Mark::Failed, "1 d behind"),
        ] {
            let line = compared("login.example", ahead);
            assert_eq!(line.mark, mark, "{ahead}");
            assert!(line.text.contains(words), "{}", line.text);
        }
    }
}
