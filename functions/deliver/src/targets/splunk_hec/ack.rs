use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use bytes::Bytes;
use drawbridge_time::Deadline;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{SplunkHec, WHO};
use crate::http::Verdict;

/// How an acknowledgement is waited for.
#[derive(Clone, Copy)]
pub(super) struct AckPolling {
    pub(super) every: Duration,
    pub(super) longest: Duration,
}

/// What directs the questions to the indexer that took the events.
///
/// Every indexer counts the requests of a channel from 0, so that behind a balancer one could say
/// yes for another that lost the events. A channel that this request alone was sent on is known to
/// nobody else. The cookies by which the balancer finds the same indexer again (Splunk asks for
/// sticky sessions where HEC acknowledges: "Load balancing configurations for Splunk Connect for
/// Kafka") spare questions to those who cannot know.
pub(super) struct AckChannel {
    channel: String,
    /// Each as it is handed back, by its name.
    cookies: BTreeMap<String, String>,
}

impl AckChannel {
    /// One with a channel of its own.
    pub(super) fn new() -> Self {
        Self {
            channel: random_guid(),
            cookies: BTreeMap::new(),
        }
    }

    /// Remembers the cookies of an answer, one of a name: a balancer renews its own with each, and what is
    /// behind it may set others.
    pub(super) fn remember_cookies(&mut self, cookies: Option<&str>) {
        for cookie in cookies.into_iter().flat_map(|cookies| cookies.split("; ")) {
            let name = cookie.split_once('=').map_or(cookie, |(name, _)| name);
            self.cookies.insert(name.to_owned(), cookie.to_owned());
        }
    }

    /// What says whose request it is.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let channel = ("x-splunk-request-channel", self.channel.clone());
        let cookies: Vec<&str> = self.cookies.values().map(String::as_str).collect();
        let cookies = (!cookies.is_empty()).then(|| ("cookie", cookies.join("; ")));
        std::iter::once(channel).chain(cookies)
    }
}

#[derive(Deserialize)]
struct Acks {
    acks: HashMap<String, bool>,
}

impl SplunkHec {
    /// Asks until Splunk says that the events are indexed. If it does not say so in time, they are
    /// sent again: indexing them twice is better than losing them.
    pub(super) async fn wait_for_acknowledgement(
        &self,
        id: u64,
        channel: &mut AckChannel,
        polling: AckPolling,
        token: &SecretString,
        until: Deadline,
    ) -> Verdict {
        let mut url = self.acks.clone();
        url.query_pairs_mut()
            .append_pair("channel", &channel.channel);
        let began = Instant::now();
        loop {
            let body = Bytes::from(format!("{{\"acks\":[{id}]}}"));
            let request = self.request(&url, token, body, channel.headers());
            match self.client.send(request, until).await {
                Ok(answer) if answer.is_success() => {
                    channel.remember_cookies(answer.cookies.as_deref());
                    let acks: Option<Acks> = answer.json();
                    if acks.is_some_and(|acks| acks.acks.get(&id.to_string()) == Some(&true)) {
                        return Verdict::Taken;
                    }
                }
                // The token was good a moment ago. Whatever this is, it passes, or the next request shows it.
                Ok(answer) => tracing::debug!(status = answer.status, "no acknowledgement yet"),
                Err(verdict) => return verdict,
            }
            if began.elapsed() + polling.every > polling.longest || !until.allows(polling.every) {
                return Verdict::later(format!(
                    "{WHO} did not acknowledge within {} s: the events are sent again and may be \
                     indexed twice",
                    began.elapsed().as_secs()
                ));
            }
            sleep(polling.every).await;
        }
    }
}

/// A GUID of random bits.
fn random_guid() -> String {
    let bits = |n: u64| RandomState::new().hash_one(n);
    let hex = format!("{:016x}{:016x}", bits(1), bits(2));
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_share_a_channel() {
        let channels: HashSet<String> = (0..1_000).map(|_| AckChannel::new().channel).collect();
        assert_eq!(channels.len(), 1_000);
    }

    #[test]
    fn a_cookie_of_another_name_is_one_more() {
        let mut channel = AckChannel::new();
        assert_eq!(channel.headers().count(), 1);
        for cookies in [Some("lb=a; x=1"), None, Some("session=2"), Some("lb=b")] {
            channel.remember_cookies(cookies);
        }
        let (_, cookies) = channel.headers().last().unwrap();
        assert_eq!(cookies, "lb=b; session=2; x=1");
    }
}
