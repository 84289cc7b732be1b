//! Tenants that are broken, each in its way, and how that shows.

use drawbridge_simulator::{Credential, Simulator};
use serde_json::Value;

use super::TenantOutcome;
use super::who::{Who, application, directory, with_secret};

/// A broken tenant, and what is to be seen of it after three ticks.
pub(crate) struct Trouble {
    pub(crate) who: Who,
    pub(crate) check: fn(&TenantOutcome),
}

/// Every one of them.
pub(crate) fn all() -> Vec<Trouble> {
    vec![
        broken("broken-document", |document| {
            document.replace("sweeps", "sweep")
        }),
        broken("no-such-output", |document| {
            format!("{document}outputs = [\"siemens\"]\n")
        }),
        Trouble {
            who: expired("expired-secret"),
            check: |found| {
                refused(found);
                // Entra said so at the first job, and each process asks for itself.
                assert_eq!(found.asked.list_requests, 0);
            },
        },
        Trouble {
            who: wrong_app("wrong-app"),
            check: refused,
        },
        Trouble {
            who: without_consent("no-consent"),
            check: refused,
        },
        Trouble {
            who: with_secret("graph-down"),
            check: |found| {
                // Tried again when its time has come, and not before: its jobs wait in its group.
                assert_eq!(each(found, "Failures"), [1.0]);
                assert_eq!(each(found, "AuthFailures"), [0.0]);
                assert_eq!(each(found, "ConfigErrors"), [0.0]);
                assert!(found.records.is_empty());
            },
        },
        Trouble {
            who: throttled("throttled"),
            check: |found| {
                // The first poll reads what there was, the second is told to wait.
                assert_eq!(each(found, "Successes"), [1.0, 0.0]);
                assert_eq!(found.records.len(), 4);
                assert!(found.asked.throttled > 0);
            },
        },
    ]
}

/// What is broken on Graph's side from the beginning.
pub(crate) fn begin(simulator: &Simulator) {
    if let Some(down) = simulator.tenant(&directory("graph-down")) {
        down.set_down(true);
    }
}

/// A metric of each job; what is not told is nothing.
fn each(found: &TenantOutcome, metric: &str) -> Vec<f64> {
    let value = |metrics: &Value| metrics[metric].as_f64().unwrap_or_default();
    found.metrics.iter().map(value).collect()
}

/// Credentials or consent: each tick tries anew, and tells.
fn refused(found: &TenantOutcome) {
    assert_eq!(each(found, "AuthFailures"), [1.0; 3]);
    assert_eq!(each(found, "Failures"), [1.0; 3]);
    assert!(found.records.is_empty());
}

fn broken(name: &str, change: fn(&str) -> String) -> Trouble {
    let mut who = with_secret(name);
    who.document.1 = change(&who.document.1);
    Trouble {
        who,
        check: |found| {
            assert_eq!(each(found, "ConfigErrors"), [1.0; 3]);
            assert_eq!(each(found, "AuthFailures"), [0.0; 3]);
            // Nothing was asked of anybody.
            assert_eq!(found.asked, drawbridge_simulator::Stats::default());
            assert!(found.records.is_empty());
        },
    }
}

fn expired(name: &str) -> Who {
    let mut who = with_secret(name);
    let secret = who.secret.clone().unwrap();
    who.simulated.credentials = vec![Credential::ExpiredSecret(secret)];
    who
}

/// Its document names an application that the tenant does not have.
fn wrong_app(name: &str) -> Who {
    let mut who = with_secret(name);
    who.document.1 = who
        .document
        .1
        .replace(&application(name), &application("another"));
    who
}

fn without_consent(name: &str) -> Who {
    let mut who = with_secret(name);
    who.simulated.has_consent = false;
    who
}

fn throttled(name: &str) -> Who {
    let mut who = with_secret(name);
    who.simulated.requests_per_minute = Some(1);
    who
}
