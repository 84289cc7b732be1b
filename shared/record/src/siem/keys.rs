use crate::Field;
use crate::detection::{Property, Source, Value, properties};

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

/// What a key holds. Empty is `""`, and `null` for a flag.
pub struct Kind(pub(crate) Value);

impl Kind {
    /// The JSON type.
    #[must_use]
    pub fn json_type(&self) -> &'static str {
        match self.0 {
            Value::Text(_) | Value::Time(_) | Value::Id(_) | Value::Empty => "string",
            Value::Flag(_) => "boolean or null",
            Value::Number(_) => "number",
        }
    }
}

const fn key(name: &'static str, property: Property) -> Key {
    Key {
        name,
        kind: Kind(property.value),
        source: property.source,
        rule: property.rule,
    }
}

macro_rules! keys {
    ($($name:literal $property:ident;)*) => {
        &[$(key($name, properties::$property),)*]
    };
}

/// The 50 keys, in the order of the wire.
pub static KEYS: &[Key] = keys! {
    "AlertTime" CREATED;
    "ComputerDnsName" COMPUTER_DNS_NAME;
    "AlertTitle" ALERT_TITLE;
    "Category" CATEGORY;
    "Severity" SEVERITY;
    "AlertId" ALERT_ID;
    "Actor" ACTOR;
    "LinkToWDATP" ALERT_LINK;
    "IocName" IOC;
    "IocValue" IOC;
    "CreatorIocName" IOC;
    "CreatorIocValue" IOC;
    "Sha1" SHA1;
    "FileName" FILE_NAME;
    "FilePath" FILE_PATH;
    "IpAddress" IP_ADDRESS;
    "Url" URL;
    "IoaDefinitionId" DETECTOR_ID;
    "UserName" USER_NAME;
    "AlertPart" ALERT_PART;
    "FullId" FULL_ID;
    "LastProcessedTimeUtc" LAST_ACTIVITY;
    "ThreatCategory" MITRE_TECHNIQUES;
    "ThreatFamily" THREAT_FAMILY;
    "ThreatName" THREAT_NAME;
    "RemediationAction" REMEDIATION_ACTION;
    "RemediationIsSuccess" REMEDIATION_IS_SUCCESS;
    "Source" SOURCE;
    "Md5" MD5;
    "Sha256" SHA256;
    "WasExecutingWhileDetected" WAS_EXECUTING_WHILE_DETECTED;
    "UserDomain" USER_DOMAIN;
    "LogOnUsers" LOG_ON_USERS;
    "MachineDomain" MACHINE_DOMAIN;
    "MachineName" MACHINE_NAME;
    "InternalIPv4List" INTERNAL_IPV4;
    "InternalIPv6List" INTERNAL_IPV6;
    "FileHash" FILE_HASH;
    "DeviceID" DEVICE_ID;
    "MachineGroup" MACHINE_GROUP;
    "Description" DESCRIPTION;
    "DeviceCreatedMachineTags" MACHINE_TAGS;
    "CloudCreatedMachineTags" MACHINE_TAGS;
    "CommandLine" COMMAND_LINE;
    "IncidentLinkToWDATP" INCIDENT_LINK;
    "ReportID" REPORT_ID;
    "LinkToMTP" ALERT_LINK;
    "IncidentLinkToMTP" INCIDENT_LINK;
    "ExternalId" EXTERNAL_ID;
    "IocUniqueId" IOC_UNIQUE_ID;
};

/// The key as the documentation shows it.
pub(super) fn documented(key: &Key) -> Field {
    Field {
        name: key.name,
        kind: key.kind.json_type(),
        from: key.source.documented().into(),
        rule: key.rule,
    }
}
