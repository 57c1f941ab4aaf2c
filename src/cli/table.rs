//! Text in columns, and colours that a terminal shows.

use std::io::{self, Write};

/// A colour; where nobody sees it, it is taken off on the way out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Color {
    None,
    Dim,
    Good,
    Warn,
    Bad,
}

impl Color {
    /// `text` in this colour.
    pub(super) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::None => return text.to_owned(),
            Self::Dim => "2",
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Rows of cells; a column is as wide as its widest cell.
#[derive(Debug)]
pub(super) struct Table {
    /// Which columns hold numbers, and stand to the right.
    numbers: &'static [usize],
    rows: Vec<Vec<(String, Color)>>,
}

impl Table {
    /// An empty one under these words.
    pub(super) fn new(head: &[&str], numbers: &'static [usize]) -> Self {
        let head = head.iter().map(|word| ((*word).to_owned(), Color::Dim));
        Self {
            numbers,
            rows: vec![head.collect()],
        }
    }

    /// One more row.
    pub(super) fn row<const N: usize>(&mut self, cells: [(String, Color); N]) {
        self.rows.push(cells.into());
    }

    /// Writes it, and an empty line before; nothing if it has no rows.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.len() < 2 {
            return Ok(());
        }
        writeln!(out)?;
        for row in &self.rows {
            let mut line = String::new();
            for (column, (text, color)) in row.iter().enumerate() {
                let blanks = " ".repeat(self.width(column) - text.chars().count());
                let text = color.paint(text);
                line += &if self.numbers.contains(&column) {
                    format!("{blanks}{text}  ")
                } else {
                    format!("{text}{blanks}  ")
                };
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|(text, _)| text.chars().count());
        widths.max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> (String, Color) {
        (text.to_owned(), Color::None)
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", "N"], &[1]);
        table.row([plain("ä"), plain("10000")]);
        table.row([plain("longer"), (7.to_string(), Color::Bad)]);
        let mut out = Vec::new();

        table.write(&mut out).unwrap();

        let shown = String::from_utf8(out).unwrap();
        let shown = anstream::adapter::strip_str(&shown).to_string();
        assert_eq!(shown, "\nNAME        N\nä       10000\nlonger      7\n");
    }
}
