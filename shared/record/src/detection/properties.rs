//! The values that a record can hold, each with its source: said once, for every format.

use std::borrow::Cow;

use drawbridge_alert::Timestamp;

use super::entity::{ANY_ENTITY, Kinds};
use super::source::Source::{
    self, Alert, Device, Entity, EntityElse, Never, OfUser, OtherDevice, Synthesised as Made,
    UserName,
};
use super::{Row, Synthesised, address, rules, wide};

/// A value of a record.
#[derive(Clone, Copy)]
pub(crate) struct Property {
    /// How it is found.
    pub(crate) value: Value,
    /// Where in Graph it comes from.
    pub(crate) source: Source,
    /// What happens on the way.
    pub(crate) rule: &'static str,
}

impl Property {
    /// The kinds of entities whose records can have a value.
    pub(crate) const fn kinds(&self) -> Kinds {
        self.source.kinds()
    }
}

type OfText = for<'r> fn(&Row<'r, 'r>) -> Cow<'r, str>;
type OfTime = for<'r> fn(&Row<'r, 'r>) -> Option<&'r Timestamp<'r>>;
type OfFlag = fn(&Row<'_, '_>) -> Option<bool>;
type OfId = fn(&Synthesised) -> &str;
type OfNumber = fn(&Synthesised) -> u32;

/// How a value is found in what a record is made of.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Text(OfText),
    Time(OfTime),
    Flag(OfFlag),
    Id(OfId),
    Number(OfNumber),
    Empty,
}

use Value::{Empty, Flag, Id, Number, Text, Time};

const NO_IOC: &str = "Graph has nothing like it";
const REMEDIATION: &[(&str, &str)] = &[(ANY_ENTITY, "remediationStatus")];
const ADDRESS: &[(&str, &str)] = &[("ip", "ipAddress"), ("message", "senderIp")];
const ANY_ADDRESS: &[(&str, &str)] = &[
    ("ip", "ipAddress"),
    ("message", "senderIp"),
    ("connection", "sourceAddress.ipAddress"),
    ("dns", "hostIpAddress.ipAddress"),
];
const DESTINATION: &[(&str, &str)] = &[("connection", "destinationAddress.ipAddress")];
const SENDER: &[(&str, &str)] = &[
    ("message", "p2Sender.emailAddress"),
    ("message", "p1Sender.emailAddress"),
    ("message", "sender"),
    ("message", "senderFromAddress"),
];
const SENDER_DOMAIN_NAME: &[(&str, &str)] = &[
    ("message", "p2Sender.domainName"),
    ("message", "p1Sender.domainName"),
];

macro_rules! properties {
    ($($name:ident $value:expr, $source:expr, $rule:literal;)*) => {
        $(pub(crate) const $name: Property = Property { value: $value, source: $source, rule: $rule };)*
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

properties! {
    CREATED Time(rules::created), Alert(&["createdDateTime", "firstActivityDateTime", "lastUpdateDateTime"]), "Graph's own text; `.0000000` is added where it has no fraction";
    COMPUTER_DNS_NAME Text(rules::computer_dns_name), Device(&["deviceDnsName", "hostName", "mdeDeviceId"]), "the id where no name is known";
    ALERT_TITLE Text(rules::title), Alert(&["title"]), "";
    CATEGORY Text(rules::category), Alert(&["category", "categories"]), "the first of `categories`";
    SEVERITY Text(rules::severity), Alert(&["severity"]), "first letter upper; `UnSpecified` where Graph says none or `unknown`";
    ALERT_ID Text(rules::alert_id), Alert(&["id"]), "";
    ACTOR Text(rules::actor), Alert(&["actorDisplayName"]), "";
    ALERT_LINK Text(rules::alert_url), Alert(&["alertWebUrl"]), "";
    IOC Empty, Never(NO_IOC), "";
    SHA1 Text(rules::sha1), file!("sha1"), "lower case";
    FILE_NAME Text(rules::file_name), file!("fileName"), "";
    FILE_PATH Text(rules::file_path), file!("filePath"), "the directory";
    IP_ADDRESS Text(rules::ip_address), Entity(ADDRESS), "a message's sender on records of users, of devices alone and of the alert alone";
    URL Text(rules::url), Entity(&[("url", "url")]), "";
    DETECTOR_ID Text(rules::detector_id), Alert(&["detectorId"]), "";
    USER_NAME Text(rules::user_name), UserName, "of the user that the record is of; of a process, of the account it runs as if that has a name; else of the alert's first user";
    ALERT_PART Number(|ids| ids.part), Made("counts the alert's records from 0, in the order of their first emission"), "";
    FULL_ID Id(|ids| &ids.full_id), Made("`AlertId:IocUniqueId`, the deduplication key"), "";
    LAST_ACTIVITY Time(rules::last_activity), Alert(&["lastActivityDateTime", "lastUpdateDateTime"]), "Graph's own text; `.0000000` is added where it has no fraction";
    MITRE_TECHNIQUES Text(rules::threat_category), Alert(&["mitreTechniques"]), "joined with `;`";
    THREAT_FAMILY Text(rules::threat_family), Alert(&["threatFamilyName"]), "";
    THREAT_NAME Text(rules::threat_name), Alert(&["threatDisplayName"]), "";
    REMEDIATION_ACTION Text(rules::remediation_action), Entity(REMEDIATION), "empty for `none`, `unknown`, `active` and `notFound`, which are no action";
    REMEDIATION_IS_SUCCESS Flag(rules::remediation_is_success), Entity(REMEDIATION), "true: remediated, prevented, blocked; false: unremediated, declined, partiallyRemediated, and active where `detectionSource` is `antivirus`";
    SOURCE Text(rules::source), Alert(&["detectionSource"]), "the old words where there are any, else first letter upper";
    MD5 Text(rules::md5), file!("md5"), "lower case";
    SHA256 Text(rules::sha256), file!("sha256"), "lower case";
    WAS_EXECUTING_WHILE_DETECTED Flag(rules::was_executing), Entity(&[("process", "detectionStatus")]), "only where `detectionSource` is `antivirus`; true: detected, blocked; false: prevented";
    USER_DOMAIN Text(rules::user_domain), OfUser("domainName"), "the same user as UserName";
    LOG_ON_USERS Text(rules::log_on_users), Device(&["loggedOnUsers"]), "`domain\\account`, joined with `;`";
    MACHINE_DOMAIN Text(rules::machine_domain), Device(&["dnsDomain", "deviceDnsName"]), "else what follows the first dot of the DNS name";
    MACHINE_NAME Text(rules::machine_name), Device(&["hostName", "deviceDnsName"]), "else the first label of the DNS name";
    INTERNAL_IPV4 Text(rules::ipv4_list), Device(&["ipInterfaces", "lastIpAddress"]), "joined with `;`, loopback kept; `lastIpAddress` where it is not among them";
    INTERNAL_IPV6 Text(rules::ipv6_list), Device(&["ipInterfaces", "lastIpAddress"]), "joined with `;`, loopback kept; `lastIpAddress` where it is not among them";
    FILE_HASH Text(rules::file_hash), file!("sha1", "sha256"), "lower case; SHA-1, else SHA-256";
    DEVICE_ID Text(rules::device_id), Device(&["mdeDeviceId"]), "else the entity's own mdeDeviceId";
    MACHINE_GROUP Text(rules::machine_group), Device(&["rbacGroupName"]), "";
    DESCRIPTION Text(rules::description), Alert(&["description"]), "";
    MACHINE_TAGS Text(rules::tags), Device(&["tags"]), "joined with `;`; Graph keeps one list, so both keys carry it";
    COMMAND_LINE Text(rules::command_line), Entity(&[("process", "processCommandLine")]), "";
    INCIDENT_LINK Text(rules::incident_url), Alert(&["incidentWebUrl"]), "";
    REPORT_ID Number(|ids| ids.report_id), Made("31 bits of the SHA-256 of the alert id, never 0"), "";
    EXTERNAL_ID Id(|ids| &ids.external_id), Made("the first 20 bytes of the identity's digest, in upper-case hex"), "";
    IOC_UNIQUE_ID Id(|ids| &ids.ioc_unique_id), Made("the identity's digest in URL-safe base64"), "";
    // Not in the old record, or not so.
    FIRST_ACTIVITY Time(|row| row.alert.first_activity.as_ref()), Alert(&["firstActivityDateTime"]), "Graph's own text; `.0000000` is added where it has no fraction";
    SEVERITY_NUMBER Text(rules::severity_number), Alert(&["severity"]), "informational 1, low 3, medium 5, high 8, anything else 5";
    DEV_TIME Text(rules::dev_time), Alert(&["createdDateTime", "firstActivityDateTime", "lastUpdateDateTime"]), "in UTC, to the millisecond; left out where Graph's text is not a time";
    DEV_TIME_FORMAT Text(rules::dev_time_format), Alert(&["createdDateTime", "firstActivityDateTime", "lastUpdateDateTime"]), "`MMM dd yyyy HH:mm:ss.SSS zzz`; only beside `devTime`";
    EVENT_CLASS Text(rules::event_class), Alert(&["detectorId", "category"]), "without blanks, pipes and backslashes at its ends; else the word `alert`";
    EVENT_NAME Text(rules::event_name), Alert(&["title", "category"]), "without blanks at its ends; else the word `alert`";
    IPV4_ADDRESS Text(address::ipv4), Entity(ANY_ADDRESS), "only one of IPv4; a message's sender on records of users, of devices alone and of the alert alone";
    IPV6_ADDRESS Text(address::ipv6), Entity(ANY_ADDRESS), "only one of IPv6; a message's sender on records of users, of devices alone and of the alert alone";
    ANY_IP_ADDRESS Text(address::any), Entity(ANY_ADDRESS), "only an address of IPv4 or IPv6; a message's sender on records of users, of devices alone and of the alert alone";
    NO_IP_ADDRESS Text(address::neither), Entity(ANY_ADDRESS), "only what is no address of IPv4 or IPv6";
    DEVICE_IP Text(address::device_ip), Device(&["ipInterfaces", "lastIpAddress"]), "the first of IPv4, else of IPv6, that is neither loopback nor link-local";
    DEVICE_NAME_BESIDE_IP Text(address::device_name_beside_ip), Device(&["hostName", "deviceDnsName"]), "as MachineName; only beside `identSrc`, without which it is not read";
    // What the record of the old API has no keys for.
    FULL_FILE_PATH Text(wide::file_path), file!("filePath", "fileName"), "the directory and the name";
    FILE_SIZE Text(wide::file_size), file!("fileSize"), "in bytes; left out above 2 GiB";
    PROCESS_ID Text(wide::process_id), Entity(&[("process", "processId")]), "";
    PROCESS_PATH Text(wide::process_path), Entity(&[("process", "imageFile.filePath"), ("process", "imageFile.fileName")]), "the directory and the name";
    PARENT_PROCESS_ID Text(wide::parent_process_id), Entity(&[("process", "parentProcessId")]), "";
    PARENT_PROCESS_PATH Text(wide::parent_process_path), Entity(&[("process", "parentProcessImageFile.filePath"), ("process", "parentProcessImageFile.fileName")]), "the directory and the name";
    DESTINATION_IPV4 Text(wide::destination_ipv4), EntityElse(DESTINATION, &Device(&["ipInterfaces", "lastIpAddress"])), "of a connection, one of IPv4; of all else, the device's first of IPv4 that is neither loopback nor link-local";
    DESTINATION_IPV6 Text(wide::destination_ipv6), Entity(DESTINATION), "only one of IPv6";
    DESTINATION_IP Text(wide::destination_ip), EntityElse(DESTINATION, &Device(&["ipInterfaces", "lastIpAddress"])), "of a connection, its other end; of all else, the device's first of IPv4, else of IPv6, that is neither loopback nor link-local";
    SOURCE_PORT Text(wide::source_port), Entity(&[("connection", "sourcePort")]), "";
    DESTINATION_PORT Text(wide::destination_port), Entity(&[("connection", "destinationPort")]), "";
    PROTOCOL Text(wide::protocol), Entity(&[("connection", "protocol")]), "";
    DOMAIN_NAME Text(wide::domain_name), Entity(&[("dns", "domainName")]), "";
    DNS_SERVER Text(wide::dns_server), Entity(&[("dns", "dnsServerIp.ipAddress")]), "";
    ACTING_USER Text(wide::acting_user), EntityElse(SENDER, &UserName), "of a message, its sender; of all else, the user of the record";
    SENDER_DOMAIN Text(wide::sender_domain), EntityElse(SENDER_DOMAIN_NAME, &Device(&["dnsDomain", "deviceDnsName"])), "of a message, the sender's; of all else, the device's, else what follows the first dot of its DNS name";
    MESSAGE_DOMAIN Text(wide::message_domain), Entity(SENDER_DOMAIN_NAME), "the sender's";
    RECIPIENTS Text(wide::recipients), Entity(&[("message", "recipientEmailAddress"), ("message", "recipient"), ("message", "recipients")]), "joined with `;`";
    REQUEST Text(wide::request), Entity(&[("url", "url"), ("message", "urls")]), "of a message, joined with `;`";
    SUBJECT Text(wide::subject), Entity(&[("message", "subject")]), "";
    NETWORK_MESSAGE_ID Text(wide::network_message_id), Entity(&[("message", "networkMessageId")]), "";
    INTERNET_MESSAGE_ID Text(wide::internet_message_id), Entity(&[("message", "internetMessageId"), ("message", "messageId")]), "";
    DELIVERY_ACTION Text(wide::delivery_action), Entity(&[("message", "deliveryAction")]), "";
    DIRECTION Text(wide::direction), Entity(&[("message", "antiSpamDirection"), ("message", "messageDirection")]), "0: inbound, 1: outbound";
    REGISTRY_KEY Text(wide::registry_key), Entity(&[("registryKey", "registryHive"), ("registryKey", "registryKey"), ("registryValue", "registryHive"), ("registryValue", "registryKey")]), "hive and key";
    REGISTRY_VALUE_NAME Text(wide::registry_value_name), Entity(&[("registryValue", "registryValueName")]), "";
    REGISTRY_VALUE_DATA Text(wide::registry_value_data), Entity(&[("registryValue", "registryValue")]), "";
    REGISTRY_VALUE_TYPE Text(wide::registry_value_type), Entity(&[("registryValue", "registryValueType")]), "";
    APPLICATION_NAME Text(wide::application_name), Entity(&[("application", "displayName"), ("application", "servicePrincipalName")]), "";
    APPLICATION_ID Text(wide::application_id), Entity(&[("application", "appId"), ("application", "saasAppId")]), "";
    APPLICATION_INSTANCE Text(wide::application_instance), Entity(&[("application", "instanceName"), ("application", "instanceId")]), "";
    OTHER_HASH Text(wide::other_hash), Entity(&[("fileHash", "value")]), "only where the algorithm is none of MD5, SHA-1 and SHA-256";
    USER_PRINCIPAL_NAME Text(wide::user_principal_name), OfUser("userPrincipalName"), "";
    USER_SID Text(wide::user_sid), OfUser("userSid"), "";
    USER_ID Text(wide::user_id), OfUser("azureAdUserId"), "";
    OTHER_DEVICE_NAME Text(wide::other_device_name), OtherDevice(&["deviceDnsName", "hostName"]), "only where the alert has two devices";
    OTHER_DEVICE_ID Text(wide::other_device_id), OtherDevice(&["mdeDeviceId"]), "only where the alert has two devices";
    OTHER_DEVICE_ADDRESS Text(wide::other_device_address), OtherDevice(&["lastIpAddress"]), "only where the alert has two devices";
    FULL_ID_WITHOUT_PADDING Id(|ids| ids.full_id.trim_end_matches('=')), Made("`AlertId:IocUniqueId` without the `=` at its end, the deduplication key"), "";
    IOC_UNIQUE_ID_WITHOUT_PADDING Id(|ids| ids.ioc_unique_id.trim_end_matches('=')), Made("the identity's digest in URL-safe base64, without the `=` at its end"), "";
    ANY_SHA1 Text(rules::sha1), Entity(&[("file", "fileDetails.sha1"), ("process", "imageFile.sha1"), ("fileHash", "value")]), "lower case; of a lone hash, only where it is one";
    ANY_SHA256 Text(rules::sha256), Entity(&[("file", "fileDetails.sha256"), ("process", "imageFile.sha256"), ("fileHash", "value")]), "lower case; of a lone hash, only where it is one";
    ANY_MD5 Text(rules::md5), Entity(&[("file", "fileDetails.md5"), ("process", "imageFile.md5"), ("fileHash", "value")]), "lower case; of a lone hash, only where it is one";
    ANY_FILE_HASH Text(rules::file_hash), Entity(&[("file", "fileDetails.sha1"), ("file", "fileDetails.sha256"), ("process", "imageFile.sha1"), ("process", "imageFile.sha256"), ("fileHash", "value")]), "lower case; SHA-1, else SHA-256";
}
