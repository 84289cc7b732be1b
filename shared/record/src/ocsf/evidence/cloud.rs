use super::super::codes::Code;
use super::super::write::Out;
use super::{Context, file};
use crate::tree::Object;

/// A resource in the making; it needs a name or an id.
#[derive(Default)]
pub(super) struct Resource<'v> {
    pub(super) name: Option<&'v str>,
    pub(super) uid: Option<&'v str>,
    pub(super) kind: Option<&'v str>,
    pub(super) namespace: Option<&'v str>,
    pub(super) ip: Option<&'v str>,
    pub(super) version: Option<&'v str>,
    /// Only with the `cloud` profile.
    pub(super) provider: Option<&'v str>,
    /// Only with the `cloud` profile.
    pub(super) region: Option<&'v str>,
    pub(super) owner: Option<&'v str>,
    pub(super) account: Option<(&'v str, Code<'v>)>,
    /// What tells the id or the provider where that is no text of the alert.
    pub(super) told_by: Option<&'v str>,
}

impl Resource<'_> {
    pub(super) fn write(&self, out: &mut Out) {
        out.resource(|out| {
            out.text("name", self.name);
            out.made_of([self.told_by], |out| out.text("uid", self.uid));
            out.text("type", self.kind);
            out.text("namespace", self.namespace);
            out.text("ip", self.ip);
            out.text("version", self.version);
            out.made_of([self.told_by], |out| out.text("provider", self.provider));
            out.text("region", self.region);
            out.object("owner", |out| {
                out.text("name", self.owner);
                if let Some((uid, code)) = self.account {
                    out.object("account", |out| {
                        out.text("uid", Some(uid));
                        out.coded("type_id", "type", code);
                    });
                }
            });
        });
    }

    pub(super) fn write_alone(&self, out: &mut Out) {
        out.list("resources", |out| self.write(out));
    }

    /// Writes it unless nothing of it is known but its type.
    pub(super) fn write_if_named(&self, out: &mut Out) {
        if self.name.is_some() || self.uid.is_some() {
            self.write_alone(out);
        }
    }
}

/// The item of an `azureResourceEvidence`, wherever it stands.
pub(super) fn azure_resource(out: &mut Out, it: &Object<'_>, context: Context) {
    if !it.has_any(&["resourceName", "resourceId"]) {
        return;
    }
    let resource = Resource {
        name: it.take("resourceName"),
        uid: it.take("resourceId"),
        kind: it.take("resourceType"),
        provider: context.cloud.then_some("Azure"),
        ..Resource::default()
    };
    resource.write(out);
}

/// `resources` of an `azureResourceEvidence`.
pub(super) fn azure(out: &mut Out, it: &Object<'_>, context: Context) {
    out.list("resources", |out| azure_resource(out, it, context));
}

/// `resources` of an `amazonResourceEvidence`.
pub(super) fn amazon(out: &mut Out, it: &Object<'_>, context: Context) {
    if !it.has_any(&["resourceName", "amazonResourceId"]) {
        return;
    }
    let account = it.take("amazonAccountId");
    let resource = Resource {
        name: it.take("resourceName"),
        uid: it.take("amazonResourceId"),
        kind: it.take("resourceType"),
        provider: context.cloud.then_some("AWS"),
        account: account.map(|uid| (uid, (10, "AWS Account"))),
        ..Resource::default()
    };
    resource.write_alone(out);
}

/// `resources` of a `googleCloudResourceEvidence`.
pub(super) fn google(out: &mut Out, it: &Object<'_>, context: Context) {
    if !it.has_any(&["resourceName", "fullResourceName"]) {
        return;
    }
    let project = it.take("projectId");
    let region = if context.cloud {
        it.take("location")
    } else {
        None
    };
    let resource = Resource {
        name: it.take("resourceName"),
        uid: it.take("fullResourceName"),
        kind: it.take("resourceType"),
        provider: context.cloud.then_some("GCP"),
        region,
        account: project.map(|uid| (uid, (11, "GCP Project"))),
        ..Resource::default()
    };
    resource.write_alone(out);
}

/// `databucket` and `resources` of a `blobContainerEvidence`.
pub(super) fn blob_container(out: &mut Out, it: &Object<'_>, context: Context) {
    if it.has_any(&["name", "url"]) {
        out.object("databucket", |out| {
            out.text("name", it.take("name"));
            out.text("uid", it.take("url"));
            out.coded("type_id", "type", (2, "Azure Blob"));
        });
    }
    storage(out, it, context);
}

/// `file`, `databucket` and `resources` of a `blobEvidence`.
pub(super) fn blob(out: &mut Out, it: &Object<'_>, context: Context) {
    file::blob(out, it);
    if let Some(container) = it.object("blobContainer") {
        blob_container(out, container, context);
    }
}

/// `resources` of a `sasTokenEvidence`, or what else has a storage: that.
pub(super) fn storage(out: &mut Out, it: &Object<'_>, context: Context) {
    if let Some(storage) = it.object("storageResource") {
        azure(out, storage, context);
    }
}

/// `resources` of a `cloudApplicationEvidence`.
pub(super) fn application(out: &mut Out, it: &Object<'_>) {
    let id = it.take_int("appId");
    let text = id.map(|id| id.it.to_string());
    let resource = Resource {
        name: it.take("displayName"),
        uid: text.as_deref(),
        told_by: id.map(|id| id.from),
        kind: Some("Cloud Application"),
        ..Resource::default()
    };
    resource.write_if_named(out);
}

/// `resources` of what has no more than a name and an id, which is one of those.
pub(super) fn named(out: &mut Out, it: &Object<'_>, kind: &str, name: &str, ids: &[&str]) {
    let resource = Resource {
        name: it.take(name),
        uid: ids.iter().find_map(|id| it.take(id)),
        kind: Some(kind),
        ..Resource::default()
    };
    resource.write_if_named(out);
}

/// `resources` of a `gitHubRepoEvidence`.
pub(super) fn git_hub_repository(out: &mut Out, it: &Object<'_>) {
    if !it.has_any(&["login", "repoId"]) {
        return;
    }
    let resource = Resource {
        name: it.take("login"),
        uid: it.take("repoId"),
        kind: Some("GitHub Repository"),
        owner: it.take("owner"),
        ..Resource::default()
    };
    resource.write_alone(out);
}
