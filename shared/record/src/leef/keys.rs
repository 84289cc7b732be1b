use crate::detection::line::{Key, Style, Table, keys};
use crate::detection::time_text;

/// LEEF defines no escape, but there are readers that take `\|` for one: an id that ends in a
/// backslash would swallow the end of its field.
const HEADER_STYLE: Style = Style {
    blanks: &['\t', '\n', '\r', '|', '\\'],
    flags: ["false", "true"],
    time: time_text,
};

const ATTRIBUTE_STYLE: Style = Style {
    blanks: &['\t', '\n', '\r'],
    ..HEADER_STYLE
};

/// All that a line can hold.
pub(super) static TABLE: Table = Table {
    prefix: "LEEF:2.0|Microsoft|Microsoft Defender XDR|1.0|",
    // The delimiter as the header names it.
    after_header: "0x09|",
    separator: '\t',
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
    "srcPort" "integer" SOURCE_PORT;
    "dst" "ip_address" DESTINATION_IP;
    "dstPort" "integer" DESTINATION_PORT;
    "proto" "integer_or_keyword" PROTOCOL;
    "identSrc" "ip_address" DEVICE_IP;
    "identHostName" "string" 255 DEVICE_NAME_BESIDE_IP;
    "usrName" "string" 255 ACTING_USER;
    "domain" "string" USER_DOMAIN "the same account as `usrName`";
    "resource" "string" COMPUTER_DNS_NAME;
    "url" "string" REQUEST;
    "AlertTitle" "custom string" ALERT_TITLE;
    "Severity" "custom string" SEVERITY;
    "AlertTime" "custom string" CREATED;
    "FirstActivityTime" "custom string" FIRST_ACTIVITY;
    "LastProcessedTimeUtc" "custom string" LAST_ACTIVITY;
    "AlertId" "custom string" ALERT_ID;
    "AlertPart" "custom number" ALERT_PART;
    "FullId" "custom string" FULL_ID_WITHOUT_PADDING;
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
    "Sha1" "custom string" ANY_SHA1;
    "Sha256" "custom string" ANY_SHA256;
    "Md5" "custom string" ANY_MD5;
    "FileSize" "custom number" FILE_SIZE;
    "Hash" "custom string" OTHER_HASH;
    "CommandLine" "custom string" COMMAND_LINE;
    "ProcessId" "custom number" PROCESS_ID;
    "ProcessPath" "custom string" PROCESS_PATH;
    "ParentProcessId" "custom number" PARENT_PROCESS_ID;
    "ParentProcessPath" "custom string" PARENT_PROCESS_PATH;
    "WasExecutingWhileDetected" "custom boolean" WAS_EXECUTING_WHILE_DETECTED;
    "RemediationAction" "custom string" REMEDIATION_ACTION;
    "RemediationIsSuccess" "custom boolean" REMEDIATION_IS_SUCCESS;
    "UserPrincipalName" "custom string" USER_PRINCIPAL_NAME;
    "UserSid" "custom string" USER_SID;
    "UserId" "custom string" USER_ID;
    "OtherDeviceName" "custom string" OTHER_DEVICE_NAME;
    "OtherDeviceId" "custom string" OTHER_DEVICE_ID;
    "OtherDeviceIpAddress" "custom string" OTHER_DEVICE_ADDRESS;
    "SenderDomain" "custom string" MESSAGE_DOMAIN;
    "Recipients" "custom string" RECIPIENTS;
    "MailSubject" "custom string" SUBJECT;
    "NetworkMessageId" "custom string" NETWORK_MESSAGE_ID;
    "InternetMessageId" "custom string" INTERNET_MESSAGE_ID;
    "DeliveryAction" "custom string" DELIVERY_ACTION;
    "Direction" "custom number" DIRECTION;
    "DomainName" "custom string" DOMAIN_NAME;
    "DnsServer" "custom string" DNS_SERVER;
    "RegistryKey" "custom string" REGISTRY_KEY;
    "RegistryValueName" "custom string" REGISTRY_VALUE_NAME;
    "RegistryValueData" "custom string" REGISTRY_VALUE_DATA;
    "RegistryValueType" "custom string" REGISTRY_VALUE_TYPE;
    "ApplicationName" "custom string" APPLICATION_NAME;
    "ApplicationId" "custom string" APPLICATION_ID;
    "ApplicationInstance" "custom string" APPLICATION_INSTANCE;
};
