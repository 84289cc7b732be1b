//! The values that a record can hold, each with its source: said once, for every format.

use std::borrow::Cow;

use drawbridge_alert::Timestamp;

use super::source::ANY_ENTITY;
use super::source::Source::{
    self, Alert, Device, Entity, Never, OfUser, Synthesised as Made, UserName,
};
use super::{Row, Synthesised, address, rules};

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
const ANY_ADDRESS: &[(&str, &str)] = &[("ip", "ipAddress"), ("message", "senderIp")];

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
    IP_ADDRESS Text(rules::ip_address), Entity(ANY_ADDRESS), "a message's sender on records of users, of devices alone and of the alert alone";
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
    DEV_TIME Text(rules::dev_time), Alert(&["createdDateTime", "firstActivityDateTime", "lastUpdateDateTime"]), "in UTC, to the millisecond; left out where Graph's text is no time";
    DEV_TIME_FORMAT Text(rules::dev_time_format), Alert(&["createdDateTime", "firstActivityDateTime", "lastUpdateDateTime"]), "`MMM dd yyyy HH:mm:ss.SSS zzz`; only beside `devTime`";
    EVENT_CLASS Text(rules::event_class), Alert(&["detectorId", "category"]), "without blanks, pipes and backslashes at its ends; else the word `alert`";
    EVENT_NAME Text(rules::event_name), Alert(&["title", "category"]), "without blanks at its ends; else the word `alert`";
    IPV4_ADDRESS Text(address::ipv4), Entity(ANY_ADDRESS), "only one of IPv4; a message's sender on records of users, of devices alone and of the alert alone";
    IPV6_ADDRESS Text(address::ipv6), Entity(ANY_ADDRESS), "only one of IPv6; a message's sender on records of users, of devices alone and of the alert alone";
    ANY_IP_ADDRESS Text(address::any), Entity(ANY_ADDRESS), "only an address of IPv4 or IPv6; a message's sender on records of users, of devices alone and of the alert alone";
    NO_IP_ADDRESS Text(address::neither), Entity(ANY_ADDRESS), "only what is no address of IPv4 or IPv6";
    DEVICE_IPV4 Text(address::device_ipv4), Device(&["ipInterfaces", "lastIpAddress"]), "the first of IPv4 that is neither loopback nor link-local";
    DEVICE_IP Text(address::device_ip), Device(&["ipInterfaces", "lastIpAddress"]), "the first of IPv4, else of IPv6, that is neither loopback nor link-local";
    DEVICE_NAME_BESIDE_IP Text(address::device_name_beside_ip), Device(&["hostName", "deviceDnsName"]), "as MachineName; only beside `identSrc`, without which it is not read";
}
