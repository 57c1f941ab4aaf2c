//! RFC 9111 §4.4: what writes make stale.

use super::build::{HOUR, Row, answer, ask, get, nothing, ok, row};

pub(super) const ROWS: &[Row] = &[
    row("9111-4.4", "PUT makes its resource stale").steps(&[
        get().brings(ok(HOUR)),
        ask("PUT").body("a").brings(ok(&[])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "POST makes its resource stale").steps(&[
        get().brings(ok(HOUR)),
        ask("POST").body("a").brings(ok(&[])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "DELETE makes its resource stale").steps(&[
        get().brings(ok(HOUR)),
        ask("DELETE").brings(answer(204, &[])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "PATCH makes its resource stale").steps(&[
        get().brings(ok(HOUR)),
        ask("PATCH").body("a").brings(ok(&[])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "a method that nobody knows makes its resource stale",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("FROBNICATE").brings(ok(&[])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "a method in lower case is one that nobody knows",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("get").brings(ok(&[])).sent(&["@method: get"]),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "201 makes stale").steps(&[
        get().brings(ok(HOUR)),
        ask("POST").body("a").brings(answer(201, &[])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "202 makes stale").steps(&[
        get().brings(ok(HOUR)),
        ask("POST").body("a").brings(answer(202, &[])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "a redirection after a write makes stale").steps(&[
        get().brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(answer(303, &["Location: /elsewhere"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "a write that may not be kept itself makes stale, too",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(ok(&["Cache-Control: no-store"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.4", "404 to PUT makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("PUT").body("a").brings(answer(404, &[])),
        get().kept(1),
    ]),
    row("9111-4.4", "403 to POST makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("POST").body("a").brings(answer(403, &[])),
        get().kept(1),
    ]),
    row("9111-4.4", "409 to DELETE makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("DELETE").brings(answer(409, &[])),
        get().kept(1),
    ]),
    row("9111-4.4", "500 to POST makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("POST").body("a").brings(answer(500, &[])),
        get().kept(1),
    ]),
    row("9111-4.4", "503 to PATCH makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("PATCH").body("a").brings(answer(503, &[])),
        get().kept(1),
    ]),
    row("9111-4.4", "501 to an unknown method makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("FROBNICATE").brings(answer(501, &[])),
        get().kept(1),
    ]),
    row("9111-4.4", "OPTIONS makes nothing stale").steps(&[
        get().brings(ok(HOUR)),
        ask("OPTIONS").brings(ok(&[])),
        get().kept(1),
    ]),
    row("9111-4.4", "a write elsewhere makes nothing stale").steps(&[
        get().at("/a").brings(ok(HOUR)),
        ask("PUT").at("/b").body("a").brings(ok(&[])),
        get().at("/a").kept(1),
    ]),
    row("9111-4.4", "Location of a write's answer is stale, too").steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(answer(201, &["Location: {path}/new"])),
        get().at("/new").brings(ok(HOUR)),
    ]),
    row("9111-4.4", "Location is understood with its origin").steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST").body("a").brings(answer(
            201,
            &["Location: http://127.0.0.1:{port}{path}/new"],
        )),
        get().at("/new").brings(ok(HOUR)),
    ]),
    row("9111-4.4", "Location is understood relative to the request").steps(&[
        get().at("/items/new").brings(ok(HOUR)),
        ask("POST")
            .at("/items/")
            .body("a")
            .brings(answer(201, &["Location: new"])),
        get().at("/items/new").brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "Location with a query makes that very resource stale",
    )
    .steps(&[
        get().at("/new?a=1").brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(answer(201, &["Location: {path}/new?a=1"])),
        get().at("/new?a=1").brings(ok(HOUR)),
    ]),
    row("9111-4.4", "Location of another origin makes nothing stale").steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(answer(201, &["Location: http://127.0.0.1:1{path}/new"])),
        get().at("/new").kept(1),
    ]),
    row("9111-4.4", "Location of another scheme makes nothing stale").steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST").body("a").brings(answer(
            201,
            &["Location: https://127.0.0.1:{port}{path}/new"],
        )),
        get().at("/new").kept(1),
    ]),
    row(
        "9111-4.4",
        "Location of a write that failed makes nothing stale",
    )
    .steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(answer(409, &["Location: {path}/new"])),
        get().at("/new").kept(1),
    ]),
    row("9111-4.4", "Location of a read makes nothing stale").steps(&[
        get().at("/new").brings(ok(HOUR)),
        get().brings(answer(302, &["Location: {path}/new"])),
        get().at("/new").kept(1),
    ]),
    row(
        "9111-4.4",
        "Content-Location of a write's answer is stale, too",
    )
    .steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(ok(&["Content-Location: {path}/new"])),
        get().at("/new").brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "Content-Location of another origin makes nothing stale",
    )
    .steps(&[
        get().at("/new").brings(ok(HOUR)),
        ask("POST")
            .body("a")
            .brings(ok(&["Content-Location: http://a.test{path}/new"])),
        get().at("/new").kept(1),
    ]),
    row("9111-4.4", "Location and Content-Location are both stale").steps(&[
        get().at("/a").brings(ok(HOUR)),
        get().at("/b").brings(ok(HOUR)),
        ask("PUT")
            .body("a")
            .brings(ok(&["Location: {path}/a", "Content-Location: {path}/b"])),
        get().at("/a").brings(ok(HOUR)),
        get().at("/b").brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "what a write made stale is not given for max-stale",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("PUT").body("a").brings(ok(&[])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row("9111-4.4", "what a write made stale is not given on error").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600, stale-if-error=3600"])),
        ask("PUT").body("a").brings(ok(&[])),
        get().brings(answer(503, &[])),
    ]),
    row(
        "9111-4.4",
        "what a write made stale is not given while it is fetched anew",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, stale-while-revalidate=3600",
        ])),
        ask("PUT").body("a").brings(ok(&[])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.4",
        "what a write made stale is not given to who asks only the cache",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("DELETE").brings(answer(204, &[])),
        get().with(&["Cache-Control: only-if-cached"]).status(504),
    ]),
    row(
        "9111-4.4",
        "a write whose answer never comes leaves nothing fresh that may be wrong",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("PUT").body("a").brings(nothing()).anyhow().asks(1),
        get().brings(ok(HOUR)),
    ]),
];
