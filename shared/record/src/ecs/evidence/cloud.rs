//! Cloud resources and applications.

use super::super::field::Ecs::{
    CloudInstanceId, CloudInstanceName, CloudProjectId, CloudProvider, FileHashMd5, FileHashSha1,
    FileHashSha256, FileName, RelatedHash, UrlDomain, UrlFull,
};
use super::super::property::Holds::{Any, Evidence, Id};
use super::super::property::{Property, Shape, kept, same};
use super::{Kind, kind};

const STORAGE: Property = kept(
    "storageResource",
    "storageResource",
    Evidence("azureResource"),
    &[],
);
const URL: Property = same("url", &[UrlFull, UrlDomain]);

pub(super) static KINDS: &[Kind] = &[
    kind(
        "cloudApplication",
        None,
        Shape::evidence(&[
            kept("appId", "app_id", Id, &[]),
            kept("displayName", "display_name", Any, &[]),
            kept("instanceId", "instance_id", Id, &[CloudInstanceId]),
            kept("instanceName", "instance_name", Any, &[CloudInstanceName]),
            kept("saasAppId", "saas_app_id", Id, &[]),
            same("stream", &[]),
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
            ..Shape::evidence(&[same("projectId", &[CloudProjectId])])
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
            same(
                "fileHashes",
                &[FileHashMd5, FileHashSha1, FileHashSha256, RelatedHash],
            ),
        ]),
    ),
    kind("blobContainer", None, Shape::evidence(&[URL, STORAGE])),
    kind("sasToken", None, Shape::evidence(&[STORAGE])),
    kind("aiAgent", None, Shape::evidence(&[])),
];
