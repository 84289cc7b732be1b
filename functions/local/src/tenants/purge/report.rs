//! What a purge prints.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Kept;
use super::kind::Kind;
use crate::data_location::DataLocation;

/// What is kept of one kind.
pub(super) struct Sum {
    kind: Kind,
    objects: usize,
    /// `None` where the store does not say.
    bytes: Option<u64>,
}

/// What is kept, by kind; `kept` is in their order.
pub(super) fn sums(kept: &[Kept]) -> Vec<Sum> {
    let kinds = kept.chunk_by(|one, other| one.kind == other.kind);
    kinds
        .map(|kept| Sum {
            kind: kept[0].kind,
            objects: kept.len(),
            bytes: kept.iter().map(|kept| kept.bytes).sum(),
        })
        .collect()
}

/// The table of what is kept.
pub(super) fn table(out: &mut impl Write, sums: &[Sum], things: &str) -> io::Result<()> {
    let rows: Vec<[String; 3]> = sums
        .iter()
        .map(|sum| {
            let bytes = sum.bytes.map_or_else(|| "?".to_owned(), |n| n.to_string());
            [sum.kind.words().to_owned(), sum.objects.to_string(), bytes]
        })
        .collect();
    crate::table::write(out, ["KIND", things, "BYTES"], rows)
}

/// The same for scripts.
pub(super) fn json(name: &str, sums: &[Sum], removed: bool, left: &[String]) -> Value {
    let kinds: Vec<Value> = sums
        .iter()
        .map(|sum| json!({"kind": sum.kind.name(), "objects": sum.objects, "bytes": sum.bytes}))
        .collect();
    json!({"tenant": name, "removed": removed, "kinds": kinds, "left": left})
}

/// What no purge reaches.
pub(super) fn left(name: &str, place: &DataLocation) -> Vec<String> {
    let common = "records in the SIEM, and wherever shippers and readers have put them".to_owned();
    let own = if place.as_folder().is_some() {
        vec![
            format!(
                "the client secret or certificate of {name} (secrets/, or a variable), and its app \
                 registration in Entra"
            ),
            "log lines, which name the tenant and alerts by their ids, in the journal or wherever \
             standard error goes"
                .to_owned(),
            "records that were moved to another folder, as by logrotate's olddir".to_owned(),
            "empty folders, and what a backup holds".to_owned(),
        ]
    } else {
        vec![
            "messages on queues and dead-letter queues: what nobody reads is gone after 14 days"
                .to_owned(),
            "bodies over 1 MiB in oversize/, whose names do not contain the tenant: the bucket's \
             lifecycle ends them after 30 days"
                .to_owned(),
            "older versions of what was removed: the lifecycle ends those of state/, pages/ and \
             backfills/ after 3 days, of objects after one, of quarantine/ after 30; of tenants/ and admin/ \
             they stay, and hold ids and no alerts"
                .to_owned(),
            format!(
                "the secret of {name} in Secrets Manager, and its app registration in Entra"
            ),
            "log lines, which name the tenant and alerts by their ids, until LogRetentionDays"
                .to_owned(),
            format!(
                "the stack's parameters: if {name} is the first tenant there, it is polled again \
                 from now on"
            ),
        ]
    };
    std::iter::once(common).chain(own).collect()
}
