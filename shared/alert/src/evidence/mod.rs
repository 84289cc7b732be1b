mod read;
mod types;

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::Text;

pub(crate) use read::{all, list};
pub use types::{
    Account, Application, Device, Dns, File, FileDetails, FileHash, Ip, LoggedOnUser, Mailbox,
    Message, NetworkConnection, Process, RegistryKey, RegistryValue, Sender, Url, User,
};

/// One piece of evidence. Those that a record is made of are typed; of the others, the type is
/// known and the content is in [`crate::Alert::raw`].
#[derive(Debug, Clone)]
pub enum Evidence<'a> {
    /// `deviceEvidence`
    Device(Box<Device<'a>>),
    /// `fileEvidence`
    File(Box<File<'a>>),
    /// `processEvidence`
    Process(Box<Process<'a>>),
    /// `ipEvidence`
    Ip(Box<Ip<'a>>),
    /// `urlEvidence`
    Url(Box<Url<'a>>),
    /// `userEvidence`
    User(Box<User<'a>>),
    /// `mailboxEvidence`
    Mailbox(Box<Mailbox<'a>>),
    /// `analyzedMessageEvidence`, `submissionMailEvidence`, `teamsMessageEvidence`
    Message(Box<Message<'a>>),
    /// `networkConnectionEvidence`
    NetworkConnection(Box<NetworkConnection<'a>>),
    /// `registryKeyEvidence`
    RegistryKey(Box<RegistryKey<'a>>),
    /// `registryValueEvidence`
    RegistryValue(Box<RegistryValue<'a>>),
    /// `cloudApplicationEvidence`, `oauthApplicationEvidence`, `servicePrincipalEvidence`
    Application(Box<Application<'a>>),
    /// `dnsEvidence`
    Dns(Box<Dns<'a>>),
    /// `fileHashEvidence`
    FileHash(Box<FileHash<'a>>),
    /// Any other type, with its `@odata.type` if there is one.
    Other(Option<Text<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Evidence<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EvidenceVisitor)
    }
}

struct EvidenceVisitor;

impl<'de> Visitor<'de> for EvidenceVisitor {
    type Value = Evidence<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an evidence object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Evidence::Other(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(first) = map.next_key::<Text<'de>>()? else {
            return Ok(Evidence::Other(None));
        };
        if first.as_str() == "@odata.type" {
            // Nearly always: the type comes first, and the rest is read as that type at once.
            let Some(kind) = map.next_value::<Option<Text<'de>>>()? else {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(Evidence::Other(None));
            };
            return typed(kind, MapAccessDeserializer::new(map));
        }
        // The type comes later: keep what comes before it.
        let mut kept = Map::new();
        kept.insert(first.as_str().to_owned(), map.next_value()?);
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            kept.insert(key, value);
        }
        let Some(Value::String(kind)) = kept.remove("@odata.type") else {
            return Ok(Evidence::Other(None));
        };
        typed(Text::owned(kind), Value::Object(kept)).map_err(de::Error::custom)
    }
}

/// Reads the properties of one type; the type is matched without regard to case, since Graph's
/// own pages spell some in two ways.
fn typed<'de, D: Deserializer<'de>>(kind: Text<'de>, rest: D) -> Result<Evidence<'de>, D::Error> {
    let name = kind
        .rsplit(['.', '#'])
        .next()
        .unwrap_or(&kind)
        .to_ascii_lowercase();
    Ok(match name.as_str() {
        "deviceevidence" => Evidence::Device(Deserialize::deserialize(rest)?),
        "fileevidence" => Evidence::File(Deserialize::deserialize(rest)?),
        "processevidence" => Evidence::Process(Deserialize::deserialize(rest)?),
        "ipevidence" => Evidence::Ip(Deserialize::deserialize(rest)?),
        "urlevidence" => Evidence::Url(Deserialize::deserialize(rest)?),
        "userevidence" => Evidence::User(Deserialize::deserialize(rest)?),
        "mailboxevidence" => Evidence::Mailbox(Deserialize::deserialize(rest)?),
        "analyzedmessageevidence" | "submissionmailevidence" | "teamsmessageevidence" => {
            Evidence::Message(Deserialize::deserialize(rest)?)
        }
        "networkconnectionevidence" => Evidence::NetworkConnection(Deserialize::deserialize(rest)?),
        "registrykeyevidence" => Evidence::RegistryKey(Deserialize::deserialize(rest)?),
        "registryvalueevidence" => Evidence::RegistryValue(Deserialize::deserialize(rest)?),
        "cloudapplicationevidence" | "oauthapplicationevidence" | "serviceprincipalevidence" => {
            Evidence::Application(Deserialize::deserialize(rest)?)
        }
        "dnsevidence" => Evidence::Dns(Deserialize::deserialize(rest)?),
        "filehashevidence" => Evidence::FileHash(Deserialize::deserialize(rest)?),
        _ => {
            IgnoredAny::deserialize(rest)?;
            Evidence::Other(Some(kind))
        }
    })
}
