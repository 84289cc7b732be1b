//! What a key is to a tenant. Names begin like one another (`a`, `a-b`), and a tenant may be called
//! as a folder is, so that each part of a key is compared as a whole.

use drawbridge_config::{PAUSED_FOLDER, TENANTS_FOLDER};
use drawbridge_poll::{HANDED_BACK_ENDING, LAST_ERROR_ENDING};

use crate::data_location::{BEFORE, FOLDERS, POLLING_ENDING, SERVED_FOLDER};
use crate::tenants::first_poll;

/// What is kept, in the order in which it is removed: what says that a tenant was here goes last, so
/// that what an interrupted run left can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Records,
    Objects,
    Quarantine,
    Backfills,
    OldStates,
    Allowance,
    Pages,
    State,
    Document,
}

impl Kind {
    /// What people read.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Records => "records, positions and locks",
            Self::Objects => "objects of outputs",
            Self::Quarantine => "quarantine",
            Self::Backfills => "backfill reports",
            Self::OldStates => "states before a reset",
            Self::Allowance => "entry in admin/tenants.toml",
            Self::Pages => "pages of the state",
            Self::State => "state",
            Self::Document => "document",
        }
    }

    /// What scripts read.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Objects => "objects",
            Self::Quarantine => "quarantine",
            Self::Backfills => "backfills",
            Self::OldStates => "old_states",
            Self::Allowance => "allowance",
            Self::Pages => "pages",
            Self::State => "state",
            Self::Document => "document",
        }
    }

    /// What lies under `key` of the tenant `name`; `None` if that is not the tenant's.
    pub(super) fn of(key: &str, name: &str) -> Option<Self> {
        let parts: Vec<&str> = key.split('/').collect();
        let (last, folders) = parts.split_last()?;
        let file = without_affixes(last);
        match *folders {
            ["state"] if file.strip_suffix(".json") == Some(name) => Some(Self::State),
            ["state"] if file.strip_suffix(first_poll::ENDING) == Some(name) => Some(Self::State),
            ["state"] if file.strip_suffix(HANDED_BACK_ENDING) == Some(name) => Some(Self::State),
            ["state"] if file.strip_suffix(LAST_ERROR_ENDING) == Some(name) => Some(Self::State),
            ["state"] if file.strip_suffix(POLLING_ENDING) == Some(name) => Some(Self::State),
            ["state"] if is_old_state(file, name) => Some(Self::OldStates),
            // A document that is not paused is not touched; what a write to it left is.
            ["tenants"] if file != *last && is_document(file, name) => Some(Self::Document),
            ["tenants", "paused"] if is_document(file, name) => Some(Self::Document),
            ["quarantine", "replayed", tenant, _kind] if tenant == name => Some(Self::Quarantine),
            // A tenant may be called so, too: its items lie one level higher than those of others.
            ["quarantine", "replayed", _] if name == "replayed" => Some(Self::Quarantine),
            ["quarantine", tenant, ..] if tenant == name && name != "replayed" => {
                Some(Self::Quarantine)
            }
            ["backfills", tenant, ..] if tenant == name => Some(Self::Backfills),
            ["pages", tenant] if tenant == name => Some(Self::Pages),
            [format, version, tenant, ..] if tenant == name && is_prefix(format, version) => {
                Some(Self::Objects)
            }
            [SERVED_FOLDER, _version, tenant, ..] if tenant == name => Some(Self::Objects),
            [tenant, ..] if tenant == name && !is_shared(name) => Some(Self::Records),
            [tenant] if tenant == name && is_of_records(file) => Some(Self::Records),
            _ => None,
        }
    }
}

/// The prefixes below which all of that lies, and more; in a data folder, records, too.
pub(super) fn prefixes(name: &str, is_folder: bool) -> Vec<String> {
    let mut prefixes = vec![
        "state/".to_owned(),
        TENANTS_FOLDER.to_owned(),
        PAUSED_FOLDER.to_owned(),
        format!("quarantine/{name}/"),
        format!("quarantine/replayed/{name}/"),
        format!("backfills/{name}/"),
        format!("{SERVED_FOLDER}/v1/{name}/"),
        drawbridge_poll::pages_prefix(name),
    ];
    for format in drawbridge_record::formats() {
        let versions = 1..=format.schema_version();
        prefixes.extend(versions.map(|version| format!("{}/v{version}/{name}/", format.name())));
    }
    if is_folder {
        prefixes.push(format!("{name}/"));
    }
    prefixes
}

fn is_prefix(format: &str, version: &str) -> bool {
    let number = version.strip_prefix('v').unwrap_or_default();
    drawbridge_record::format(format).is_some()
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a folder of that name holds what is of other tenants.
fn is_shared(name: &str) -> bool {
    FOLDERS.contains(&name) || drawbridge_record::format(name).is_some()
}

/// Whether a file is one of records, a rotated one, or what `deliver` keeps beside it.
fn is_of_records(file: &str) -> bool {
    drawbridge_record::formats().iter().any(|format| {
        let rest = file.strip_prefix(format.name());
        rest.is_some_and(|rest| rest.starts_with(".ndjson") || rest.starts_with(".log"))
    })
}

fn is_document(file: &str, name: &str) -> bool {
    let ending = file.strip_prefix(name);
    matches!(ending, Some(".toml" | ".json"))
}

/// Whether a file is `NAME.before-TIME.json`, as `state reset` calls it.
fn is_old_state(file: &str, name: &str) -> bool {
    let time = file
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(BEFORE))
        .and_then(|rest| rest.strip_suffix(".json"));
    time.is_some_and(|time| {
        let is_at = |(at, byte): (usize, u8)| match at {
            8 => byte == b'T',
            18 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        };
        time.len() == 19 && time.bytes().enumerate().all(is_at)
    })
}

/// The name of the file that a temporary one, `.NAME.tmp`, was to replace.
fn without_affixes(file: &str) -> &str {
    file.strip_prefix('.')
        .and_then(|rest| rest.strip_suffix(".tmp"))
        .unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_a_tenant_has_its_kind() {
        for (key, kind) in [
            ("state/a.json", Kind::State),
            ("state/.a.json.tmp", Kind::State),
            ("state/a.ids.json", Kind::State),
            ("state/a.handed-back", Kind::State),
            ("state/a.error.json", Kind::State),
            ("state/a.polling", Kind::State),
            ("state/.a.ids.json.tmp", Kind::State),
            ("state/a.before-20260101T000000000Z.json", Kind::OldStates),
            ("tenants/paused/a.toml", Kind::Document),
            ("tenants/paused/a.json", Kind::Document),
            ("tenants/.a.toml.tmp", Kind::Document),
            ("quarantine/a/records/1.json", Kind::Quarantine),
            ("quarantine/a/records/.1.json.tmp", Kind::Quarantine),
            ("quarantine/replayed/a/gaps/1.json", Kind::Quarantine),
            ("backfills/a/1.json", Kind::Backfills),
            ("pages/a/69300000-0123456789abcdef", Kind::Pages),
            ("pages/a/.69300000-0123456789abcdef.tmp", Kind::Pages),
            ("siem/v1/a/2026-01-01/1.jsonl.gz", Kind::Objects),
            ("cef/v1/a/2026-01-01/1.log.gz", Kind::Objects),
            (
                "served/v1/a/00000000-0000-0000-0000-0000000000dd/siem/20260101T000000Z.jsonl.gz",
                Kind::Objects,
            ),
            ("a/siem.ndjson", Kind::Records),
            ("a/siem.ndjson.webhook.offset", Kind::Records),
            ("a/quarantine/a/undeliverable/1.json", Kind::Records),
        ] {
            assert_eq!(Kind::of(key, "a"), Some(kind), "{key}");
        }
    }

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        for key in [
            "state/a-b.json",
            "state/a-b.ids.json",
            "state/a.json.json",
            "state/a-b.before-20260101T000000000Z.json",
            "state/a.before-lunch.json",
            "tenants/a.toml",
            "tenants/paused/a-b.toml",
            "quarantine/a-b/records/1.json",
            "quarantine/replayed/a-b/gaps/1.json",
            "quarantine/replayed/b/a/1.json",
            "backfills/a-b/a.json",
            "pages/a-b/69300000-0123456789abcdef",
            "pages/a",
            "siem/v1/a-b/2026-01-01/a.jsonl.gz",
            "served/v1/a-b/00000000-0000-0000-0000-0000000000dd/siem/20260101T000000Z.jsonl.gz",
            "served/v1/a",
            "siem/a/b/1.jsonl.gz",
            "unknown/v1/a/1",
            "a-b/siem.ndjson",
            "a",
        ] {
            assert_eq!(Kind::of(key, "a"), None, "{key}");
        }
    }

    #[test]
    fn a_tenant_that_is_called_as_a_folder_takes_nothing_of_others() {
        for (name, own, others) in [
            (
                "replayed",
                "quarantine/replayed/gaps/1.json",
                "quarantine/replayed/contoso/gaps/1.json",
            ),
            ("state", "state/siem.ndjson.1", "state/contoso.json"),
            ("siem", "siem/siem.ndjson", "siem/v1/contoso/2026-01-01/1"),
            (
                "tenants",
                "tenants/cef.log.webhook.lock",
                "tenants/paused/contoso.toml",
            ),
            ("secrets", "secrets/ecs.ndjson", "secrets/contoso.txt"),
            (
                "served",
                "served/siem.ndjson",
                "served/v1/contoso/00000000-0000-0000-0000-0000000000dd/siem/20260101T000000Z.jsonl.gz",
            ),
            (
                "quarantine",
                "quarantine/quarantine/gaps/1.json",
                "quarantine/contoso/gaps/1.json",
            ),
        ] {
            assert!(Kind::of(own, name).is_some(), "{own}");
            assert_eq!(Kind::of(others, name), None, "{others}");
        }
    }
}
