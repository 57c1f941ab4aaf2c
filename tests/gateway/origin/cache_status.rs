//! RFC 9211: what the cache tells of itself; every other row looks at `hit` and `fwd`, too.

use super::build::{HOUR, OVER, OVER_TAGGED, Row, answer, ask, get, ok, row, unchanged};

pub(super) const ROWS: &[Row] = &[
    row(
        "9211-2.1",
        "an answer from the cache is a hit, and was not forwarded",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get()
            .kept(1)
            .tells(&["hit", "!fwd", "!fwd-status", "!stored"]),
    ]),
    row("9211-2.4", "a hit tells how long it stays fresh").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 100"])),
        get().kept(1).tells(&["ttl=3500~"]),
    ]),
    row("9211-2.4", "a stale hit tells since when it is stale").steps(&[
        get().brings(ok(OVER)),
        get()
            .with(&["Cache-Control: max-stale"])
            .kept(1)
            .tells(&["hit", "ttl=-100~"]),
    ]),
    row("9211-2.2", "what was not kept is told as a miss")
        .steps(&[get().brings(ok(HOUR)).tells(&["fwd=uri-miss|miss", "!hit"])]),
    row("9211-2.2", "another variant is told as a miss").steps(&[
        get()
            .with(&["X-A: 1"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A"])),
        get()
            .with(&["X-A: 2"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A"]))
            .tells(&["fwd=vary-miss|miss"]),
    ]),
    row("9211-2.2", "what was stale is told so").steps(&[
        get().brings(ok(OVER)),
        get().brings(ok(HOUR)).tells(&["fwd=stale"]),
    ]),
    row("9211-2.2", "what the request forbade is told so").steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: no-cache"])
            .brings(ok(HOUR))
            .tells(&["fwd=request"]),
    ]),
    row("9211-2.2", "a method that is always forwarded is told so")
        .steps(&[ask("POST").body("a").brings(ok(&[])).tells(&["fwd=method"])]),
    row(
        "9211-2.2",
        "a validation is told as forwarded, for it was stale",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: \"a\""]))
            .gives(1)
            .tells(&["fwd=stale", "!hit"]),
    ]),
    row(
        "9211-2.3",
        "a validation tells the origin's status, which is not the caller's",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&["Cache-Control: max-age=3600", "ETag: \"a\""]))
            .gives(1)
            .tells(&["fwd-status=304"]),
    ]),
    row("9211-2.5", "what is kept is told as stored")
        .steps(&[get().brings(ok(HOUR)).tells(&["stored"])]),
    row("9211-2.5", "what is not kept is not told as stored").steps(&[get()
        .brings(ok(&["Cache-Control: no-store"]))
        .tells(&["!stored"])]),
    row(
        "9211-2",
        "caches before this one stand before it in the list",
    )
    .steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600",
                "Cache-Status: Inner; fwd=uri-miss",
            ]))
            .tells(&["fwd=uri-miss|miss"])
            .first_told("Inner; fwd=uri-miss"),
        get().kept(1).tells(&["hit"]),
    ]),
    row(
        "9211-2.1",
        "an old answer given while it is fetched anew is a hit",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=100",
            "Age: 3650",
        ])),
        get()
            .brings(ok(HOUR))
            .gives(1)
            .tells(&["hit", "!fwd", "ttl=-50~"]),
    ]),
    row(
        "9211-2.2",
        "an old answer given for an error tells that the origin was asked",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-if-error=100",
            "Age: 3650",
        ])),
        get()
            .brings(answer(503, &[]))
            .gives(1)
            .tells(&["fwd=stale", "fwd-status=503"]),
    ]),
    row("9211-2.1", "304 from the cache is a hit").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "ETag: \"a\""])),
        get()
            .with(&["If-None-Match: \"a\""])
            .asks(0)
            .status(304)
            .tells(&["hit", "!fwd"]),
    ]),
    row("9211-2.1", "a part from the cache is a hit").steps(&[
        get().brings(ok(HOUR).body("0123456789")),
        get()
            .with(&["Range: bytes=0-1"])
            .asks(0)
            .status(206)
            .text("01")
            .tells(&["hit", "!fwd"]),
    ]),
    row(
        "9211-2",
        "what an origin claims of our name is not believed",
    )
    .steps(&[get()
        .brings(ok(&[
            "Cache-Control: max-age=3600",
            "Cache-Status: opagate; hit",
        ]))
        .tells(&["!hit"])]),
];
