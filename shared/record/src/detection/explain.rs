use super::entity::{ANY_ENTITY, Entity};
use super::person::Person;
use super::row::Row;
use super::source::Source;

/// Why a value is empty whose property is at hand.
pub(crate) const NOTHING_SENT: &str = "Graph sent no value for it";

/// Says where a value came from or, if there is no value, why not. `missing` is the reason if the
/// property itself is there.
pub(crate) fn from(source: Source, row: &Row<'_, '_>, missing: Option<&str>) -> String {
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
            (None, Some(entity)) if missing.is_none() => {
                format!("evidence[{}].mdeDeviceId", entity.index)
            }
            (None, Some(entity)) if entity.it.device_id().is_some() => {
                "empty: no deviceEvidence has the entity's device id".into()
            }
            (None, _) => "empty: the alert has no deviceEvidence with an id or a name".into(),
        },
        Source::OtherDevice(properties) => match row.other_device {
            Some(device) => told(format!(
                "evidence[{}].{}",
                device.index,
                properties.join(" or ")
            )),
            None => "empty: the alert has no second device, or more than two".into(),
        },
        Source::EntityElse(properties, _) if !paths(properties, kind(row)).is_empty() => {
            from(Source::Entity(properties), row, missing)
        }
        Source::EntityElse(_, other) => from(*other, row, missing),
        Source::Entity(properties) => {
            let own = paths(properties, kind(row));
            match (row.entity, row.message) {
                (Some(entity), _) if !own.is_empty() => {
                    told(format!("evidence[{}].{own}", entity.index))
                }
                (entity, Some(message))
                    if entity.is_none_or(|e| matches!(e.it, Entity::User(_)))
                        && missing.is_none() =>
                {
                    let path = paths(properties, "message");
                    format!("evidence[{}].{path}", message.index)
                }
                _ => format!("empty: a record of {} has none", article(kind(row))),
            }
        }
        Source::UserName => match named(row) {
            Some((place, property)) => told(format!("{place}.{property}")),
            None => NO_USER.into(),
        },
        Source::OfUser(property) => match named(row) {
            Some((place, _)) => told(format!("{place}.userAccount.{property}")),
            None => NO_USER.into(),
        },
    }
}

const NO_USER: &str = "empty: neither the record nor the alert names a user";

fn paths(properties: &[(&str, &str)], kind: &str) -> String {
    let has = |of: &str| of == kind || of == ANY_ENTITY;
    let of_kind = properties.iter().filter(|(of, _)| has(of));
    let paths: Vec<&str> = of_kind.map(|(_, path)| *path).collect();
    paths.join(" or ")
}

/// Where the user stands whom the record shows, and the property with his name.
fn named(row: &Row<'_, '_>) -> Option<(String, &'static str)> {
    let person = row.person()?;
    let (_, property) = person.name()?;
    let index = match (person, row.entity, row.user) {
        (Person::Runner(_), Some(entity), _) => entity.index,
        (_, Some(entity), _) if matches!(entity.it, Entity::User(_)) => entity.index,
        (_, _, Some(user)) => user.index,
        _ => return None,
    };
    Some((format!("evidence[{index}]"), property))
}

pub(super) fn kind(row: &Row<'_, '_>) -> &'static str {
    match (row.entity, row.device) {
        (Some(entity), _) => entity.it.kind(),
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
        "user" => "a user",
        "message" => "a message",
        "connection" => "a connection",
        "registryKey" => "a registry key",
        "registryValue" => "a registry value",
        "application" => "an application",
        "dns" => "a name in DNS",
        "fileHash" => "a hash",
        "device" => "a device alone",
        _ => "the alert alone",
    }
}
