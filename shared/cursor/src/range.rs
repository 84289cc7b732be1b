//! One stretch that is still to be read.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Due, Window};

/// A range that is still to be read.
///
/// On the wire it is one JSON object: `{"from":"…","to":"…","since":"…","wait_secs":30,
/// "failures":1,"step_ms":1000}`, the last four only if there is anything to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// What is to be read.
    #[serde(flatten)]
    pub window: Window,
    /// When.
    #[serde(flatten)]
    pub due: Due,
}

impl Range {
    pub(crate) fn of(bounds: &std::ops::Range<Timestamp>, due: Due) -> Option<Self> {
        let window = Window::new(bounds.start, bounds.end)?;
        Some(Self { window, due })
    }

    /// Both in one, if nothing lies between them and they may be read at once. What has failed is read
    /// by itself.
    #[must_use]
    pub fn join(self, next: Self) -> Option<Self> {
        if self.due.failures > 0 || next.due.failures > 0 {
            return None;
        }
        if self.due.is_second != next.due.is_second {
            return None;
        }
        let steps = [self.due.step_ms, next.due.step_ms];
        let step_ms = steps.into_iter().flatten().min();
        let window = Window::new(self.window.from(), next.window.to())?;
        let fits = step_ms.is_none_or(|step_ms| window.millis() <= step_ms);
        let due = Due {
            step_ms,
            ..self.due
        };
        (fits && self.window.to() == next.window.from()).then_some(Self { window, due })
    }

    /// The first part of it that is read at once.
    #[must_use]
    pub fn step(self) -> Self {
        let Some(step_ms) = self.due.step_ms else {
            return self;
        };
        let millis = i64::try_from(step_ms).unwrap_or(i64::MAX);
        let from = self.window.from();
        let to = from.checked_add(SignedDuration::from_millis(millis));
        let to = to.map_or(self.window.to(), |to| to.min(self.window.to()));
        let window = Window::new(from, to).unwrap_or(self.window);
        Self { window, ..self }
    }
}
