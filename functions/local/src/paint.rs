use crate::screen::has_colours;

/// A colour of the terminal, as its number in ANSI's escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
}

/// `text` in a colour, if standard output shows colours.
pub(crate) fn paint(text: &str, colour: Colour) -> String {
    if !has_colours() {
        return text.to_owned();
    }
    format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8)
}
