//! RFC 9110 §9.3.2 and RFC 9111 §4.3.5: `HEAD`.

use super::build::{HOUR, OVER, Row, get, head, ok, row};

const TAGGED: &[&str] = &["Cache-Control: max-age=3600", "ETag: \"a\"", "X-A: 1"];

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-4",
        "a kept answer to GET serves HEAD, without its body",
    )
    .steps(&[
        get().brings(ok(TAGGED).body("0123456789")),
        head()
            .kept(1)
            .shows(&["Content-Length: 10", "ETag: \"a\"", "X-A: 1"]),
    ]),
    row(
        "9110-9.3.2",
        "HEAD that is not kept goes to the origin as HEAD",
    )
    .steps(&[head()
        .brings(ok(HOUR).body("0123456789"))
        .sent(&["@method: HEAD"])
        .shows(&["Content-Length: 10"])]),
    row("9110-9.3.2", "an answer to HEAD does not serve GET").steps(&[
        head().brings(ok(HOUR)),
        get().brings(ok(HOUR)).sent(&["@method: GET"]),
    ]),
    row("9111-4", "a stale answer to GET does not serve HEAD")
        .steps(&[get().brings(ok(OVER)), head().brings(ok(HOUR))]),
    row("9111-4", "what HEAD gets from the cache says how old it is").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 100"])),
        head().kept(1).shows(&["Age: 100~"]),
    ]),
    row(
        "9111-4.3.5",
        "HEAD that shows another ETag makes the kept answer stale",
    )
    .steps(&[
        get().brings(ok(TAGGED).body("0123456789")),
        head()
            .with(&["Cache-Control: no-cache"])
            .brings(ok(&["Cache-Control: max-age=3600", "ETag: \"b\""]).body("0123456789")),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.3.5",
        "HEAD that shows another length makes the kept answer stale",
    )
    .steps(&[
        get().brings(ok(TAGGED).body("0123456789")),
        head()
            .with(&["Cache-Control: no-cache"])
            .brings(ok(TAGGED).body("01234567890")),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.3.5",
        "HEAD that shows another Last-Modified makes the kept answer stale",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Last-Modified: {-9000}"]).body("01")),
        head()
            .with(&["Cache-Control: no-cache"])
            .brings(ok(&["Cache-Control: max-age=3600", "Last-Modified: {-8000}"]).body("01")),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.3.5",
        "HEAD that shows the same answer brings its fields up to date",
    )
    .steps(&[
        get().brings(ok(TAGGED).body("0123456789")),
        head().with(&["Cache-Control: no-cache"]).brings(
            ok(&["Cache-Control: max-age=3600", "ETag: \"a\"", "X-A: 2"]).body("0123456789"),
        ),
        get().kept(1).shows(&["X-A: 2"]),
    ]),
];
