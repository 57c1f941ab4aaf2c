//! RFC 9111 §4.3.2 and RFC 9110 §13: what callers ask on condition.

use super::build::{HOUR, OVER_TAGGED, Row, answer, ask, get, head, ok, row, unchanged};

const TAGGED: &[&str] = &["Cache-Control: max-age=3600", "ETag: \"a\""];
const WEAK: &[&str] = &["Cache-Control: max-age=3600", "ETag: W/\"a\""];
const CHANGED: &[&str] = &["Cache-Control: max-age=3600", "Last-Modified: {-9000}"];

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-4.3.2",
        "If-None-Match that names the kept answer gets 304 from the cache",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        get()
            .with(&["If-None-Match: \"a\""])
            .asks(0)
            .status(304)
            .text("")
            .shows(&["ETag: \"a\""]),
    ]),
    row(
        "9111-4.3.2",
        "If-None-Match that names another answer gets the kept one whole",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        get().with(&["If-None-Match: \"b\""]).kept(1),
    ]),
    row(
        "9110-13.1.2",
        "If-None-Match matches if one of several does",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        get()
            .with(&["If-None-Match: \"b\", \"a\" , W/\"c\""])
            .asks(0)
            .status(304),
    ]),
    row(
        "9110-13.1.2",
        "If-None-Match on several lines matches if one does",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        get()
            .with(&["If-None-Match: \"b\"", "If-None-Match: \"a\""])
            .asks(0)
            .status(304),
    ]),
    row("9110-13.1.2", "If-None-Match: * matches whatever is kept").steps(&[
        get().brings(ok(HOUR)),
        get().with(&["If-None-Match: *"]).asks(0).status(304),
    ]),
    row(
        "9110-8.8.3.2",
        "If-None-Match compares weakly: the kept one is strong",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        get().with(&["If-None-Match: W/\"a\""]).asks(0).status(304),
    ]),
    row(
        "9110-8.8.3.2",
        "If-None-Match compares weakly: the kept one is weak",
    )
    .steps(&[
        get().brings(ok(WEAK)),
        get().with(&["If-None-Match: \"a\""]).asks(0).status(304),
    ]),
    row("9110-8.8.3", "a comma within an ETag ends nothing").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "ETag: \"a,b\""])),
        get().with(&["If-None-Match: \"a,b\""]).asks(0).status(304),
        get().with(&["If-None-Match: \"a\", \"b\""]).kept(1),
    ]),
    row("9110-8.8.3", "ETags differ by their case").steps(&[
        get().brings(ok(TAGGED)),
        get().with(&["If-None-Match: \"A\""]).kept(1),
    ]),
    row("9110-8.8.3", "an ETag without quotes names none with them").steps(&[
        get().brings(ok(TAGGED)),
        get().with(&["If-None-Match: b"]).kept(1),
    ]),
    row(
        "9111-4.3.2",
        "If-None-Match does not match an answer without ETag",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get().with(&["If-None-Match: \"a\""]).kept(1),
    ]),
    row(
        "9110-15.4.5",
        "304 from the cache has the fields that tell how long it is good",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "ETag: \"a\"",
            "Expires: {3600}",
            "Date: {-10}",
            "Vary: X-A",
            "Content-Location: /here",
        ])),
        get()
            .with(&["If-None-Match: \"a\""])
            .asks(0)
            .status(304)
            .shows(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "Expires: {3600}",
                "Date: {-10}",
                "Vary: X-A",
                "Content-Location: /here",
            ]),
    ]),
    row("9111-4", "304 from the cache says how old the answer is").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "ETag: \"a\"",
            "Age: 100",
        ])),
        get()
            .with(&["If-None-Match: \"a\""])
            .asks(0)
            .status(304)
            .shows(&["Age: 100~"]),
    ]),
    row(
        "9111-4.3.2",
        "If-Modified-Since of the last change gets 304 from the cache",
    )
    .steps(&[
        get().brings(ok(CHANGED)),
        get()
            .with(&["If-Modified-Since: {-9000}"])
            .asks(0)
            .status(304)
            .text(""),
    ]),
    row(
        "9111-4.3.2",
        "If-Modified-Since of a later time gets 304 from the cache",
    )
    .steps(&[
        get().brings(ok(CHANGED)),
        get()
            .with(&["If-Modified-Since: {-8000}"])
            .asks(0)
            .status(304),
    ]),
    row(
        "9111-4.3.2",
        "If-Modified-Since of an earlier time gets the kept answer whole",
    )
    .steps(&[
        get().brings(ok(CHANGED)),
        get().with(&["If-Modified-Since: {-9900}"]).kept(1),
    ]),
    row(
        "9110-13.1.3",
        "If-Modified-Since that is no date is ignored",
    )
    .steps(&[
        get().brings(ok(CHANGED)),
        get().with(&["If-Modified-Since: yesterday"]).kept(1),
    ]),
    row("9110-5.6.7", "If-Modified-Since is read in RFC 850's form").steps(&[
        get().brings(ok(CHANGED)),
        get()
            .with(&["If-Modified-Since: {rfc850:-8000}"])
            .asks(0)
            .status(304),
    ]),
    row("9110-5.6.7", "If-Modified-Since is read in asctime's form").steps(&[
        get().brings(ok(CHANGED)),
        get()
            .with(&["If-Modified-Since: {asctime:-8000}"])
            .asks(0)
            .status(304),
    ]),
    row(
        "9110-13.1.3",
        "If-Modified-Since is ignored beside an If-None-Match that does not match",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "ETag: \"a\"",
            "Last-Modified: {-9000}",
        ])),
        get()
            .with(&["If-None-Match: \"b\"", "If-Modified-Since: {-8000}"])
            .kept(1),
    ]),
    row(
        "9110-13.1.3",
        "If-Modified-Since is ignored beside an If-None-Match that matches",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "ETag: \"a\"",
            "Last-Modified: {-9000}",
        ])),
        get()
            .with(&["If-None-Match: \"a\"", "If-Modified-Since: {-9900}"])
            .asks(0)
            .status(304),
    ]),
    row(
        "9111-4.3.2",
        "without Last-Modified, If-Modified-Since is compared with Date: later",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Date: {-100}"])),
        get()
            .with(&["If-Modified-Since: {-50}"])
            .asks(0)
            .status(304),
    ]),
    row(
        "9111-4.3.2",
        "without Last-Modified, If-Modified-Since is compared with Date: earlier",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Date: {-100}"])),
        get().with(&["If-Modified-Since: {-200}"]).kept(1),
    ]),
    row("9111-4.3.2", "HEAD on condition gets 304 from the cache").steps(&[
        get().brings(ok(TAGGED)),
        head().with(&["If-None-Match: \"a\""]).asks(0).status(304),
    ]),
    row(
        "9110-13.2.1",
        "a condition is not looked at where the kept answer is no 200",
    )
    .steps(&[
        get().brings(answer(404, TAGGED)),
        get().with(&["If-None-Match: \"a\""]).kept(1),
    ]),
    row("9110-13.2.1", "If-None-Match: * does not match a kept 404").steps(&[
        get().brings(answer(404, HOUR)),
        get().with(&["If-None-Match: *"]).kept(1),
    ]),
    row(
        "9111-4.3.2",
        "a condition on what is not kept goes to the origin as it is",
    )
    .steps(&[get()
        .with(&["If-None-Match: \"x\""])
        .brings(unchanged(&["ETag: \"x\""]))
        .sent(&["If-None-Match: \"x\""])]),
    row(
        "9111-4.3.2",
        "a date as condition on what is not kept goes to the origin as it is",
    )
    .steps(&[get()
        .with(&["If-Modified-Since: {-9000}"])
        .brings(unchanged(&["Last-Modified: {-9000}"]))
        .sent(&["If-Modified-Since: {-9000}"])]),
    row(
        "9111-4.3.3",
        "304 to a caller's own condition is not kept as an answer",
    )
    .steps(&[
        get()
            .with(&["If-None-Match: \"x\""])
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: \"x\""])),
        get().brings(ok(HOUR)).sent(&["!If-None-Match"]),
    ]),
    row(
        "9111-4.3.3",
        "a whole answer to a caller's condition is given whole",
    )
    .steps(&[
        get().with(&["If-None-Match: \"x\""]).brings(ok(TAGGED)),
        get().with(&["If-None-Match: \"a\""]).anyhow().status(304),
    ]),
    row(
        "9111-4.3.2",
        "a stale answer that turns out unchanged is 304 for who has it",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .with(&["If-None-Match: \"a\""])
            .brings(unchanged(TAGGED))
            .asks(1)
            .status(304)
            .text(""),
        get().kept(1),
    ]),
    row(
        "9111-4.3.3",
        "a stale answer that changed is given whole to who has the old one",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .with(&["If-None-Match: \"a\""])
            .brings(ok(&["Cache-Control: max-age=3600", "ETag: \"b\""])),
        get().kept(2),
    ]),
    row(
        "9111-4.3.2",
        "who has nothing gets a validated answer whole",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .with(&["If-None-Match: \"zzz\""])
            .brings(unchanged(TAGGED))
            .gives(1),
    ]),
    row(
        "9111-4.3.2",
        "a stale answer is not compared with a condition before it is validated",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .with(&["If-None-Match: \"a\""])
            .brings(answer(410, &["Cache-Control: no-store"])),
    ]),
    row(
        "9110-13.1.1",
        "If-Match of a write goes to the origin as it is",
    )
    .steps(&[ask("PUT")
        .body("a")
        .with(&["If-Match: \"a\""])
        .brings(answer(412, &[]))
        .sent(&["If-Match: \"a\""])]),
    row(
        "9110-13.1.4",
        "If-Unmodified-Since of a write goes to the origin as it is",
    )
    .steps(&[ask("DELETE")
        .with(&["If-Unmodified-Since: {-9000}"])
        .brings(answer(412, &[]))
        .sent(&["If-Unmodified-Since: {-9000}"])]),
    row(
        "9110-13.1.2",
        "If-None-Match of a write is the origin's to look at",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        ask("PUT")
            .body("a")
            .with(&["If-None-Match: \"a\""])
            .brings(answer(412, &[]))
            .sent(&["If-None-Match: \"a\""]),
    ]),
];
