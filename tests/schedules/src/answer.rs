//! What Graph answers in place of a page, and what lies behind its last row.

use crate::random::Random;

/// An answer that lasts as long as the question is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A status, perhaps with `Retry-After` in seconds.
    Status(u16, Option<u64>),
    /// A web page with 200.
    Html,
    /// The page, with a next link that leads to itself.
    CircularLink,
    /// The page, with a next link to another host.
    ForeignLink,
    /// The page, as if it were the last one.
    NoLink,
    /// Nothing, for longer than any client waits.
    Hangs,
}

impl Answer {
    const ALL: [Self; 16] = [
        Self::Status(504, Some(1)),
        Self::Status(503, Some(400)),
        Self::Status(429, None),
        Self::Status(429, Some(1)),
        Self::Status(429, Some(400)),
        Self::Status(400, None),
        Self::Status(401, None),
        Self::Status(403, None),
        Self::Status(404, None),
        Self::Status(302, None),
        Self::Html,
        Self::CircularLink,
        Self::ForeignLink,
        Self::Hangs,
        // Behind the last row only.
        Self::Status(500, None),
        Self::NoLink,
    ];

    /// What a page with a given alert on it is answered with.
    pub(crate) fn to_a_page(random: &mut Random) -> Self {
        random.pick(&Self::ALL[..14])
    }

    /// What lies behind the last row: no next link, or one that fails.
    pub(crate) fn behind_the_last_row(random: &mut Random) -> Self {
        random.pick(&[
            Self::NoLink,
            Self::NoLink,
            Self::Status(400, None),
            Self::Status(500, None),
        ])
    }

    /// The detail of an episode: this answer and a number below 2^32.
    pub(crate) fn with(self, number: u64) -> u64 {
        let place = Self::ALL.iter().position(|answer| *answer == self);
        (place.unwrap_or(0) as u64) << 32 | number
    }

    /// Both, from an episode's detail.
    pub(crate) fn of(detail: u64) -> (Self, u64) {
        let place = usize::try_from(detail >> 32).unwrap_or(0);
        (Self::ALL[place], detail & 0xffff_ffff)
    }
}
