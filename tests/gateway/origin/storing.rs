//! RFC 9111 §3: what is kept and what is not, and §2: for which request.

use super::build::{Framing, HOUR, Row, answer, ask, get, ok, row};

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-4",
        "a fresh answer serves the next request without asking the origin",
    )
    .steps(&[get().brings(ok(HOUR)), get().kept(1)]),
    row(
        "9111-3",
        "what says nothing of its lifetime is not reused where nothing is guessed",
    )
    .steps(&[get().brings(ok(&[])), get().brings(ok(&[]))]),
    row("9111-2", "another query is another resource").steps(&[
        get().at("?a=1").brings(ok(HOUR)),
        get().at("?a=2").brings(ok(HOUR)),
        get().at("?a=1").kept(1),
        get().brings(ok(HOUR)),
    ]),
    row("9111-2", "a query in another order is another resource").steps(&[
        get().at("?a=1&b=2").brings(ok(HOUR)),
        get().at("?b=2&a=1").brings(ok(HOUR)),
    ]),
    row(
        "9111-2",
        "a pair of the query that stands twice makes another resource",
    )
    .steps(&[
        get().at("?a=1&a=1").brings(ok(HOUR)),
        get().at("?a=1").brings(ok(HOUR)),
    ]),
    row("9111-2", "an empty query is not the same as none")
        .steps(&[get().brings(ok(HOUR)), get().at("?").brings(ok(HOUR))]),
    row("9111-2", "a path in another case is another resource").steps(&[
        get().at("/a").brings(ok(HOUR)),
        get().at("/A").brings(ok(HOUR)),
    ]),
    row("9111-2", "a path below is another resource").steps(&[
        get().brings(ok(HOUR)),
        get().at("/a").brings(ok(HOUR)),
        get().at("/a/").brings(ok(HOUR)),
    ]),
    row("9111-2", "an answer to one method does not serve another")
        .steps(&[get().brings(ok(HOUR)), ask("OPTIONS").brings(ok(HOUR))]),
    row("9111-5.2.2.5", "no-store: nothing is kept").steps(&[
        get().brings(ok(&["Cache-Control: no-store, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.7", "private: nothing is kept by a shared cache").steps(&[
        get().brings(ok(&["Cache-Control: private, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.7", "private forbids what s-maxage would allow").steps(&[
        get().brings(ok(&["Cache-Control: private, s-maxage=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.7", "private forbids what public would allow").steps(&[
        get().brings(ok(&["Cache-Control: public, private, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.5", "no-store forbids what public would allow").steps(&[
        get().brings(ok(&["Cache-Control: public, no-store, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-3.1", "unrecognised fields are kept and given again").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "X-Unheard-Of: 1"])),
        get().kept(1).shows(&["X-Unheard-Of: 1"]),
    ]),
    row(
        "9111-3.1",
        "fields that stand several times are kept in their order",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "X-A: 2",
            "X-B: 0",
            "X-A: 1",
        ])),
        get().kept(1).shows(&["X-A: 2, 1"]),
    ]),
    row(
        "9111-3.1",
        "the answer's Cache-Control is given as it came, from the cache too",
    )
    .steps(&[
        get()
            .brings(ok(&["Cache-Control: max-age=3600, Foo=bar"]))
            .shows(&["Cache-Control: max-age=3600, Foo=bar"]),
        get()
            .kept(1)
            .shows(&["Cache-Control: max-age=3600, Foo=bar"]),
    ]),
    row(
        "9111-7.3",
        "an answer that sets a cookie is given to nobody else unless it says so",
    )
    .steps(&[
        get()
            .brings(ok(&["Cache-Control: max-age=3600", "Set-Cookie: a=b"]))
            .shows(&["Set-Cookie: a=b"]),
        get().brings(ok(HOUR)).shows(&["!Set-Cookie"]),
    ]),
    row(
        "9111-3.1",
        "an answer that sets a cookie is not kept without it, not even if it is public",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: public, max-age=3600",
            "Set-Cookie: a=b",
        ])),
        get()
            .brings(ok(&[
                "Cache-Control: public, max-age=3600",
                "Set-Cookie: c=d",
            ]))
            .shows(&["Set-Cookie: c=d"]),
    ]),
    row(
        "9111-7.3",
        "an answer that sets a cookie is kept without it where the origin says so",
    )
    .steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600, no-cache=\"Set-Cookie\"",
                "Set-Cookie: a=b",
            ]))
            .shows(&["Set-Cookie: a=b"]),
        get().kept(1).shows(&["!Set-Cookie"]),
    ]),
    row(
        "9111-3.1",
        "the origin's Expires, Date and Last-Modified are given again as they came",
    )
    .steps(&[
        get().brings(ok(&[
            "Expires: {3000}",
            "Date: {-60}",
            "Last-Modified: {-9000}",
        ])),
        get()
            .kept(1)
            .shows(&["Expires: {3000}", "Date: {-60}", "Last-Modified: {-9000}"]),
    ]),
    row("9111-3.3", "an answer shorter than its length is not kept").steps(&[
        get()
            .brings(ok(HOUR).framed(Framing::TooLong))
            .anyhow()
            .asks(1),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3.3",
        "an answer whose last chunk is missing is not kept",
    )
    .steps(&[
        get()
            .brings(ok(HOUR).framed(Framing::CutChunks))
            .anyhow()
            .asks(1),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3.3",
        "an incomplete answer takes no complete one's place as if it were whole",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        get()
            .with(&["Cache-Control: no-cache"])
            .brings(ok(HOUR).framed(Framing::TooLong).body("half"))
            .anyhow()
            .asks(1),
        get()
            .with(&["Cache-Control: only-if-cached"])
            .anyhow()
            .asks(0)
            .text_is_not("half"),
    ]),
    row("9112-7.1", "an answer in chunks is kept whole").steps(&[
        get().brings(ok(HOUR).framed(Framing::Chunks)),
        get().kept(1),
    ]),
    row(
        "9112-8",
        "an answer that the end of the connection ends is passed on whole",
    )
    .steps(&[get().brings(ok(HOUR).framed(Framing::Close))]),
    row("9110-9.3.3", "each POST goes to the origin").steps(&[
        ask("POST").body("a").brings(ok(HOUR)),
        ask("POST").body("a").brings(ok(HOUR)),
    ]),
    row(
        "9110-9.3.3",
        "an answer to POST does not serve GET unless it says that it is the resource",
    )
    .steps(&[
        ask("POST").body("a").brings(ok(HOUR)),
        get().brings(ok(HOUR)),
    ]),
    row("9110-9.3.4", "an answer to PUT is not kept").steps(&[
        ask("PUT").body("a").brings(ok(HOUR)),
        get().brings(ok(HOUR)),
        ask("PUT").body("a").brings(ok(HOUR)),
    ]),
    row("9110-9.3.5", "an answer to DELETE is not kept").steps(&[
        ask("DELETE").brings(ok(HOUR)),
        get().brings(ok(HOUR)),
        ask("DELETE").brings(ok(HOUR)),
    ]),
    row("9110-9.3.7", "an answer to OPTIONS is not kept").steps(&[
        ask("OPTIONS").brings(ok(HOUR)),
        ask("OPTIONS").brings(ok(HOUR)),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3",
        "an answer to a method that is not understood is not kept",
    )
    .steps(&[
        ask("FROBNICATE").brings(ok(HOUR)),
        ask("FROBNICATE").brings(ok(HOUR)),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4",
        "who asks together for what may be shared costs one question",
    )
    .steps(&[get().together(3).brings(ok(HOUR)).shared()]),
    row(
        "9111-4",
        "who asks together for what is private gets an answer of their own",
    )
    .steps(&[get()
        .together(2)
        .brings(ok(&["Cache-Control: private"]))
        .then(ok(&["Cache-Control: private"]))
        .asks(2)]),
    row(
        "9111-4",
        "who asks together for what may not be stored gets an answer of their own",
    )
    .steps(&[get()
        .together(2)
        .brings(ok(&["Cache-Control: no-store"]))
        .then(ok(&["Cache-Control: no-store"]))
        .asks(2)]),
    row("9111-4", "who writes together is heard each").steps(&[ask("POST")
        .body("a")
        .together(2)
        .brings(ok(HOUR))
        .then(ok(HOUR))
        .asks(2)]),
    row("9111-3", "a later answer takes the place of the one before").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3700"])),
        get().brings(ok(HOUR)),
        get().kept(2),
    ]),
    row("9111-2", "an answer without body is kept")
        .steps(&[get().brings(answer(200, HOUR).body("")), get().kept(1)]),
];
