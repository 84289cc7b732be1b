//! `drawbridge serve key`: what the tokens of the own token endpoint are signed with.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_secrets::{SecretError, Secrets};
use drawbridge_served::TokenKey;
use drawbridge_store::{Catalogue, StoreError};
use jiff::Timestamp;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::cli::ServeKey;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::screen;

/// The key of a folder.
pub(super) const KEY: &str = "secrets/serve-key.json";

/// The most bytes of one.
const MAX_BYTES: usize = 4096;

const JSON: &str = "application/json";

/// The file with the key of a folder.
pub(super) fn path(folder: &Path) -> std::path::PathBuf {
    folder.join(KEY)
}

/// The key of a folder, read as all of the folder is: through no symbolic link.
pub(super) struct FolderKey(pub(super) Arc<dyn Catalogue>);

#[async_trait]
impl Secrets for FolderKey {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let place = || name.to_owned();
        let bad = |reason: String| SecretError::BadShape {
            place: place(),
            reason,
        };
        let found = self.0.get_at_most(name, MAX_BYTES).await;
        let found = found.map_err(|error| match error {
            StoreError::Access(error) => error.into(),
            error => bad(error.to_string()),
        })?;
        let found = found.ok_or_else(|| SecretError::Missing {
            place: place(),
            fix: "`drawbridge serve key` makes it".to_owned(),
        })?;
        let text = str::from_utf8(&found.body);
        let text = text.map_err(|_| bad("its content is not UTF-8 text".to_owned()))?;
        Ok(SecretString::from(text.trim()))
    }
}

pub(super) async fn run(args: ServeKey) -> Result<(), Failure> {
    if args.stdin {
        let mut text = Zeroizing::new(String::new());
        let stdin = std::io::stdin().lock();
        let read = stdin.take(MAX_BYTES as u64).read_to_string(&mut text);
        read.map_err(|_| Failure::of("standard input is no key: it is no text"))?;
        let new = rotated(text.trim(), args.at_once)?;
        let mut out = screen::stdout();
        writeln!(out, "{}", new.as_str())?;
        out.flush()?;
        return Ok(());
    }
    let place = DataLocation::folder(args.out);
    place.check_exists()?;
    let made = format!(
        "made; {} uses it for tenants with serve.own_clients",
        place.command("serve")
    );
    let store = place.store.as_ref();
    let old = store
        .get_at_most(KEY, MAX_BYTES)
        .await
        .map_err(Failure::of)?;
    let (new, version, done) = match (old, args.rotate) {
        (None, true) => {
            return Err(Failure::of(format!(
                "there is no key to rotate: {} makes one",
                place.command("serve key")
            )));
        }
        (Some(_), false) => {
            return Err(Failure::of(format!(
                "there is a key, {KEY}: --rotate replaces it by a new one"
            )));
        }
        (None, false) => {
            let key = TokenKey::generate().map_err(Failure::of)?;
            (key.document().map_err(Failure::of)?, None, made.as_str())
        }
        (Some(old), true) => {
            let text = str::from_utf8(&old.body).unwrap_or_default();
            let done = if args.at_once { REPLACED } else { ROTATED };
            (rotated(text, args.at_once)?, Some(old.etag), done)
        }
    };
    let body = Bytes::copy_from_slice(new.as_bytes());
    let written = store.put_if(KEY, body, JSON, version.as_ref()).await;
    written.map_err(|error| match error {
        StoreError::Conflict { .. } => Failure::of("somebody else has written a key just now"),
        error => Failure::of(error),
    })?;
    let mut out = screen::stdout();
    writeln!(out, "{KEY}: {done}")?;
    out.flush()?;
    Ok(())
}

const ROTATED: &str =
    "a new key signs in ten minutes, and tokens of the old one are good until they expire";
const REPLACED: &str = "a new key; no token that was issued before is good any more";

fn rotated(text: &str, is_at_once: bool) -> Result<Zeroizing<String>, Failure> {
    let key = TokenKey::read(text).map_err(Failure::of)?;
    let new = match is_at_once {
        true => key.replaced(),
        false => key.rotated(Timestamp::now()),
    };
    new.and_then(|new| new.document()).map_err(Failure::of)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[tokio::test]
    async fn a_key_is_read_from_its_own_file_and_through_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let place = DataLocation::folder(folder.path().join("data"));
        let key = FolderKey(Arc::clone(&place.store));
        let path = folder.path().join("data").join(KEY);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let missing = key.get(KEY).await.unwrap_err();
        assert!(matches!(missing, SecretError::Missing { .. }), "{missing}");
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "the key\n").unwrap();
        symlink(&elsewhere, &path).unwrap();
        let linked = key.get(KEY).await.unwrap_err();
        assert!(matches!(linked, SecretError::Access(_)), "{linked}");
        fs::remove_file(&path).unwrap();
        fs::rename(&elsewhere, &path).unwrap();
        assert_eq!(key.get(KEY).await.unwrap().expose_secret(), "the key");
    }
}
