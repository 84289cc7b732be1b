use std::borrow::Cow;

use super::super::codes;
use super::super::observable::{FILE_NAME, FILE_PATH, HASH};
use super::super::write::Out;
use super::{device, process};
use crate::tree::Object;

const HASHES: [&str; 4] = ["md5", "sha1", "sha256", "sha256Ac"];

/// `file` and `device` of a `fileEvidence`.
pub(super) fn evidence(out: &mut Out, it: &Object<'_>) {
    device::found_on(out, it);
    if let Some(details) = it.object("fileDetails") {
        file(out, details);
    }
}

/// `file` of a `fileDetails`, if it can be named: by its hash where Graph knows no better.
pub(super) fn file(out: &mut Out, it: &Object<'_>) {
    let hash = HASHES.iter().find_map(|name| it.text(name));
    let name = it.text("fileName");
    let folder = it.text("filePath");
    let Some(shown) = name.or(folder.map(last_part)).or(hash) else {
        return;
    };
    out.object("file", |out| {
        out.observed(FILE_NAME, "name", Some(shown));
        out.coded("type_id", "type", (1, "Regular File"));
        if let Some(folder) = folder {
            let (path, parent) = place(folder, name);
            out.made_of([Some(folder), name], |out| {
                out.observed(FILE_PATH, "path", Some(&path));
            });
            out.text("parent_folder", parent);
        }
        it.take("fileName");
        it.take("filePath");
        out.taken("size", it.take_int("fileSize"));
        out.text("company_name", it.take("filePublisher"));
        out.list("hashes", |out| {
            for name in HASHES {
                if let Some(value) = it.take(name) {
                    fingerprint(out, Some(name), Some(value), value);
                }
            }
        });
    });
}

/// A hash; `told_by` is the text of the alert that tells its algorithm.
fn fingerprint(out: &mut Out, algorithm: Option<&str>, told_by: Option<&str>, value: &str) {
    out.item(|out| {
        let code = codes::hash(algorithm);
        out.made_of([told_by], |out| {
            out.coded("algorithm_id", "algorithm", code);
        });
        out.observed(HASH, "value", Some(value));
    });
}

fn is_separator(c: char) -> bool {
    matches!(c, '\\' | '/')
}

fn last_part(path: &str) -> &str {
    path.rsplit(is_separator)
        .find(|part| !part.is_empty())
        .unwrap_or(path)
}

/// The whole path of a file and its folder. Graph's path is the folder, as a rule.
fn place<'p>(folder: &'p str, name: Option<&str>) -> (Cow<'p, str>, Option<&'p str>) {
    let Some(name) = name else {
        return (Cow::Borrowed(folder), None);
    };
    if let Some(parent) = folder.strip_suffix(name)
        && parent.ends_with(is_separator)
    {
        let trimmed = parent.trim_end_matches(is_separator);
        let parent = if trimmed.is_empty() { parent } else { trimmed };
        return (Cow::Borrowed(folder), Some(parent));
    }
    let between = match folder {
        folder if folder.ends_with(is_separator) => "",
        folder if folder.contains('/') && !folder.contains('\\') => "/",
        _ => "\\",
    };
    (Cow::Owned([folder, between, name].concat()), Some(folder))
}

/// `file` of a `fileHashEvidence`, named by the hash.
pub(super) fn hash(out: &mut Out, it: &Object<'_>) {
    let Some(value) = it.take("value") else {
        return;
    };
    out.object("file", |out| {
        out.text("name", Some(value));
        out.coded("type_id", "type", (1, "Regular File"));
        out.list("hashes", |out| {
            let algorithm = it.text("algorithm");
            fingerprint(out, algorithm, algorithm, value);
        });
    });
}

/// `file` of a `blobEvidence`.
pub(super) fn blob(out: &mut Out, it: &Object<'_>) {
    let Some(name) = it.take("name") else { return };
    out.object("file", |out| {
        out.observed(FILE_NAME, "name", Some(name));
        out.coded("type_id", "type", (1, "Regular File"));
        out.text("uri", it.take("url"));
        out.list("hashes", |out| {
            for hash in it.objects("fileHashes") {
                if let Some(value) = hash.take("value") {
                    let algorithm = hash.text("algorithm");
                    fingerprint(out, algorithm, algorithm, value);
                }
            }
        });
    });
}

/// The first `file` and the first `process` of a `malwareEvidence`; there is room for one of each.
pub(super) fn malware(out: &mut Out, it: &Object<'_>) {
    first(out, it, "files");
    let mut processes = it.objects("processes");
    if let Some(found) = processes.find(|it| it.int("processId").is_some()) {
        process::process(out, found);
    }
}

/// The first `file` of a list of `fileEvidence`.
pub(super) fn first(out: &mut Out, it: &Object<'_>, list: &str) {
    let details = it.objects(list).find_map(|it| it.object("fileDetails"));
    if let Some(details) = details {
        file(out, details);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_folder_and_the_name() {
        let of = |folder, name| {
            let (path, parent) = place(folder, name);
            (path.into_owned(), parent)
        };
        assert_eq!(of("C:\\a", Some("b")), ("C:\\a\\b".into(), Some("C:\\a")));
        assert_eq!(of("/opt/a", Some("b")), ("/opt/a/b".into(), Some("/opt/a")));
        assert_eq!(of("/", Some("b")), ("/b".into(), Some("/")));
        assert_eq!(of("/b", Some("b")), ("/b".into(), Some("/")));
        assert_eq!(of("C:\\b", Some("b")), ("C:\\b".into(), Some("C:")));
        assert_eq!(
            of("C:\\ab", Some("b")),
            ("C:\\ab\\b".into(), Some("C:\\ab"))
        );
        assert_eq!(of("C:\\a\\b", None), ("C:\\a\\b".into(), None));
        assert_eq!(last_part("C:\\a\\b\\"), "b");
        assert_eq!(last_part("\\"), "\\");
    }
}
