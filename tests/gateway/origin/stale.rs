//! RFC 9111 §4.2.4 and RFC 5861: when a stale answer may be given.

use super::build::{HOUR, OVER, OVER_TAGGED, Row, answer, get, head, nothing, ok, row, unchanged};

/// Stale for 50 s, and still good for as long while it is fetched anew.
const WHILE: &[&str] = &[
    "Cache-Control: max-age=3600, stale-while-revalidate=100",
    "Age: 3650",
];

/// The same where the origin fails.
const ON_ERROR: &[&str] = &[
    "Cache-Control: max-age=3600, stale-if-error=100",
    "Age: 3650",
];

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-4.2.4",
        "a stale answer is not given where nobody permits it",
    )
    .steps(&[get().brings(ok(OVER)), get().brings(ok(HOUR))]),
    row(
        "5861-3",
        "stale-while-revalidate: the old answer is given at once, and asked anew",
    )
    .steps(&[
        get().brings(ok(WHILE)),
        get().brings(ok(HOUR)).gives(1).shows(&["Age: 3650~"]),
        get().kept(2),
    ]),
    row(
        "5861-3",
        "stale-while-revalidate: nothing is given after its time",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=100",
            "Age: 3701",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "5861-3",
        "stale-while-revalidate is asked anew with the validator",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=100",
            "Age: 3650",
            "ETag: \"a\"",
        ])),
        get()
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: \"a\""]))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
        get().kept(1).shows(&["Age: 0~"]),
    ]),
    row(
        "5861-3",
        "stale-while-revalidate: an origin that fails meanwhile changes nothing",
    )
    .steps(&[
        get().brings(ok(WHILE)),
        get().brings(nothing()).gives(1),
        get().brings(ok(HOUR)).gives(1),
        get().kept(3),
    ]),
    row(
        "5861-3",
        "stale-while-revalidate: an error meanwhile is given to nobody in its time",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=100, stale-if-error=100",
            "Age: 3650",
        ])),
        get().brings(answer(503, &[])).gives(1),
        get().brings(ok(HOUR)).gives(1),
    ]),
    row(
        "5861-3",
        "stale-while-revalidate does not override must-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=100, must-revalidate",
            "Age: 3650",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.4",
        "stale-while-revalidate does not override proxy-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=100, proxy-revalidate",
            "Age: 3650",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.4",
        "stale-while-revalidate does not override no-cache",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: no-cache, max-age=3600, stale-while-revalidate=100",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.10",
        "s-maxage forbids what stale-while-revalidate would allow",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: s-maxage=3600, stale-while-revalidate=100",
            "Age: 3650",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "5861-3",
        "stale-while-revalidate that is no number gives nothing",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=x",
            "Age: 3650",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.4",
        "who says no-cache gets nothing stale, whatever the origin allows",
    )
    .steps(&[
        get().brings(ok(WHILE)),
        get().with(&["Cache-Control: no-cache"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.1",
        "who says max-age gets nothing older, whatever the origin allows",
    )
    .steps(&[
        get().brings(ok(WHILE)),
        get()
            .with(&["Cache-Control: max-age=3600"])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.3",
        "who says min-fresh gets nothing stale, whatever the origin allows",
    )
    .steps(&[
        get().brings(ok(WHILE)),
        get().with(&["Cache-Control: min-fresh=1"]).brings(ok(HOUR)),
    ]),
    row("5861-3", "stale-while-revalidate serves HEAD, too")
        .steps(&[get().brings(ok(WHILE)), head().brings(ok(HOUR)).gives(1)]),
    row("5861-4", "stale-if-error: the old answer is given for 500").steps(&[
        get().brings(ok(ON_ERROR)),
        get()
            .brings(answer(500, &[]))
            .gives(1)
            .shows(&["Age: 3650~"]),
    ]),
    row("5861-4", "stale-if-error: the old answer is given for 502").steps(&[
        get().brings(ok(ON_ERROR)),
        get().brings(answer(502, &[])).gives(1),
    ]),
    row("5861-4", "stale-if-error: the old answer is given for 503").steps(&[
        get().brings(ok(ON_ERROR)),
        get().brings(answer(503, &["Retry-After: 9"])).gives(1),
    ]),
    row("5861-4", "stale-if-error: the old answer is given for 504").steps(&[
        get().brings(ok(ON_ERROR)),
        get().brings(answer(504, &[])).gives(1),
    ]),
    row(
        "5861-4",
        "stale-if-error: the old answer is given where none comes",
    )
    .steps(&[get().brings(ok(ON_ERROR)), get().brings(nothing()).gives(1)]),
    row("5861-4", "stale-if-error: 404 is no error, and is given")
        .steps(&[get().brings(ok(ON_ERROR)), get().brings(answer(404, &[]))]),
    row(
        "5861-4",
        "stale-if-error: 501 is no such error, and is given",
    )
    .steps(&[get().brings(ok(ON_ERROR)), get().brings(answer(501, &[]))]),
    row("5861-4", "stale-if-error: an error is given after its time").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-if-error=100",
            "Age: 3701",
        ])),
        get().brings(answer(503, &[])),
    ]),
    row(
        "5861-4",
        "stale-if-error: where the origin answers, its answer is given",
    )
    .steps(&[get().brings(ok(ON_ERROR)), get().brings(ok(HOUR))]),
    row(
        "5861-4",
        "stale-if-error counts from when the answer was fresh by Expires",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: stale-if-error=100",
            "Expires: {3600}",
            "Age: 3650",
        ])),
        get().brings(answer(503, &[])).gives(1),
    ]),
    row(
        "9111-4.2.4",
        "stale-if-error does not override must-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-if-error=100, must-revalidate",
            "Age: 3650",
        ])),
        get().brings(answer(503, &[])),
    ]),
    row(
        "9111-4.2.4",
        "stale-if-error does not override proxy-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-if-error=100, proxy-revalidate",
            "Age: 3650",
        ])),
        get().brings(answer(503, &[])),
    ]),
    row("9111-4.2.4", "stale-if-error does not override no-cache").steps(&[
        get().brings(ok(&[
            "Cache-Control: no-cache, max-age=3600, stale-if-error=100",
        ])),
        get().brings(answer(503, &[])),
    ]),
    row(
        "9111-5.2.2.10",
        "s-maxage forbids what stale-if-error would allow",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: s-maxage=3600, stale-if-error=100",
            "Age: 3650",
        ])),
        get().brings(answer(503, &[])),
    ]),
    row("5861-4", "a caller may take stale answers on error").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3650"])),
        get()
            .with(&["Cache-Control: stale-if-error=100"])
            .brings(answer(503, &[]))
            .gives(1),
    ]),
    row(
        "5861-4",
        "a caller gets nothing that is stale for longer than they take on error",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3650"])),
        get()
            .with(&["Cache-Control: stale-if-error=20"])
            .brings(answer(503, &[])),
    ]),
    row(
        "9111-4.2.4",
        "a caller's stale-if-error does not override must-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate",
            "Age: 3650",
        ])),
        get()
            .with(&["Cache-Control: stale-if-error=100"])
            .brings(answer(503, &[])),
    ]),
    row(
        "9111-5.2.2.2",
        "must-revalidate: an origin that does not answer is an error, nothing stale",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate",
            "Age: 3650",
        ])),
        get().brings(nothing()).status(502),
    ]),
    row(
        "9111-5.2.2.8",
        "proxy-revalidate: an origin that does not answer is an error, nothing stale",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, proxy-revalidate",
            "Age: 3650",
        ])),
        get().brings(nothing()).status(502),
    ]),
    row(
        "9111-5.2.2.10",
        "s-maxage: an origin that does not answer is an error, nothing stale",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=3600", "Age: 3650"])),
        get().brings(nothing()).status(502),
    ]),
    row(
        "9111-5.2.2.2",
        "must-revalidate does not keep a fresh answer from being given",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, must-revalidate"])),
        get().kept(1),
    ]),
    row(
        "9111-5.2.2.8",
        "proxy-revalidate does not keep a fresh answer from being given",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, proxy-revalidate"])),
        get().kept(1),
    ]),
    row(
        "9111-5.2.2.2",
        "must-revalidate: a stale answer is given once it is validated",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate",
            "Age: 3650",
            "ETag: \"a\"",
        ])),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600, must-revalidate",
                "ETag: \"a\"",
            ]))
            .gives(1),
        get().kept(1),
    ]),
    row(
        "9111-4.3.3",
        "an error while validating leaves the kept answer to be validated later",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-if-error=100",
            "Age: 3650",
            "ETag: \"a\"",
        ])),
        get().brings(answer(503, &[])).gives(1),
        get()
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: \"a\""]))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
    ]),
    row(
        "9111-5.2.1.2",
        "max-stale: a stale answer is given that is stale for no longer",
    )
    .steps(&[
        get().brings(ok(OVER)),
        get()
            .with(&["Cache-Control: max-stale=200"])
            .kept(1)
            .shows(&["Age: 3700~"]),
    ]),
    row(
        "9111-5.2.1.2",
        "max-stale: an answer is not given that is stale for longer",
    )
    .steps(&[
        get().brings(ok(OVER)),
        get()
            .with(&["Cache-Control: max-stale=50"])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.2",
        "max-stale without a number takes a stale answer of any age",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 86400"])),
        get().with(&["Cache-Control: max-stale"]).kept(1),
    ]),
    row(
        "9111-5.2.1.2",
        "max-stale does not override must-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate",
            "Age: 3700",
        ])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.2",
        "max-stale does not override proxy-revalidate",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, proxy-revalidate",
            "Age: 3700",
        ])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row("9111-5.2.1.2", "max-stale does not override s-maxage").steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=3600", "Age: 3700"])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.2",
        "max-stale does not override the answer's no-cache",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: no-cache, max-age=3600"])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.1",
        "max-age with max-stale takes nothing older than max-age",
    )
    .steps(&[
        get().brings(ok(OVER)),
        get()
            .with(&["Cache-Control: max-age=3650, max-stale=9000"])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.4",
        "a stale answer with a validator is validated, not given",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get().brings(ok(HOUR)).sent(&["If-None-Match: \"a\""]),
        get().kept(2),
    ]),
];
