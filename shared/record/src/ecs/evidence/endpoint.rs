//! Devices and what is on them.

use super::super::field::Ecs::{
    CloudInstanceId, CloudProvider, DeviceId, DeviceManufacturer, DeviceModelName,
    DeviceSerialNumber, EventAction, FileDirectory, FileHashMd5, FileHashSha1, FileHashSha256,
    FileName, FilePath, FileSize, FileSubjectName, HostDomain, HostHostname, HostId, HostIp,
    HostName, HostOsName, HostOsType, HostOsVersion, HostRiskStaticLevel, ParentExecutable,
    ParentHashMd5, ParentHashSha1, ParentHashSha256, ParentName, ParentPid, ParentStart,
    ParentSubjectName, ProcessCommandLine, ProcessExecutable, ProcessHashMd5, ProcessHashSha1,
    ProcessHashSha256, ProcessName, ProcessPid, ProcessStart, ProcessSubjectName, ProcessUserId,
    ProcessUserName, RegistryDataStrings, RegistryDataType, RegistryHive, RegistryKey,
    RegistryPath, RegistryValue, RelatedHash, RelatedHosts, RelatedIp, RelatedUser,
    ThreatSoftwareName,
};
use super::super::property::Holds::{Any, Date, Evidence, Id, Long, Object};
use super::super::property::{Property, Shape, grouped, kept, same};
use super::parts::{ADDRESS, FileFields, LOGGED_ON_USER, account, file};
use super::{Kind, MDE_DEVICE_ID, kind};

static FILE: Shape = Shape::plain(&file(&FileFields {
    name: &[FileName],
    path: &[FilePath, FileDirectory],
    size: &[FileSize],
    signer: &[FileSubjectName],
    md5: &[FileHashMd5, RelatedHash],
    sha1: &[FileHashSha1, RelatedHash],
    sha256: &[FileHashSha256, RelatedHash],
}));

static IMAGE: Shape = Shape {
    path: Some((ProcessExecutable, &["filePath", "fileName"])),
    ..Shape::plain(&file(&FileFields {
        name: &[ProcessName],
        path: &[],
        size: &[],
        signer: &[ProcessSubjectName],
        md5: &[ProcessHashMd5, RelatedHash],
        sha1: &[ProcessHashSha1, RelatedHash],
        sha256: &[ProcessHashSha256, RelatedHash],
    }))
};

static PARENT_IMAGE: Shape = Shape {
    path: Some((ParentExecutable, &["filePath", "fileName"])),
    ..Shape::plain(&file(&FileFields {
        name: &[ParentName],
        path: &[],
        size: &[],
        signer: &[ParentSubjectName],
        md5: &[ParentHashMd5, RelatedHash],
        sha1: &[ParentHashSha1, RelatedHash],
        sha256: &[ParentHashSha256, RelatedHash],
    }))
};

static PROCESS_ACCOUNT: Shape = Shape::plain(&account(
    &[ProcessUserName, RelatedUser],
    &[RelatedHosts],
    &[ProcessUserId, RelatedUser],
    &[RelatedUser],
    &[],
));

static VM: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Any, &[]),
    kept("cloudProvider", "cloud_provider", Any, &[CloudProvider]),
    kept("resourceId", "resource_id", Any, &[]),
    kept("subscriptionId", "subscription_id", Any, &[]),
    kept("vmId", "vm_id", Any, &[CloudInstanceId]),
]);

const DETECTION_STATUS: Property = kept("detectionStatus", "detection_status", Any, &[EventAction]);
const HIVE: Property = kept("registryHive", "registry_hive", Any, &[RegistryHive]);
const KEY: Property = kept("registryKey", "registry_key", Any, &[RegistryKey]);

static DEVICE: &[Property] = &[
    kept("firstSeenDateTime", "first_seen_datetime", Date, &[]),
    kept("mdeDeviceId", "mde_device_id", Any, &[HostId, RelatedHosts]),
    kept("azureAdDeviceId", "azure_ad_device_id", Any, &[DeviceId]),
    kept(
        "deviceDnsName",
        "device_dns_name",
        Any,
        &[HostName, RelatedHosts],
    ),
    same("hostName", &[HostHostname, RelatedHosts]),
    same("ntDomain", &[HostDomain]),
    same("dnsDomain", &[HostDomain]),
    kept("osPlatform", "os_platform", Any, &[HostOsName, HostOsType]),
    kept("osBuild", "os_build", Id, &[]),
    same("version", &[HostOsVersion]),
    kept("healthStatus", "health_status", Any, &[]),
    kept("riskScore", "risk_score", Any, &[HostRiskStaticLevel]),
    grouped("rbacGroupId", ("rbac_group", "id"), Id, &[]),
    grouped("rbacGroupName", ("rbac_group", "name"), Any, &[]),
    kept("onboardingStatus", "onboarding_status", Any, &[]),
    kept("defenderAvStatus", "defender_av_status", Any, &[]),
    same("lastIpAddress", &[HostIp, RelatedIp]),
    same("lastExternalIpAddress", &[RelatedIp]),
    kept("ipInterfaces", "ip_interfaces", Any, &[HostIp]),
    kept("vmMetadata", "vm_metadata", Object(&VM), &[]),
    kept(
        "loggedOnUsers",
        "logged_on_users",
        Object(&LOGGED_ON_USER),
        &[],
    ),
    same("resourceAccessEvents", &[]),
];

static PROCESS: &[Property] = &[
    grouped("processId", ("process", "id"), Long, &[ProcessPid]),
    grouped(
        "parentProcessId",
        ("parent_process", "id"),
        Long,
        &[ParentPid],
    ),
    grouped(
        "processCommandLine",
        ("process", "command_line"),
        Any,
        &[ProcessCommandLine],
    ),
    grouped(
        "processCreationDateTime",
        ("process", "creation_datetime"),
        Date,
        &[ProcessStart],
    ),
    grouped(
        "parentProcessCreationDateTime",
        ("parent_process", "creation_datetime"),
        Date,
        &[ParentStart],
    ),
    DETECTION_STATUS,
    MDE_DEVICE_ID,
    kept("imageFile", "image_file", Object(&IMAGE), &[]),
    grouped(
        "parentProcessImageFile",
        ("parent_process", "image_file"),
        Object(&PARENT_IMAGE),
        &[],
    ),
    kept("userAccount", "user_account", Object(&PROCESS_ACCOUNT), &[]),
];

const REGISTRY_VALUE: Shape = Shape {
    path: Some((
        RegistryPath,
        &["registryHive", "registryKey", "registryValueName"],
    )),
    ..Shape::evidence(&[
        MDE_DEVICE_ID,
        HIVE,
        KEY,
        kept(
            "registryValueType",
            "registry_value_type",
            Any,
            &[RegistryDataType],
        ),
        kept(
            "registryValue",
            "registry_value",
            Any,
            &[RegistryValue, RegistryDataStrings],
        ),
        kept("registryValueName", "registry_value_name", Any, &[]),
    ])
};

pub(super) static KINDS: &[Kind] = &[
    kind(
        "device",
        Some("host"),
        Shape {
            groups: &["rbac_group"],
            ..Shape::evidence(DEVICE)
        },
    ),
    kind(
        "process",
        Some("process"),
        Shape {
            groups: &["parent_process", "process"],
            ..Shape::evidence(PROCESS)
        },
    ),
    kind(
        "file",
        Some("file"),
        Shape::evidence(&[
            DETECTION_STATUS,
            MDE_DEVICE_ID,
            kept("fileDetails", "file_details", Object(&FILE), &[]),
        ]),
    ),
    kind(
        "registryKey",
        Some("registry"),
        Shape {
            path: Some((RegistryPath, &["registryHive", "registryKey"])),
            ..Shape::evidence(&[HIVE, KEY])
        },
    ),
    kind("registryValue", Some("registry"), REGISTRY_VALUE),
    kind(
        "fileHash",
        Some("file"),
        Shape {
            whole: &[FileHashMd5, FileHashSha1, FileHashSha256, RelatedHash],
            ..Shape::evidence(&[same("algorithm", &[]), same("value", &[])])
        },
    ),
    kind(
        "malware",
        Some("malware"),
        Shape::evidence(&[
            same("name", &[ThreatSoftwareName]),
            same("category", &[]),
            kept("files", "files", Evidence("file"), &[]),
            kept("processes", "processes", Evidence("process"), &[]),
        ]),
    ),
    kind(
        "ioTDevice",
        None,
        Shape::evidence(&[
            same("deviceId", &[DeviceId]),
            same("deviceName", &[RelatedHosts]),
            same("manufacturer", &[DeviceManufacturer]),
            same("model", &[DeviceModelName]),
            same("serialNumber", &[DeviceSerialNumber]),
            kept("ipAddress", "ip_address", Object(&ADDRESS), &[]),
            kept("nics", "nics", Evidence("nic"), &[]),
            kept("ioTHub", "ioTHub", Evidence("azureResource"), &[]),
            kept("sourceRef", "sourceRef", Evidence("url"), &[]),
        ]),
    ),
    kind(
        "nic",
        None,
        Shape::evidence(&[kept("ipAddress", "ip_address", Object(&ADDRESS), &[])]),
    ),
];
