use super::super::codes;
use super::super::write::Out;
use super::Context;
use super::cloud::{self, Resource};
use super::network::is_address;
use crate::tree::Object;

/// `container` of a `containerEvidence`.
pub(super) fn container(out: &mut Out, it: &Object<'_>) {
    if !it.has_any(&["containerId", "name"]) {
        return;
    }
    out.object("container", |out| {
        out.text("name", it.take("name"));
        out.text("uid", it.take("containerId"));
        if let Some(image) = it.object("image") {
            out.object("image", |out| out.text("uid", image.take("imageId")));
        }
    });
}

/// `resources` of a `kubernetesClusterEvidence`: the cluster, and what it is in its cloud.
pub(super) fn cluster(out: &mut Out, it: &Object<'_>, context: Context) {
    out.list("resources", |out| {
        if let Some(name) = it.take("name") {
            let platform = it.text("platform").filter(|_| context.cloud);
            let resource = Resource {
                name: Some(name),
                kind: Some("Kubernetes Cluster"),
                version: it.take("version"),
                provider: platform.and_then(codes::cloud_provider),
                told_by: platform,
                ..Resource::default()
            };
            resource.write(out);
        }
        if let Some(resource) = it.object("cloudResource") {
            cloud::azure_resource(out, resource, context);
        }
    });
}

/// `resources` of one of the things in a cluster.
pub(super) fn part(out: &mut Out, it: &Object<'_>, kind: &str) {
    let namespace = it.object("namespace");
    let Some(name) = it.take("name") else { return };
    let address = ["podIp", "clusterIP"]
        .iter()
        .find_map(|name| it.object(name));
    let resource = Resource {
        name: Some(name),
        kind: Some(kind),
        namespace: namespace.and_then(|namespace| namespace.take("name")),
        ip: address.and_then(|ip| ip.take_if("ipAddress", is_address)),
        ..Resource::default()
    };
    resource.write_alone(out);
}

/// `resources` and the first `container` of a `kubernetesPodEvidence`.
pub(super) fn pod(out: &mut Out, it: &Object<'_>) {
    part(out, it, "Kubernetes Pod");
    if let Some(first) = it.objects("containers").next() {
        container(out, first);
    }
}

/// `user` of a `kubernetesServiceAccountEvidence`.
pub(super) fn service_account(out: &mut Out, it: &Object<'_>) {
    let Some(name) = it.take("name") else { return };
    let namespace = it.object("namespace");
    out.object("user", |out| {
        out.text("name", Some(name));
        out.text(
            "domain",
            namespace.and_then(|namespace| namespace.take("name")),
        );
        out.coded("type_id", "type", (4, "Service"));
    });
}
