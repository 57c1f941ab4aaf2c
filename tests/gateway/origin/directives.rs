//! RFC 9111 §5.2.2: what answers say of themselves, beside how long they are fresh.

use super::build::{HOUR, Row, get, head, ok, row, unchanged};

pub(super) const ROWS: &[Row] = &[
    row("9111-5.2.2.4", "no-cache is not given again without asking").steps(&[
        get().brings(ok(&["Cache-Control: no-cache, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.4", "no-cache wins over s-maxage").steps(&[
        get().brings(ok(&["Cache-Control: no-cache, s-maxage=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.4", "no-cache on a second line is obeyed").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Cache-Control: no-cache",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.4", "no-cache wins over Expires").steps(&[
        get().brings(ok(&["Cache-Control: no-cache", "Expires: {3600}"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.4",
        "no-cache of fields: the rest is given again, without these",
    )
    .steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600, no-cache=\"X-A\"",
                "X-A: 1",
                "X-B: 2",
            ]))
            .shows(&["X-A: 1", "X-B: 2"]),
        get().kept(1).shows(&["!X-A", "X-B: 2"]),
    ]),
    row(
        "9111-5.2.2.4",
        "no-cache of several fields holds for each, in any case",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, no-cache=\"x-a , X-b\"",
            "X-A: 1",
            "X-B: 2",
        ])),
        get().kept(1).shows(&["!X-A", "!X-B"]),
    ]),
    row(
        "9111-5.2.2.4",
        "no-cache of a field as a token is understood",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, no-cache=X-A", "X-A: 1"])),
        get().anyhow().then(ok(HOUR)).shows(&["!X-A"]),
    ]),
    row("9111-5.2.2.4", "no-cache of fields holds for HEAD, too").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, no-cache=\"X-A\"",
            "X-A: 1",
        ])),
        head().kept(1).shows(&["!X-A"]),
    ]),
    row(
        "9111-5.2.2.4",
        "no-cache of a field and no-cache: nothing is given again",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, no-cache=\"X-A\", no-cache",
            "X-A: 1",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.4",
        "a field under no-cache is given again as it comes with a validation",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, no-cache=\"X-A\"",
            "X-A: 1",
            "ETag: \"a\"",
            "Age: 3700",
        ])),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600, no-cache=\"X-A\"",
                "X-A: 2",
                "ETag: \"a\"",
            ]))
            .gives(1)
            .shows(&["X-A: 2"]),
    ]),
    row(
        "9111-5.2.2.7",
        "private of fields: the rest is kept, without these",
    )
    .steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600, private=\"X-A\"",
                "X-A: 1",
                "X-B: 2",
            ]))
            .shows(&["X-A: 1"]),
        get().kept(1).shows(&["!X-A", "X-B: 2"]),
    ]),
    row(
        "9111-5.2.2.7",
        "private of several fields holds for each, in any case",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, private=\"x-a, Set-cookie\"",
            "X-A: 1",
            "Set-Cookie: a=b",
            "X-B: 2",
        ])),
        get().kept(1).shows(&["!X-A", "!Set-Cookie", "X-B: 2"]),
    ]),
    row(
        "9111-5.2.2.7",
        "private of a field as a token is understood",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, private=X-A", "X-A: 1"])),
        get().anyhow().then(ok(HOUR)).shows(&["!X-A"]),
    ]),
    row(
        "9111-5.2.2.7",
        "private of a field and private: nothing is kept",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, private, private=\"X-A\"",
            "X-A: 1",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.9", "public gives no lifetime").steps(&[
        get().brings(ok(&["Cache-Control: public"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.9", "public with a lifetime is given again").steps(&[
        get().brings(ok(&["Cache-Control: public, max-age=3600"])),
        get().kept(1),
    ]),
    row(
        "9111-5.2.2.6",
        "no-transform: the body is given as it came to who takes gzip",
    )
    .steps(&[
        get()
            .with(&["Accept-Encoding: gzip"])
            .brings(
                ok(&[
                    "Cache-Control: max-age=3600, no-transform",
                    "Content-Type: application/json",
                ])
                .body(LONG),
            )
            .shows(&["!Content-Encoding"]),
        get()
            .with(&["Accept-Encoding: gzip"])
            .kept(1)
            .shows(&["!Content-Encoding"]),
        get()
            .with(&["Accept-Encoding: gzip"])
            .kept(1)
            .shows(&["!Content-Encoding"]),
        get()
            .with(&["Accept-Encoding: gzip"])
            .kept(1)
            .shows(&["!Content-Encoding"]),
    ]),
    row("9111-5.2.2.2", "must-revalidate alone gives no lifetime").steps(&[
        get().brings(ok(&["Cache-Control: must-revalidate"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.2",
        "must-revalidate has no arguments: one changes nothing",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate=\"no\"",
            "Age: 3700",
        ])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.5",
        "no-store has no arguments: one changes nothing",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, no-store=\"X-A\""])),
        get().brings(ok(HOUR)),
    ]),
    row("8246-2", "immutable gives no lifetime").steps(&[
        get().brings(ok(&["Cache-Control: immutable"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "8246-2",
        "immutable does not keep a stale answer from being validated",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, immutable", "Age: 3700"])),
        get().brings(ok(HOUR)),
    ]),
];

/// Long enough to be worth compressing.
const LONG: &str = concat!(
    "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg",
    "\"]",
);
