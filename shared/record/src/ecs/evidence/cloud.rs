//! Cloud resources and applications.

use super::super::field::Ecs::{
    CloudInstanceId, CloudInstanceName, CloudProjectId, CloudProvider, FileHashMd5, FileHashSha1,
    FileHashSha256, FileName, RelatedHash, UrlDomain, UrlFull, UrlOriginal,
};
use super::super::property::Holds::{Date, Evidence, Long, Object, Text};
use super::super::property::{Property, Shape, kept, same, typed};
use super::parts::{FILE_HASH, STREAM};
use super::{Kind, kind};

const STORAGE: Property = kept(
    "storageResource",
    "storageResource",
    Evidence("azureResource"),
    &[],
);
const URL: Property = same("url", &[UrlFull, UrlOriginal, UrlDomain]);

pub(super) static KINDS: &[Kind] = &[
    kind(
        "cloudApplication",
        None,
        Shape::evidence(&[
            kept("appId", "app_id", Text, &[]),
            kept("displayName", "display_name", Text, &[]),
            kept("instanceId", "instance_id", Text, &[CloudInstanceId]),
            kept("instanceName", "instance_name", Text, &[CloudInstanceName]),
            kept("saasAppId", "saas_app_id", Text, &[]),
            typed("stream", Object(&STREAM), &[]),
        ]),
    ),
    kind(
        "azureResource",
        None,
        Shape {
            constants: &[(CloudProvider, "azure")],
            ..Shape::evidence(&[])
        },
    ),
    kind(
        "amazonResource",
        None,
        Shape {
            constants: &[(CloudProvider, "aws")],
            ..Shape::evidence(&[])
        },
    ),
    kind(
        "googleCloudResource",
        None,
        Shape {
            constants: &[(CloudProvider, "gcp")],
            ..Shape::evidence(&[
                kept("location", "resource_location", Text, &[]),
                same("projectId", &[CloudProjectId]),
                typed("projectNumber", Long, &[]),
            ])
        },
    ),
    kind(
        "blob",
        Some("file"),
        Shape::evidence(&[
            same("name", &[FileName]),
            URL,
            kept(
                "blobContainer",
                "blobContainer",
                Evidence("blobContainer"),
                &[],
            ),
            typed(
                "fileHashes",
                Object(&FILE_HASH),
                &[FileHashMd5, FileHashSha1, FileHashSha256, RelatedHash],
            ),
        ]),
    ),
    kind("blobContainer", None, Shape::evidence(&[URL, STORAGE])),
    kind(
        "sasToken",
        None,
        Shape::evidence(&[
            STORAGE,
            typed("expiryDateTime", Date, &[]),
            typed("startDateTime", Date, &[]),
        ]),
    ),
    kind("aiAgent", None, Shape::evidence(&[])),
];
