use std::io::{self, Write};

use drawbridge_telemetry::shown;

use crate::paint::{Colour, paint};
use crate::screen::{beside, continued};

/// What stands in a table: a text that may have a colour.
pub(crate) struct Cell {
    text: String,
    colour: Option<Colour>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        let text = shown(&text).into_owned();
        Self { text, colour: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Cell {
    /// The same in a colour.
    pub(crate) fn painted(self, colour: Colour) -> Self {
        Self {
            colour: Some(colour),
            ..self
        }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }

    /// The text with blanks behind it up to `width`.
    fn padded(&self, width: usize) -> String {
        let blanks = " ".repeat(width.saturating_sub(self.width()));
        match self.colour {
            Some(colour) => paint(&self.text, colour) + &blanks,
            None => self.text.clone() + &blanks,
        }
    }
}

/// Writes rows in columns as wide as they need to be. Where a line has no room for that, each row is a
/// block with a line for each column.
pub(crate) fn write<const N: usize, C: Into<Cell>>(
    out: &mut impl Write,
    head: [&str; N],
    rows: Vec<[C; N]>,
) -> io::Result<()> {
    write_within(out, head, rows, crate::screen::columns())
}

fn write_within<const N: usize, C: Into<Cell>>(
    out: &mut impl Write,
    head: [&str; N],
    rows: Vec<[C; N]>,
    columns: Option<usize>,
) -> io::Result<()> {
    let rows: Vec<[Cell; N]> = rows.into_iter().map(|row| row.map(Into::into)).collect();
    let mut widths = head.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let length = widths.iter().sum::<usize>() + 2 * N.saturating_sub(1);
    if columns.is_some_and(|columns| length > columns) {
        return write_blocks(out, head, &rows, columns);
    }
    let mut line = |cells: [&Cell; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| cell.padded(width))
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    };
    let head = head.map(Cell::from);
    line(head.each_ref())?;
    rows.iter().try_for_each(|row| line(row.each_ref()))
}

/// Writes each row under its first cell, without what is empty.
fn write_blocks<const N: usize>(
    out: &mut impl Write,
    head: [&str; N],
    rows: &[[Cell; N]],
    columns: Option<usize>,
) -> io::Result<()> {
    let width = head.iter().skip(1).map(|name| name.len()).max();
    let width = width.unwrap_or_default();
    for row in rows {
        for (n, (name, cell)) in head.iter().zip(row).enumerate() {
            let text = cell.padded(0);
            match n {
                0 => writeln!(out, "{text}")?,
                _ if cell.text.is_empty() => {}
                _ if name.is_empty() => writeln!(out, "{}", continued("  ", &text, columns))?,
                _ => writeln!(
                    out,
                    "{}",
                    beside(&name.to_lowercase(), width + 3, &text, columns)
                )?,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::write_within;

    fn written(columns: Option<usize>) -> String {
        let mut out = Vec::new();
        let rows = vec![["contoso", "1", "see below"], ["a", "", ""]];
        write_within(&mut out, ["NAME", "N", ""], rows, columns).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let table = "NAME     N\ncontoso  1  see below\na\n";
        assert_eq!(written(None), table);
        assert_eq!(written(Some(21)), table);
    }

    #[test]
    fn what_has_no_room_is_written_in_blocks() {
        assert_eq!(written(Some(20)), "contoso\n  n  1\n  see below\na\n");
        let mut out = Vec::new();
        let rows = vec![["contoso", "not polled for two days"]];
        write_within(&mut out, ["NAME", "STATE"], rows, Some(24)).unwrap();
        let blocks = "contoso\n  state  not polled for\n         two days\n";
        assert_eq!(String::from_utf8(out).unwrap(), blocks);
    }
}
