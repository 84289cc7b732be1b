use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::Text;
use crate::timestamp::{self, Timestamp};

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
    /// `analyzedMessageEvidence`
    AnalyzedMessage(Box<AnalyzedMessage<'a>>),
    /// Any other type, with its `@odata.type`; `None` where there is none.
    Other(Option<Text<'a>>),
}

macro_rules! properties {
    ($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $kind:ty,)* }
        $(numbers { $($number:ident,)* })?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name<'a> {
            $(
                #[doc = concat!("`", stringify!($field), "`, in Graph's spelling camelCase.")]
                $(#[$attr])*
                #[serde(borrow)]
                pub $field: $kind,
            )*
            $($(
                #[doc = concat!("`", stringify!($number), "`, in Graph's spelling camelCase.")]
                pub $number: Option<i64>,
            )*)?
        }
    };
}

properties! {
    /// A device.
    Device {
        mde_device_id: Option<Text<'a>>,
        device_dns_name: Option<Text<'a>>,
        host_name: Option<Text<'a>>,
        dns_domain: Option<Text<'a>>,
        rbac_group_name: Option<Text<'a>>,
        #[serde(deserialize_with = "list")]
        detailed_roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "list")]
        ip_interfaces: Vec<Text<'a>>,
        #[serde(deserialize_with = "list")]
        tags: Vec<Text<'a>>,
        #[serde(deserialize_with = "objects")]
        logged_on_users: Vec<LoggedOnUser<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A user who was logged on to a device.
    LoggedOnUser {
        account_name: Option<Text<'a>>,
        domain_name: Option<Text<'a>>,
    }
}

properties! {
    /// A file on a device.
    File {
        mde_device_id: Option<Text<'a>>,
        #[serde(deserialize_with = "object")]
        file_details: Option<FileDetails<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// What is known of a file. The path is the directory, the name the last part.
    FileDetails {
        file_name: Option<Text<'a>>,
        file_path: Option<Text<'a>>,
        md5: Option<Text<'a>>,
        sha1: Option<Text<'a>>,
        sha256: Option<Text<'a>>,
    }
}

properties! {
    /// A process on a device.
    Process {
        mde_device_id: Option<Text<'a>>,
        #[serde(deserialize_with = "object")]
        image_file: Option<FileDetails<'a>>,
        #[serde(deserialize_with = "timestamp::optional")]
        process_creation_date_time: Option<Timestamp<'a>>,
        process_command_line: Option<Text<'a>>,
        detection_status: Option<Text<'a>>,
        #[serde(deserialize_with = "object")]
        user_account: Option<Account<'a>>,
        remediation_status: Option<Text<'a>>,
    } numbers {
        process_id,
    }
}

properties! {
    /// An address.
    Ip {
        ip_address: Option<Text<'a>>,
        mde_device_id: Option<Text<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A URL.
    Url {
        url: Option<Text<'a>>,
        mde_device_id: Option<Text<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A user.
    User {
        #[serde(deserialize_with = "object")]
        user_account: Option<Account<'a>>,
    }
}

properties! {
    /// An account.
    Account {
        account_name: Option<Text<'a>>,
        domain_name: Option<Text<'a>>,
    }
}

properties! {
    /// An e-mail message.
    AnalyzedMessage {
        sender_ip: Option<Text<'a>>,
    }
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
        "analyzedmessageevidence" => Evidence::AnalyzedMessage(Deserialize::deserialize(rest)?),
        _ => {
            IgnoredAny::deserialize(rest)?;
            Evidence::Other(Some(kind))
        }
    })
}

/// Reads an object that may be `null`; serde by itself would take an array for its properties in
/// the order of their declaration.
fn object<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// Reads a list of objects that may be `null`; a `null` in it is left out.
fn objects<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let objects: Vec<Object<T>> = list(deserializer)?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer
            .deserialize_map(ObjectVisitor(PhantomData))
            .map(Self)
    }
}

/// Reads a list that may be `null`; a `null` in it is left out.
pub(crate) fn list<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let list = Option::<Vec<Option<T>>>::deserialize(deserializer)?;
    Ok(list.into_iter().flatten().flatten().collect())
}

/// Reads the evidence; a piece that is `null` keeps its place.
pub(crate) fn all<'de: 'a, 'a, D>(deserializer: D) -> Result<Vec<Evidence<'a>>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
