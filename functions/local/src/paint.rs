use std::io::IsTerminal as _;

/// A colour of the terminal, as its number in ANSI's escapes.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
}

/// `text` in a colour, if standard output is a terminal and `NO_COLOR` does not forbid it.
pub(crate) fn paint(text: &str, colour: Colour) -> String {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if is_plain || !std::io::stdout().is_terminal() {
        return text.to_owned();
    }
    format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8)
}
