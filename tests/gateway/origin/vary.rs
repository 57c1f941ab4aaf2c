//! RFC 9111 §4.1: answers that depend on the request's fields.

use super::build::{HOUR, Row, ask, get, ok, row, unchanged};

const BY_A: &[&str] = &["Cache-Control: max-age=3600", "Vary: X-A"];
const BY_LANGUAGE: &[&str] = &["Cache-Control: max-age=3600", "Vary: Accept-Language"];
const BY_CODING: &[&str] = &["Cache-Control: max-age=3600", "Vary: Accept-Encoding"];

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-4.1",
        "an answer serves requests whose named fields are the same",
    )
    .steps(&[
        get().with(&["X-A: 1"]).brings(ok(BY_A)),
        get().with(&["X-A: 1", "X-B: 2"]).kept(1),
    ]),
    row(
        "9111-4.1",
        "an answer does not serve a request with another value",
    )
    .steps(&[
        get().with(&["X-A: 1"]).brings(ok(BY_A)),
        get().with(&["X-A: 2"]).brings(ok(BY_A)),
    ]),
    row(
        "9111-4.1",
        "answers to different values are kept side by side",
    )
    .steps(&[
        get().with(&["X-A: 1"]).brings(ok(BY_A)),
        get().with(&["X-A: 2"]).brings(ok(BY_A)),
        get().with(&["X-A: 1"]).kept(1),
        get().with(&["X-A: 2"]).kept(2),
    ]),
    row(
        "9111-4.1",
        "a field that is absent from one request and not from the other differs",
    )
    .steps(&[
        get().with(&["X-A: 1"]).brings(ok(BY_A)),
        get().brings(ok(BY_A)),
        get().with(&["X-A: 1"]).kept(1),
    ]),
    row(
        "9111-4.1",
        "a field that is absent from both requests is the same",
    )
    .steps(&[get().brings(ok(BY_A)), get().kept(1)]),
    row("9111-4.1", "an empty field is not an absent one").steps(&[
        get().brings(ok(BY_A)),
        get().with(&["X-A:"]).brings(ok(BY_A)),
    ]),
    row("9111-4.1", "Vary: * is never the same").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Vary: *"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.1", "* among other names in Vary is never the same").steps(&[
        get()
            .with(&["X-A: 1"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A, *"])),
        get().with(&["X-A: 1"]).brings(ok(HOUR)),
    ]),
    row("9111-4.1", "* on a line of its own is never the same").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A", "Vary: *"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.1", "each of the named fields must be the same").steps(&[
        get()
            .with(&["X-A: 1", "X-B: 1"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A, X-B"])),
        get()
            .with(&["X-A: 1", "X-B: 2"])
            .brings(ok(&["Cache-Control: no-store"])),
        get()
            .with(&["X-A: 2", "X-B: 1"])
            .brings(ok(&["Cache-Control: no-store"])),
        get().with(&["X-B: 1", "X-A: 1"]).kept(1),
    ]),
    row("9111-4.1", "names on several lines of Vary count together").steps(&[
        get().with(&["X-A: 1", "X-B: 1"]).brings(ok(&[
            "Cache-Control: max-age=3600",
            "Vary: X-A",
            "Vary: X-B",
        ])),
        get().with(&["X-A: 1", "X-B: 2"]).brings(ok(HOUR)),
    ]),
    row("9111-4.1", "names in Vary are the same in any case").steps(&[
        get()
            .with(&["X-A: 1"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: x-a"])),
        get().with(&["x-A: 1"]).kept(1),
        get().with(&["X-a: 2"]).brings(ok(HOUR)),
    ]),
    row(
        "9111-4.1",
        "values of an unknown field differ by their case",
    )
    .steps(&[
        get().with(&["X-A: a"]).brings(ok(BY_A)),
        get().with(&["X-A: A"]).brings(ok(BY_A)),
    ]),
    row(
        "9111-4.1",
        "whitespace that means nothing makes no difference",
    )
    .steps(&[
        get()
            .with(&["Accept-Language: de,en"])
            .brings(ok(BY_LANGUAGE)),
        get().with(&["Accept-Language: de ,  en"]).kept(1),
    ]),
    row("9111-4.1", "a list on several lines is the same as on one").steps(&[
        get()
            .with(&["Accept-Language: de, en"])
            .brings(ok(BY_LANGUAGE)),
        get()
            .with(&["Accept-Language: de", "Accept-Language: en"])
            .kept(1),
    ]),
    row("9111-4.1", "codings are the same in any case").steps(&[
        get().with(&["Accept-Encoding: br"]).brings(ok(BY_CODING)),
        get().with(&["Accept-Encoding: BR"]).kept(1),
    ]),
    row("9111-4.1", "codings are the same in any order").steps(&[
        get()
            .with(&["Accept-Encoding: br, gzip"])
            .brings(ok(BY_CODING)),
        get().with(&["Accept-Encoding: gzip, br"]).kept(1),
    ]),
    row(
        "9111-4.1",
        "a language that is preferred less is another request",
    )
    .steps(&[
        get()
            .with(&["Accept-Language: de, en;q=0.5"])
            .brings(ok(BY_LANGUAGE)),
        get()
            .with(&["Accept-Language: de;q=0.5, en"])
            .brings(ok(BY_LANGUAGE)),
    ]),
    row(
        "9110-12.5.3",
        "an answer in a coding is given as it came, and only to who asked alike",
    )
    .steps(&[
        get()
            .with(&["Accept-Encoding: br"])
            .brings(ok(&[
                "Cache-Control: max-age=3600",
                "Vary: Accept-Encoding",
                "Content-Encoding: br",
            ]))
            .shows(&["Content-Encoding: br"]),
        get()
            .with(&["Accept-Encoding: br"])
            .kept(1)
            .shows(&["Content-Encoding: br"]),
        get().brings(ok(BY_CODING)).shows(&["!Content-Encoding"]),
    ]),
    row("9111-4.1", "Cookie in Vary keeps callers apart").steps(&[
        get()
            .with(&["Cookie: a=1"])
            .brings(ok(&["Cache-Control: public, max-age=3600", "Vary: Cookie"])),
        get()
            .with(&["Cookie: a=2"])
            .brings(ok(&["Cache-Control: public, max-age=3600", "Vary: Cookie"])),
        get().with(&["Cookie: a=1"]).kept(1),
    ]),
    row(
        "9111-4.1",
        "Authorization in Vary keeps callers apart where the answer is public",
    )
    .steps(&[
        get().with(&["Authorization: Basic YQ=="]).brings(ok(&[
            "Cache-Control: public, max-age=3600",
            "Vary: Authorization",
        ])),
        get().with(&["Authorization: Basic Yg=="]).brings(ok(&[
            "Cache-Control: public, max-age=3600",
            "Vary: Authorization",
        ])),
    ]),
    row("9110-12.5.5", "Vary is given with the kept answer").steps(&[
        get()
            .with(&["X-A: 1"])
            .brings(ok(BY_A))
            .shows(&["Vary: X-A"]),
        get().with(&["X-A: 1"]).kept(1).shows(&["Vary: X-A"]),
    ]),
    row(
        "9111-4.1",
        "what was kept without Vary does not serve once the origin varies",
    )
    .steps(&[
        get().with(&["X-A: 1"]).brings(ok(HOUR)),
        get()
            .with(&["X-A: 2", "Cache-Control: no-cache"])
            .brings(ok(BY_A)),
        get().with(&["X-A: 2"]).kept(2),
    ]),
    row("9111-4.4", "a write makes all variants stale").steps(&[
        get().with(&["X-A: 1"]).brings(ok(BY_A)),
        get().with(&["X-A: 2"]).brings(ok(BY_A)),
        ask("PUT").body("a").brings(ok(&[])),
        get().with(&["X-A: 1"]).brings(ok(BY_A)),
        get().with(&["X-A: 2"]).brings(ok(BY_A)),
    ]),
    row("9111-4.3.1", "a variant is validated by its own ETag").steps(&[
        get().with(&["X-A: 1"]).brings(ok(&[
            "Cache-Control: no-cache",
            "Vary: X-A",
            "ETag: \"a\"",
        ])),
        get().with(&["X-A: 2"]).brings(ok(&[
            "Cache-Control: no-cache",
            "Vary: X-A",
            "ETag: \"b\"",
        ])),
        get()
            .with(&["X-A: 1"])
            .brings(unchanged(&[
                "Cache-Control: no-cache",
                "Vary: X-A",
                "ETag: \"a\"",
            ]))
            .gives(1)
            .sent(&["If-None-Match"]),
    ]),
    row(
        "9111-4.1",
        "three answers by two fields each find their caller",
    )
    .steps(&[
        get()
            .with(&["X-A: 1", "X-B: 1"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A, X-B"])),
        get()
            .with(&["X-A: 1", "X-B: 2"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A, X-B"])),
        get()
            .with(&["X-A: 11"])
            .brings(ok(&["Cache-Control: max-age=3600", "Vary: X-A, X-B"])),
        get().with(&["X-A: 1", "X-B: 1"]).kept(1),
        get().with(&["X-A: 1", "X-B: 2"]).kept(2),
        get().with(&["X-A: 11"]).kept(3),
    ]),
];
