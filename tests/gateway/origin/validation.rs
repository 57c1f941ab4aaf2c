//! RFC 9111 §4.3 and §3.2: kept answers are validated, and brought up to date.

use super::build::{HOUR, OVER, OVER_TAGGED, Row, answer, get, ok, row, unchanged};

const FRESH: &[&str] = &["Cache-Control: max-age=3600", "ETag: \"a\""];

pub(super) const ROWS: &[Row] = &[
    row("9111-4.3.1", "a stale answer is validated by its ETag").steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(FRESH))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
    ]),
    row("9111-4.3.1", "a stale answer is validated by its weak ETag").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "ETag: W/\"a\"",
        ])),
        get()
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: W/\"a\""]))
            .gives(1)
            .sent(&["If-None-Match: W/\"a\""]),
        get().kept(1),
    ]),
    row(
        "9111-4.3.1",
        "a stale answer is validated by its Last-Modified",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "Last-Modified: {-9000}",
        ])),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "Last-Modified: {-9000}",
            ]))
            .gives(1)
            .sent(&["If-Modified-Since: {-9000}"]),
        get().kept(1),
    ]),
    row(
        "9111-4.3.1",
        "an answer with both validators is validated by both",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "ETag: \"a\"",
            "Last-Modified: {-9000}",
        ])),
        get()
            .brings(unchanged(FRESH))
            .gives(1)
            .sent(&["If-None-Match: \"a\"", "If-Modified-Since: {-9000}"]),
    ]),
    row(
        "9111-4.3.1",
        "without a validator nothing is asked on condition",
    )
    .steps(&[
        get().brings(ok(OVER)),
        get()
            .brings(ok(HOUR))
            .sent(&["!If-None-Match", "!If-Modified-Since"]),
    ]),
    row(
        "9111-4.3.1",
        "no-cache with a validator is kept and validated each time",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: no-cache", "ETag: \"a\""])),
        get()
            .brings(unchanged(&["Cache-Control: no-cache", "ETag: \"a\""]))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
        get()
            .brings(unchanged(&["Cache-Control: no-cache", "ETag: \"a\""]))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
    ]),
    row("9111-4.3.1", "a first request is not made conditional").steps(&[get()
        .brings(ok(FRESH))
        .sent(&["!If-None-Match", "!If-Modified-Since"])]),
    row(
        "9111-4.3.3",
        "304 to the cache's own condition is not given to the caller",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().brings(unchanged(FRESH)).gives(1).status(200),
    ]),
    row(
        "9111-4.3.3",
        "a whole answer takes the place of the one that was validated",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(ok(&["Cache-Control: max-age=3600", "ETag: \"b\""]))
            .shows(&["ETag: \"b\""]),
        get().kept(2).shows(&["ETag: \"b\""]),
    ]),
    row(
        "9111-4.3.3",
        "404 while validating is given, and the old answer no more",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().brings(answer(404, HOUR)),
        get().kept(2),
    ]),
    row(
        "9111-4.3.3",
        "an error while validating is given where nothing stale may be",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate",
            "Age: 3700",
            "ETag: \"a\"",
        ])),
        get().brings(answer(503, &[])),
    ]),
    row("9111-4.3.4", "304 makes the kept answer fresh again").steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().brings(unchanged(FRESH)).gives(1),
        get().kept(1),
    ]),
    row("9111-4.3.4", "304 can give a shorter lifetime").steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&["Cache-Control: max-age=0", "ETag: \"a\""]))
            .gives(1),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.3.4",
        "304 without Cache-Control keeps the lifetime that was",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().brings(unchanged(&["ETag: \"a\"", "Age: 0"])).gives(1),
        get().kept(1),
    ]),
    row("9111-3.2", "304 changes fields of the kept answer").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "ETag: \"a\"",
            "X-A: 1",
        ])),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "X-A: 2",
            ]))
            .gives(1)
            .shows(&["X-A: 2"]),
        get().kept(1).shows(&["X-A: 2"]),
    ]),
    row("9111-3.2", "304 adds fields to the kept answer").steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "X-New: 1",
            ]))
            .gives(1)
            .shows(&["X-New: 1"]),
        get().kept(1).shows(&["X-New: 1"]),
    ]),
    row("9111-3.2", "304 leaves the fields that it does not name").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "ETag: \"a\"",
            "X-Old: 1",
            "Content-Type: text/plain",
        ])),
        get()
            .brings(unchanged(FRESH))
            .gives(1)
            .shows(&["X-Old: 1", "Content-Type: text/plain"]),
        get()
            .kept(1)
            .shows(&["X-Old: 1", "Content-Type: text/plain"]),
    ]),
    row(
        "9111-3.2",
        "304 with fewer lines of a field takes the place of all of them",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "ETag: \"a\"",
            "X-A: 1",
            "X-A: 2",
        ])),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "X-A: 3",
            ]))
            .gives(1)
            .shows(&["X-A: 3"]),
        get().kept(1).shows(&["X-A: 3"]),
    ]),
    row(
        "9111-3.2",
        "304 does not change the length of the kept answer",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED).body("0123456789")),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "Content-Length: 3",
            ]))
            .gives(1)
            .shows(&["Content-Length: 10"]),
        get().kept(1).shows(&["Content-Length: 10"]),
    ]),
    row(
        "9111-3.2",
        "304 brings no field that is not kept: those that Connection names",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "Connection: X-Hop",
                "X-Hop: 1",
            ]))
            .gives(1)
            .shows(&["!X-Hop"]),
        get().kept(1).shows(&["!X-Hop"]),
    ]),
    row(
        "9111-4.3.4",
        "304 with the strong ETag of another answer brings none up to date",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"other\"",
            ]))
            .then(ok(&["Cache-Control: no-store"]))
            .anyhow(),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.3.4",
        "304 that says no-store leaves nothing to be given again",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&["Cache-Control: no-store", "ETag: \"a\""]))
            .gives(1),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.3.4",
        "304 that says private leaves nothing to be given again",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&["Cache-Control: private", "ETag: \"a\""]))
            .gives(1),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.3.4", "a later Date of a 304 is the answer's").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Date: {-9000}",
            "ETag: \"a\"",
        ])),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "Date: {-60}",
            ]))
            .gives(1),
        get().kept(1).shows(&["Date: {-60}", "Age: 60~"]),
    ]),
    row("9111-4.3.1", "after a change the new ETag is asked by").steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 3700",
            "ETag: \"b\"",
        ])),
        get()
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: \"b\""]))
            .gives(2)
            .sent(&["If-None-Match: \"b\""]),
    ]),
    row(
        "9111-4.3.1",
        "a kept 404 with an ETag is validated without harm",
    )
    .steps(&[
        get().brings(answer(404, OVER_TAGGED)),
        get().brings(ok(HOUR)),
        get().kept(2),
    ]),
    row(
        "9111-4.3.1",
        "who asks together for a stale answer costs one validation",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().together(3).brings(unchanged(FRESH)).gives(1),
    ]),
];
