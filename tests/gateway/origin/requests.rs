//! RFC 9111 §5.2.1 and §5.4: what callers demand.

use super::build::{HOUR, OVER, Row, ask, get, ok, row, unchanged};

const AGED: &[&str] = &["Cache-Control: max-age=3600", "Age: 100"];
const TAGGED: &[&str] = &["Cache-Control: max-age=3600", "ETag: \"a\""];

pub(super) const ROWS: &[Row] = &[
    row("9111-5.2.1.1", "a request's max-age takes a younger answer").steps(&[
        get().brings(ok(AGED)),
        get().with(&["Cache-Control: max-age=200"]).kept(1),
    ]),
    row("9111-5.2.1.1", "a request's max-age takes no older answer").steps(&[
        get().brings(ok(AGED)),
        get().with(&["Cache-Control: max-age=90"]).brings(ok(HOUR)),
    ]),
    row("9111-5.2.1.1", "a request's max-age=0 goes to the origin").steps(&[
        get().brings(ok(HOUR)),
        get().with(&["Cache-Control: max-age=0"]).brings(ok(HOUR)),
        get().kept(2),
    ]),
    row(
        "9111-5.2.1.1",
        "a request's max-age makes no stale answer fresh",
    )
    .steps(&[
        get().brings(ok(OVER)),
        get()
            .with(&["Cache-Control: max-age=9000"])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.1",
        "a request's max-age as a quoted string counts",
    )
    .steps(&[
        get().brings(ok(AGED)),
        get()
            .with(&["Cache-Control: max-age=\"90\""])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.3",
        "min-fresh takes an answer that is fresh for as long",
    )
    .steps(&[
        get().brings(ok(AGED)),
        get().with(&["Cache-Control: min-fresh=3000"]).kept(1),
    ]),
    row(
        "9111-5.2.1.3",
        "min-fresh takes no answer that is fresh for less",
    )
    .steps(&[
        get().brings(ok(AGED)),
        get()
            .with(&["Cache-Control: min-fresh=3550"])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.4",
        "no-cache goes to the origin, and what comes is kept",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get().with(&["Cache-Control: no-cache"]).brings(ok(HOUR)),
        get().kept(2),
    ]),
    row(
        "9111-5.2.1.4",
        "no-cache may be met by validating what is kept",
    )
    .steps(&[
        get().brings(ok(TAGGED)),
        get()
            .with(&["Cache-Control: no-cache"])
            .brings(unchanged(TAGGED))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
    ]),
    row("9111-5.2.1.4", "a request's no-cache is obeyed in any case").steps(&[
        get().brings(ok(HOUR)),
        get().with(&["cache-control: No-Cache"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.4",
        "a request's no-cache on the second of two lines is obeyed",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: max-age=9000", "Cache-Control: no-cache"])
            .brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.5",
        "an answer to a request with no-store is not kept",
    )
    .steps(&[
        get().with(&["Cache-Control: no-store"]).brings(ok(HOUR)),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.1.5",
        "a request's no-store leaves what is kept already",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: no-store"])
            .anyhow()
            .then(ok(HOUR)),
        get().kept(1),
    ]),
    row(
        "9111-5.2.1.6",
        "a request's no-transform reaches the origin",
    )
    .steps(&[get()
        .with(&["Cache-Control: no-transform"])
        .brings(ok(HOUR))
        .sent(&["Cache-Control: no-transform"])]),
    row(
        "9111-5.2.1.7",
        "only-if-cached without a kept answer is 504",
    )
    .steps(&[get().with(&["Cache-Control: only-if-cached"]).status(504)]),
    row("9111-5.2.1.7", "only-if-cached gets a kept answer").steps(&[
        get().brings(ok(HOUR)),
        get().with(&["Cache-Control: only-if-cached"]).kept(1),
    ]),
    row("9111-5.2.1.7", "only-if-cached gets no stale answer").steps(&[
        get().brings(ok(OVER)),
        get().with(&["Cache-Control: only-if-cached"]).status(504),
    ]),
    row(
        "9111-5.2.1.7",
        "only-if-cached with max-stale gets a stale answer",
    )
    .steps(&[
        get().brings(ok(OVER)),
        get()
            .with(&["Cache-Control: only-if-cached, max-stale=500"])
            .kept(1),
    ]),
    row("9111-5.2.1.7", "only-if-cached with no-cache asks nobody").steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: only-if-cached, no-cache"])
            .status(504),
    ]),
    row(
        "9111-5.2",
        "a request's directives reach the origin as they came",
    )
    .steps(&[get()
        .with(&["Cache-Control: max-age=10, foo=\"bar\""])
        .brings(ok(HOUR))
        .sent(&["Cache-Control: max-age=10, foo=\"bar\""])]),
    row("9111-5.2.3", "a request's unknown directives are ignored").steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: foo, bar=\"no-cache\", x-no-store"])
            .kept(1),
    ]),
    row(
        "9111-5.2.2",
        "an answer's directives mean nothing in a request",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: s-maxage=0, must-revalidate, private, public"])
            .kept(1),
    ]),
    row(
        "9111-5.4",
        "Pragma: no-cache asks the origin where there is no Cache-Control",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get().with(&["Pragma: no-cache"]).brings(ok(HOUR)),
    ]),
    row("9111-5.4", "Pragma means nothing beside Cache-Control").steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: max-age=9000", "Pragma: no-cache"])
            .kept(1),
    ]),
    row("9111-5.4", "Pragma reaches the origin").steps(&[get()
        .with(&["Pragma: no-cache"])
        .brings(ok(HOUR))
        .sent(&["Pragma: no-cache"])]),
    row("9111-5.2.1", "a write's directives reach the origin, too").steps(&[ask("POST")
        .body("a")
        .with(&["Cache-Control: max-age=0"])
        .brings(ok(&[]))
        .sent(&["Cache-Control: max-age=0"])]),
    row("9111-5.2.1.4", "only-if-cached does not hold up a write").steps(&[ask("POST")
        .body("a")
        .with(&["Cache-Control: only-if-cached"])
        .brings(ok(&[]))]),
];
