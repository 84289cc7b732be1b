use std::time::Duration;

use drawbridge_time::Deadline;
use tokio::sync::watch;

/// When a poll has to end: at a deadline, or as soon as somebody asks.
#[derive(Debug, Clone)]
pub struct Stop {
    deadline: Deadline,
    asked: Option<watch::Receiver<bool>>,
}

impl Stop {
    /// Ends at `deadline`.
    #[must_use]
    pub fn at(deadline: Deadline) -> Self {
        Self {
            deadline,
            asked: None,
        }
    }

    /// Ends when `asked` turns true.
    #[must_use]
    pub fn when(asked: watch::Receiver<bool>) -> Self {
        Self {
            deadline: Deadline::none(),
            asked: Some(asked),
        }
    }

    /// The same, and ends in `time` from now at the latest.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        let deadline = self.deadline.at_most(time);
        Self { deadline, ..self }
    }

    /// The deadline for a single request.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
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
