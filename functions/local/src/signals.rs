use drawbridge_poll::Stop;
use tokio::sync::watch;

use crate::progress::say;

/// Stops at Ctrl-C after the page at hand, and at a second one at once.
pub(crate) fn stop_on_signal() -> Stop {
    Stop::when(asked_on_signal("the page at hand"))
}

/// Turns true at Ctrl-C, when `last` is still to be finished; a second one ends the process.
pub(crate) fn asked_on_signal(last: &'static str) -> watch::Receiver<bool> {
    let (ask, asked) = watch::channel(false);
    tokio::spawn(async move {
        while told_to_stop().await.is_ok() {
            if ask.send_replace(true) {
                std::process::exit(130);
            }
            say(&format!("stopping after {last}; once more to stop at once"));
        }
    });
    asked
}

/// Resolves at Ctrl-C, and where there is such a thing at the signal that service managers and
/// container runtimes send.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
