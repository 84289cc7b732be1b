use drawbridge_alert::{
    Application, Dns, Evidence, File, FileDetails, FileHash, Ip, Message, NetworkConnection,
    Process, RegistryKey, RegistryValue, Text, Url,
};

use super::person::Person;

/// Stands for entities of every kind in [`Source::Entity`](super::Source::Entity).
pub(super) const ANY_ENTITY: &str = "entity";

/// An entity: evidence that makes a record of its own.
#[derive(Clone, Copy)]
pub(crate) enum Entity<'r, 'a> {
    File(&'r File<'a>),
    Process(&'r Process<'a>),
    Ip(&'r Ip<'a>),
    Url(&'r Url<'a>),
    User(Person<'r, 'a>),
    // The old record has no keys for what follows.
    Message(&'r Message<'a>),
    Connection(&'r NetworkConnection<'a>),
    RegistryKey(&'r RegistryKey<'a>),
    RegistryValue(&'r RegistryValue<'a>),
    Application(&'r Application<'a>),
    Dns(&'r Dns<'a>),
    FileHash(&'r FileHash<'a>),
}

/// The kinds of entities, by their names.
const KINDS: [&str; 12] = [
    "file",
    "process",
    "ip",
    "url",
    "user",
    "message",
    "connection",
    "registryKey",
    "registryValue",
    "application",
    "dns",
    "fileHash",
];

/// A set of kinds of entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

impl Kinds {
    /// Every kind, and records of no entity.
    pub(crate) const ALL: Self = Self(u16::MAX);

    /// What a record of no entity is.
    pub(crate) const NONE: Self = Self(1 << 15);

    /// The kinds that these sources name. A sender's address stands on records of other kinds, too.
    pub(crate) const fn named(sources: &[(&str, &str)]) -> Self {
        let mut set = 0;
        let mut n = 0;
        while n < sources.len() {
            if is_same(sources[n].0, ANY_ENTITY) || is_same(sources[n].1, "senderIp") {
                return Self::ALL;
            }
            let mut kind = 0;
            while kind < KINDS.len() {
                if is_same(KINDS[kind], sources[n].0) {
                    set |= 1 << kind;
                }
                kind += 1;
            }
            n += 1;
        }
        Self(set)
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Whether two texts are the same, for constants.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut n = 0;
    while n < one.len() {
        if one[n] != other[n] {
            return false;
        }
        n += 1;
    }
    true
}

/// The roles that tell two devices of an alert apart.
pub(super) const SIDES: [&str; 4] = ["source", "destination", "attacker", "attacked"];

impl<'r, 'a> Entity<'r, 'a> {
    /// The entity of the old record that the evidence is, users aside.
    pub(super) fn of_old_record(evidence: &'r Evidence<'a>) -> Option<Self> {
        Some(match evidence {
            Evidence::File(file) => Self::File(file),
            Evidence::Process(process) => Self::Process(process),
            Evidence::Ip(ip) => Self::Ip(ip),
            Evidence::Url(url) => Self::Url(url),
            _ => return None,
        })
    }

    /// The entity that the evidence is, of those that only other formats have keys for.
    pub(super) fn of_other_formats(evidence: &'r Evidence<'a>) -> Option<Self> {
        Some(match evidence {
            Evidence::Message(message) => Self::Message(message),
            Evidence::NetworkConnection(connection) => Self::Connection(connection),
            Evidence::RegistryKey(key) => Self::RegistryKey(key),
            Evidence::RegistryValue(value) => Self::RegistryValue(value),
            Evidence::Application(application) => Self::Application(application),
            Evidence::Dns(dns) => Self::Dns(dns),
            Evidence::FileHash(hash) => Self::FileHash(hash),
            _ => return None,
        })
    }

    /// Whether something says which one it is: evidence whose every value is null is nothing.
    pub(super) fn is_identified(self) -> bool {
        match self {
            Self::File(file) => is_file_identified(file.file_details.as_ref()),
            Self::Process(process) => {
                process.process_id.is_some()
                    || any([&process.process_command_line])
                    || is_file_identified(process.image_file.as_ref())
            }
            Self::Ip(ip) => any([&ip.ip_address]),
            Self::Url(url) => any([&url.url]),
            Self::User(person) => person.name().is_some(),
            Self::Message(message) => any([
                &message.network_message_id,
                &message.internet_message_id,
                &message.recipient_email_address,
                &message.subject,
                &message.sender_ip,
            ]),
            Self::Connection(connection) => {
                let ends = [&connection.source_address, &connection.destination_address];
                ends.into_iter().flatten().any(|ip| any([&ip.ip_address]))
            }
            Self::RegistryKey(key) => any([&key.registry_key]),
            Self::RegistryValue(value) => any([&value.registry_key, &value.registry_value_name]),
            Self::Application(application) => any([
                &application.app_id,
                &application.saas_app_id,
                &application.display_name,
            ]),
            Self::Dns(dns) => any([&dns.domain_name]),
            Self::FileHash(hash) => any([&hash.value]),
        }
    }

    /// What it is called in `explain`, in the documentation of sources and in the identity.
    pub(crate) fn kind(self) -> &'static str {
        KINDS[self.place()]
    }

    /// The set with its kind alone in it.
    pub(crate) fn set(self) -> Kinds {
        Kinds(1 << self.place())
    }

    /// The place of its kind in [`KINDS`].
    fn place(self) -> usize {
        match self {
            Self::File(_) => 0,
            Self::Process(_) => 1,
            Self::Ip(_) => 2,
            Self::Url(_) => 3,
            Self::User(_) => 4,
            Self::Message(_) => 5,
            Self::Connection(_) => 6,
            Self::RegistryKey(_) => 7,
            Self::RegistryValue(_) => 8,
            Self::Application(_) => 9,
            Self::Dns(_) => 10,
            Self::FileHash(_) => 11,
        }
    }

    /// The device that the entity itself names.
    pub(crate) fn device_id(self) -> Option<&'r str> {
        let id = match self {
            Self::File(file) => &file.mde_device_id,
            Self::Process(process) => &process.mde_device_id,
            Self::Ip(ip) => &ip.mde_device_id,
            Self::Url(url) => &url.mde_device_id,
            Self::User(person) => return person.device_id(),
            Self::RegistryKey(key) => &key.mde_device_id,
            Self::RegistryValue(value) => &value.mde_device_id,
            Self::Message(_)
            | Self::Connection(_)
            | Self::Application(_)
            | Self::Dns(_)
            | Self::FileHash(_) => return None,
        };
        id.as_deref().filter(|id| !id.is_empty())
    }

    /// The roles by which it may belong to one of two devices.
    pub(super) fn sides(self) -> impl Iterator<Item = &'r str> {
        let roles: &'r [Text<'a>] = match self {
            Self::File(file) => &file.roles,
            Self::Process(process) => &process.roles,
            Self::Ip(ip) => &ip.roles,
            Self::Url(url) => &url.roles,
            Self::User(person) => person.roles(),
            Self::Message(message) => &message.roles,
            Self::Connection(connection) => &connection.roles,
            Self::RegistryKey(key) => &key.roles,
            Self::RegistryValue(value) => &value.roles,
            Self::Application(application) => &application.roles,
            Self::Dns(dns) => &dns.roles,
            Self::FileHash(hash) => &hash.roles,
        };
        roles
            .iter()
            .map(Text::as_str)
            .filter(|role| SIDES.contains(role))
    }

    /// The file: a file's own, or a process's image.
    pub(crate) fn file(self) -> Option<&'r FileDetails<'a>> {
        match self {
            Self::File(file) => file.file_details.as_ref(),
            Self::Process(process) => process.image_file.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn remediation_status(self) -> Option<&'r str> {
        match self {
            Self::File(file) => file.remediation_status.as_deref(),
            Self::Process(process) => process.remediation_status.as_deref(),
            Self::Ip(ip) => ip.remediation_status.as_deref(),
            Self::Url(url) => url.remediation_status.as_deref(),
            Self::User(person) => person.remediation_status(),
            Self::Message(message) => message.remediation_status.as_deref(),
            Self::Connection(connection) => connection.remediation_status.as_deref(),
            Self::RegistryKey(key) => key.remediation_status.as_deref(),
            Self::RegistryValue(value) => value.remediation_status.as_deref(),
            Self::Application(application) => application.remediation_status.as_deref(),
            Self::Dns(dns) => dns.remediation_status.as_deref(),
            Self::FileHash(hash) => hash.remediation_status.as_deref(),
        }
    }
}

fn is_file_identified(file: Option<&FileDetails<'_>>) -> bool {
    file.is_some_and(|file| {
        any([
            &file.file_name,
            &file.file_path,
            &file.sha1,
            &file.sha256,
            &file.md5,
        ])
    })
}

fn any<'t, 'a: 't>(texts: impl IntoIterator<Item = &'t Option<Text<'a>>>) -> bool {
    texts
        .into_iter()
        .flatten()
        .any(|text| !text.as_str().is_empty())
}
