use std::time::Duration;

use drawbridge_time::Deadline;
use tokio::sync::watch;

use crate::slow::LONG;

/// When a poll has to end: at a deadline, or as soon as somebody asks.
#[derive(Debug, Clone)]
pub struct Stop {
    deadline: Deadline,
    /// From when on it keeps others waiting, if any wait.
    hurry: Deadline,
    /// How long a poll is that is taken for a long one.
    long: Duration,
    asked: Option<watch::Receiver<bool>>,
}

impl Stop {
    /// Ends at `deadline`.
    #[must_use]
    pub fn at(deadline: Deadline) -> Self {
        Self {
            deadline,
            hurry: Deadline::none(),
            long: LONG,
            asked: None,
        }
    }

    /// Ends when `asked` turns true.
    #[must_use]
    pub fn when(asked: watch::Receiver<bool>) -> Self {
        Self {
            deadline: Deadline::none(),
            hurry: Deadline::none(),
            long: LONG,
            asked: Some(asked),
        }
    }

    /// The same, and ends in `time` from now at the latest.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        let deadline = self.deadline.at_most(time);
        Self { deadline, ..self }
    }

    /// The same for a poll that begins now beside others that wait, and is not to keep them for longer than
    /// `patience`: then it begins no page, nor before that a wait which Graph asks for and which would end
    /// later. A page that is on its way may come.
    #[must_use]
    pub fn in_a_hurry(self, patience: Duration) -> Self {
        Self {
            hurry: Deadline::after(patience),
            long: patience,
            ..self
        }
    }

    /// The same for a poll that is taken for a long one, however long it takes: others waited for it before.
    #[must_use]
    pub fn taken_for_long(self) -> Self {
        Self {
            long: Duration::ZERO,
            ..self
        }
    }

    /// From when on it keeps others waiting, if any wait.
    #[cfg(feature = "messages")]
    pub(crate) fn hurry(&self) -> Deadline {
        self.hurry
    }

    /// Whether that is long for a poll.
    pub(crate) fn is_long(&self, took: Duration) -> bool {
        took >= self.long
    }

    /// The deadline for a single request.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline.with_waits_until(self.hurry)
    }

    /// Whether others wait.
    pub(crate) fn is_in_a_hurry(&self) -> bool {
        self.hurry.instant().is_some()
    }

    /// Whether another page may be begun, as far as others are concerned that wait.
    pub(crate) fn allows_a_page(&self) -> bool {
        !self.hurry.is_over()
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| *asked.borrow())
    }

    /// Resolves when somebody asks to stop; never, when nobody can.
    pub async fn asked(&self) {
        if let Some(mut asked) = self.asked.clone()
            && asked.wait_for(|asked| *asked).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
