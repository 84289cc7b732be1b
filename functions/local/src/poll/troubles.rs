//! The trouble of each tenant as it was last printed, so that it is not printed every minute.

use std::collections::HashMap;

use drawbridge_poll::lasting;

/// The trouble of each tenant that has any.
#[derive(Debug, Default)]
pub(super) struct Troubles(HashMap<String, String>);

impl Troubles {
    /// Notes what is wrong with a tenant; whether that is news.
    pub(super) fn note(&mut self, tenant: &str, trouble: &str) -> bool {
        let lasting = lasting(trouble);
        let before = self.0.insert(tenant.to_owned(), lasting.clone());
        before.is_none_or(|before| before != lasting)
    }

    /// Notes that all is well with a tenant; whether that is news.
    pub(super) fn note_well(&mut self, tenant: &str) -> bool {
        self.0.remove(tenant).is_some()
    }

    /// Forgets the tenants that are not there any more.
    pub(super) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.0.retain(|tenant, _| is_there(tenant));
    }

    /// Which tenants have any, in words; `None` if there are none.
    pub(super) fn tenants(&self) -> Option<String> {
        let mut names = self.0.keys();
        match (names.next(), names.count()) {
            (None, _) => None,
            (Some(one), 0) => Some(format!("{one} was")),
            (Some(_), others) => Some(format!("{} tenants were", others + 1)),
        }
    }

    /// What is wrong with a tenant, without what is different at each poll.
    pub(super) fn of(&self, tenant: &str) -> Option<&str> {
        self.0.get(tenant).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lasts_is_compared() {
        let mut troubles = Troubles::default();
        for (trouble, is_news) in [
            (
                "GET graph/x (5 tries in 6.3 s, request-id a): HTTP 503",
                true,
            ),
            (
                "GET graph/x (4 tries in 7.1 s, request-id b): HTTP 503",
                false,
            ),
            ("GET graph/x (1 try in 0.1 s): HTTP 503", false),
            (
                "GET graph/x (5 tries in 6.3 s, request-id a): HTTP 500",
                true,
            ),
            ("the range (a) of b (2 items)", true),
            ("the range (a) of b (3 items)", true),
        ] {
            assert_eq!(troubles.note("a", trouble), is_news, "{trouble}");
        }
        assert!(troubles.note("b", "the range (a) of b (3 items)"));
        assert_eq!(troubles.tenants().as_deref(), Some("2 tenants were"));
        assert!(troubles.note_well("a") && !troubles.note_well("a"));
        assert_eq!(troubles.tenants().as_deref(), Some("b was"));
        troubles.keep(|tenant| tenant != "b");
        assert_eq!(troubles.tenants(), None);
    }
}
