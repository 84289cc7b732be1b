//! The ECS fields that a record may have, in the order of the wire.

use super::convert::{
    Convert, boolean, category_tactic, cloud_provider, date, domain, hash, ip, known_tactic,
    labels, lists_labels, located_ip, long, os_type, point, severity, sub_technique, technique,
    text, transport,
};
use super::value::Value;
use crate::tree::Node;

/// The type of a field in an ECS mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Keyword,
    ConstantKeyword,
    Wildcard,
    MatchOnlyText,
    Date,
    Long,
    Ip,
    Boolean,
    GeoPoint,
    Object,
}

impl Type {
    /// Its name and that of an array of it, for the documentation.
    pub(super) const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Keyword => ["keyword", "keyword array"],
            Self::ConstantKeyword => ["constant_keyword", "constant_keyword array"],
            Self::Wildcard => ["wildcard", "wildcard array"],
            Self::MatchOnlyText => ["match_only_text", "match_only_text array"],
            Self::Date => ["date", "date array"],
            Self::Long => ["long", "long array"],
            Self::Ip => ["ip", "ip array"],
            Self::Boolean => ["boolean", "boolean array"],
            Self::GeoPoint => ["geo_point", "geo_point array"],
            Self::Object => ["object", "object array"],
        }
    }
}

/// One field.
pub(super) struct Field {
    /// Its path, such as `process.parent.pid`.
    pub(super) path: &'static str,
    pub(super) kind: Type,
    /// Whether it is an array: always, or never.
    pub(super) array: bool,
    /// How a Graph value becomes one of its values.
    pub(super) convert: Convert,
    /// What happens on the way, for the documentation.
    pub(super) rule: &'static str,
}

macro_rules! fields {
    ($($name:ident $path:literal $kind:ident $count:ident $convert:expr, $rule:literal;)*) => {
        /// A field, by its place in [`FIELDS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Ecs { $($name),* }

        /// Every field.
        pub(super) static FIELDS: &[Field] = &[$(Field {
            path: $path,
            kind: Type::$kind,
            array: fields!($count),
            convert: $convert,
            rule: $rule,
        }),*];

        /// Every field, as its name.
        pub(super) const NAMES: &[Ecs] = &[$(Ecs::$name),*];
    };
    (One) => { false };
    (Many) => { true };
}

/// A field that is made, not read.
fn made<'n>(_: &'n Node<'_>, _: &mut dyn FnMut(Value<'n>)) -> bool {
    false
}

const MD5: Convert = |node, sink| hash(node, Some("md5"), sink);
const SHA1: Convert = |node, sink| hash(node, Some("sha1"), sink);
const SHA256: Convert = |node, sink| hash(node, Some("sha256"), sink);
const HASH: Convert = |node, sink| hash(node, None, sink);

fields! {
    Timestamp "@timestamp" Date One date, "milliseconds; else the time of creation, of the first or of the last activity";
    CloudAccountId "cloud.account.id" Keyword One text, "";
    CloudInstanceId "cloud.instance.id" Keyword Many text, "";
    CloudInstanceName "cloud.instance.name" Keyword Many text, "";
    CloudProjectId "cloud.project.id" Keyword Many text, "";
    CloudProvider "cloud.provider" Keyword Many cloud_provider, "`azure`, `aws` or `gcp`, by the kind of evidence";
    ContainerId "container.id" Keyword Many text, "";
    ContainerImageName "container.image.name" Keyword Many text, "";
    ContainerName "container.name" Keyword Many text, "";
    ContainerPrivileged "container.security_context.privileged" Boolean Many boolean, "";
    DataStreamDataset "data_stream.dataset" ConstantKeyword One made, "`m365_defender.alert`, or as the tenant says";
    DataStreamNamespace "data_stream.namespace" ConstantKeyword One made, "`default`, or as the tenant says";
    DataStreamType "data_stream.type" ConstantKeyword One made, "`logs`";
    DestinationGeoCity "destination.geo.city_name" Keyword Many text, "";
    DestinationGeoCountryCode "destination.geo.country_iso_code" Keyword Many text, "";
    DestinationGeoCountry "destination.geo.country_name" Keyword Many text, "";
    DestinationGeoLocation "destination.geo.location" GeoPoint Many point, "`lat` and `lon`";
    DestinationGeoRegion "destination.geo.region_name" Keyword Many text, "";
    DestinationIp "destination.ip" Ip Many ip, "";
    DestinationPort "destination.port" Long Many long, "";
    DeviceId "device.id" Keyword Many text, "";
    DeviceManufacturer "device.manufacturer" Keyword Many text, "";
    DeviceModelName "device.model.name" Keyword Many text, "";
    DeviceSerialNumber "device.serial_number" Keyword Many text, "";
    DnsQuestionName "dns.question.name" Keyword Many text, "";
    DnsResolvedIp "dns.resolved_ip" Ip Many ip, "";
    SchemaVersion "ecs.version" Keyword One made, "`9.5.0`";
    EmailDeliveryTimestamp "email.delivery_timestamp" Date Many date, "milliseconds";
    EmailDirection "email.direction" Keyword Many text, "";
    EmailFromAddress "email.from.address" Keyword Many text, "";
    EmailLocalId "email.local_id" Keyword Many text, "";
    EmailMessageId "email.message_id" Wildcard Many text, "";
    EmailSenderAddress "email.sender.address" Keyword Many text, "";
    EmailSubject "email.subject" Keyword Many text, "";
    EmailToAddress "email.to.address" Keyword Many text, "";
    EventAction "event.action" Keyword Many text, "";
    EventCategory "event.category" Keyword Many made, "by the kinds of evidence and the determination, sorted";
    EventCreated "event.created" Date One date, "milliseconds";
    EventDataset "event.dataset" Keyword One made, "as `data_stream.dataset`";
    EventDuration "event.duration" Long One made, "nanoseconds from `event.start` to `event.end`";
    EventEnd "event.end" Date One date, "milliseconds";
    EventId "event.id" Keyword One text, "";
    EventKind "event.kind" Keyword One made, "`alert`";
    EventModule "event.module" Keyword One made, "`m365_defender`";
    EventProvider "event.provider" Keyword One text, "";
    EventSeverity "event.severity" Long One severity, "informational and low 21, medium 47, high 73, critical 99";
    EventStart "event.start" Date One date, "milliseconds";
    EventType "event.type" Keyword Many made, "what ECS expects with the category: `access` with registry, `indicator` with threat, else `info`";
    EventUrl "event.url" Keyword One text, "";
    FileSubjectName "file.code_signature.subject_name" Keyword Many text, "";
    FileDirectory "file.directory" Keyword Many text, "";
    FileHashMd5 "file.hash.md5" Keyword Many MD5, "";
    FileHashSha1 "file.hash.sha1" Keyword Many SHA1, "";
    FileHashSha256 "file.hash.sha256" Keyword Many SHA256, "";
    FileName "file.name" Keyword Many text, "";
    FilePath "file.path" Keyword Many text, "the directory, as Elastic has it";
    FileSize "file.size" Long Many long, "";
    GroupId "group.id" Keyword Many text, "";
    GroupName "group.name" Keyword Many text, "";
    HostDomain "host.domain" Keyword Many text, "";
    HostHostname "host.hostname" Keyword Many text, "the name in DNS where there is no other";
    HostId "host.id" Keyword Many text, "";
    HostIp "host.ip" Ip Many ip, "the addresses of IP evidence too, as Elastic has it";
    HostName "host.name" Keyword Many text, "";
    HostOsName "host.os.name" Keyword Many text, "";
    HostOsType "host.os.type" Keyword Many os_type, "`windows`, `linux`, `macos`, `ios`, `android`; no other";
    HostOsVersion "host.os.version" Keyword Many text, "";
    HostRiskStaticLevel "host.risk.static_level" Keyword Many text, "";
    Labels "labels" Object One labels, "each value as text; a dot in a name becomes `_`";
    Message "message" MatchOnlyText One text, "";
    NetworkTransport "network.transport" Keyword Many transport, "`tcp` or `udp`";
    OrchestratorClusterName "orchestrator.cluster.name" Keyword Many text, "";
    OrchestratorClusterVersion "orchestrator.cluster.version" Keyword Many text, "";
    OrchestratorNamespace "orchestrator.namespace" Keyword Many text, "";
    OrchestratorResourceLabel "orchestrator.resource.label" Keyword Many lists_labels, "`name:value`";
    OrchestratorResourceName "orchestrator.resource.name" Keyword Many text, "";
    OrchestratorResourceType "orchestrator.resource.type" Keyword Many text, "by the kind of evidence";
    OrchestratorType "orchestrator.type" Keyword Many text, "`kubernetes`";
    ProcessSubjectName "process.code_signature.subject_name" Keyword Many text, "";
    ProcessCommandLine "process.command_line" Wildcard Many text, "";
    ProcessEntityId "process.entity_id" Keyword Many text, "Elastic's fingerprint of the id, the start and the device, where all three are known";
    ProcessExecutable "process.executable" Keyword Many text, "";
    ProcessHashMd5 "process.hash.md5" Keyword Many MD5, "";
    ProcessHashSha1 "process.hash.sha1" Keyword Many SHA1, "";
    ProcessHashSha256 "process.hash.sha256" Keyword Many SHA256, "";
    ProcessName "process.name" Keyword Many text, "";
    ParentSubjectName "process.parent.code_signature.subject_name" Keyword Many text, "";
    ParentEntityId "process.parent.entity_id" Keyword Many text, "the same of the parent";
    ParentExecutable "process.parent.executable" Keyword Many text, "";
    ParentHashMd5 "process.parent.hash.md5" Keyword Many MD5, "";
    ParentHashSha1 "process.parent.hash.sha1" Keyword Many SHA1, "";
    ParentHashSha256 "process.parent.hash.sha256" Keyword Many SHA256, "";
    ParentName "process.parent.name" Keyword Many text, "";
    ParentPid "process.parent.pid" Long Many long, "";
    ParentStart "process.parent.start" Date Many date, "milliseconds";
    ProcessPid "process.pid" Long Many long, "";
    ProcessStart "process.start" Date Many date, "milliseconds";
    ProcessUserId "process.user.id" Keyword Many text, "";
    ProcessUserName "process.user.name" Keyword Many text, "";
    RegistryDataStrings "registry.data.strings" Wildcard Many text, "";
    RegistryDataType "registry.data.type" Keyword Many text, "";
    RegistryHive "registry.hive" Keyword Many text, "";
    RegistryKey "registry.key" Keyword Many text, "";
    RegistryPath "registry.path" Keyword Many text, "";
    RegistryValue "registry.value" Keyword Many text, "the data of the value, as Elastic has it";
    RelatedHash "related.hash" Keyword Many HASH, "";
    RelatedHosts "related.hosts" Keyword Many text, "";
    RelatedIp "related.ip" Ip Many ip, "";
    RelatedUser "related.user" Keyword Many text, "";
    RuleId "rule.id" Keyword One text, "";
    RuleName "rule.name" Keyword One text, "";
    SourceGeoCity "source.geo.city_name" Keyword Many text, "";
    SourceGeoCountryCode "source.geo.country_iso_code" Keyword Many text, "";
    SourceGeoCountry "source.geo.country_name" Keyword Many text, "";
    SourceGeoLocation "source.geo.location" GeoPoint Many point, "`lat` and `lon`";
    SourceGeoRegion "source.geo.region_name" Keyword Many text, "";
    SourceIp "source.ip" Ip Many located_ip, "of IP evidence where its place is known";
    SourcePort "source.port" Long Many long, "";
    Tags "tags" Keyword Many text, "";
    ThreatFramework "threat.framework" Keyword One made, "`MITRE ATT&CK`, where there is a tactic or technique";
    ThreatSoftwareName "threat.software.name" Keyword Many text, "";
    ThreatTacticId "threat.tactic.id" Keyword Many known_tactic, "`TA0001` and so on, by its name";
    ThreatTacticName "threat.tactic.name" Keyword Many category_tactic, "only what is a tactic of ATT&CK";
    ThreatTechniqueId "threat.technique.id" Keyword Many technique, "the technique, also of a sub-technique";
    ThreatSubtechniqueId "threat.technique.subtechnique.id" Keyword Many sub_technique, "only what is a sub-technique, such as `T1059.001`";
    UrlDomain "url.domain" Keyword Many domain, "the host of the URL";
    UrlFull "url.full" Wildcard Many text, "";
    UrlOriginal "url.original" Wildcard Many text, "";
    UserDomain "user.domain" Keyword Many text, "";
    UserEmail "user.email" Keyword Many text, "";
    UserFullName "user.full_name" Keyword Many text, "";
    UserId "user.id" Keyword Many text, "";
    UserName "user.name" Keyword Many text, "the principal name where there is no account name, a mailbox's address where there is neither";
    UserAgentName "user_agent.name" Keyword Many text, "";
    UserAgentOriginal "user_agent.original" Keyword Many text, "";
}

impl Ecs {
    /// The field itself.
    pub(super) fn field(self) -> &'static Field {
        &FIELDS[self as usize]
    }
}
