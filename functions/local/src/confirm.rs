use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;
use crate::screen::{error_columns, hanging};

/// Asks on the terminal whether to go on; without one, only `yes` is an answer.
pub(crate) fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::of(format!(
            "nothing was done, for there is no terminal to ask on; --yes goes on without asking. What is to \
             be done: {what}"
        )));
    }
    if ask(what).is_err() {
        return Err(Failure::of(
            "nothing was done: the question cannot be shown; give --yes",
        ));
    }
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::of("nothing was done"))
    }
}

fn ask(what: &str) -> io::Result<()> {
    let mut err = crate::screen::stderr();
    writeln!(err, "{}", hanging(what, error_columns()))?;
    write!(err, "Go on? [y/N] ")?;
    err.flush()
}
