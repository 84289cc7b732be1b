use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

/// A panic, without its message, which may quote what it failed on. The log has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this is a bug: the function panicked, and its log tells where")
    }
}

impl std::error::Error for Panicked {}

/// Does `work`, and answers a panic in it with [`Panicked`]: the runtime would answer with the panic's
/// message.
///
/// # Errors
/// Those of `work`, and a panic.
pub async fn survive<T, E: From<Panicked>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    // In a box, for the sake of the compiler: the functions' futures are deep.
    let done = AssertUnwindSafe(Box::pin(work)).catch_unwind().await;
    done.unwrap_or_else(|_message| Err(Panicked.into()))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_panic_is_an_error_without_its_message() {
        let work = async {
            let text = String::from("é, MARKER of an alert");
            Ok::<_, Box<dyn Error>>(text[1..].len())
        };
        let error = survive(work).now_or_never().and_then(Result::err);
        let told = error
            .map(|error| format!("{error} {error:?}"))
            .unwrap_or_default();
        assert!(told.contains("a bug") && !told.contains("MARKER"), "{told}");
        let well = survive(async { Ok::<_, Box<dyn Error>>(1) }).now_or_never();
        assert!(matches!(well, Some(Ok(1))));
    }
}
