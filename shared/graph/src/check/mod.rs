//! Does an identity work? Signs in for real, asks for one alert for real, and says in words what
//! came of it.

mod report;
mod roles;

use drawbridge_entra::{TokenCache, whole_days};
use drawbridge_time::Deadline;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::client::Graph;
use crate::error::GraphError;
use crate::query::{AlertQuery, Room};

pub use report::{Check, Finding, Level, Topic};

/// A certificate that ends within this many days is warned of: a month to make the next one.
const WARN_DAYS: i64 = 30;
/// How far back the one alert is looked for.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The alerts that a tenant reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// `serviceSource` values, such as `microsoftDefenderForEndpoint`; all when empty.
    pub service_sources: &'a [String],
    /// `severity` values, such as `high`; all when empty.
    pub severities: &'a [String],
}

impl Filter<'_> {
    /// Whether it lets every alert through.
    fn is_open(&self) -> bool {
        self.service_sources.is_empty() && self.severities.is_empty()
    }
}

/// Signs in with `tokens`, looks at what the token may do, and asks `graph` for one alert of the
/// last seven days before `now` that `filter` lets through.
///
/// Asks the login host and Graph for real. The token is neither logged nor kept beyond `tokens`.
/// That no alert comes is no failure: there may be none.
pub async fn check(
    graph: &Graph,
    tokens: &TokenCache,
    filter: Filter<'_>,
    now: Timestamp,
    deadline: Deadline,
) -> Check {
    let mut check = Check::default();
    let token = tokens.token(deadline).await;
    // One that has expired cannot sign in, and the sign-in says so itself.
    if let Some(end) = tokens.credential_expires().filter(|&end| now <= end) {
        check.add(expiry(now, end));
    }
    let token = match token {
        Ok(token) => token,
        Err(error) => {
            check.add(failed(Topic::SignIn, &error.into()));
            return check;
        }
    };
    check.add(Finding::passed(
        Topic::SignIn,
        "Entra handed out a token".to_owned(),
    ));
    check.add(roles::judge(token.expose_secret(), graph.resource()));
    drop(token);
    check.add(alerts(graph, filter, now, deadline).await);
    check
}

async fn alerts(graph: &Graph, filter: Filter<'_>, now: Timestamp, deadline: Deadline) -> Finding {
    let query = AlertQuery {
        severities: filter.severities.to_vec(),
        from: now
            .saturating_sub(LOOK_BACK)
            .unwrap_or(Timestamp::UNIX_EPOCH),
        to: now,
        service_sources: filter.service_sources.to_vec(),
        top: 1,
        room: Room::Usual,
    };
    match graph.list(&query, deadline).await {
        Ok(page) => {
            let text = match (page.alerts().len(), page.incomplete()) {
                (_, Some(_)) => "Graph answers, but says that a part of its answer is missing",
                (0, None) if filter.is_open() => {
                    "Graph answers; it has no alert of the last seven days"
                }
                (0, None) => {
                    "Graph answers; of the products and severities that the tenant reads, it has no \
                     alert of the last seven days"
                }
                (_, None) => "Graph answers with an alert",
            };
            Finding::passed(Topic::Alerts, text.to_owned())
        }
        Err(error) => failed(Topic::Alerts, &error),
    }
}

fn failed(topic: Topic, error: &GraphError) -> Finding {
    Finding {
        topic,
        level: Level::Failed,
        text: error.to_string(),
        todo: Some(error.advice()),
        kind: Some(error.kind()),
    }
}

fn expiry(now: Timestamp, end: Timestamp) -> Finding {
    let days = whole_days(now, end);
    if days > WARN_DAYS {
        let text = format!("the certificate is good for {days} days, until {end}");
        return Finding::passed(Topic::Credential, text);
    }
    let todo = "make a new one, upload it to the application, then store it";
    let when = match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    Finding {
        topic: Topic::Credential,
        level: Level::Warned,
        text: format!("the certificate expires in {when}, on {end}: {todo}"),
        todo: Some(todo.to_owned()),
        kind: None,
    }
}
