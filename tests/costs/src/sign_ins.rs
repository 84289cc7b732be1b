//! How often the processes of the poll function sign in, each for each tenant that it meets.

/// A tenant's polls in processes that share them at random.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SharedPolls {
    /// How many processes there are; a poll is as likely to be in any of them.
    pub(crate) processes: f64,
    /// How many times a tenant is polled while a process lives.
    pub(crate) polls_per_process: f64,
    /// How many times while a token is used.
    pub(crate) polls_per_token: f64,
}

impl SharedPolls {
    /// The share of polls whose process has no token for the tenant: it has not met the tenant before, or
    /// the token was used for its time.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "numbers of polls are small, and none is below zero"
    )]
    pub(crate) fn signing_in(self) -> f64 {
        let here = 1.0 / self.processes;
        let lives = self.polls_per_process.round().max(1.0) as usize;
        let used = self.polls_per_token.ceil().max(1.0) as usize;
        // Of a process that has no token: how many sign-ins are to be expected of it, by how many times the
        // tenant will be polled before it ends.
        let mut expected = vec![0.0; lives + 1];
        for left in 1..=lives {
            let signs_in = 1.0 + expected[left.saturating_sub(used)];
            expected[left] = here * signs_in + (1.0 - here) * expected[left - 1];
        }
        expected[lives] / (lives as f64 * here)
    }
}

/// The share of batches with at least one of so many polls that each sign in, or sweep, with that chance.
pub(crate) fn any_of(polls: f64, chance: f64) -> f64 {
    1.0 - (1.0 - chance.min(1.0)).powf(polls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signing_in(processes: f64, polls_per_process: f64, polls_per_token: f64) -> f64 {
        let shared = SharedPolls {
            processes,
            polls_per_process,
            polls_per_token,
        };
        shared.signing_in()
    }

    /// By hand.
    #[test]
    fn a_process_signs_in_at_its_first_poll_of_a_tenant_and_when_the_token_was_used_for_its_time() {
        let is = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        // Alone, at its polls 1, 56 and 111 of 120.
        is(signing_in(1.0, 120.0, 55.0), 3.0 / 120.0);
        // One of two, which lives for two polls: it signs in if it gets any, once.
        is(signing_in(2.0, 2.0, 55.0), 0.75);
        // No token is used twice.
        is(signing_in(20.0, 120.0, 1.0), 1.0);
    }

    #[test]
    fn a_batch_waits_for_any_of_its_polls() {
        assert!((any_of(10.0, 0.3) - (1.0 - 0.7_f64.powi(10))).abs() < 1e-12);
        assert!((any_of(1.0, 0.025) - 0.025).abs() < 1e-12);
    }
}
