//! Which messages were handed back, and which may have killed their process.
//!
//! A queue counts how often a message was received, but does not say why it came back: its process died, or the
//! function handed it back because the tenant is throttled or there was no time. So the function notes what it
//! hands back, in an object beside the tenant's state. A message whose last receive is not noted may have killed
//! its process.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use drawbridge_store::{Store, StoreError};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::state_object::HANDED_BACK_ENDING;

/// The most bytes of a note that are read. A note has a line for each message that was handed back together.
const MAX_NOTE_BYTES: usize = 64 << 10;

/// How often a message was received and its job begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) receives: u64,
    pub(super) tries: u64,
    /// Whether it was suspect when it was handed back before it was begun.
    pub(super) is_suspect: bool,
    /// Whether its job is known to be slow. Notes of older releases do not have this.
    #[serde(default)]
    pub(super) holds_up: bool,
    /// Whether those before it took all the time that there was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) had_no_time: bool,
}

/// The messages of a tenant that were handed back last, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Note(BTreeMap<String, Counts>);

/// The tenants' notes.
pub(super) type Notes = HashMap<String, Note>;

/// What is known of a message that was received once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct History {
    /// How often its job was begun, this time included, as far as is known.
    pub(super) tries: u64,
    /// Whether it may have killed the process that received it before.
    pub(super) is_suspect: bool,
    /// Whether its job is known to be slow: its last poll took long or hung, or more than one process died while it
    /// ran. If a process died only once, any of its jobs may be the cause.
    pub(super) holds_up: bool,
    /// Whether there was no time for it when it was handed back.
    pub(super) had_no_time: bool,
}

impl Note {
    /// Of messages with their counts.
    pub(super) fn of(messages: impl IntoIterator<Item = (String, Counts)>) -> Self {
        Self(messages.into_iter().collect())
    }

    /// What is known of a message that was received so often, this time included. A receipt that is not
    /// noted counts as a try.
    pub(super) fn history(&self, id: &str, receives: u64) -> History {
        let noted = self.0.get(id).copied();
        let noted = noted.filter(|noted| noted.receives < receives);
        let before = noted.unwrap_or(Counts {
            receives: 0,
            tries: 0,
            is_suspect: false,
            holds_up: false,
            had_no_time: false,
        });
        let unheard_of = receives - before.receives - 1;
        History {
            tries: before.tries + unheard_of + 1,
            is_suspect: unheard_of > 0 || before.is_suspect,
            // A suspect is polled alone.
            holds_up: before.holds_up || unheard_of > 1 || unheard_of > 0 && before.is_suspect,
            had_no_time: before.had_no_time && unheard_of == 0,
        }
    }
}

/// The store with the notes.
pub(super) struct HandedBack<'s>(pub(super) &'s Arc<dyn Store>);

impl HandedBack<'_> {
    /// The notes of these tenants. Where one cannot be read, all is suspect that came back.
    pub(super) async fn notes(&self, tenants: Vec<String>) -> Notes {
        let notes = tenants.into_iter().map(async |tenant| {
            let note = self.note_of(&tenant).await;
            (tenant, note)
        });
        join_all(notes).await.into_iter().collect()
    }

    async fn note_of(&self, tenant: &str) -> Note {
        let read = self.0.get_at_most(&key(tenant), MAX_NOTE_BYTES).await;
        match read {
            Ok(object) => object
                .and_then(|object| serde_json::from_slice(&object.body).ok())
                .unwrap_or_default(),
            Err(error) => {
                warn(tenant, &error);
                Note::default()
            }
        }
    }

    /// Replaces a tenant's note. While these messages were in flight, no other process had a message of the tenant.
    pub(super) async fn write(&self, tenant: &str, note: &Note) {
        let Ok(body) = serde_json::to_vec(note) else {
            return;
        };
        let key = key(tenant);
        if let Err(error) = self.0.put(&key, body.into(), "application/json").await {
            warn(tenant, &error);
        }
    }
}

fn key(tenant: &str) -> String {
    format!("state/{tenant}{HANDED_BACK_ENDING}")
}

fn warn(tenant: &str, error: &StoreError) {
    tracing::warn!(
        tenant, %error,
        "which jobs were handed back is not known: the next poll of the tenant is alone in its process"
    );
}

#[cfg(test)]
mod tests {
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    fn note(receives: u64, tries: u64) -> Note {
        let counts = Counts {
            receives,
            tries,
            is_suspect: false,
            holds_up: false,
            had_no_time: false,
        };
        Note::of([("1".to_owned(), counts)])
    }

    #[test]
    fn who_was_handed_back_each_time_killed_nobody() {
        let history = |note: &Note, receives| {
            let History {
                tries, is_suspect, ..
            } = note.history("1", receives);
            (tries, is_suspect)
        };
        let nothing = Note::default();
        assert_eq!(
            [1, 2, 5].map(|n| history(&nothing, n)),
            [(1, false), (2, true), (5, true)]
        );
        // It was received twice, and once its job was begun.
        let handed_back = note(2, 1);
        assert_eq!(history(&handed_back, 3), (2, false));
        // Of the third receipt nobody has heard.
        assert_eq!(history(&handed_back, 4), (3, true));
        // A note that says more than the queue is of another queue.
        assert_eq!(history(&note(7, 7), 3), (3, true));
        assert_eq!(handed_back.history("2", 2).tries, 2);
    }

    #[test]
    fn who_was_in_one_process_that_died_may_be_innocent() {
        let holds_up = |note: &Note, receives| note.history("1", receives).holds_up;
        let nothing = Note::default();
        assert_eq!(
            [1, 2, 3].map(|n| holds_up(&nothing, n)),
            [false, false, true]
        );
        assert!(!holds_up(&note(2, 2), 4) && holds_up(&note(2, 2), 5));
        let with = |is_suspect, holds_up| {
            let counts = Counts {
                receives: 2,
                tries: 1,
                is_suspect,
                holds_up,
                had_no_time: false,
            };
            Note::of([("1".to_owned(), counts)])
        };
        // It waited for its turn, and then died alone.
        assert!(!holds_up(&with(true, false), 3) && holds_up(&with(true, false), 4));
        assert!(holds_up(&with(false, true), 3));
    }

    #[test]
    fn the_note_of_an_older_release_is_read() {
        let old = r#"{"1":{"receives":2,"tries":1,"is_suspect":true}}"#;
        let note: Note = serde_json::from_str(old).unwrap();
        let history = note.history("1", 3);
        assert!(history.is_suspect && !history.holds_up);
    }

    #[tokio::test]
    async fn a_note_is_kept_beside_the_state_and_one_that_cannot_be_read_is_none() {
        let faulty = Arc::new(FaultyStore::default());
        let store: Arc<dyn Store> = faulty.clone();
        let handed_back = HandedBack(&store);
        handed_back.write("a", &note(1, 1)).await;
        faulty.insert("state/b.handed-back", "nonsense");
        let tenants = || ["a", "b", "c"].map(str::to_owned).to_vec();
        let notes = handed_back.notes(tenants()).await;
        assert_eq!(notes["a"], note(1, 1));
        assert_eq!(
            (&notes["b"], &notes["c"]),
            (&Note::default(), &Note::default())
        );
        faulty.hide("state/");
        assert_eq!(handed_back.notes(tenants()).await["a"], Note::default());
    }
}
