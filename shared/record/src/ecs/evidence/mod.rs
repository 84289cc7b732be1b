//! The 48 kinds of evidence of Graph v1.0: their properties, and the category of the event.

mod cloud;
mod endpoint;
mod identity;
mod kubernetes;
mod message;
mod network;
mod parts;
#[cfg(test)]
mod schema;

use std::collections::HashSet;
use std::sync::LazyLock;

use super::field::Ecs::RelatedHosts;
use super::name::ODATA_TYPE;
use super::property::Holds::Text;
use super::property::{Property, Shape, kept};
use crate::tree::Node;

/// One kind of evidence.
pub(super) struct Kind {
    /// Its name, without `#microsoft.graph.security.` before and `Evidence` after it.
    pub(super) name: &'static str,
    /// The `event.category` that it brings.
    pub(super) category: Option<&'static str>,
    pub(super) shape: Shape,
    /// Its shape in another piece of evidence, where that is another one.
    within: Option<&'static Shape>,
}

/// A kind of evidence.
const fn kind(name: &'static str, category: Option<&'static str>, shape: Shape) -> Kind {
    Kind {
        name,
        category,
        shape,
        within: None,
    }
}

/// The device that a piece of evidence was seen on; on more kinds than the schema says.
const MDE_DEVICE_ID: Property = kept("mdeDeviceId", "mde_device_id", Text, &[RelatedHosts]);

static UNKNOWN: Shape = Shape::evidence(&[MDE_DEVICE_ID]);

/// The names in evidence of any kind that take something else than text.
static NO_TEXTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let names = kinds().flat_map(|kind| kind.shape.no_texts());
    names.chain(UNKNOWN.no_texts()).collect()
});

/// Whether a field of that name takes something else than text in an object of that shape. All
/// evidence is one object to the mapping of an index, whatever its kind.
pub(super) fn is_no_text(shape: &Shape, name: &str) -> bool {
    if !shape.base.is_empty() {
        return NO_TEXTS.contains(name);
    }
    shape.reserved.contains(&name) || shape.no_texts().any(|known| known == name)
}

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
pub(super) fn shape(node: &Node<'_>, otherwise: &str, is_within: bool) -> &'static Shape {
    let kind = match node.get(ODATA_TYPE) {
        Some(_) => named(node),
        None => kinds().find(|kind| kind.name == otherwise),
    };
    let Some(kind) = kind else {
        return &UNKNOWN;
    };
    match kind.within {
        Some(shape) if is_within => shape,
        _ => &kind.shape,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::alert::ALERT;
    use super::*;

    #[test]
    fn the_48_kinds_are_told_apart() {
        let names: HashSet<_> = kinds().map(|kind| kind.name.to_lowercase()).collect();
        assert_eq!((names.len(), kinds().count()), (48, 48));
    }

    #[test]
    fn no_object_has_a_property_or_a_name_twice() {
        for shape in kinds().map(|kind| &kind.shape).chain([&ALERT, &UNKNOWN]) {
            let mut names = HashSet::new();
            let mut kept = HashSet::new();
            for property in shape.properties() {
                assert!(names.insert(property.graph), "{}", property.graph);
                let name = (property.group, property.name);
                assert!(property.name.is_empty() || kept.insert(name), "{name:?}");
                let is_free = property.group.is_empty() || shape.groups.contains(&property.group);
                assert!(
                    is_free && !shape.groups.contains(&property.name),
                    "{name:?}"
                );
            }
            assert!(
                names.len() <= 64,
                "seen properties are told apart by 64 bits"
            );
        }
    }
}
