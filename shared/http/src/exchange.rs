//! Which request an error is about.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::address::authority;

/// A request in an error: method, host and path (never the query, which may hold a token), how
/// often it was tried and for how long, and Graph's own name for the last try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Host and port.
    pub host: String,
    /// Path without query.
    pub path: String,
    /// Times the request was sent.
    pub tries: u32,
    /// Time since the first try began, waits included.
    pub elapsed: Duration,
    /// The `request-id` of the last answer, for a support case.
    pub request_id: Option<String>,
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            host,
            path,
            tries,
            ..
        } = self;
        let plural = if *tries == 1 { "try" } else { "tries" };
        let secs = self.elapsed.as_secs_f64();
        write!(f, "{method} {host}{path} ({tries} {plural} in {secs:.1} s")?;
        if let Some(id) = &self.request_id {
            write!(f, ", request-id {id}")?;
        }
        f.write_str(")")
    }
}

/// Counts the tries of one operation.
#[derive(Debug)]
pub struct Attempts {
    method: &'static str,
    host: String,
    path: String,
    tries: u32,
    begun: Instant,
}

impl Attempts {
    /// Of a request to `url`, which is not sent yet.
    pub fn begin(method: &'static str, url: &Url) -> Self {
        Self {
            method,
            host: authority(url),
            path: url.path().to_owned(),
            tries: 0,
            begun: Instant::now(),
        }
    }

    /// Counts a try.
    pub fn count(&mut self) {
        self.tries = self.tries.saturating_add(1);
    }

    /// The tries so far.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// The request as it is named in an error.
    pub fn exchange(&self, request_id: Option<String>) -> Box<Exchange> {
        Box::new(Exchange {
            method: self.method,
            host: self.host.clone(),
            path: self.path.clone(),
            tries: self.tries,
            elapsed: self.begun.elapsed(),
            request_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_reads_as_one_line_without_the_query() {
        let url =
            Url::parse("https://u:MARKER@graph.example:444/v1.0/x?$skiptoken=MARKER").unwrap();
        let mut attempts = Attempts::begin("GET", &url);
        attempts.count();
        attempts.count();
        tokio::time::advance(Duration::from_millis(2500)).await;
        let exchange = attempts.exchange(Some("r-1".to_owned()));
        assert_eq!(
            exchange.to_string(),
            "GET graph.example:444/v1.0/x (2 tries in 2.5 s, request-id r-1)"
        );
        assert!(!format!("{exchange:?}{attempts:?}").contains("MARKER"));
    }
}
