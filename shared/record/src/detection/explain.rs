use drawbridge_alert::Alert;

use super::fan_out::{self, Entity, Row};
use super::identity::Synthesised;
use super::rules;
use super::source::Source;
use crate::{Explained, ExplainedKey};

/// Explains the records of an alert, as if none had been written before; `keys` explains the keys
/// of one.
pub(crate) fn explain(
    alert: &Alert<'_>,
    keys: fn(&Row<'_, '_>, &Synthesised) -> Vec<ExplainedKey>,
) -> Vec<Explained> {
    let rows = fan_out::rows(alert).into_iter().zip(0..);
    rows.map(|((row, digest), part)| {
        let ids = Synthesised::new(&alert.id, &digest, part);
        Explained {
            of: kind(&row),
            evidence: place(&row).map(|index| format!("evidence[{index}]")),
            keys: keys(&row, &ids),
        }
    })
    .collect()
}

/// Why a value is empty whose property is at hand.
pub(crate) const NOTHING_SENT: &str = "Graph sent no value for it";

/// Says where a value came from; or, if there is none, why: `missing` is said where the property is
/// at hand.
pub(crate) fn from(source: Source, row: &Row<'_, '_>, missing: Option<&str>) -> String {
    let empty = missing.is_some();
    let told = |path: String| match missing {
        Some(why) => format!("{path}: {why}"),
        None => path,
    };
    match source {
        Source::Never(why) => format!("always empty: {why}"),
        Source::Synthesised(how) => format!("synthesised: {how}"),
        Source::Alert(properties) => told(properties.join(" or ")),
        Source::Device(properties) => match (row.device, row.entity) {
            (Some(device), _) => told(format!(
                "evidence[{}].{}",
                device.index,
                properties.join(" or ")
            )),
            (None, Some(entity)) if !empty => format!("evidence[{}].mdeDeviceId", entity.index),
            (None, Some(_)) => "empty: no deviceEvidence has the entity's device id".into(),
            (None, None) => "empty: the alert has no deviceEvidence".into(),
        },
        Source::Entity(properties) => {
            if row.entity.is_none()
                && !empty
                && let Some(sender) = row.sender_ip
            {
                return format!("evidence[{}].senderIp", sender.index);
            }
            let paths: Vec<&str> = properties
                .iter()
                .filter(|(of, _)| *of == kind(row))
                .map(|(_, path)| *path)
                .collect();
            match row.entity {
                Some(entity) if !paths.is_empty() => {
                    told(format!("evidence[{}].{}", entity.index, paths.join(" or ")))
                }
                _ => format!("empty: a record of {} has none", article(kind(row))),
            }
        }
        Source::Account(property) => match account_path(row) {
            Some(path) => told(format!("{path}.{property}")),
            None => "empty: neither the record nor the alert names a user".into(),
        },
    }
}

fn account_path(row: &Row<'_, '_>) -> Option<String> {
    let account = rules::account(row)?;
    match row.user {
        Some(user) if std::ptr::eq(user.it, account) => {
            Some(format!("evidence[{}].userAccount", user.index))
        }
        _ => row
            .entity
            .map(|entity| format!("evidence[{}].userAccount", entity.index)),
    }
}

fn kind(row: &Row<'_, '_>) -> &'static str {
    match (row.entity.map(|entity| entity.it), row.device) {
        (Some(Entity::File(_)), _) => "file",
        (Some(Entity::Process(_)), _) => "process",
        (Some(Entity::Ip(_)), _) => "ip",
        (Some(Entity::Url(_)), _) => "url",
        (None, Some(_)) => "device",
        (None, None) => "alert",
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "file" => "a file",
        "process" => "a process",
        "ip" => "an address",
        "url" => "a URL",
        "device" => "a device alone",
        _ => "the alert alone",
    }
}

fn place(row: &Row<'_, '_>) -> Option<usize> {
    row.entity
        .map(|entity| entity.index)
        .or(row.device.map(|device| device.index))
}
