//! Models of the cursor rules of the pollers that people use today, on the same schedules.
//!
//! Each is a model, written from the file or thread that its row names: the rule by which it
//! decides what to ask for next and when to move its cursor, and nothing else of that product.

mod bless;
mod created_pollers;
mod graph_pollers;
mod io;
mod ran;
mod table;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::graph::{Ask, Field};
pub use bless::{SCHEDULES, bless, bless_campaign, bless_lag};
use io::{Broke, Io};
pub use table::{Row as TableRow, markdown, table};

/// A model of a poller: its fields are what it finds again after a death.
#[async_trait(?Send)]
pub(crate) trait Model {
    /// Polls once.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke>;

    /// The process died and is started anew.
    fn restarted(&mut self) {}
}

/// A peer: its name, where its rule was read, and how to make its model.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) model: fn() -> Box<dyn Model>,
}

/// Every peer.
pub(crate) const PEERS: [Peer; 8] = [
    Peer {
        name: "Elastic m365_defender until July 2026",
        source: "elastic/integrations, packages/m365_defender/data_stream/alert/agent/stream/httpjson.yml.hbs, before pull request 20348",
        model: || Box::new(graph_pollers::Elastic::default()),
    },
    Peer {
        name: "Elastic m365_defender since July 2026",
        source: "elastic/integrations, the same file since pull request 20348",
        model: || {
            Box::new(graph_pollers::Elastic {
                fixed: true,
                ..graph_pollers::Elastic::default()
            })
        },
    },
    Peer {
        name: "Wazuh ms-graph",
        source: "wazuh/wazuh, src/wazuh_modules/wm_ms_graph.c; issue 24323",
        model: || Box::new(created_pollers::Wazuh::default()),
    },
    Peer {
        name: "XSOAR Microsoft Graph Security",
        source: "demisto/content, Packs/MicrosoftGraphSecurity/Integrations/MicrosoftGraphSecurity/MicrosoftGraphSecurity.py; pull request 45413",
        model: || Box::new(created_pollers::Xsoar::default()),
    },
    Peer {
        name: "Splunk SOAR microsoft365defender",
        source: "splunk-soar-connectors/microsoft365defender, microsoft365defender_connector.py",
        model: || Box::new(graph_pollers::SplunkSoar::default()),
    },
    Peer {
        name: "Matano's puller",
        source: "matanolabs/matano, lib/rust/log_puller/src/main.rs and pullers/msft.rs, which pulls other logs",
        model: || Box::new(created_pollers::Matano::default()),
    },
    Peer {
        name: "A Lambda of 40 lines",
        source: "nobody's in particular: cursor = start of the last run",
        model: || Box::new(graph_pollers::Afternoon::default()),
    },
    Peer {
        name: "A careful overlap",
        source: "no product: Drawbridge's window without the rest of it",
        model: || Box::new(graph_pollers::Overlapping::default()),
    },
];

fn at_or_after(field: Field, from: Timestamp, top: usize) -> Ask {
    Ask {
        field,
        from: (from, true),
        to: None,
        oldest_first: false,
        top,
        skip: 0,
        counts: false,
    }
}

fn after(field: Field, from: Timestamp, top: usize) -> Ask {
    Ask {
        from: (from, false),
        ..at_or_after(field, from, top)
    }
}
