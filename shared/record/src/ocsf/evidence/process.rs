use super::super::observable::PROCESS_NAME;
use super::super::write::Out;
use super::{device, file, identity};
use crate::tree::Object;

/// `process` and `device` of a `processEvidence`.
pub(super) fn evidence(out: &mut Out, it: &Object<'_>) {
    device::found_on(out, it);
    process(out, it);
}

/// `process` with its parent. OCSF knows a process by its id; without one, its file and its user
/// stand for themselves.
pub(super) fn process(out: &mut Out, it: &Object<'_>) {
    let image = it.object("imageFile");
    let account = it.object("userAccount");
    let Some(pid) = it.take_int("processId") else {
        if let Some(image) = image {
            file::file(out, image);
        }
        if let Some(account) = account {
            identity::user(out, account);
        }
        return;
    };
    out.object("process", |out| {
        if let Some(image) = image {
            out.observed(PROCESS_NAME, "name", image.text("fileName"));
        }
        out.taken("pid", Some(pid));
        out.text("cmd_line", it.take("processCommandLine"));
        out.taken("created_time", it.time("processCreationDateTime"));
        if let Some(image) = image {
            file::file(out, image);
        }
        if let Some(account) = account {
            identity::user(out, account);
        }
        let Some(pid) = it.take_int("parentProcessId") else {
            return;
        };
        out.object("parent_process", |out| {
            let image = it.object("parentProcessImageFile");
            if let Some(image) = image {
                out.observed(PROCESS_NAME, "name", image.text("fileName"));
            }
            out.taken("pid", Some(pid));
            out.taken("created_time", it.time("parentProcessCreationDateTime"));
            if let Some(image) = image {
                file::file(out, image);
            }
        });
    });
}
