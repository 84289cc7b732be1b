//! Devices and what is on them.

use super::super::field::Ecs::{
    CloudInstanceId, CloudProvider, DeviceId, DeviceManufacturer, DeviceModelName,
    DeviceSerialNumber, EventAction, FileDirectory, FileHashMd5, FileHashSha1, FileHashSha256,
    FileName, FilePath, FileSize, FileSubjectName, HostDomain, HostHostname, HostId, HostIp,
    HostName, HostOsName, HostOsType, HostOsVersion, HostRiskStaticLevel, ParentEntityId,
    ParentExecutable, ParentHashMd5, ParentHashSha1, ParentHashSha256, ParentName, ParentPid,
    ParentStart, ParentSubjectName, ProcessCommandLine, ProcessEntityId, ProcessExecutable,
    ProcessHashMd5, ProcessHashSha1, ProcessHashSha256, ProcessName, ProcessPid, ProcessStart,
    ProcessSubjectName, ProcessUserId, ProcessUserName, RegistryDataStrings, RegistryDataType,
    RegistryHive, RegistryKey, RegistryPath, RegistryValue, RelatedHash, RelatedHosts, RelatedIp,
    RelatedUser, ThreatSoftwareName,
};
use super::super::property::Holds::{Date, Evidence, Flag, Long, Object, Text};
use super::super::property::{How, Made, Property, Shape, grouped, kept, same, typed};
use super::parts::{ADDRESS, FileFields, LOGGED_ON_USER, RESOURCE_ACCESS, account, file};
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
    made: &[Made {
        to: ProcessExecutable,
        how: How::Path,
        of: &["filePath", "fileName"],
    }],
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
    made: &[Made {
        to: ParentExecutable,
        how: How::Path,
        of: &["filePath", "fileName"],
    }],
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

static PROCESS_ACCOUNT: Shape = Shape {
    made: &[Made {
        to: ProcessUserName,
        how: How::First,
        of: &["accountName", "userPrincipalName"],
    }],
    ..Shape::plain(&account(
        &[RelatedUser],
        &[RelatedHosts],
        &[ProcessUserId, RelatedUser],
        &[RelatedUser],
        &[],
    ))
};

static VM: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Text, &[]),
    kept("cloudProvider", "cloud_provider", Text, &[CloudProvider]),
    kept("resourceId", "resource_id", Text, &[]),
    kept("subscriptionId", "subscription_id", Text, &[]),
    kept("vmId", "vm_id", Text, &[CloudInstanceId]),
]);

const DETECTION_STATUS: Property =
    kept("detectionStatus", "detection_status", Text, &[EventAction]);
const HIVE: Property = kept("registryHive", "registry_hive", Text, &[RegistryHive]);
const KEY: Property = kept("registryKey", "registry_key", Text, &[RegistryKey]);

const fn device(risk: Property) -> [Property; 22] {
    [
        kept("firstSeenDateTime", "first_seen_datetime", Date, &[]),
        kept(
            "mdeDeviceId",
            "mde_device_id",
            Text,
            &[HostId, RelatedHosts],
        ),
        kept("azureAdDeviceId", "azure_ad_device_id", Text, &[DeviceId]),
        kept(
            "deviceDnsName",
            "device_dns_name",
            Text,
            &[HostName, RelatedHosts],
        ),
        same("hostName", &[RelatedHosts]),
        same("ntDomain", &[HostDomain]),
        same("dnsDomain", &[HostDomain]),
        kept("osPlatform", "os_platform", Text, &[HostOsName, HostOsType]),
        kept("osBuild", "os_build", Text, &[]),
        same("version", &[HostOsVersion]),
        kept("healthStatus", "health_status", Text, &[]),
        risk,
        grouped("rbacGroupId", ("rbac_group", "id"), Text, &[]),
        grouped("rbacGroupName", ("rbac_group", "name"), Text, &[]),
        kept("onboardingStatus", "onboarding_status", Text, &[]),
        kept("defenderAvStatus", "defender_av_status", Text, &[]),
        same("lastIpAddress", &[HostIp, RelatedIp]),
        same("lastExternalIpAddress", &[RelatedIp]),
        kept("ipInterfaces", "ip_interfaces", Text, &[HostIp, RelatedIp]),
        kept("vmMetadata", "vm_metadata", Object(&VM), &[]),
        kept(
            "loggedOnUsers",
            "logged_on_users",
            Object(&LOGGED_ON_USER),
            &[],
        ),
        typed("resourceAccessEvents", Object(&RESOURCE_ACCESS), &[]),
    ]
}

const fn device_shape(own: &'static [Property]) -> Shape {
    Shape {
        groups: &["rbac_group"],
        made: &[Made {
            to: HostHostname,
            how: How::First,
            of: &["hostName", "deviceDnsName"],
        }],
        ..Shape::evidence(own)
    }
}

const DEVICE: Shape = device_shape(&device(kept(
    "riskScore",
    "risk_score",
    Text,
    &[HostRiskStaticLevel],
)));

/// A device in another piece of evidence: there Elastic's mapping knows no `risk_score`, and
/// `ecs@mappings` takes one for a number.
static DEVICE_WITHIN: Shape = device_shape(&device(same("riskScore", &[HostRiskStaticLevel])));

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
        Text,
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
    made: &[Made {
        to: RegistryPath,
        how: How::Path,
        of: &["registryHive", "registryKey", "registryValueName"],
    }],
    ..Shape::evidence(&[
        MDE_DEVICE_ID,
        HIVE,
        KEY,
        kept(
            "registryValueType",
            "registry_value_type",
            Text,
            &[RegistryDataType],
        ),
        kept(
            "registryValue",
            "registry_value",
            Text,
            &[RegistryValue, RegistryDataStrings],
        ),
        kept("registryValueName", "registry_value_name", Text, &[]),
    ])
};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        within: Some(&DEVICE_WITHIN),
        ..kind("device", Some("host"), DEVICE)
    },
    kind(
        "process",
        Some("process"),
        Shape {
            groups: &["parent_process", "process"],
            made: &[
                Made {
                    to: ProcessEntityId,
                    how: How::Fingerprint,
                    of: &["processId", "processCreationDateTime", "mdeDeviceId"],
                },
                Made {
                    to: ParentEntityId,
                    how: How::Fingerprint,
                    of: &[
                        "parentProcessId",
                        "parentProcessCreationDateTime",
                        "mdeDeviceId",
                    ],
                },
            ],
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
            made: &[Made {
                to: RegistryPath,
                how: How::Path,
                of: &["registryHive", "registryKey"],
            }],
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
            kept("ipAddress", "ip_evidence", Object(&ADDRESS), &[]),
            typed("isAuthorized", Flag, &[]),
            typed("isProgramming", Flag, &[]),
            typed("isScanner", Flag, &[]),
            kept("nics", "nics", Evidence("nic"), &[]),
            kept("ioTHub", "ioTHub", Evidence("azureResource"), &[]),
            kept("sourceRef", "sourceRef", Evidence("url"), &[]),
        ]),
    ),
    kind(
        "nic",
        None,
        Shape::evidence(&[kept("ipAddress", "ip_evidence", Object(&ADDRESS), &[])]),
    ),
];
