//! Which records an alert yields: one for each entity, one for each device without an entity, and
//! one for an alert with neither.

use std::collections::{HashMap, HashSet};

use drawbridge_alert::{Account, Alert, Device, Evidence, FileDetails, Text};

use super::identity;

/// An entity: evidence that makes a record of its own.
#[derive(Clone, Copy)]
pub(crate) enum Entity<'r, 'a> {
    File(&'r drawbridge_alert::File<'a>),
    Process(&'r drawbridge_alert::Process<'a>),
    Ip(&'r drawbridge_alert::Ip<'a>),
    Url(&'r drawbridge_alert::Url<'a>),
}

/// Something of the alert's evidence, with its place in the list.
#[derive(Clone, Copy)]
pub(crate) struct Placed<T> {
    pub(crate) index: usize,
    pub(crate) it: T,
}

/// What one record is made of.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r, 'a> {
    pub(crate) alert: &'r Alert<'a>,
    pub(crate) device: Option<Placed<&'r Device<'a>>>,
    pub(crate) entity: Option<Placed<Entity<'r, 'a>>>,
    /// The first user of the alert, for a record whose entity has no account of its own.
    pub(crate) user: Option<Placed<&'r Account<'a>>>,
    /// The first sender's address of the alert's messages.
    pub(crate) sender_ip: Option<Placed<&'r Text<'a>>>,
}

impl<'r, 'a> Entity<'r, 'a> {
    pub(crate) fn of(evidence: &'r Evidence<'a>) -> Option<Self> {
        match evidence {
            Evidence::File(file) => Some(Self::File(file)),
            Evidence::Process(process) => Some(Self::Process(process)),
            Evidence::Ip(ip) => Some(Self::Ip(ip)),
            Evidence::Url(url) => Some(Self::Url(url)),
            _ => None,
        }
    }

    /// The device that the entity itself names.
    pub(crate) fn device_id(self) -> Option<&'r str> {
        let id = match self {
            Self::File(file) => file.mde_device_id.as_deref(),
            Self::Process(process) => process.mde_device_id.as_deref(),
            Self::Ip(ip) => ip.mde_device_id.as_deref(),
            Self::Url(url) => url.mde_device_id.as_deref(),
        };
        id.filter(|id| !id.is_empty())
    }

    /// The file: a file's own, or a process's image.
    pub(crate) fn file(self) -> Option<&'r FileDetails<'a>> {
        match self {
            Self::File(file) => file.file_details.as_ref(),
            Self::Process(process) => process.image_file.as_ref(),
            Self::Ip(_) | Self::Url(_) => None,
        }
    }

    pub(crate) fn remediation_status(self) -> Option<&'r str> {
        match self {
            Self::File(file) => file.remediation_status.as_deref(),
            Self::Process(process) => process.remediation_status.as_deref(),
            Self::Ip(ip) => ip.remediation_status.as_deref(),
            Self::Url(url) => url.remediation_status.as_deref(),
        }
    }
}

/// The rows of an alert with the digest of each one's identity, in the order of the evidence; of
/// several with one identity, the first.
pub(crate) fn rows<'r, 'a>(alert: &'r Alert<'a>) -> Vec<(Row<'r, 'a>, [u8; 32])> {
    let devices: Vec<Placed<&Device<'a>>> = placed(alert, |evidence| match evidence {
        Evidence::Device(device) => Some(&**device),
        _ => None,
    });
    let bare = Row {
        alert,
        device: None,
        entity: None,
        user: placed(alert, account).into_iter().next(),
        sender_ip: placed(alert, sender_ip).into_iter().next(),
    };
    let shown_with = Devices::of(&devices);
    let entities: Vec<Row<'r, 'a>> = placed(alert, Entity::of)
        .into_iter()
        .map(|entity| Row {
            entity: Some(entity),
            device: shown_with.device_of(entity.it),
            ..bare
        })
        .collect();
    // Graph may name a device twice: by its id where it has one, else by its place.
    let who = |device: &Placed<&'r Device<'a>>| match device.it.mde_device_id.as_deref() {
        Some(id) if !id.is_empty() => (Some(id), 0),
        _ => (None, device.index),
    };
    let with_entity: HashSet<_> = entities
        .iter()
        .filter_map(|row| row.device.as_ref().map(who))
        .collect();
    let alone = devices
        .iter()
        .filter(|device| !with_entity.contains(&who(device)))
        .map(|&device| Row {
            device: Some(device),
            ..bare
        });
    let mut rows: Vec<Row<'r, 'a>> = entities.into_iter().chain(alone).collect();
    rows.sort_by_key(|row| row.entity.map(|e| e.index).or(row.device.map(|d| d.index)));
    if rows.is_empty() {
        rows.push(bare);
    }
    let mut seen = HashSet::new();
    rows.into_iter()
        .map(|row| (row, identity::digest(&row)))
        .filter(|(_, digest)| seen.insert(*digest))
        .collect()
}

fn placed<'r, 'a, T>(
    alert: &'r Alert<'a>,
    pick: impl Fn(&'r Evidence<'a>) -> Option<T>,
) -> Vec<Placed<T>> {
    let evidence = alert.evidence.iter().enumerate();
    evidence
        .filter_map(|(index, e)| pick(e).map(|it| Placed { index, it }))
        .collect()
}

/// The devices that entities are shown with. Looked up by id: an alert of many devices and many
/// entities must not take the product of both.
struct Devices<'r, 'a> {
    by_id: HashMap<&'r str, Placed<&'r Device<'a>>>,
    primary: Option<Placed<&'r Device<'a>>>,
}

impl<'r, 'a> Devices<'r, 'a> {
    fn of(devices: &[Placed<&'r Device<'a>>]) -> Self {
        // Of several with one id, the first.
        let with_id = devices.iter().rev().filter_map(|&device| {
            let id = device.it.mde_device_id.as_deref()?;
            Some((id, device))
        });
        let primary = devices.iter().find(|d| is_primary(d.it));
        Self {
            by_id: with_id.collect(),
            primary: primary.or(devices.first()).copied(),
        }
    }

    /// The device whose id the entity carries; the primary device for one that carries none.
    fn device_of(&self, entity: Entity<'r, 'a>) -> Option<Placed<&'r Device<'a>>> {
        match entity.device_id() {
            Some(id) => self.by_id.get(id).copied(),
            None => self.primary,
        }
    }
}

fn is_primary(device: &Device<'_>) -> bool {
    device
        .detailed_roles
        .iter()
        .any(|role| matches!(&**role, "PrimaryDevice" | "Main device"))
}

fn account<'r, 'a>(evidence: &'r Evidence<'a>) -> Option<&'r Account<'a>> {
    match evidence {
        Evidence::User(user) => user
            .user_account
            .as_ref()
            .filter(|account| has_name(account)),
        _ => None,
    }
}

/// Whether an account says who it is.
pub(crate) fn has_name(account: &Account<'_>) -> bool {
    account
        .account_name
        .as_deref()
        .is_some_and(|name| !name.is_empty())
}

fn sender_ip<'r, 'a>(evidence: &'r Evidence<'a>) -> Option<&'r Text<'a>> {
    match evidence {
        Evidence::AnalyzedMessage(message) => message.sender_ip.as_ref(),
        _ => None,
    }
}
