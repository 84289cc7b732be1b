use std::path::Path;

use super::{OwnSecrets, Trust, is_climbing, leads_nowhere_else};

/// Where the secrets lie that many tenants share: below the stack's prefix, or in the folder of the
/// secrets. No tenant is called so, for a name has no underscore.
const SHARED: &str = "_shared";

impl Trust {
    /// Whether a place is a secret that many tenants share. Any document may name it, and is given the
    /// member with the document's own name and nothing else: whoever reads such a place has to see to
    /// that.
    #[must_use]
    pub fn is_shared(&self, place: &str) -> bool {
        match &self.own_secrets {
            OwnSecrets::Below(prefix) => prefix
                .as_deref()
                .and_then(|prefix| {
                    place
                        .strip_prefix(prefix)?
                        .strip_prefix(SHARED)?
                        .strip_prefix('/')
                })
                .is_some_and(|rest| !rest.is_empty()),
            OwnSecrets::OnThisMachine(folder) => is_file_in(place, &folder.join(SHARED)),
        }
    }
}

/// Whether a path is that of a file in this folder, or in one below it.
fn is_file_in(place: &str, folder: &Path) -> bool {
    let path = Path::new(place.strip_prefix("file:").unwrap_or(place));
    let (Ok(absolute), Ok(folder)) = (std::path::absolute(path), std::path::absolute(folder))
    else {
        return false;
    };
    let is_below = absolute.starts_with(&folder) && absolute != folder;
    is_below && !is_climbing(path) && leads_nowhere_else(&absolute, &folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn is_taken(trust: &Trust, name: &str, field: &str, place: &str) -> bool {
        let text = format!(
            "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-000000000002\"\n\
             {field} = {place:?}\n"
        );
        let tenant = parse(name, &format!("tenants/{name}.toml"), text.as_bytes()).unwrap();
        trust.check(&tenant).is_ok()
    }

    #[test]
    fn any_document_may_name_a_shared_secret_and_no_token_is_read_from_one() {
        let stack = |name: &str| {
            (name == "DRAWBRIDGE_SECRET_PREFIX").then(|| "drawbridge/prod/".to_owned())
        };
        let trust = Trust::of_a_stack(stack).unwrap();
        for (place, is_shared) in [
            ("drawbridge/prod/_shared/1", true),
            ("drawbridge/prod/_shared/a/b", true),
            ("drawbridge/prod/_shared/", false),
            ("drawbridge/prod/_shared", false),
            ("drawbridge/prod/_sharedx/1", false),
            ("drawbridge/prod/_SHARED/1", false),
            ("drawbridge/prod/a/_shared/1", false),
            ("drawbridge/staging/_shared/1", false),
            ("_shared/1", false),
            ("file:drawbridge/prod/_shared/1", false),
        ] {
            assert_eq!(trust.is_shared(place), is_shared, "{place}");
            for field in ["secret", "certificate"] {
                assert_eq!(
                    is_taken(&trust, "contoso", field, place),
                    is_shared,
                    "{place}"
                );
            }
            // What is in a token's file is sent as it is.
            assert!(!is_taken(&trust, "contoso", "federation", place), "{place}");
        }
        let unknown = Trust::of_a_stack(|_| None).unwrap();
        assert!(!unknown.is_shared("_shared/1") && !unknown.is_shared("drawbridge/prod/_shared/1"));
    }

    #[test]
    fn on_one_machine_it_is_a_file_in_a_folder_that_is_nobodys() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = dir.path().join("secrets");
        std::fs::create_dir_all(secrets.join("_shared")).unwrap();
        std::fs::write(secrets.join("_shared/all.json"), "{}").unwrap();
        let trust = Trust::of_a_machine(|_| None, secrets.clone()).unwrap();
        let place = |file: &str| secrets.join(file).display().to_string();
        for (file, is_shared) in [
            ("_shared/all.json", true),
            ("_shared/not-yet.json", true),
            ("_shared", false),
            ("all.json", false),
            ("fabrikam.txt", false),
            ("_shared/../fabrikam.txt", false),
        ] {
            assert_eq!(trust.is_shared(&place(file)), is_shared, "{file}");
            assert_eq!(trust.is_shared(&format!("file:{}", place(file))), is_shared);
            let taken = ["secret", "certificate", "federation"]
                .map(|field| is_taken(&trust, "contoso", field, &place(file)));
            assert_eq!(taken, [is_shared, is_shared, false], "{file}");
        }
        assert!(!trust.is_shared("env:_shared/all.json"));
    }
}
