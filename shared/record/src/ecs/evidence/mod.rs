//! The 48 kinds of evidence of Graph v1.0: their properties, and the category of the event.

mod cloud;
mod endpoint;
mod identity;
mod kubernetes;
mod message;
mod network;
mod parts;

use super::convert::ODATA_TYPE;
use super::field::Ecs::RelatedHosts;
use super::node::Node;
use super::property::Holds::{Any, Date};
use super::property::{Property, Shape, kept, same};

/// One kind of evidence.
pub(super) struct Kind {
    /// Its name, without `#microsoft.graph.security.` before and `Evidence` after it.
    pub(super) name: &'static str,
    /// The `event.category` that it brings.
    pub(super) category: Option<&'static str>,
    pub(super) shape: Shape,
}

/// A kind of evidence.
const fn kind(name: &'static str, category: Option<&'static str>, shape: Shape) -> Kind {
    Kind {
        name,
        category,
        shape,
    }
}

/// What every piece of evidence has; `mdeDeviceId` is of some kinds only, and of more than the schema
/// says.
pub(super) static BASE: &[Property] = &[
    kept(ODATA_TYPE, "odata_type", Any, &[]),
    kept("createdDateTime", "created_datetime", Date, &[]),
    same("verdict", &[]),
    kept("remediationStatus", "remediation_status", Any, &[]),
    kept(
        "remediationStatusDetails",
        "remediation_status_details",
        Any,
        &[],
    ),
    same("roles", &[]),
    kept("detailedRoles", "detailed_roles", Any, &[]),
    same("tags", &[]),
    kept("mdeDeviceId", "mde_device_id", Any, &[RelatedHosts]),
];

static UNKNOWN: Shape = Shape::evidence(&[]);

static FAMILIES: &[&[Kind]] = &[
    endpoint::KINDS,
    identity::KINDS,
    network::KINDS,
    message::KINDS,
    cloud::KINDS,
    kubernetes::KINDS,
];

/// Every kind that is known.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    FAMILIES.iter().copied().flatten()
}

/// The kind that a piece of evidence says it is. Case does not matter: Graph's own pages spell some
/// in two ways.
pub(super) fn named(node: &Node<'_>) -> Option<&'static Kind> {
    let odata_type = node.get(ODATA_TYPE)?.text()?;
    let name = odata_type.rsplit(['.', '#']).next()?;
    let (name, suffix) = name.split_at_checked(name.len().checked_sub(SUFFIX.len())?)?;
    if !suffix.eq_ignore_ascii_case(SUFFIX) {
        return None;
    }
    kinds().find(|kind| kind.name.eq_ignore_ascii_case(name))
}

const SUFFIX: &str = "Evidence";

/// The shape of a piece of evidence: of the kind that it names; where it names none, as evidence
/// inside of evidence does, of the kind that the schema has there.
pub(super) fn shape(node: &Node<'_>, otherwise: &str) -> &'static Shape {
    let kind = match node.get(ODATA_TYPE) {
        Some(_) => named(node),
        None => kinds().find(|kind| kind.name == otherwise),
    };
    kind.map_or(&UNKNOWN, |kind| &kind.shape)
}
