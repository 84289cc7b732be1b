//! Whether a tenant of a data folder is being polled: a poll holds shared locks on files there for as long as it
//! runs. One with `--once` notes in them when it ended, since whatever started it, such as cron, soon starts the
//! next one.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use drawbridge_files::{Root, trouble};
use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;

/// The file that a poll of all tenants locks. No key begins with a dot.
const ALL: &str = ".polling";

/// How the name of the file ends that a poll of this tenant by its name locks, in the folder of states.
pub(crate) const POLLING_ENDING: &str = ".polling";

/// How often a lock is tried at first, and the pause in between: `status` holds it for a moment.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// So long after the end of a poll with `--once`, the next one may still be started.
const NEXT_ONE: SignedDuration = SignedDuration::from_mins(10);

/// The locks of a poll that is running; the system releases them, however the process ends.
#[derive(Debug)]
pub(crate) struct Polling {
    locked: Vec<File>,
    waiting: Vec<File>,
}

impl Polling {
    /// Refuses what lies in the place of the lock and is no file, such as a link.
    pub(crate) fn check(folder: &Path) -> Result<(), Failure> {
        let found = Root::new(folder).read(ALL).err();
        match found.as_ref().and_then(|error| trouble(error)) {
            Some(trouble) if trouble.place.is_some() => Err(Failure::of(format!(
                "{}: {}: {}",
                folder.join(ALL).display(),
                trouble.code,
                trouble.fix
            ))),
            _ => Ok(()),
        }
    }

    /// Notes that this process polls these tenants of a folder, or all of them if none is named. Where that is
    /// impossible, the poll itself says so or does without.
    pub(crate) async fn begin(folder: &Path, tenants: &[String]) -> Self {
        let files = match tenants {
            [] => vec![ALL.to_owned()],
            tenants => tenants.iter().map(|name| file_of(name)).collect(),
        };
        let folder = Root::new(folder);
        let files = files.iter().filter_map(|file| folder.lock_file(file).ok());
        let mut polling = Self {
            locked: Vec::new(),
            waiting: files.collect(),
        };
        for _ in 0..TRIES {
            polling.take();
            if polling.waiting.is_empty() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        polling
    }

    /// Tries to lock what somebody else held until now. Waiting for it could take for ever.
    pub(crate) fn take(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let (locked, waiting): (Vec<_>, _) = waiting
            .into_iter()
            .partition(|file| file.try_lock_shared().is_ok());
        self.locked.extend(locked);
        self.waiting = waiting;
    }

    /// Notes that polls go on until this process ends, and that nobody polls after it.
    pub(crate) fn goes_on(&self) {
        self.write("");
    }

    /// Notes that a poll with `--once` has now ended, and not because somebody wants none. Where that is impossible, it counts as one that
    /// nobody follows.
    pub(crate) fn ends(self, now: Timestamp) {
        self.write(&now.to_string());
    }

    fn write(&self, text: &str) {
        for mut file in &self.locked {
            let _ = file
                .set_len(0)
                .and_then(|()| file.write_all(text.as_bytes()));
        }
    }
}

fn file_of(tenant: &str) -> String {
    format!("state/{tenant}{POLLING_ENDING}")
}

/// Whether a tenant is polled: a poll of it is running. `None` if that is unknown, as after the polls of an older
/// release, and for some minutes after one with `--once`, which the next one may follow.
pub(crate) fn is_polled(folder: &Path, tenant: &str, now: Timestamp) -> Option<bool> {
    let folder = Root::new(folder);
    let files = [ALL.to_owned(), file_of(tenant)];
    let polls = files.iter().filter_map(|file| is_held(&folder, file));
    let is_running = polls.reduce(|one, other| one || other)?;
    let may_follow = || files.iter().any(|file| may_follow(&folder, file, now));
    (is_running || !may_follow()).then_some(is_running)
}

/// Whether a poll with `--once` that held the lock on a file ended a short while ago.
fn may_follow(folder: &Root, file: &str, now: Timestamp) -> bool {
    let mut ended = String::new();
    let read = folder.read(file).and_then(|file| {
        let mut file = file.take(64);
        file.read_to_string(&mut ended)
    });
    let ended = read.ok().and_then(|_| ended.parse::<Timestamp>().ok());
    ended.is_some_and(|ended| now.duration_since(ended).abs() <= NEXT_ONE)
}

/// Whether polls hold the lock on a file; `None` if there is no such file, or if that cannot be known.
fn is_held(folder: &Root, file: &str) -> Option<bool> {
    let file = folder.read(file).ok()?;
    match file.try_lock() {
        Ok(()) => Some(false),
        // Polls share it. Whoever does not share it is no poll, but another `status` or a stranger.
        Err(TryLockError::WouldBlock) => file.try_lock_shared().is_ok().then_some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_polled(folder: &Path, tenant: &str) -> Option<bool> {
        super::is_polled(folder, tenant, Timestamp::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn a_poll_is_running_until_the_last_one_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(is_polled(folder, "a"), None);
        let (first, second) = (
            Polling::begin(folder, &[]).await,
            Polling::begin(folder, &[]).await,
        );
        assert_eq!(is_polled(folder, "a"), Some(true));
        drop(first);
        assert_eq!(is_polled(folder, "a"), Some(true));
        drop(second);
        assert_eq!(is_polled(folder, "a"), Some(false));
    }

    #[tokio::test]
    async fn a_poll_of_one_tenant_says_nothing_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let of_a = Polling::begin(folder, &["a".to_owned()]).await;
        assert_eq!(is_polled(folder, "a"), Some(true));
        assert_eq!(is_polled(folder, "b"), None);
        drop(Polling::begin(folder, &[]).await);
        assert_eq!(is_polled(folder, "a"), Some(true));
        assert_eq!(is_polled(folder, "b"), Some(false));
        drop(of_a);
        assert_eq!(is_polled(folder, "a"), Some(false));
    }

    /// It waited for ever, and polled nothing.
    #[tokio::test(start_paused = true)]
    async fn a_lock_that_a_stranger_holds_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let stranger = Root::new(folder).lock_file(ALL).unwrap();
        stranger.lock().unwrap();
        let mut polling = Polling::begin(folder, &[]).await;
        assert_eq!(is_polled(folder, "a"), None);
        stranger.unlock().unwrap();
        polling.take();
        assert_eq!(is_polled(folder, "a"), Some(true));
    }

    /// Between two polls that cron starts, nobody can tell that polls have ended for good.
    #[tokio::test]
    async fn after_a_poll_with_once_the_next_one_may_follow() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let once = Polling::begin(folder, &[]).await;
        assert_eq!(super::is_polled(folder, "a", at(100)), Some(true));
        once.ends(at(100));
        for (minute, polled) in [
            (89, Some(false)),
            (90, None),
            (110, None),
            (111, Some(false)),
        ] {
            assert_eq!(
                super::is_polled(folder, "a", at(minute)),
                polled,
                "{minute}"
            );
        }
        // It says nothing of a service that ended.
        let service = Polling::begin(folder, &[]).await;
        service.goes_on();
        assert_eq!(super::is_polled(folder, "a", at(101)), Some(true));
        drop(service);
        assert_eq!(super::is_polled(folder, "a", at(101)), Some(false));
        Polling::begin(folder, &["a".to_owned()])
            .await
            .ends(at(100));
        assert_eq!(super::is_polled(folder, "a", at(101)), None);
        assert_eq!(super::is_polled(folder, "b", at(101)), Some(false));
    }
}
