//! What a service answers in place of what it was asked for, and what lies behind a list's last row.

use jiff::{SignedDuration, Timestamp};

use crate::random::Random;

/// An answer that lasts as long as the question is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A status, perhaps with `Retry-After`.
    Status(u16, Option<Wait>),
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

/// What a service writes into `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Seconds.
    Secs(u64),
    /// A date so many seconds after the answer's own `Date`.
    Date(i64),
    /// A date in an answer that has no `Date`.
    DateAlone(i64),
    /// What is neither.
    Text(&'static str),
}

impl Wait {
    /// Every form that a client may meet.
    const ALL: [Self; 19] = [
        Self::Secs(0),
        Self::Secs(1),
        Self::Secs(30),
        Self::Secs(400),
        Self::Secs(3600),
        Self::Secs(86_400),
        Self::Date(45),
        Self::Date(-60),
        Self::Date(86_400),
        Self::DateAlone(90),
        Self::Text("-1"),
        Self::Text("-86400"),
        Self::Text("1.5"),
        Self::Text("0.001"),
        Self::Text("soon"),
        Self::Text("PT5M"),
        Self::Text(""),
        Self::Text("99999999999999999999"),
        Self::Text("Fri, 99 Feb 2026 25:61:61 GMT"),
    ];

    /// As a reader of plain numbers takes it.
    pub(crate) fn secs(self) -> Option<u64> {
        match self {
            Self::Secs(secs) => Some(secs),
            _ => None,
        }
    }

    /// The headers of an answer that is given at `now`.
    pub(crate) fn headers(self, now: Timestamp) -> Vec<(&'static str, String)> {
        let date = |secs| {
            let at = now + SignedDuration::from_secs(secs);
            at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
        };
        let asked = |text| ("retry-after", text);
        match self {
            Self::Secs(secs) => vec![asked(secs.to_string())],
            Self::Date(secs) => vec![asked(date(secs)), ("date", date(0))],
            Self::DateAlone(secs) => vec![asked(date(secs))],
            Self::Text(text) => vec![asked(text.to_owned())],
        }
    }
}

impl Answer {
    const ALL: [Self; 22] = [
        Self::Status(504, Some(Wait::Secs(1))),
        Self::Status(503, Some(Wait::Secs(400))),
        Self::Status(429, None),
        Self::Status(429, Some(Wait::Secs(1))),
        Self::Status(429, Some(Wait::Secs(400))),
        Self::Status(400, None),
        Self::Status(401, None),
        Self::Status(403, None),
        Self::Status(404, None),
        Self::Status(302, None),
        Self::Html,
        Self::CircularLink,
        Self::ForeignLink,
        Self::Hangs,
        Self::Status(405, None),
        Self::Status(408, None),
        Self::Status(409, None),
        Self::Status(410, None),
        Self::Status(413, None),
        Self::Status(451, None),
        Self::Status(501, None),
        Self::NoLink,
    ];

    /// The statuses that a service may answer anything with.
    const STATUSES: [u16; 18] = [
        204, 301, 302, 400, 403, 404, 405, 406, 408, 409, 410, 412, 429, 429, 500, 501, 503, 504,
    ];

    /// What a page with a given alert on it is answered with.
    pub(crate) fn to_a_page(random: &mut Random) -> Self {
        random.pick(&Self::ALL[..21])
    }

    /// What any question about a window with a given alert in it is answered with.
    pub(crate) fn to_a_window(random: &mut Random) -> Self {
        random.pick(&[
            Self::Status(400, None),
            Self::Status(403, None),
            Self::Status(404, None),
            Self::Status(429, Some(Wait::Secs(1))),
            Self::Status(500, None),
            Self::Status(504, Some(Wait::Secs(1))),
        ])
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

    /// What is answered whatever is on the page.
    pub(crate) fn to_anything(random: &mut Random) -> Self {
        if random.percent(10) {
            return Self::Html;
        }
        let status = random.pick(&Self::STATUSES);
        let waits = status == 429 || random.percent(30);
        Self::Status(status, waits.then(|| random.pick(&Wait::ALL)))
    }

    /// The detail of an episode: this answer and a number below 2^32.
    pub(crate) fn with(self, number: u64) -> u64 {
        let (form, status, wait) = match self {
            Self::Status(status, wait) => (0, status, wait),
            Self::Html => (1, 0, None),
            Self::CircularLink => (2, 0, None),
            Self::ForeignLink => (3, 0, None),
            Self::NoLink => (4, 0, None),
            Self::Hangs => (5, 0, None),
        };
        let place = wait.and_then(|wait| Wait::ALL.iter().position(|other| *other == wait));
        let wait = place.map_or(0, |place| place as u64 + 1);
        form << 56 | wait << 48 | u64::from(status) << 32 | number
    }

    /// Both, from an episode's detail.
    pub(crate) fn of(detail: u64) -> (Self, u64) {
        let byte = |shift: u32| usize::try_from(detail >> shift & 0xff).unwrap_or(0);
        let status = u16::try_from(detail >> 32 & 0xffff).unwrap_or(500);
        let answer = match byte(56) {
            0 => Self::Status(
                status,
                byte(48).checked_sub(1).map(|place| Wait::ALL[place]),
            ),
            1 => Self::Html,
            2 => Self::CircularLink,
            3 => Self::ForeignLink,
            4 => Self::NoLink,
            _ => Self::Hangs,
        };
        (answer, detail & 0xffff_ffff)
    }
}

/// The questions that a poller asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The first page of a window.
    List,
    /// What lies behind a next link.
    NextLink,
    /// How many rows a window has.
    Count,
    /// A token.
    SignIn,
}

impl Question {
    const ALL: [Self; 4] = [Self::List, Self::NextLink, Self::Count, Self::SignIn];

    /// A question to be answered oddly, by its number.
    pub(crate) fn draw(random: &mut Random) -> u64 {
        random.index(Self::ALL.len()) as u64
    }

    /// Whether it is the one of that number.
    pub(crate) fn is(self, number: u64) -> bool {
        Self::ALL.get(usize::try_from(number).unwrap_or(0)) == Some(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_holds_an_answer_and_a_number() {
        let odd = Wait::ALL.map(|wait| Answer::Status(429, Some(wait)));
        for (n, answer) in Answer::ALL.into_iter().chain(odd).enumerate() {
            assert_eq!(Answer::of(answer.with(n as u64)), (answer, n as u64));
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        let headers = Wait::Date(45).headers(crate::origin());
        let text = |n: usize| headers[n].1.as_str();
        assert_eq!(text(1), "Sun, 01 Mar 2026 12:00:00 GMT");
        assert_eq!(text(0), "Sun, 01 Mar 2026 12:00:45 GMT");
    }
}
