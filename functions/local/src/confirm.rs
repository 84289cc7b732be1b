use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;

/// Asks on the terminal whether to go on; without one, only `yes` is an answer.
pub(crate) fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let mut err = io::stderr().lock();
    writeln!(err, "{what}")?;
    if !io::stdin().is_terminal() {
        return Err(Failure::of(
            "nothing was done: give --yes where nobody can be asked",
        ));
    }
    write!(err, "Go on? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::of("nothing was done"))
    }
}
