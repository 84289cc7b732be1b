//! What to do about a request that failed, apart from what happened.

use drawbridge_http::ask_again;

use crate::error::{GraphError, after_refusal, smaller};

impl GraphError {
    /// What to do about it, without what happened, which its text says first.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Throttled { retry_after, .. } => ask_again(*retry_after),
            Self::Unauthorized { denial, .. } | Self::Forbidden { denial, .. } => denial.advice(),
            Self::Server { .. } => "try again later".to_owned(),
            Self::Network { .. } => {
                "check the network, DNS, the proxy and the firewall between this \
                                     machine and Graph, then try again"
                    .to_owned()
            }
            Self::OutOfTime => "try again, and check that Graph can be reached".to_owned(),
            Self::Malformed { .. } | Self::BadLink { .. } => {
                "try again, and check that graph_url leads to Graph and nothing on the way changes \
                 its answers"
                    .to_owned()
            }
            Self::TooLarge { is_large, .. } => smaller(*is_large).to_owned(),
            Self::BadRequest { status, .. } => after_refusal(*status).to_owned(),
            Self::SignIn(error) => error.advice(),
            Self::BadQuery { problem } => (*problem).to_owned(),
            Self::Configuration { problem, .. } => problem.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_http::{Attempts, TransportError};
    use url::Url;

    #[test]
    fn each_failure_says_what_to_do() {
        let url = Url::parse("https://graph.example/v1.0/security/alerts_v2").unwrap();
        let exchange = || Attempts::begin("GET", &url).exchange(None);
        for (error, advice) in [
            (
                GraphError::Throttled {
                    exchange: exchange(),
                    retry_after: None,
                },
                "ask again later",
            ),
            (
                GraphError::Server {
                    exchange: exchange(),
                    status: 503,
                    code: None,
                    retry_after: None,
                },
                "try again",
            ),
            (
                GraphError::Network {
                    exchange: exchange(),
                    cause: TransportError::CutOff("reset".to_owned()),
                },
                "check the network",
            ),
            (
                GraphError::Malformed {
                    exchange: exchange(),
                    problem: "no value".to_owned(),
                },
                "check that graph_url",
            ),
            (
                GraphError::TooLarge {
                    exchange: exchange(),
                    limit_bytes: 1,
                    is_large: true,
                },
                "Defender portal",
            ),
            (
                GraphError::BadRequest {
                    exchange: exchange(),
                    status: 404,
                    code: None,
                    message: String::new(),
                },
                "check that cloud",
            ),
            (GraphError::OutOfTime, "try again"),
            (
                GraphError::BadQuery {
                    problem: "give a later end",
                },
                "give a later end",
            ),
            (
                GraphError::Configuration {
                    exchange: exchange(),
                    problem: "check graph_url".to_owned(),
                },
                "check graph_url",
            ),
        ] {
            let told = error.advice();
            assert!(told.contains(advice), "{told}");
        }
    }
}
