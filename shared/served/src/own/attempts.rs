use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Wrong secrets of a client in a minute of the clock that are answered as such.
const MOST: u32 = 10;

/// How often somebody was wrong in this minute: for each client that a document has, and for all others
/// together, so that its size is bounded by the documents.
///
/// It never holds up who has the right secret: whoever knows a client's id could lock it out. A secret of
/// 256 bits needs no lock.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    minute: i64,
    wrong: HashMap<Option<(String, String)>, u32>,
}

impl Attempts {
    /// Counts a wrong secret of a client; with one too many, the seconds until the next minute.
    pub(super) fn count(&self, client: Option<(&str, &str)>, now: Timestamp) -> Result<(), u32> {
        let secs = now.as_second();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.minute != secs.div_euclid(60) {
            known.minute = secs.div_euclid(60);
            known.wrong.clear();
        }
        let client = client.map(|(tenant, id)| (tenant.to_owned(), id.to_ascii_lowercase()));
        let wrong = known.wrong.entry(client).or_default();
        *wrong = wrong.saturating_add(1);
        match *wrong > MOST {
            true => Err(u32::try_from(60 - secs.rem_euclid(60)).unwrap_or(60)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_ten_and_those_that_nobody_knows_have_ten_together() {
        let attempts = Attempts::default();
        let at = |secs: i64| Timestamp::from_second(60 * 1_000_000 + secs).unwrap();
        for client in [Some(("contoso", "a")), Some(("contoso", "b")), None] {
            for _ in 0..10 {
                assert_eq!(attempts.count(client, at(55)), Ok(()));
            }
            for _ in 0..10_000 {
                assert_eq!(attempts.count(client, at(55)), Err(5));
            }
        }
        assert_eq!(attempts.0.lock().unwrap().wrong.len(), 3);
        assert_eq!(attempts.count(None, at(60)), Ok(()));
        assert_eq!(attempts.0.lock().unwrap().wrong.len(), 1);
    }
}
