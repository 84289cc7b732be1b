use drawbridge_cursor::State;
use drawbridge_poll::{LastError, OVERDUE_AFTER};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::backlog::{Backlog, LONGEST_BEHIND};
use super::problem::Problem;
use crate::paint::Colour;
use crate::span::{ago, span};
use crate::state_head::lag_secs;
use crate::table::Cell;

/// How long a tenant may go without a poll that ended well. The state of an idle tenant is saved about once an
/// hour, and trouble of half an hour usually passes by itself.
const LONGEST: SignedDuration = LONGEST_BEHIND;

/// How long polls may fail for a cause that passes by itself, such as throttling, before they are called failing.
const PASSING: SignedDuration = SignedDuration::from_mins(5);

/// The same error is not noted again within this time.
const NOTED_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// A first poll that has neither succeeded nor failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstPoll {
    /// It began then.
    UnderWay(Timestamp),
    /// It has not begun, and a backfill last saved the state then.
    Awaited(Timestamp),
}

/// What is known of a tenant.
pub(crate) struct TenantStatus {
    pub(crate) name: String,
    /// The key of its document, if it has one.
    pub(super) document: Option<String>,
    pub(super) is_paused: bool,
    /// Whether it is one of the stack's parameters.
    pub(super) is_given: bool,
    /// Whether all tenants of the stack's parameters are known; a folder has none.
    pub(super) is_given_known: bool,
    /// Why it is not polled.
    pub(super) refusal: Option<String>,
    /// What its polls remember, or why that cannot be read.
    pub(super) state: Result<Option<State>, String>,
    pub(crate) last_error: Option<LastError>,
    /// How many items it has in quarantine.
    pub(crate) quarantined: usize,
    pub(super) is_stack: bool,
    /// Whether somebody polls it in the folder, as far as that is known.
    pub(super) is_polled: Option<bool>,
    /// The options that name the place in another command.
    pub(super) options: String,
    pub(crate) now: Timestamp,
}

impl TenantStatus {
    pub(crate) fn is_well(&self) -> bool {
        self.problems().is_empty()
    }

    /// Whether it has a document that is not polled, which is not paused.
    pub(crate) fn is_refused(&self) -> bool {
        self.refusal.is_some() && !self.is_paused
    }

    /// The same without that, where it is told elsewhere.
    pub(crate) fn without_refusal(self) -> Self {
        Self {
            refusal: None,
            ..self
        }
    }

    /// When a poll last ended well, as far as the state knows.
    pub(crate) fn last_success(&self) -> Option<Timestamp> {
        self.state()?.last_success
    }

    /// One word, or two, for how it is.
    pub(crate) fn word(&self) -> &'static str {
        match self.problems().first() {
            Some(problem) => problem.word,
            None if self.is_paused => "paused",
            None if self.is_left_over() => "no document",
            None if self.is_retrying() => "retrying",
            None => match self.first_poll() {
                Some(FirstPoll::UnderWay(_)) => "first poll under way",
                Some(FirstPoll::Awaited(_)) => "not polled yet",
                None if self.catching_up().is_some() => "catching up",
                None => "ok",
            },
        }
    }

    pub(super) fn colour(&self) -> Colour {
        match self.word() {
            "ok" => Colour::Green,
            "paused"
            | "no document"
            | "first poll under way"
            | "not polled yet"
            | "retrying"
            | "catching up" => Colour::Yellow,
            _ => Colour::Red,
        }
    }

    /// What its polls remember, as far as that can be read.
    pub(crate) fn state(&self) -> Option<&State> {
        self.state.as_ref().ok()?.as_ref()
    }

    fn is_longer_ago(&self, time: Timestamp, than: SignedDuration) -> bool {
        self.now.duration_since(time) > than
    }

    /// Whether the tenant was removed: it only has a state, and is not polled any more.
    fn is_left_over(&self) -> bool {
        self.document.is_none() && !self.is_given && (self.is_given_known || self.is_silent())
    }

    /// Whether there is no recent sign of a poll.
    fn is_silent(&self) -> bool {
        let signs = [
            self.state().and_then(|state| state.saved),
            self.last_success(),
            self.last_error.as_ref().map(|last| last.at),
        ];
        let last = signs.into_iter().flatten().max();
        last.is_none_or(|last| self.is_longer_ago(last, LONGEST))
    }

    /// What polls have not read, unless it is little.
    fn backlog(&self) -> Option<Backlog> {
        Backlog::of(self.state()?, self.is_polled, self.now)
    }

    /// What a person is told of polls that succeed and read what is long past, as a first poll does, or one after
    /// an outage or `state reset`.
    fn catching_up(&self) -> Option<String> {
        let Some(Backlog::CatchingUp { left, first }) = self.backlog() else {
            return None;
        };
        let left = span(left.as_secs());
        let ago = ago(self.last_success(), self.now);
        Some(format!(
            "{left} of alerts are left to read, from {first:.0} on; the last poll ended {ago}"
        ))
    }

    /// Since when no poll has ended well, if one has failed, as far as that was noted. Shortly after a success
    /// the state does not say it yet, and the last error does.
    fn failed_since(&self) -> Option<Timestamp> {
        let noted = self.state().and_then(|state| state.failing_since);
        noted.or_else(|| self.new_error_since())
    }

    /// Since when polls fail in a way that somebody should look at: for long, or for a cause that does not pass by
    /// itself.
    pub(crate) fn failing_since(&self) -> Option<Timestamp> {
        let since = self.failed_since()?;
        let is_passing = self.passes_by_itself() && !self.is_longer_ago(since, PASSING);
        (!is_passing).then_some(since)
    }

    /// Whether polls have failed for a short while, and the next one may succeed.
    fn is_retrying(&self) -> bool {
        self.failed_since().is_some() && self.failing_since().is_none()
    }

    /// Whether what polls fail for is known to pass by itself.
    fn passes_by_itself(&self) -> bool {
        self.cause().is_some_and(|cause| cause.is_retryable)
    }

    /// The last error, if it is what polls fail for now. An older one is over, though nobody may have noted that.
    fn cause(&self) -> Option<&LastError> {
        let since = self.failed_since()?;
        self.last_error.as_ref().filter(|last| {
            let is_old = last.at < since && since.duration_since(last.at) > NOTED_AGAIN;
            last.over.is_none() && !is_old && self.last_success().is_none_or(|it| it < last.at)
        })
    }

    /// How far the first poll is, where there is a state, and no poll has succeeded or failed yet.
    fn first_poll(&self) -> Option<FirstPoll> {
        let state = self.state()?;
        if state.last_success.is_some() || self.failed_since().is_some() {
            return None;
        }
        // A first poll notes this when it begins, and a backfill does not.
        let begun = state.swept.week.map(FirstPoll::UnderWay);
        begun.or_else(|| state.saved.map(FirstPoll::Awaited))
    }

    /// Since when the last error has lasted, if no poll is known to have ended well since, and it is not long ago.
    fn new_error_since(&self) -> Option<Timestamp> {
        let error = self.last_error.as_ref()?;
        match self.last_success() {
            // Nothing can have ended it.
            None => (error.over.is_none()).then(|| error.since.unwrap_or(error.at)),
            success => {
                let is_ended = success.is_some_and(|it| error.at < it && it <= self.now);
                // Where nobody polls, nothing has ended it since.
                let stands = self.is_unattended() && !is_ended;
                error.failing_since(success, if stands { error.at } else { self.now })
            }
        }
    }

    /// What is wrong with it; nothing if it is well.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let polls = [
            Self::refused,
            Self::unreadable,
            Self::unpolled,
            Self::failing,
            Self::behind,
        ];
        let mut problems = Vec::new();
        if !self.is_paused && !self.is_left_over() {
            problems.extend(polls.iter().filter_map(|of| of(self)));
        }
        problems.extend(self.in_quarantine());
        problems
    }

    fn refused(&self) -> Option<Problem> {
        let refusal = self.refusal.as_ref()?;
        let (name, options) = (&self.name, &self.options);
        Some(Problem {
            word: "broken",
            what: refusal.clone(),
            todo: format!("do what it says, then run `drawbridge tenants check {name}{options}`"),
        })
    }

    fn unreadable(&self) -> Option<Problem> {
        let error = self.state.as_ref().err()?;
        Some(Problem {
            word: "unreadable",
            what: error.clone(),
            todo: "see \"Restoring a state\" in docs/operations.md".to_owned(),
        })
    }

    /// Whether it is known that nobody polls it.
    fn is_unattended(&self) -> bool {
        self.is_polled == Some(false)
    }

    /// The problem that it is not polled, if it is not.
    fn unpolled(&self) -> Option<Problem> {
        let is_overdue = |since| self.is_longer_ago(since, OVERDUE_AFTER);
        let (word, what) = match (&self.state, self.last_success()) {
            (Err(_), _) => return None,
            _ if self.is_unattended() && self.is_retrying() => {
                let failed = match self.failed_since() {
                    Some(since) => ago(Some(since), self.now),
                    None => return None,
                };
                let what = format!("polls failed, at first {failed}, and no poll is running");
                ("not polled", what)
            }
            (Ok(Some(_)), None) => match self.first_poll() {
                Some(FirstPoll::UnderWay(since)) if self.is_unattended() => {
                    let ago = ago(Some(since), self.now);
                    let what = format!(
                        "the first poll, which began {ago}, did not end, and no poll is running"
                    );
                    ("not polled", what)
                }
                Some(FirstPoll::UnderWay(since)) if is_overdue(since) => {
                    let ago = ago(Some(since), self.now);
                    let what = format!("no poll has succeeded yet; the first one began {ago}");
                    ("overdue", what)
                }
                Some(FirstPoll::Awaited(since)) if is_overdue(since) => {
                    let what = "it was never polled; its state is that of a backfill".to_owned();
                    ("not polled", what)
                }
                _ => return None,
            },
            (Ok(None), _) if self.failed_since().is_none() => {
                ("not polled", "it was never polled".to_owned())
            }
            (Ok(Some(_)), Some(success))
                if self.failed_since().is_none() && self.is_longer_ago(success, LONGEST) =>
            {
                let ago = ago(Some(success), self.now);
                ("not polled", format!("the last successful poll was {ago}"))
            }
            _ => return None,
        };
        // A refused document is reported elsewhere.
        if self.refusal.is_some() {
            return None;
        }
        let todo = self.how_to_poll(self.is_unattended());
        Some(Problem { word, what, todo })
    }

    /// What to do where a tenant is not polled.
    fn how_to_poll(&self, is_none_running: bool) -> String {
        if self.is_stack {
            return "a new tenant is polled within five minutes; after that, look at the alarms and at the \
                    logs of the dispatch and the poll function"
                .to_owned();
        }
        let poll = format!("`drawbridge poll --all{}`", self.options);
        match is_none_running {
            true => format!("start {poll}, or the service that runs it"),
            false => format!("look whether {poll} is running, and start it"),
        }
    }

    fn failing(&self) -> Option<Problem> {
        // A refused document is what they fail for.
        let since = self.failing_since().filter(|_| self.refusal.is_none())?;
        // When the last one succeeded is another time: the state of an idle tenant is saved about once an hour.
        let failed = match self.is_unattended() {
            true => format!("polls failed from {since:.0} on, and no poll is running"),
            false => format!(
                "polls have failed for {}",
                span(self.now.duration_since(since).as_secs())
            ),
        };
        let check = format!("`drawbridge tenants check {}{}`", self.name, self.options);
        Some(Problem {
            word: "failing",
            what: match self.last_success() {
                Some(_) => failed,
                None => format!("no poll has succeeded yet; {failed}"),
            },
            todo: match (self.passes_by_itself(), self.is_unattended()) {
                // Nothing is wrong with how it signs in.
                (true, false) => {
                    "polls try again by themselves, and nothing is lost; if this lasts, do what the last \
                     error says"
                        .to_owned()
                }
                (true, true) => self.how_to_poll(true),
                (false, false) => format!("run {check}"),
                (false, true) => format!("run {check}; then {}", self.how_to_poll(true)),
            },
        })
    }

    /// What a person is told of polls that have failed for a short while.
    fn retrying(&self) -> Option<String> {
        let last = self.cause().filter(|_| self.word() == "retrying")?;
        let failed = match self.now.duration_since(self.failed_since()?).as_secs() {
            0 => "the last poll did not end well".to_owned(),
            secs => format!("polls have not ended well for {}", span(secs)),
        };
        Some(format!(
            "{failed}; the next one tries again: {}",
            last.error
        ))
    }

    /// That something was not read for long, or that nobody reads it.
    fn behind(&self) -> Option<Problem> {
        match self.backlog()? {
            Backlog::Stuck {
                ranges,
                first,
                at_least,
            } => {
                let (ranges, are) = match ranges {
                    1 => ("1 range has".to_owned(), "is"),
                    ranges => (format!("{ranges} ranges have"), "are"),
                };
                let at_least = span(at_least.as_secs());
                Some(Problem {
                    word: "behind",
                    what: format!(
                        "{ranges} failed for at least {at_least} and {are} unread; the first begins \
                         {first:.0}"
                    ),
                    todo: match self.is_unattended() {
                        true => self.how_to_poll(true),
                        false => format!(
                            "polls try again by themselves; if this does not change, run `drawbridge \
                             state show --tenant {}{}`",
                            self.name, self.options
                        ),
                    },
                })
            }
            Backlog::Abandoned {
                left,
                first,
                is_certain,
            } => {
                // Elsewhere, more is told of a tenant whose polls fail, or that is not polled.
                let is_told = self.refusal.is_some()
                    || self.failing_since().is_some()
                    || self.unpolled().is_some();
                if is_told {
                    return None;
                }
                let left = span(left.as_secs());
                let ago = ago(self.last_success(), self.now);
                let nobody = match is_certain {
                    true => format!("no poll is running; the last one ended {ago}"),
                    false => format!("no poll has read on since the last one ended {ago}"),
                };
                Some(Problem {
                    word: "not polled",
                    what: format!("{left} of alerts are unread, from {first:.0} on, and {nobody}"),
                    todo: self.how_to_poll(is_certain),
                })
            }
            Backlog::CatchingUp { .. } => None,
        }
    }

    fn in_quarantine(&self) -> Option<Problem> {
        let count = self.quarantined;
        let items = if count == 1 { "item is" } else { "items are" };
        (count > 0).then(|| Problem {
            word: "quarantine",
            what: format!("{count} {items} in quarantine, and not in the SIEM"),
            todo: format!(
                "run `drawbridge replay list --tenant {}{}`",
                self.name, self.options
            ),
        })
    }

    /// The last error, if polls fail for it.
    fn error_line(&self) -> Option<String> {
        let LastError { at, error, .. } = self.cause()?;
        // The same one may have come back since: it is noted once in five minutes.
        Some(format!(
            "last error, as noted {}: {error}",
            ago(Some(*at), self.now)
        ))
    }

    /// The lines below its row; none if there is nothing to say.
    pub(crate) fn explained(&self) -> Vec<String> {
        let problems = self.problems();
        let mut lines: Vec<String> = Vec::new();
        // Several problems may have one cause, and one remedy.
        let mut error = self.error_line();
        for (n, Problem { word, what, todo }) in problems.iter().enumerate() {
            lines.push(what.clone());
            if matches!(*word, "failing" | "not polled") {
                lines.extend(error.take());
            }
            if problems[n + 1..].iter().all(|later| later.todo != *todo) {
                lines.push(format!("what to do: {todo}"));
            }
        }
        lines.extend(self.retrying());
        if self.word() == "catching up" {
            lines.extend(self.catching_up());
        }
        if self.is_left_over() {
            lines.push(format!(
                "it has a state and no document, and nobody polls it. What is left of a tenant that was \
                 removed goes with `drawbridge tenants purge {}{}`",
                self.name, self.options
            ));
        }
        lines
    }

    /// All of it in one text, and what to do first.
    pub(crate) fn summary(&self) -> (String, Option<String>) {
        let problems = self.problems();
        let todo = problems.first().map(|problem| problem.todo.clone());
        let mut texts: Vec<String> = problems.into_iter().map(|problem| problem.what).collect();
        if texts.is_empty() {
            texts.push(match self.last_success() {
                _ if self.is_left_over() => "it has no document, and nobody polls it".to_owned(),
                Some(success) => {
                    let ago = ago(Some(success), self.now);
                    match (self.retrying(), self.catching_up()) {
                        (Some(retrying), _) => retrying,
                        (None, Some(left)) => format!("catching up: {left}"),
                        (None, None) => format!("the last good one, as last saved, was {ago}"),
                    }
                }
                None => self.retrying().unwrap_or_else(|| self.word().to_owned()),
            });
        }
        (texts.join("; "), todo)
    }

    pub(super) fn cells(&self) -> [Cell; 7] {
        let lag = self.state().and_then(|state| lag_secs(state, self.now));
        let success = match &self.state {
            Ok(_) => ago(self.last_success(), self.now),
            Err(_) => "?".to_owned(),
        };
        let unread = self.state().map(|state| state.unread.len().to_string());
        let failing = self.failing_since().map(|since| ago(Some(since), self.now));
        [
            self.name.as_str().into(),
            Cell::from(self.word()).painted(self.colour()),
            lag.map_or_else(|| "?".to_owned(), span).into(),
            success.into(),
            failing.unwrap_or_else(|| "-".to_owned()).into(),
            unread.unwrap_or_else(|| "?".to_owned()).into(),
            self.quarantined.to_string().into(),
        ]
    }

    pub(super) fn json(&self) -> Value {
        let state = self.state();
        let problems: Vec<Value> = self
            .problems()
            .into_iter()
            .map(|Problem { word, what, todo }| json!({"problem": word, "what": what, "do": todo}))
            .collect();
        json!({
            "tenant": self.name,
            "status": self.word(),
            "well": self.is_well(),
            "document": self.document,
            "paused": self.is_paused,
            "read_up_to": state.and_then(State::read_up_to),
            "lag_secs": state.and_then(|state| lag_secs(state, self.now)),
            "last_success": self.last_success(),
            "failing_since": self.failing_since(),
            "last_error": self.last_error,
            "unread": state.map(|state| &state.unread),
            "left_secs": self.backlog().and_then(|backlog| Some(backlog.left()?.as_secs())),
            "quarantined": self.quarantined,
            "problems": problems,
        })
    }
}
