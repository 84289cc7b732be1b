use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use drawbridge_graph::Deadline;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{SplunkHec, WHO};
use crate::http::Verdict;

/// How an acknowledgement is waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) every: Duration,
    pub(super) longest: Duration,
}

#[derive(Deserialize)]
struct Acks {
    acks: HashMap<String, bool>,
}

impl SplunkHec {
    /// Asks until Splunk says that the events are indexed. If it does not in time, they are sent
    /// again: that may index them twice, and not asking might lose them.
    pub(super) async fn acknowledged(
        &self,
        id: u64,
        patience: Patience,
        token: &SecretString,
        until: Deadline,
    ) -> Verdict {
        let mut url = self.acks.clone();
        url.query_pairs_mut().append_pair("channel", &self.channel);
        let began = Instant::now();
        loop {
            let body = Bytes::from(format!("{{\"acks\":[{id}]}}"));
            let request = self.request(&url, token, body, false);
            match self.client.send(request, until).await {
                Ok(answer) if answer.is_success() => {
                    let acks: Option<Acks> = answer.json();
                    if acks.is_some_and(|acks| acks.acks.get(&id.to_string()) == Some(&true)) {
                        return Verdict::Taken;
                    }
                }
                // The token was good a moment ago; whatever this is, it passes or shows again.
                Ok(answer) => tracing::debug!(status = answer.status, "no acknowledgement yet"),
                Err(verdict) => return verdict,
            }
            if began.elapsed() + patience.every > patience.longest || !until.allows(patience.every)
            {
                return Verdict::later(format!(
                    "{WHO} did not acknowledge within {} s: the events are sent again and may be \
                     indexed twice",
                    began.elapsed().as_secs()
                ));
            }
            sleep(patience.every).await;
        }
    }
}
