use std::borrow::Cow;

use crate::detection::line::{Key, Style, Table, keys};

const HEADER_STYLE: Style = Style {
    blanks: &['\t', '\n', '\r'],
    flags: ["0", "1"],
    time: epoch_ms,
};

const EXTENSION_STYLE: Style = Style {
    blanks: &[],
    ..HEADER_STYLE
};

/// Milliseconds since 1970: of the dictionary's two notations the one without a language and a zone.
fn epoch_ms<'t>(time: &'t drawbridge_alert::Timestamp<'_>) -> Cow<'t, str> {
    match time.instant {
        Some(instant) => instant.as_millisecond().to_string().into(),
        None => Cow::Borrowed(""),
    }
}

/// All that a line can hold.
pub(super) static TABLE: Table = Table {
    // Vendor, product and version as Microsoft's ArcSight mapping of the old API has them.
    prefix: "CEF:0|Microsoft|Microsoft Defender ATP|2.0|",
    after_header: "",
    separator: ' ',
    header: HEADER,
    header_style: HEADER_STYLE,
    keys: KEYS,
    key_style: EXTENSION_STYLE,
    truncated: "MicrosoftDefenderTruncated",
    truncated_kind: "string",
    volatile: "end",
};

/// The fields of the header that an alert fills, in order.
const HEADER: &[Key] = keys! {
    "deviceEventClassId" "header field" 1023 EVENT_CLASS;
    "name" "header field" 512 EVENT_NAME;
    "severity" "header field" SEVERITY_NUMBER;
};

/// The keys of the extension, in order. Types and limits are those of the extension dictionary of
/// CEF 1.2, which sets none for a key of one's own. The last one never ends in a blank: readers lose
/// blanks at the end of a line. The keys of deduplication hold no `=`: readers that undo escapes
/// before they look for keys would take the end of a digest for one.
const KEYS: &[Key] = keys! {
    "rt" "timestamp" CREATED "milliseconds; left out where Graph's text is not a time";
    "start" "timestamp" FIRST_ACTIVITY "milliseconds; left out where Graph's text is not a time";
    "end" "timestamp" LAST_ACTIVITY "milliseconds; left out where Graph's text is not a time";
    "externalId" "string" 40 ALERT_ID "whole in `cs2`";
    "cat" "string" 1023 CATEGORY;
    "sourceServiceName" "string" 1023 SOURCE;
    "msg" "string" 1023 DESCRIPTION;
    "act" "string" 63 REMEDIATION_ACTION;
    "shost" "string" 1023 MACHINE_NAME;
    "sourceDnsDomain" "string" 255 SENDER_DOMAIN;
    "dhost" "string" 1023 COMPUTER_DNS_NAME;
    "dst" "ipv4_address" DESTINATION_IPV4;
    "dpt" "integer" DESTINATION_PORT;
    "destinationDnsDomain" "string" 255 DOMAIN_NAME;
    "destinationServiceName" "string" 1023 APPLICATION_NAME;
    "deviceExternalId" "string" 255 DEVICE_ID;
    "suser" "string" 1023 ACTING_USER;
    "duser" "string" 1023 RECIPIENTS;
    "sntdom" "string" 255 USER_DOMAIN "the same account as `suser`";
    "suid" "string" 1023 LOG_ON_USERS;
    "src" "ipv4_address" IPV4_ADDRESS;
    "spt" "integer" SOURCE_PORT;
    "proto" "string" 31 PROTOCOL;
    "deviceDirection" "integer" DIRECTION;
    "c6a1" = "IpAddress" "ipv6_address" IPV6_ADDRESS;
    "c6a3" = "DestinationIpAddress" "ipv6_address" DESTINATION_IPV6;
    "request" "string" 1023 REQUEST;
    "dpid" "integer" PROCESS_ID;
    "dproc" "string" 1023 PROCESS_PATH;
    "spid" "integer" PARENT_PROCESS_ID;
    "sproc" "string" 1023 PARENT_PROCESS_PATH;
    "fname" "string" 1023 FILE_NAME;
    "filePath" "string" 1023 FULL_FILE_PATH;
    "fsize" "integer" FILE_SIZE;
    "fileHash" "string" 255 ANY_FILE_HASH;
    "cn1" = "WasExecutingWhileDetected" "long" WAS_EXECUTING_WHILE_DETECTED "1: detected, blocked; 0: prevented";
    "cn2" = "RemediationIsSuccess" "long" REMEDIATION_IS_SUCCESS "1: remediated, prevented, blocked; 0: active, unremediated, declined, partiallyRemediated";
    "cn3" = "AlertPart" "long" ALERT_PART;
    "cs1" = "ThreatName" "string" 4000 THREAT_NAME;
    "cs2" = "FullId" "string" 4000 FULL_ID_WITHOUT_PADDING "`externalId:devicePayloadId`";
    "cs3" = "CommandLine" "string" 4000 COMMAND_LINE;
    "cs4" = "Actor" "string" 4000 ACTOR;
    "cs5" = "Md5" "string" 4000 ANY_MD5;
    "cs6" = "Sha256" "string" 4000 ANY_SHA256;
    "flexString1" = "LinkToWDATP" "string" 1023 ALERT_LINK;
    "flexString2" = "IncidentLinkToWDATP" "string" 1023 INCIDENT_LINK;
    "MicrosoftDefenderSeverity" "string" SEVERITY;
    "MicrosoftDefenderIpAddress" "string" NO_IP_ADDRESS;
    "MicrosoftDefenderIoaDefinitionId" "string" DETECTOR_ID;
    "MicrosoftDefenderThreatCategory" "string" MITRE_TECHNIQUES;
    "MicrosoftDefenderThreatFamily" "string" THREAT_FAMILY;
    "MicrosoftDefenderInternalIPv4List" "string" INTERNAL_IPV4;
    "MicrosoftDefenderInternalIPv6List" "string" INTERNAL_IPV6;
    "MicrosoftDefenderMachineGroup" "string" MACHINE_GROUP;
    "MicrosoftDefenderMachineTags" "string" MACHINE_TAGS "joined with `;`";
    "MicrosoftDefenderUserPrincipalName" "string" USER_PRINCIPAL_NAME;
    "MicrosoftDefenderUserSid" "string" USER_SID;
    "MicrosoftDefenderUserId" "string" USER_ID;
    "MicrosoftDefenderOtherDeviceName" "string" OTHER_DEVICE_NAME;
    "MicrosoftDefenderOtherDeviceId" "string" OTHER_DEVICE_ID;
    "MicrosoftDefenderOtherDeviceIpAddress" "string" OTHER_DEVICE_ADDRESS;
    "MicrosoftDefenderMailSubject" "string" SUBJECT;
    "MicrosoftDefenderNetworkMessageId" "string" NETWORK_MESSAGE_ID;
    "MicrosoftDefenderInternetMessageId" "string" INTERNET_MESSAGE_ID;
    "MicrosoftDefenderDeliveryAction" "string" DELIVERY_ACTION;
    "MicrosoftDefenderRegistryKey" "string" REGISTRY_KEY;
    "MicrosoftDefenderRegistryValueName" "string" REGISTRY_VALUE_NAME;
    "MicrosoftDefenderRegistryValueData" "string" REGISTRY_VALUE_DATA;
    "MicrosoftDefenderRegistryValueType" "string" REGISTRY_VALUE_TYPE;
    "MicrosoftDefenderApplicationId" "string" APPLICATION_ID;
    "MicrosoftDefenderApplicationInstance" "string" APPLICATION_INSTANCE;
    "MicrosoftDefenderDnsServer" "string" DNS_SERVER;
    "MicrosoftDefenderHash" "string" OTHER_HASH;
    "devicePayloadId" "string" 128 IOC_UNIQUE_ID_WITHOUT_PADDING;
};
