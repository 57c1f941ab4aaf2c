//! Finds the configuration, and tells what is wrong with it or what is in force.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::app;
use crate::cli::End;
use crate::cli::arguments::Check;
use crate::config::{self, Refused};

/// Prints every mistake, or the effective configuration without secrets.
pub(super) fn check(check: Check, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<End> {
    if check.init {
        out.write_all(STARTER.as_bytes())?;
        return Ok(End::Done);
    }
    match load(check.file.config, err) {
        Ok((config, _)) => {
            out.write_all(config::show(&config).as_bytes())?;
            Ok(End::Done)
        }
        Err(end) => Ok(end),
    }
}

/// Reads the configuration that was `named`, or the first that is there, and says which.
pub(super) fn load(
    named: Option<PathBuf>,
    err: &mut dyn Write,
) -> Result<(app::Config, PathBuf), End> {
    // What cannot be said to a closed pipe does not change what is true.
    let mut say = |text: &str| writeln!(err, "{text}").unwrap_or_default();
    let is_named = named.is_some();
    let Some(file) = named.or_else(find) else {
        say(&format!(
            "error: no configuration: there is neither {} nor {}\n = help: name one by `--config \
             FILE`, or make one: `opagate check --init > opagate.toml`",
            PLACES[0], PLACES[1],
        ));
        return Err(End::Misconfigured);
    };
    if !is_named {
        say(&format!("configuration: {}", file.display()));
    }
    match config::read(&file) {
        Ok(loaded) => {
            if !loaded.warnings.is_empty() {
                say(&loaded.warnings.styled());
            }
            Ok((loaded.config, file))
        }
        Err(Refused::Wrong(mistakes)) => {
            say(&mistakes.styled());
            Err(End::Misconfigured)
        }
        Err(refused @ Refused::Unreadable { .. }) => {
            let help = "see that the file is there and may be read";
            say(&format!("error: {refused}\n = help: {help}"));
            Err(End::Misconfigured)
        }
    }
}

fn find() -> Option<PathBuf> {
    let found = PLACES.iter().map(Path::new).find(|path| path.is_file());
    found.map(Path::to_path_buf)
}

/// Where a configuration is looked for if none is named.
const PLACES: [&str; 2] = ["./opagate.toml", "/etc/opagate/opagate.toml"];

/// Ten lines to start from; what is to be filled in cannot be taken as it is.
const STARTER: &str = r#"# Fill in what stands in <…>; `opagate check -c FILE` says what is still missing.

[[team]]
name = "<team>"                         # as in its URLs
url = "https://<org>.pam.okta.com"
[[team.principal]]
name = "<service user>"
[[team.principal.key]]
id = "<key id>"                         # a UUID
secret = "${OPA_KEY_SECRET}"            # or "${file:/run/secrets/opa_key}"
"#;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::arguments::File;

    fn checked(text: &str, init: bool) -> (End, String, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("opagate.toml");
        fs::write(&path, text).unwrap();
        let file = File { config: Some(path) };
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let end = check(Check { file, init }, &mut out, &mut err).unwrap();

        let [out, err] = [out, err].map(|said| String::from_utf8(said).unwrap());
        (end, out, err)
    }

    #[test]
    fn good_file_is_shown_and_warnings_stand_apart() {
        let (end, out, err) = checked("deadline = '56s'", false);

        assert_eq!(end, End::Done);
        assert!(out.starts_with("deadline = \"56s\"\n"), "{out}");
        assert!(err.contains("the drain cannot finish"), "{err}");
    }

    #[test]
    fn bad_file_is_refused_and_nothing_is_shown() {
        let (end, out, err) = checked("[cache]\nflights = 0", false);

        assert_eq!((end, out.as_str()), (End::Misconfigured, ""));
        assert!(
            err.contains("`cache.flights` must be greater than zero"),
            "{err}"
        );
    }

    #[test]
    fn file_that_is_not_there_is_said() {
        let mut err = Vec::new();

        let end = load(Some(PathBuf::from("/nowhere/opagate.toml")), &mut err).unwrap_err();

        assert_eq!(end, End::Misconfigured);
        let err = String::from_utf8(err).unwrap();
        assert!(err.starts_with("error: /nowhere/opagate.toml: "), "{err}");
    }

    #[test]
    fn starter_lacks_only_what_is_to_be_filled_in() {
        let (end, starter, _) = checked("", true);
        let filled = [
            ("<team>", "acme"),
            ("<org>", "acme"),
            ("<service user>", "opagate"),
            ("<key id>", "00000000-0000-4000-8000-000000000000"),
        ];
        let filled = filled
            .iter()
            .fold(starter.clone(), |text, (from, to)| text.replace(from, to));

        let secret = [("OPA_KEY_SECRET".to_owned(), "s".to_owned())];
        config::load(&filled, "opagate.toml", secret.clone()).unwrap();
        let mistakes = config::load(&starter, "opagate.toml", secret).unwrap_err();
        assert_eq!(end, End::Done);
        assert!(mistakes.to_string().contains("4 mistakes"), "{mistakes}");
    }
}
