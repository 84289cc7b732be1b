use std::borrow::Cow;

use super::fan_out::Row;
use super::identity::Synthesised;
use super::rules;
use crate::Field;

/// One key of the record.
pub struct Key {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it holds and how that is found.
    pub kind: Kind,
    /// Where in Graph it comes from.
    pub source: Source,
    /// What happens on the way.
    pub rule: &'static str,
}

type OfText = for<'r> fn(&Row<'r, 'r>) -> Cow<'r, str>;
type OfFlag = fn(&Row<'_, '_>) -> Option<bool>;
type OfId = fn(&Synthesised) -> &str;
type OfNumber = fn(&Synthesised) -> u32;

/// What a key holds. Empty is `""`, and `null` for a flag.
pub struct Kind(pub(crate) Value);

pub(crate) enum Value {
    Text(OfText),
    Flag(OfFlag),
    Id(OfId),
    Number(OfNumber),
    Empty,
}

impl Kind {
    /// The JSON type.
    #[must_use]
    pub fn json_type(&self) -> &'static str {
        match self.0 {
            Value::Text(_) | Value::Id(_) | Value::Empty => "string",
            Value::Flag(_) => "boolean or null",
            Value::Number(_) => "number",
        }
    }
}

/// Where a key's value comes from. Several properties stand in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Properties of the alert.
    Alert(&'static [&'static str]),
    /// Properties of the record's device.
    Device(&'static [&'static str]),
    /// Properties of the record's entity, for the types that have them.
    Entity(&'static [(&'static str, &'static str)]),
    /// A property of the process's account, else of the alert's first user.
    Account(&'static str),
    /// Nothing in Graph: it is made up from what identifies the record.
    Synthesised(&'static str),
    /// Nothing: always empty, and why.
    Never(&'static str),
}

use Source::{Account, Alert, Device, Entity, Never, Synthesised as Made};
use Value::{Empty, Flag, Id, Number, Text};

const IOC: &str = "Graph has nothing like it";
const REMEDIATION: &[(&str, &str)] = &[
    ("file", "remediationStatus"),
    ("process", "remediationStatus"),
    ("ip", "remediationStatus"),
    ("url", "remediationStatus"),
];

macro_rules! keys {
    ($($name:literal $value:expr, $source:expr, $rule:literal;)*) => {
        &[$(Key { name: $name, kind: Kind($value), source: $source, rule: $rule },)*]
    };
}

/// Two properties of one file: of a file, and of the image of a process.
macro_rules! file {
    ($($property:literal),*) => {
        Entity(&[$(
            ("file", concat!("fileDetails.", $property)),
            ("process", concat!("imageFile.", $property)),
        )*])
    };
}

/// The 50 keys, in the order of the wire.
pub static KEYS: &[Key] = keys! {
    "AlertTime" Text(rules::alert_time), Alert(&["createdDateTime"]), "Graph's own text";
    "ComputerDnsName" Text(rules::computer_dns_name), Device(&["deviceDnsName", "hostName", "mdeDeviceId"]), "the id where no name is known";
    "AlertTitle" Text(rules::title), Alert(&["title"]), "";
    "Category" Text(rules::category), Alert(&["category"]), "";
    "Severity" Text(rules::severity), Alert(&["severity"]), "first letter upper";
    "AlertId" Text(rules::alert_id), Alert(&["id"]), "";
    "Actor" Text(rules::actor), Alert(&["actorDisplayName"]), "";
    "LinkToWDATP" Text(rules::alert_url), Alert(&["alertWebUrl"]), "";
    "IocName" Empty, Never(IOC), "";
    "IocValue" Empty, Never(IOC), "";
    "CreatorIocName" Empty, Never(IOC), "";
    "CreatorIocValue" Empty, Never(IOC), "";
    "Sha1" Text(rules::sha1), file!("sha1"), "lower case";
    "FileName" Text(rules::file_name), file!("fileName"), "";
    "FilePath" Text(rules::file_path), file!("filePath"), "the directory";
    "IpAddress" Text(rules::ip_address), Entity(&[("ip", "ipAddress"), ("analyzedMessage", "senderIp")]), "the sender's only on a record without an entity";
    "Url" Text(rules::url), Entity(&[("url", "url")]), "";
    "IoaDefinitionId" Text(rules::detector_id), Alert(&["detectorId"]), "";
    "UserName" Text(rules::user_name), Account("accountName"), "";
    "AlertPart" Number(|ids| ids.part), Made("counts the alert's records from 0, in the order of their first emission"), "";
    "FullId" Id(|ids| &ids.full_id), Made("`AlertId:IocUniqueId`, the deduplication key"), "";
    "LastProcessedTimeUtc" Text(rules::last_processed), Alert(&["lastActivityDateTime"]), "Graph's own text";
    "ThreatCategory" Text(rules::threat_category), Alert(&["mitreTechniques"]), "joined with `;`";
    "ThreatFamily" Text(rules::threat_family), Alert(&["threatFamilyName"]), "";
    "ThreatName" Text(rules::threat_name), Alert(&["threatDisplayName"]), "";
    "RemediationAction" Text(rules::remediation_action), Entity(REMEDIATION), "empty for `none` and `unknown`";
    "RemediationIsSuccess" Flag(rules::remediation_is_success), Entity(REMEDIATION), "true: remediated, prevented, blocked; false: active, unremediated, declined, partiallyRemediated";
    "Source" Text(rules::source), Alert(&["detectionSource"]), "the old words where there are any, else first letter upper";
    "Md5" Text(rules::md5), file!("md5"), "lower case";
    "Sha256" Text(rules::sha256), file!("sha256"), "lower case";
    "WasExecutingWhileDetected" Flag(rules::was_executing), Entity(&[("process", "detectionStatus")]), "true: detected, blocked; false: prevented";
    "UserDomain" Text(rules::user_domain), Account("domainName"), "the same account as UserName";
    "LogOnUsers" Text(rules::log_on_users), Device(&["loggedOnUsers"]), "`domain\\account`, joined with `;`";
    "MachineDomain" Text(rules::machine_domain), Device(&["dnsDomain", "deviceDnsName"]), "else what follows the first dot of the DNS name";
    "MachineName" Text(rules::machine_name), Device(&["hostName", "deviceDnsName"]), "else the first label of the DNS name";
    "InternalIPv4List" Text(rules::ipv4_list), Device(&["ipInterfaces"]), "joined with `;`, loopback kept";
    "InternalIPv6List" Text(rules::ipv6_list), Device(&["ipInterfaces"]), "joined with `;`, loopback kept";
    "FileHash" Text(rules::file_hash), file!("sha1", "sha256"), "lower case; SHA-1, else SHA-256";
    "DeviceID" Text(rules::device_id), Device(&["mdeDeviceId"]), "else the entity's own mdeDeviceId";
    "MachineGroup" Text(rules::machine_group), Device(&["rbacGroupName"]), "";
    "Description" Text(rules::description), Alert(&["description"]), "";
    "DeviceCreatedMachineTags" Text(rules::tags), Device(&["tags"]), "joined with `;`; Graph keeps one list, so both keys carry it";
    "CloudCreatedMachineTags" Text(rules::tags), Device(&["tags"]), "joined with `;`; Graph keeps one list, so both keys carry it";
    "CommandLine" Text(rules::command_line), Entity(&[("process", "processCommandLine")]), "";
    "IncidentLinkToWDATP" Text(rules::incident_url), Alert(&["incidentWebUrl"]), "";
    "ReportID" Number(|ids| ids.report_id), Made("31 bits of the SHA-256 of the alert id, never 0"), "";
    "LinkToMTP" Text(rules::alert_url), Alert(&["alertWebUrl"]), "";
    "IncidentLinkToMTP" Text(rules::incident_url), Alert(&["incidentWebUrl"]), "";
    "ExternalId" Id(|ids| &ids.external_id), Made("the first 20 bytes of the identity's digest, in upper-case hex"), "";
    "IocUniqueId" Id(|ids| &ids.ioc_unique_id), Made("the identity's digest in URL-safe base64"), "";
};

/// The key as the documentation shows it.
pub(super) fn documented(key: &Key) -> Field {
    let list = |parts: Vec<String>| parts.join(", ");
    let from = match key.source {
        Source::Alert(properties) => list(properties.iter().map(|p| format!("`{p}`")).collect()),
        Source::Device(properties) => {
            list(properties.iter().map(|p| format!("device `{p}`")).collect())
        }
        Source::Entity(properties) => {
            let shown = properties.iter().map(|(of, path)| format!("{of} `{path}`"));
            list(shown.collect())
        }
        Source::Account(property) => format!(
            "process `userAccount.{property}`, else that of the first `userEvidence` with a name"
        ),
        Source::Synthesised(how) => format!("synthesised: {how}"),
        Source::Never(why) => format!("always empty: {why}"),
    };
    Field {
        name: key.name,
        kind: key.kind.json_type(),
        from: from.into(),
        rule: key.rule,
    }
}
