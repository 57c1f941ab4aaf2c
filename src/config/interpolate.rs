//! Puts variables of the environment into the strings of the file.
//!
//! `${NAME}` is the variable's value, `${NAME:-text}` is `text` where the variable is unset or
//! empty, `$${` is a literal `${`. Nothing else is special, and what is put in is not looked at
//! again.

/// Why a string could not be completed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Broken {
    /// The variable is not set, and there is no text to take instead.
    Unset(String),
    /// `${` without `}`.
    Unclosed,
    /// What stands between the braces is not the name of a variable.
    NotAName,
    /// `${file:…}`, which only a secret may be, and then as a whole.
    File,
}

/// Completes `text` with what `lookup` knows.
///
/// # Errors
///
/// Fails on the first variable that cannot be put in.
pub(super) fn interpolate(
    text: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<String, Broken> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            whole.push_str(before);
            whole.push_str("${");
            rest = after;
            continue;
        }
        let (inside, after) = after.split_once('}').ok_or(Broken::Unclosed)?;
        whole.push_str(before);
        whole.push_str(&value(inside, &lookup)?);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// Whether `text` holds a variable.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("${")
}

/// Whether `text` is one variable or one file, and nothing that could be a secret itself.
pub(super) fn is_reference(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    inside.is_some_and(|inside| is_name(inside) || inside.starts_with("file:"))
}

fn value(inside: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, Broken> {
    if inside.starts_with("file:") {
        return Err(Broken::File);
    }
    let (name, otherwise) = match inside.split_once(":-") {
        Some((name, otherwise)) => (name, Some(otherwise)),
        None => (inside, None),
    };
    if !is_name(name) {
        return Err(Broken::NotAName);
    }
    match (lookup(name), otherwise) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(otherwise)) => Ok(otherwise.to_owned()),
        (None, None) => Err(Broken::Unset(name.to_owned())),
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<String, Broken> {
        interpolate(text, |name| match name {
            "HOST" => Some("acme.example".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${HOST}".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn variables_are_put_in() {
        assert_eq!(fill("https://${HOST}/").unwrap(), "https://acme.example/");
        assert_eq!(fill("${EMPTY}").unwrap(), "");
        assert_eq!(fill("a $5 note }").unwrap(), "a $5 note }");
    }

    #[test]
    fn default_stands_in_for_unset_and_empty_variables() {
        assert_eq!(
            fill("${NOPE:-x}/${EMPTY:-y}/${HOST:-z}").unwrap(),
            "x/y/acme.example"
        );
    }

    #[test]
    fn doubled_dollar_is_literal() {
        assert_eq!(fill("$${HOST}").unwrap(), "${HOST}");
    }

    #[test]
    fn values_are_not_looked_at_again() {
        assert_eq!(fill("${NESTED}").unwrap(), "${HOST}");
    }

    #[test]
    fn only_names_are_references() {
        assert!(is_reference("${KEY}"));
        assert!(is_reference("${file:/run/secrets/key}"));
        assert!(!is_reference("${KEY:-canary}"));
        assert!(!is_reference("canary${KEY}"));
    }

    #[test]
    fn what_cannot_be_put_in_is_said() {
        assert_eq!(fill("${NOPE}"), Err(Broken::Unset("NOPE".to_owned())));
        assert_eq!(fill("${HOST"), Err(Broken::Unclosed));
        assert_eq!(fill("${}"), Err(Broken::NotAName));
        assert_eq!(fill("${9A}"), Err(Broken::NotAName));
        assert_eq!(fill("x${file:/a}"), Err(Broken::File));
    }
}
