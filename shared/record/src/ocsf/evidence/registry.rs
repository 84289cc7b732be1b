use super::super::codes;
use super::super::write::Out;
use super::{Piece, device};
use crate::tree::Object;

/// Whether a piece makes an object of OCSF's Windows extension.
pub(in crate::ocsf) fn is_registry(piece: &Piece<'_>) -> bool {
    (piece.is("registryKey") || piece.is("registryValue")) && path(piece.it).is_some()
}

/// The whole path of a key.
fn path(it: &Object<'_>) -> Option<String> {
    match (it.text("registryHive"), it.text("registryKey")) {
        (Some(hive), Some(key)) => Some([hive, "\\", key].concat()),
        (hive, key) => hive.or(key).map(str::to_owned),
    }
}

fn write_path(out: &mut Out, it: &Object<'_>) {
    let path = path(it);
    let parts = [it.take("registryHive"), it.take("registryKey")];
    out.made_of(parts, |out| out.text("path", path.as_deref()));
}

/// `reg_key` of a `registryKeyEvidence`.
pub(super) fn key(out: &mut Out, it: &Object<'_>) {
    out.object("reg_key", |out| write_path(out, it));
}

/// `reg_value` and `device` of a `registryValueEvidence`.
pub(super) fn value(out: &mut Out, it: &Object<'_>) {
    device::found_on(out, it);
    if path(it).is_none() {
        return;
    }
    out.object("reg_value", |out| {
        // A value without a name is its key's default one.
        let name = it.take("registryValueName");
        out.text("name", name.or(Some("(Default)")));
        if name.is_none() {
            out.plain("is_default", true);
        }
        write_path(out, it);
        let word = it.text("registryValueType");
        let kind = codes::registry_type(word);
        out.made_of([word], |out| out.coded("type_id", "type", kind));
        let is_text = matches!(kind.1, "REG_SZ" | "REG_EXPAND_SZ" | "REG_LINK");
        let place = if is_text { "reg_string_data" } else { "data" };
        out.text(place, it.take("registryValue"));
    });
}
