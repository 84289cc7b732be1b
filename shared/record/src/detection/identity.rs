//! What makes a record the one it is: a public contract, written down in `docs/record.md`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use drawbridge_alert::{FileDetails, Text};
use sha2::{Digest, Sha256};

use super::entity::Entity;
use super::row::{Name, Row};

/// The first field of the encoding; another value would be another contract.
pub const ENCODING_VERSION: &str = "drawbridge-siem-1";

/// The identifiers of a record that have no source in Graph.
pub(crate) struct Synthesised {
    pub(crate) part: u32,
    pub(crate) full_id: String,
    pub(crate) report_id: u32,
    pub(crate) external_id: String,
    pub(crate) ioc_unique_id: String,
}

impl Synthesised {
    /// Of the record with that digest, number `part` of its alert.
    pub(super) fn new(alert_id: &str, report_id: u32, digest: &[u8; 32], part: u32) -> Self {
        let ioc_unique_id = URL_SAFE.encode(digest);
        Self {
            part,
            full_id: format!("{alert_id}:{ioc_unique_id}"),
            report_id,
            external_id: hex::encode_upper(&digest[..20]),
            ioc_unique_id,
        }
    }
}

/// Whether an `ExternalId` and an `IocUniqueId` were made of one digest here. The retired API's have
/// nothing in common, so that this tells a record of ours from one of its.
#[must_use]
pub fn are_of_one_digest(external_id: &str, ioc_unique_id: &str) -> bool {
    let digest = URL_SAFE.decode(ioc_unique_id).unwrap_or_default();
    digest.len() == 32 && hex::encode_upper(&digest[..20]) == external_id
}

/// A number from 1 to 2^31 - 1 out of the digest of an alert's id.
pub(super) fn report_id(alert: &[u8; 32]) -> u32 {
    let [a, b, c, d, ..] = *alert;
    (u32::from_be_bytes([a, b, c, d]) & 0x7fff_ffff).max(1)
}

/// SHA-256 over the fields of [`fields`], each after its length in bytes as 32 bits, big-endian.
pub(super) fn digest(row: &Row<'_, '_>, name: Name) -> [u8; 32] {
    let mut sha = Sha256::new();
    fields(row, name, &mut |field| {
        sha.update(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        sha.update(field);
    });
    sha.finalize().into()
}

/// The identifying fields, in order.
///
/// The device is the one that the entity itself names, not the one it is shown with: the primary
/// device may change when evidence is added or reordered.
fn fields(row: &Row<'_, '_>, name: Name, field: &mut dyn FnMut(&str)) {
    field(ENCODING_VERSION);
    field(&row.alert.id);
    match (row.entity, row.device) {
        (Some(entity), _) => entity_fields(entity.it, field),
        (None, Some(device)) => {
            let device = device.it;
            let id = text(&device.mde_device_id);
            field(id);
            field("device");
            if id.is_empty() || name == Name::WithDeviceNames {
                field(text(&device.device_dns_name));
                field(text(&device.host_name));
            }
        }
        (None, None) => {
            field("");
            field("alert");
        }
    }
}

fn entity_fields(entity: Entity<'_, '_>, field: &mut dyn FnMut(&str)) {
    match entity {
        // The account of a process and a user's evidence are the same user.
        Entity::User(_) => field(""),
        _ => field(entity.device_id().unwrap_or_default()),
    }
    field(entity.kind());
    match entity {
        Entity::File(file) => file_fields(file.file_details.as_ref(), field),
        Entity::Process(process) => {
            number(process.process_id, field);
            let start = process.process_creation_date_time.as_ref();
            field(start.map_or("", |time| &time.text));
            // A process id and its start name a process of a device; without them it takes more.
            if process.process_id.is_none() || process.process_creation_date_time.is_none() {
                file_fields(process.image_file.as_ref(), field);
                field(text(&process.process_command_line));
            }
        }
        Entity::Ip(ip) => field(&lower(text(&ip.ip_address))),
        Entity::Url(url) => field(text(&url.url)),
        Entity::User(person) => {
            let (name, domain) = person.shown();
            field(name);
            field(domain);
        }
        Entity::Message(message) => {
            field(text(&message.network_message_id));
            field(text(&message.internet_message_id));
            field(text(&message.recipient_email_address));
            if message.network_message_id.is_none() && message.internet_message_id.is_none() {
                field(text(&message.subject));
            }
        }
        Entity::Connection(connection) => {
            for (address, port) in [
                (&connection.source_address, connection.source_port),
                (&connection.destination_address, connection.destination_port),
            ] {
                let address = address.as_ref().map_or("", |ip| text(&ip.ip_address));
                field(&lower(address));
                number(port, field);
            }
            field(text(&connection.protocol));
        }
        Entity::RegistryKey(key) => {
            field(text(&key.registry_hive));
            field(text(&key.registry_key));
        }
        Entity::RegistryValue(value) => {
            field(text(&value.registry_hive));
            field(text(&value.registry_key));
            field(text(&value.registry_value_name));
            field(text(&value.registry_value));
        }
        Entity::Application(application) => {
            field(text(&application.app_id));
            field(text(&application.saas_app_id));
            field(text(&application.instance_id));
            field(text(&application.display_name));
        }
        Entity::Dns(dns) => field(&lower(text(&dns.domain_name))),
        Entity::FileHash(hash) => {
            field(text(&hash.algorithm));
            field(&lower(text(&hash.value)));
        }
    }
}

/// A file's directory, name and one hash. Two files with one name are two; so is a file whose
/// hash was not known before: a record too many is better than one too few.
fn file_fields(file: Option<&FileDetails<'_>>, field: &mut dyn FnMut(&str)) {
    let none = FileDetails::default();
    let file = file.unwrap_or(&none);
    field(text(&file.file_path));
    field(text(&file.file_name));
    let hashes = [&file.sha1, &file.sha256, &file.md5].map(text);
    let hash = hashes.into_iter().find(|hash| !hash.is_empty());
    field(&lower(hash.unwrap_or_default()));
}

fn text<'t>(text: &'t Option<Text<'_>>) -> &'t str {
    text.as_deref().unwrap_or_default()
}

fn number(number: Option<i64>, field: &mut dyn FnMut(&str)) {
    match number {
        Some(number) => field(&number.to_string()),
        None => field(""),
    }
}

/// The text in lower case, as far as it is ASCII.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_alert::Alert;

    use super::*;
    use crate::Format as _;

    /// The worked example of `docs/record.md`.
    #[test]
    fn the_documented_example_holds() {
        let alert = Alert::decode(
            r#"{"id":"da1","evidence":[{"@odata.type":"ipEvidence","ipAddress":"192.0.2.7"}]}"#,
        )
        .unwrap();
        let encoded: Vec<u8> = ["drawbridge-siem-1", "da1", "", "ip", "192.0.2.7"]
            .iter()
            .flat_map(|field| {
                let length = u32::try_from(field.len()).unwrap().to_be_bytes();
                [&length[..], field.as_bytes()].concat()
            })
            .collect();
        let expected: [u8; 32] = Sha256::digest(encoded).into();
        let draft = crate::siem::SIEM.drafts(&alert).next().unwrap();
        assert_eq!(draft.identity(), expected);
        let ids = Synthesised::new(
            "da1",
            report_id(&Sha256::digest("da1").into()),
            &expected,
            0,
        );
        assert_eq!((ids.ioc_unique_id.len(), ids.external_id.len()), (44, 40));
        assert!(are_of_one_digest(&ids.external_id, &ids.ioc_unique_id));
        for (external_id, ioc_unique_id) in [
            // Microsoft's own example of 2020.
            (
                "31DD0A845DDA4059FDEDE031014645350AECABD3",
                "R4xEdgAvDb2LQl3BgHoA3NYqKmRSiIAG7dpxAJCYZhY=",
            ),
            ("", ""),
            ("", &ids.ioc_unique_id),
            (&ids.external_id, "not base64"),
        ] {
            assert!(!are_of_one_digest(external_id, ioc_unique_id));
        }
        assert!((1..=0x7fff_ffff).contains(&ids.report_id));
        let doc = include_str!("../../../../docs/record.md");
        assert!(
            doc.contains(&ids.ioc_unique_id),
            "docs/record.md: {}",
            ids.ioc_unique_id
        );
    }
}
