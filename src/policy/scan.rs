//! Looks at a text before the parser does: how long it is, how deep, and what stands in it that no
//! policy needs.
//!
//! What is left is flat: blocks in the text, lists in blocks, texts and numbers. So no parser can be
//! led deep into itself, and expressions are refused with a sentence of ours.

use std::ops::Range;

use super::fault::Fault;

/// The longest text, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// How deep brackets may stand in each other: a list in a path block, and one to spare.
const DEEPEST: usize = 3;

/// Checks what holds for each form: that there is something, and not too much of it.
pub(super) fn length(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        let help = "write `path \"teams/NAME/*\" { capabilities = [\"read\", \"list\"] }`";
        return Err(Fault::new(&(0..0), "the policy is empty", "here", help));
    }
    if text.len() > LONGEST {
        let title = format!("the policy is longer than {} KiB", LONGEST / 1024);
        let help = "divide it; a caller may have several policies";
        return Err(Fault::new(&(0..0), title, "starts here", help));
    }
    Ok(())
}

/// Checks the letters and the brackets of an HCL text.
pub(super) fn hcl(text: &str) -> Result<(), Fault> {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
    };
    let mut depth = 0_usize;
    let mut before = b' ';
    while let Some(byte) = scan.peek(0) {
        let here = scan.at..scan.at + 1;
        match byte {
            b'"' => scan.string()?,
            b'#' => scan.line(),
            b'/' if scan.peek(1) == Some(b'/') => scan.line(),
            b'/' if scan.peek(1) == Some(b'*') => scan.comment()?,
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    let help = "a policy has path blocks, and lists in these; nothing is deeper";
                    return Err(Fault::new(&here, "too deep", "one too many", help));
                }
                scan.at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                scan.at += 1;
            }
            b'=' | b',' | b'_' | b' ' | b'\t' | b'\r' | b'\n' => scan.at += 1,
            b'-' if before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-') => scan.at += 1,
            _ if byte.is_ascii_alphanumeric() => scan.at += 1,
            _ => return Err(strange(text, here.start)),
        }
        before = byte;
    }
    Ok(())
}

/// What no policy needs outside of texts and comments.
fn strange(text: &str, at: usize) -> Fault {
    let letter = text.get(at..).and_then(|rest| rest.chars().next());
    let letter = letter.unwrap_or('?');
    let title = format!("`{}` has no place in a policy", letter.escape_default());
    let help = "put texts in quotes; there are no expressions, variables or here-documents";
    Fault::new(&(at..at + letter.len_utf8()), title, "not understood", help)
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// To the end of the line.
    fn line(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    /// Past the end of the comment.
    fn comment(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 2;
        while self.peek(0).is_some() {
            if self.peek(0) == Some(b'*') && self.peek(1) == Some(b'/') {
                self.at += 2;
                return Ok(());
            }
            self.at += 1;
        }
        let help = "end it with `*/`";
        let at = start..start + 2;
        Err(Fault::new(
            &at,
            "a comment without end",
            "starts here",
            help,
        ))
    }

    /// Past the end of the text in quotes.
    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.at += 2,
                b'\n' => break,
                b'$' | b'%' if self.peek(1) == Some(b'{') => {
                    return Err(template(&(self.at..self.at + 2)));
                }
                _ => self.at += 1,
            }
        }
        let help = "end it with `\"` on the same line";
        let at = start..start + 1;
        Err(Fault::new(&at, "a text without end", "starts here", help))
    }
}

/// A template in a text.
pub(super) fn template(at: &Range<usize>) -> Fault {
    let help = "write out what is meant; `+` stands for any one segment";
    Fault::new(at, "templates are not supported", "a template", help)
}
