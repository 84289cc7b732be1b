//! Secrets in files.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use drawbridge_access::AccessError;
use drawbridge_files::{off_thread, read_through_links, trouble};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::no_text::what_it_is;
use crate::secret_itself::shown_place;
use crate::{SecretError, Secrets};

/// More than any client secret or key; keeps a wrong path from filling the memory.
const MAX_BYTES: u64 = 64 * 1024;

/// Secrets in files: the name of one is its path, its value the content without blanks around it.
///
/// A file that everybody on the machine can read is used all the same, with a warning.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileSecrets;

#[async_trait]
impl Secrets for FileSecrets {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let path = PathBuf::from(name);
        // What is no file's name may be the secret itself, whatever the machine says of it.
        let place = format!("the secret file {}", shown_place(name));
        off_thread(|| "a secret file".to_owned(), move || read(&path, place)).await
    }
}

fn read(path: &Path, place: String) -> Result<SecretString, SecretError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let read = read_through_links(path).and_then(|file| {
        if file.metadata().is_ok_and(|meta| is_world_readable(&meta)) {
            tracing::warn!(
                path = %path.display(),
                "every user of this machine can read this secret file; chmod 600 would stop that"
            );
        }
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)
    });
    if let Err(error) = read {
        return Err(io_error(place, &error));
    }
    if bytes.len() as u64 > MAX_BYTES {
        let reason = "it has more than 64 KiB; check the path".to_owned();
        return Err(SecretError::BadShape { place, reason });
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let reason = what_it_is(&bytes).to_owned();
        return Err(SecretError::BadShape { place, reason });
    };
    // Editors on Windows put a byte order mark before the first character.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        let fix = "write the secret's value into it".to_owned();
        return Err(SecretError::Empty { place, fix });
    }
    Ok(SecretString::from(text))
}

#[cfg(unix)]
fn is_world_readable(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn is_world_readable(_: &Metadata) -> bool {
    false
}

fn io_error(place: String, error: &io::Error) -> SecretError {
    let code = error.kind().to_string();
    let failed = |code: String, fix| AccessError::Failed {
        place: place.clone(),
        code,
        fix,
    };
    let error = match (trouble(error), error.kind()) {
        (Some(trouble), _) => failed(trouble.code.to_owned(), trouble.fix.into()),
        (None, io::ErrorKind::NotFound) => {
            let fix = "write the secret's value into it, or correct the path".to_owned();
            return SecretError::Missing { place, fix };
        }
        (None, io::ErrorKind::PermissionDenied) => AccessError::Denied {
            place,
            code,
            fix: "make the file readable for this user".into(),
        },
        (None, _) => failed(code, "check the path".into()),
    };
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::fs;

    async fn of(content: &[u8]) -> Result<SecretString, SecretError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, content).unwrap();
        FileSecrets.get(path.to_str().unwrap()).await
    }

    #[tokio::test]
    async fn blanks_and_a_byte_order_mark_are_cut_off() {
        for content in ["s3cr~t", "  s3cr~t\r\n", "\u{feff}s3cr~t\n"] {
            assert_eq!(
                of(content.as_bytes()).await.unwrap().expose_secret(),
                "s3cr~t"
            );
        }
    }

    #[tokio::test]
    async fn each_fault_is_told_without_the_content() {
        let cases: [(&[u8], &str); 5] = [
            (b" \n", "is empty"),
            (b"\xff\xfes\x003\0c\0r\0~\0t\0", "save it as UTF-8"),
            (b"\x30\x82\x0a\x10\x02\x01\x03s3cr~t", "openssl pkcs12"),
            (b"s3cr~t\xff", "not UTF-8"),
            (&[b'x'; 70_000], "more than 64 KiB"),
        ];
        for (content, expected) in cases {
            let error = of(content).await.unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("s3cr~t"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let error = FileSecrets.get("/nonexistent/secret").await.unwrap_err();
        assert!(matches!(error, SecretError::Missing { .. }));
        assert!(error.to_string().contains("/nonexistent/secret"), "{error}");
        assert!(matches!(
            FileSecrets.get("/").await,
            Err(SecretError::Access(AccessError::Failed { .. }))
        ));
    }

    /// A secret in the place of its file's name, for which the machine has other words than "missing".
    #[tokio::test]
    async fn what_may_be_the_secret_itself_is_not_repeated_whatever_the_fault_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "x").unwrap();
        let secret = "abC8Q~hunter289012345678901234567890";
        for name in [
            secret.to_owned(),
            format!("{}/file/{secret}", dir.path().display()),
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA".repeat(10),
            "0a1b2c3d".repeat(40),
        ] {
            let error = FileSecrets.get(&name).await.unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains("not repeated"), "{said}");
            let end = &name[name.len() - 20..];
            assert!(!said.contains(end), "{said}");
        }
    }

    /// It would be waited for until the process is killed. What a shell hands over is read.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_pipe_in_its_place_is_refused_and_not_waited_for() {
        use std::io::Write as _;
        use std::os::fd::AsRawFd as _;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let error = FileSecrets.get(path.to_str().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
        let (given, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"s3cr~t").unwrap();
        drop(writer);
        let given = FileSecrets
            .get(&format!("/dev/fd/{}", given.as_raw_fd()))
            .await;
        assert_eq!(given.unwrap().expose_secret(), "s3cr~t");
    }

    #[cfg(unix)]
    #[test]
    fn world_readable_files_are_told_apart() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, open) in [(0o600, false), (0o640, false), (0o644, true)] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                is_world_readable(&file.path().metadata().unwrap()),
                open,
                "{mode:o}"
            );
        }
    }
}
