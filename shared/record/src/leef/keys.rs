use super::write::{ATTRIBUTE_STYLE, HEADER_STYLE};
use crate::detection::line::{Key, Table, keys};

/// All that a line can hold.
pub(super) static TABLE: Table = Table {
    header: HEADER,
    header_style: HEADER_STYLE,
    keys: KEYS,
    key_style: ATTRIBUTE_STYLE,
    truncated: "Truncated",
    truncated_kind: "custom string",
    volatile: "LastProcessedTimeUtc",
};

/// The field of the header that an alert fills.
const HEADER: &[Key] = keys! {
    "EventID" "header field" 255 EVENT_CLASS "without blanks, pipes and backslashes at its ends, those inside become blanks; else the word `alert`";
};

/// The attributes, in order. Types and limits of the predefined ones are those of IBM's list; a
/// custom one has none.
const KEYS: &[Key] = keys! {
    "devTime" "date" DEV_TIME;
    "devTimeFormat" "string" DEV_TIME_FORMAT;
    "sev" "integer" SEVERITY_NUMBER;
    "cat" "string" CATEGORY;
    "src" "ip_address" ANY_IP_ADDRESS;
    "dst" "ip_address" DEVICE_IP;
    "identSrc" "ip_address" DEVICE_IP "as `dst`";
    "identHostName" "string" 255 DEVICE_NAME_BESIDE_IP;
    "usrName" "string" 255 USER_NAME;
    "domain" "string" USER_DOMAIN "the same account as `usrName`";
    "resource" "string" COMPUTER_DNS_NAME;
    "url" "string" URL;
    "AlertTitle" "custom string" ALERT_TITLE;
    "Severity" "custom string" SEVERITY;
    "AlertTime" "custom string" CREATED;
    "FirstActivityTime" "custom string" FIRST_ACTIVITY;
    "LastProcessedTimeUtc" "custom string" LAST_ACTIVITY;
    "AlertId" "custom string" ALERT_ID;
    "AlertPart" "custom number" ALERT_PART;
    "FullId" "custom string" FULL_ID;
    "IoaDefinitionId" "custom string" DETECTOR_ID;
    "Source" "custom string" SOURCE;
    "Actor" "custom string" ACTOR;
    "Description" "custom string" DESCRIPTION;
    "LinkToMTP" "custom string" ALERT_LINK;
    "IncidentLinkToMTP" "custom string" INCIDENT_LINK;
    "ThreatCategory" "custom string" MITRE_TECHNIQUES;
    "ThreatFamily" "custom string" THREAT_FAMILY;
    "ThreatName" "custom string" THREAT_NAME;
    "DeviceID" "custom string" DEVICE_ID;
    "MachineName" "custom string" MACHINE_NAME;
    "MachineDomain" "custom string" MACHINE_DOMAIN;
    "MachineGroup" "custom string" MACHINE_GROUP;
    "MachineTags" "custom string" MACHINE_TAGS "joined with `;`";
    "InternalIPv4List" "custom string" INTERNAL_IPV4;
    "InternalIPv6List" "custom string" INTERNAL_IPV6;
    "LogOnUsers" "custom string" LOG_ON_USERS;
    "IpAddress" "custom string" NO_IP_ADDRESS;
    "FileName" "custom string" FILE_NAME;
    "FilePath" "custom string" FILE_PATH;
    "Sha1" "custom string" SHA1;
    "Sha256" "custom string" SHA256;
    "Md5" "custom string" MD5;
    "CommandLine" "custom string" COMMAND_LINE;
    "WasExecutingWhileDetected" "custom boolean" WAS_EXECUTING_WHILE_DETECTED;
    "RemediationAction" "custom string" REMEDIATION_ACTION;
    "RemediationIsSuccess" "custom boolean" REMEDIATION_IS_SUCCESS;
};
