//! Each kind of mistake, and the line and column that it is shown at.

use super::*;

/// A team, a principal and a caller with a token, so that the rest of a file is right.
const GOOD: &str = "[[team]]\nname = 'acme'\nurl = 'https://acme.example'\n\
                    [[team.principal]]\nname = 'tf'\n\
                    [[team.principal.key]]\nid = '00000000-0000-4000-8000-000000000001'\n\
                    secret = 's'\n\
                    [[caller]]\nname = 'c'\n\
                    token_sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'\n";

/// The only mistake in `text`: what it is, and where.
fn only(text: &str) -> (String, String) {
    let shown = refused(text, &[]);
    let titles: Vec<_> = shown
        .lines()
        .filter_map(|l| l.strip_prefix("error: "))
        .collect();
    let place = shown
        .lines()
        .skip_while(|l| !l.starts_with("error: "))
        .find_map(|l| l.trim().strip_prefix("--> opagate.toml:"));
    assert_eq!(titles.len(), 1, "{shown}");
    assert!(
        shown.contains("= help: ") || shown.contains("= known: "),
        "{shown}"
    );
    (titles[0].to_owned(), place.unwrap_or_default().to_owned())
}

#[track_caller]
fn assert_only(text: &str, title: &str, place: &str) {
    let (found, at) = only(text);

    assert!(found.contains(title), "{found}");
    assert_eq!(at, place, "{found}");
}

/// The same for what stands after [`GOOD`], whose eleven lines are not counted.
#[track_caller]
fn assert_after(text: &str, title: &str, place: &str) {
    let (found, at) = only(&format!("{GOOD}{text}"));

    let (line, column) = at.split_once(':').unwrap();
    let line: usize = line.parse::<usize>().unwrap() - 11;
    assert!(found.contains(title), "{found}");
    assert_eq!(format!("{line}:{column}"), place, "{found}");
}

#[test]
fn unknown_keys_are_shown_where_they_stand() {
    let far = "[cache.class.directory]\nstale_for = \"1s\"\n\n# …\n\n  fresh_fro = \"30s\"\n";

    assert_only(
        far,
        "unknown key `fresh_fro` in `cache.class.directory`",
        "6:3",
    );
    assert_only("[cache]\n[cach]\nx = 1", "unknown key `cach`", "2:2");
    assert_only("dead = 1", "unknown key `dead`", "1:1");
    assert_after(
        "[admin]\nlissten = 1",
        "unknown key `lissten` in `admin`",
        "2:1",
    );
}

#[test]
fn message_of_an_unknown_key_is_whole() {
    let shown = refused("[cache.class.directory]\n\nfresh_fro = \"30s\"\n", &[]);

    let expected = "\
error: unknown key `fresh_fro` in `cache.class.directory`
 --> opagate.toml:3:1
  |
1 | [cache.class.directory]
  | ----------------------- in this table
2 |
3 | fresh_fro = \"30s\"
  | ^^^^^^^^^ not a setting
  |
  = help: did you mean `fresh_for`?
  = known: fresh_for, stale_for, stale_if_error, negative_for, override_no_store
";
    assert!(shown.starts_with(expected), "{shown}");
}

#[test]
fn values_of_the_wrong_kind_are_shown_where_they_stand() {
    assert_only(
        "[cache]\n\nlinger = 30",
        "`cache.linger` must be a duration",
        "3:10",
    );
    assert_only(
        "[upstream]\ntimeout = '0s'",
        "must be longer than zero",
        "2:11",
    );
    assert_only("[cache]\nflights = '9'", "must be a whole number", "2:11");
    assert_only("[retry]\nreads = -1", "must not be negative", "2:9");
    assert_only("[retry]\nreads = 4294967296", "is too large", "2:9");
    assert_only("[shape]\nqueue = 0", "must be greater than zero", "2:9");
    assert_only(
        "[shape]\nreserve_percent = 101",
        "percentage from 0 to 99",
        "2:19",
    );
    assert_only(
        "[retry]\nbudget_percent = 101",
        "percentage from 0 to 100",
        "2:18",
    );
    assert_only("[trace]\nsample_ratio = 1.5", "a share from 0 to 1", "2:16");
    assert_only("[trace]\nsample_ratio = nan", "a share from 0 to 1", "2:16");
}

#[test]
fn words_paths_and_forms_are_shown_where_they_stand() {
    assert_only(
        "[log]\nformat = 'jsn'",
        "must be one of a few words",
        "2:10",
    );
    assert_only(
        "[log]\nfilter = 'opagate=loud'",
        "must be levels of the log",
        "2:10",
    );
    assert_only("[audit]\nfile = ''", "must not be empty", "2:8");
    assert_only("cache = 1", "`cache` must be a table", "1:9");
    assert_only(
        "[admin]\nlisten = 'localhost:1'",
        "an IP address and a port",
        "2:10",
    );
    assert_only(
        "[cache.class.live]\nfresh_for = ['1s']",
        "a single value",
        "2:13",
    );
    assert_only(
        "[runtime]\nworkers = \"${NOPE}\"",
        "variable `NOPE` is not set",
        "2:11",
    );
    assert_only(
        "[audit]\nfile = \"${file:/x}\"",
        "only a secret can be read",
        "2:8",
    );
    assert_only(
        "[breaker]\nopen_for = '1h'",
        "longer than its longest",
        "2:12",
    );
}

#[test]
fn teams_are_checked() {
    let second = |url: &str| format!("[[team]]\nname = 'b'\nurl = '{url}'\n{PRINCIPAL}");

    assert_after(
        "[[team]]\nname = 'ACME'\nurl = 'https://b'\n[[team.principal]]\nname='p'\n\
                  key = [{ id = '00000000-0000-4000-8000-000000000001', secret = 's' }]",
        "two of the same team",
        "2:8",
    );
    assert_after(
        &second("https://b/v1"),
        "must be a URL without a path",
        "3:7",
    );
    assert_after(
        &second("https://b?x"),
        "must be a URL without a path",
        "3:7",
    );
    assert_after(
        &second("https://u@b"),
        "must not hold a user or password",
        "3:7",
    );
    assert_after(&second("ftp://b"), "must be an http or https URL", "3:7");
    assert_after(&second("b.example"), "must be an http or https URL", "3:7");
    assert_after(
        &second("http://b.example"),
        "would send keys and tokens in plain",
        "3:7",
    );
    assert_after(
        "[[team]]\nname = 'a b'\nurl = 'https://b'\n[[team.principal]]\nname='p'\n\
                  key = [{ id = '00000000-0000-4000-8000-000000000001', secret = 's' }]",
        "`team.name` must be a plain name",
        "2:8",
    );
    assert_after(
        &format!("[[team]]\nname = 'b'\n{PRINCIPAL}"),
        "`team.url` is missing",
        "1:1",
    );
    assert_after(
        "[[team]]\nname = 'b'\nurl = 'https://b'",
        "needs a principal",
        "1:1",
    );
}

/// The principal of a second team.
const PRINCIPAL: &str = "[[team.principal]]\nname = 'p'\n[[team.principal.key]]\n\
                         id = '00000000-0000-4000-8000-000000000001'\nsecret = 's'\n";

#[test]
fn plain_http_is_for_this_machine() {
    for url in [
        "http://localhost:8090",
        "http://127.0.0.2",
        "http://[::1]:8090",
    ] {
        let text = format!("[[team]]\nname = 'b'\nurl = '{url}'\n{PRINCIPAL}");

        accepted(&text, &[]);
    }
}

#[test]
fn principals_and_keys_are_checked() {
    let key = "id = '00000000-0000-4000-8000-00000000000";
    let three = format!(
        "[[team.principal]]\nname = 'x'\nkey = [{{{key}1', secret = 's'}},\n\
                         {{{key}2', secret = 's'}},\n {{{key}3', secret = 's'}}]"
    );
    let twice = format!(
        "[[team.principal]]\nname = 'x'\nkey = [{{{key}1', secret = 's'}},\n\
                         {{{key}1', secret = 's'}}]"
    );

    assert_after(
        &format!("[[team.principal]]\nname = 'tf'\nkey = [{{{key}1', secret = 's'}}]"),
        "two of the same principal",
        "2:8",
    );
    assert_after(
        "[[team.principal]]\nname = 'x'",
        "a principal needs a key",
        "1:1",
    );
    assert_after(&three, "at most two keys", "5:2");
    assert_after(&twice, "two of the same key", "4:7");
    assert_after(
        "[[team.principal]]\nname = 'x'\nkey = [{id = 'x', secret = 's'}]",
        "`team.principal.key.id` must be a UUID",
        "3:14",
    );
    assert_after(
        &format!("[[team.principal]]\nname = 'x'\nkey = [{{{key}1'}}]"),
        "`team.principal.key.secret` is missing",
        "3:8",
    );
}

#[test]
fn callers_are_checked() {
    assert_after(
        "[[caller]]\nname = 'd'\nprincipals = ['acme/tf', 'acme/ft']",
        "principals that are configured",
        "3:26",
    );
    assert_after(
        "[[caller]]\nname = 'd'\nprincipals = ['acme/tf', 'ACME/tf']",
        "two principals of team `acme`",
        "3:26",
    );
    assert_after("[[caller]]\nname = 'c'", "two of the same caller", "2:8");
    assert_after(
        "[[caller]]\nname = 'd'\ntoken_sha256 = \
                  '9F86D081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'",
        "two of the same token",
        "3:16",
    );
    assert_after(
        "[[caller]]\nname = 'd'\ntoken_sha256 = 'beef'",
        "64 hexadecimal",
        "3:16",
    );
    assert_after(
        "[[caller]]\nname = 'd'\nrequests_per_second = 0",
        "greater than zero",
        "3:23",
    );
}

#[test]
fn listeners_are_checked() {
    let listener = |rest: &str| format!("[[listener]]\nname = 'l'\nlisten = {rest}");

    assert_after(
        &listener("'0.0.0.0:1'\nidentity = 'trusted'\ncaller = 'c'"),
        "let anyone spend the key of `acme/tf`",
        "3:10",
    );
    assert_after(
        &listener("'127.0.0.1:1'\nidentity = 'trusted'\ncaller = 'x'"),
        "stand for a caller that is configured",
        "5:10",
    );
    assert_after(
        &listener("'127.0.0.1:1'\nidentity = 'trusted'"),
        "needs a caller",
        "4:12",
    );
    assert_after(
        &listener("'127.0.0.1:1'\ncaller = 'c'"),
        "for a trusted listener only",
        "4:10",
    );
    assert_after(
        &listener("'127.0.0.1:8081'"),
        "two listeners on one address",
        "3:10",
    );
    assert_after(
        &listener("'0.0.0.0:8081'"),
        "two listeners on one address",
        "3:10",
    );
    assert_after(
        &format!("{}\n{}", listener("'[::1]:1'"), listener("'[::1]:2'")),
        "two of the same listener",
        "5:8",
    );
    assert_after(
        "[admin]\nlisten = '127.0.0.1:8080'",
        "two listeners on one address",
        "2:10",
    );
    assert_after(
        "[admin]\nlisten = '0.0.0.0:8081'",
        "must stay on this machine",
        "2:10",
    );
    assert_only(&listener("'0.0.0.0:1'"), "without callers", "3:10");
    assert_after(
        "[[listener]]\nname = 'l'\nlisten = '[::1]:1'\nidentity = 'trusted'\n\
                  caller = 'c'\nhosts = ['a', 'b:1']",
        "must hold names of hosts",
        "6:15",
    );
}

#[test]
fn drain_that_is_too_short_shows_both_places() {
    let shown = warned("deadline = \"50s\"\n\n[drain]\n\ngrace = \"30s\"\n");

    let expected = "\
warning: the drain cannot finish what the deadline allows
 --> opagate.toml:5:9
  |
1 | deadline = \"50s\"
  |            ----- a request may take this long
...
5 | grace = \"30s\"
  |         ^^^^^ but is cut this long after the listeners closed
  |
  = effect: on each restart, requests that wait for the upstream's limit can get 503
  = help: set `drain.grace` to at least \"50s\" (and `terminationGracePeriodSeconds` to 60), \
or `deadline` to at most \"30s\"
";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn caller_that_can_never_get_in_is_warned_of() {
    let shown = warned(&format!("{GOOD}[[caller]]\nname = 'd'\n"));

    assert!(
        shown.contains("warning: a caller that can never get in"),
        "{shown}"
    );
    assert!(shown.contains("--> opagate.toml:13:8"), "{shown}");
}

#[test]
fn text_that_is_not_toml_is_shown_by_place() {
    let shown = refused("a = 1\n\n[cache\nflights = 1\n", &[]);

    assert!(shown.contains("--> opagate.toml:3:"), "{shown}");
}
