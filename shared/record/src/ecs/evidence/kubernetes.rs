//! Containers and Kubernetes.

use super::super::field::Ecs::{
    self, ContainerId, ContainerImageName, ContainerName, ContainerPrivileged,
    OrchestratorClusterName, OrchestratorClusterVersion, OrchestratorNamespace,
    OrchestratorResourceLabel, OrchestratorResourceName, OrchestratorResourceType,
    OrchestratorType,
};
use super::super::property::Holds::{Evidence, Flag, Json, Long, Object, Text};
use super::super::property::{Property, Shape, kept, same, typed};
use super::parts::ADDRESS;
use super::{Kind, kind};

const KUBERNETES: (Ecs, &str) = (OrchestratorType, "kubernetes");
const NAME: Property = same("name", &[OrchestratorResourceName]);
const NAMESPACE: Property = nested("namespace", "kubernetesNamespace");
const LABELS: Property = kept("labels", "labels", Json, &[OrchestratorResourceLabel]);

static SERVICE_PORT: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Text, &[]),
    same("appProtocol", &[]),
    same("name", &[]),
    typed("nodePort", Long, &[]),
    typed("port", Long, &[]),
    same("protocol", &[]),
    same("targetPort", &[]),
]);

/// Evidence within evidence.
const fn nested(name: &'static str, of: &'static str) -> Property {
    kept(name, name, Evidence(of), &[])
}

const fn shape(constants: &'static [(Ecs, &'static str)], own: &'static [Property]) -> Shape {
    Shape {
        constants,
        ..Shape::evidence(own)
    }
}

pub(super) static KINDS: &[Kind] = &[
    kind(
        "container",
        None,
        Shape::evidence(&[
            same("containerId", &[ContainerId]),
            same("name", &[ContainerName]),
            typed("isPrivileged", Flag, &[ContainerPrivileged]),
            nested("image", "containerImage"),
            nested("pod", "kubernetesPod"),
        ]),
    ),
    kind(
        "containerImage",
        None,
        Shape::evidence(&[
            same("imageId", &[ContainerImageName]),
            nested("digestImage", "containerImage"),
            kept(
                "registry",
                "registry_evidence",
                Evidence("containerRegistry"),
                &[],
            ),
        ]),
    ),
    kind("containerRegistry", None, Shape::evidence(&[])),
    kind(
        "kubernetesCluster",
        None,
        shape(
            &[KUBERNETES],
            &[
                same("name", &[OrchestratorClusterName]),
                same("version", &[OrchestratorClusterVersion]),
                nested("cloudResource", ""),
            ],
        ),
    ),
    kind(
        "kubernetesNamespace",
        None,
        shape(
            &[KUBERNETES],
            &[
                same("name", &[OrchestratorNamespace]),
                kept("labels", "labels", Json, &[]),
                nested("cluster", "kubernetesCluster"),
            ],
        ),
    ),
    kind(
        "kubernetesController",
        None,
        shape(
            &[KUBERNETES, (OrchestratorResourceType, "controller")],
            &[NAME, LABELS, same("type", &[]), NAMESPACE],
        ),
    ),
    kind(
        "kubernetesPod",
        None,
        shape(
            &[KUBERNETES, (OrchestratorResourceType, "pod")],
            &[
                NAME,
                LABELS,
                NAMESPACE,
                nested("controller", "kubernetesController"),
                nested("containers", "container"),
                nested("initContainers", "container"),
                nested("ephemeralContainers", "container"),
                nested("serviceAccount", "kubernetesServiceAccount"),
                kept("podIp", "podIp", Object(&ADDRESS), &[]),
            ],
        ),
    ),
    kind(
        "kubernetesSecret",
        None,
        shape(
            &[KUBERNETES, (OrchestratorResourceType, "secret")],
            &[NAME, NAMESPACE],
        ),
    ),
    kind(
        "kubernetesServiceAccount",
        None,
        shape(
            &[KUBERNETES, (OrchestratorResourceType, "serviceaccount")],
            &[NAME, NAMESPACE],
        ),
    ),
    kind(
        "kubernetesService",
        None,
        shape(
            &[KUBERNETES, (OrchestratorResourceType, "service")],
            &[
                NAME,
                LABELS,
                kept("selector", "selector", Json, &[]),
                NAMESPACE,
                kept("clusterIP", "clusterIP", Object(&ADDRESS), &[]),
                kept("externalIPs", "externalIPs", Object(&ADDRESS), &[]),
                typed("servicePorts", Object(&SERVICE_PORT), &[]),
            ],
        ),
    ),
];
