//! Values that are made of several properties.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::convert::whole;
use super::time;
use crate::tree::Node;

/// The first of several properties that is there, and its name; a dot steps into an object.
pub(super) fn first<'n>(
    node: &'n Node<'n>,
    of: &'static [&'static str],
) -> Option<(&'static str, &'n Node<'n>)> {
    let part = |path: &str| path.split('.').try_fold(node, Node::get);
    of.iter().find_map(|path| Some((*path, part(path)?)))
}

/// The fingerprint that Elastic's pipeline makes of a process's id, its start and its device: what
/// its processor `fingerprint` yields of the three with `|` between them. None unless all are there.
pub(super) fn fingerprint(node: &Node<'_>, parts: &[&str]) -> Option<String> {
    let mut parts = parts.iter().map(|part| node.get(part));
    let id = whole(parts.next()??)?;
    let start = time::millis(parts.next()??.text()?)?;
    let device = parts.next()??.text()?;
    let mut sha = Sha1::new();
    sha.update([0]);
    sha.update(itoa::Buffer::new().format(id));
    sha.update(b"|");
    sha.update(start);
    sha.update(b"|");
    sha.update(device);
    Some(STANDARD.encode(sha.finalize()))
}

/// Joins the parts of a path; none unless the first two are there.
pub(super) fn path(node: &Node<'_>, parts: &[&str]) -> Option<String> {
    let mut parts = parts.iter().map(|part| node.get(part).and_then(Node::text));
    let (folder, name) = (parts.next()??, parts.next()??);
    let is_unix = folder.contains('/') && !folder.contains('\\');
    let separator = if is_unix { "/" } else { "\\" };
    let mut path = String::with_capacity(folder.len() + name.len() + 1);
    path.push_str(folder);
    for part in std::iter::once(name).chain(parts.flatten()) {
        if !path.ends_with(separator) {
            path.push_str(separator);
        }
        path.push_str(part);
    }
    Some(path)
}
