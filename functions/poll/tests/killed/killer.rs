use std::process::Child;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

/// When the process is killed, counted from the moment it is given a job.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// Before its `n`th call to the cloud is made, or after it is made and not answered.
    Call { n: u64, after: bool },
    /// The same for the call that saves the state: all records are sent by then.
    Save { after: bool },
    /// After some time.
    After(Duration),
}

impl Moment {
    /// The `n`th of them; the same ones at each run of the test.
    pub(crate) fn nth(n: u64) -> Self {
        let dice = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let after = dice.is_multiple_of(2);
        match n % 4 {
            0 | 1 => Self::Call {
                n: 1 + dice / 2 % 14,
                after,
            },
            2 => Self::Save { after },
            _ => Self::After(Duration::from_millis(dice % 300)),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Call { after: false, .. } => "before a call",
            Self::Call { after: true, .. } => "after a call",
            Self::Save { after: false } => "before the state is saved",
            Self::Save { after: true } => "after the state is saved",
            Self::After(_) => "after some time",
        }
    }
}

/// Holds the process and kills it when its moment has come.
#[derive(Default)]
pub(crate) struct Killer {
    inner: Mutex<Inner>,
    struck: Notify,
}

#[derive(Default)]
struct Inner {
    most_kb: u64,
    child: Option<Child>,
    moment: Option<Moment>,
    calls: u64,
}

impl Killer {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn guard(&self, child: Child) {
        self.inner().child = Some(child);
    }

    /// What a process that was killed had of memory that is no file's, in KiB.
    pub(crate) fn most_kb(&self) -> u64 {
        self.inner().most_kb
    }

    pub(crate) fn lives(&self) -> bool {
        self.inner().child.is_some()
    }

    /// From now on, calls count.
    pub(crate) fn arm(&self, moment: Moment) {
        let mut inner = self.inner();
        (inner.moment, inner.calls) = (Some(moment), 0);
    }

    pub(crate) fn disarm(&self) {
        self.inner().moment = None;
    }

    /// Counts a call that is about to be made; its number if the process still lives.
    pub(crate) fn call(&self, saves: bool) -> Option<u64> {
        let mut inner = self.inner();
        inner.calls += 1;
        let calls = inner.calls;
        let now = match inner.moment {
            Some(Moment::Call { n, after: false }) => n == calls,
            Some(Moment::Save { after: false }) => saves,
            _ => false,
        };
        if now {
            self.kill(&mut inner);
        }
        inner.child.is_some().then_some(calls)
    }

    /// The call of that number was made and is about to be answered.
    pub(crate) fn made(&self, call: u64, saves: bool) {
        let mut inner = self.inner();
        let now = match inner.moment {
            Some(Moment::Call { n, after: true }) => n == call,
            Some(Moment::Save { after: true }) => saves,
            _ => false,
        };
        if now {
            self.kill(&mut inner);
        }
    }

    /// Resolves when the process was killed.
    pub(crate) async fn strikes(&self) {
        let moment = self.inner().moment;
        if let Some(Moment::After(delay)) = moment {
            tokio::time::sleep(delay).await;
            let mut inner = self.inner();
            self.kill(&mut inner);
        }
        loop {
            self.struck.notified().await;
            // Not of an earlier one that had answered all the same.
            if !self.lives() {
                return;
            }
        }
    }

    /// SIGKILL; nothing of it is left when this returns.
    fn kill(&self, inner: &mut Inner) {
        inner.moment = None;
        if let Some(mut child) = inner.child.take() {
            inner.most_kb = inner.most_kb.max(own_kb(child.id()).unwrap_or(0));
            child.kill().unwrap();
            child.wait().unwrap();
            self.struck.notify_one();
        }
    }
}

/// What a process has of memory that is no file's, in KiB; nothing, where nobody says.
fn own_kb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

impl Drop for Killer {
    fn drop(&mut self) {
        let mut inner = self.inner();
        self.kill(&mut inner);
    }
}
