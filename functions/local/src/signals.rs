use std::sync::atomic::{AtomicBool, Ordering};

use drawbridge_poll::Stop;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::progress::say;

/// Whether somebody pressed Ctrl-C.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether somebody pressed Ctrl-C, and did not only have a service manager or a scheduler send its signal.
pub(crate) fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}

/// Stops at Ctrl-C after the page at hand, and at a second one at once.
pub(crate) fn stop_on_signal() -> Stop {
    Stop::when(stop_requested_on_signal("the current page"))
}

/// Turns true at Ctrl-C, when `last` is still to be finished; a second one ends the process. From
/// now on, SIGHUP does not end it.
pub(crate) fn stop_requested_on_signal(last: &'static str) -> watch::Receiver<bool> {
    let (ask, asked) = watch::channel(false);
    // Once there was somebody to listen, the signal has lost its effect.
    drop(HangUps::listen());
    let mut signals = StopSignals::listen();
    tokio::spawn(async move {
        loop {
            signals.next().await;
            if ask.send_replace(true) {
                std::process::exit(130);
            }
            say(&format!("stopping after {last}; once more to stop at once"));
        }
    });
    asked
}

/// Ctrl-C, and the signal that service managers and container runtimes send.
#[cfg(unix)]
struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

#[cfg(unix)]
impl StopSignals {
    fn listen() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = next(self.interrupt.as_mut()) => IS_INTERRUPTED.store(true, Ordering::Relaxed),
            () = next(self.terminate.as_mut()) => {}
        }
    }
}

/// Ctrl-C; there is nothing else.
#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        IS_INTERRUPTED.store(true, Ordering::Relaxed);
    }
}

/// SIGHUP, the usual request to open rotated files again.
pub(crate) struct HangUps {
    #[cfg(unix)]
    signals: Option<Signal>,
}

impl HangUps {
    /// Listens for the signal, which no longer ends the process then.
    pub(crate) fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signals: signal(SignalKind::hangup()).ok(),
        }
    }

    /// Waits for the next one, for ever where there is no such signal.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        next(self.signals.as_mut()).await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn next(signal: Option<&mut Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}
